load helper

DATA=$TOP/tests/data/root

setup() {
	cd "$BATS_TEST_TMPDIR"
	two_sides
}

# pack OUTPUT [OPTION...]: the tour's line; the stream comes on stdin.
pack() {
	local out=$1
	shift
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o "$out" "$@"
}

# killat N COMMAND...: the leak checker cannot work in a traced process.
killat() {
	ASAN_OPTIONS=detect_leaks=0 python3 "$TOP/tests/killat.py" "$@"
}

# refused STATUS REASON: what run got, and that nothing was left.
refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
	nothing_left
}

nothing_left() {
	[ -z "$(find . -name '*.tmp' -o -name '*.XXXXXX*')" ]
	[ ! -e b.zip ]
}

field() {
	unzip -p "$1" manifest.json | jq -r "$2"
}

ledger() {
	sqlite3 sent/state.db 'SELECT entry FROM seki_ledger ORDER BY n'
}

@test "a stream becomes a bundle that three other readers open" {
	run --separate-stderr pack b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$output" = "$(tail -1 "$DATA/every.jsonl" | jq -c .value)" ]
	unzip -tqq b.zip
	7z t b.zip >/dev/null
	python3 - "$DATA/every.jsonl" <<-'END'
	import sys, zipfile
	z = zipfile.ZipFile("b.zip")
	assert z.testzip() is None
	names = z.namelist()
	assert names[0] == "manifest.json"
	assert names[1].startswith("sig/prepare.") and len(names[1]) == 32
	assert names[2:] == ["data/records.jsonl", "view/records.xlsx"]
	assert z.read("data/records.jsonl") == open(sys.argv[1], "rb").read()
	for i in z.infolist():
	    assert i.flag_bits == 0 and i.extra == b"" and i.comment == b""
	    assert i.date_time == (1980, 1, 1, 0, 0, 0)
	    assert i.external_attr == 0o100600 << 16
	    assert i.compress_type == (8 if "jsonl" in i.filename else 0)
	import io
	assert zipfile.ZipFile(io.BytesIO(z.read("view/records.xlsx"))) \
	    .testzip() is None
	END
	[ "$(stat -c %a b.zip sent sent/outbox sent/state.db | tr '\n' ' ')" = \
	    "600 700 700 600 " ]
	cmp b.zip sent/outbox/vector-1.zip
}

