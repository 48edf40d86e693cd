#!/usr/bin/env bats
# seki-read: files of portals and people in, a whole stream or none out.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# records FILE…: the records that seki-read makes, one JSON object a line.
records() {
	seki-read -q --stream t "$@" | jq -c 'select(.type=="RECORD").record'
}

# refused STATUS PATTERN ARGS…: nothing on stdout, the pattern on stderr.
refused() {
	local want=$1 pattern=$2
	shift 2
	run --separate-stderr seki-read --stream t "$@"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	# shellcheck disable=SC2254
	case $stderr in *$pattern*) ;; *)
		echo "$stderr"
		return 1
		;;
	esac
}

book() {
	python3 "$TOP/tests/mkbook.py" "$1"
}

layouts() {
	mkdir -p lay
	cat >lay/choice.csv <<-'E'
	見出し,項目,型,鍵,必須,桁数,値
	寄附番号|申込番号,受付番号,コード,○,,7,
	氏名,氏名,文字,,○,,
	寄附金額,金額,数値,,,,
	申込日,申込日,日付,,,,
	郵便番号,郵便番号,文字,,,8,
	社内メモ,,,,,,
	,経路,,,,,チョイス
	,@重なり,,,,,はい
	E
	cat >lay/sato.csv <<-'E'
	header,field,type,key,required,length,value
	受付ID,受付番号,code,yes,,7,
	寄附者名,氏名,text,,yes,,
	金額,金額,number,,,,
	受付日,申込日,date,,,,
	,郵便番号,,,,8,
	,経路,,,,,さとふる
	E
	H=寄附番号,氏名,寄附金額,申込日,郵便番号,社内メモ
}

@test "a CSV of Excel in Japan becomes a stream with proof" {
	printf '番号,氏名,メモ\r\n2,髙橋,"1行目\n2行目"\r\n10,山田,\r\n9,"a""b,c"\r\n' |
	    iconv -t CP932 >a.csv
	run --separate-stderr seki-read --stream t --key 番号 a.csv
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"a.csv: 1 rows are shorter than the header"* ]]
	[[ "$stderr" == *"a.csv → CP932 → 3 records"* ]]
	printf '%s\n' "$output" >out.jsonl
	[ "$(jq -r 'select(.type=="RECORD").record["$id"]' out.jsonl | paste -sd,)" = 2,9,10 ]
	[ "$(jq -r 'select(.type=="RECORD").record["メモ"]' out.jsonl | head -2 | paste -sd,)" = 1行目,2行目 ]
	[ "$(jq -r 'select(.type=="SCHEMA").schema.properties["メモ"]["x-seki"].type' out.jsonl)" = MULTI_LINE_TEXT ]
	[ "$(jq -r 'select(.type=="RECORD").record["取込行"]' out.jsonl | paste -sd,)" = 2,4,3 ]
	sum=$(sha256sum <a.csv | cut -d' ' -f1)
	[ "$(jq -r 'select(.type=="SCHEMA").schema["x-seki"].source.files[0].sha256' out.jsonl)" = "$sum" ]
	seki-show out.jsonl | grep -q 'complete: yes'
	python3 "$TOP/tests/judge_root.py" --check out.jsonl 2>/dev/null ||
	    python3 "$TOP/tests/judge_root.py" <out.jsonl >/dev/null
}

@test "TSV, UTF-16, UTF-8 with a BOM, another separator" {
	printf '番号\t名\n1\ta,b\n' | iconv -t UTF-16LE | { printf '\377\376'; cat; } >a.txt
	[ "$(records a.txt)" = '{"$id":"2","番号":"1","名":"a,b","取込元":"a.txt","取込行":"2"}' ]
	printf '\357\273\277番号;名\n1;髙\n' >b.csv
	[ "$(records --separator ';' b.csv | jq -r '.["名"]')" = 髙 ]
	printf '番号,名\n1,\351\n' >c.csv
	refused 65 'neither UTF-8 nor CP932' c.csv
	printf '番号\n\240\n' >d.csv
	refused 65 'neither UTF-8 nor CP932' d.csv
	printf '番号\n髙\n' >e.csv
	refused 64 'next: --encoding UTF-8' --encoding UTF8 e.csv
	refused 64 -- '--separator is one' --separator ab e.csv
}

