#!/usr/bin/env bats
# Records against masters, last time's and each other.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	printf '番号,事業所,氏名,口座,金額\r\n' >in.csv
	printf '1,A01,髙橋　一郎,0123456,"1,000"\r\n' >>in.csv
	printf '2,Ａ０２,山田花子,0123457,2000\r\n' >>in.csv
	printf '3,A09,佐藤健,0123458,3000\r\n' >>in.csv
	printf '4,A01,高橋一郎,0123456,1000\r\n' >>in.csv
	printf '事業所,代表者,単価,定員\r\nA01,高橋一郎,10,100\r\n' >台帳.csv
	printf 'A02,山田 花子,20,99\r\nA03,鈴木,1,1\r\n' >>台帳.csv
	seki-read -q --stream s --key 番号 in.csv -o in.jsonl
}

# checks ROW...
checks() {
	{
		echo "照合名,台帳,鍵,項目,台帳項目,比べ方,許容差,重大度,見つからない時,複数の時,条件,メッセージ"
		printf '%s\n' "$@"
	} >checks.csv
}

# found STREAM: RECORD CHECK RESULT SEVERITY of what is not OK.
found() {
	jq -r 'select(.type == "RECORD").record | .["番号"] as $k |
	    .["照合結果"][] | select(.["重大度"] != "OK") |
	    "\($k) \(.["照合"]) \(.["結果"]) \(.["重大度"])"' "$1"
}

verdicts() {
	jq -r 'select(.type == "RECORD").record |
	    "\(.["番号"]) \(.["判定"])"' "$1" | tr '\n' ' '
}

@test "each verdict: equal, folded, differing, missing, double" {
	checks '番号,台帳.csv,事業所,,,ある,,,,,,' \
	    '代表,台帳.csv,,氏名,代表者,氏名,,注意,,,,見てください' \
	    '額,台帳.csv,,金額,単価×定員,数値,,,,,,' \
	    '重複,同一,事業所,,,,,,,,,'
	run --separate-stderr seki-match --rules checks.csv -o out.jsonl in.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"held"* ]]
	diff - <(found out.jsonl) <<-EOF
	1 代表 相違 注意
	1 重複 重複 NG
	2 額 相違 NG
	3 番号 該当なし NG
	3 代表 該当なし 情報
	3 額 該当なし 情報
	4 重複 重複 NG
	EOF
	[ "$(verdicts out.jsonl)" = "1 NG 2 NG 3 NG 4 NG " ]
	# Nothing of the records is another, and the proof is its own.
	seki-show out.jsonl >/dev/null
	diff <(jq -c 'select(.type == "RECORD").record |
	    del(.["判定"], .["判定理由"], .["照合結果"])' out.jsonl) \
	    <(jq -c 'select(.type == "RECORD").record' in.jsonl)
	[ "$(jq -r 'select(.type == "RECORD").record | select(.["番号"] == "2") |
	    .["照合結果"][] | select(.["照合"] == "額") |
	    .["値"] + "/" + .["台帳の値"] + "/" + .["台帳の行"]' out.jsonl)" \
	    = 2000/1980/3 ]
	# A table of characters makes 髙 and 高 one for comparing.
	printf '元,候補\n髙,高\n' >fold.csv
	printf '{"sheets":[{"name":"字","rows":[["候補","元"],["高","髙"]]}]}' |
	    python3 "$TOP/tests/mkbook.py" fold.xlsx
	iconv -f UTF-8 -t CP932 fold.csv >fold932.csv
	for f in fold.csv fold.xlsx fold932.csv; do
		run seki-match --rules checks.csv --fold $f --fail-on never \
		    -o $f.jsonl in.jsonl
		[ "$status" -eq 0 ]
		run found $f.jsonl
		[[ "$output" != *"1 代表"* ]]
	done
	# What a spreadsheet did is named by its cell.
	bad_fold() { # bad_fold PATTERN CELL [MORE]
		printf '{"sheets":[{"name":"字","rows":[["候補","元"],["高",%s]]
		    %s}]}' "$2" "${3:-}" |
		    python3 "$TOP/tests/mkbook.py" bad.xlsx
		run seki-match --rules checks.csv --fold bad.xlsx -o no in.jsonl
		[ "$status" -eq 78 ] || { echo "$status $output"; false; }
		[[ "$output" == *"bad.xlsx: rules: 字!$1"* ]] ||
		    { echo "$output"; false; }
	}
	bad_fold 'B2, column 元: the spreadsheet made' '{"d":46113}'
	bad_fold 'B2, column 元: the spreadsheet made' '{"b":1}'
	bad_fold 'B2, column 元: a formula' '{"f":"A1","v":"髙"}'
	bad_fold 'C2: it stands in a column without' '"髙","x"'
	bad_fold 'A2:A3: merged cells' '"髙"' ',"merge":["A2:A3"]'
}

