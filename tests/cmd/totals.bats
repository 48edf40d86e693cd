#!/usr/bin/env bats
# Counts and sums of a stream against what another system's screen shows.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir lay
	cat >lay/portal.csv <<-'EOF'
	見出し,項目,表示名,型,鍵
	番号,番号,,コード,○
	経路,経路,ポータル,文字,
	金額,金額,,数値,
	申込日時,申込日時,,日時,
	状態,状態,,文字,
	EOF
	# The first two are minutes apart, in two months and two years; so are
	# their days in UTC, which are one.
	cat >in.csv <<-'EOF'
	番号,経路,金額,申込日時,状態
	1,さとふる,"10,000",2026-03-31 23:59,受付
	2,さとふる,20000,2026-04-01 00:00,受付
	3,チョイス,5000,2026-04-10 10:00,受付
	4,チョイス,5000,2026-04-11 10:00,取消
	5,チョイス,12345678901234567890.5,2026-05-01 08:59,受付
	6,楽天,1000,,受付
	EOF
	seki-read -q --stream furusato --layouts lay in.csv -o in.jsonl
	cat >good.csv <<-'EOF'
	経路,月,件数,合計 金額,備考
	@日付,申込日時
	@除外,状態=取消
	さとふる,令和8年3月,1,"10,000",
	さとふる,R8.4,1,20000,
	チョイス,2026年4月,1,"5,000円",画面から
	チョイス,2026-05,1,12345678901234567890.50,
	楽天,,1,1000,
	EOF
}

# check STATUS TABLE OPTION…: its differences as lines of "ROW GROUP FIGURE WHY
# TABLE STREAM DIFFERENCE"
check() {
	local want=$1 table=$2
	shift 2
	run --separate-stderr seki-match -q --json --totals --rules "$table" \
	    "$@" in.jsonl
	[ "$status" -eq "$want" ] || { echo "$status $stderr"; false; }
	[ -z "$output" ]
	jq -r '.differences[] | "\(.row) \(.group | map(. // "*") | join("/")
	    ) \(.figure) \(.why) \(.table) \(.stream) \(.difference)"' \
	    <<<"$stderr" >found
}

