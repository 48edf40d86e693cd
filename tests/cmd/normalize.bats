#!/usr/bin/env bats
# seki-normalize: whole streams in, whole streams or none out.
load helper

# One server for all tests here: 60 made-up records.
setup_file() {
	load helper
	cd "$BATS_FILE_TMPDIR" || return 1
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	start_cloud --generate soudan:60 --seed 1 --token-file token
	seki-pull --base-url "$URL" --app 1 --token-file token \
	    --stream soudan >raw.jsonl
	stop_all
}
setup() {
	set -o pipefail
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	ln -s "$BATS_FILE_TMPDIR/raw.jsonl" raw
	EXAMPLE=$TOP/examples/soudan.csv
}

# rules ROW…: writes rules.csv; a row may end early.
rules() {
	local row commas
	echo output,source,kind,required,length,default,on-broken,keep-original \
	    >rules.csv
	for row; do
		commas=${row//[!,]/}
		while [ "${#commas}" -lt 7 ]; do
			row=$row, commas=$commas,
		done
		echo "$row" >>rules.csv
	done
}

@test "the example covers every field of the demonstration" {
	seki-normalize --rules "$EXAMPLE" <raw >clean.jsonl 2>err
	[ ! -s err ]
	[ "$(grep -c '"RECORD"' clean.jsonl)" -eq 60 ]
	tail -1 clean.jsonl | jq -e --slurpfile raw <(tail -1 raw) \
	    --arg rules "$(sha256sum <"$EXAMPLE" | cut -c1-64)" '
	    .value.complete
	    | .records == 60 and .held == 0 and .rules == $rules
	    and .from.root == $raw[0].value.complete.root
	    and .from.records == 60 and .from.dropped == 0
	    and .source == $raw[0].value.complete.source
	    and .root != .from.root' >/dev/null
	[ "$(tail -1 clean.jsonl | jq -c ".value.bookmarks | del(.normal)")" = \
	    "$(tail -1 raw | jq -c .value.bookmarks)" ]
	# What came out is remembered for the next run, whatever else is.
	tail -1 clean.jsonl | jq -e '.value.bookmarks.normal.form."$id" == "__ID__"'

	# Every field of the form is there, inner ones, too.
	for s in raw clean.jsonl; do
		head -1 "$s" | jq -r '.schema.properties | to_entries[] | .key as $k
		    | ($k, (.value.items.properties // {} | keys[] | "\($k).\(.)"))' |
		    sort >"fields.$s"
	done
	diff <(grep -v _原値 fields.clean.jsonl) fields.raw
}

@test "values are what the table says" {
	seki-normalize --rules "$EXAMPLE" <raw |
	    jq -c 'select(.type == "RECORD").record' >out
	jq -e '.["生年月日"] | . == null or test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")' \
	    out >/dev/null
	jq -e '.["郵便番号"] | . == null or test("^[0-9]{7}$")' out >/dev/null
	jq -e '.["費用負担額"] | . == null or test("^-?[0-9]+([.][0-9]+)?$")' \
	    out >/dev/null
	jq -s -e '[.[]["家族"][]["家族電話"] | values] | length > 9 and
	    all(test("^0[0-9]+(-[0-9]+)*( 内線[0-9]+)?$"))' out >/dev/null
	# What has no rule but keep is there byte by byte.
	for f in 対応記録 精密値 相談区分 担当者 添付資料 費用計 面談記録; do
		[ "$f" = 面談記録 ] && q='[.[$f][] | del(.["面談内容"], .["面談概要"])]' ||
		    q='.[$f]'
		diff <(jq -c --arg f "$f" "$q" out) \
		    <(jq -c 'select(.type == "RECORD").record' raw |
			jq -c --arg f "$f" "$q")
	done
	# The way it was written stays beside it.
	diff <(jq -c '.["費用負担額_原値"]' out) \
	    <(jq -c 'select(.type == "RECORD").record["費用負担額"]' raw)
}

@test "normalised again, nothing changes" {
	seki-normalize --rules "$EXAMPLE" <raw >one
	grep -v _原値 "$EXAMPLE" | sed 's/,はい,,,,,,,/,,,,,,,,/; s/,はい,円/,,円/' >two.csv
	seki-normalize --rules two.csv --quiet <one >two
	seki-normalize --rules two.csv --quiet <two >three
	[ "$(tail -1 two | jq .value.complete.root)" = \
	    "$(tail -1 three | jq .value.complete.root)" ]
	[ "$(tail -1 three | jq .value.complete.from.root)" = \
	    "$(tail -1 two | jq .value.complete.root)" ]
}

@test "what breaks a rule is held, and none may be by default" {
	rules 件名,件名,number 見出し,見出し,keep
	run --separate-stderr seki-normalize -q --rules rules.csv <raw
	[ "$status" -eq 1 ]
	[[ "${stderr_lines[0]}" == "seki-normalize: rules.csv: held: "* ]]
	[[ "${stderr_lines[0]}" == *" of 60 records break a rule, more than --max-held 0; the first: "* ]]
	[[ "${stderr_lines[1]}" == "    next: "*"--max-held "* ]]
	[[ "$output" != *'"STATE"'* ]]
	# Never a value.
	[[ "$stderr" != *SUM* ]]
	# With the rest of the story for people.
	run --separate-stderr seki-normalize --rules rules.csv <raw
	[[ "$stderr" == *"  件名 (kind number): cannot be read as this kind: "* ]]
	# A file does not appear at all.
	run seki-normalize --rules rules.csv -o out <raw
	[ "$status" -eq 1 ]
	[ ! -e out ]
	[ -z "$(find . -name '.*' -type f)" ]
}

@test "held within the ceiling: in its place, with reasons, for the next pull" {
	rules 件名,件名,number 家族.x,家族.続柄,number,,,,hold
	seki-normalize --rules rules.csv --max-held 60 <raw >out 2>err
	held=$(grep -c '"HELD"' out)
	[ "$held" -gt 0 ]
	[ "$held" -gt 10 ]
	ten=$(jq -r 'select(.type == "HELD") | .key' out | head -10 |
	    paste -sd, | sed 's/,/, /g')
	[[ "$(cat err)" == *"$held of 60 records are held: record $ten, …"* ]]
	LANGUAGE=ja seki-normalize --rules rules.csv --max-held 60 <raw \
	    2>err >/dev/null
	[[ "$(cat err)" == *"保留しました: レコード $ten, …"* ]] || { cat err; false; }
	[ "$((held + $(grep -c '"RECORD"' out)))" -eq 60 ]
	jq -s -e '
	    [.[] | select(.type == "HELD")] as $h
	    | (.[-1].value.complete.held == ($h | length))
	    and .[-1].value.bookmarks.retry == [$h[].key]
	    and ([$h[].reasons[] | .field + " " + .code + " " + .rule]
		| unique - ["件名 unparsed number", "家族.x unparsed number"]) == []
	    and ([$h[].reasons[] | select(.field == "家族.x") | .row] | min) == 1
	    and ([$h[].reasons[] | keys[]] | unique) ==
		["code", "field", "row", "rule"]' out >/dev/null
	# Passed on they are not counted again.
	rules 件名,件名,keep
	seki-normalize -q --rules rules.csv <out >again
	[ "$(grep -c '"HELD"' again)" -eq "$held" ]
	[ "$(tail -1 again | jq .value.complete.held)" -eq "$held" ]
	[ "$(tail -1 again | jq -c ".value.bookmarks | del(.normal)")" = \
	    "$(tail -1 out | jq -c ".value.bookmarks | del(.normal)")" ]
	# One less is one too few.
	rules 件名,件名,number 家族.x,家族.続柄,number
	run seki-normalize -q --rules rules.csv --max-held "$((held - 1))" <raw
	[ "$status" -eq 1 ]
	run seki-normalize -q --rules rules.csv --max-held "$held" <raw
	[ "$status" -eq 0 ]
}

@test "kept with a flag, stopped, required, length, default" {
	rules 件名,件名,number,,,,keep,yes 見出し,見出し,text,,5,,keep \
	    d,郵便番号,postal,,,０００-００００
	seki-normalize -q --rules rules.csv <raw >out
	jq -c 'select(.type == "RECORD").record' out >rec
	jq -e 'if .["件名_不備"] then .["件名"] == null and .["件名_原値"] != null
	    and .["件名_不備"] == "unparsed" else true end' rec >/dev/null
	jq -s -e '[.[] | select(.["件名_不備"])] | length > 0' rec >/dev/null
	# A text of the wrong length stays, and says so.
	jq -e '.["見出し"] == null or .["見出し_不備"] == "too-long"' rec >/dev/null
	jq -e '.d != null' rec >/dev/null
	jq -s -e '[.[] | select(.d == "0000000")] | length > 0' rec >/dev/null

	rules 件名,件名,number,,,,stop
	run --separate-stderr seki-normalize -q --rules rules.csv <raw
	[ "$status" -eq 1 ]
	[[ "${stderr_lines[0]}" == "seki-normalize: rules.csv: held: record "*": field 件名: rule number, unparsed: "* ]]
	[[ "$output" != *'"STATE"'* ]]

	rules 件名,件名,text,yes
	seki-normalize -q --rules rules.csv --max-held 60 <raw >out
	[ "$(jq -r 'select(.type == "HELD").reasons[] | .code + .rule' out | sort -u)" = \
	    emptyrequired ]
}

@test "several sources join, alternatives stand in" {
	rules '氏名,児童生徒氏名 + 保護者氏名,name_kanji' \
	    '電話,連絡先電話|電話番号,tel,,,,keep'
	seki-normalize -q --rules rules.csv <raw |
	    jq -c 'select(.type == "RECORD").record' >out
	rules a,児童生徒氏名,name_kanji b,保護者氏名,name_kanji
	seki-normalize -q --rules rules.csv <raw |
	    jq -r 'select(.type == "RECORD").record
		| [.a, .b] | map(select(.)) | join(" ")' >want
	[ "$(wc -l <out)" -eq 60 ]
	diff <(jq -r '.["氏名"] // ""' out) want
	jq -s -e 'all(.["電話"] != null)' out >/dev/null
}

@test "a cut stream, an altered one, none at all" {
	head -30 raw >cut
	run --separate-stderr seki-normalize -q --rules "$EXAMPLE" <cut
	[ "$status" -eq 65 ]
	[[ "${stderr_lines[0]}" == *": cut: "* ]]
	[[ "$output" != *'"STATE"'* ]]
	run seki-normalize -q --rules "$EXAMPLE" -o out <cut
	[ "$status" -eq 65 ]
	[ ! -e out ]
	head -c 20000 raw >cut
	run --separate-stderr seki-normalize -q --rules "$EXAMPLE" <cut
	[ "$status" -eq 65 ]
	[[ "${stderr_lines[0]}" == *": cut: "* ]]
	run --separate-stderr seki-normalize -q --rules "$EXAMPLE" </dev/null
	[ "$status" -eq 65 ]
	[[ "${stderr_lines[0]}" == *": cut: "* ]]
	sed '5d' raw >cut
	run --separate-stderr seki-normalize -q --rules "$EXAMPLE" <cut
	[ "$status" -eq 1 ]
	[[ "${stderr_lines[0]}" == *": content: "* ]]
	[[ "$output" != *'"STATE"'* ]]
	sed '5s/R07-/R08-/' raw >cut
	run --separate-stderr seki-normalize -q --rules "$EXAMPLE" <cut
	[ "$status" -eq 1 ]
	[[ "$output" != *'"STATE"'* ]]
	# More held than allowed, and cut besides: it is cut.
	rules 件名,件名,number
	head -30 raw >cut
	run seki-normalize -q --rules rules.csv <cut
	[ "$status" -eq 65 ]
	[[ "$output" == *": cut: "* ]]
}

# refused TEXT: the table is, and nothing of a stream is written.
refused() {
	run --separate-stderr seki-normalize --rules rules.csv <raw
	echo "$stderr"
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == "seki-normalize: rules.csv: rules: "*"$1"* ]]
	[ -z "$output" ]
}

@test "a table that breaks its form is refused before the first record" {
	rules 件名,件名,nubmer
	refused 'row 2, column kind: unknown kind: "nubmer"; did you mean "number"?'
	[[ "${stderr_lines[1]}" == *"man seki-rules"* ]]
	rules 件名,件,text
	refused 'row 2, column source: the form has no such field: "件"; did you mean "件名"?'
	rules 件名,件名,text 件名,件名,keep
	refused 'row 3, column output: row 2 has the same output'
	rules 住所,住所,adress
	refused 'unknown kind: "adress"; did you mean "address"?'
	# What lets through more than it should keeps the original beside it.
	rules 期限日,生年月日,date_lenient
	refused 'row 2, column keep-original: this kind lets through'
	rules 住所,住所,cp932_fold
	refused 'row 2, column keep-original: this kind lets through'
	rules 添付資料,添付資料,text
	refused 'the kind text cannot read a field of type FILE'
	printf 'output,kind\n件名,"text\n' >rules.csv
	refused 'row 2: RFC 4180'
	printf 'PK\003\004' >rules.csv
	refused ''
	rm rules.csv
	run seki-normalize --rules rules.csv <raw
	[ "$status" -eq 74 ]
	ln -s "$EXAMPLE" rules.csv
	run seki-normalize --rules rules.csv <raw
	[ "$status" -eq 74 ]
}

@test "--check tells without reading records" {
	run --separate-stderr seki-normalize --rules "$EXAMPLE" --check < <(head -1 raw)
	[ "$status" -eq 0 ]
	[[ "$output" == *": good: "* ]]
	rules 件名,件名,text
	run --separate-stderr seki-normalize --rules rules.csv --check < <(head -1 raw)
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"fields have no row in the table and are left out: レコード番号, "* ]]
	rules 件名,件名,nubmer
	run seki-normalize --rules rules.csv --check < <(head -1 raw)
	[ "$status" -eq 78 ]
}

