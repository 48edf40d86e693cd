#!/usr/bin/env bats
# seki-normalize: the first table as a workbook, what differs between two
# tables, and who accepted one.
load helper

setup_file() {
	load helper
	cd "$BATS_FILE_TMPDIR" || return 1
	"$TOP/tests/mkform.py" '件名 電話番号 生年月日 金額 家族(氏名,続柄)' \
	    '1 {"件名":"=1+1","電話番号":"03-1234-5678","生年月日":"R6.4.1","金額":"1,000"}' \
	    '2 {"件名":"-2","電話番号":"090-1234-5678","生年月日":"昭39.10.10","金額":"2"}' \
	    >raw.jsonl
}
setup() {
	set -o pipefail
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	cp "$BATS_FILE_TMPDIR/raw.jsonl" raw
}

# cells FILE SHEET: its inline texts, one a line.
cells() {
	unzip -p "$1" "xl/worksheets/sheet$2.xml" |
	    grep -o '<t[ >][^<]*' | sed 's/^[^>]*>//'
}

# resaved FILE FOLDER: as LibreOffice saves it.
resaved() {
	command -v soffice >/dev/null || skip "no LibreOffice"
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to ods "$1" >/dev/null 2>&1
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to xlsx:"Calc MS Excel 2007 XML" "${1%.xlsx}.ods" \
	    --outdir "$2" >/dev/null 2>&1
	[ -s "$2/$1" ]
}

