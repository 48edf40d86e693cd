#!/usr/bin/env bats
# A bundle that is too large for its way travels in parts: they verify alone,
# and only all of them together can be taken.
load helper

JUDGE="python3 $TOP/tests/judge_root.py"
RESIGN="python3 $TOP/tests/resign.py"

# Once for all tests: a stream with the hardest values, whole and in parts.
setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	umask 077
	seki-key init --relay --trust trust --org 131041 --host inet-1 \
	    >/dev/null
	python3 "$TOP/tests/mkhard.py" 700 >h.jsonl
	tail -1 h.jsonl | jq -r .value.complete.root >root
	pack --state whole -o w.zip h.jsonl
	pack --state sent --max-size 80K -o p.zip h.jsonl
	pack --state relay --carrier relay --max-size 100K -o r.xlsx h.jsonl
	import --store whole.db w.zip
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -R "$GOOD"/. .
	umask 077
}

pack() {
	seki-pack -q --trust trust --key inet-1.key --audience lgwan-1 \
	    "$@" >marks
}
import() {
	seki-import --trust trust --audience lgwan-1 "$@"
}
verify() {
	seki-verify --trust trust --audience lgwan-1 "$@"
}
mk() {
	python3 "$TOP/tests/mkstream.py" "$@"
}
# noise SEED BYTES: bytes that do not shrink, always the same: in others the
# scan may find something.
noise() {
	python3 -c 'import random, sys
r = random.Random(int(sys.argv[1]))
sys.stdout.buffer.write(r.randbytes(int(sys.argv[2])))' "$@"
}
# long KEY...: records of 18,000 letters, as mk wants them.
long() {
	local k
	for k in "$@"; do
		printf '%s=%s\n' "$k" "$(noise "$k" 13000 | base64 -w0 |
		    tr -d '0-9+/=')"
	done
}
# refused STATUS REASON TEXT COMMAND...
refused() {
	local want=$1 reason=$2 text=$3
	shift 3
	run --separate-stderr timeout 60 "$@"
	echo "$* -> $status $output $stderr"
	[ "$status" -eq "$want" ]
	[[ $stderr == *": $reason: "*"$text"* ]]
}
# refuses STATUS REASON TEXT PART...: neither taken, nor a store made.
refuses() {
	local want=$1 reason=$2 text=$3
	shift 3
	refused "$want" "$reason" "$text" seki-import --trust trust \
	    --audience lgwan-1 --store new.db "$@"
	[ ! -e new.db ]
}
# content DB: its root and counts.
content() {
	sqlite3 "$1" "SELECT lower(hex(root)), records, held FROM seki_bundle"
}
# rows DB: what the tables hold, too.
rows() {
	sqlite3 "$1" "SELECT * FROM hard ORDER BY 1" |
	    sed 's/|[0-9]*$//' | sha256sum
	content "$1"
}
member() {
	unzip -p "$1" manifest.json | jq -r "$2"
}

@test "parts verify alone, and together they are the whole, whatever their order" {
	[ "$(ls p-*.zip | wc -l)" -ge 2 ]
	n=$(ls p-*.zip | wc -l)
	[ -e "p-1of$n.zip" ]
	[ -e "p-${n}of$n.zip" ]
	[ ! -e p.zip ]
	for f in p-*.zip; do
		[ "$(stat -c %s "$f")" -le 81920 ]
		run --separate-stderr verify "$f"
		[ "$status" -eq 0 ]
		[[ $output == "$f: ok: stream hard, seq 1, part "* ]]
		[[ $stderr == *"only a part"* ]]
		unzip -p "$f" data/records.jsonl >one.jsonl
		$JUDGE one.jsonl
		7z t "$f" >/dev/null
	done
	run --separate-stderr verify --json $(ls -r p-*.zip)
	[ "$status" -eq 0 ]
	[ "$(jq -s length <<<"$output")" -eq $((n + 1)) ]
	[ "$(jq -rs '.[-1] | "\(.root) \(.parts) \(.records) \(.held)"' \
	    <<<"$output")" = "$(cat root) $n 693 7" ]
	[ "$(jq -rs '.[-1] | "\(.part) \(.sha256)"' <<<"$output")" = "0 " ]
	[ "$(jq -rs '[.[:-1][].records] | add' <<<"$output")" -eq 693 ]
	run --separate-stderr import --store new.db $(ls -r p-*.zip)
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ $output == *": ok: stream hard, seq 1, 693 records, 7 held"*"root $(cat root)" ]]
	[ "$(rows new.db)" = "$(rows whole.db)" ]
}