@test "numbers: tolerance, limits, products, what is none" {
	checks '額,台帳.csv,事業所,金額,単価×定員,数値,1%,,可,,,' \
	    '上限,,,金額,1999.5,以下,,注意,,,,' \
	    '下限,,,金額,1000,以上,,,,,事業所=A01,' \
	    '口座,,,口座,123456,数値,,情報,,,,'
	seki-match --rules checks.csv --fail-on never -o out.jsonl in.jsonl
	diff - <(found out.jsonl) <<-EOF
	2 額 相違 NG
	2 上限 超過 注意
	2 口座 相違 情報
	3 上限 超過 注意
	3 口座 相違 情報
	EOF
	checks '額,台帳.csv,事業所,金額,単価×定員,数値,2%,,可,,,' \
	    '数,,,氏名,1,数値,,,,,,'
	seki-match --rules checks.csv --fail-on never -o out2.jsonl in.jsonl
	[ "$(found out2.jsonl | grep -c '額')" = 0 ]
	[ "$(found out2.jsonl | grep -c '数 数値でない NG')" = 4 ]
	# Digits that no double holds.
	printf '番号,額\n1,12345678901234567890.10\n2,12345678901234567890.11\n' \
	    >big.csv
	checks '額,,,額,12345678901234567890.1,数値,,,,,,'
	seki-read -q --stream s --key 番号 big.csv |
	    seki-match --rules checks.csv --fail-on never -o big.jsonl
	[ "$(verdicts big.jsonl)" = "1 OK 2 NG " ]
}