@test "--init writes a table that works" {
	seki-normalize --init -o first.csv <raw
	[ "$(head -c 3 first.csv | od -An -tx1)" = " ef bb bf" ]
	[ "$(stat -c %a first.csv)" = 600 ]
	seki-normalize --rules first.csv <raw >out 2>err
	[ ! -s err ]
	[ "$(grep -c '"RECORD"' out)" -eq 60 ]
	grep -q '^電話番号,電話番号,電話番号,tel,' first.csv
	grep -q '^費用負担額,.*,number,.*guessed' first.csv
	grep -q '^家族.家族氏名,氏名,家族.家族氏名,name_kanji,' first.csv
	[[ "$(head -1 first.csv)" == *output,label,source,kind,* ]]
	seki-normalize --lang ja --init <raw >ja.csv
	[[ "$(head -1 ja.csv)" == *出力項目,表示名,元項目,種別,* ]]
	seki-normalize -q --rules ja.csv <raw >out
	# A table that somebody has changed is never written over.
	run seki-normalize --init -o first.csv <raw
	[ "$status" -eq 74 ]
	# Only from a whole stream.
	run --separate-stderr seki-normalize --init -o cut.csv < <(head -9 raw)
	[ "$status" -eq 65 ]
	[ ! -e cut.csv ]
}

