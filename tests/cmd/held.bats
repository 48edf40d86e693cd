#!/usr/bin/env bats
# Held records for people, and characters that another system does not have:
# none is lost, and what was put in its place can be taken back.
load helper

setup() {
	set -o pipefail
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
}

stream() { "$TOP/tests/mkstream.py" "$@" >in.jsonl; }
sheet() { python3 "$TOP/tests/booktext.py" "$@"; }
names() {
	stream 1=高橋 2=𠮷野〜 $'3=葛\U000E0100城/山𠮷/田/𠮷' $'4=\uE000田' \
	    $'5=か\u3099' 6=剝
}
HEAD=output,source,kind,required,on-broken,keep-original
# out PATH…: values of the records that came out, one JSON a line.
records() { jq -c 'select(.type == "RECORD").record' "$@"; }

@test "the workbook of held records: link, reasons, the cells in question" {
	stream 1=5 2=約百/二/x 3=/三 4=7
	printf '%s\n' "$HEAD" 件名,件名,number,yes,,yes \
	    家族.氏名,家族.氏名,name_kana,,, >r.csv
	run --separate-stderr seki-normalize --rules r.csv --max-held 2 \
	    --held held.xlsx -o out.jsonl in.jsonl
	[ "$status" -eq 0 ]
	[ "$(stat -c %a held.xlsx)" = 600 ]
	[ "$(sheet held.xlsx | paste -sd,)" = Cover,Held ]
	sheet held.xlsx Held >text
	[ "$(sed -n 1p text)" = $'Record\tReasons\tRules\t件名\t家族.氏名' ]
	[ "$(sed -n 2p text)" = $'2<https://example.cybozu.com/k/7/show#record=2>\t件名: cannot be read as this kind|row 1: 氏名: a character that this kind does not have\trow 2: 件名, number|row 3: 家族.氏名, name_kana\t!約百\t!row 1: 二' ]
	[ "$(sed -n 3p text)" = $'3<https://example.cybozu.com/k/7/show#record=3>\t件名: empty, but required|row 1: 氏名: a character that this kind does not have\trow 2: 件名, required|row 3: 家族.氏名, name_kana\t!\t!row 1: 三' ]
	[ "$(wc -l <text)" -eq 3 ]
	sheet held.xlsx Cover >cover
	grep -qx $'Records looked at\t4' cover
	grep -qx $'Records held\t2' cover
	grep -qx $'件名 (件名): empty, but required\t1' cover
	grep -qx $'氏名 (家族.氏名): a character that this kind does not have\t2' cover
	grep -q "$(sha256sum <r.csv | cut -c1-64)" cover
	grep -q '^State.passed on' cover
	# The stream is the same without it.
	seki-normalize -q --rules r.csv --max-held 2 in.jsonl | cmp - out.jsonl
}

@test "in Japanese, from the same words" {
	stream 2=約百
	printf '%s\n' "$HEAD" 件名,件名,number,,, >r.csv
	seki-normalize --lang ja --rules r.csv --max-held 1 --held h.xlsx \
	    in.jsonl >out.jsonl 2>err
	[ "$(sheet h.xlsx | paste -sd,)" = 表紙,保留 ]
	[ "$(sheet h.xlsx 保留 | head -1)" = $'番号\t理由\t規則\t件名' ]
	printf '%s\n' "$HEAD" 件名,件名,number,,中止, >stop.csv
	reason=$(seki-normalize --lang ja --rules stop.csv in.jsonl 2>&1 \
	    >/dev/null || :)
	said=$(sheet h.xlsx 保留 | sed -n 2p | cut -f2 | sed 's/^件名: //')
	[ -n "$said" ]
	[[ "$reason" == *"$said"* ]] || { echo "$said: $reason"; false; }
	grep -q 個人情報 <(sheet h.xlsx 表紙)
}