@test "more rows than one are never chosen from; other keys are tried" {
	printf 'A01,もう一人,1,1\r\n,空,1,1\r\n' >>台帳.csv
	checks '代表,台帳.csv,事業所,氏名,代表者,氏名,,,,注意,,' \
	    '別,台帳.csv,口座=事業所|事業所,氏名,代表者,氏名,,,可,可,,'
	seki-match --rules checks.csv --fail-on never -o out.jsonl in.jsonl
	run found out.jsonl
	[[ "$output" == *"1 代表 複数該当 注意"* ]]
	[[ "$output" == *"3 代表 該当なし NG"* ]]
	[[ "$output" != *"2 別"* ]]
	[ "$(jq -r 'select(.type == "RECORD").record | select(.["番号"] == "1") |
	    .["照合結果"][0]["台帳の行"]' out.jsonl)" = "2, 5" ]
}

@test "last time's records, and their value beside today's" {
	sed 's/0123457/7654321/' in.csv >before.csv
	seki-read -q --stream s --key 番号 before.csv -o before.jsonl
	checks '口座変更,前回,番号,口座,,同じ,,,可,,,'
	run seki-match --rules checks.csv -o no.jsonl in.jsonl
	[ "$status" -eq 64 ]
	[ ! -e no.jsonl ]
	seki-match --rules checks.csv --last before.jsonl --fail-on never \
	    -o out.jsonl in.jsonl
	[ "$(found out.jsonl)" = "2 口座変更 相違 NG" ]
	[ "$(jq -r 'select(.type == "RECORD").record | .["照合結果"][0] |
	    .["前回の値"]' out.jsonl | tr '\n' ' ')" = \
	    "0123456 7654321 0123458 0123456 " ]
}

@test "decisions count for the values they were made about" {
	checks '額,台帳.csv,事業所,金額,単価×定員,数値,,,,,,'
	run seki-match --rules checks.csv --report report.xlsx -o a.jsonl in.jsonl
	[ "$status" -eq 1 ]
	mark() { # mark RECORD of the report
		python3 - "$1" <<-'EOF'
		import re, sys, zipfile
		x = zipfile.ZipFile("report.xlsx").read("xl/worksheets/sheet2.xml")
		for row in re.findall(r"<row r.*?</row>", x.decode()):
		    cells = re.findall(r"<t[^>]*>(.*?)</t>", row)
		    if cells[1] == sys.argv[1]:
		        print(cells[-1])
		EOF
	}
	[ "$(mark 2 | wc -c)" = 17 ]
	decide() { # decide ANSWER WHY WHO RECORD
		printf '番号,照合,決定,理由,決定者,照合印\n%s,額,%s,%s,%s,%s\n' \
		    "$4" "$1" "$2" "$3" "$(mark "$4")" >decided.csv
	}
	decide 承認 特例のため 佐藤課長 2
	seki-match --rules checks.csv --decisions decided.csv --fail-on never \
	    -o b.jsonl in.jsonl
	[ "$(verdicts b.jsonl)" = "1 OK 2 OK 3 NG 4 OK " ]
	jq -r 'select(.type == "RECORD").record["判定理由"]' b.jsonl |
	    grep -q '承認 佐藤課長: 特例のため'
	# The proof says that there were decisions.
	[ "$(jq -r 'select(.type == "STATE").value.complete.rules' a.jsonl)" != \
	    "$(jq -r 'select(.type == "STATE").value.complete.rules' b.jsonl)" ]
	# Another amount: the decision was not about that.
	sed 's/,2000/,2001/' in.csv >other.csv
	seki-read -q --stream s --key 番号 other.csv -o other.jsonl
	run --separate-stderr seki-match --rules checks.csv \
	    --decisions decided.csv --fail-on never -o c.jsonl other.jsonl
	[ "$(verdicts c.jsonl)" = "1 OK 2 NG 3 NG 4 OK " ]
	[[ "$stderr" == *"record 2, 額"* ]]
	decide 却下 "" "" 2
	seki-match --rules checks.csv --decisions decided.csv --fail-on never \
	    -o d.jsonl in.jsonl
	[ "$(verdicts d.jsonl)" = "1 OK 2 NG 3 NG 4 OK " ]
	for bad in "承認 '' x" "承認 x ''" "はい x x"; do
		eval "decide $bad 2"
		run seki-match --rules checks.csv --decisions decided.csv \
		    -o e.jsonl in.jsonl
		[ "$status" -eq 78 ] || { echo "$bad $status $output"; false; }
		[ ! -e e.jsonl ]
	done
	# LibreOffice saves the report: it is read as before.
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to ods report.xlsx >/dev/null 2>&1
	timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo --headless \
	    --convert-to xlsx:"Calc MS Excel 2007 XML" report.ods \
	    --outdir saved >/dev/null 2>&1
	seki-match --rules checks.csv --decisions saved/report.xlsx \
	    --fail-on never -o f.jsonl in.jsonl
	cmp <(found a.jsonl) <(found f.jsonl)
}

@test "the report has the worst first, and no formula" {
	sed -i 's/佐藤健/=1+1/' in.csv
	seki-read -q --stream s --key 番号 in.csv -o f.jsonl
	checks '名,台帳.csv,事業所,氏名,代表者,同じ,,注意,注意,,,=2+2' \
	    '額,台帳.csv,,金額,単価×定員,数値,,NG,,,,'
	seki-match --rules checks.csv --report r.xlsx --show 氏名,口座 \
	    --fail-on never -o out.jsonl f.jsonl
	unzip -p r.xlsx 'xl/worksheets/*.xml' >all.xml
	! grep -q '<f>' all.xml || false
	# These records are in no app that a link could open.
	! grep -q '<hyperlink' all.xml || false
	unzip -p r.xlsx xl/worksheets/sheet2.xml |
	    grep -o '<row r="[23]".*' | grep -o '<t[^>]*>[^<]*' |
	    sed 's/.*>//' | head -2 >first
	[ "$(tr '\n' ' ' <first)" = "NG 2 " ]
	run seki-match --rules checks.csv --report r.xlsx -o no.jsonl f.jsonl
	[ "$status" -ne 0 ]
	[ ! -e no.jsonl ]
}

@test "bad tables and masters name row and column, and what is near" {
	bad() { # bad PATTERN ROW...
		local want=$1
		shift
		checks "$@"
		run seki-match --rules checks.csv -o no.jsonl in.jsonl
		[ "$status" -eq 78 ] || { echo "$status $output"; false; }
		[[ "$output" == *$want* ]] ||
		    { echo "$want not in: $output"; false; }
		[ ! -e no.jsonl ]
	}
	bad 'row 2, column 比べ方' 'a,台帳.csv,事業所,氏名,代表者,氏,,,,,,'
	bad 'did you mean "氏名"' 'a,台帳.csv,事業所,氏名,代表者,氏明,,,,,,'
	bad '"代表"; did you mean "代表者"' 'a,台帳.csv,事業所,氏名,代表,氏名,,,,,,'
	bad '"氏め"' 'a,台帳.csv,事業所,氏め,代表者,氏名,,,,,,'
	bad 'column 鍵' 'a,台帳.csv,,氏名,代表者,氏名,,,,,,'
	bad 'another row has this name' 'a,,,金額,1,数値,,,,,,' \
	    'a,,,金額,2,数値,,,,,,'
	bad 'column 重大度' 'a,,,金額,1,数値,,たいへん,,,,'
	bad 'only numbers' 'a,台帳.csv,事業所,氏名,代表者,氏名,3,,,,,'
	bad 'without a path' 'a,../台帳.csv,事業所,氏名,代表者,氏名,,,,,,'
	checks 'a,無い.csv,事業所,氏名,代表者,氏名,,,,,,'
	run seki-match --rules checks.csv -o no.jsonl in.jsonl
	[ "$status" -eq 74 ]
	[[ "$output" == *無い.csv* ]]
	[ ! -e no.jsonl ]
	sed -i '1s/単価/代表者/' 台帳.csv
	bad 'two columns' 'a,台帳.csv,事業所,氏名,代表者,氏名,,,,,,'
	sed '$d' in.jsonl >cut.jsonl
	checks 'a,,,金額,1,数値,,,,,,'
	run seki-match --rules checks.csv -o no.jsonl cut.jsonl
	[ "$status" -eq 65 ]
	[ ! -e no.jsonl ]
	run seki-match --rules checks.csv -o again.jsonl --fail-on never in.jsonl
	run seki-match --rules checks.csv -o no.jsonl again.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *matched* ]]
}