@test "--init -o NAME.xlsx: a workbook that says what the CSV says" {
	local lang
	seki-normalize --init <raw >first.csv
	for lang in ja en; do
		seki-normalize --lang $lang --init -o $lang.xlsx <raw
		[ "$(stat -c %a $lang.xlsx)" = 600 ]
		run --separate-stderr seki-normalize --diff first.csv $lang.xlsx
		[ "$status" -eq 0 ] || { echo "$output"; false; }
		[[ $output == "no difference in what"* ]]
		seki-normalize --rules $lang.xlsx <raw >out 2>err
		[ ! -s err ]
		seki-normalize --rules first.csv <raw |
		    jq -c 'select(.type != "STATE")' >want
		jq -c 'select(.type != "STATE")' out | cmp - want
	done
	[ "$(cells ja.xlsx 1 | head -4 | paste -sd,)" = 出力項目,表示名,元項目,種別 ]
	[ "$(cells en.xlsx 1 | head -4 | paste -sd,)" = output,label,source,kind ]
	[ "$(unzip -p ja.xlsx xl/workbook.xml | grep -o 'sheet name="[^"]*' |
	    cut -d'"' -f2 | paste -sd,)" = 規則表,説明,種別 ]
	[ "$(unzip -p en.xlsx xl/workbook.xml | grep -o 'sheet name="[^"]*' |
	    cut -d'"' -f2 | paste -sd,)" = rules,guide,kinds ]
	# Kinds in the words of the table, reasons and samples in the note.
	cells ja.xlsx 1 | grep -qx 電話番号
	cells ja.xlsx 1 | grep -q '例: 03-1234-5678 / 090-1234-5678'
	cells en.xlsx 1 | grep -q 'guessed by its name.*such as 1,000 / 2'
	cells ja.xlsx 2 | grep -q 'seki-normalize --accept --by 氏名'
	[ "$(cells ja.xlsx 3 | grep -cx 'そのまま\|JISX0213で書ける')" -eq 2 ]
	# A name in capitals is one, too; another ending is CSV as before.
	seki-normalize --init -o A.XLSX <raw
	unzip -tq A.XLSX
	seki-normalize --init -o b.xlsx.csv <raw
	cmp b.xlsx.csv first.csv
	# Never over a table that somebody has changed, and only a whole stream.
	run seki-normalize --init -o ja.xlsx <raw
	[ "$status" -eq 74 ]
	run seki-normalize --init -o cut.xlsx < <(head -2 raw)
	[ "$status" -eq 65 ]
	[ ! -e cut.xlsx ]
}

@test "--init: every cell is text, below the table too, and no formula" {
	seki-normalize --lang ja --init -o t.xlsx <raw
	unzip -q t.xlsx -d t
	! grep -q '<f>' t/xl/worksheets/*.xml || false
	! grep -q '<v>' t/xl/worksheets/sheet1.xml || false
	python3 - <<-'END'
	import re
	s = open("t/xl/worksheets/sheet1.xml", encoding="utf-8").read()
	styles = open("t/xl/styles.xml", encoding="utf-8").read()
	xf = re.findall(r'<xf numFmtId="(\d+)"', styles[styles.index("<cellXfs"):])
	text = re.search(r'<numFmt numFmtId="(\d+)" formatCode="@"', styles)
	text = {"49", text[1]} if text else {"49"}
	cols = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]* style="(\d+)"', s)
	assert len(cols) == 13, cols
	cells = re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"', s)
	assert len(cells) % 13 == 0, len(cells)
	for x in cells + [c[2] for c in cols]:
	    assert xf[int(x)] in text, (x, xf)
	assert 'state="frozen"' in s
	lists = dict(re.findall(
	    r'sqref="([A-Z])2:[A-Z]1048576"><formula1>([^<]*)<', s))
	assert lists == {"D": "'種別'!$A$2:$A$32", "E": '"いいえ,はい"',
	    "I": '"保留,残す,作業表"', "J": '"保留,残す,中止"', "K": '"いいえ,はい"'}, lists
	END
	[ "$(cells t.xlsx 3 | wc -l)" -eq $((3 + 3 * 31)) ]
}

@test "--init: labels that look like formulas or escapes come back" {
	local label
	for label in '=1+1' '+A' '@x' "'x" "''" _x0041_ '-1' '１－２' '#N/A' \
	    2026-04-01; do
		"$TOP/tests/mkstream.py" -l "$label" 1=a >s.jsonl
		rm -f t.csv t.xlsx
		seki-normalize --init -o t.csv s.jsonl
		seki-normalize --init -o t.xlsx s.jsonl
		run seki-normalize --diff t.csv t.xlsx
		[ "$status" -eq 0 ] || { echo "$label: $output"; false; }
		seki-normalize -q --rules t.xlsx s.jsonl >out
		[ "$(head -1 out | jq -r '.schema.properties["件名"]."x-seki".label')" = \
		    "$label" ] || { echo "$label"; head -1 out; false; }
	done
}

@test "--init: LibreOffice saves the workbook, and it says the same" {
	seki-normalize --lang ja --init -o t.xlsx <raw
	resaved t.xlsx saved
	run seki-normalize --diff t.xlsx saved/t.xlsx
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	unzip -p saved/t.xlsx xl/worksheets/sheet1.xml |
	    grep -q 'formula1>.*種別.*\$A\$2:\$A\$32<'
}

# table FILE ROW…: a table in English.
table() {
	local file=$1
	shift
	printf '%s\n' output,label,source,kind,required,on-broken,note "$@" >"$file"
}

@test "--diff says in words what changed, and its status" {
	table a.csv 件名,,,text,,,x TEL,,電話番号,tel,,, 金額,,,number,yes,,
	table b.csv 金額,,,number,,, 件名,主題,,text,,keep,another 日,,生年月日,date,,,
	run --separate-stderr seki-normalize --diff a.csv b.csv
	[ "$status" -eq 1 ]
	[ -z "$stderr" ]
	diff - <(echo "$output") <<-'END'
	row 2, 金額: required: "yes" becomes "no"
	row 3, 件名: label: nothing becomes "主題"
	row 3, 件名: on-broken: "hold" becomes "keep"
	row 3, 件名: moved, now behind 金額
	row 4, 日: added: source "生年月日", kind "date"
	TEL: removed; it was: source "電話番号", kind "tel"
	END
	run seki-normalize --lang ja --diff a.csv b.csv
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = '2行目 金額: 必須を「はい」から「いいえ」に変更' ]
	[ "${lines[4]}" = '4行目 日: 追加（元項目「生年月日」、種別「日付」）' ]
	# The same bytes, the same rules in other bytes.
	run seki-normalize --diff a.csv a.csv
	[ "$status" -eq 0 ]
	[ "$output" = "no difference: the same file" ]
	sed 's/$/\r/' a.csv >c.csv
	run seki-normalize --diff a.csv c.csv
	[ "$status" -eq 0 ]
	[ "$output" = "no difference in what the tables say; the files differ" ]
}

@test "--diff --json: one object a difference" {
	table a.csv 件名,,,text,,, TEL,,電話番号,tel,,,
	table b.csv 件名,,,文字,はい,,
	run --separate-stderr seki-normalize --json --lang ja --diff a.csv b.csv
	[ "$status" -eq 1 ]
	jq -es 'length == 2 and (.[0] | .change == "changed" and
	    .output == "件名" and .column == "required" and .was == "" and
	    .now == "yes" and .row == 2 and .status == 0 and
	    .object == "b.csv") and (.[1] | .change == "removed" and
	    .output == "TEL" and (has("row") | not))' <<<"$output" >/dev/null
	run --separate-stderr seki-normalize --json --diff a.csv a.csv
	[ "$status" -eq 0 ]
	jq -es 'length == 1 and (.[0] | has("change") | not) and
	    .[0].was == .[0].now' <<<"$output" >/dev/null
}

@test "--diff: a table that cannot be read is named" {
	table a.csv 件名,,,text,,,
	table bad.csv 件名,,,nubmer,,,
	for args in "a.csv bad.csv" "bad.csv a.csv"; do
		# shellcheck disable=SC2086
		run --separate-stderr seki-normalize --diff $args
		[ "$status" -eq 78 ]
		[[ $stderr == *'seki-normalize: bad.csv: rules: row 2, column kind: '* ]]
		[ -z "$output" ]
	done
	run --separate-stderr seki-normalize --diff a.csv raw
	[ "$status" -ne 0 ]
	run --separate-stderr seki-normalize --diff a.csv none.csv
	[ "$status" -eq 74 ]
}

@test "--unattended refuses what nobody accepted, and says what changed" {
	table t.csv 件名,,,text,,, TEL,,電話番号,tel,,,
	run --separate-stderr seki-normalize -q --unattended --rules t.csv raw
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "seki-normalize: t.csv: config: nobody accepted this table for unattended use yet" ]
	[[ ${stderr_lines[1]} == *"next: "*"seki-normalize --accept --by 'YOUR NAME' --rules t.csv" ]]
	# With a person in front of it nobody is asked.
	seki-normalize -q --rules t.csv raw >/dev/null
	run --separate-stderr seki-normalize --accept --rules t.csv
	[ "$status" -eq 1 ]
	[ ! -e t.csv.ok ]
	seki-normalize --accept --by 山田 --rules t.csv >out
	grep -qx 't.csv: accepted by 山田: the first one of this table' out
	[ "$(stat -c %a t.csv.ok)" = 644 ]
	seki-normalize -q --unattended --rules t.csv raw >/dev/null
	seki-normalize -q --unattended --check --rules t.csv raw >/dev/null
	# Another note is another file: the OK is about bytes.
	cp t.csv old.csv
	sed -i 's/text,,,$/text,,,x/' t.csv
	run --separate-stderr seki-normalize -q --unattended --rules t.csv raw
	[ "$status" -eq 78 ]
	[[ $stderr == *"nobody accepted this file: its rows are those that 山田 accepted on 20"* ]]
	table t.csv TEL,,電話番号,tel,yes,,
	for check in "" --check; do
		# shellcheck disable=SC2086
		run --separate-stderr seki-normalize -q --unattended $check \
		    --rules t.csv -o no.jsonl raw
		[ "$status" -eq 78 ]
		[ ! -e no.jsonl ]
		[[ $stderr == *'changed since 山田 accepted it on 20'*': row 2, TEL: required: "no" becomes "yes"; 件名: removed; it was: kind "text"'* ]]
	done
	# Who looks sees the same, and nothing is written.
	cp t.csv.ok before
	run --separate-stderr seki-normalize --accept --rules t.csv
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = 'row 2, TEL: required: "no" becomes "yes"' ]
	[[ ${lines[2]} == "t.csv: not accepted: differences from the one that 山田 accepted on "*": 2" ]]
	cmp before t.csv.ok
	run seki-normalize --accept --by 佐藤 --rules t.csv
	[ "$status" -eq 0 ]
	[[ ${lines[2]} == "t.csv: accepted by 佐藤: differences "*": 2" ]]
	seki-normalize -q --unattended --rules t.csv raw >/dev/null
	# Twice is once.
	cp t.csv.ok before
	run seki-normalize --accept --by 鈴木 --rules t.csv
	[ "$status" -eq 0 ]
	[[ $output == "t.csv: accepted already by 佐藤 on "* ]]
	cmp before t.csv.ok
	# What was accepted once stays so.
	cp old.csv t.csv
	seki-normalize -q --unattended --rules t.csv raw >/dev/null
	jq -e '.format == "seki-rules-ok-1" and .table == "t.csv" and
	    [.accepted[].by] == ["山田", "佐藤"] and (.rows | length) == 1 and
	    (.rows[0] | has("note") | not)' t.csv.ok >/dev/null
	table t.csv TEL,,電話番号,tel,yes,,
	[ "$(jq -r '.accepted[1].digest' t.csv.ok)" = \
	    "$(sha256sum <t.csv | cut -d' ' -f1)" ]
}

@test "rules.unattended in the configuration, and where it does nothing" {
	table t.csv 件名,,,text,,,
	printf '[rules]\nfile = t.csv\nunattended = yes\n' >job.conf
	run --separate-stderr seki-normalize -q -c job.conf raw
	[ "$status" -eq 78 ]
	run seki-normalize -c job.conf --diff t.csv t.csv
	[ "$status" -eq 0 ]
	seki-normalize -c job.conf --init raw >/dev/null
	seki-normalize -c job.conf --accept --by 山田
	seki-normalize -q -c job.conf raw >/dev/null
	sed -i 's/yes/maybe/' job.conf
	run seki-normalize -q -c job.conf raw
	[ "$status" -eq 64 ]
	[[ $output == *"unattended takes yes or no"* ]]
}

@test "the refusal names the first few differences" {
	local rows=() i
	for i in $(seq 9); do
		rows+=("f$i,,件名,text,,,")
	done
	table t.csv 件名,,,text,,,
	seki-normalize -q --accept --by 山田 --rules t.csv
	table t.csv 件名,,,text,,, "${rows[@]}"
	run --separate-stderr seki-normalize -q --unattended --rules t.csv raw
	[ "$status" -eq 78 ]
	[[ $stderr == *"row 7, f5: added"*"; …"* ]]
	[[ $stderr != *"f6"* ]]
}

@test "--accept: names that are none, and what does not belong together" {
	table t.csv 件名,,,text,,,
	for name in "" " x" "x " $'a\nb' $'a\e[31mb' $'\xff' "$(printf 'x%.0s' $(seq 257))" \
	    'YOUR NAME'; do
		run --separate-stderr seki-normalize --accept --by "$name" --rules t.csv
		[ "$status" -eq 64 ] || { echo "$name: $status $stderr"; false; }
		[[ $stderr == *"--by: "* ]]
		[[ $stderr != *$'\e'* ]]
		[ ! -e t.csv.ok ]
	done
	run --separate-stderr seki-normalize --lang ja --accept --by 氏名 --rules t.csv
	[ "$status" -eq 64 ]
	seki-normalize --accept --by "$(printf 'x%.0s' $(seq 256))" --rules t.csv
	for args in "--accept --by x" "--by x --rules t.csv" "--diff t.csv" \
	    "--diff t.csv t.csv t.csv" "--diff" "--diff --init t.csv t.csv" \
	    "--accept --check --rules t.csv" "--accept --rules t.csv raw" \
	    "--accept --diff t.csv t.csv" "--rules t.csv raw raw"; do
		# shellcheck disable=SC2086
		run --separate-stderr seki-normalize $args </dev/null
		[ "$status" -eq 64 ] || { echo "$args: $status"; false; }
		[ -z "$output" ]
	done
}

@test "a TABLE.ok that is damaged, another's or no file is refused" {
	table t.csv 件名,,,text,,,
	table u.csv TEL,,電話番号,tel,,,
	seki-normalize -q --accept --by 山田 --rules t.csv
	seki-normalize -q --accept --by 山田 --rules u.csv
	cp t.csv.ok good
	refused() { # refused STATUS TEXT
		local args
		rm -f before
		[ ! -f t.csv.ok ] || cp t.csv.ok before
		for args in "--unattended --rules t.csv raw" \
		    "--accept --by 佐藤 --rules t.csv"; do
			# shellcheck disable=SC2086
			run --separate-stderr seki-normalize -q $args
			[ "$status" -eq "$1" ] || { echo "$status $stderr"; false; }
			[[ $stderr == *"$2"* ]] || { echo "$stderr"; false; }
			[ -z "$output" ]
		done
		[ ! -f before ] || cmp before t.csv.ok
	}
	cp u.csv.ok t.csv.ok
	refused 78 "the record of another table"
	head -c 100 good >t.csv.ok
	refused 78 "its end is missing"
	: >t.csv.ok
	refused 78 "its end is missing"
	jq . good >t.csv.ok
	refused 78 "t.csv.ok"
	sed 's/"by"/"by":"x","by"/' good >t.csv.ok
	refused 78 "t.csv.ok"
	sed 's/山田/\xff/' good >t.csv.ok
	refused 78 "t.csv.ok"
	cp t.csv t.csv.ok
	refused 78 "t.csv.ok"
	rm t.csv.ok
	ln -s good t.csv.ok
	refused 74 "t.csv.ok"
	rm t.csv.ok
	mkdir t.csv.ok
	refused 74 "t.csv.ok"
	rmdir t.csv.ok
	# A digit of the digest: no longer this table's.
	sed 's/"digest":"./"digest":"x/; s/"x/"0/' good >t.csv.ok
	cmp -s good t.csv.ok && sed -i 's/"digest":"0/"digest":"1/' t.csv.ok
	run --separate-stderr seki-normalize -q --unattended --rules t.csv raw
	[ "$status" -eq 78 ]
	[[ $stderr == *"nobody accepted this file"* ]]
}

@test "a table changed after it was read: what was accepted is what is used" {
	table t.csv 件名,,,text,,,
	seki-normalize -q --accept --by 山田 --rules t.csv
	mkfifo in
	seki-normalize --unattended --rules t.csv <in >out 2>err &
	pid=$!
	exec 9>in
	head -1 raw >&9
	# It says what is left out once the table is bound.
	for _ in $(seq 200); do
		grep -q 'left out' err && break
		sleep 0.05
	done
	grep -q 'left out' err
	digest=$(sha256sum <t.csv | cut -d' ' -f1)
	table t.csv TEL,,電話番号,tel,,,
	tail -n +2 raw >&9
	exec 9>&-
	wait $pid
	[ "$(tail -1 out | jq -r .value.complete.rules)" = "$digest" ]
	jq -es '[.[] | select(.type == "RECORD").record | has("件名")] ==
	    [true, true]' out >/dev/null
	run seki-normalize -q --unattended --rules t.csv raw
	[ "$status" -eq 78 ]
}

@test "a folder that cannot be written: the old record stays" {
	mkdir d
	table d/t.csv 件名,,,text,,,
	seki-normalize -q --accept --by 山田 --rules d/t.csv
	table d/t.csv 件名,,,tel,,,
	cp d/t.csv.ok before
	chmod 755 . d
	chmod 644 d/*
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"
	run unprivileged "$BIN/seki-normalize" --accept --by 佐藤 --rules d/t.csv
	[ "$status" -ne 0 ]
	cmp before d/t.csv.ok
	[ "$(ls -A d | wc -l)" -eq 2 ]
}

@test "a lookup table that changed waits for an OK, too; conditions are compared" {
	printf '%s\n' 変換前,変換後 a,b >品.csv
	printf '%s\n' 出力項目,元項目,種別,変換表,不一致時,条件 \
	    件名,件名,text,品.csv,残す,電話番号=1 件名,金額,文字,,,電話番号=2｜3 >t.csv
	seki-normalize -q --accept --by 山田 --rules t.csv
	seki-normalize -q --unattended --check --rules t.csv raw >/dev/null
	cp t.csv old.csv
	echo c,d >>品.csv
	run --separate-stderr seki-normalize -q --unattended --check --rules t.csv raw
	[ "$status" -eq 78 ]
	[[ $stderr == *"nobody accepted this file: its rows are those"* ]]
	run seki-normalize --diff old.csv t.csv
	[ "$status" -eq 0 ]
	sed -i 's/残す/作業表/; s/=2｜3/ = 2/' t.csv
	run seki-normalize --lang ja --diff old.csv t.csv
	[ "$status" -eq 1 ]
	diff - <(echo "$output") <<-'END'
	2行目 件名: 不一致時を「残す」から「作業表」に変更
	3行目 件名: 条件を「電話番号=2|3」から「電話番号=2」に変更
	END
	seki-normalize -q --accept --by 山田 --rules t.csv
	jq -e '.rows[0]["on-miss"] == "worklist" and .rows[1].when == "電話番号=2"' \
	    t.csv.ok >/dev/null
}