@test "the manifest says what the stream, the options and the trust say" {
	local day=$(date -u -d 'next friday' +%F)
	TZ=UTC faketime "$day 03:01:00" seki-pack --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 --carrier media \
	    -o b.zip --title 相談 --purpose 移行 --class 2 --period 2026年度 \
	    --created "${day}T03:00:00Z" --test <"$DATA/every.jsonl"
	[ "$(field b.zip '[.stream,.audience,.carrier,.kind,.seq,.prev,.org,
	    .title,.purpose,.class,.period,.test,.prepared_by,.created,
	    .not_before]|join(" ")')" = "vector lgwan-1 media full 1  012041 \
相談 移行 2 2026年度 true inet-1 ${day}T03:00:00Z ${day}T03:00:00Z" ]
	# Ten days from Monday to Friday after a Friday: the end of a Friday
	# in Japan.
	[ "$(field b.zip .expires)" = \
	    "$(date -u -d "$day + 14 days" +%FT15:00:00Z)" ]
	[ "$(field b.zip .content.root)" = \
	    "$(tail -1 "$DATA/every.jsonl" | jq -r .value.complete.root)" ]
	[ "$(field b.zip '.source|[.system,.domain,.app]|join(" ")')" = \
	    "kintone example.cybozu.com 7" ]
	[ "$(field b.zip '[.scan.result,.approval.kind]|join("/")')" = clear/ ]
	for f in data/records.jsonl view/records.xlsx; do
		[ "$(unzip -p b.zip $f | sha256sum | cut -c1-64)" = "$(field \
		    b.zip ".files[]|select(.name==\"$f\").sha256")" ]
	done
}

@test "what the STATE says about the fetch stands in the manifest" {
	sed '$s/"source":{}/"source":{"attachments":"none","fetched_from":"2026-11-20T01:00:00Z","fetched_to":"2026-11-20T01:02:03Z","id_max":"9","id_min":"1","query_sha256":"'"$(printf x | sha256sum | cut -c1-64)"'","total":2}/' \
	    "$DATA/every.jsonl" >in.jsonl
	pack b.zip <in.jsonl
	[ "$(field b.zip '.source|[.fetched_from,.fetched_to,.id_min,.id_max,
	    .total,.attachments]|join(" ")')" = "2026-11-20T01:00:00Z \
2026-11-20T01:02:03Z 1 9 2 none" ]
	sed '$s/"total":2/"total":"2"/' in.jsonl >bad.jsonl
	run --separate-stderr pack c.zip <bad.jsonl
	[ "$status" -eq 65 ]
	[ ! -e c.zip ]
}

@test "the second bundle follows the first" {
	pack 1.zip <"$DATA/every.jsonl"
	pack 2.zip <"$DATA/every.jsonl"
	[ "$(field 2.zip .seq)" = 2 ]
	[ "$(field 2.zip .prev)" = \
	    "$(unzip -p 1.zip manifest.json | sha256sum | cut -c1-64)" ]
	[ "$(field 2.zip .created)" \> "$(field 1.zip .created)" ]
	[ "$(ledger | jq -r '.kind' | tr '\n' ' ')" = "begin pack pack " ]
	[ "$(ledger | tail -1 | jq -r .sha256)" = \
	    "$(sha256sum 2.zip | cut -c1-64)" ]
}

@test "same input, keys and --created: same bytes, signatures apart" {
	local when=$(date -u +%FT%TZ)
	pack 1.zip --created "$when" <"$DATA/every.jsonl"
	mv sent sent.1
	sleep 1
	pack 2.zip --created "$when" <"$DATA/every.jsonl"
	for f in manifest.json data/records.jsonl view/records.xlsx; do
		cmp <(unzip -p 1.zip $f) <(unzip -p 2.zip $f)
	done
}

@test "cut, changed and malformed streams are refused" {
	for row in "bad-cut 65 cut" "bad-cut-line 65 cut" "bad-empty 65 cut" \
	    "bad-dropped 1 content" "bad-changed 1 content" \
	    "bad-after-state 65 record" "bad-nul 65 record" \
	    "bad-deep 65 limit"; do
		set -- $row
		run --separate-stderr pack b.zip <"$DATA/$1.jsonl"
		refused "$2" "$3"
	done
	[ -z "$(ls sent/outbox)" ]
	[ "$(seki-pack --state sent --list)" = "" ]
	ledger | jq -r '.kind + " " + (.reason // "")' | sort | uniq -c |
	    grep -q '3 refuse cut'
	pack b.zip <"$DATA/every.jsonl"
	[ "$(field b.zip .seq)" = 1 ]
}

@test "a killed writer in front leaves no bundle" {
	run --separate-stderr bash -c 'head -c 3000 "$1" | seki-pack \
	    --trust trust --key inet-1.key --state sent --audience lgwan-1 \
	    -o b.zip' - "$DATA/every.jsonl"
	refused 65 cut
}

@test "another source on the same stream is refused" {
	pack 1.zip <"$DATA/every.jsonl"
	sed '1s/"app":"7"/"app":"8"/' "$DATA/empty.jsonl" >other.jsonl
	run --separate-stderr pack b.zip <other.jsonl
	refused 1 source
	[[ $stderr == *"app 7 of example.cybozu.com"*"app 8"* ]]
}

@test "held records are packed, and a bound can be set" {
	run --separate-stderr pack b.zip --max-held 0 <"$DATA/held.jsonl"
	refused 1 held
	run --separate-stderr pack b.zip <"$DATA/held.jsonl"
	[ "$status" -eq 0 ]
	[[ $stderr == *"held"* ]]
	[ "$(field b.zip .held)" -gt 0 ]
}

@test "an empty full stream is packed with a warning" {
	run --separate-stderr pack e.zip <"$DATA/empty.jsonl"
	[ "$status" -eq 0 ]
	[[ $stderr == *"--allow-empty"* ]]
	run --separate-stderr pack e2.zip -q <"$DATA/empty.jsonl"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "outputs that exist, links and closed folders (P5)" {
	echo mine >b.zip
	run --separate-stderr pack b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 74 ]
	[[ $stderr == *": file: "* ]]
	[ "$(cat b.zip)" = mine ]
	rm b.zip
	ln -s target b.zip
	run --separate-stderr pack b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 74 ]
	[[ $stderr == *": file: "* ]]
	[ -h b.zip ] && [ ! -e target ]
	rm b.zip
	mkdir b.zip
	run --separate-stderr pack b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 74 ]
	rmdir b.zip
	run --separate-stderr pack no/such/b.zip <"$DATA/every.jsonl"
	refused 74 file
	[ -z "$(ls sent/outbox)" ]
	[ "$(seki-pack --state sent --list)" = "" ]
}