@test "masters elsewhere, of a store; last time's of a store" {
	checks '代表,台帳.csv,事業所,氏名,代表者,氏名,,,可,,,'
	mkdir there
	mv 台帳.csv there/今年.csv
	run seki-match --rules checks.csv -o no.jsonl in.jsonl
	[ "$status" -eq 74 ]
	seki-match --rules checks.csv --master 台帳.csv=there/今年.csv \
	    --fail-on never -o a.jsonl in.jsonl
	[ "$(found a.jsonl | grep -c 相違)" = 1 ]
	# A store with these very records.
	seki-import -q --store town.db --local mine in.jsonl >/dev/null
	checks '口座,store:mine,番号,口座,,同じ,,,,,,' \
	    '前回,前回,番号,金額,,数値,,,,,,'
	run seki-match --rules checks.csv -o no.jsonl in.jsonl
	[ "$status" -eq 64 ]
	[ ! -e no.jsonl ]
	sed 's/0123457/7654321/; s/3000/3001/' in.csv >now.csv
	seki-read -q --stream s --key 番号 now.csv -o now.jsonl
	seki-match --rules checks.csv --store town.db --last store:mine \
	    --fail-on never -o b.jsonl now.jsonl
	diff - <(found b.jsonl) <<-EOF
	2 口座 相違 NG
	3 前回 相違 NG
	EOF
	run seki-match --rules checks.csv --store town.db --last store:yours \
	    -o no.jsonl now.jsonl
	[ "$status" -eq 78 ]
	[ ! -e no.jsonl ]
}

@test "status by --fail-on, counts by --json" {
	checks '額,,,金額,1999,以下,,注意,,,,'
	seki-match -q --rules checks.csv -o a.jsonl in.jsonl
	for how in warn never; do
		run --separate-stderr seki-match -q --json --rules checks.csv \
		    --fail-on $how -o $how.jsonl in.jsonl
		[ "$status" -eq "$([ $how = warn ] && echo 1 || echo 0)" ]
		cmp a.jsonl $how.jsonl
		[ "$(jq -r '"\(.records) \(.ok) \(.warn) \(.ng) \(.held)"' \
		    <<<"$stderr")" = "4 2 2 0 0" ]
	done
	[ "$(jq -r .root <<<"$stderr")" = "$(jq -r \
	    'select(.type == "STATE").value.complete.root' a.jsonl)" ]
	run seki-match --rules checks.csv --fail-on maybe -o no.jsonl in.jsonl
	[ "$status" -eq 64 ]
}

