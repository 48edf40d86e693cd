#!/bin/sh
# book_modules.sh BUILD: print the folder in which Node.js finds exceljs, xlsx
# and xlsx-populate, put there from npm when they are not.  1 when that fails.
set -eu
command -v npm >/dev/null 2>&1 || exit 1
command -v node >/dev/null 2>&1 || exit 1
dir=$1/books
for m in exceljs xlsx xlsx-populate; do
	[ -f "$dir/node_modules/$m/package.json" ] && continue
	npm install --silent --no-audit --no-fund --prefix "$dir" exceljs@4 \
	    xlsx@0.18 xlsx-populate@1 >/dev/null 2>&1 || exit 1
done
echo "$dir/node_modules"