@test "what is missing is named, and nothing is imported" {
	n=$(ls p-*.zip | wc -l)
	refuses 75 gap "bundle 1 of stream hard is in $n parts; here: 1; " \
	    "p-1of$n.zip"
	[[ $stderr == *"parts that are missing: 2"* ]]
	[[ $stderr == *"--stream hard --resend 1"* ]]
	mv "p-2of$n.zip" away
	# One answer for all of them.
	refuses 75 gap "parts that are missing: 2;" p-*.zip
	[ "$(grep -c ": gap: " <<<"$stderr")" -eq 1 ]
	run --separate-stderr verify p-*.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"parts that are missing: 2" ]]
	# The same part twice is no other part.
	cp "p-1of$n.zip" twin.zip
	refuses 75 gap "parts that are missing: 2;" p-*.zip twin.zip
	[[ $stderr == *"twin.zip: the same part as p-1of$n.zip"* ]]
	# A damaged part is named, before others are fetched.
	printf x | dd of="p-1of$n.zip" bs=1 seek=60000 conv=notrunc 2>/dev/null
	refuses 1 digest "" "p-1of$n.zip"
	mv away "p-2of$n.zip"
	refuses 1 digest "is not the signed one" p-*.zip
	[[ $stderr == *"p-1of$n.zip"* ]]
}

@test "taken twice it is as before; whole and parts are one" {
	import --store new.db p-*.zip
	run --separate-stderr import --store new.db p-*.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	[ "$(import --json --store new.db p-*.zip | jq -r '.reason, .parts' |
	    xargs)" = "already $(ls p-*.zip | wc -l)" ]
	run --separate-stderr import --store new.db p-1of*.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: part 1 of "*"was imported on"*"nothing to do"* ]]
	run --separate-stderr verify --store new.db p-1of*.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	[[ $stderr != *"missing"* ]]
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --stream hard --reissue 1 --carrier media -o once.zip
	run --separate-stderr import --store new.db once.zip
	[[ $output == *": already: "* ]]
	# And the other way round, in another number of parts.
	seki-pack -q --trust trust --key inet-1.key --state whole \
	    --stream hard --reissue 1 --carrier relay --max-size 110K -o q.xlsx
	run --separate-stderr import --store whole.db q-*.xlsx
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	[ "$(sqlite3 whole.db 'SELECT count(*) FROM seki_bundle')" -eq 1 ]
	run --separate-stderr import --store third.db q-*.xlsx
	[ "$status" -eq 0 ]
	[ "$(content third.db)" = "$(content whole.db)" ]
}

@test "the next bundle follows, whichever way this one came" {
	jq -c 'if .type == "RECORD" and .record["$id"] == "5" then
	    .record["数値"] = "7" else . end |
	    select(.type != "STATE")' h.jsonl |
	    $JUDGE --complete >next.jsonl
	pack --state sent -o 2.zip next.jsonl
	[ "$(member 2.zip .prev)" = "$(member p-1of*.zip .part.set)" ]
	import --store new.db p-*.zip
	run --separate-stderr import --store new.db 2.zip
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"(0 new, 1 changed, 0 removed"* ]]
	run --separate-stderr import --store new.db p-*.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	# Through a reissue in one piece.
	seki-pack -q --trust trust --key inet-1.key --state sent --stream hard \
	    --reissue 1 --carrier media -o once.zip
	import --store other.db once.zip
	import --store other.db 2.zip
}

@test "a delta with deletions in parts" {
	mk $(long $(seq 1 6)) 7=g 8=h >full.jsonl
	pack --state d -o 1.zip full.jsonl
	mk -b marks $(long 2 4 5) 7- 8- $(long 9) >delta.jsonl
	pack --state d --max-size 60K -o 2.zip delta.jsonl
	[ "$(ls 2-*.zip | wc -l)" -ge 2 ]
	import --store new.db 1.zip
	run --separate-stderr import --store new.db 2-*.zip
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$(sqlite3 new.db 'SELECT count(*) FROM soudan')" -eq 7 ]
}