@test "too many held: no stream, but the workbook" {
	names
	printf '%s\n' "$HEAD" 件名,件名,cp932,,, >r.csv
	run --separate-stderr seki-normalize --rules r.csv --max-held 1 \
	    --held h.xlsx --characters c.xlsx -o out.jsonl in.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"held: 5 of 6 records break a rule"* ]]
	[[ "$stderr" == *"h.xlsx: the held records"* ]]
	[[ "$stderr" != *20BB7* && "$stderr" != *𠮷* ]]
	[ ! -e out.jsonl ]
	# All five, not only those up to the ceiling.
	[ "$(sheet h.xlsx Held | wc -l)" -eq 6 ]
	sheet h.xlsx Cover | grep -q 'nothing was passed on.*--max-held 1 allows'
	sheet h.xlsx Held | grep -q $'!𠮷野〜$'
	sheet h.xlsx Held | grep -q '(葛.* U+845B U+E0100)'
	[ -e c.xlsx ]
	[ -z "$(find . -name '.*' -type f)" ]
}

@test "a rule that stops: the record it stopped at is in the workbook" {
	stream 1=1 2=x 3=y
	printf '%s\n' "$HEAD" 件名,件名,number,,stop, >r.csv
	run --separate-stderr seki-normalize --rules r.csv --held h.xlsx in.jsonl
	[ "$status" -eq 1 ]
	[ "$(sheet h.xlsx Held | sed -n 2p | cut -f4)" = '!x' ]
	[ "$(sheet h.xlsx Held | wc -l)" -eq 2 ]
	sheet h.xlsx Cover | grep -q '^State.stopped at a record'
}

@test "values kept with a flag are yellow, on a sheet of their own" {
	stream 1=1 2=x 3=y/々
	printf '%s\n' "$HEAD" 件名,件名,number,,keep,yes \
	    家族.氏名,家族.氏名,number,,, 件.x,家族.氏名,text,,, >r.csv
	seki-normalize -q --rules r.csv --held h.xlsx --max-held 1 in.jsonl >out
	[ "$(sheet h.xlsx | paste -sd,)" = 'Cover,Held,Kept with a flag' ]
	# Held, and a flag beside it.
	[ "$(sheet h.xlsx Held | sed -n 2p | cut -f4-)" = $'~y\t!row 1: 々' ]
	[ "$(sheet h.xlsx 'Kept with a flag' | sed -n 2p | cut -f4)" = '~x' ]
	[ "$(sheet h.xlsx 'Kept with a flag' | wc -l)" -eq 2 ]
}

@test "no cloud: no link, but the file and the row it was read from" {
	printf '番号,額\n1,5\n2,約百\n' >a.csv
	seki-read --stream s --key 番号 a.csv >in.jsonl
	printf '%s\n' "$HEAD" 額,額,number,,, >r.csv
	seki-normalize -q --rules r.csv --max-held 1 --held h.xlsx in.jsonl >out
	[ "$(sheet h.xlsx Held | sed -n 1p)" = $'Record\t取込元\t取込行\tReasons\tRules\t額' ]
	[ "$(sheet h.xlsx Held | sed -n 2p)" = $'2\ta.csv\t3\t額: cannot be read as this kind\trow 2: 額, number\t!約百' ]
}

@test "what a lookup table does not know is in the workbook, in red" {
	stream 1=北 2=南
	printf '変換前,変換後\n北,N\n' >l.csv
	printf '%s,lookup,on-miss\n' "$HEAD" >r.csv
	printf '%s\n' 件名,件名,text,,keep,,l.csv,hold >>r.csv
	seki-normalize -q --rules r.csv --max-held 1 --held h.xlsx in.jsonl >out
	[ "$(sheet h.xlsx Held | sed -n 2p | cut -f2-)" = $'件名: the lookup table does not have it\trow 2: 件名, lookup\t!南' ]
}