@test "every character of CP932 goes through unchanged" {
	python3 - <<-'E'
	rows, seen = [], set()
	for a in range(0x81, 0xFD):
	    for b in range(0x40, 0xFD):
	        try:
	            c = bytes([a, b]).decode("cp932")
	        except UnicodeDecodeError:
	            continue
	        if len(c) == 1:
	            rows.append((bytes([a, b]), c))
	with open("a.csv", "wb") as f, open("want", "w") as w:
	    f.write("番号,字\r\n".encode("cp932"))
	    for i, (raw, c) in enumerate(rows):
	        f.write(b"%d,\x81\xa1" % i + raw + b"\r\n")
	        w.write("%d\t■%s\n" % (i, c))
	print(len(rows))
	E
	records a.csv | jq -r '[."番号", ."字"] | @tsv' >got
	[ "$(wc -l <got)" -gt 9000 ]
	cmp got want
}

@test "keys: columns, row numbers, file and row; doubled ones name both places" {
	printf 'a,b\n1,x\n2,y\n1,z\n' >a.csv
	printf 'b,a\nw,3\n' >b.csv
	[ "$(records a.csv | jq -r '."$id"' | paste -sd,)" = 2,3,4 ]
	[ "$(records a.csv b.csv | jq -r '."$id"' | paste -sd,)" = a.csv:2,a.csv:3,a.csv:4,b.csv:2 ]
	[ "$(records --key b,a a.csv b.csv | jq -r '."$id"' | paste -sd,)" = w/3,x/1,y/2,z/1 ]
	refused 65 'record 1: the key stands twice: a.csv, row 2; a.csv, row 4' --key a a.csv
	refused 78 'there is a column "b"' --key bb a.csv
	refused 78 'twice' --key a,a a.csv
	printf 'a,b\n,x\n' >c.csv
	refused 65 'row 2, cell 1: empty, but required' --key a c.csv
	python3 -c 'print("a,b\n" + "k" * 255 + ",1\n" + "k" * 256 + ",1")' >d.csv
	refused 65 'row 3, cell 1: the key is longer than 255 bytes' --key a d.csv
}

@test "headers: doubles are numbered, odd characters become _, blanks are refused" {
	printf '電話,電話,金額 (円),$id,取込元\n1,2,3,4,5\n' >a.csv
	run --separate-stderr seki-read --stream t a.csv
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'the header "電話" is taken already: its field is 電話_2'* ]]
	[ "$(head -1 <<<"$output" | jq -r '.schema.properties | keys_unsorted | join(" ")')" = \
	    '$id 電話 電話_2 金額__円_ _id 取込元_2 取込元 取込行' ]
	[ "$(head -1 <<<"$output" | jq -r '.schema.properties["金額__円_"]["x-seki"].label')" = '金額 (円)' ]
	printf 'a,,c\n1,2,3\n' >b.csv
	refused 65 'row 2, cell 2: a value in a column without a header' b.csv
	printf 'a,b\n1,2,,\n1,2,3\n' >c.csv
	refused 65 'row 3, cell 3: a value in a column without a header' c.csv
	: >d.csv
	refused 65 'no row of headers' d.csv
	printf 'a,b\n' >e.csv
	[ "$(seki-read -q --stream t e.csv | jq -r 'select(.type=="STATE").value.complete.records')" = 0 ]
}

