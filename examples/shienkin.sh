#!/bin/sh
# 事業者支援金: 500 applications against the facility master and last year's
# payments.  All data is made up; 答え.csv says which errors were planted, and
# this ends with 1 when not exactly those are found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BIN:-$here/../build/bin}:$PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$here/shienkin"

seki-read -q --stream shienkin --key 申請番号 申請.csv |
    seki-normalize -q --rules 規則.csv -o "$out/applications.jsonl"
seki-read -q --stream shienkin-2025 --key 事業所番号 昨年.csv \
    -o "$out/last.jsonl"
seki-match --rules 照合.csv --last "$out/last.jsonl" --show 事業所名 \
    --report "$out/report.xlsx" --fail-on never -o "$out/matched.jsonl" \
    "$out/applications.jsonl"

jq -r -f findings.jq "$out/matched.jsonl" | sort >"$out/found"
tail -n +2 答え.csv | sort >"$out/planted"
if diff "$out/planted" "$out/found"; then
	echo "found: the $(wc -l <"$out/planted") planted errors, and no other"
else
	echo "not the same as planted" >&2
	exit 1
fi