@test "what spreadsheets run or spoil stays text" {
	stream '2==1+1' 3=_x0041_ 4=@x
	printf '%s\n' "$HEAD" 件名,件名,number,,, >r.csv
	seki-normalize -q --rules r.csv --max-held 3 --held h.xlsx in.jsonl >out
	[ "$(sheet h.xlsx Held | sed 1d | cut -f4 | paste -sd,)" = \
	    '!=1+1,!_x005F_x0041_,!@x' ]
	run unzip -p h.xlsx 'xl/worksheets/*.xml'
	[[ "$output" != *'<f>'* ]]
}

@test "nothing held: an empty workbook, so that none of yesterday stays" {
	stream 1=1
	printf '%s\n' "$HEAD" 件名,件名,number,,, >r.csv
	seki-normalize -q --rules r.csv --held h.xlsx --characters c.csv \
	    in.jsonl >out
	[ "$(sheet h.xlsx Held | wc -l)" -eq 1 ]
	[ "$(wc -l <c.csv)" -eq 1 ]
	# What is there is never written over.
	run seki-normalize -q --rules r.csv --held h.xlsx in.jsonl
	[ "$status" -ne 0 ]
	[[ "$output" == *h.xlsx* && "$output" != *'"STATE"'* ]]
}

@test "no workbook of a stream that is cut, nor of a wrong call" {
	names
	printf '%s\n' "$HEAD" 件名,件名,cp932,,, >r.csv
	head -3 in.jsonl >cut.jsonl
	run seki-normalize --rules r.csv --max-held 9 --held h.xlsx \
	    --characters c.xlsx cut.jsonl
	[ "$status" -eq 65 ]
	[ ! -e h.xlsx ] && [ ! -e c.xlsx ]
	[ -z "$(find . -name '.*' -type f)" ]
	for args in '--held h.csv' '--held h' '--characters c.txt' \
	    '--held .xlsx' '--check --held h.xlsx' \
	    '--check --characters c.xlsx' ; do
		run seki-normalize --rules r.csv $args in.jsonl
		[ "$status" -eq 64 ] || { echo "$args: $output"; false; }
	done
	for args in '--held h.xlsx' '--fold f' '--gaiji f' '--fallbacks f'; do
		run seki-normalize --init $args in.jsonl
		[ "$status" -eq 64 ] || { echo "$args: $output"; false; }
	done
	[ ! -e h.xlsx ]
}

@test "the report on characters names each, where, how often, and candidates" {
	names
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes \
	    家族.氏名,家族.氏名,jisx0208,,, >r.csv
	seki-normalize -q --rules r.csv --max-held 9 --characters c.csv \
	    --fold "$TOP/tests/data/fold.csv" in.jsonl >out
	[ "$(stat -c %a c.csv)" = 600 ]
	python3 - <<'END'
import csv
rows = list(csv.reader(open("c.csv", encoding="utf-8-sig", newline="")))
assert rows[0] == ["character", "code points", "name", "class", "gate",
                   "fields", "count", "records", "candidates", "fallback",
                   "replaced", "note"], rows[0]
got = {(r[4], r[1]): r for r in rows[1:]}
assert len(got) == len(rows) - 1 == 7, rows
yoshi = got["jisx0208", "U+20BB7"]
assert yoshi[0] == "𠮷" and yoshi[2] == "CJK UNIFIED IDEOGRAPH-20BB7"
assert yoshi[3:11] == ["NG", "jisx0208", "家族.氏名", "2", "3", "吉", "", "0"]
assert got["cp932", "U+20BB7"][5:9] == ["件名", "1", "2", "吉"]
assert got["cp932", "U+301C"][3] == "FOLD"
assert got["cp932", "U+301C"][8] == "～"
assert got["cp932", "U+304B U+3099"][8] == "が|か"
assert got["cp932", "U+845B U+E0100"][8] == "葛"
assert got["cp932", "U+E000"][3] == "PUA" and got["cp932", "U+E000"][8] == ""
assert got["cp932", "U+525D"][8] == "剥"
END
	seki-normalize -q --rules r.csv --max-held 9 --characters c.xlsx \
	    in.jsonl >out
	[ "$(sheet c.xlsx | paste -sd,)" = Cover,characters,Places ]
	sheet c.xlsx Places >places
	[ "$(sed -n 2p places)" = $'2<https://example.cybozu.com/k/7/show#record=2>\t件名\t\t~𠮷\tNG\tcp932\tU+20BB7' ]
	grep -q $'^3<.*>\t家族.氏名\t3\t~𠮷\tNG\tjisx0208\tU+20BB7$' places
	[ "$(wc -l <places)" -eq 9 ]
	seki-normalize -q --lang ja --rules r.csv --max-held 9 \
	    --characters j.xlsx in.jsonl >out
	[ "$(sheet j.xlsx | paste -sd,)" = 表紙,文字,箇所 ]
	[ "$(sheet j.xlsx 文字 | sed -n 1p | cut -f1,2,10)" = $'文字\t符号位置\t代替' ]
	# A report never changes what comes out.
	seki-normalize -q --rules r.csv --max-held 9 in.jsonl | cmp - out
}