@test "--init: what only looks like an amount stays text" {
	# The label says an amount, the first value a code.
	for v in 0012 ００１２ 1234567890123456; do
		jq -c --arg v "$v" 'select(.type != "STATE") |
		    if .record["$id"] == "1" then .record["費用負担額"] = $v
		    else . end' raw |
		    python3 "$TOP/tests/judge_root.py" --complete |
		    seki-normalize --init >"$v.csv"
		grep -q '^費用負担額,[^,]*,費用負担額,text,' "$v.csv"
	done
}

@test "called the wrong way" {
	for args in "" "--check" "--init --check --rules x" "--rules" "--max-held x --rules x" \
	    "--rules x y z" "--rulse x"; do
		# shellcheck disable=SC2086
		run --separate-stderr seki-normalize $args </dev/null
		echo "$args: $status $stderr"
		[ "$status" -eq 64 ]
		[ -z "$output" ]
	done
}

@test "a full disk is a failure" {
	run --separate-stderr bash -c "seki-normalize -q --rules '$EXAMPLE' <raw >/dev/full"
	[ "$status" -eq 74 ]
	run --separate-stderr bash -c "seki-normalize --init <raw >/dev/full"
	[ "$status" -eq 74 ]
}

@test "--json tells counts on standard error" {
	rules 件名,件名,number
	seki-normalize -q --json --rules rules.csv --max-held 60 <raw >out 2>err
	jq -e --arg root "$(tail -1 out | jq -r .value.complete.root)" \
	    '.status == 0 and .records == 60 and .held > 0 and .root == $root' err >/dev/null
	run --separate-stderr seki-normalize -q --json --rules rules.csv <raw
	[ "$status" -eq 1 ]
	# One object, with the counts and what broke the rules.
	jq -es 'length == 1 and (.[0] | .reason == "held" and .status == 1 and
	    .records > 0 and .held > 0 and (.keys | length > 0) and
	    (.broken | contains("number")) and (.hint | length > 0))' \
	    <<<"$stderr" >/dev/null
}

