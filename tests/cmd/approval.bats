# Recorded approval: a printed page with a check code goes through the town's
# own papers, and what crosses is what was on it, or nothing.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	two_sides
	"$TOP/tests/mkstream.py" 1=山田太郎 2=b/x/y '3!name_kanji' >s.jsonl
	TITLE=相談記録
}

teardown() {
	stop_all
}

# seal OPTION...: what page and bundle have in common.
seal() {
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --title "$TITLE" --purpose 月次の引継ぎ \
	    --class 機密性2 --period 2026年10月 "$@"
}

# page NAME [OPTION...]: the page of s.jsonl; its code in $CODE.
page() {
	local name=$1
	shift
	seal --json --approval-page "$name" "$@" s.jsonl >page.out 2>page.err ||
		{ cat page.err; return 1; }
	[ ! -s page.out ]
	CODE=$(tail -1 page.err | jq -r .approval_code)
	[[ $CODE =~ ^[0-9]{5}-[0-9]{5}-[0-9]{5}-[0-9]{5}$ ]]
}

approved() {
	run --separate-stderr seal --approved "$@"
}

verify() {
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 "$@"
}

# refused STATUS REASON TEXT: no bundle, no page; CODE is told to nobody.
refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "*"$3"* ]] || { echo "$stderr"; false; }
	[[ $stderr == *"next: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
	[ -z "$CODE" ] || [[ $stderr != *$CODE* ]]
	[ ! -e b.zip ]
	[ -z "$(find . -name '*.tmp' -o -name '*.XXXXXX*')" ]
}

field() {
	unzip -p "$1" manifest.json | jq -r "$2"
}

text() {
	python3 "$TOP/tests/booktext.py" "$1" "$2"
}

cover() {
	unzip -p "$1" view/records.xlsx >view.xlsx
	text view.xlsx 送付票
}

ledger() {
	sqlite3 "$1" 'SELECT entry FROM seki_ledger ORDER BY n DESC LIMIT 1'
}

@test "page, approval, bundle, verify, import: the ledgers say by whom" {
	page p.xlsx
	approved "8福第12号:福祉課長 佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(field b.zip '.approval|[.kind,.number,.code]|join(" ")')" = \
	    "recorded 8福第12号 $CODE" ]
	[ "$(field b.zip .notes.approver)" = "福祉課長 佐藤" ]
	[ "$(ledger sent/state.db | jq -r '[.kind,.approval,.approval_kind,
	    .approval_number,.approval_code,.approver]|join(" ")')" = "pack \
記録承認（電子署名なし） recorded 8福第12号 $CODE 福祉課長 佐藤" ]
	cover b.zip >text
	grep -q $'^承認\t記録承認（電子署名なし）' text
	grep -q $'^\t番号 8福第12号' text
	grep -q $'^\t承認者 福祉課長 佐藤' text
	grep -q $'^\t照合符号 '"$CODE" text
	! grep -q '備考' text || false
	python3 "$TOP/tests/judge_bundle.py" b.zip trust >/dev/null
	verify b.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"b.zip: recorded approval (no electronic signature): number 8福第12号, by 福祉課長 佐藤"* ]]
	[[ $stderr == *"one-person operation (no approver's signature)"* ]]
	[[ $stderr != *"(no approval)"* ]]
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store town.db b.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"recorded approval (no electronic signature): number 8福第12号"* ]]
	[ "$(ledger town.db | jq -r '[.kind,.approval,.approval_kind,
	    .approval_number,.approval_code,.approver]|join(" ")')" = "import \
記録承認（電子署名なし） recorded 8福第12号 $CODE 福祉課長 佐藤" ]
	run seki-show b.zip
	[[ $output == *"approval: recorded approval (no electronic signature)"* ]]
	[[ $output == *"approved by: 福祉課長 佐藤"* ]]
	[[ $output == *"check code: $CODE"* ]]
}

@test "in Japanese it is called what it is" {
	page p.xlsx
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	run --separate-stderr env LANGUAGE=ja seki-verify --lang ja \
	    --trust trust --audience lgwan-1 b.zip
	[[ $stderr == *"記録承認（電子署名なし）"* ]]
}

