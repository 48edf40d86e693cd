#!/usr/bin/env bats
# What must not cross: numbers, fields, attachments; in the pipe and in a pack.
load helper

# A check digit that is right, of a number that nobody has.
NUMBER=123456789018

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# stream ROW...: 番号,個人番号,備考,電話 as a record stream, into in.jsonl.
stream() {
	{
		echo 番号,個人番号,備考,電話
		printf '%s\n' "$@"
	} >in.csv
	rm -f in.jsonl
	seki-read -q --stream s --key 番号 in.csv -o in.jsonl
}

# scan OPTION...: in.jsonl, its findings into found, a line each.
scan() {
	rm -f out.jsonl
	run --separate-stderr seki-scan --json "$@" -o out.jsonl in.jsonl
	echo "$stderr" >said
	jq -r 'select(.level) | "\(.record) \(.field) \(.level):\(.what) \(.why)"' \
	    said | sed 's/ $//' >found
}

pack() {
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 "$@"
}

field() {
	unzip -p "$1" manifest.json | jq -r "$2"
}

@test "every kind of attachment: what is in it, and what it calls itself" {
	python3 "$TOP/tests/mkhostile.py" spool >in.jsonl
	rc=0
	seki-scan --json --attachments spool in.jsonl >out.jsonl 2>said || rc=$?
	[ "$rc" -eq 1 ]
	jq -r 'select(.level) | "\(.record) \(.level):\(.what)"' said |
	    sort -u >found
	awk 'NR == FNR { got[$1] = got[$1] " " $2; next }
	    { id = $1; $1 = ""; sub(/ $/, "")
	      if (got[id] != $0) { print id ":" got[id] " instead of" $0
	          bad = 1 } }
	    END { exit bad }' found spool.want
	[ "$(wc -l <spool.want)" -ge 80 ]
	# Again, and each as if it were alone: nothing is remembered wrongly.
	seki-scan --json --attachments spool in.jsonl 2>said2 >/dev/null || :
	cmp said said2
	# Without the folder names alone are looked at, and that is said.
	run --separate-stderr seki-scan in.jsonl
	[[ "$stderr" == *"$(wc -l <spool.want) attachments were not looked into"* ]]
}

@test "numbers by label, field and check digit; none of them is shown" {
	stream "1,$NUMBER,," '2,123456789019,,' '3,未提出,,' \
	    "4,,マイナンバー １２３４－５６７８－９０１８,03-1234-5678" \
	    "5,,注文番号 $NUMBER,090-1234-5678" "6,,$NUMBER," \
	    '7,,202604011231,' '8,,住民票コード 12345678903,' \
	    '9,,カード番号 4111 1111 1111 1111,' '10,,=1+1,' '11,1234567890,,'
	scan --report list.xlsx
	[ "$status" -eq 1 ]
	diff - found <<-EOF
	1 個人番号 found:mynumber field,check-digit
	2 個人番号 suspect:mynumber field,bad-check-digit
	4 備考 found:mynumber label,check-digit,groups
	6 備考 low:mynumber check-digit
	8 備考 found:juminhyo label,check-digit
	9 備考 found:card label,check-digit,groups
	10 備考 note:formula
	11 個人番号 suspect:mynumber field,length
	EOF
	tail -1 said | jq -e '.reason == "forbidden" and .found == 4 and
	    .suspect == 2 and .low == 1 and .note == 1 and .records == 11 and
	    .result == "found"'
	[ ! -e out.jsonl ]
	# Neither messages nor reports have any part of a number.
	run --separate-stderr seki-scan -v --report list.csv in.jsonl
	[ "$status" -eq 1 ]
	unzip -p list.xlsx >parts
	echo "$stderr" >>said
	! grep -aE '1234.?5678|5678.?9018|4111|１２３４' said list.csv parts || false
	[[ "$stderr" == *"record 1: field 個人番号: found: a My Number (the \
field is called so; the check digit is right)"* ]]
	# The worst comes first.
	[ "$(sed 1d list.csv | cut -d, -f1 | uniq | tr "\n" " ")" = \
	    "found suspected to be looked at for information " ] ||
	    { cat list.csv; false; }
	grep -q 要 parts || grep -q 持出検査の結果 parts
	# What went out has no proof: nobody takes it.
	run --separate-stderr bash -c "seki-scan in.jsonl 2>/dev/null |
	    seki-show -"
	[ "$status" -eq 65 ]
}