@test "a folder that may not be written to (P5)" {
	mkdir own closed
	cp -r trust inet-1.key own/
	if [ "$(id -u)" -eq 0 ]; then chown -R 65534:65534 own; fi
	chmod 755 . && chmod 555 closed
	cd own
	run --separate-stderr unprivileged "$BIN/seki-pack" --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 \
	    -o ../closed/b.zip <"$DATA/every.jsonl"
	chmod 755 ../closed
	[ "$status" -eq 77 ] || { echo "$stderr"; false; }
	[[ $stderr == *": permission: "* ]]
	[ -z "$(ls ../closed)$(ls sent/outbox)" ]
}

@test "a full disk, wherever it fills, leaves nothing and can be repeated" {
	# A limit on the size of files stands for the disk.
	for k in 1 8 16 40; do
		run --separate-stderr bash -c 'ulimit -f '$k'
		    exec seki-pack --trust trust --key inet-1.key \
		    --state sent --audience lgwan-1 -o b.zip' \
		    <"$DATA/every.jsonl"
		[ "$status" -eq 0 ] && break
		[ "$status" -eq 74 ] || { echo "$k: $status $stderr"; false; }
		[[ $stderr == *": full: "*"next: make room"* ]]
		nothing_left
	done
	[ -e b.zip ] || pack b.zip <"$DATA/every.jsonl"
	[ "$(field b.zip .seq)" = 1 ]
}

@test "a stdout that is full fails, the bundle stays" {
	run --separate-stderr bash -c 'seki-pack --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 -o b.zip \
	    <"$1" >/dev/full' - "$DATA/every.jsonl"
	[ "$status" -eq 74 ]
	# The same command again hands the state on.
	run --separate-stderr pack b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 0 ]
	[ "$output" = "$(tail -1 "$DATA/every.jsonl" | jq -c .value)" ]
	[ "$(field b.zip .seq)" = 1 ]
	[ "$(ledger | jq -r .kind | grep -c pack)" -eq 1 ]
}

@test "killed at every call that changes files, then run again (P4)" {
	n=1
	while :; do
		rm -rf sent b.zip
		status=0
		killat $n seki-pack --trust trust \
		    --key inet-1.key --state sent --audience lgwan-1 -q \
		    -o b.zip <"$DATA/one.jsonl" >/dev/null 2>err || status=$?
		[ "$status" -eq 137 ] || break
		run --separate-stderr pack b.zip <"$DATA/one.jsonl"
		[ "$status" -eq 0 ] || { echo "kill $n: $stderr"; false; }
		[ "$output" = "$(tail -1 "$DATA/one.jsonl" | jq -c .value)" ]
		[ "$(field b.zip .seq)" = 1 ] || { echo "kill $n"; false; }
		[ -z "$(find . -name '*.tmp')" ] || { echo "kill $n"; false; }
		[ "$(ls sent/outbox)" = vector-1.zip ]
		cmp b.zip sent/outbox/vector-1.zip
		[ "$(ledger | jq -r .kind | tr '\n' ' ')" = "begin pack " ] ||
			{ echo "kill $n"; ledger; false; }
		n=$((n + 1))
	done
	[ "$status" -eq 0 ] || { cat err; false; }
	[ "$n" -gt 30 ]
}