@test "a full disk is told once, and nothing is freed twice" {
	rules 件名,件名,text
	run --separate-stderr bash -c \
	    "seki-normalize -q --json --rules rules.csv <raw >/dev/full"
	[ "$status" -eq 74 ]
	jq -es 'length == 1 and .[0].status == 74' <<<"$stderr" >/dev/null
}

@test "the environment changes nothing but the language" {
	seki-normalize -q --rules "$EXAMPLE" <raw >one
	env -i TZ=America/New_York LC_ALL=tr_TR.UTF-8 "$BIN/seki-normalize" \
	    -q --rules "$EXAMPLE" <raw >two
	cmp one two
}

@test "a row whose field a person ended says so, and what the row needs" {
	local f='件名 電話 FAX 家族(氏名,続柄)' g='件名 携帯 家族(氏名,続柄)'
	"$TOP/tests/mkform.py" '件名 番号 世帯(名,続柄)' \
	    -A "$("$TOP/tests/mkform.py" --step 山田 "$f" 電話=携帯 -FAX)" \
	    -A "$("$TOP/tests/mkform.py" --step 佐藤 "$g" 携帯=番号 家族=世帯 \
		家族.氏名=世帯.名 -家族.続柄)" \
	    '1 {"件名":"a"}' >in.jsonl
	printf '%s\n' 出力項目,元項目,種別 件名,件名,text TEL,電話,tel \
	    FAX,FAX,tel 連絡先,携帯+FAX,text 家族.名,家族.氏名,keep \
	    家族.続柄,家族.続柄,keep >rules.csv
	run --separate-stderr seki-normalize --rules rules.csv in.jsonl
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	[[ $stderr == *": rules.csv: rules: row 3: field 電話 goes on as 番号 (accepted by 佐藤 on 2026-11-20 10:00); row 4: field FAX ended (accepted by 山田 on 2026-11-20 10:00); row 5: field 携帯 goes on as 番号 "* ]] || { echo "$stderr"; false; }
	[[ $stderr == *"next: in the rules table: row 3: write 番号 instead of 電話; remove row 4; row 5: write 番号 instead of 携帯; row 5: take FAX out; row 6: write 世帯.名 instead of 家族.氏名; remove row 7; then the same command again"* ]] || { echo "$stderr"; false; }
	[[ $stderr != *"did you mean"* ]]
	# What nobody ended is a slip, as before.
	printf '%s\n' 出力項目,元項目,種別 件名,件,text >rules.csv
	run --separate-stderr seki-normalize --rules rules.csv in.jsonl
	[[ $stderr == *'did you mean "件名"?'* ]]
}