@test "what only has to be looked at passes, byte for byte" {
	stream "1,,$NUMBER," '2,,=1+1,x'
	run --separate-stderr seki-scan -o out.jsonl in.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"2 records: mynumber: low 1; formula: note 1"* ]]
	cmp in.jsonl out.jsonl
	seki-scan -q <in.jsonl | cmp - in.jsonl
	stream '1,,x,'
	run --separate-stderr seki-scan in.jsonl
	[[ "$stderr" == *"1 records: nothing was found"* ]]
	# Longer than what is read at once, and ended just there.
	python3 - <<-'EOF' >in.csv
	print("番号,備考")
	for i in range(1, 3000):
	    print("%d,%s" % (i, "あ" * (i % 97)))
	EOF
	rm in.jsonl
	seki-read -q --stream s --key 番号 in.csv -o in.jsonl
	for n in 4096 65536 1000; do
		dd bs=$n <in.jsonl 2>/dev/null | seki-scan -q | cmp - in.jsonl
	done
}

@test "forbidden fields, by code, label and table, and by seki.conf" {
	python3 "$TOP/tests/mkstream.py" -l 題名 1=x/花子 2=/ 3=y >in.jsonl
	scan --forbid 件名
	[ "$status" -eq 1 ]
	diff - found <<-EOF
	1 件名 found:field
	3 件名 found:field
	EOF
	scan --forbid 題名
	[ "$(wc -l <found)" -eq 2 ]
	scan --forbid 家族.氏名
	[ "$(cat found)" = "1 氏名 found:field" ]
	[ "$(jq -c 'select(.level) | [.table, .row]' said)" = '["家族",1]' ]
	printf '[scan]\nforbid = 家族,版\n' >seki.conf
	scan -c seki.conf
	[ "$(cut -d' ' -f1,2 found | tr '\n' ,)" = \
	    '1 $revision,1 家族,2 $revision,2 家族,3 $revision,' ]
	# A slip is not silent.
	run --separate-stderr seki-scan --forbid 件明 in.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"no field 件明"* ]]
	scan --forbid "$(seq -s, 256)"
	[ "$status" -eq 0 ]
	scan --forbid "$(seq -s, 257)"
	[ "$status" -eq 65 ]
	tail -1 said | jq -e '.reason == "limit"'
}

@test "rows of tables; keys, also of held and deleted records, are not shown" {
	python3 "$TOP/tests/mkstream.py" -l 件名 \
	    "1=x/甲/マイナンバー$NUMBER" >in.jsonl
	scan
	diff - found <<-EOF
	1 氏名 found:mynumber label,check-digit
	EOF
	[ "$(jq -c 'select(.level) | [.row, .nth]' said)" = '[2,1]' ]
	{
		echo マイナンバー,備考
		echo "$NUMBER,x"
		echo 111111111118,電話
	} >in.csv
	rm in.jsonl
	seki-read -q --stream s --key マイナンバー in.csv -o in.jsonl
	scan --report list.csv
	[ "$status" -eq 1 ]
	# The reader makes it the record's own id, too.
	[ "$(cut -d' ' -f2- found | sort | uniq -c | tr -s ' ')" = \
" 2 \$id low:mynumber check-digit
 2 マイナンバー found:mynumber field,check-digit" ]
	[ "$(jq -r 'select(.level) | .record' said | uniq)" = "" ]
	! grep -qE '9018|1118' said list.csv || false
	# A held record has nothing but its key.
	python3 "$TOP/tests/mkstream.py" 1=x "$NUMBER!empty" >in.jsonl
	scan
	[ "$status" -eq 0 ]
	[ "$(cat found)" = ' $id low:mynumber check-digit' ]
}

@test "a form's own words; a cut stream; operands and options" {
	python3 "$TOP/tests/mkstream.py" -l "個人番号$NUMBER" 1=x >in.jsonl
	scan
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.level) | [.nth, .label]' said | uniq)" = '[0,""]' ]
	sed '$d' in.jsonl >cut.jsonl
	run --separate-stderr seki-scan cut.jsonl
	[ "$status" -eq 65 ]
	run --separate-stderr seki-scan --report list.txt in.jsonl
	[ "$status" -eq 64 ]
	echo x >list.csv
	run --separate-stderr seki-scan --report list.csv in.jsonl
	[ "$status" -eq 74 ]
	[ "$(cat list.csv)" = x ]
	run --separate-stderr seki-scan --attachments none.d in.jsonl
	[ "$status" -ne 0 ]
	[[ "$stderr" == *none.d* ]]
}

@test "an attachment that is not in the folder" {
	python3 "$TOP/tests/mkhostile.py" spool >in.jsonl
	rm "spool/$(grep -o '"sha256":"[^"]*' in.jsonl | head -1 | cut -c11-)"
	run --separate-stderr seki-scan --attachments spool in.jsonl
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"record 1: field 添付"*"Pull the stream again"* ]]
}

