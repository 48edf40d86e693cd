#!/bin/sh
# ふるさと納税: the files of four portals become one table.  Gifts have another
# name at each portal; what the table of names does not know waits in a
# worklist, which a person fills in.  Then counts and sums by portal and month
# must be those that the portals' own screens show, to the yen.  All data is
# made up; 答え.csv says what must be found, else this ends with 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BIN:-$here/../build/bin}:$PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cp -r "$here/furusato/." "$out"
cd "$out"

seki-read -q --stream furusato --layouts layouts -o raw.jsonl \
    rakuten_0401-0930.csv choice_export.csv satofull.tsv furunavi.csv

echo "== the first run: some names are new"
seki-normalize -q --lang ja --rules 規則.csv --max-held 100 --worklist . \
    -o first.jsonl raw.jsonl
seki-read -q --stream worklist --key 変換前 -o worklist.jsonl 返礼品.xlsx
jq -r 'select(.type == "RECORD").record | select(.["変換後"] == null) |
    "作業表,\(.["変換前"]),\(.["件数"])"' worklist.jsonl | sort | tee found

# A person fills the worklist in; here 記入.csv has the answers.
jq -r 'select(.type == "RECORD").record | select(.["変換後"] != null) |
    [.["変換前"], .["変換後"]] | @csv' worklist.jsonl >known.csv
{
	echo 変換前,変換後
	cat known.csv 記入.csv
} >返礼品.csv

echo "== the second run: nothing waits"
seki-normalize -q --rules 規則.csv -o clean.jsonl raw.jsonl

echo "== against the portals' screens"
seki-match --totals --rules 照合表.csv --report totals.xlsx clean.jsonl

seki-match -q --rules 照合.csv --report donors.xlsx --fail-on never \
    -o matched.jsonl clean.jsonl
jq -r 'select(.type == "RECORD").record |
    select(any(.["照合結果"][]; .["結果"] == "重複")) |
    [.["電話番号"], .["経路"]] | @csv' matched.jsonl | sort -u |
    cut -d, -f1 | uniq -d | wc -l | sed 's/^ */複数の経路,寄附者,/' >>found

if diff 答え.csv found; then
	echo "as planted: $(wc -l <found) findings, and totals to the yen"
else
	echo "not the same as planted" >&2
	exit 1
fi