# table ROWS: rules.xlsx with these rows, as JSON.
table() {
	printf '{"sheets":[{"name":"規則","rows":%s}]}' "$1" |
	    python3 "$TOP/tests/mkbook.py" rules.xlsx
}

@test "a rules table as a workbook, as plain CSV of Excel, as UTF-16" {
	cat >rules.csv <<-END
	出力項目,元項目,種別,桁数,備考
	件名,件名,text,200,㈱
	END
	seki-normalize -q --rules rules.csv <raw |
	    jq -c 'select(.type == "RECORD")' >want
	iconv -f UTF-8 -t CP932 rules.csv >sjis.csv
	{ printf '\xFF\xFE'; tr , '\t' <rules.csv | iconv -t UTF-16LE; } >u16.txt
	table '[["出力項目","元項目","種別","桁数","備考"],
	    ["件名","件名","text",{"n":"200"}],[null,null,null]]'
	for t in sjis.csv u16.txt rules.xlsx; do
		seki-normalize -q --rules $t <raw >out
		jq -c 'select(.type == "RECORD")' out | cmp - want
		[ "$(jq -r 'select(.type == "STATE").value.complete.rules' \
		    out)" = "$(sha256sum <$t | cut -d' ' -f1)" ]
	done
}

@test "what a spreadsheet did to a rules table is refused, not guessed" {
	book() { # book TEXT ROWS
		table "$2"
		run --separate-stderr seki-normalize --rules rules.xlsx <raw
		[ "$status" -eq 78 ]
		[[ "$stderr" == *"$1"* ]] || { echo "$stderr"; false; }
		[ -z "$output" ]
	}
	book 'row 2, column length: the spreadsheet made a date' \
	    '[["output","kind","length"],["件名","text",{"d":45363}]]'
	book 'row 2, column kind: a formula' \
	    '[["output","kind"],["件名",{"f":"A1","v":"text"}]]'
	book 'row 2, column required: the spreadsheet made' \
	    '[["output","kind","required"],["件名","text",{"b":1}]]'
	book 'row 3, column kind: unknown kind' \
	    '[["output","kind"],["件名","text"],["x","#N/A"]]'
	printf '{"sheets":[{"name":"規則","rows":%s,"merge":["B2:B3"]}]}' \
	    '[["output","kind"],["件名","text"],["x"]]' |
	    python3 "$TOP/tests/mkbook.py" rules.xlsx
	run --separate-stderr seki-normalize --rules rules.xlsx <raw
	[ "$status" -eq 78 ]
}