@test "what Excel has spoilt is named, all of it at once" {
	layouts
	{
		echo "$H"
		echo '12346,佐藤,1.23E+11,5月3日,3-May,'
		echo '0012347,,1,#N/A,########,'
		echo '0012348,鈴木,12345678901234567,2026/4/1,5/3,'
	} >a.csv
	run --separate-stderr seki-read --stream t --layouts lay a.csv
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	for want in 'field 受付番号: row 2, cell 1: saved by Excel: fewer digits' \
	    'field 金額: row 2, cell 3: saved by Excel: a number in the form 1.23E+11' \
	    'field 申込日: row 2, cell 4: a day without its year' \
	    'field 郵便番号: row 2, cell 5: saved by Excel: a day such as' \
	    'field 氏名: row 3, cell 2: empty, but required' \
	    'field 申込日: row 3, cell 4: saved by Excel: an error value' \
	    'field 郵便番号: row 3, cell 5: saved by Excel: ####' \
	    'field 郵便番号: row 4, cell 5: saved by Excel: a day' \
	    'problems: 8; nothing was written' 'Data > From Text'; do
		[[ "$stderr" == *"$want"* ]] || { echo "$want"; echo "$stderr"; false; }
	done
	refused 65 'problems so far: 2 (--max-errors)' --max-errors 2 --layouts lay a.csv
	[ "$(grep -c 'field' <<<"$stderr")" -eq 2 ]
	# Values never stand in a message.
	[[ "$stderr" != *12346* ]]
}

@test "without a layout only what nobody types is refused" {
	printf 'a,b\n5月3日,3-May\n5/3,May-03\n0012,1E5\n' >a.csv
	[ "$(records a.csv | jq -r .a | paste -sd,)" = 5月3日,5/3,0012 ]
	for s in 1.23E+11 -1E-05 '#REF!' '###' '#DIV/0!'; do
		printf 'a,b\nx,%s\n' "$s" >b.csv
		refused 65 'row 2, cell 2: saved by Excel' b.csv
	done
}

@test "workbooks: kinds of cells, hidden rows, other sheets, merged cells" {
	book a.xlsx <<-'E'
	{"sheets":[{"name":"表","rows":[["表題"],[],["番号","日","額","時"],
	["0012",{"d":46113},{"n":"0.30000000000000004"},{"t":46113.25}],
	["0013",{"d":46114},{"f":"1+1","v":"2"},null],[null,null,"",null]],
	"hide":[5],"merge":["A1:D1"]},
	{"name":"控え","rows":[["x"]]},{"name":"裏","hidden":true,"rows":[["x"]]}]}
	E
	run --separate-stderr seki-read --stream t --header-row 3 a.xlsx
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'1 hidden rows were read'* ]]
	[[ "$stderr" == *'the sheet "控え" has something in it'* ]]
	[[ "$stderr" != *裏* ]]
	[ "$(sed -n 2,3p <<<"$output" | jq -c '.record|[.["番号"],.["日"],.["額"],.["時"],.["取込行"]]' | paste -sd' ')" = \
	    '["0012","2026-04-01","0.3","2026-04-01 06:00","4"] ["0013","2026-04-02","2",null,"5"]' ]
	refused 65 '表!B3: a value in a column without a header' a.xlsx
	refused 65 '表!A1:D1: merged cells' --range A:D a.xlsx
	refused 78 'no sheet "ひかえ"' --sheet ひかえ a.xlsx
	[ "$(records --range B3:C4 a.xlsx | jq -c 'del(.["取込元"])')" = \
	    '{"$id":"4","日":"2026-04-01","額":"0.3","取込行":"4"}' ]
	refused 64 'not a range' --range 3:5 a.xlsx
	[ "$(records --sheet 裏 a.xlsx | wc -l)" -eq 0 ]
}

@test "workbooks: what Excel has spoilt" {
	layouts
	book a.xlsx <<-'E'
	{"sheets":[{"name":"S","rows":[
	["寄附番号","氏名","寄附金額","申込日","郵便番号","社内メモ"],
	[{"n":"12345"},"a",{"n":"1234567890123456789"},{"t":46113.5},{"d":46113}],
	[{"n":"1234567"},{"b":1},{"e":"#N/A"},{"n":"46113"},{"f":"A1","v":null}],
	[{"n":"1.234567e6"},{"n":"12"},{"n":"1e3"},{"d":46113},"100-0001"]]}]}
	E
	run --separate-stderr seki-read --stream t --layouts lay a.xlsx
	[ "$status" -eq 65 ]
	for want in '受付番号: S!A2: saved by Excel: fewer digits' \
	    '金額: S!C2: saved by Excel: a number of more than 15' \
	    '申込日: S!D2: a day with a time' \
	    '郵便番号: S!E2: saved by Excel: a date or time' \
	    '氏名: S!B3: saved by Excel: TRUE' '金額: S!C3: saved by Excel: an error' \
	    '申込日: S!D3: not' '郵便番号: S!E3: a formula without' 'problems: 8;'; do
		[[ "$stderr" == *"$want"* ]] || { echo "$want"; echo "$stderr"; false; }
	done
	[[ "$stderr" != *S!?4* ]]
}

