#!/bin/sh
# run.sh TAP BUILD [FILE…]: run the unit tests of BUILD, then tests/cmd with its
# tools, or only these files of it ("units": none); keep what they print in TAP, show what failed, and
# close with "N passed, N failed, N skipped".
set -u
tap=$1
BUILD=$(cd "$2" && pwd)
TOP=$(cd "$(dirname "$0")/.." && pwd)
BIN=$BUILD/bin
export BUILD TOP BIN
cd "$TOP" || exit 74
# Where python3 is a script that looks for one each time, that takes longer than
# most of what the tests do with it.
mkdir -p "$BUILD/python"
ln -sf "$(python3 -c 'import sys; print(sys.executable)')" \
    "$BUILD/python/python3"
PATH=$BUILD/python:$PATH
: >"$tap"

for t in "$BUILD"/test/test_*; do
	case $t in *.d | *.o) continue ;; esac
	[ -x "$t" ] || continue
	echo "# $(basename "$t")" >>"$tap"
	LC_ALL=C.UTF-8 CMOCKA_MESSAGE_OUTPUT=tap "$t" >"$tap.one" 2>&1
	status=$?
	# cmocka calls what it skipped not ok.
	sed -i 's/^not \(ok .*# SKIP\)/\1/' "$tap.one"
	cat "$tap.one" >>"$tap"
	if [ $status -ne 0 ] && ! grep -q '^not ok' "$tap.one"; then
		echo "not ok - $(basename "$t"): ended with $status" >>"$tap"
	fi
	grep -q '^ok\|^not ok' "$tap.one" || {
		echo "not ok - $(basename "$t"): ran no test" >>"$tap"
	}
done
rm -f "$tap.one"
shift 2
if [ "${1:-}" != units ]; then
	[ $# -gt 0 ] || set -- tests/cmd/*.bats
	# Two files at a time: mostly they wait for servers.
	rm -rf "$tap.parts"
	mkdir "$tap.parts"
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | xargs -P2 -n1 sh -c 'out=$0/$(basename "$1").tap
		bats --formatter tap "$1" >"$out" 2>&1 ||
		    grep -q "^not ok" "$out" ||
		    echo "not ok - $1: bats fell over" >>"$out"' "$tap.parts"
	cat "$tap.parts"/*.tap >>"$tap"
	rm -rf "$tap.parts"
fi

awk '/^not ok/ { show = 1 } /^ok|^# test_/ { show = 0 } show' "$tap"
skipped=$(grep -ci '^ok.*# skip' "$tap")
passed=$(($(grep -c '^ok' "$tap") - skipped))
failed=$(grep -c '^not ok' "$tap")
grep -i '^ok.*# skip' "$tap" | sed 's/^ok [0-9]* /skipped: /'
echo "$passed passed, $failed failed, $skipped skipped" | tee "$tap.sum"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