# one KIND TEXT [ROW]: what the kind makes of one value: the value, or the code
# of what holds it.
one() {
	"$TOP/tests/mkstream.py" "1=$2" >one.jsonl
	rules "${3:-v,件名,$1}"
	seki-normalize -q --rules rules.csv --max-held 1 <one.jsonl >one.out
	jq -r 'if .type == "RECORD" then .record.v // "(empty)"
	    elif .type == "HELD" then "ERROR:" + .reasons[0].code
	    else empty end' one.out
}

@test "each kind through the tool" {
	while IFS='|' read -r kind text want row; do
		got=$(one "$kind" "$text" "$row")
		[ "$got" = "$want" ] || { echo "$kind $text: $got, not $want"; false; }
	done <<-END
	name_kana|ﾔﾏﾀﾞ ﾀﾛｳ|ヤマダ タロウ
	name_kana|山田タロウ|ERROR:charset
	氏名カナ|みすゞ|ミスヾ
	kana_zengin|シャッキン|ｼﾔﾂｷﾝ
	口座名義|ヤマダ＆タロウ|ERROR:charset
	zengin_corp|㈱ヤマダ|ｶ)ﾔﾏﾀﾞ
	yucho|11940-12345671|9900-198-1-1234567
	yucho|11940-12345672|ERROR:check-digit
	address|東京都千代田区霞が関二丁目１番２号|東京都千代田区霞が関2-1-2
	住所|青葉区一番町3丁目7番1号|青葉区一番町3-7-1
	email|山田 <Taro@Example.JP>|Taro@example.jp
	email|user.example.jp|ERROR:unparsed
	date_lenient|平成31年5月1日|2019-05-01|v,件名,date_lenient,,,,,yes
	date_serial|45383|2024-04-01
	date_serial|60|ERROR:range
	fiscal_year|平成31年度|2019
	fiscal_year|平成32年度|ERROR:era-range
	fy_of_date|令和6年3月31日|2023
	time|午後3時半|15:30
	time|午後12時|ERROR:ambiguous
	time_ext|25:00|01:00+1d
	yesno|希望しない|0
	yesno|△|ERROR:unparsed
	sex|Ｆ|2
	pref|京都|26
	lgcode|13101|131016
	lgcode|131017|ERROR:check-digit
	houjin|T7000012050002|7000012050002
	houjin|6000012050002|ERROR:check-digit
	forbidden|a|ERROR:forbidden
	forbidden|　|(empty)
	cp932|髙橋①|髙橋①
	jisx0208|高橋|高橋
	jisx0208|髙橋|ERROR:charset
	jisx0213|﨑|﨑
	jisx0213|髙|ERROR:charset
	cp932_fold|10〜20|10～20|v,件名,cp932_fold,,,,,yes
	END
}