@test "a table that agrees, to the last digit, in Japan's months" {
	check 0 good.csv
	[ ! -s found ]
	[ "$(jq -r '"\(.reason) \(.records) \(.excluded) \(.groups) \(.same) " +
	    "\(.differ) \(.empty)"' <<<"$stderr")" = "ok 5 1 5 10 0 0" ]
	[ "$(jq -r .root <<<"$stderr")" = "$(jq -r \
	    'select(.type == "STATE").value.complete.root' in.jsonl)" ]
	# In a pipe behind tee, by label, in English, in CP932, from TSV.
	sed 's/経路,月,件数,合計 金額,備考/ポータル,month,count,sum:金額,note/
	    s/@日付/@date/; s/@除外/@except/' good.csv >en.csv
	tee copy.jsonl <in.jsonl |
	    seki-match -q --totals --rules en.csv
	cmp copy.jsonl in.jsonl
	iconv -f UTF-8 -t CP932 good.csv >sjis.csv
	check 0 sjis.csv
	sed 's/"//g; s/10,000/10000/; s/5,000円/5000円/; s/,/\t/g' good.csv >t.tsv
	check 0 t.tsv
	# Settings above the header; widths and blanks make no other group.
	{
		printf '＠日付,申込日時\n@除外,状態＝取消\n'
		sed '/^@/d; s/チョイス/ チョイス /; s/R8.4/Ｒ８．４/' good.csv
	} >above.csv
	check 0 above.csv
	# A month with nothing in it, and one that is zero there.
	echo 'ヤフー,2026-04,0,0,' >>good.csv
	check 0 good.csv
}

@test "years of accounts, of a date and of an instant" {
	cat >y.csv <<-'EOF'
	経路,年度,件数,合計 金額
	@日付,申込日時
	さとふる,令和7年度,1,10000
	さとふる,2026,1,20000
	チョイス,R8,3,
	楽天,,1,1000
	EOF
	check 0 y.csv
	sed -i 's/令和7年度/令和8年度/; s/,2026,/,2025,/' y.csv
	check 1 y.csv
	diff - found <<-EOF
	3 さとふる/2026 合計 金額 differs 10000 20000 10000
	4 さとふる/2025 合計 金額 differs 20000 10000 -10000
	EOF
	printf '番号,日,額\n1,2026-03-31,1\n2,2026-04-01,2\n' >d.csv
	printf '見出し,項目,型,鍵\n番号,番号,コード,○\n日,日,日付,\n額,額,数値,\n' \
	    >lay/d.csv
	rm in.jsonl
	seki-read -q --stream d --layouts lay d.csv -o in.jsonl
	printf '@日付,日\n年度,合計 額\n2025,1\n2026,2\n' >y.csv
	check 0 y.csv
	printf '件数,合計 額\n2,3\n' >all.csv
	check 0 all.csv
	printf '件数,合計 額\n2,4\n' >all.csv
	check 1 all.csv
	[ "$(cat found)" = "2  合計 額 differs 4 3 -1" ]
}

@test "both ways: differing, only in the table, only in the stream" {
	sed -i 's/,1,20000,/,2,20000.01,/; s/^楽天/ヤフー/' good.csv
	check 1 good.csv --report r.xlsx
	diff - found <<-EOF
	5 さとふる/2026-04 件数 differs 2 1 -1
	5 さとふる/2026-04 合計 金額 differs 20000.01 20000 -0.01
	8 ヤフー/ 件数 not-in-stream 1 0 -1
	8 ヤフー/ 合計 金額 not-in-stream 1000 0 -1000
	0 楽天/ 件数 not-in-table  1 1
	0 楽天/ 合計 金額 not-in-table  1000 1000
	EOF
	[ "$(jq -r '"\(.reason) \(.same) \(.differ)"' <<<"$stderr")" = \
	    "differs 6 6" ]
	run seki-match --totals --rules good.csv in.jsonl
	[ "$status" -eq 1 ]
	[[ "$output" == *"row 5: さとふる, 2026-04: 件数 is 2 in the table, 1 in the stream (difference -1)"* ]]
	[[ "$output" == *"row 8: ヤフー, (empty): no record in the stream"* ]]
	[[ "$output" == *"楽天, (empty): not in the table; 件数 is 1"* ]]
	[[ "$output" == *"good.csv: differs: 6 figures"* ]]
	[[ "$output" == *"--report"* ]]
	# The workbook: what is wrong first, both figures beside each other.
	unzip -p r.xlsx xl/worksheets/sheet2.xml |
	    grep -o '<row .*' | sed 's/<row/\n&/g' | sed 's/<\/c>/ /g
		s/<[^>]*>//g; s/ *$//' | grep . >rows
	diff - <(sed -n '1,3p;8p' rows) <<-EOF
	判定 経路 月 項目 照合表の値 ストリームの値 差 結果 照合表の行
	NG さとふる 2026-04 件数 2 1 -1 相違 5
	NG さとふる 2026-04 合計 金額 20000.01 20000 -0.01 相違 5
	OK さとふる 2026-03 件数 1 1 0 一致 4
	EOF
	[ "$(grep -c ^NG rows)" = 6 ]
	! unzip -p r.xlsx 'xl/worksheets/*.xml' | grep -q '<f>' || false
	# Nothing is replaced.
	run seki-match --totals --rules good.csv --report r.xlsx in.jsonl
	[ "$status" -eq 74 ]
	check 0 good.csv --fail-on never
}

@test "an empty cell is not compared, and never zero" {
	sed -i 's/,1,20000,/,,20000,/; s/"5,000円"//' good.csv
	check 0 good.csv --report r.xlsx
	[ "$(jq -r '"\(.same) \(.empty)"' <<<"$stderr")" = "8 2" ]
	unzip -p r.xlsx xl/worksheets/sheet2.xml | grep -o 未入力 >empty
	[ "$(wc -l <empty)" = 2 ]
	check 1 good.csv --fail-on warn
	[ "$(jq -r .reason <<<"$stderr")" = held ]
	# A table without any figure agrees with nothing.
	sed -i 's/^\([^@,]*,[^,]*\),.*/\1,,,/; 1s/.*/経路,月,件数,合計 金額,備考/' good.csv
	run seki-match --totals --rules good.csv in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"no figures"* ]]
}