# choose FILE [POINTS TEXT]…: the first candidate, or what is said, becomes the
# fallback of each row of c.csv.
choose() {
	python3 - "$@" <<'END'
import csv, sys
rows = list(csv.reader(open("c.csv", encoding="utf-8-sig", newline="")))
said = dict(zip(sys.argv[2::2], sys.argv[3::2]))
for r in rows[1:]:
    r[9] = said.get(r[1], r[8].split("|")[0])
csv.writer(open(sys.argv[1], "w", encoding="utf-8", newline="")).writerows(rows)
END
}

@test "chosen fallbacks: recorded, bound to the digest, and reversible" {
	names
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes \
	    家族.氏名,家族.氏名,jisx0208,,,yes >r.csv
	seki-normalize -q --rules r.csv --max-held 9 --characters c.csv \
	    --fold "$TOP/tests/data/fold.csv" in.jsonl >out
	choose f.csv U+E000 '(土)'
	seki-normalize --rules r.csv --fallbacks f.csv --characters after.csv \
	    -o out.jsonl in.jsonl 2>err
	grep -q '7 values were given other characters' err
	[ "$(records out.jsonl | jq -r '.["件名"]' | paste -sd,)" = \
	    高橋,吉野～,葛城,'(土)田',が,剥 ]
	[ "$(records out.jsonl | jq -r '.["家族"][]["氏名"]' | paste -sd,)" = 山吉,田,吉 ]
	# Every original comes back, to the byte.
	diff <(records in.jsonl | jq -c '[.["件名"], [.["家族"][]["氏名"]]]') \
	    <(records out.jsonl | jq -c '[.["件名_原値"], [.["家族"][]["氏名_原値"]]]')
	# Every value that came out passes its gate, and has no question mark.
	records out.jsonl | jq -r '.["件名"], .["家族"][]["氏名"]' |
	    iconv -f UTF-8 -t CP932 >cp932
	! grep -aq '?' cp932 || false
	! records out.jsonl | jq -r '.["件名"]' | grep -q '[?？]' || false
	# Counted for each character.
	python3 - <<'END'
import csv
rows = list(csv.reader(open("after.csv", encoding="utf-8-sig", newline="")))
got = {(r[4], r[1]): (r[6], r[9], r[10]) for r in rows[1:]}
assert got["jisx0208", "U+20BB7"] == ("2", "吉", "2"), got
assert got["cp932", "U+E000"] == ("1", "(土)", "1"), got
END
	# The table is part of what the digest says.
	want=$(printf 'seki-rules-2\n%s\n%s  @fallbacks\n' \
	    "$(sha256sum <r.csv | cut -c1-64)" \
	    "$(sha256sum <f.csv | cut -c1-64)" | sha256sum | cut -c1-64)
	[ "$(tail -1 out.jsonl | jq -r .value.complete.rules)" = "$want" ]
	seki-normalize -q --rules r.csv --fallbacks f.csv --json --check \
	    in.jsonl | jq -e --arg w "$want" '.rules == $w'
	# The report of this run serves as the next table; nothing else changes.
	seki-normalize -q --rules r.csv --fallbacks after.csv in.jsonl >again
	diff <(records out.jsonl) <(records again)
}