@test "a killed run whose records have changed since leaves no hole" {
	n=1
	while :; do
		rm -rf sent b.zip c.zip
		status=0
		killat $n seki-pack --trust trust \
		    --key inet-1.key --state sent --audience lgwan-1 -q \
		    -o b.zip <"$DATA/one.jsonl" >/dev/null 2>err || status=$?
		[ "$status" -eq 137 ] || break
		pack c.zip -q <"$DATA/order.jsonl" >/dev/null
		seqs=$(seki-pack --state sent --list | cut -f 3 | tr '\n' ' ')
		[ "$seqs" = "1 " ] || [ "$seqs" = "1 2 " ] ||
			{ echo "kill $n: $seqs"; false; }
		# What has left the house keeps its number.
		[ ! -e b.zip ] || [ "$seqs" = "1 2 " ]
		n=$((n + 5))
	done
	[ "$status" -eq 0 ] || { cat err; false; }
}

@test "--resend gives the same bytes, --withdraw the number back" {
	pack 1.zip <"$DATA/one.jsonl"
	pack 2.zip <"$DATA/order.jsonl"
	rm 1.zip
	run --separate-stderr seki-pack --state sent --stream vector \
	    --resend 1 -o 1.zip
	[ "$status" -eq 0 ]
	cmp 1.zip sent/outbox/vector-1.zip
	run --separate-stderr seki-pack --state sent --stream vector \
	    --resend 1 -o 1.zip
	[ "$status" -eq 74 ]
	run --separate-stderr seki-pack --state sent --stream vector \
	    --resend 3 -o 3.zip
	[ "$status" -eq 64 ]
	run --separate-stderr seki-pack --state sent --stream vector \
	    --withdraw 1
	[ "$status" -eq 1 ]
	[[ $stderr == *": order: "* ]]
	run --separate-stderr seki-pack --state sent --stream vector \
	    --withdraw 2
	[ "$status" -eq 0 ]
	[ "$output" = "$(tail -1 "$DATA/one.jsonl" | jq -c .value)" ]
	[ ! -e sent/outbox/vector-2.zip ]
	pack 2b.zip <"$DATA/order.jsonl"
	[ "$(field 2b.zip .seq)" = 2 ]
	[ "$(field 2b.zip .prev)" = "$(field 2.zip .prev)" ]
	[ "$(field 2b.zip .created)" \> "$(field 2.zip .created)" ]
	[ "$(seki-pack --state sent --list | cut -f 3,4 | tr '\t\n' ' ;')" = \
	    "1 ready;2 withdrawn;2 ready;" ]
	[ "$(ledger | jq -r .kind | tr '\n' ' ')" = \
	    "begin pack pack withdraw pack " ]
}

@test "what asks about bundles makes no folder" {
	mkdir plain
	for dir in none plain; do
		for how in --list "--stream vector --withdraw 1" \
		    "--stream vector --resend 1 -o again.zip"; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr seki-pack --state "$dir" $how
			[ "$status" -eq 74 ]
			[[ $stderr == "seki-pack: $dir: file: nothing was ever packed"*"next: "*"--state DIR"* ]]
		done
	done
	[ ! -e none ]
	[ -z "$(ls -A plain)" ]
}

@test "the only bundle of a stream is withdrawn: it begins anew" {
	pack 1.zip <"$DATA/one.jsonl"
	run --separate-stderr seki-pack --state sent --stream vector \
	    --withdraw 1 --bookmarks marks
	[ "$status" -eq 0 ]
	[ "$output" = "{}" ]
	[ "$(cat marks)" = "{}" ]
	pack 1b.zip <"$DATA/one.jsonl"
	[ "$(field 1b.zip '[.seq,.prev]|join(" ")')" = "1 " ]
}

@test "a kept bundle that was changed is not sent again" {
	pack 1.zip <"$DATA/one.jsonl"
	printf x | dd of=sent/outbox/vector-1.zip bs=1 seek=200 conv=notrunc \
	    2>/dev/null
	run --separate-stderr seki-pack --state sent --stream vector \
	    --resend 1 -o again.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": digest: "* ]]
	[ ! -e again.zip ]
}