@test "the results as JSON" {
	page p.xlsx
	[ "$(jq -r '[.status,.object,.stream,.kind,.records,.held,.deletes,
	    .audience]|join(" ")' page.err)" = \
	    "0 p.xlsx soudan full 2 1 0 lgwan-1" ]
	[ "$(jq -r .root page.err)" = \
	    "$(tail -1 s.jsonl | jq -r .value.complete.root)" ]
	approved "12:佐藤:$CODE" -o b.zip --json s.jsonl
	[ "$(jq -r '[.approval,.approval_number,.approval_code,.approver]|
	    join(" ")' <<<"$stderr")" = "recorded 12 $CODE 佐藤" ]
	seki-verify --json --trust trust --audience lgwan-1 b.zip >out 2>err
	[ "$(jq -r '[.approval,.approval_number,.approval_code,.approver]|
	    join(" ")' out)" = "recorded 12 $CODE 佐藤" ]
	seki-import --json --trust trust --audience lgwan-1 --store town.db \
	    b.zip >out 2>err
	[ "$(jq -r '[.approval,.approver]|join(" ")' out)" = "recorded 佐藤" ]
	[ "$(seki-pack --json --state sent --list | jq -r .approver)" = 佐藤 ]
}

@test "what stands on the page, and that no record does" {
	page p.xlsx
	text p.xlsx 承認票 >text
	cat text
	for s in $'件名\t相談記録' $'利用目的\t月次の引継ぎ' \
	    $'情報の区分\t機密性2' $'対象期間\t2026年10月' \
	    $'送付元\t団体コード 012041　example.cybozu.com　アプリ 7' \
	    $'送付先\tlgwan-1' $'種別\t全件　（ストリーム soudan）' \
	    $'件数\tレコード 2件　保留 1件　削除 0件　添付ファイル 含まない' \
	    $'検査結果\t問題なし' $'照合符号\t'"$CODE" \
	    $'前回\tなし（このストリームを送るのは初めて）' \
	    $'起案\t決裁\t決裁番号' 件名〔文字列（1行）〕 \
	    家族／氏名〔文字列（1行）〕; do
		grep -qF "$s" text || { echo "missing: $s"; false; }
	done
	grep -q "^項目|（全5項目）" text
	grep -qF "'決裁番号:決裁者の氏名:$CODE'" text
	unzip -p p.xlsx 'xl/*' >all
	! grep -q '山田\|name_kanji' all || false
	local root
	root=$(tail -1 s.jsonl | jq -r .value.complete.root)
	grep -qF "${root:0:8} ${root:8:8}" text
	! unzip -p p.xlsx 'xl/worksheets/*.xml' | grep -q '<f>' || false
	[ "$(stat -c %a p.xlsx)" = 600 ]
}

@test "compared with the bundle before" {
	seal -o 1.zip s.jsonl >/dev/null
	cp s.jsonl old.jsonl
	"$TOP/tests/mkstream.py" 1=a 2=b '3!name_kanji' 4=d >s.jsonl
	page p.xlsx
	text p.xlsx 承認票 >text
	cat text
	grep -q $'^前回\t通番 1　.* 作成　全件　レコード 2件' text
	grep -qF 'レコード +1件（2件から3件）　保留 ±0件（1件から1件）' text
	! grep -q '注意\|前回と同じ' text || false
	cp old.jsonl s.jsonl
	page p2.xlsx --audience lgwan-2
	text p2.xlsx 承認票 >text
	grep -qF '内容は前回と同じ' text
	grep -qF '【注意】送付先が前回（lgwan-1）と違う' text
	"$TOP/tests/mkstream.py" -l 別名 1=a >s.jsonl
	page p3.xlsx
	text p3.xlsx 承認票 >text
	grep -qF '【注意】項目の構成が前回と違う' text
	grep -qF '【注意】1割を超えて減った' text
	grep -qF 'レコード −1件（2件から1件）' text
}

@test "a delta has a page; one that could not be packed has none" {
	seal -q -o 1.zip --bookmarks marks s.jsonl >/dev/null
	"$TOP/tests/mkstream.py" -b marks 1=A 2- >s.jsonl
	page p.xlsx
	text p.xlsx 承認票 >text
	cat text
	grep -q $'^種別\t差分' text
	grep -qF 'レコード 1件　保留 0件　削除 1件' text
	grep -qF '差分：件数は前回の後に変わったものだけの数' text
	approved "12:佐藤:$CODE" -o 2.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	# Its place is taken now.
	CODE=
	run --separate-stderr seal --approval-page p2.xlsx s.jsonl
	refused 1 order "other bookmarks"
	[ ! -e p2.xlsx ]
}

@test "a page leaves state and outbox as they were, and uses no number" {
	seal -o 1.zip s.jsonl >/dev/null
	sqlite3 sent/state.db .dump >before
	ls -lR --time-style=full-iso sent/outbox >>before
	page p.xlsx
	run seal --approval-page p2.xlsx "$TOP/tests/data/root/bad-cut.jsonl"
	[ "$status" -eq 65 ]
	{
		sqlite3 sent/state.db .dump
		ls -lR --time-style=full-iso sent/outbox
	} >after
	diff before after
	[ ! -e p2.xlsx ]
	[ -z "$(ls sent | grep -v '^lock$\|^outbox$\|^state.db$')" ]
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	[ "$(field b.zip .seq)" = 2 ]
}

@test "an existing page is not overwritten" {
	echo mine >p.xlsx
	run --separate-stderr seal --approval-page p.xlsx s.jsonl
	[ "$status" -eq 74 ]
	[[ $stderr == *"p.xlsx: file: "* ]]
	[ "$(cat p.xlsx)" = mine ]
}

@test "a page is refused for what a bundle would be" {
	CODE=
	while read -r status reason stream options; do
		run --separate-stderr seal --approval-page p.xlsx $options \
		    "$TOP/tests/data/root/$stream.jsonl"
		[ "$status" -eq "${status}" ]
		[[ $stderr == *": $reason: "* ]] || { echo "$stderr"; false; }
		[ ! -e p.xlsx ]
	done <<-'END'
	65 cut bad-cut
	1 content bad-changed
	1 policy every --carrier relay
	1 held held --max-held 0
	END
	"$TOP/tests/mkstream.py" '1=個人番号 123456789018' >s.jsonl
	run --separate-stderr seal --approval-page p.xlsx s.jsonl
	[ "$status" -eq 1 ]
	[[ $stderr == *": forbidden: "* ]]
	[ ! -e p.xlsx ]
	# What a person let pass stands on it and is approved with it.
	page p.xlsx --scan-override 同意あり --by p-0001
	text p.xlsx 承認票 >text
	grep -qF '該当あり|マイナンバー　該当 1件|持出の判断 p-0001: 同意あり' text
	approved "12:佐藤:$CODE" -o b.zip --by p-0001 \
	    --scan-override 別の理由 s.jsonl
	refused 1 policy "not what was approved"
	approved "12:佐藤:$CODE" -o b.zip --by p-0001 \
	    --scan-override 同意あり s.jsonl
	[ "$status" -eq 0 ]
	verify b.zip
	[ "$status" -eq 0 ]
}

@test "a stream or a text that changed after the approval is refused" {
	page p.xlsx
	cp s.jsonl good.jsonl
	"$TOP/tests/mkstream.py" 1=山田太郎 2=c/x/y '3!name_kanji' >s.jsonl
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	refused 1 policy "this stream or these texts are not what was approved"
	[ "$(ledger sent/state.db | jq -r '[.kind,.reason]|join(" ")')" = \
	    "refuse policy" ]
	cp good.jsonl s.jsonl
	TITLE=相談記録2 approved "12:佐藤:$CODE" -o b.zip s.jsonl
	refused 1 policy "not what was approved"
	TITLE=相談記録
	for option in --purpose=x --class=x --period=x --audience=lgwan-2 \
	    --test; do
		approved "12:佐藤:$CODE" -o b.zip "$option" s.jsonl
		refused 1 policy "not what was approved"
	done
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 0 ]
}

@test "a wrong digit is refused; people's spelling is not" {
	page p.xlsx
	local wrong=${CODE%?}$(((${CODE: -1} + 1) % 10)) n=0 digits
	approved "12:佐藤:$wrong" -o b.zip s.jsonl
	refused 1 policy "another one"
	for s in "${CODE%?}" "${CODE}1" "${CODE%?}x" ""; do
		approved "12:佐藤:$s" -o b.zip s.jsonl
		refused 64 usage "not 20 digits"
	done
	digits=${CODE//-/}
	for s in "$digits" "${CODE//-/ }" " $CODE " "${CODE//-/ー}" \
	    "$(sed 'y/0123456789-/０１２３４５６７８９－/' <<<"$CODE")" \
	    "${CODE//-/　}" "${CODE//-/–}"; do
		n=$((n + 1))
		approved "12:佐藤:$s" -o $n.zip s.jsonl
		[ "$status" -eq 0 ] || { echo "$s: $stderr"; false; }
		[ "$(field $n.zip .approval.code)" = "$CODE" ]
	done
}

@test "the code proves it: the page may have been made elsewhere" {
	page p.xlsx
	rm -r sent p.xlsx
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 0 ]
}

@test "hostile numbers and names" {
	page p.xlsx
	approved "12:福祉課長: 佐藤 <&\"':$CODE" -o a.zip s.jsonl
	[ "$status" -eq 0 ]
	[ "$(field a.zip .notes.approver)" = "福祉課長: 佐藤 <&\"'" ]
	verify a.zip
	[ "$status" -eq 0 ]
	approved $'12:佐\e[31m藤:'"$CODE" -o b.zip s.jsonl
	refused 64 usage "one line of text"
	approved $'1\n2:佐藤:'"$CODE" -o b.zip s.jsonl
	refused 64 usage "one line of text"
	approved "$(printf %0513d 0):佐藤:$CODE" -o b.zip s.jsonl
	refused 64 usage "512 bytes"
	approved "12:$(printf %0513d 0):$CODE" -o b.zip s.jsonl
	refused 64 usage "512 bytes"
	approved "12::$CODE" -o b.zip s.jsonl
	refused 64 usage "is missing"
	approved "12:$CODE" -o b.zip s.jsonl
	refused 64 usage "not NUMBER:NAME:CODE"
	run --separate-stderr seal --approved \
	    "12:佐藤 個人番号 123456789018:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 64 ]
	[[ $stderr == *"--approved: the number of a person must not stand here"* ]]
	[[ $stderr != *123456789018* ]]
	run --separate-stderr seal --approved \
	    "個人番号 1234 5678 9018:佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 64 ]
	[ ! -e b.zip ]
	# The longest is shown whole.
	approved "$(printf %0512d 0):佐藤:$CODE" -o c.zip s.jsonl
	[ "$status" -eq 0 ]
	verify c.zip
	[ "$status" -eq 0 ]
}

@test "options that do not go together" {
	CODE=
	for options in "--approved 1:a:1 --approval-page p.xlsx" \
	    "--approval-page p.xlsx -o b.zip" "--approval-page p.ods" \
	    "--approval-page p.xlsx --bookmarks marks" \
	    "--list --approval-page p.xlsx" \
	    "--stream soudan --resend 1 -o b.zip --approved 1:a:1" \
	    "--lint --approval-page p.xlsx"; do
		run --separate-stderr seal $options s.jsonl
		[ "$status" -eq 64 ] || { echo "$options: $stderr"; false; }
		[ ! -e p.xlsx ]
		[ ! -e b.zip ]
	done
}

@test "the same command again is the same bundle; another approval another" {
	page p.xlsx
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"no new one was made"* ]]
	# Without it, or under another number, it is another bundle.
	run --separate-stderr seal -o b.zip s.jsonl
	[ "$status" -eq 74 ]
	approved "13:佐藤:$CODE" -o b.zip s.jsonl
	[ "$status" -eq 74 ]
	approved "13:佐藤:$CODE" -o c.zip s.jsonl
	[ "$(field c.zip '[.seq,.approval.number]|join(" ")')" = "2 13" ]
	[[ $stderr == *"the same records as in bundle 1"* ]]
}

