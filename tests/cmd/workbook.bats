# The workbook for people, judged by a second reader, by Python's zipfile,
# unzip and LibreOffice.  test_sheet writes and reads it without a bundle.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	sheet=$BUILD/test/test_sheet
	judge=$TOP/tests/judge_workbook.py
}

# hard: values that somebody on the way likes to change, as hard.jsonl and
# hard.xlsx; root of the stream in $root.
hard() {
	python3 "$judge" --make |
	    python3 "$TOP/tests/judge_root.py" --complete >hard.jsonl
	root=$(python3 "$TOP/tests/judge_root.py" hard.jsonl | cut -d' ' -f1)
	[ "$("$sheet" --write hard.jsonl hard.xlsx)" = "$root" ]
}

office() {
	command -v soffice >/dev/null || skip "no LibreOffice"
	LC_ALL=C.UTF-8 soffice "-env:UserInstallation=file://$PWD/profile" --headless \
	    --convert-to "$1" --outdir "$2" "$3" >soffice.out 2>&1
}

@test "every hard value is in its cell, and the root comes back" {
	hard
	[ "$("$sheet" --read hard.jsonl hard.xlsx)" = "$root" ]
	run -0 python3 "$judge" hard.jsonl hard.xlsx
	[[ $output == *" values, 0 differ" ]]
}

@test "the published vectors: every value is in its cell" {
	for s in names lineends order held; do
		"$sheet" --write "$TOP/tests/data/root/$s.jsonl" $s.xlsx
		run -0 python3 "$judge" "$TOP/tests/data/root/$s.jsonl" $s.xlsx
	done
}

@test "unzip, 7z and Python take the file" {
	hard
	unzip -tqq hard.xlsx
	7z t hard.xlsx >/dev/null
	python3 -m zipfile -t hard.xlsx
}

@test "nothing hidden, active or of others is in it; numbers can be summed" {
	hard
	run -0 python3 "$judge" --plain hard.xlsx
	run -0 python3 "$judge" --sums hard.xlsx
	[[ $output == *"数値 "[1-9]* ]]
}

@test "saved again by LibreOffice: the same values, the same root" {
	hard
	office xlsx again hard.xlsx
	run ! cmp hard.xlsx again/hard.xlsx
	[ "$("$sheet" --read hard.jsonl again/hard.xlsx)" = "$root" ]
	run -0 python3 "$judge" hard.jsonl again/hard.xlsx
	[[ $output == *" values, 0 differ" ]]
}

@test "and over .ods and back" {
	hard
	office ods ods hard.xlsx
	office xlsx again ods/hard.ods
	[ "$("$sheet" --read hard.jsonl again/hard.xlsx)" = "$root" ]
}

@test "LibreOffice turns it into CSV: every value agrees" {
	hard
	office 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1' \
	    csv hard.xlsx
	[ -f csv/hard-レコード.csv ]
	run -0 python3 "$judge" --csv hard.jsonl csv
	[[ $output == *" values, 0 differ" ]]
}

@test "a cell changed in LibreOffice's copy is another root" {
	hard
	office xlsx again hard.xlsx
	mkdir x && cd x && unzip -q ../again/hard.xlsx
	sed -i 's/>東京都</>東京郡</' xl/sharedStrings.xml
	7z a -tzip ../changed.xlsx . >/dev/null && cd ..
	run -0 "$sheet" --read hard.jsonl changed.xlsx
	[ "$output" != "$root" ]
}

@test "memory stays flat: 100 times the records, the same ceiling" {
	[[ -z ${ASAN_OPTIONS:-} ]] || skip "not under the sanitizer"
	for n in 1000 100000; do
		python3 - $n <<-'E' |
			import json, sys
			n = int(sys.argv[1])
			f = ["$id"] + ["f%d" % i for i in range(8)]
			p = {c: {"type": "string" if i == 0 else ["null", "string"],
			         "x-seki": {"type": "__ID__" if i == 0 else
			                    "SINGLE_LINE_TEXT", "code": c,
			                    "label": c, "index": i}}
			     for i, c in enumerate(f)}
			print(json.dumps({"type": "SCHEMA", "stream": "s",
			    "key_properties": ["$id"], "schema": {
			    "type": "object", "properties": p, "x-seki": {"source":
			    {"system": "kintone", "domain": "example.cybozu.com",
			    "app": "1"}}}}))
			for i in range(1, n + 1):
			    r = dict((c, "値%d" % i) for c in f)
			    r["$id"] = str(i)
			    print(json.dumps({"type": "RECORD", "stream": "s",
			        "record": r}, ensure_ascii=False))
		E
		    python3 "$TOP/tests/judge_root.py" --complete >$n.jsonl
		(ulimit -v 120000 && "$sheet" --write $n.jsonl $n.xlsx &&
		    "$sheet" --read $n.jsonl $n.xlsx)
	done
}

@test "a bundle's workbook shows its records" {
	[ -x "$BIN/seki-pack" ] || skip "no seki-pack"
	hard
	two_sides
	seki-pack --trust trust --key inet-1.key --state sent --audience lgwan-1 \
	    --carrier media -o hard-1.zip <hard.jsonl >/dev/null
	unzip -qo hard-1.zip view/records.xlsx
	[ "$("$sheet" --read hard.jsonl view/records.xlsx)" = "$root" ]
	run -0 python3 "$judge" hard.jsonl view/records.xlsx
}