@test "seki-pack refuses, and lets a named person decide" {
	two_sides
	stream "1,$NUMBER,," '2,,x,'
	run --separate-stderr pack -o b.zip <in.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record 1: field 個人番号: found: a My Number"* ]]
	[[ "$stderr" == *"b.zip: forbidden: "*"--scan-override REASON --by ID"* ]]
	! [[ "$stderr" == *9018* ]] || false
	[ ! -e b.zip ]
	[ -z "$(seki-pack --state sent --list)" ]
	[ "$(sqlite3 sent/state.db "SELECT json_extract(entry, '\$.reason')
	    FROM seki_ledger ORDER BY n DESC LIMIT 1")" = forbidden ]
	# Both or none; a person, neither host nor sealed key nor slip; a line.
	for bad in "--scan-override 急ぎ" "--by p-0001" \
	    "--scan-override 急ぎ --by inet-1" \
	    "--scan-override 急ぎ --by safe-1" \
	    "--scan-override 急ぎ --by p-0002"; do
		run --separate-stderr pack -o b.zip $bad <in.jsonl
		[ "$status" -eq 64 ]
	done
	run --separate-stderr pack -o b.zip --scan-override "" --by p-0001 \
	    <in.jsonl
	[ "$status" -eq 64 ]
	run --separate-stderr pack -o b.zip --by p-0001 --scan-override \
	    "$(printf 'x%.0s' $(seq 513))" <in.jsonl
	[ "$status" -eq 64 ]
	run --separate-stderr pack --json -o b.zip \
	    --scan-override "本人同意、番号法別表" --by p-0001 <in.jsonl
	[ "$status" -eq 0 ]
	echo "$stderr" | tail -1 | jq -e '.scan == "found" and
	    .scan_overridden and .scan_met == "mynumber: found 1"'
	[ "$(field b.zip '.scan|[.result,.override.by,.override.reason]|
	    join("/")')" = "found/p-0001/本人同意、番号法別表" ]
	[ "$(field b.zip .notes.scan)" = "mynumber: found 1" ]
	# Who imports it sees it: in words, on the cover, and it verifies.
	seki-show b.zip >shown
	grep -q 'scan.*found' shown
	grep -q '本人同意、番号法別表' shown
	unzip -p b.zip view/records.xlsx >b.xlsx
	unzip -p b.xlsx >parts
	grep -q 該当あり parts
	grep -q '持出の判断 p-0001: 本人同意、番号法別表' parts
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	[ "$(sqlite3 town.db "SELECT json_extract(entry, '\$.scan_by') || ' ' ||
	    json_extract(entry, '\$.scan_reason') FROM seki_ledger
	    WHERE json_extract(entry, '\$.kind') = 'import'")" = \
	    "p-0001 本人同意、番号法別表" ]
}

@test "a clear bundle says so; an override that nothing needed is not kept" {
	two_sides
	stream "1,,x $NUMBER," '2,,x,'
	run --separate-stderr pack -o b.zip --scan-override 念のため \
	    --by p-0001 <in.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"b.zip: the scan: a My Number: to be looked at 1"* ]]
	[ "$(field b.zip '.scan|[.result,.override.by,.override.reason]|
	    join("/")')" = clear// ]
	[ "$(field b.zip .notes.scan)" = "mynumber: low 1" ]
	unzip -p b.zip view/records.xlsx >b.xlsx
	unzip -p b.xlsx >parts
	grep -q 問題なし parts
	seki-verify -q --trust trust --audience lgwan-1 b.zip
	# The same words of seki.conf, and the option, forbid fields here, too.
	printf '[scan]\nforbid = 備考\n' >seki.conf
	run --separate-stderr pack -c seki.conf -o c.zip <in.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record 1: field 備考: found: a value in a forbidden"* ]]
	run --separate-stderr pack --forbid 電話 -o c.zip <in.jsonl
	[ "$status" -eq 0 ]
}

@test "attachments are looked into before they are packed" {
	two_sides
	python3 "$TOP/tests/mkhostile.py" spool >in.jsonl
	run --separate-stderr pack --attachments spool -o b.zip <in.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *forbidden* ]]
	[[ "$stderr" == *"more are not named here"* ]]
	[ ! -e b.zip ]
	pack -q --attachments spool -o b.zip --scan-override 検体 \
	    --by p-0001 <in.jsonl >/dev/null
	[ "$(field b.zip .scan.result)" = found ]
	seki-verify -q --trust trust --audience lgwan-1 b.zip
}