@test "a layout is chosen by the headers, never by the name" {
	layouts
	printf '%s\n0012345,山田,"1,000円",2026/4/1,100-0001,x\n' "$H" >sato.csv
	printf '金額,寄附者名,受付ID,受付日\n5000,花子,0099999,令和8年4月2日\n' >choice.csv
	run --separate-stderr seki-read --stream t --layouts lay sato.csv choice.csv
	[ "$status" -eq 0 ]
	[ "$stderr" = "seki-read: sato.csv → choice → 1 records
seki-read: choice.csv → sato → 1 records" ]
	[ "$(sed -n 2,3p <<<"$output" | jq -c '.record|del(.["取込元"],.["取込行"])')" = \
	    '{"$id":"0012345","受付番号":"0012345","氏名":"山田","金額":"1000","申込日":"2026-04-01","郵便番号":"100-0001","経路":"チョイス"}
{"$id":"0099999","受付番号":"0099999","氏名":"花子","金額":"5000","申込日":"2026-04-02","郵便番号":null,"経路":"さとふる"}' ]
	head -1 <<<"$output" | jq -e '.schema["x-seki"].source.files |
	    map(.layout) == ["choice","sato"] and (.[0].layout_sha256 | length) == 64'
	run seki-read --stream t --json -o o.jsonl --layouts lay sato.csv choice.csv
	[ "$(grep -c '"layout":"sato"' <<<"$output")" -eq 1 ]
}

@test "header drift stops, with the difference in words" {
	layouts
	printf '申込番号,氏名,寄附金額,申込日,郵便番号, 社内メモ \n' >ok.csv
	seki-read -q --stream t --layouts lay ok.csv >/dev/null
	printf '寄附番号,氏名,寄付金額,申込日,郵便番号,社内メモ,新設\n' >a.csv
	refused 78 'the nearest is choice: not in the file: "寄附金額"; not in the layout: "寄付金額", "新設"; perhaps renamed: "寄附金額" → "寄付金額"' --layouts lay a.csv
	printf '寄附番号,氏名,氏名,寄附金額,申込日,郵便番号,社内メモ\n' >b.csv
	refused 78 'more than once: "氏名"' --layouts lay b.csv
	cp lay/choice.csv lay/copy.csv
	refused 78 'two layouts have these headers: choice and copy' --layouts lay ok.csv
	printf 'a,b\n1,2\n' >c.csv
	printf 'a,c\n1,2\n' >d.csv
	refused 78 'other headers than those of c.csv' c.csv d.csv
}

@test "a file without headers shows nobody's values" {
	layouts
	printf '秘密花子,03-0000-0000\n秘密次郎,03-0000-0001\n' >a.csv
	refused 78 'has the file a row of headers at all' --layouts lay a.csv
	[[ "$stderr" != *秘密* && "$stderr" != *0000* ]]
	run --separate-stderr seki-read --json --stream t --layouts lay a.csv
	[ "$status" -eq 78 ]
	[[ "$stderr" != *秘密* ]]
}

@test "a file whose name is no UTF-8 makes a stream that can be read" {
	printf 'a\n1\n' >$'bad\377.csv'
	seki-read -q --stream t $'bad\377.csv' >o.jsonl
	seki-scan -q o.jsonl >/dev/null
	[ "$(sed -n 2p o.jsonl | jq -r '.record["取込元"]')" = 'bad\u{FF}.csv' ]
	[ "$(sed -n 1p o.jsonl |
	    jq -r '.schema["x-seki"].source.files[0].name')" = 'bad\u{FF}.csv' ]
}

@test "the same digest twice is refused, overlaps are shown" {
	layouts
	printf '%s\n0000001,a,1,,,\n0000002,b,2,,,\n' "$H" >a.csv
	printf '%s\n0000003,c,3,,,\n0000002,b,2,,,其他\n' "$H" >b.csv
	cp a.csv copy.csv
	refused 78 'copy.csv: config: the same file as a.csv, byte for byte' --layouts lay a.csv copy.csv
	run --separate-stderr seki-read --stream t --layouts lay a.csv b.csv
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'1 records stand in more than one file, with the same values: 0000002'* ]]
	[[ "$stderr" == *'b.csv: 1 of them stand in another file, too'* ]]
	[ "$(grep -c '"RECORD"' <<<"$output")" -eq 3 ]
	printf '%s\n0000002,B,2,,,\n' "$H" >c.csv
	refused 65 'two files have the record with different values: a.csv, row 3; c.csv, row 2' --layouts lay a.csv c.csv
	sed -i /@/d lay/choice.csv
	refused 65 'two files have the key: a.csv, row 3; b.csv, row 3' --layouts lay a.csv b.csv
	seki-read -q --overlap --stream t --layouts lay a.csv b.csv >/dev/null
}