@test "the bookmarks move last" {
	echo '{"old":1}' >marks
	run pack b.zip --bookmarks marks <"$DATA/bad-cut.jsonl"
	[ "$(cat marks)" = '{"old":1}' ]
	pack b.zip --bookmarks marks <"$DATA/one.jsonl" >out
	cmp out marks
	[ "$(stat -c %a marks)" = 600 ]
}

@test "a terminal does not see the bookmarks that are stored" {
	on_tty seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o 1.zip --bookmarks marks "$DATA/one.jsonl" >seen
	grep -q "1.zip: bundle 1 of stream vector" seen
	[ "$(grep -c '"bookmarks"\|"complete"' seen)" -eq 0 ]
	grep -q '"complete"' marks
	# Without a file it is the only place.
	on_tty seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o 2.zip "$DATA/every.jsonl" >seen
	grep -q '"complete"' seen
}

@test "bookmarks that have no place: nothing is packed" {
	run --separate-stderr pack b.zip --bookmarks none/marks \
	    <"$DATA/one.jsonl"
	[ "$status" -eq 74 ]
	[ ! -e b.zip ]
	[ -z "$(seki-pack --state sent --list)" ]
	pack b.zip <"$DATA/one.jsonl" >out
	run --separate-stderr pack c.zip --withdraw 1 --stream vector \
	    --bookmarks none/marks
	[ "$status" -eq 74 ]
	[[ $(seki-pack --state sent --list) == *$'\t'ready$'\t'* ]]
}

@test "two runs at once: the second one comes later" {
	mkfifo pipe
	pack b.zip <pipe >out 2>err &
	pid=$!
	exec 7>pipe
	head -1 "$DATA/one.jsonl" >&7
	for i in $(seq 100); do [ -e sent/lock ] && break; sleep 0.1; done
	sleep 0.2
	run --separate-stderr pack c.zip <"$DATA/one.jsonl"
	[ "$status" -eq 75 ]
	[[ $stderr == *": locked: "* ]]
	tail -n +2 "$DATA/one.jsonl" >&7
	exec 7>&-
	wait $pid
	[ -e b.zip ]
}

@test "private files that others can read or change are refused (H1)" {
	chmod 644 inet-1.key
	run --separate-stderr pack b.zip <"$DATA/one.jsonl"
	refused 78 unsafe
	chmod 600 inet-1.key
	pack ok.zip <"$DATA/one.jsonl"
	sha256sum sent/state.db >before
	for mode in 644 660 604; do
		chmod $mode sent/state.db
		run --separate-stderr pack b.zip <"$DATA/one.jsonl"
		[ "$status" -eq 78 ] || { echo "$stderr"; false; }
		[[ $stderr == *"sent/state.db: unsafe: mode 0$mode; "*"next: \
chmod 600 sent/state.db" ]] || { echo "$stderr"; false; }
		[ ! -e b.zip ]
		sha256sum -c before
	done
	mkdir -m 777 sent2
	: >sent2/state.db
	run --separate-stderr seki-pack --state sent2 --list
	[ "$status" -eq 78 ]
	[[ $stderr == *": unsafe: "* ]]
}

@test "called the wrong way" {
	run --separate-stderr seki-pack --state sent -o b.zip <"$DATA/one.jsonl"
	refused 64 usage
	run --separate-stderr pack b.zip --carrier pigeon <"$DATA/one.jsonl"
	refused 64 usage
	run --separate-stderr pack b.zip --created yesterday <"$DATA/one.jsonl"
	refused 64 usage
	run --separate-stderr pack b.zip --expires 0 <"$DATA/one.jsonl"
	refused 64 usage
	run --separate-stderr seki-pack --state sent --list --resend 1
	[ "$status" -eq 64 ]
	pack b.zip <"$DATA/one.jsonl"
	run --separate-stderr pack c.zip --created 2020-01-01T00:00:00Z \
	    <"$DATA/one.jsonl"
	[ "$status" -eq 1 ]
	[[ $stderr == *": order: "* ]]
}