@test "a My Number is found however its digits are spread" {
	n=$NUMBER
	stream "1,,個人番号 1 2 3 4 5 6 7 8 9 0 1 8," \
	    "2,,\"個人番号
1234
5678
9018\"," "3,,個人番号 1234・5678・9018," "4,,個人番号：1234 - 5678 - 9018," \
	    "5,,個人番号 123456 789018," "6,,マイナンバー 123/456/789/018," \
	    "7,,\"{\"\"個人番号\"\":[\"\"1234\"\",\"\"5678\"\",\"\"9018\"\"]}\"," \
	    "8,,MyNo. $n," "9,,1 2 3 4 5 6 7 8 9 0 1 8," \
	    "10,,個人番号 1 2 3 4 5 6 7 8 9 0 1 8 0," \
	    "11,,個人番号（電話で確認）：$n," "12,,個人番号 12/34/56 78:90:18,"
	scan
	[ "$status" -eq 1 ]
	run awk '$3 ~ /^found:mynumber/ { print $1 }' found
	[ "$(echo $output)" = "1 2 3 4 5 6 7 8 11" ]
	[ "$(grep -c '^9 \|^10 \|^12 ' found)" -eq 0 ]
}

@test "what a stream carries beside its records is looked at" {
	n=$NUMBER
	stream "1,,a,"
	TOP="$TOP" python3 - "$n" <<-'EOF'
	import json, subprocess, os, sys
	top = os.environ["TOP"]
	lab = "個人番号" + sys.argv[1]
	lines = [json.loads(x) for x in open("in.jsonl", encoding="utf-8")]
	held = {"type": "HELD", "stream": "s", "key": "2", "reasons": [
	    {"field": "備考", "code": "charset", "rule": "cp932"}]}
	def write(name, lines, change=None):
	    text = "".join(json.dumps(x, ensure_ascii=False) + "\n"
	                   for x in lines)
	    out = subprocess.run([sys.executable, top + "/tests/judge_root.py",
	        "--complete"], input=text.encode(), stdout=subprocess.PIPE,
	        check=True).stdout.decode().splitlines()
	    state = json.loads(out[-1])
	    if change:
	        change(state["value"])
	    out[-1] = json.dumps(state)
	    open(name, "w", encoding="utf-8").write("\n".join(out) + "\n")
	body = [lines[0], lines[1]]
	write("clear.jsonl", body + [held])
	for key in ("field", "code", "rule", "other"):
	    write("held-%s.jsonl" % key, body + [dict(held, reasons=[
	        dict(held["reasons"][0], **{key: lab})])])
	write("held-list.jsonl", body + [dict(held, reasons=[
	    dict(held["reasons"][0], characters=[{"x": lab}])])])
	head = json.loads(json.dumps(lines[0]))
	head["schema"]["x-seki"]["source"]["files"][0]["name"] = lab + ".csv"
	write("head-file.jsonl", [head, lines[1]])
	write("state-mark.jsonl", body, lambda v: v["bookmarks"].update(x=lab))
	write("state-key.jsonl", body, lambda v: v["bookmarks"].update(
	    {"個人番号": int(sys.argv[1])}))
	EOF
	seki-scan clear.jsonl >/dev/null
	for f in held-*.jsonl head-*.jsonl state-*.jsonl; do
		run --separate-stderr seki-scan "$f"
		[ "$status" -eq 1 ] || { echo "$f"; false; }
		[[ "$stderr" == *"My Number"* ]]
		[[ "$stderr" != *"$n"* ]]
		! grep -q STATE <<<"$output" || false
	done
	run --separate-stderr seki-scan state-mark.jsonl
	[[ "$stderr" == *"beside its records"* ]]
	two_sides
	for f in held-rule.jsonl head-file.jsonl state-mark.jsonl; do
		run --separate-stderr pack -o b.zip "$f"
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"forbidden"* ]]
		[ ! -e b.zip ]
	done
}

@test "an override needs words, and no number stands in what people say" {
	stream "1,$NUMBER,,"
	two_sides
	run --separate-stderr pack -o b.zip --scan-override ' ' --by p-0001 in.jsonl
	[ "$status" -eq 64 ]
	run --separate-stderr pack -o b.zip --by p-0001 \
	    --scan-override "個人番号 $NUMBER" in.jsonl
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--scan-override: the number of a person"* ]]
	[[ "$stderr" != *"$NUMBER"* ]]
	stream "1,,a,"
	run --separate-stderr pack -o b.zip --title "個人番号 $NUMBER" in.jsonl
	[ "$status" -eq 64 ]
	[ ! -e b.zip ]
}