@test "a filled-in workbook does what its CSV does" {
	names
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes >r.csv
	seki-normalize -q --rules r.csv --max-held 9 --characters c.csv \
	    in.jsonl >out
	choose f.csv U+20BB7 吉 U+E000 土
	seki-normalize -q --rules r.csv --fallbacks f.csv --characters f.xlsx \
	    in.jsonl >one
	seki-normalize -q --rules r.csv --fallbacks f.xlsx in.jsonl >two
	diff <(records one) <(records two)
	[ "$(tail -1 two | jq .value.complete.held)" = 0 ]
}

@test "without the original beside it nothing is replaced, and that is said" {
	stream 1=𠮷野
	printf '%s\n' "$HEAD" 件名,件名,cp932,,, >r.csv
	printf '文字,代替\n𠮷,吉\n' >f.csv
	seki-normalize --rules r.csv --fallbacks f.csv --max-held 1 in.jsonl \
	    >out 2>err
	[ "$(jq -r 'select(.type == "HELD").reasons[0].code' out)" = charset ]
	grep -q '1 values wait although there is a fallback: the row of 件名' err
	# Kept with a flag it stays as it came.
	printf '%s\n' "$HEAD" 件名,件名,cp932,,keep, >r.csv
	seki-normalize -q --rules r.csv --fallbacks f.csv in.jsonl >out
	[ "$(records out | jq -c '[.["件名"], .["件名_不備"]]')" = '["𠮷野","charset"]' ]
}

@test "not all of it replaced: held as it came" {
	stream 1=𠮷野♡
	printf '%s\n' "$HEAD" 件名,件名,cp932,,keep,yes >r.csv
	printf '文字,代替\n𠮷,吉\n' >f.csv
	seki-normalize -q --rules r.csv --fallbacks f.csv --characters c.csv \
	    in.jsonl >out
	[ "$(records out | jq -c '[.["件名"], .["件名_原値"], .["件名_不備"]]')" = \
	    '["𠮷野♡","𠮷野♡","charset"]' ]
	grep -q $'U+20BB7.*,吉,0,' c.csv
}

@test "a fallback that fails its gate, or is a question mark, is refused: 78" {
	stream 1=𠮷
	printf '%s\n' "$HEAD" 件名,件名,jisx0208,,,yes >r.csv
	for to in 髙 ? ？ 𠮷x 〜 ''$'\uFFFD'; do
		printf '文字,代替\n𠮷,%s\n' "$to" >f.csv
		run seki-normalize --rules r.csv --fallbacks f.csv in.jsonl
		[ "$status" -eq 78 ] || { echo "$to: $status $output"; false; }
		[[ "$output" == *"f.csv: config: row 2, column 代替: "* ]]
		run seki-normalize --rules r.csv --fallbacks f.csv --check in.jsonl
		[ "$status" -eq 78 ]
	done
	printf '文字\n𠮷\n' >f.csv
	run seki-normalize --rules r.csv --fallbacks f.csv in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"f.csv: rules: "* ]]
	run seki-normalize --rules r.csv --fallbacks none.csv in.jsonl
	[ "$status" -eq 74 ]
	[[ "$output" == *none.csv* ]]
}