@test "the digest of the proof is the one of the manual" {
	checks '代表,台帳.csv,事業所,氏名,代表者,氏名,,,可,,,'
	rules() {
		jq -r 'select(.type == "STATE").value.complete.rules' "$1"
	}
	sum() {
		sha256sum <"$1" | cut -d' ' -f1
	}
	seki-match --rules checks.csv --fail-on never -o a.jsonl in.jsonl
	printf 'seki-match-1\nrules -\nchecks %s\nmaster %s 台帳.csv\n' \
	    "$(sum checks.csv)" "$(sum 台帳.csv)" >lines
	[ "$(rules a.jsonl)" = "$(sum lines)" ]
	printf '出力項目,種別\n事業所,text\n氏名,text\n' >rules.csv
	seki-normalize -q --rules rules.csv <in.jsonl >clean.jsonl
	printf '番号,照合,決定,理由,決定者,照合印\n' >none.csv
	seki-match --rules checks.csv --fail-on never --decisions none.csv \
	    -o b.jsonl clean.jsonl
	sed -i "s/^rules -/rules $(sum rules.csv)/" lines
	echo "decisions $(sum none.csv)" >>lines
	[ "$(rules b.jsonl)" = "$(sum lines)" ]
}

@test "tables as a workbook, in TSV; one past each limit" {
	printf '{"sheets":[{"name":"照合","rows":[["照合名","比べ方","項目",
	    "台帳項目"],["額","数値","金額",{"n":"1000"}]]}]}' |
	    python3 "$TOP/tests/mkbook.py" checks.xlsx
	seki-match --rules checks.xlsx --fail-on never -o a.jsonl in.jsonl
	[ "$(verdicts a.jsonl)" = "1 OK 2 NG 3 NG 4 OK " ]
	printf '照合名\t比べ方\t項目\t台帳項目\n額\t数値\t金額\t1000\n' >c.tsv
	seki-match --rules c.tsv --fail-on never -o b.jsonl in.jsonl
	[ "$(verdicts b.jsonl)" = "$(verdicts a.jsonl)" ]
	printf '{"sheets":[{"name":"照合","rows":[["照合名","比べ方","項目",
	    "台帳項目"],["額",{"f":"A1","v":"数値"},"金額","1"]]}]}' |
	    python3 "$TOP/tests/mkbook.py" f.xlsx
	run seki-match --rules f.xlsx -o no.jsonl in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"照合!B2, column 比べ方"* ]]
	printf '照合名,比べ方,項目,台帳項目\n額,数値,金額,1000,5\n' >wide.csv
	run seki-match --rules wide.csv -o no.jsonl in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"row 2, cell 5: it stands in a column without"* ]]
	{
		echo 照合名,項目,台帳項目,比べ方
		seq 256 | sed 's/.*/c&,金額,1,数値/'
	} >many.csv
	seki-match -q --rules many.csv --fail-on never -o c.jsonl in.jsonl
	echo c257,金額,1,数値 >>many.csv
	run seki-match --rules many.csv -o no.jsonl in.jsonl
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 256"* ]]
	[ "$(jq '[.type == "RECORD"] | length' c.jsonl | wc -l)" = 6 ]
	show=$(seq 13 | sed 's/.*/口座/' | paste -sd,)
	run seki-match --rules c.tsv --report r.xlsx --show "$show" \
	    -o no.jsonl in.jsonl
	[ "$status" -eq 64 ]
	[ ! -e no.jsonl ]
	[ ! -e r.xlsx ]
	seki-match --rules c.tsv --report r.xlsx --show "${show#*,}" \
	    --fail-on never -o d.jsonl in.jsonl
	unzip -tq r.xlsx
}