@test "workbooks that were written anew on the way" {
	n=$(ls r-*.xlsx | wc -l)
	[ "$n" -ge 2 ]
	mkdir out
	p=/usr/bin/python3
	"$p" -c "import openpyxl" || skip "no openpyxl"
	for f in r-*.xlsx; do
		[ "$(stat -c %s "$f")" -le 102400 ]
		"$p" "$TOP/tests/rewrite.py" "$f" "out/$f"
	done
	run --separate-stderr import --store new.db out/*.xlsx
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$(content new.db)" = "$(content whole.db)" ]
	[ "$(sqlite3 new.db "SELECT json_extract(entry, '\$.parts') FROM
	    seki_ledger WHERE json_extract(entry, '\$.kind') = 'import' OR
	    json_extract(entry, '\$.parts') IS NOT NULL")" -eq "$n" ]
}

@test "a changed cell in one part is named, and the others do not help" {
	n=$(ls r-*.xlsx | wc -l)
	key=$(seki-show --records 1 "r-2of$n.xlsx" |
	    sed -n 's/^ *record 1, key //p')
	[ "$(seki-show --json "r-2of$n.xlsx" | jq "[.part, .parts] == [2, $n]")" \
	    = true ]
	python3 "$TOP/tests/alter.py" "r-2of$n.xlsx" x.xlsx set レコード "$key" \
	    数値 77
	mv x.xlsx "r-2of$n.xlsx"
	refuses 1 content "1 changed" r-*.xlsx
	[[ $stderr == *"seki-import: r-2of$n.xlsx: record $key, field 数値"* ]]
	refused 64 usage "are for one bundle" seki-verify --trust trust \
	    --audience lgwan-1 --damage d.txt r-*.xlsx
	[[ $stderr == *"give the one that a cell was changed in"* ]]
	run --separate-stderr verify --damage d.txt "r-2of$n.xlsx"
	[ "$status" -eq 1 ]
	[[ $stderr == *"--max-size SIZE --repair LIST"* ]]
	# Its parts once more, with that value spelt out.
	seki-pack -q --trust trust --key inet-1.key --state relay \
	    --stream hard --reissue 1 --carrier relay --repair d.txt \
	    --max-size 100K -o again.xlsx
	import --store new.db again-*.xlsx
	[ "$(content new.db)" = "$(content whole.db)" ]
}

@test "cells changed in two parts: one list repairs both" {
	n=$(ls r-*.xlsx | wc -l)
	for i in 1 2; do
		k=$(seki-show --records 2 "r-${i}of$n.xlsx" |
		    sed -n 's/^ *record 2, key //p')
		python3 "$TOP/tests/alter.py" "r-${i}of$n.xlsx" x.xlsx set \
		    レコード "$k" 数値 77
		mv x.xlsx "r-${i}of$n.xlsx"
		echo "$k" >>keys
	done
	refuses 1 content "" r-*.xlsx
	refused 1 content "1 changed" seki-import --trust trust \
	    --audience lgwan-1 --store new.db --damage d.txt r-*.xlsx
	[ "$(tail -n +2 d.txt | cut -f 1)" = "$(cat keys)" ]
	for k in $(cat keys); do
		[[ $stderr == *"r-1of$n.xlsx … r-${n}of$n.xlsx: record $k, field 数値"* ]]
	done
	seki-pack -q --trust trust --key inet-1.key --state relay \
	    --stream hard --reissue 1 --carrier relay --repair d.txt \
	    --max-size 100K -o again.xlsx
	import --store new.db again-*.xlsx
}

@test "attachments: those of its records in each part, and all in the store" {
	mkdir src
	for i in 1 2 3 4 5; do noise $i 30000 >src/$i.jpg; done
	cp src/1.jpg src/6.jpg
	python3 "$TOP/tests/mkfiles.py" spool src/*.jpg >f.jsonl
	for carrier in media relay; do
		pack --state a-$carrier --attachments spool --max-size 90K \
		    --carrier $carrier -o $carrier.zip f.jsonl
		n=$(ls $carrier-*.zip | wc -l)
		[ "$n" -ge 2 ]
		run --separate-stderr import --store $carrier.db $carrier-*.zip
		echo "$output $stderr"
		[ "$status" -eq 0 ]
		[ "$(find $carrier.db.att -type f -size 30000c | wc -l)" -eq 5 ]
	done
	# One that came back changed is accepted by name.
	mkdir x
	(cd x && unzip -q ../relay-1of*.zip && f=$(ls *.jpg | head -1) &&
	    noise 9 100 >"$f" && zip -q ../relay-1of"$n".zip "$f")
	refuses 1 digest "" relay-*.zip
	run --separate-stderr import --store acc.db --by 佐藤 \
	    --accept-attachments 目視で確認 relay-*.zip
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$(sqlite3 acc.db "SELECT count(*) FROM seki_ledger WHERE
	    json_extract(entry, '\$.attachments_accepted_why') IS NOT NULL")" \
	    -eq 1 ]
}

@test "encrypted parts: nothing shows, and only all of them are taken" {
	seki-key recipient --host lgwan-1 -o lgwan-1.key --json >made
	seki-key recipient --host stranger -o stranger.key >/dev/null
	seki-key add --trust trust --root-key p-0001.key --owner lgwan-1 \
	    --certificate lgwan-1.pem --role decrypt --stream '*' \
	    --digits "$(jq -r .digits made)" >/dev/null
	mkdir src
	for i in 1 2 3 4; do noise $i 30000 >src/$i.jpg; done
	python3 "$TOP/tests/mkfiles.py" spool src/*.jpg >f.jsonl
	root=$(tail -1 f.jsonl | jq -r .value.complete.root)
	id=$(openssl x509 -in lgwan-1.pem -outform DER | sha256sum | cut -c1-16)
	pack --state e --recipient "$id" --attachments spool --max-size 100K \
	    -o e.zip f.jsonl
	n=$(ls e-*.zip | wc -l)
	[ "$n" -ge 2 ]
	for f in e-*.zip; do
		! grep -qa "$root" "$f" || false
		run --separate-stderr verify --key lgwan-1.key "$f"
		echo "$output $stderr"
		[ "$status" -eq 0 ]
		# The clear part says nothing that a guess could be tried on.
		[ "$(unzip -p "$f" whole/manifest.json | jq -r '.files[].name' |
		    grep -c cms)" -eq 3 ]
	done
	refused 77 credentials "" seki-import --trust trust --audience lgwan-1 \
	    --store new.db e-*.zip
	refused 1 recipient "" seki-import --trust trust --audience lgwan-1 \
	    --store new.db --key stranger.key e-*.zip
	[ ! -e new.db ]
	run --separate-stderr import --key lgwan-1.key --store new.db e-*.zip
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ $output == *"root $root" ]]
	[ "$(sqlite3 new.db 'SELECT lower(hex(root)) FROM seki_bundle')" = "$root" ]
	run --separate-stderr import --key lgwan-1.key --store new.db e-*.zip
	[[ $output == *": already: "* ]]
	# The same bytes again.
	mkdir again
	seki-pack -q --state e --stream files --resend 1 -o again/e.zip
	for f in e-*.zip; do cmp "$f" "again/$f"; done
	# The kept whole can be opened by its recipient alone.
	refused 1 recipient "" seki-pack --trust trust --key inet-1.key \
	    --state e --stream files --reissue 1 --carrier media \
	    --max-size 90K -o x.zip
	# And clear ones are not made into encrypted parts.
	refused 1 recipient "in the clear" seki-pack --trust trust \
	    --key inet-1.key --state whole --stream hard --reissue 1 \
	    --recipient "$id" --carrier media --max-size 90K -o x.zip
	[ -z "$(ls x* 2>/dev/null)" ]
}

@test "a recorded approval is that of the whole" {
	run --separate-stderr seki-pack --json --trust trust --key inet-1.key \
	    --state ap --audience lgwan-1 --approval-page page.xlsx h.jsonl
	[ "$status" -eq 0 ]
	code=$(grep -ho '[0-9]\{5\}-[0-9]\{5\}-[0-9]\{5\}-[0-9]\{5\}' \
	    <<<"$output$stderr" | head -1)
	[ -n "$code" ]
	pack --state ap --max-size 80K --approved "12:佐藤:$code" -o a.zip \
	    h.jsonl
	for f in a-*.zip; do
		[ "$(member "$f" '.approval | "\(.kind) \(.number) \(.code)"')" \
		    = "recorded 12 " ]
		[ "$(unzip -p "$f" whole/manifest.json |
		    jq -r .approval.code)" = "$code" ]
		verify "$f"
	done
	import --store new.db a-*.zip
	[ "$(sqlite3 new.db "SELECT json_extract(entry,
	    '\$.approval_code') FROM seki_ledger WHERE json_extract(entry,
	    '\$.approval_code') IS NOT NULL")" = "$code" ]
	# Whoever signs a whole with another code is found out.
	n=$(ls a-*.zip | wc -l)
	unzip -p "a-1of$n.zip" whole/manifest.json |
	    sed 's/"code":"[0-9]/"code":"x/' >m
	$RESIGN "a-1of$n.zip" inet-1.key x.zip --file whole/manifest.json=m \
	    --set "part.set=\"$(sha256sum <m | cut -c1-64)\""
	rm new.db
	refuses 1 signature "" x.zip
}

@test "parts of different bundles, and of different cuts" {
	n=$(ls p-*.zip | wc -l)
	# Made in the same second it would be the same bundle but for its title.
	pack --state other --title 別 --max-size 80K -o o.zip h.jsonl
	refuses 75 gap "" "p-1of$n.zip" $(ls o-[2-9]of*.zip)
	# As many, cut elsewhere.
	size=$(stat -c %s p-*.zip | sort -n | tail -1)
	lines=$(member "p-1of$n.zip" .notes.lines)
	for less in 1500 3000 4500 6000 7500; do
		seki-pack -q --trust trust --key inet-1.key --state sent \
		    --stream hard --reissue 1 --carrier media \
		    --max-size $((size - less)) -o q$less.zip
		[ ! -e "q$less-1of$n.zip" ] ||
		    [ "$(member "q$less-1of$n.zip" .notes.lines)" = "$lines" ] ||
		    break
	done
	[ "$(member "q$less-1of$n.zip" .notes.lines)" != "$lines" ]
	refuses 75 gap "" "p-1of$n.zip" $(ls q$less-[2-9]of*.zip)
	# All of one cut, whatever of the other stands between them.
	for order in "q-3 p-1 p-2 p-3" "p-1 q-3 p-2 p-3" \
	    "p-1 q-3 p-2 q-1 p-3 q-2" "q-2 p-3 q-1 p-2 q-3 p-1"; do
		rm -rf new.db*
		run --separate-stderr import --store new.db \
		    $(printf "%sof$n.zip " ${order//q-/q$less-})
		echo "$order: $status $output $stderr"
		[ "$status" -eq 0 ]
		[ "$(content new.db)" = "$(content whole.db)" ]
	done
	rm -rf new.db*
	# In more pieces: it is said that they do not belong together.
	seki-pack -q --trust trust --key inet-1.key --state sent --stream hard \
	    --reissue 1 --carrier media --max-size 50K -o s.zip
	refuses 75 gap "of different cuts" "p-1of$n.zip" s-*2of*.zip
	[ "$(grep -c "give all the parts that one seki-pack made" \
	    <<<"$stderr")" -eq 2 ]
	run --separate-stderr verify "p-1of$n.zip" s-*2of*.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"of different cuts"* ]]
}

@test "parts in a folder, in a ZIP, unpacked" {
	mkdir box books un
	cp p-*.zip box
	cp r-*.xlsx books
	n=$(ls box | wc -l)
	(cd box && zip -q ../box.zip *)
	(cd books && zip -q ../books.zip *)
	(cd un && unzip -q ../p-1of*.zip)
	refuses 65 zip "a folder; $n .zip files are in it" box
	[[ $stderr == *"name every .zip in it, not the folder"* ]]
	refuses 65 zip "no bundle, but $n .zip files are in it" box.zip
	[[ $stderr == *"unpack it, and name every .zip"* ]]
	refuses 65 zip "more than one workbook with a signature" books
	[[ $stderr == *"all at once: FOLDER/*.xlsx"* ]]
	refuses 65 zip "more than one workbook with a signature" books.zip
	[[ $stderr == *"unpack it and name the workbooks"* ]]
	refuses 65 zip "a bundle that was unpacked" un
	[[ $stderr == *"name the .zip as it came"* ]]
}

@test "sizes: how they are written, and what --profile says of them" {
	for s in 20MB 20m '20 M' ２０M -5M 1K ''; do
		refused 64 usage "write a number with K, M or G behind it" \
		    seki-pack --trust trust --key inet-1.key --state s \
		    --audience lgwan-1 --carrier media --max-size "$s" \
		    -o s.zip h.jsonl
	done
	printf 'max_size = 100K\n' >gate.conf
	refused 1 policy "seki-pack --max-size 100K (" seki-pack --trust trust \
	    --key inet-1.key --state s --audience lgwan-1 --carrier relay \
	    --profile gate.conf -o s.xlsx h.jsonl
	# What parts do not help with.
	printf 'names = ascii\n' >gate.conf
	refused 1 policy "mend what is said above" seki-pack --trust trust \
	    --key inet-1.key --state s --audience lgwan-1 --carrier relay \
	    --profile gate.conf -o 相談.xlsx h.jsonl
	[[ $stderr != *"--max-size"* ]]
	printf 'max_size = 100KB\n' >gate.conf
	refused 78 config "not a number" seki-pack --trust trust \
	    --key inet-1.key --state s --audience lgwan-1 --carrier relay \
	    --profile gate.conf -o s.xlsx h.jsonl
	[[ $stderr == *"next: max_size = 20M" ]]
	[ -z "$(ls s-* s.* 相談* 2>/dev/null)" ]
	# From the file of settings, too.
	printf '[bundle]\nmax-size = 80K\n' >seki.conf
	pack --state s -c seki.conf -o c.zip h.jsonl
	[ "$(ls c-*.zip | wc -l)" = "$(ls p-*.zip | wc -l)" ]
}

# part OPTION...: the first part, signed anew after a change.
part() {
	$RESIGN p-1of*.zip inet-1.key x.zip "$@"
}

@test "whatever a part says that the whole does not, is refused" {
	n=$(ls p-*.zip | wc -l)
	for change in 'seq=2' 'kind="delta"' 'test=true' 'title="別"' \
	    'rules="'"$(printf '%064d' 0)"'"' 'source.app="8"' 'epoch=2' \
	    'stream="other"' 'audience="lgwan-2"' 'created="2020-01-01T00:00:00Z"' \
	    'content.records=100000' 'held=1000' 'approval.code="1"' \
	    'notes.approver="佐藤"' "part={\"n\":1,\"of\":1,\"set\":\"\"}" \
	    'part.of=100' 'part.n=9' 'part.set="x"' \
	    'prev="'"$(printf '%064d' 0)"'"'; do
		part --set "$change"
		run --separate-stderr import --store new.db x.zip \
		    $(ls p-[2-9]of*.zip)
		echo "$change: $status $stderr"
		[ "$status" -eq 1 ] || [ "$status" -eq 65 ]
		[ ! -e new.db ]
		[[ $stderr == *"x.zip"* ]]
	done
	part --set 'title="別"'
	refuses 65 manifest '"title" of the part is not that of the whole' x.zip
}

@test "a whole that is missing, another, or not signed" {
	n=$(ls p-*.zip | wc -l)
	part --drop whole/manifest.json
	refuses 1 digest "whole/manifest.json is missing" x.zip
	unzip -p "p-1of$n.zip" whole/manifest.json >m
	sed 's/"expires":"20/"expires":"21/' m >m2
	part --file whole/manifest.json=m2
	refuses 1 digest "whole/manifest.json is not the signed one" x.zip
	part --file whole/manifest.json=m2 \
	    --set "part.set=\"$(sha256sum <m2 | cut -c1-64)\""
	refuses 1 signature "" x.zip
	part --file whole/manifest.json=/dev/null \
	    --set "part.set=\"$(sha256sum </dev/null | cut -c1-64)\""
	refuses 65 manifest "" x.zip
	sig=$(unzip -Z1 "p-1of$n.zip" | grep '^whole/.*p7s')
	part --drop "$sig"
	refuses 1 threshold "" x.zip
	# Of a bundle that is none of a part.
	$RESIGN w.zip inet-1.key y.zip
	python3 - "p-1of$n.zip" y.zip <<-'EOF'
	import sys, zipfile
	a, b = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2])
	with zipfile.ZipFile("z.zip", "w") as z:
	    for i in b.infolist() + [i for i in a.infolist()
	                             if i.filename.startswith("whole/")]:
	        src = a if i.filename.startswith("whole/") else b
	        n = zipfile.ZipInfo(i.filename, (1980, 1, 1, 0, 0, 0))
	        n.external_attr = 0o100600 << 16
	        n.compress_type = i.compress_type
	        z.writestr(n, src.read(i.filename))
	EOF
	refuses 1 digest "whole/manifest.json is not in the manifest" z.zip
}

@test "a part is not taken for the stream it is of" {
	n=$(ls p-*.zip | wc -l)
	unzip -p "p-1of$n.zip" data/records.jsonl >part.jsonl
	[ "$(tail -1 part.jsonl | jq -r .value.complete.kind)" = part ]
	refused 65 record "only a part" seki-import --local x --by 佐藤 \
	    --store new.db part.jsonl
	refused 65 record "only a part" seki-pack --trust trust \
	    --key inet-1.key --audience lgwan-1 --state n -o n.zip part.jsonl
	[ ! -e new.db ]
	[ ! -e n.zip ]
	# Nor does a part pass whose stream says that it is full.
	sed '$s/"kind":"part"/"kind":"full"/' part.jsonl >full.jsonl
	part --file data/records.jsonl=full.jsonl
	refuses 1 content "the records are a full stream" x.zip
}

@test "pieces in another order, twice, or with a record more" {
	n=$(ls p-*.zip | wc -l)
	# Renumbered, whoever signs it.
	$RESIGN "p-1of$n.zip" inet-1.key x.zip --set part.n=2
	$RESIGN "p-2of$n.zip" inet-1.key y.zip --set part.n=1
	run --separate-stderr import --store new.db x.zip y.zip \
	    $(ls p-[3-9]of*.zip 2>/dev/null)
	echo "$status $stderr"
	[ "$status" -eq 1 ] || [ "$status" -eq 65 ]
	$RESIGN "p-1of$n.zip" inet-1.key y.zip --set part.n=2
	run --separate-stderr import --store new.db "p-1of$n.zip" y.zip \
	    $(ls p-[3-9]of*.zip 2>/dev/null)
	echo "$status $stderr"
	[ "$status" -eq 1 ] || [ "$status" -eq 65 ]
	[ ! -e new.db ]
}

@test "the outbox: the same bytes, one number, withdrawn with its parts" {
	n=$(ls p-*.zip | wc -l)
	mkdir again
	run --separate-stderr seki-pack --state sent --stream hard --resend 1 \
	    -o again/x.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"in $n parts, as then: again/x-1of$n.zip to again/x-${n}of$n.zip"* ]]
	[[ $stderr != *"--reissue"* ]]
	run --separate-stderr seki-pack --state sent --stream hard --resend 1 \
	    --max-size 40K -o again/x.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"larger than 40K"*"--reissue 1 "*"--max-size 40K" ]]
	for i in $(seq "$n"); do
		cmp "p-${i}of$n.zip" "again/x-${i}of$n.zip"
	done
	[[ $(seki-pack --state sent --list) == *"($n parts)" ]]
	[ "$(seki-pack --state sent --list --json | jq .parts)" -eq "$n" ]
	# The same command again is the same bundle.
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --audience lgwan-1 --state sent --max-size 80K -o p.zip h.jsonl
	echo "$stderr"
	[ "$status" -eq 0 ]
	[[ $stderr == *"no new one was made"*"in $n parts, as then"* ]]
	# Another size would be another cut.
	refused 64 usage "packed larger" seki-pack --trust trust \
	    --key inet-1.key --audience lgwan-1 --state sent --max-size 50K \
	    -o p.zip h.jsonl
	[[ $stderr == *"--reissue 1 --carrier media --max-size 51200"* ]]
	[ "$(seki-pack --state sent --list | wc -l)" -eq 1 ]
	# A name that is taken: nothing is handed out, no number used.
	echo mine >"o-2of$n.zip"
	refused 74 file "was not overwritten" seki-pack --trust trust \
	    --key inet-1.key --audience lgwan-1 --state new --max-size 80K \
	    -o o.zip h.jsonl
	[ "$(ls o-*)" = "o-2of$n.zip" ]
	[ "$(cat o-2of*)" = mine ]
	[ -z "$(seki-pack --state new --list)" ]
	[ -z "$(ls new/outbox)" ]
	seki-pack -q --state sent --stream hard --withdraw 1 >/dev/null
	[ -z "$(ls sent/outbox)" ]
	[ "$(sqlite3 sent/state.db 'SELECT count(*) FROM part')" -eq 0 ]
	pack --state sent --max-size 80K -o new.zip h.jsonl
	[ "$(member new-1of*.zip .seq)" -eq 1 ]
}

@test "the same records again, but smaller or for another way" {
	mk $(long 1 2 3 4) >s.jsonl
	again="seki-pack -q --trust trust --key inet-1.key --audience lgwan-1
	    --state n s.jsonl -o"
	$again o.zip >marks
	# What stands there is not what is asked for: no silent "already".
	refused 64 usage "packed larger" $again o.zip --max-size 40K
	[[ $stderr == *"--reissue 1 --carrier media --max-size 40960"* ]]
	refused 64 usage "for the carrier media" $again o.zip --carrier relay
	[[ $stderr == *"--reissue 1 --carrier relay"* ]]
	echo "max_size = 1000" >strict
	refused 1 policy "the relay would stop it" $again o.zip --profile strict
	$again o.zip --max-size 1M >marks
	seki-pack -q --trust trust --key inet-1.key --state n --stream soudan \
	    --reissue 1 --carrier media --max-size 40K -o r.zip
	verify r-*.zip
	$again q.zip --max-size 60K >marks
	max=$(stat -c %s q-*.zip | sort -n | tail -1)
	$again q.zip --max-size "$max" >marks
	refused 64 usage "packed larger" $again q.zip --max-size $((max - 1))
	[ "$(seki-pack --state n --list | cut -f 3,4 | tr '\n' ' ')" = \
	    "1	ready 2	ready " ]
}

@test "bookmarks under a name that is handed out" {
	mk $(long 1 2 3 4) >s.jsonl
	for marks in o-1of2.zip o-2of3.zip o-01of12.zip ./o.zip "$PWD/o.zip"; do
		refused 64 usage "the name of what is handed out" seki-pack \
		    --trust trust --key inet-1.key --audience lgwan-1 --state n \
		    --max-size 60K -o o.zip --bookmarks "$marks" s.jsonl
		[ -z "$(ls o*zip 2>/dev/null)" ]
	done
	# Names that only look like one.
	pack --state n --max-size 60K -o o.zip --bookmarks o-2of.zip s.jsonl
	[ "$(jq -r .complete.records o-2of.zip)" -eq 4 ]
	verify $(ls o-?of?.zip)
}

@test "killed at calls that change files, then run again" {
	mk $(long 1 2 3 4) >s.jsonl
	n=3 runs=0
	while :; do
		rm -rf k k-*.zip
		status=0
		ASAN_OPTIONS=detect_leaks=0 python3 "$TOP/tests/killat.py" $n \
		    seki-pack --trust trust --key inet-1.key --state k -q \
		    --audience lgwan-1 --max-size 60K -o k.zip s.jsonl \
		    >/dev/null 2>err || status=$?
		[ "$status" -eq 137 ] || break
		runs=$((runs + 1))
		run --separate-stderr pack --state k --max-size 60K -o k.zip \
		    s.jsonl
		[ "$status" -eq 0 ] || { echo "kill $n: $stderr"; false; }
		[ "$(seki-pack --state k --list | cut -f 3,4)" = "1	ready" ] ||
			{ echo "kill $n"; seki-pack --state k --list; false; }
		[ -z "$(find . -name '*.tmp')" ] || { echo "kill $n"; false; }
		for f in k-*.zip; do cmp "$f" "k/outbox/soudan-1${f#k}"; done
		run --separate-stderr verify k-*.zip
		[ "$status" -eq 0 ] || { echo "kill $n: $stderr"; false; }
		n=$((n + 19))
	done
	[ "$status" -eq 0 ] || { cat err; false; }
	[ "$runs" -gt 6 ]
}

@test "a withdrawal that is killed: all of it is there, or nothing" {
	mk $(long 1 2 3 4) >s.jsonl
	pack --state k0 --max-size 60K -o k.zip s.jsonl
	n=60 kept=0 gone=0
	while :; do
		rm -rf k k-*.zip
		cp -R k0 k
		status=0
		ASAN_OPTIONS=detect_leaks=0 python3 "$TOP/tests/killat.py" $n \
		    seki-pack --state k --stream soudan --withdraw 1 -q \
		    >/dev/null 2>err || status=$?
		[ "$status" -eq 137 ] || break
		if [ "$(seki-pack --state k --list | cut -f 4)" = ready ]; then
			kept=$((kept + 1))
			seki-pack -q --state k --stream soudan --resend 1 -o k.zip
			verify -q k-*.zip >/dev/null || { echo "kill $n"; false; }
		else
			gone=$((gone + 1))
			pack --state k --max-size 70K -o k.zip s.jsonl
			[ "$(ls k/outbox | wc -l)" -eq $(($(ls k-*.zip | wc -l) + 1)) ] ||
				{ echo "kill $n"; ls k/outbox; false; }
		fi
		n=$((n + 3))
	done
	[ "$status" -eq 0 ] || { cat err; false; }
	[ "$kept" -gt 0 ]
	[ "$gone" -gt 0 ]
}

@test "a size that nothing fits, and one that is none" {
	big=3=$(noise 5 80000 | base64 -w0 | tr -d '0-9+/=')
	mk 1=a 2=b "$big" 4=d >big.jsonl
	mk "$big" >one.jsonl
	refused 65 limit "record 3" seki-pack --trust trust --key inet-1.key \
	    --audience lgwan-1 --state n --max-size 32K -o n.zip \
	    big.jsonl
	[[ $stderr == *"give --max-size "* ]]
	refused 65 limit "no two records" seki-pack --trust trust \
	    --key inet-1.key --audience lgwan-1 --state n --max-size 32K \
	    -o n.zip one.jsonl
	for bad in 0 12 20X K -1 1e9 99999999999999999999 3.5M ""; do
		refused 64 usage "--max-size" seki-pack --trust trust \
		    --key inet-1.key --audience lgwan-1 --state n \
		    --max-size "$bad" -o n.zip h.jsonl
	done
	[ -z "$(ls n*zip 2>/dev/null)" ]
	[ -z "$(seki-pack --state n --list 2>/dev/null)" ]
	# What fits is one file.
	pack --state n --max-size 1G -o n.zip h.jsonl
	verify n.zip
}

@test "the signature once more lies in each part that is a ZIP" {
	pack --state t --carrier relay --signature-text --max-size 150K \
	    -o t.zip h.jsonl
	for f in t-*.zip; do
		mkdir x
		(cd x && unzip -q "../$f")
		[ -s x/signature.txt ]
		run --separate-stderr verify x
		[ "$status" -eq 0 ]
		rm -r x
	done
	refused 64 usage "in a ZIP" seki-pack --trust trust --key inet-1.key \
	    --audience lgwan-1 --state t2 --carrier relay --signature-text \
	    --max-size 100K -o t2.xlsx h.jsonl
	[ -z "$(ls t2*xlsx t2*txt 2>/dev/null)" ]
}

@test "what a relay would stop is looked at in each part" {
	printf 'max_size = 100000\n' >gate.conf
	refused 1 policy "" seki-pack --trust trust --key inet-1.key \
	    --audience lgwan-1 --state n --carrier relay --profile gate.conf \
	    -o n.xlsx h.jsonl
	[[ $stderr == *"--max-size"* ]]
	pack --state n --carrier relay --profile gate.conf --max-size 100000 \
	    -o n.xlsx h.jsonl
	[ "$(ls n-*.xlsx | wc -l)" -ge 2 ]
	seki-pack --lint --profile gate.conf n-*.xlsx
}