@test "the city's own characters: named, and replaced where the set has the word" {
	stream $'1=\uE000田' $'2=\uE001田' $'3=\uE002田'
	printf '外字,代替,MJ文字図形名,名称\nU+E000,吉,MJ000002,つちよし\nU+E001,𠮷,,\nU+E002,,MJ000003,\n' >g.csv
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes >r.csv
	seki-normalize --rules r.csv --gaiji g.csv --max-held 2 \
	    --characters c.csv in.jsonl >out 2>err
	[ "$(records out | jq -c '[.["件名"], .["件名_原値"]]')" = $'["吉田","\uE000田"]' ]
	[ "$(jq -r 'select(.type == "HELD").key' out | paste -sd,)" = 2,3 ]
	grep -q $'U+E000.*,吉,,1,つちよし MJ000002' c.csv
	grep -q $'U+E002.*,,,0,MJ000003' c.csv
	want=$(printf 'seki-rules-2\n%s\n%s  @gaiji\n' \
	    "$(sha256sum <r.csv | cut -c1-64)" \
	    "$(sha256sum <g.csv | cut -c1-64)" | sha256sum | cut -c1-64)
	[ "$(tail -1 out | jq -r .value.complete.rules)" = "$want" ]
	# What people chose goes before the city's word.
	printf '符号位置,代替\nU+E000,土\nU+E001,土\n' >f.csv
	seki-normalize -q --rules r.csv --gaiji g.csv --fallbacks f.csv \
	    --max-held 2 in.jsonl >out
	[ "$(records out | jq -r '.["件名"]' | paste -sd,)" = 土田,土田 ]
	# All three tables in one digest.
	cp "$TOP/tests/data/fold.csv" .
	want=$(printf 'seki-rules-2\n%s\n%s  @fallbacks\n%s  @fold\n%s  @gaiji\n' \
	    $(for f in r f fold g; do sha256sum <$f.csv | cut -c1-64; done) |
	    sha256sum | cut -c1-64)
	seki-normalize -q --rules r.csv --gaiji g.csv --fallbacks f.csv \
	    --fold fold.csv --max-held 2 in.jsonl >out
	[ "$(tail -1 out | jq -r .value.complete.rules)" = "$want" ]
	printf '外字,代替\n髙,高\n' >g.csv
	run seki-normalize --rules r.csv --gaiji g.csv in.jsonl
	[ "$status" -eq 78 ]
	[[ "$output" == *"g.csv: rules: row 2, column 外字"* ]]
}

@test "--json counts what was replaced" {
	stream 1=𠮷 2=𠮷𠮷 3=a
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes >r.csv
	printf '文字,代替\n𠮷,吉\n' >f.csv
	seki-normalize -q --json --rules r.csv --fallbacks f.csv in.jsonl \
	    2>err >out
	jq -e '.replaced == 2 and .held == 0' err
}

@test "filled in and saved by another program the table is still one" {
	command -v soffice >/dev/null || skip "no LibreOffice"
	stream $'1=𠮷野\U000E0100' $'2=\uE000'
	printf '%s\n' "$HEAD" 件名,件名,cp932,,,yes >r.csv
	printf '符号位置,代替\nU+20BB7,吉\nU+91CE U+E0100,野\nU+E000,土\n' >f.csv
	seki-normalize -q --rules r.csv --fallbacks f.csv --characters c.xlsx \
	    in.jsonl >one
	timeout -k 5 120 soffice -env:UserInstallation=file://"$PWD"/lo \
	    --headless --convert-to ods c.xlsx >/dev/null 2>&1
	timeout -k 5 120 soffice -env:UserInstallation=file://"$PWD"/lo \
	    --headless --convert-to xlsx:"Calc MS Excel 2007 XML" c.ods \
	    --outdir saved >/dev/null 2>&1
	seki-normalize -q --rules r.csv --fallbacks saved/c.xlsx in.jsonl >two
	[ "$(records two | jq -r '.["件名"]' | paste -sd,)" = 吉野,土 ]
	diff <(records one) <(records two)
}