@test "what is verified is the code of what is in the bundle" {
	page p.xlsx
	approved "12:佐藤:$CODE" -o good.zip s.jsonl
	resign() {
		python3 "$TOP/tests/resign.py" good.zip inet-1.key x.zip \
		    --drop view/records.xlsx "$@"
		verify x.zip
	}
	resign --set 'audience="lgwan-1"'
	[ "$status" -eq 0 ]
	for change in title='"別の件名"' purpose='""' test=true \
	    'notes.scan="x"' 'notes={"approver":"佐藤","scan":"link: low 1"}' \
	    source.app='"8"' content.records=3; do
		resign --set "$change"
		[ "$status" -eq 1 ]
		[[ $stderr == *": policy: approval: the check code is not that of this content"* ]]
	done
	resign --set 'approval.code="'"${CODE//-/ }"'"'
	[ "$status" -eq 1 ]
	resign --set 'approval.number=""'
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: approval: recorded, and its number or who"* ]]
	resign --set 'notes={}'
	[ "$status" -eq 1 ]
	resign --set 'notes.approver="鈴木"'
	[ "$status" -eq 0 ]
	# Nothing was taken either.
	resign --set 'title="別の件名"'
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store town.db x.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: approval: "* ]]
	[ ! -e town.db ] || [ "$(sqlite3 town.db "SELECT count(*) FROM
	    seki_ledger WHERE json_extract(entry, '\$.kind') = 'import'")" -eq 0 ]
	# The other implementation agrees.
	run python3 "$TOP/tests/judge_bundle.py" x.zip trust
	[ "$status" -eq 1 ]
	[[ $output == *"approval: the code is of another content"* ]]
}