@test "layouts that make other records, and layouts that are none" {
	layouts
	printf '%s\n0000001,a,1,,,\n' "$H" >a.csv
	printf '金額,寄附者名,受付ID,受付日\n5,花子,0099999,\n' >b.csv
	sed -i '/経路/d' lay/sato.csv
	refused 78 'make different records: a field less' --layouts lay a.csv b.csv
	[[ "$stderr" == *経路* ]]
	while IFS='|' read -r body want; do
		printf '見出し,項目,型,桁数,値,鍵\n%b\n' "$body" >lay/sato.csv
		refused 78 "$want" --layouts lay a.csv
	done <<-'E'
	a,b,コ一ド,,,|did you mean "コード"
	a,b,,x,,|not N or M-N
	a,b,数値,3,,|only texts and codes have a length
	a,取込元,,,,|seki-read's own
	a,b,,,,\nc,b,,,,|row 2 has the same field
	a,b c,,,,|without spaces
	a,b,,,v,|a fixed value has no column
	a,,,,,○|cannot be the key
	a,@sheat,,,x,|did you mean "@sheet"
	a,@range,,,3:4,|not a value of this setting
	,,,,x,|neither a field
	a,,,,,|names no field
	E
	printf '見だし,項目\na,b\n' >lay/sato.csv
	refused 78 'did you mean "見出し"' --layouts lay a.csv
	rm lay/*
	refused 78 '0 layouts in the folder' --layouts lay a.csv
	refused 74 'nowhere' --layouts nowhere a.csv
	refused 64 'only one of' --layouts lay --key a a.csv
}

@test "forms: one record a sheet, cells by a table" {
	book f.xlsx <<-'E'
	{"sheets":[{"name":"一","rows":[["氏名（自署）","山田"],["住所","東京都","千代田区"],
	["額",{"n":"1200"}],["日",{"d":46113}],["理由"],["一行目"],["二行目"]],"merge":["B1:C1"]},
	{"name":"二","rows":[["氏名","佐藤"],["住所","京都"],["額","三百円"],["日","令和8年4月3日"]]},
	{"name":"空","rows":[["氏名"]]},{"name":"隠","hidden":true,"rows":[["x"]]}]}
	E
	cat >form.csv <<-'E'
	項目,見出し,見出しセル,セル,型
	氏名,氏名,A1,B1,文字
	住所,住所,A2,B2:C2,文字
	額,額,A3,B3,数値
	日,,,B4,日付
	理由,,,A6:A8,複数行
	E
	run --separate-stderr seki-read --stream t --form form.csv f.xlsx
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'the sheet "空" is not filled in'* ]]
	[ "$(sed -n 2,3p <<<"$output" | jq -c .record)" = \
	    '{"$id":"f.xlsx:一","氏名":"山田","住所":"東京都千代田区","額":"1200","日":"2026-04-01","理由":"一行目\n二行目","取込元":"f.xlsx!一","取込行":null}
{"$id":"f.xlsx:二","氏名":"佐藤","住所":"京都","額":"300","日":"2026-04-03","理由":null,"取込元":"f.xlsx!二","取込行":null}' ]
	sed 's/氏名,氏名/氏名,申請者/' form.csv >g.csv
	refused 78 '一!A1: the table says "申請者" stands there' --form g.csv f.xlsx
	sed 's/B1/C1/' form.csv >g.csv
	refused 78 '一!C1: the cell is merged with others: its value stands in B1' --form g.csv f.xlsx
	sed 's/B4,日付/B4,数値/' form.csv >g.csv
	refused 65 'field 日: 一!B4: saved by Excel: a date' --form g.csv f.xlsx
	sed 's/B4/B0/' form.csv >g.csv
	refused 78 'row 5, column セル: not a cell such as C5' --form g.csv f.xlsx
	printf 'a,b\n1,2\n' >t.csv
	refused 78 'unknown column "a"' --form t.csv f.xlsx
}

@test "hostile files: a broken quote, a huge cell, an old workbook, no memory of them" {
	printf 'a,b\n"1,2\n' >a.csv
	refused 65 'never closed' a.csv
	printf 'a\n\320\317\021\340' >x
	printf '\320\317\021\340\241\261\032\341' >b.xls
	refused 65 'old format' b.xls
	python3 -c 'print("a,b"); print("x" * (1 << 20) + "y,1")' >c.csv
	refused 65 'longer than 1 MiB' c.csv
	refused 74 'missing' missing.csv
	printf 'a,b\n1,2\n' >d.csv
	refused 64 'takes 1 to 64' --stream Big d.csv
	: >out.jsonl
	refused 74 'out.jsonl' -o out.jsonl d.csv
	run seki-read --stream t d.csv >/dev/full
	run bash -c 'seki-read -q --stream t d.csv >/dev/full'
	[ "$status" -eq 74 ]
}

@test "a hundred times the rows in the same memory" {
	python3 -c '
import random
random.seed(1)
n = list(range(400000))
random.shuffle(n)
with open("a.csv", "w") as f, open("b.csv", "w") as g:
    f.write("番号,名\n"); g.write("番号,名\n")
    for i in n: f.write("%d,%s\n" % (i, "名" * 30))
    for i in n[:4000]: g.write("%d,%s\n" % (i, "名" * 30))'
	python3 "$TOP/tests/peak.py" seki-read -q --stream t --key 番号 -o s.jsonl b.csv >small
	python3 "$TOP/tests/peak.py" seki-read -q --stream t --key 番号 -o l.jsonl a.csv >large
	[ "$(tail -1 l.jsonl | jq .value.complete.records)" -eq 400000 ]
	[ -n "${ASAN_OPTIONS:-}" ] || [[ $BUILD == *asan* ]] ||
	    [ "$(tail -1 large)" -lt $(($(tail -1 small) + 24000)) ]
}

@test "a large workbook is read by threads, and read the same" {
	local rows=4000
	python3 "$TOP/tests/mkbook.py" a.xlsx $rows 40
	seki-read -q --stream t a.xlsx >a.jsonl
	seki-normalize --init <a.jsonl >/dev/null
	jq -r 'select(.type=="RECORD").record | [."$id", ."項目0", ."項目1",
	    ."項目38", ."項目39"] | @csv' a.jsonl >got
	python3 - $rows >want <<-'END'
	import sys
	for i in range(2, int(sys.argv[1]) + 2):
	    t = ["東京都千代田区%d番地" % ((i * 31 + k) % 10000) for k in (1, 39)]
	    print('"%d","%d","%s","%d","%s"' % (i, i * 37, t[0], i * 37 + 38, t[1]))
	END
	diff got want
	# change OLD NEW: another sheet, whole and damaged.
	change() {
		python3 - "$@" <<-'END'
		import sys
		import zipfile
		old, new = (a.encode() for a in sys.argv[1:3])
		with zipfile.ZipFile("a.xlsx") as a, zipfile.ZipFile(
		        "b.xlsx", "w", zipfile.ZIP_DEFLATED) as b:
		    for n in a.namelist():
		        text = a.read(n)
		        assert old not in text or "sheet1" in n
		        b.writestr(n, text.replace(old, new, 1))
		END
	}
	# What is wrong is named as ever: late, in its order, all of it.
	change '<c r="C3001">' '<c r="C3001" t="x">'
	refused 65 'cell C3001: an unknown type of cell' b.xlsx
	change '<row r="3900">' '<row r="3900"'
	refused 65 'XML error' b.xlsx
	change '</sheetData>' '<x>'
	refused 65 'XML error' b.xlsx
	change '<c r="A90"><v>3330</v>' '<c r="A90" t="e"><v>#N/A</v>'
	mv b.xlsx a.xlsx
	change '<c r="A3990"><v>147630</v>' '<c r="A3990" t="e"><v>#N/A</v>'
	refused 65 'Sheet1!A90:' b.xlsx
	refused 65 'Sheet1!A3990:' b.xlsx
	refused 65 'problems so far: 1' --max-errors 1 b.xlsx
	# Cut in the middle of what is deflated.
	python3 - <<-'END'
	data = bytearray(open("a.xlsx", "rb").read())
	at = data.rindex(b"xl/worksheets/sheet1.xml", 0, len(data) - 400)
	data[at + 300000] ^= 255
	open("c.xlsx", "wb").write(data)
	END
	refused 65 'sheet1.xml' c.xlsx
}

@test "one past each limit" {
	mkdir many
	for i in $(seq 257); do
		printf '見出し,項目\nh%s,f%s\n' $i $i >many/$i.csv
	done
	printf 'h7\nx\n' >a.csv
	refused 78 '257 layouts in the folder' --layouts many a.csv
	rm many/257.csv
	seki-read -q --stream s --layouts many a.csv >/dev/null
	mkdir files
	for i in $(seq 1001); do
		printf 'h\n%s\n' $i >files/$i.csv
	done
	refused 65 'more than 1000 files' files/*.csv
	rm files/1001.csv
	[ "$(seki-read -q --stream s files/*.csv | wc -l)" = 1002 ]
	python3 - >book.json <<-'END'
	import json
	print(json.dumps({"sheets": [{"name": "a", "rows": [["h"], ["x"]],
	    "merge": ["C%d:D%d" % (i, i) for i in range(1, 65538)]}]}))
	END
	python3 "$TOP/tests/mkbook.py" book.xlsx <book.json
	refused 65 'too many merged cells' book.xlsx
}

@test "the stream goes on: normalise, pack, verify, import, export" {
	layouts
	printf '%s\n0012345,山田,"1,000円",2026/4/1,100-0001,x\n' "$H" >a.csv
	two_sides
	seki-read -q --stream kifu --layouts lay a.csv >raw.jsonl
	seki-normalize --init <raw.jsonl >rules.csv
	seki-normalize -q --rules rules.csv <raw.jsonl >clean.jsonl
	head -1 clean.jsonl | jq -e '.schema["x-seki"].source.files[0].name == "a.csv"'
	seki-pack -q --trust trust --key inet-1.key --state sent --audience lgwan-1 \
	    --carrier media -o b.zip <clean.jsonl >/dev/null
	seki-verify -q --trust trust --audience lgwan-1 b.zip
	seki-import -q --trust trust --audience lgwan-1 --store s.db b.zip
	seki-export -q --store s.db --stream kifu --format csv >e.csv
	grep -q 0012345 e.csv
	grep -q a.csv e.csv
}

@test "no network library is linked" {
	run ldd "$BIN/seki-read"
	[[ "$output" != *libcurl* ]]
	[[ "$output" != *microhttpd* ]]
}
