#!/bin/sh
# Install the Debian packages named as arguments that are not there yet.
# Says what it does; does nothing, and needs no rights, when all are there.
set -eu
missing=
for p in "$@"; do
	s=$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) || s=
	[ "$s" = installed ] || missing="$missing $p"
done
if [ -z "$missing" ]; then
	echo "packages: all $# are installed"
	exit 0
fi
echo "packages: installing$missing"
as=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "packages: not root and no sudo; ask for:" \
		    "apt-get install$missing" >&2
		exit 77
	}
	as=sudo
fi
$as apt-get -q update >/dev/null
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as apt-get install -q -y \
    --no-install-recommends $missing >/dev/null
echo "packages: done"