@test "a recorded approval is no approver's signature" {
	page p.xlsx
	approved "12:佐藤:$CODE" -o good.zip s.jsonl
	# The same trust file, but it asks for an approver.
	python3 - <<-'END'
	import glob, sys, os
	sys.path.insert(0, os.environ["TOP"] + "/tests")
	import judge_bundle, resign
	resign.OIDS["trust"] = {v: k for k, v in judge_bundle.OIDS.items()}[
	    "trust"]
	t = open("trust/1.json", "rb").read().replace(
	    b'"approve":0', b'"approve":1')
	open("trust/1.json", "wb").write(t)
	for old in glob.glob("trust/*.p7s"):
	    open(old, "wb").write(resign.sign("p-0001.key", "trust", t))
	END
	verify good.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": threshold: "*"0 of 1 persons signed as approve"* ]]
	CODE=
	run --separate-stderr seal --approval-page p2.xlsx s.jsonl
	refused 1 threshold "0 of 1"
	[ ! -e p2.xlsx ]
}

@test "reissued for another carrier the approval holds" {
	rm -r trust ./*.key
	seki-key init --relay --trust trust --org 012041 --host inet-1 \
	    >/dev/null
	page p.xlsx
	approved "12:佐藤:$CODE" -o b.zip s.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --stream soudan --reissue 1 --carrier relay -o r.xlsx
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	verify r.xlsx
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"recorded approval"* ]]
	# A page for the relay is the same page.
	local first=$CODE
	page p2.xlsx --carrier relay
	[ "$CODE" = "$first" ]
	approved "13:佐藤:$CODE" --carrier relay -o r2.xlsx s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	verify r2.xlsx
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
}

@test "a state from before approvals were known goes on" {
	seal -o 1.zip s.jsonl >/dev/null
	for c in approval approval_number approval_code approver parts; do
		sqlite3 sent/state.db "ALTER TABLE outbox DROP COLUMN $c"
	done
	sqlite3 sent/state.db 'PRAGMA user_version = 1'
	page p.xlsx
	approved "12:佐藤:$CODE" -o 2.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(sqlite3 sent/state.db 'SELECT approver FROM outbox ORDER BY id' |
	    tr '\n' ' ')" = " 佐藤 " ]
	[ "$(sqlite3 sent/state.db 'PRAGMA user_version')" -eq 3 ]
}

# many N: a form of so many fields with long names.
many() {
	python3 - "$1" <<-'END' | python3 "$TOP/tests/judge_root.py" --complete
	import json, sys
	fields = {"$id": ("__ID__", "")}
	for i in range(int(sys.argv[1])):
	    fields["f%d" % i] = ("MULTI_LINE_TEXT", "とても長い名前の項目" * 4 +
	                         "\n<%d>" % i)
	def prop(i, c, t, n):
	    return {"type": ["null", "string"], "x-seki": {
	        "type": t, "code": c, "label": n, "index": i}}
	print(json.dumps({"type": "SCHEMA", "stream": "soudan", "schema": {
	    "type": "object", "x-seki": {"source": {"system": "kintone",
	    "domain": "example.cybozu.com", "app": "7"}},
	    "properties": {c: prop(i, c, *v)
	                   for i, (c, v) in enumerate(fields.items())}},
	    "key_properties": ["$id"]}, ensure_ascii=False))
	print(json.dumps({"type": "RECORD", "stream": "soudan", "record": {
	    c: "1" for c in fields}}))
	END
}

@test "it prints on one page, however much there is to say" {
	command -v soffice >/dev/null || skip "no LibreOffice"
	command -v pdfinfo >/dev/null || skip "no pdfinfo"
	page few.xlsx
	local long
	long=$(printf '生活困窮者の自立支援に関する相談の記録、%.0s' 1 2 3 4 5 6 7 8)
	many 400 >s.jsonl
	TITLE=$long
	page many.xlsx --purpose "$long" --class "$long" --period "$long" --test
	text many.xlsx 承認票 >text
	grep -q '^項目|（全401項目）' text
	grep -q '、ほか [0-9]*項目' text
	for f in few many; do
		LC_ALL=C.UTF-8 soffice \
		    "-env:UserInstallation=file://$PWD/profile" --headless \
		    --convert-to pdf $f.xlsx >soffice.out 2>&1
		pdfinfo $f.pdf >info
		grep -q '^Pages: *1$' info || { cat info; false; }
		grep -q '^Page size: .*A4' info
	done
}

@test "attachments are counted, approved, and carried by either carrier" {
	rm -r trust ./*.key
	seki-key init --relay --trust trust --org 012041 --host inet-1 \
	    >/dev/null
	(umask 077 && echo token >token)
	python3 "$TOP/tests/mkattach.py" \
	    "$TOP/tests/data/record-api-samples" app
	start_cloud --token-file token --app 1 --load app/full
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream soudan --attachments spool >s.jsonl
	local n let="--by p-0001 --scan-override 試験"
	n=$(sha256sum app/full/files/* | cut -c1-64 | sort -u | wc -l)
	page p.xlsx $let --attachments spool
	text p.xlsx 承認票 >text
	grep -qF "添付ファイル ${n}個" text
	local first=$CODE
	page r.xlsx $let --attachments spool --carrier relay
	[ "$CODE" = "$first" ]
	CODE=
	run --separate-stderr seal $let --approval-page none.xlsx s.jsonl
	[ "$status" -eq 78 ]
	[ ! -e none.xlsx ]
	approved "12:佐藤:$first" $let --attachments spool -o a.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	verify a.zip
	[ "$status" -eq 0 ]
	approved "13:佐藤:$first" $let --attachments spool --carrier relay \
	    -o r.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	verify r.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
}

@test "an encrypted bundle: the code is that of what is inside" {
	seki-key recipient --host lgwan-1 -o lgwan-1.key --json >made
	seki-key add --digits "$(jq -r .digits made)" --trust trust --root-key p-0001.key \
	    --certificate lgwan-1.pem --owner lgwan-1 --role decrypt \
	    --stream '*' >/dev/null
	page p.xlsx
	grep -qF "$(tail -1 s.jsonl | jq -r .value.complete.root |
	    cut -c1-8)" <<<"$(text p.xlsx 承認票)"
	approved "12:佐藤:$CODE" -o good.zip s.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(field good.zip '.recipients|length')" = 1 ]
	run ! grep -aqF "$CODE" good.zip
	verify --key lgwan-1.key good.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"recorded approval (no electronic signature)"* ]]
	python3 "$TOP/tests/judge_bundle.py" good.zip trust lgwan-1.key >judged
	grep -q '^opened, root ' judged
	python3 "$TOP/tests/resign.py" good.zip inet-1.key x.zip \
	    --set 'title="別の件名"'
	verify --key lgwan-1.key x.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: approval: the check code is not that of this content"* ]]
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --key lgwan-1.key --store town.db x.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: approval: "* ]]
}