@test "the example: every planted error is found, and no other" {
	run "$TOP/examples/shienkin.sh"
	[ "$status" -eq 0 ]
	[[ "$output" == *"72 planted errors, and no other"* ]]
	# The data is what its maker makes.
	mkdir made
	python3 "$TOP/tests/mkshienkin.py" made
	for f in made/*; do
		cmp "$f" "$TOP/examples/shienkin/$(basename "$f")"
	done
}

@test "groups of one batch: doubles, and look-alikes marked as such" {
	cat >in.csv <<-'EOF'
	番号,カナ,生年月日,住所,口座,金額,申込日,状態
	1,ヤマダ　タロウ,1950-01-01,本町1-2-3,0012,1000,2026-04-01,受付
	2,サトウハナ,1960-02-02,東1-1,0034,2000,2026-04-02,受付
	3,やまだたろう,1950/1/1,本町１－２－３,0099,3000,2026-04-03,受付
	4,ヤマダ　タロウ,1950-01-01,西9,0012,1000,2026-04-01,受付
	5,スズキ,1970-03-03,東1-1,0034,500,2026-04-05,取消
	6,タナカ,1980-04-04,=1+1,0055,500,2026-04-06,受付
	EOF
	seki-read -q --stream s --key 番号 in.csv -o g.jsonl
	checks '同一人,同一,カナ:カナ+生年月日:日付,,,,,注意,,,,見てください' \
	    '世帯,同一,住所:住所,,,,,情報,,,,' \
	    '口座,同一,口座,カナ,,カナ,,,,,,別の名の口座' \
	    '同額同日,同一,金額:数値+申込日,,,,,注意,,,状態=受付,'
	seki-match --rules checks.csv --report r.xlsx --show カナ \
	    --fail-on never -o out.jsonl g.jsonl
	unzip -p r.xlsx xl/worksheets/sheet3.xml | tr '\n' '/' |
	    sed 's/<row/\n&/g; s/<\/c>/|/g; s/<\/sheetData>.*/\n/' |
	    sed 's/<[^>]*>//g; s/|$//' | sed 1d | grep . >rows
	diff - rows <<-EOF
	組|種別|照合|鍵|番号|カナ|値|メッセージ
	1|重複|同一人|カナ+生年月日|1|ヤマダ　タロウ|カナ: ヤマダ　タロウ/生年月日: 1950-01-01|見てください
	1|類似|同一人|カナ+生年月日|3|やまだたろう|カナ: やまだたろう/生年月日: 1950/1/1|見てください
	1|重複|同一人|カナ+生年月日|4|ヤマダ　タロウ|カナ: ヤマダ　タロウ/生年月日: 1950-01-01|見てください
	2|類似|世帯|住所|1|ヤマダ　タロウ|住所: 本町1-2-3
	2|類似|世帯|住所|3|やまだたろう|住所: 本町１－２－３
	3|重複|世帯|住所|2|サトウハナ|住所: 東1-1
	3|重複|世帯|住所|5|スズキ|住所: 東1-1
	4|重複|口座|口座|2|サトウハナ|口座: 0034/カナ: サトウハナ|別の名の口座
	4|重複|口座|口座|5|スズキ|口座: 0034/カナ: スズキ|別の名の口座
	5|重複|同額同日|金額+申込日|1|ヤマダ　タロウ|金額: 1000/申込日: 2026-04-01
	5|重複|同額同日|金額+申込日|4|ヤマダ　タロウ|金額: 1000/申込日: 2026-04-01
	EOF
	unzip -p r.xlsx xl/worksheets/sheet1.xml | grep -q '重複・類似の組'
	# 5 and 6 have an amount in common, but 5 does not meet the condition.
	checks '同額,同一,金額,,,,,,,,状態=受付,'
	seki-match --rules checks.csv --fail-on never -o a.jsonl g.jsonl
	diff - <(found a.jsonl) <<-EOF
	1 同額 重複 NG
	4 同額 重複 NG
	EOF
	checks '二つ,同一,口座|カナ,,,,,,,,,'
	run seki-match --rules checks.csv -o no.jsonl g.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"doubles have one key"* ]]
}

@test "a hundred times the records in the same memory" {
	[ -z "${ASAN:-}" ] || skip "sanitizers need more"
	many() {
		python3 -c '
import sys
n = int(sys.argv[1])
print("番号,事業所,金額")
for i in range(1, n + 1):
    print(f"{i},F{i % 997:03d},{i}")' "$1"
	}
	many 1000 >few.csv
	seki-read -q --stream s --key 番号 few.csv -o few.jsonl
	many 100000 >many.csv
	seki-read -q --stream s --key 番号 many.csv -o many.jsonl
	printf '事業所,額\n' >m.csv
	python3 -c 'for i in range(997): print(f"F{i:03d},{i}")' >>m.csv
	checks 'a,m.csv,事業所,金額,額,数値,,情報,,,,' '重複,同一,金額,,,,,,,,,' \
	    '組,同一,事業所,,,,,情報,,,,'
	few=$(python3 "$TOP/tests/peak.py" seki-match -q --rules checks.csv \
	    --report few.xlsx -o few.out few.jsonl | tail -1)
	many=$(python3 "$TOP/tests/peak.py" seki-match -q --rules checks.csv \
	    --report many.xlsx -o many.out many.jsonl | tail -1)
	echo "$few $many"
	[ "$many" -lt $((few * 2 + 24000)) ]
}