@test "a gate holds what the other system cannot hold, and names each character" {
	for text in 𠮷野 葛$'\U000E0100' $'\uE000' か$'\u3099' a$'\u200B' 10〜20; do
		[ "$(one cp932 "$text")" = ERROR:charset ]
	done
	for text in 髙橋 $'\uFA11' ㈱ ～ ｱ; do
		[ "$(one cp932 "$text")" = "$text" ]
	done
	one cp932 $'髙𠮷〜𠮷葛\U000E0100\uE000' >/dev/null
	[ "$(jq -c 'select(.type == "HELD").reasons[0]' one.out)" = \
	    '{"field":"v","code":"charset","rule":"cp932","characters":["NG:U+20BB7 CJK UNIFIED IDEOGRAPH-20BB7","FOLD:U+301C>U+FF5E WAVE DASH","NG:U+E0100 VARIATION SELECTOR-17","PUA:U+E000 <private use area-E000>"]}' ]
	one jisx0208 髙橋① >/dev/null
	[ "$(jq -c 'select(.type == "HELD").reasons[0].characters' one.out)" = \
	    '["EXT:U+9AD9 CJK UNIFIED IDEOGRAPH-9AD9","EXT:U+2460 CIRCLED DIGIT ONE"]' ]
	# Folding stops at what it cannot fold, and names that alone.
	one x 𠮷〜 v,件名,cp932_fold,,,,,yes >/dev/null
	[ "$(jq -c 'select(.type == "HELD").reasons[0].characters' one.out)" = \
	    '["NG:U+20BB7 CJK UNIFIED IDEOGRAPH-20BB7"]' ]
	# Never in a message to people.
	run seki-normalize --rules rules.csv <one.jsonl
	[ "$status" -eq 1 ]
	[[ "$output" != *20BB7* ]]
	# Kept with a flag the value stays as it came, to the byte.
	one x 𠮷〜 v,件名,cp932,,,,keep >/dev/null
	[ "$(jq -c 'select(.type == "RECORD").record | [.v, ."v_不備"]' one.out)" = \
	    '["𠮷〜","charset"]' ]
}

@test "many records pass through threads: order, counts and errors as of one" {
	start_cloud --generate soudan:3000 --seed 2 --token-file token
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream soudan >many.jsonl
	stop_all
	seki-normalize --init <many.jsonl >all.csv
	seki-normalize -q --rules all.csv <many.jsonl >1.jsonl
	seki-normalize -q --rules all.csv <many.jsonl | cmp - 1.jsonl
	[ "$(jq -r 'select(.type=="RECORD").record."$id"' 1.jsonl |
	    paste -sd' ')" = "$(seq -s' ' 3000)" ]
	# Held records in their places, the first of them named in order.
	rules '番号,$id,keep,,1-3'
	run --separate-stderr seki-normalize --max-held 2001 --rules rules.csv \
	    many.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"2001 of 3000 records are held: record 1000, 1001, 1002"* ]]
	[ "$(jq -r 'select(.type=="HELD").key' <<<"$output" | paste -sd' ')" = \
	    "$(seq -s' ' 1000 3000)" ]
	[ "$(jq '.value.bookmarks.retry | length' <<<"${output##*$'\n'}")" -eq 2001 ]
	run --separate-stderr seki-normalize --max-held 2000 --rules rules.csv \
	    many.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"2001 of 3000 records break a rule, more than --max-held 2000"* ]]
	# The first mistake is named, on whichever side of a border it is.
	for n in 2 {40..120..10} 1500 2900; do
		sed "$n{p}" many.jsonl >twice
		run --separate-stderr seki-normalize --rules all.csv twice
		[ "$status" -eq 65 ]
		[[ "$stderr" == *"line $((n + 1))"*"does not come after"* ]]
		sed "$n s/\"\$id\":\"/&x/; $((n + 1))s/^/x/; 2950s/}}$/}/" \
		    many.jsonl >broken
		run --separate-stderr seki-normalize --rules all.csv broken
		[ "$status" -eq 65 ]
		[[ "$stderr" == *"line $((n + 1))"* ]]
		sed "$n s/,\"record\"/, \"record\"/" many.jsonl |
		    seki-normalize -q --rules all.csv | cmp - 1.jsonl
	done
	rules '番号,$id,keep,,1-3,,stop'
	run --separate-stderr seki-normalize --rules rules.csv many.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record 1000"* ]]
	head -2000 many.jsonl >cut
	run --separate-stderr seki-normalize --rules all.csv cut
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"ends without its proof"* ]]
	(cat many.jsonl; sed -n 2p many.jsonl) >more
	run --separate-stderr seki-normalize --rules all.csv more
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"something follows"* ]]
}
