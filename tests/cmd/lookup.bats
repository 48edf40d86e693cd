#!/usr/bin/env bats
# seki-normalize: lookup tables, worklists, conditions, texts in quotes.
load helper

setup() {
	set -o pipefail
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	printf '%s\n' 番号,経路,品,会員,額 1,楽天,うなぎ　２尾,R1,1000 \
	    2,楽天,ｳﾅｷﾞ2尾,R2,2000 '3,チョイス,米 10kg,,3000' \
	    '4,チョイス,米 10kg（新）,,4000' 5,さとふる,桃,,5000 \
	    6,さとふる,なし,,6000 7,ふるなび,,,7000 >in.csv
	seki-read -q --stream kifu --key 番号 in.csv >raw
}

# rules ROW…: output,source,kind,lookup,on-miss,when,required,keep-original
rules() {
	local row commas
	echo output,source,kind,lookup,on-miss,when,required,keep-original >rules.csv
	for row; do
		commas=${row//[!,]/}
		while [ "${#commas}" -lt 7 ]; do
			row=$row, commas=$commas,
		done
		echo "$row" >>rules.csv
	done
}
table() {
	printf '%s\n' "$@" >品.csv
}
# value FIELD: of each record, in order.
values() {
	jq -r --arg f "$1" 'select(.type=="RECORD") | .record[$f] // "-"' "$2" |
	    paste -sd' '
}
# refused TEXT: by the table, and nothing is written.
refused() {
	run --separate-stderr seki-normalize --rules "${2:-rules.csv}" <raw
	[ "$status" -eq 78 ] || { echo "$status $stderr"; false; }
	[[ $stderr == *"$1"* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
}

@test "exact, folded, and what the table does not know" {
	table 変換前,変換後 うなぎ２尾,A01 '米 10kg,B02' '桃,C03' 'なし,（空）'
	rules 品番,品,text,品.csv,hold,,,yes
	run --separate-stderr seki-normalize --rules rules.csv <raw
	[ "$status" -eq 1 ]
	[[ $stderr == *"1 of 7 records"* ]] || [[ $stderr == *"held"* ]]
	seki-normalize -q --rules rules.csv --max-held 1 <raw >out
	[ "$(values 品番 out)" = "A01 A01 B02 C03 - -" ] || { values 品番 out; false; }
	[ "$(values 品番_原値 out)" = "うなぎ　２尾 ｳﾅｷﾞ2尾 米 10kg 桃 なし -" ]
	jq -se '[.[] | select(.type=="HELD") | [.key, .reasons]] ==
	    [["4", [{"field":"品番","code":"no-candidate","rule":"lookup"}]]]' out
	# As it is; nobody is silent about it.
	rules 品番,品,text,品.csv,keep
	seki-normalize --rules rules.csv <raw >out 2>err
	[ "$(values 品番 out)" = "A01 A01 B02 米 10kg（新） C03 - -" ]
	grep '1 values stayed' err
	# The digest covers the table.
	printf 'seki-rules-2\n%s\n%s  品.csv\n' \
	    "$(sha256sum <rules.csv | cut -c1-64)" \
	    "$(sha256sum <品.csv | cut -c1-64)" | sha256sum | cut -c1-64 >want
	tail -1 out | jq -r .value.complete.rules | diff want -
}

@test "folding that does not decide holds; the exact spelling does" {
	table 変換前,変換後 'うなぎ　２尾,X' ｳﾅｷﾞ2尾,Y '米 10kg,B' \
	    米10kg（新）,B 桃,C なし,D ナシ,D
	rules 品番,品,text,品.csv
	seki-normalize -q --rules rules.csv --max-held 9 <raw >out
	[ "$(values 品番 out)" = "X Y B B C D -" ] || { values 品番 out; false; }
	table 変換前,変換後 'うなぎ　２尾,X' ウナギ　２尾,Y \
	    '米 10kg,B' 米10kg（新）,B 桃,C なし,D
	seki-normalize -q --rules rules.csv --max-held 9 <raw >out
	jq -se '[.[] | select(.type=="HELD") | [.key, .reasons[0].code]] ==
	    [["2", "ambiguous"]]' out
}

@test "the worklist is filled in and is the next table" {
	table 変換前,変換後,備考 うなぎ２尾,うなぎ蒲焼,水産 '米 10kg,新米コシヒカリ,' なし,,後で
	rules 品番,品,text,品.csv,worklist
	mkdir work
	run --separate-stderr seki-normalize --rules rules.csv --worklist work <raw
	[ "$status" -eq 1 ]
	[[ $stderr == *"品.csv: 3 values have no row yet"* ]]
	[[ $stderr == *"worklist: work/品.xlsx"* ]]
	[ "$(stat -c %a work/品.xlsx)" = 600 ]
	seki-read -q --stream w --key from work/品.xlsx >w
	jq -c 'select(.type=="RECORD").record | [.from, .to, .count, .candidates,
	    .records, .note]' w >rows
	grep -F '["なし",null,"1",null,"6","後で"]' rows
	grep -F '["桃",null,"1",null,"5",null]' rows
	grep -F '["米 10kg（新）",null,"1","新米コシヒカリ","4",null]' rows
	grep -F '["うなぎ２尾","うなぎ蒲焼","2",null,null,"水産"]' rows
	[ "$(wc -l <rows)" -eq 5 ]
	# It is never written over.
	run --separate-stderr seki-normalize --rules rules.csv --worklist work <raw
	[[ $stderr == *"work/品.xlsx is there already and stays"* ]]
	# Filled in, by a spreadsheet.
	lo() {
		timeout 120 soffice -env:UserInstallation=file://"$PWD"/lo \
		    --headless --convert-to "$1" --outdir saved "${@:2}" \
		    >/dev/null 2>&1
	}
	lo 'csv:Text - txt - csv (StarCalc):44,34,76' work/品.xlsx
	sed -e 's/^なし,,/なし,梨,/' -e 's/^桃,,/桃,白桃,/' \
	    -e 's/^米 10kg（新）,,/米 10kg（新）,新米コシヒカリ,/' \
	    saved/品.csv >filled.csv
	lo xlsx:"Calc MS Excel 2007 XML" \
	    --infilter='Text - txt - csv (StarCalc):44,34,76' filled.csv
	cp saved/filled.xlsx 品.xlsx
	rules 品番,品,text,品.xlsx,worklist
	seki-normalize -q --rules rules.csv --worklist work <raw >out
	[ "$(values 品番 out)" = "うなぎ蒲焼 うなぎ蒲焼 新米コシヒカリ 新米コシヒカリ 白桃 梨 -" ]
}

@test "a first worklist needs no table; more values than it has room for" {
	rules 品番,品,text,品.csv,hold
	refused 'there is no such file beside the rules table: "品.csv"'
	rules 品番,品,text,品.csv,worklist
	mkdir work
	run seki-normalize -q --rules rules.csv --worklist work <raw
	[ "$status" -eq 1 ]
	seki-read -q --stream w --key from work/品.xlsx | grep -c '"RECORD"' | grep -x 5
	# Three records stand beside a value, however many have it.
	printf '%s\n' 番号,品 1,栗 2,栗 3,栗 4,栗 >four.csv
	seki-read -q --stream kifu --key 番号 four.csv >four
	mkdir four.d
	run seki-normalize -q --rules rules.csv --worklist four.d <four
	seki-read -q --stream w --key from four.d/品.xlsx | jq '
	    select(.type=="RECORD").record |
	    .count == "4" and .records == "1, 2, 3"' | grep -x true
	# Ten thousand values, and one more.
	{ echo 番号,品; seq 10001 | sed 's/.*/&,品&/'; } >many.csv
	seki-read -q --stream kifu --key 番号 many.csv >many
	run --separate-stderr seki-normalize --rules rules.csv <many
	[ "$status" -eq 1 ]
	[[ $stderr == *"品.csv: 10000 values have no row yet"* ]]
	[[ $stderr == *"besides, 1 times a value"* ]]
}

@test "bad lookup tables: status 78, sheet, row and column" {
	rules 品番,品,text,品.csv
	table 変換前,変換後 a,1 b,2 a,1
	refused '品.csv: rules: row 4, column 変換前: row 2 has the same value'
	table 変換前,変換後 a,b b,c c,a
	refused '品.csv: rules: row 2, column 変換後: rows 2 and 4 change a value in a circle'
	table 変換前,変換後 a,a b,c
	run seki-normalize -q --max-held 9 --rules rules.csv <raw
	[ "$status" -eq 0 ]
	table 変換前,変換後ろ a,b
	refused 'row 1, cell 2: unknown column "変換後ろ"; did you mean "変換後"?'
	table 変換前 a
	refused 'the first row has no column 変換後 (to)'
	table 変換前,変換後,変換前 a,b,c
	refused 'row 1, column 変換前: the column stands twice'
	table 変換前,変換後 ,b
	refused 'row 2, column 変換前: empty'
	: >品.csv
	refused 'the first row has no column 変換前 (from)'
	for n in /etc/passwd ../x.csv a/../b.csv 'a\b.csv' a//b.csv a/ . ./品.csv .品.csv; do
		rules "品番,品,text,$n"
		refused 'row 2, column lookup: name a file beside the rules table'
	done
	rules 品番,品,keep,品.csv
	refused 'row 2, column lookup: keep changes nothing'
	rules 品番,品,text,,hold
	refused 'row 2, column on-miss: there is no lookup table'
	table 変換前,変換後 桃,12x
	rules 額2,品,number,品.csv
	refused 'row 2, column lookup: 品.csv, row 2: the result does not fit kind or length: unparsed'
	rules 品番,品,text,品.csv,作業
	refused 'did you mean "作業表"?'
	# A workbook's sheet is named, and what it made of what was typed.
	rules 品番,品,text,品.xlsx
	book() {
		echo "{\"sheets\":[{\"name\":\"品名\",\"rows\":[[\"変換前\",\"変換後\"],$1]${2:-}}]}" |
		    python3 "$TOP/tests/mkbook.py" 品.xlsx
	}
	book '["a",{"d":46113}]'
	refused '品.xlsx: rules: 品名!B2, column 変換後: the spreadsheet made a date'
	book '["a",{"f":"1+1","v":"2"}]'
	refused '品名!B2, column 変換後: a formula'
	book '["a","b"],["c","d"]' ',"merge":["A2:A3"]'
	refused '品名!A2:A3: merged cells'
	book '["a","b"],["a","d"]'
	refused '品.xlsx: rules: sheet 品名, row 3, column 変換前: row 2 has the same value'
	book '["a",{"n":"5"}]'
	run seki-normalize -q --max-held 9 --rules rules.csv <raw
	[ "$status" -eq 0 ]
	# Of a rules workbook, too.
	echo '{"sheets":[{"name":"規則","rows":[["出力項目","種別"],["品","textt"]]}]}' |
	    python3 "$TOP/tests/mkbook.py" r.xlsx
	refused 'r.xlsx: rules: sheet 規則, row 2, column 種別: unknown kind: "textt"' r.xlsx
	echo '{"sheets":[{"name":"規則","rows":[["出力項目","種別"],["品名","text"]]}]}' |
	    python3 "$TOP/tests/mkbook.py" r.xlsx
	refused 'sheet 規則, row 2, column 元項目: the form has no such field' r.xlsx
}

@test "limits: rows and cells of a table" {
	rules 品番,品,text,品.csv
	{ echo 変換前,変換後; seq 65537 | sed 's/.*/&,x/'; } >品.csv
	run seki-normalize --rules rules.csv <raw
	[ "$status" -eq 65 ]
	[[ $output == *"limit: more than 65536 rows"* ]]
	sed -i '$d' 品.csv
	run seki-normalize -q --max-held 9 --rules rules.csv <raw
	[ "$status" -eq 0 ]
	table 変換前,変換後 "$(printf 'x%.0s' $(seq 4097)),y"
	run seki-normalize --rules rules.csv <raw
	[ "$status" -eq 65 ]
	[[ $output == *"row 2, column 変換前: longer than 4096 bytes"* ]]
}

@test "one output by the record's portal; texts in quotes" {
	rules '会員番号,"""R-""+会員",text,,,経路=楽天,yes' \
	    '会員番号,「寄-」+番号,text,,,経路=チョイス|さとふる' \
	    会員番号,番号,text '元,"""楽天ほか""",text' '品,「品:」+品|「なし」,text'
	seki-normalize -q --rules rules.csv <raw >out
	[ "$(values 会員番号 out)" = "R-R1 R-R2 寄-3 寄-4 寄-5 寄-6 7" ] || { values 会員番号 out; false; }
	[ "$(values 元 out)" = "$(yes 楽天ほか | head -7 | paste -sd' ')" ]
	[[ $(values 品 out) == *"品:桃 品:なし なし" ]]
	# Nobody's row: empty, and required by one of them.
	rules 会員番号,会員,text,,,経路=楽天 会員番号,番号,text,,,経路=チョイス
	seki-normalize -q --rules rules.csv <raw >out
	[ "$(values 会員番号 out)" = "R1 R2 3 4 - - -" ]
	rules 会員番号,会員,text,,,経路=楽天,yes 会員番号,番号,text,,,経路=チョイス
	seki-normalize -q --max-held 3 --rules rules.csv <raw >out
	[ "$(grep -c '"rule":"when"' out)" -eq 3 ]
	rules 会員番号,会員,text,,,会員=
	seki-normalize -q --rules rules.csv <raw >out
	[ "$(values 会員番号 out)" = "- - - - - - -" ]
}

@test "conditions that leave a choice, and texts that are none" {
	rules a,会員,text,,,経路=楽天 'a,番号,text,,,経路=楽天|チョイス'
	refused 'row 3, column when: row 2 has the same output; and the same value in its condition'
	rules a,会員,text,,,経路=楽天 a,番号,text,,,品=桃
	refused 'row 3, column when: row 2 has the same output; and its condition asks another field'
	rules a,会員,text a,番号,text
	refused 'row 3, column output: row 2 has the same output'
	rules a,会員,text,,,経路
	refused 'row 2, column when: a condition is FIELD=VALUE'
	rules a,会員,text,,,経=楽天
	refused 'row 2, column when: the form has no such field: "経"; did you mean "経路"?'
	rules a,会員,text,,,経路=楽天 a,額,number,,,経路=チョイス
	refused 'row 3, column kind: rows of one output make fields of one type'
	rules 'a,「」,text'
	refused 'a text in quotes is empty'
	rules a,「x」,keep
	refused 'keep takes no text in quotes'
	rules 'a,「x,text'
	refused 'the form has no such field: "「x"'
	rules '$id,$id,keep,,,経路=楽天'
	refused 'no rule may change the key'
}

@test "--explain tells how each value of a record came about" {
	table 変換前,変換後 うなぎ2尾,A01 '米 10kg,B02' なし,（空）
	rules '会員番号,「R-」+会員,text,,,経路=楽天' 会員番号,番号,text \
	    品番,品,text,品.csv,hold,,,yes 額,額,number '備考,「一\n二」,text'
	sed -i 's/$/,/; 1s/,$/,default/; /^額/s/,$/,5/' rules.csv
	seki-normalize --rules rules.csv --explain 1 raw >said
	cat >want <<-'EOF'
	会員番号  (rules table, row 2, 経路=楽天)
	    会員: R1
	    chosen: R-R1
	    text: unchanged
	    = R-R1
	品番  (rules table, row 4)
	    品: うなぎ　２尾
	    品.csv: row 2, alike → A01
	    text: unchanged
	    = A01
	額  (rules table, row 5)
	    額: 1000
	    number: unchanged
	    = 1000
	備考  (rules table, row 6)
	    chosen: 一\n二
	    text: unchanged
	    = 一\n二
	EOF
	diff want said
	seki-normalize --rules rules.csv --explain 5 raw >said
	grep -F '会員番号  (rules table, row 3)' said
	grep -F '品.csv: has no row for it' said
	grep -F '): the record is held' said
	seki-normalize --rules rules.csv --explain 6 raw | grep -F 'row 4, the same → (empty)'
	# Nothing is asked for twice, and nobody is made up.
	run seki-normalize --rules rules.csv --explain 77 raw
	[ "$status" -eq 64 ]
	[[ "$output" == *"no record with the key 77"* ]]
	run seki-normalize --rules rules.csv --explain 1 --check raw
	[ "$status" -eq 64 ]
	run seki-normalize --rules rules.csv --explain 1 --worklist . raw
	[ "$status" -eq 64 ]
	# A value that is broken, and what becomes of it.
	rules 額,会員,number
	seki-normalize -q --rules rules.csv --explain 1 --json raw 2>json
	jq -e '.status == 0 and .record == "1" and (.message | contains("unparsed"))' json
}