@test "a total row is held against the table's own rows" {
	printf '%s\n' '合計,,5,' 'さとふる,小計,2,"30,000",' \
	    '合計,2026-04,2,25000,' >>good.csv
	check 0 good.csv
	[ "$(jq -r '"\(.same) \(.empty)"' <<<"$stderr")" = "15 1" ]
	sed -i 's/^合計,,5,/合計,,6,/; s/"30,000"/30001/' good.csv
	check 1 good.csv
	diff - found <<-EOF
	9 */* 件数 total-row 6 5 -1
	10 さとふる/* 合計 金額 total-row 30001 30000 -1
	EOF
	run seki-match --totals --rules good.csv in.jsonl
	[[ "$output" == *"row 10: さとふる, total: 合計 金額 is 30001, the table's own rows give 30000 (difference -1)"* ]]
	# With a gap above it, it cannot be told.
	sed -i 's/,1,20000,/,1,,/; s/^合計,,6,/合計,,5,/' good.csv
	check 0 good.csv
	[ "$(jq -r .empty <<<"$stderr")" = 4 ]
}

@test "an empty table of the stream's groups, saved by LibreOffice" {
	LANGUAGE=ja seki-match --totals --init --by 経路,申込日時:月 \
	    --sum 金額 -o t.xlsx in.jsonl
	run seki-match --totals --rules t.xlsx in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"no figures"* ]]
	# A person types the figures, and one row.
	python3 - <<-'EOF'
	import re, zipfile
	want = {3: (1, "10000"), 4: (1, "20000"), 5: (2, "10000"), 7: (1, "1000")}
	src = zipfile.ZipFile("t.xlsx")
	out = zipfile.ZipFile("typed.xlsx", "w", zipfile.ZIP_DEFLATED)
	for name in src.namelist():
	    x = src.read(name)
	    if name == "xl/worksheets/sheet1.xml":
	        s = x.decode()
	        for row, v in want.items():
	            for col, n in zip("CD", v):
	                s, k = re.subn(r'<c r="%s%d" s="(\d+)"/>' % (col, row),
	                               r'<c r="%s%d" s="\1"><v>%s</v></c>'
	                               % (col, row, n), s)
	                assert k == 1, (row, col)
	        for col, v in (("C6", "1"), ("D6", "12345678901234567890.5")):
	            s, k = re.subn(r'<c r="%s" s="(\d+)"/>' % col,
	                           r'<c r="%s" s="\1" t="inlineStr"><is><t>%s'
	                           r'</t></is></c>' % (col, v), s)
	            assert k == 1, col
	        x = s.encode()
	    out.writestr(name, x)
	out.close()
	EOF
	check 0 typed.xlsx
	mkdir saved
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to ods typed.xlsx >/dev/null 2>&1
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to xlsx:"Calc MS Excel 2007 XML" typed.ods \
	    --outdir saved >/dev/null 2>&1
	check 0 saved/typed.xlsx
	[ "$(jq -r .same <<<"$stderr")" = 10 ]
	# In English, and by year.
	seki-match --totals --init --by 申込日時:fiscal-year -o e.xlsx in.jsonl
	unzip -p e.xlsx xl/worksheets/sheet1.xml | grep -o '<t>[^<]*' |
	    sed 's/<t>//' | paste -sd' ' >words
	[ "$(cat words)" = "fiscal-year count note @date 申込日時 2025 2026" ]
}

@test "a month that a spreadsheet made a day; a formula; merged cells" {
	book() { # book ROWS [MORE]
		printf '{"sheets":[{"name":"表","rows":[["経路","月","件数"],
		    ["@日付","申込日時"],["@除外","状態=取消"],%s]%s}]}' "$@" |
		    python3 "$TOP/tests/mkbook.py" b.xlsx
	}
	# 46082 is 2026-03-01, 46113 2026-04-01, 46143 2026-05-01.
	book '["さとふる",{"d":46082},{"n":"1"}],["さとふる",{"d":46113},{"n":"1"}],
	    ["チョイス","2026-4",{"n":"1"}],["チョイス",{"d":46143},{"n":"1"}],
	    ["楽天",null,{"n":"1"}]'
	check 0 b.xlsx
	bad() { # bad PATTERN ROWS [MORE]
		local want=$1
		shift
		book "$@"
		run seki-match --totals --rules b.xlsx in.jsonl
		[ "$status" -eq 78 ] || { echo "$status $output"; false; }
		[[ "$output" == *"b.xlsx: rules: "*"$want"* ]] ||
		    { echo "$want not in: $output"; false; }
	}
	bad '表!B4, column 月' '["さとふる",{"d":46083},{"n":"1"}]' ''
	bad '表!B4, column 月' '["さとふる",{"n":"2026.1"},{"n":"1"}]' ''
	bad '表!C4, column 件数: a formula' \
	    '["さとふる","2026-04",{"f":"1+1","v":"2"}]' ''
	bad '表!C4, column 件数: a formula' '["さとふる","2026-04",{"e":"#N/A"}]' ''
	bad '表!C4, column 件数: not a count' '["さとふる","2026-04",{"d":46083}]' ''
	bad '表!C4, column 件数: more digits' \
	    '["さとふる","2026-04",{"n":"1234567890123456"}]' ''
	bad '表!A4:A5' '["さとふる","2026-04",{"n":"1"}]' ',"merge":["A4:A5"]'
}

@test "bad tables name row and column, and what is near" {
	bad() { # bad PATTERN LINE...
		local want=$1
		shift
		printf '%s\n' "$@" >bad.csv
		run seki-match --totals --rules bad.csv in.jsonl
		[ "$status" -eq 78 ] || { echo "$status $output"; false; }
		[[ "$output" == *"bad.csv: rules: "*"$want"* ]] ||
		    { echo "$want not in: $output"; false; }
	}
	bad 'needs 件数 (count)' '経路,月' 'さとふる,2026-04'
	bad 'row 1, column 経絡: no field "経絡"' '経絡,件数' 'さとふる,2'
	bad 'did you mean "経路"' '経路名,件数' 'さとふる,2'
	bad 'row 1, column 合計 状態: the field is no number' \
	    '経路,合計 状態' 'さとふる,2'
	bad 'row 1, column 合計: no field' '合計,件数' ',1'
	bad 'nothing is grouped' '申込日時,件数' 'x,1'
	bad 'row 2, column @日付: the field is neither' \
	    '月,件数' '@日付,経路' '2026-04,1'
	bad 'needs a row @日付' '月,件数' '2026-04,1'
	bad 'but no column 月' '経路,件数' '@日付,申込日時' 'さとふる,1'
	bad 'only one of 月 and 年度' '月,年度,件数' '@日付,申込日時' '2026-04,2026,1'
	bad 'the column stands twice' '経路,件数,件数' 'さとふる,1,1'
	bad 'the column stands twice' '経路,経路,件数' 'さとふる,さとふる,1'
	bad 'did you mean "@日付"' '月,件数' '@日時,申込日時' '2026-04,1'
	bad 'the setting stands twice' '月,件数' '@日付,申込日時' '@日付,申込日時'
	bad 'the setting has no value' '月,件数' '@日付,'
	bad 'a setting has one value' '月,件数,備考' '@日付,申込日時,これ'
	bad 'a condition is FIELD=VALUE' '経路,件数' '@除外,取消' 'さとふる,1'
	bad 'row 2, column @除外: no field "状況"' '経路,件数' '@除外,状況=取消' 'さとふる,1'
	bad 'row 3, cell 1, column 経路: row 2 has the same group' \
	    '経路,件数' 'さとふる,1' ' さとふる,2'
	bad 'row 3, cell 1, column 経路: row 2 has the same group' \
	    '経路,件数' '合計,1' '小計,2'
	bad 'row 3, cell 1, column 件数: row 2 has the same group' '件数' '1' '1'
	bad 'row 2, cell 2, column 件数: not a count' '経路,件数' 'さとふる,-1'
	bad 'row 2, cell 2, column 件数: not a count' '経路,件数' 'さとふる,1.5'
	bad 'row 2, cell 2, column 合計 金額: not a number' \
	    '経路,合計 金額' 'さとふる,約千円'
	bad 'row 3, cell 1, column 月: not a month' '月,件数' '@日付,申込日時' '4月,1'
	bad 'row 3, cell 1, column 月: not a month' '月,件数' '@日付,申込日時' 2026-04-01,1
	bad 'row 3, cell 1, column 月: not a month' '月,件数' '@日付,申込日時' 平成32年4月,1
	bad 'row 3, cell 1, column 年度: not a year' '年度,件数' '@日付,申込日時' 26,1
	bad 'row 2, cell 3, column ?: it stands in a column without a header' \
	    '経路,件数' 'さとふる,1,2'
	bad 'no table of totals' '照合表 令和8年度' '経路,件数' 'さとふる,1'
	run seki-match --totals --rules 無い.csv in.jsonl
	[ "$status" -eq 74 ]
}

@test "called the wrong way; a stream that is cut, or a delta" {
	for o in "--master a=b" "--last a" "--show 経路" "--decisions a" \
	    "--fold a" "-o a" "--init" "--by 経路" "--fail-on maybe"; do
		# shellcheck disable=SC2086
		run seki-match --totals --rules good.csv $o in.jsonl
		[ "$status" -eq 64 ] || { echo "$o $status $output"; false; }
	done
	for o in "--totals" "--init" "--by 経路 --rules good.csv" "" \
	    "--totals --init --by 経路,経路" "--totals --init --by 経絡" \
	    "--totals --init --by 申込日時:月,申込日時:年度" \
	    "--totals --init --by 経路:月" "--totals --init --sum 経路"; do
		# shellcheck disable=SC2086
		run seki-match $o -o out.xlsx in.jsonl
		[ "$status" -eq 64 ] || { echo "$o $status $output"; false; }
		[ ! -e out.xlsx ]
	done
	sed '$d' in.jsonl >cut.jsonl
	run seki-match --totals --rules good.csv --report r.xlsx cut.jsonl
	[ "$status" -eq 65 ]
	[ ! -e r.xlsx ]
	run seki-match --totals --init --by 経路 -o out.xlsx cut.jsonl
	[ "$status" -eq 65 ]
	[ ! -e out.xlsx ]
	sed 's/"kind":"full"/"kind":"delta"/' in.jsonl >delta.jsonl
	run seki-match --totals --rules good.csv delta.jsonl
	[ "$status" -eq 64 ]
	[[ "$output" == *"a delta has only what changed"* ]]
}

@test "held records count nowhere, and that is said" {
	printf '出力項目,種別,必須\n経路,text,\n金額,number,はい\n' >rules.csv
	printf '申込日時,datetime,はい\n状態,text,\n' >>rules.csv
	seki-normalize -q --rules rules.csv --max-held 9 -o held.jsonl in.jsonl
	mv held.jsonl in.jsonl
	check 1 good.csv
	[ "$(cat found)" = "8 楽天/ 件数 not-in-stream 1 0 -1
8 楽天/ 合計 金額 not-in-stream 1000 0 -1000" ]
	[ "$(jq -r .held <<<"$stderr")" = 1 ]
	sed -i '/^楽天/d' good.csv
	check 0 good.csv
	run seki-match --totals --rules good.csv in.jsonl
	[[ "$output" == *"1 held records have no values"* ]]
	check 1 good.csv --fail-on warn
}

@test "one past each limit; the memory is that of the groups" {
	# many RECORDS GROUPS
	many() {
		rm -f in.jsonl
		python3 -c '
import sys
n, g = map(int, sys.argv[1:])
print("番号,経路,金額")
for i in range(1, n + 1):
    print(f"{i},P{i % g:05d},{i}")' "$@" >m.csv
		seki-read -q --stream s --key 番号 m.csv -o in.jsonl
	}
	many 10000 10000
	seki-match -q --totals --init --by 経路 -o big.xlsx in.jsonl
	many 10001 10001
	run seki-match -q --totals --init --by 経路 -o no.xlsx in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"limit: "*"more than 10000 groups"* ]]
	{
		echo 経路,件数
		seq -f 'P%05.0f,1' 0 9999
	} >t.csv
	run seki-match -q --totals --rules t.csv in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 10000 groups"* ]]
	echo P10000,1 >>t.csv
	run seki-match -q --totals --rules t.csv in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"t.csv: limit: "* ]]
	printf '経路%s\n' "$(printf ',合計 f%d' $(seq 31))" >cols.csv
	run seki-match -q --totals --rules cols.csv in.jsonl
	[[ "$output" == *"no figures"* ]]
	printf '経路%s\n' "$(printf ',合計 f%d' $(seq 32))" >cols.csv
	run seki-match -q --totals --rules cols.csv in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 32 columns"* ]]
	many 10 10
	printf '経路,件数\nP1,1\n' >t.csv
	seq -f '@除外,経路=%.0f' 32 >>t.csv
	run seki-match -q --totals --rules t.csv in.jsonl
	[ "$status" -eq 1 ]
	echo '@除外,経路=33' >>t.csv
	run seki-match -q --totals --rules t.csv in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 32 conditions"* ]]
	rm in.jsonl
	printf '番号,経路,金額\n1,%s,1\n' "$(printf '%01000d' 1)" >m.csv
	seki-read -q --stream s --key 番号 m.csv -o in.jsonl
	seki-match -q --totals --init --by 経路 -o k.xlsx in.jsonl
	sed -i 's/,00/,000/' m.csv
	rm -f in.jsonl
	seki-read -q --stream s --key 番号 m.csv -o in.jsonl
	run seki-match -q --totals --init --by 経路 -o no.xlsx in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 1000 bytes"* ]]
	[ -z "${ASAN:-}" ] || return 0
	# A hundred times the records, in the same groups.
	printf '経路,件数\nP1,1\n' >t.csv
	for n in 1000 100000; do
		many $n 100
		python3 "$TOP/tests/peak.py" seki-match -q --totals --rules \
		    t.csv --fail-on never in.jsonl | tail -1 >>peak
	done
	cat peak
	[ "$(tail -1 peak)" -lt $(($(head -1 peak) * 3 / 2)) ]
}
