#!/bin/sh
# official_cli.sh BUILD: print how to call the official kintone command line:
# $CLI_KINTONE, or @kintone/cli from npm in a folder of BUILD, run by a Node
# from npm where the machine's own is too old for it.  1 when there is no npm.
set -eu
if [ -n "${CLI_KINTONE:-}" ]; then
	echo "$CLI_KINTONE"
	exit
fi
command -v npm >/dev/null 2>&1 || exit 1
command -v node >/dev/null 2>&1 || exit 1
dir=$1/npm
main=$dir/node_modules/.bin/cli-kintone
[ -x "$main" ] || npm install --silent --no-audit --no-fund --prefix "$dir" \
    @kintone/cli@1 >/dev/null 2>&1 || exit 1
if node "$main" --version >/dev/null 2>&1; then
	echo "node $main"
	exit
fi
[ -x "$dir/node_modules/node/bin/node" ] || npm install --silent --no-audit \
    --no-fund --prefix "$dir" node@20 >/dev/null 2>&1 || exit 1
"$dir/node_modules/node/bin/node" "$main" --version >/dev/null 2>&1 || exit 1
echo "$dir/node_modules/node/bin/node $main"