@test "--json: one object on stderr, on failure too" {
	run --separate-stderr pack b.zip --json <"$DATA/every.jsonl"
	[ "$status" -eq 0 ]
	[ "$(jq -r '[.status,.reason,.object,.stream,.seq,.records]|
	    join(" ")' <<<"$stderr")" = "0 ok b.zip vector 1 2" ]
	run --separate-stderr pack c.zip --json <"$DATA/bad-cut.jsonl"
	[ "$(jq -r '[.status,.reason]|join(" ")' <<<"$stderr")" = "65 cut" ]
	run --separate-stderr seki-pack --state sent --list --json
	[ "$(jq -r .status_of_bundle <<<"$output")" = ready ]
}

@test "a stream without rules after one with rules is refused, until --raw" {
	"$TOP/tests/mkstream.py" 1=a >raw.jsonl
	seki-normalize --init raw.jsonl >r.csv
	seki-normalize -q --rules r.csv raw.jsonl | pack 1.zip >/dev/null
	run --separate-stderr pack 2.zip raw.jsonl
	[ "$status" -eq 78 ]
	[[ $stderr == *"config: bundle 1 went through a rules table, this stream did not"* ]]
	[[ $stderr == *"next: Send the stream through seki-normalize"*"--raw"* ]]
	[ ! -e 2.zip ]
	"$TOP/tests/mkstream.py" 1=b >raw.jsonl
	pack 2.zip --raw raw.jsonl >/dev/null
	# From then on it is what is usual.
	"$TOP/tests/mkstream.py" 1=c | pack 3.zip >/dev/null
	[ "$(seki-show --json 3.zip | jq .seq)" -eq 3 ]
}

@test "the result says for whom, and that nothing has changed" {
	"$TOP/tests/mkstream.py" 1=a >raw.jsonl
	run --separate-stderr pack 1.zip raw.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"bundle 1 of stream soudan for lgwan-1, 1 records"* ]]
	[[ $stderr == *"1.zip: the first bundle of stream soudan in this folder (--state)"* ]]
	[[ $stderr != *"the same records"* ]]
	run --separate-stderr pack 2.zip raw.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"2.zip: the same records as in bundle 1: nothing has changed since"* ]]
	"$TOP/tests/mkstream.py" 1=b >raw.jsonl
	run --separate-stderr pack 3.zip raw.jsonl
	[[ $stderr != *"the same records"* ]]
	[[ $stderr != *"first bundle"* ]]
	[[ $stderr != *"went to"* ]]
	run --separate-stderr pack 4.zip --audience lgwan-2 raw.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"4.zip: bundle 3 went to lgwan-1, this one goes to lgwan-2"* ]]
}

@test "whom to ask, and what the scan met, stand on the cover in Japanese" {
	cover() {
		unzip -p "$1" view/records.xlsx >view.xlsx
		python3 "$TOP/tests/booktext.py" view.xlsx 送付票
	}
	"$TOP/tests/mkstream.py" '1=個人番号 123456789018' 2=b >s.jsonl
	pack b.zip --contact '施設課 内線 2345' --by p-0001 \
	    --scan-override 試験 <s.jsonl >marks
	[ "$(field b.zip .notes.contact)" = '施設課 内線 2345' ]
	[ "$(field b.zip .notes.scan)" = 'mynumber: found 1' ]
	cover b.zip >text
	cat text
	grep -q $'^連絡先\t施設課 内線 2345' text
	grep -q $'^\tマイナンバー　該当 1件' text
	! grep -q 'mynumber\|scan\|123456789018' text || false
	grep -q $'^添付ファイル\t' text
	grep -q $'^年　月　日\t年　月　日' text
	seki-verify -q --trust trust --audience lgwan-1 b.zip
	# Without, the line is empty, to be filled in by hand.
	pack c.zip --contact '' <"$DATA/every.jsonl" >marks
	[ "$(field c.zip '.notes | has("contact")')" = false ]
	cover c.zip | grep -q '^連絡先	*$'
	for bad in $'two\nlines' '個人番号 123456789018' "$(printf '係%.0s' $(seq 200))"; do
		run --separate-stderr pack d.zip --contact "$bad" \
		    <"$DATA/every.jsonl"
		[ "$status" -eq 64 ]
		[[ $stderr == *--contact* ]]
		[ ! -e d.zip ]
	done
}
