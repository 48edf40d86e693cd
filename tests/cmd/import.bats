# seki-import: what comes in is what was signed, wholly or not at all.

load helper

DATA=$TOP/tests/data/root

setup() {
	cd "$BATS_TEST_TMPDIR"
	two_sides
}

mk() {
	"$TOP/tests/mkstream.py" "$@"
}

# pack OUTPUT [OPTION...]: the stream comes on stdin.
pack() {
	local out=$1
	shift
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o "$out" "$@" >state.out
}

import() {
	seki-import --trust trust --audience lgwan-1 --store town.db "$@"
}

sql() {
	sqlite3 "${2:-town.db}" "$1"
}

# refused STATUS REASON: what run got.
refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
	nothing_left
}

nothing_left() {
	[ -z "$(find . -name '*-journal' -o -name '*.tmp' -o -name '*-wal')" ]
}

# whole: rows, position and ledger of the store say the same.
whole() {
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
	[ "$(sql "SELECT count(*) FROM seki_ledger
	    WHERE entry LIKE '%\"kind\":\"import\"%'")" = \
	    "$(sql 'SELECT count(*) FROM seki_bundle')" ]
	# The position is the newest bundle's, and no row is of a later one.
	[ "$(sql 'SELECT count(*) FROM seki_stream s WHERE s.bundle IS NOT
	    (SELECT max(id) FROM seki_bundle b WHERE b.stream = s.id)')" = 0 ]
	local s
	for s in $(sql 'SELECT stream FROM seki_stream'); do
		seki-export --store town.db --stream "$s" --format stream \
		    >/dev/null
	done
}

@test "every vector comes back line for line, with one root in all four" {
	local f s
	for f in every held key lineends names one order empty accepted; do
		rm -rf sent town.db b.zip
		pack b.zip <"$DATA/$f.jsonl"
		run --separate-stderr import --allow-empty --json b.zip
		[ "$status" -eq 0 ] || { echo "$f: $output $stderr"; false; }
		s=$(head -1 "$DATA/$f.jsonl" | jq -r .stream)
		seki-export --store town.db --stream "$s" --format stream \
		    >back.jsonl
		cmp <(grep -v '"STATE"' back.jsonl) \
		    <(grep -v '"STATE"' "$DATA/$f.jsonl" | normal)
		[ "$(jq -r .root <<<"$output")" = \
		    "$(tail -1 "$DATA/$f.jsonl" | jq -r .value.complete.root)" ]
		[ "$(tail -1 back.jsonl | jq -r .value.complete.root)" = \
		    "$(tail -1 "$DATA/$f.jsonl" | jq -r .value.complete.root)" ]
		whole
	done
}

# The SCHEMA line as the library writes it; other lines as they are.
normal() {
	local line
	IFS= read -r line
	head -1 back.jsonl
	cat
}

@test "R1: the same bundle twice" {
	mk 1=a 2=b/x | pack b.zip
	import b.zip
	run --separate-stderr import b.zip
	[ "$status" -eq 0 ]
	[[ $output == "b.zip: already: "*"; 0 records" ]]
	[ "$(import --json b.zip 2>/dev/null | jq -r .reason)" = already ]
	[ "$(sql 'SELECT count(*) FROM seki_ledger')" -eq 2 ]
	[ "$(sql 'SELECT count(*) FROM soudan')" -eq 2 ]
	run --separate-stderr import --new b.zip
	refused 1 stale
	# Taken before, and out of date since: still nothing to do.
	run --separate-stderr faketime '+60 days' seki-import --trust trust \
	    --audience lgwan-1 --store town.db b.zip
	[ "$status" -eq 0 ]
	[[ $output == *already* ]]
}

# damage FILE ENTRY OUT: one byte of the entry's data turned.
damage() {
	python3 - "$@" <<-'EOF'
		import sys, zipfile
		f, name, out = sys.argv[1:]
		b = bytearray(open(f, "rb").read())
		e = zipfile.ZipFile(f).getinfo(name)
		b[e.header_offset + 30 + len(name) + e.compress_size // 2] ^= 1
		open(out, "wb").write(b)
	EOF
}

@test "R2: a lower seq that was made later comes from another --state" {
	local n
	for n in 1 2 3; do
		mk 1=$n | pack $n.zip
	done
	import 1.zip 2.zip 3.zip
	cp town.db before.db
	# A second sender of the stream begins to count again.
	mk 1=z | faketime '+10 seconds' seki-pack -q --trust trust \
	    --key inet-1.key --state other --audience lgwan-1 \
	    --carrier media -o z.zip >state.out
	run --separate-stderr faketime '+20 seconds' seki-import --trust trust \
	    --audience lgwan-1 --store town.db z.zip
	refused 1 replay
	[[ $stderr == *"seq 1, but it was made after seq 3, which is stored; the sending side seems to use another --state folder"* ]]
	[[ $stderr == *"next: do not put it away: call the sending side, which packs stream soudan with the --state folder that holds seq 3"* ]]
	[[ $stderr != *superseded* ]]
	cmp town.db before.db
}

@test "a stream that is new in a store with others is noted" {
	mk 1=a | pack 1.zip
	run --separate-stderr import 1.zip
	[ "$status" -eq 0 ]
	[[ $stderr != *"is new in this store"* ]]
	mk 1=a | sed 's/"soudan"/"sodan"/g' | pack 2.zip
	mk 1=a | sed 's/"soudan"/"zei"/g' | pack 3.zip
	run --separate-stderr import 2.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"2.zip: stream sodan is new in this store; it has: soudan"* ]]
	run --separate-stderr import --json 3.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"stream zei is new in this store; it has: sodan, soudan"* ]]
	[ "$(jq -r .new_beside <<<"$output")" = "sodan, soudan" ]
	whole
}

@test "already is said of whole bundles only" {
	mk 1=a 2=b/x | pack a.zip --title x
	import a.zip
	cp town.db before.db
	seki-pack -q --state sent --stream soudan --withdraw 1 >state.out
	mk 1=a 2=b/x | pack b.zip --title y
	local f e
	for f in a b; do
		for e in data/records.jsonl view/records.xlsx; do
			damage $f.zip $e bad.zip
			run --separate-stderr import bad.zip
			[ "$status" -eq 1 ] || { echo "$f $e: $output"; false; }
			[[ $stderr == *": digest: "* ]]
		done
	done
	# The records of another bundle under its root.
	python3 "$TOP/tests/resign.py" b.zip inet-1.key c.zip \
	    --set content.records=1
	run --separate-stderr import c.zip
	refused 1 content
	cmp town.db before.db
	nothing_left
}

@test "withdrawn and packed again: the chain goes on over either" {
	mk 1=a | pack a1.zip --title x
	import a1.zip
	seki-pack -q --state sent --stream soudan --withdraw 1 >state.out
	mk 1=a | pack b1.zip --title y
	sleep 1
	mk 1=b | pack b2.zip
	# The second one was never seen here: said, with the way out.
	run --separate-stderr import b2.zip
	refused 1 fork
	[[ $stderr == *"seki-pack --resend 1"* ]]
	# Verifying remembers nothing.
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 \
	    --store town.db b1.zip
	[ "$status" -eq 0 ]
	[ "$(sql 'SELECT count(*) FROM seki_twin')" -eq 0 ]
	run --separate-stderr import b1.zip
	[ "$status" -eq 0 ]
	[[ $output == *already* ]]
	[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 1 ]
	[ "$(sql "SELECT json_extract(entry, '\$.kind') FROM seki_ledger
	    WHERE n = 3")" = again ]
	import b1.zip
	import a1.zip
	[ "$(sql 'SELECT count(*) FROM seki_ledger')" -eq 3 ]
	install -m 600 town.db good.db
	import b2.zip
	whole
	# Whoever took the first may not be told another twin by hand.
	cp b2.zip 2.zip
	by_hand "DELETE FROM seki_twin"
	refused 1 ledger
	by_hand "UPDATE seki_twin SET digest = zeroblob(32)"
	refused 1 ledger
	by_hand "INSERT INTO seki_twin VALUES (9, zeroblob(32), 1, '')"
	refused 1 ledger
}

@test "a full bundle founds a new store, whatever its number" {
	mk 1=a | pack 1.zip
	sqlite3 sent/state.db 'UPDATE position SET seq = 98'
	sleep 1
	mk 1=b | pack 99.zip
	run --separate-stderr import 99.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"begins here with seq 99"* ]]
	run --separate-stderr import 1.zip
	refused 1 replay
	whole
}

@test "R2: two bundles with one number are a fork" {
	mk 1=a | pack a.zip
	mk 1=b | pack b.zip --state sent2
	import a.zip
	cp town.db before.db
	run --separate-stderr import b.zip
	refused 1 fork
	cmp town.db before.db
}

@test "a chain that hangs on another bundle is a fork" {
	mk 1=a | pack a1.zip
	mk 1=b | pack b1.zip --state sent2
	sleep 1
	mk 1=c | pack b2.zip --state sent2
	import a1.zip
	run --separate-stderr import b2.zip
	refused 1 fork
}

@test "R3: an older bundle that was skipped comes too late" {
	local i
	for i in 1 2 3; do
		mk 1=$i | pack b$i.zip
	done
	import b1.zip
	run --separate-stderr import b3.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"1 bundles before it were skipped"* ]]
	[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 2 ]
	cp town.db before.db
	run --separate-stderr import b2.zip
	refused 1 replay
	[[ $stderr == *"seq 2 was superseded by 3"* ]]
	cmp town.db before.db
	run --separate-stderr import b1.zip
	[ "$status" -eq 0 ]
	[[ $output == *already* ]]
	whole
}

@test "R5: out of date; a clock that is behind" {
	mk 1=a | pack 1.zip
	run --separate-stderr faketime '+60 days' seki-import --trust trust \
	    --audience lgwan-1 --store town.db 1.zip
	refused 1 expired
	[ ! -e town.db ]
	# Only an accepted bundle moves the clock's floor.
	import 1.zip
	sleep 1
	mk 1=b | faketime '+3 days' seki-pack -q --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 -o 2.zip >state
	run --separate-stderr import 2.zip
	refused 75 early
	faketime '+3 days' seki-import --trust trust --audience lgwan-1 \
	    --store town.db 2.zip
	cp town.db before.db
	# The sender, right again, does not date on from the wrong day.
	run --separate-stderr bash -c 'mk() { python3 "$TOP/tests/mkstream.py" \
	    "$@"; }; mk 1=c | seki-pack -q --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 3.zip'
	[ "$status" -eq 78 ]
	[ ! -e 3.zip ]
	mk 1=c | faketime '+3 days' seki-pack -q --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 -o 3.zip >state
	run --separate-stderr import 3.zip
	refused 78 clock
	run --separate-stderr import 2.zip
	refused 78 clock
	cmp town.db before.db
}

@test "R8: many imports of the same bundles at once" {
	local i j
	for i in 1 2 3; do
		mk 1=$i $((i + 1))=x | pack b$i.zip
	done
	for i in 1 2 3; do
		for j in a b; do
			import b$i.zip >out.$i$j 2>&1 3>&- &
		done
	done
	wait
	import b3.zip
	grep -L 'ok:\|already\|replay\|gap' out.* | grep . && false
	[ "$(sql 'SELECT count(*) FROM seki_bundle WHERE seq = 3')" -eq 1 ]
	whole
}

@test "several operands: each is taken, the worst answer counts" {
	mk 1=a | pack a.zip
	mk -s other 1=a | pack b.zip
	echo no >c.zip
	run --separate-stderr import a.zip c.zip b.zip
	[ "$status" -eq 65 ]
	[ "$(sql 'SELECT count(*) FROM seki_stream')" -eq 2 ]
}

@test "equal, changed, new and vanished records are told apart" {
	mk 1=a 2=b/x/y 3=c 5=e 10=j/z | pack 1.zip
	import 1.zip
	mk 1=a 2=b/x/Y 4=d 5=E 10=j/z | pack 2.zip
	run --separate-stderr import --json 2.zip
	[ "$(jq -c '[.added,.changed,.removed,.same]' <<<"$output")" = \
	    "[1,2,1,2]" ]
	[ "$(sql 'SELECT group_concat("$id" || "=" || seki_bundle)
	    FROM (SELECT * FROM soudan ORDER BY seki_len, "$id")')" = \
	    "1=1,2=2,4=2,5=2,10=1" ]
	[ "$(sql "SELECT seki_key, seki_bundle, seki_until,
	    json_extract(record, '\$.件名'),
	    json_extract(record, '\$.家族[1].氏名')
	    FROM soudan_history ORDER BY seki_key")" = "2|1|2|b|y
3|1|2|c|
5|1|2|e|" ]
	[ "$(sql "SELECT count(*) FROM soudan_history h JOIN seki_bundle o
	    ON o.id = h.seki_bundle JOIN seki_bundle n ON n.id = h.seki_until
	    WHERE valid_from = o.created AND valid_to = n.created
	    AND learnt = n.taken")" -eq 3 ]
	[ "$(sql 'SELECT seki_key || "氏名" FROM "soudan_家族"
	    ORDER BY seki_len, seki_key, seki_ordinal')" = $'2x\n2Y\n10z' ]
	whole
}

# by_hand CHANGE: a good store, changed; import of 2.zip must leave it so.
by_hand() {
	install -m 600 good.db town.db
	sqlite3 -cmd '.dbconfig defensive off' town.db "$1" >/dev/null ||
	    { echo "$1"; false; }
	cp town.db before.db
	run --separate-stderr import 2.zip
	cmp town.db before.db || { echo "written: $1"; false; }
	[[ $stderr == *"town.db: "* ]] || { echo "$1: $stderr"; false; }
}

@test "rows changed by hand do not pass into the history as genuine" {
	mk 1=a 2=b/x/y 3=c '4!r' 5=e/z 6=f | pack 1.zip
	import 1.zip
	mk 1=a '2!r' 3=c '4!r' 5=e/z 6=f | pack 1b.zip
	import 1b.zip
	mv town.db good.db
	# Changes 1, 2 and 5, removes 3, leaves 6.
	mk 1=A 2=B/x '4!r' 5=e/Z 6=f | pack 2.zip
	local change
	for change in \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '1'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '2'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '3'" \
	    "UPDATE soudan SET \"件名\" = NULL WHERE \"\$id\" = '6'" \
	    "UPDATE soudan SET seki_leaf = (SELECT seki_leaf FROM soudan
	     WHERE \"\$id\" = '6') WHERE \"\$id\" = '3'" \
	    "UPDATE soudan SET seki_leaf = x'00' WHERE \"\$id\" = '1'" \
	    "UPDATE soudan SET seki_bundle = 2 WHERE \"\$id\" = '1'" \
	    "UPDATE soudan SET seki_held = 1 WHERE \"\$id\" = '1'" \
	    "UPDATE soudan SET seki_held = 0 WHERE \"\$id\" = '2'" \
	    "UPDATE soudan SET seki_source = 9 WHERE \"\$id\" = '6'" \
	    "UPDATE soudan SET seki_len = 7 WHERE \"\$id\" = '3'" \
	    "UPDATE soudan SET \"\$id\" = '7' WHERE \"\$id\" = '3'" \
	    "INSERT INTO soudan SELECT seki_source, seki_len, seki_leaf,
	     seki_bundle, 0, '7', \"\$revision\", \"件名\" FROM soudan
	     WHERE \"\$id\" = '6'" \
	    "INSERT INTO soudan SELECT 8, seki_len, seki_leaf, seki_bundle, 0,
	     '7', \"\$revision\", \"件名\" FROM soudan WHERE \"\$id\" = '6'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '1'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '3'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '2';
	     DELETE FROM \"soudan_家族\" WHERE seki_key = '2'" \
	    "DELETE FROM soudan; DELETE FROM \"soudan_家族\"" \
	    "UPDATE \"soudan_家族\" SET \"氏名\" = 'w' WHERE seki_key = '5'" \
	    "UPDATE \"soudan_家族\" SET \"氏名\" = 'w' WHERE seki_key = '2'
	     AND seki_ordinal = 2" \
	    "UPDATE \"soudan_家族\" SET \"\$id\" = '99' WHERE seki_key = '5'" \
	    "UPDATE \"soudan_家族\" SET seki_key = '3' WHERE seki_key = '5'" \
	    "DELETE FROM \"soudan_家族\" WHERE seki_key = '5'" \
	    "DELETE FROM \"soudan_家族\" WHERE seki_key = '2'
	     AND seki_ordinal = 2" \
	    "INSERT INTO \"soudan_家族\" SELECT seki_source, 1, '3', 1,
	     seki_leaf, '9', 'v' FROM \"soudan_家族\" WHERE seki_key = '5'" \
	    "INSERT INTO \"soudan_家族\" SELECT seki_source, 1, '9', 1,
	     seki_leaf, '9', 'v' FROM \"soudan_家族\" WHERE seki_key = '5'" \
	    "DELETE FROM seki_held WHERE key = '4'" \
	    "UPDATE seki_held SET key = '7' WHERE key = '4'" \
	    "UPDATE seki_held SET reasons = '[]' WHERE key = '4'" \
	    "INSERT INTO seki_held SELECT stream, seki_source, 1, '9', reasons,
	     seki_bundle FROM seki_held LIMIT 1"; do
		by_hand "$change"
		refused 1 content
		[[ $stderr == *"backup"* ]]
		# What is exported is looked at in the same way.
		run --separate-stderr seki-export --store town.db \
		    --stream soudan --format stream -o out.jsonl
		[ "$status" -eq 1 ] || { echo "export: $change"; false; }
		[[ $stderr == *": content: "* ]]
		[ ! -e out.jsonl ]
	done
	by_hand "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '3'"
	[[ $stderr == *"record 3: "* ]]
	# Also when labels change, and every leaf with them.
	mk -l 用件 1=A 2=B/x '4!r' 5=e/Z 6=f | pack 3.zip
	cp 3.zip 2.zip
	by_hand "DELETE FROM soudan WHERE \"\$id\" = '3'"
	refused 1 content
	install -m 600 good.db town.db
	import 2.zip
	whole
}

@test "the history is what the imports wrote" {
	mk 1=a 2=b/x 3=c | pack 1.zip
	import 1.zip
	mk 1=A 2=b/y 3=c | pack 1b.zip
	import 1b.zip
	mk 1=A 2=b/y | pack 1c.zip
	import 1c.zip
	[ "$(sql 'SELECT group_concat(n || "=" || seki_key) FROM
	    soudan_history')" = 1=1,2=2,3=3 ]
	mv town.db good.db
	mk 1=A 2=b/y 4=d | pack 2.zip
	local change
	for change in \
	    "UPDATE soudan_history SET record = '{}' WHERE n = 2" \
	    "UPDATE soudan_history SET record = record || ' ' WHERE n = 3" \
	    "UPDATE soudan_history SET valid_from = valid_to WHERE n = 1" \
	    "UPDATE soudan_history SET learnt = '' WHERE n = 1" \
	    "UPDATE soudan_history SET seki_leaf = x'' WHERE n = 1" \
	    "UPDATE soudan_history SET seki_until = 9 WHERE n = 1" \
	    "DELETE FROM soudan_history" \
	    "DELETE FROM soudan_history WHERE n = 1" \
	    "DELETE FROM soudan_history WHERE n = 2" \
	    "DELETE FROM soudan_history WHERE n = 3" \
	    "DELETE FROM soudan_history WHERE n = 2;
	     UPDATE soudan_history SET n = 2 WHERE n = 3" \
	    "UPDATE soudan_history SET n = 9 WHERE n = 3" \
	    "UPDATE soudan_history SET n = -n" \
	    "INSERT INTO soudan_history SELECT NULL, seki_source, 1, '9',
	     valid_from, valid_to, learnt, seki_bundle, seki_until,
	     seki_schema, seki_leaf, record FROM soudan_history LIMIT 1"; do
		by_hand "$change"
		refused 1 content
		[[ $stderr == *"the history"*"backup"* ]]
		run --separate-stderr seki-export --store town.db \
		    --stream soudan --format stream -o out.jsonl
		[ "$status" -eq 1 ] || { echo "export: $change"; false; }
		[ ! -e out.jsonl ]
	done
	install -m 600 good.db town.db
	import 2.zip
	# Another program may write the file anew.
	sql VACUUM
	mk 4=d | pack 3.zip
	import 3.zip
	whole
}

@test "thousands of keys across batches, in key order" {
	local i
	mk $(seq -f '%.0f=v' 1 2500) | pack 1.zip
	import 1.zip
	mk $(seq -f '%.0f=v' 1 3 2500) $(seq -f '%.0f=n' 3000 3600) | pack 2.zip
	run --separate-stderr import --json 2.zip
	[ "$(jq -c '[.added,.changed,.removed,.same]' <<<"$output")" = \
	    "[601,0,1666,834]" ]
	whole
}

@test "the first ten held records are named" {
	mk $(seq -f '%.0f!length' 1 12) | pack 1.zip
	LANGUAGE=ja run --separate-stderr import --json 1.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"レコード 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"* ]]
	[ "$(jq -r .keys <<<"$output")" = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10" ]
}

@test "a held record keeps its last good version, marked" {
	mk 1=a 2=b/x 3=c | pack 1.zip
	import 1.zip
	mk 1=a '2!length' 3=c '4!length' | pack 2.zip
	run --separate-stderr import 2.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"2 records are held: their last good version stays, marked: record 2, 4" ]]
	[ "$(sql 'SELECT "$id", "件名", seki_held FROM soudan')" = "1|a|0
2|b|1
3|c|0" ]
	[ "$(sql 'SELECT "保留" FROM "soudan_表示" WHERE "番号" = '"'2'")" = \
	    保留 ]
	[ "$(sql 'SELECT key, reasons FROM seki_held')" = \
	    '2|[{"field":"件名","rule":"length"}]
4|[{"field":"件名","rule":"length"}]' ]
	whole
	# Still held, then good as before, then gone.
	mk 1=a '2!length' 3=c | pack 3.zip
	import 3.zip
	[ "$(sql 'SELECT count(*) FROM seki_held')" -eq 1 ]
	mk 1=a 2=b/x 3=c | pack 4.zip
	run --separate-stderr import --json 4.zip
	[ "$(jq -c '[.added,.changed,.removed,.same]' <<<"$output")" = \
	    "[0,0,0,3]" ]
	[ "$(sql 'SELECT sum(seki_held) FROM soudan')" -eq 0 ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 0 ]
	whole
}

@test "another label: the view changes, no record does" {
	mk 1=a 2=b/x '3!r' | pack 1.zip
	import 1.zip
	mk -l 用件 1=a 2=b/x '3!r' | pack 2.zip
	run --separate-stderr import --json 2.zip
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.added,.changed,.removed,.same]' <<<"$output")" = \
	    "[0,0,0,2]" ]
	[ "$(sql 'SELECT "用件" FROM "soudan_表示" WHERE "番号" = '"'2'")" = b ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 0 ]
	[ "$(sql "SELECT label FROM seki_column WHERE code = '件名'")" = 用件 ]
	whole
}

@test "another label while a record is held: its old version stays checkable" {
	mk 1=a 2=b/x | pack 1.zip
	import 1.zip
	mk 1=a '2!r' | pack 2.zip
	import 2.zip
	mk -l 用件 1=a '2!r' | pack 3.zip
	import 3.zip
	whole
}

@test "another form is refused before the first write" {
	mk 1=a | pack 1.zip
	import 1.zip
	cp town.db before.db
	mk -t MULTI_LINE_TEXT 1=a | pack 2.zip
	run --separate-stderr import 2.zip
	refused 78 schema
	[[ $stderr == *"changed: 件名 (type MULTI_LINE_TEXT where SINGLE_LINE_TEXT was)"* ]]
	cmp town.db before.db
}

@test "D2: tables changed by hand are refused by name" {
	mk 1=a 2=b/x | pack 1.zip
	import 1.zip
	mv town.db good.db
	mk 1=c 2=b/y | pack 2.zip
	local change
	for change in \
	    'ALTER TABLE soudan RENAME COLUMN "件名" TO "件 名"' \
	    'ALTER TABLE soudan DROP COLUMN "件名"' \
	    'ALTER TABLE "soudan_家族" RENAME COLUMN "氏名" TO "名"' \
	    'ALTER TABLE soudan ADD COLUMN x TEXT NOT NULL DEFAULT 1;
	     CREATE TABLE t AS SELECT 1; DROP TABLE t;
	     PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql =
	     replace(sql, " DEFAULT 1", "") WHERE name = "soudan"' \
	    'DROP VIEW "soudan_家族_表示"; DROP TABLE "soudan_家族"' \
	    'CREATE TABLE n AS SELECT * FROM soudan; DROP TABLE soudan; ALTER TABLE n RENAME TO soudan' \
	    'DELETE FROM seki_column WHERE place = 2' \
	    'DELETE FROM seki_schema' 'DELETE FROM seki_table' \
	    'DROP TABLE soudan_history' \
	    'DROP TABLE seki_held' \
	    "UPDATE seki_schema SET message = replace(message, '件名', '件')"; do
		install -m 600 good.db town.db
		# Changed without views in the way.
		sql 'DROP VIEW "soudan_表示"' 2>/dev/null
		sqlite3 -cmd '.dbconfig defensive off' town.db "$change"
		cp town.db before.db
		run --separate-stderr import 2.zip
		[ "$status" -eq 78 ] || { echo "$change: $output$stderr"; false; }
		refused 78 schema
		cmp town.db before.db
	done
	# A column of people's own that may stay empty is theirs.
	install -m 600 good.db town.db
	sql "ALTER TABLE soudan ADD COLUMN memo TEXT;
	    UPDATE soudan SET memo = 'mine'"
	import 2.zip
	[ "$(sql 'SELECT count(*) FROM soudan WHERE memo IS NOT NULL')" -eq 2 ]
	whole
}

@test "D3: a rule of the database refuses a record: nothing is there" {
	mk 1=a | pack 1.zip
	import 1.zip
	sql "ALTER TABLE soudan ADD COLUMN memo TEXT
	    CHECK (\"\$id\" <> '999')"
	cp town.db before.db
	mk $(seq -f '%.0f=v' 1 1000) | pack 2.zip
	run --separate-stderr import 2.zip
	refused 65 record
	[[ $stderr == *"record 999: "* ]]
	cmp town.db before.db
}

@test "what somebody added to the database must not decide over its rows" {
	mk 1=a | pack 1.zip
	import 1.zip
	mv town.db good.db
	mk 1=b | pack 2.zip
	local change
	for change in \
	    "CREATE TRIGGER t AFTER INSERT ON soudan BEGIN UPDATE soudan
	     SET \"件名\" = 'z'; END" \
	    "CREATE TRIGGER t AFTER DELETE ON soudan_history BEGIN
	     SELECT 1; END" \
	    "CREATE TRIGGER t BEFORE INSERT ON seki_ledger BEGIN
	     SELECT raise(IGNORE); END" \
	    "CREATE TABLE mine (x); CREATE TRIGGER t AFTER INSERT ON mine BEGIN
	     DELETE FROM soudan; END" \
	    "CREATE VIEW v AS SELECT 1; CREATE TRIGGER t INSTEAD OF INSERT ON v
	     BEGIN DELETE FROM soudan; END" \
	    'CREATE UNIQUE INDEX u ON soudan ("件名")' \
	    'CREATE UNIQUE INDEX u ON seki_bundle (stream)' \
	    'CREATE UNIQUE INDEX u ON soudan_history (seki_key)' \
	    'ALTER TABLE seki_bundle ADD COLUMN x TEXT' \
	    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql =
	     replace(sql, 'history TEXT NOT NULL', 'history TEXT')
	     WHERE name = 'seki_stream'"; do
		by_hand "$change"
		refused 78 schema
		run --separate-stderr seki-export --store town.db \
		    --stream soudan
		[ "$status" -eq 78 ]
		run --separate-stderr seki-verify --trust trust \
		    --audience lgwan-1 --store town.db 2.zip
		[ "$status" -eq 78 ]
	done
	by_hand "CREATE TRIGGER \"a'b\" AFTER INSERT ON soudan BEGIN
	    SELECT 1; END"
	[[ $stderr == *"DROP trigger"* ]]
	# What only reads, or makes reading faster, may stay.
	install -m 600 good.db town.db
	sql 'CREATE INDEX i ON soudan ("件名"); CREATE VIEW v AS SELECT * FROM
	    soudan; CREATE TABLE mine (x UNIQUE); ANALYZE'
	import 2.zip
	whole
}

@test "the ledger and the bundles say the same, with its own triggers" {
	mk 1=a | pack 1.zip
	import 1.zip
	mk 1=b | pack 1b.zip
	import 1b.zip
	mv town.db good.db
	mk 1=c | pack 2.zip
	local change triggers
	triggers=$(sql "SELECT group_concat(sql, ';') FROM sqlite_schema
	    WHERE type = 'trigger'" good.db)
	for change in \
	    'DROP TRIGGER seki_ledger_update' \
	    'DROP TRIGGER seki_ledger_insert; CREATE TRIGGER seki_ledger_insert
	     BEFORE INSERT ON seki_ledger BEGIN SELECT raise(IGNORE); END' \
	    'DROP TABLE seki_ledger' \
	    'CREATE TABLE n AS SELECT * FROM seki_ledger; DROP TABLE
	     seki_ledger; ALTER TABLE n RENAME TO seki_ledger' \
	    "DROP TRIGGER seki_ledger_delete; DELETE FROM seki_ledger;
	     $triggers" \
	    "DROP TRIGGER seki_ledger_delete; DELETE FROM seki_ledger
	     WHERE n = 3; $triggers" \
	    "DROP TRIGGER seki_ledger_delete; DELETE FROM seki_ledger
	     WHERE n > 1; $triggers" \
	    'DELETE FROM seki_bundle WHERE seq = 1' \
	    "UPDATE seki_bundle SET manifest = '{}' WHERE seq = 1" \
	    'UPDATE seki_bundle SET seq = 7 WHERE seq = 1' \
	    "UPDATE seki_bundle SET root = zeroblob(32) WHERE seq = 2" \
	    "UPDATE seki_bundle SET digest = zeroblob(32) WHERE seq = 2" \
	    "UPDATE seki_bundle SET created = '2026-01-02T03:04:05Z' WHERE seq = 2" \
	    "UPDATE seki_bundle SET rows_sha256 = zeroblob(32) WHERE seq = 1" \
	    "UPDATE seki_bundle SET past = 0 WHERE seq = 2" \
	    "UPDATE seki_source SET app = '8'" \
	    "INSERT INTO seki_bundle SELECT 9, stream, 1, 9, kind,
	     zeroblob(32), prev, root, schema, source, records, held, created,
	     taken, state, manifest, rows_sha256, past, past_sha256
	     FROM seki_bundle LIMIT 1"; do
		by_hand "$(sed 's/CREATE TRIGGER/& IF NOT EXISTS/g' <<<"$change")"
		refused 1 ledger
		run --separate-stderr seki-export --store town.db \
		    --stream soudan
		[ "$status" -eq 1 ] || { echo "export: $change"; false; }
		[[ $stderr == *": ledger: "* ]]
	done
}

@test "D1: a lock that stays is waited for, then said" {
	mk 1=a | pack 1.zip
	import 1.zip
	mk 1=b | pack 2.zip
	mkfifo go
	sqlite3 town.db 3>&- <go &
	local pid=$!
	exec 8>go
	echo 'BEGIN IMMEDIATE; SELECT 1;' >&8
	until ! sqlite3 town.db 'BEGIN IMMEDIATE; ROLLBACK' 2>/dev/null; do
		sleep 0.1
	done
	run --separate-stderr import --lock-wait 1 2.zip 8>&-
	[ "$status" -eq 75 ]
	[[ $stderr == *"town.db: locked: "* ]]
	echo 'ROLLBACK;' >&8
	exec 8>&-
	wait $pid
	import 2.zip
	whole
}

@test "a file that is no store of ours" {
	mk 1=a | pack 1.zip
	sqlite3 town.db 'CREATE TABLE t (x)'
	chmod 600 town.db
	run --separate-stderr import 1.zip
	refused 78 schema
	rm town.db
	echo 'This is a text, and no database at all; but long enough.' >town.db
	chmod 600 town.db
	run --separate-stderr import 1.zip
	refused 78 schema
	[[ $stderr == *"not a database: --store names a store"* ]]
	rm town.db
	import 1.zip
	sql 'PRAGMA user_version = 3'
	run --separate-stderr import 1.zip
	refused 78 schema
	[[ $stderr == *"version 3"* ]]
}

@test "what stands beside the store is a plain file, or nothing is opened" {
	mk 1=a | pack 1.zip
	import 1.zip
	local end
	for end in journal wal shm; do
		mkfifo town.db-$end
		run --separate-stderr timeout 5 seki-import --trust trust \
		    --audience lgwan-1 --store town.db 1.zip
		[ "$status" -eq 74 ]
		[[ $stderr == *"town.db-$end: file: "* ]]
		run timeout 5 seki-export --store town.db --stream soudan
		[ "$status" -eq 74 ]
		rm town.db-$end
		ln -s /dev/null town.db-$end
		run timeout 5 seki-verify --trust trust --audience lgwan-1 \
		    --store town.db 1.zip
		[ "$status" -eq 74 ]
		rm town.db-$end
		mkdir town.db-$end
		run timeout 5 seki-export --store town.db --stream soudan
		[ "$status" -eq 74 ]
		rmdir town.db-$end
	done
	import 1.zip
}

@test "the store is private" {
	mk 1=a | pack 1.zip
	(umask 000 && import 1.zip)
	[ "$(stat -c %a town.db)" = 600 ]
	chmod 640 town.db
	run --separate-stderr import 1.zip
	refused 78 unsafe
	[[ $stderr == *"chmod 600 town.db"* ]]
	chmod 600 town.db
	ln -s town.db link.db
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store link.db 1.zip
	refused 74 file
	mkdir d
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store d 1.zip
	refused 74 file
	chmod 777 d
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store d/t.db 1.zip
	refused 78 unsafe
	[ -z "$(ls d)" ]
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store postgresql://h/d 1.zip
	refused 78 config
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store :memory: 1.zip
	[ "$status" -eq 0 ]
	[ -f ./:memory: ]
}

@test "a stream is bound to its source" {
	mk 1=a | pack 1.zip
	import 1.zip
	mk -a 8 1=a | pack 2.zip --state sent2
	cp town.db before.db
	run --separate-stderr import 2.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": source: "* ]]
	[[ $stderr == *"app 7"*"app 8"* ]]
	cmp town.db before.db
}

@test "what is refused leaves no store behind" {
	mk 1=a | pack 1.zip
	run --separate-stderr seki-import --trust trust --audience lgwan-9 \
	    --store town.db 1.zip
	refused 1 audience
	run --separate-stderr import --stream other 1.zip
	refused 1 policy
	mk | pack 2.zip --state sent2
	run --separate-stderr import 2.zip
	refused 1 policy
	[ ! -e town.db ]
	run --separate-stderr import --allow-empty 2.zip
	[ "$status" -eq 0 ]
	[ "$(sql 'SELECT count(*) FROM soudan')" -eq 0 ]
}

@test "L1: a broken ledger stops the next import" {
	mk 1=a | pack 1.zip
	import 1.zip
	mk 1=b | pack 2.zip
	sql "DROP TRIGGER seki_ledger_update; UPDATE seki_ledger
	    SET entry = replace(entry, 'lgwan-1', 'lgwan-2') WHERE n = 2;
	    CREATE TRIGGER seki_ledger_update BEFORE UPDATE ON seki_ledger BEGIN \
SELECT raise(ABORT, 'the ledger is append-only'); END"
	cp town.db before.db
	run --separate-stderr import 2.zip
	refused 1 ledger
	[[ $stderr == *"chain breaks at entry 2"* ]]
	cmp town.db before.db
}

@test "the ledger says who, what, how many, signed by whom; no record" {
	mk 1=秘密の相談/極秘 '2!r' | pack 1.zip --title 相談 --purpose 移行
	import 1.zip
	sql 'SELECT entry FROM seki_ledger WHERE n = 2' >entry
	jq -e '.kind == "import" and .n == 2 and .stream == "soudan" and
	    .seq == 1 and .records == 1 and .held == 1 and .added == 1 and
	    .host == "lgwan-1" and .title == "相談" and .purpose == "移行" and
	    .domain == "example.cybozu.com" and .app == "7" and
	    .carrier == "media" and .result == "ok" and .alone == true and
	    (.operator | length) > 0 and (.signers | startswith("inet-1 "))' \
	    entry
	[ "$(jq -r .file_sha256 entry)" = "$(sha256sum <1.zip | cut -d' ' -f1)" ]
	[ "$(jq -r .file_size entry)" = "$(stat -c %s 1.zip)" ]
	! grep -q '秘密\|極秘' entry || false
}

@test "H2: no value of a record in any message" {
	mk 1=秘密の相談/極秘 | pack 1.zip
	import -v 1.zip >out 2>&1
	import -v --json 1.zip >>out 2>&1
	sql "ALTER TABLE soudan ADD COLUMN memo TEXT
	    CHECK (\"件名\" <> '秘密')"
	mk 1=秘密の相談/極秘 2=秘密 | pack 2.zip
	run import -v 2.zip
	[ "$status" -eq 65 ]
	echo "$output" >>out
	! grep -q '秘密\|極秘' out || false
}

@test "names that SQL would take for one, or for its own" {
	cat >s.jsonl <<-'END'
	{"type":"SCHEMA","stream":"select","schema":{"type":"object","x-seki":{"source":{"system":"kintone","domain":"example.cybozu.com","app":"7"}},"properties":{"$id":{"x-seki":{"type":"__ID__","code":"$id","label":"番号","index":0}},"name":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"name","label":"x","index":1}},"NAME":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"NAME","label":"X","index":2}},"name_2":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"name_2","label":"x","index":3}},"rowid":{"x-seki":{"type":"NUMBER","code":"rowid","label":"保留","index":4}},"seki_leaf":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"seki_leaf","label":"","index":5}},"a\"b'%s":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"a\"b'%s","label":"\"","index":6}},"history":{"x-seki":{"type":"SUBTABLE","code":"history","label":"t","index":7},"type":"array","items":{"properties":{"$id":{},"Seki_Key":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"Seki_Key","label":"行","index":0}},"order":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"order","label":"行","index":1}}}}},"HISTORY":{"x-seki":{"type":"SUBTABLE","code":"HISTORY","label":"t","index":8},"type":"array","items":{"properties":{"$id":{},"y":{"x-seki":{"type":"SINGLE_LINE_TEXT","code":"y","label":"y","index":0}}}}}}},"key_properties":["$id"]}
	{"type":"RECORD","stream":"select","record":{"$id":"1","name":"a","NAME":"b","name_2":"c","rowid":"7","seki_leaf":"d","a\"b'%s":"e","history":[{"$id":"5","Seki_Key":"f","order":"g"}],"HISTORY":[{"$id":"6","y":"h"}]}}
	{"type":"RECORD","stream":"select","record":{"$id":"2","name":"A","NAME":null,"name_2":null,"rowid":"0.5","seki_leaf":null,"a\"b'%s":null,"history":[],"HISTORY":[]}}
	END
	"$TOP/tests/judge_root.py" --complete <s.jsonl | pack 1.zip
	import 1.zip
	seki-export --store town.db --stream select --format stream >back
	cmp <(sed -n 2,3p s.jsonl) <(sed -n 2,3p back)
	[ "$(sql "SELECT group_concat(name, ' ') FROM seki_column
	    WHERE field = ''")" = \
	    "\$id name NAME_2 name_2_2 rowid_2 seki_leaf_2 a\"b'%s" ]
	[ "$(sql "SELECT name FROM seki_table ORDER BY rowid")" = \
	    $'select\nselect_history_2\nselect_HISTORY_3' ]
	[ "$(sql 'SELECT "x（2）" FROM "select_表示" LIMIT 1')" = c ]
	sql 'SELECT * FROM "select_history_2_表示"' >/dev/null
	# And once more, through changes.
	sed -e 's/"name":"A"/"name":"B"/' -e 's/"y":"h"/"y":"i"/' s.jsonl |
	    "$TOP/tests/judge_root.py" --complete | pack 2.zip
	import 2.zip
	[ "$(sql 'SELECT count(*) FROM select_history')" -eq 2 ]
	whole
}

@test "P4: killed at each call that changes files, before or after" {
	local n status=137
	mk 1=a 2=b/x/y 3=c | pack 1.zip
	import 1.zip
	mv town.db good.db
	mk 1=a 2=B/x '3!r' 4=d | pack 2.zip
	for ((n = 1; status == 137; n++)); do
		rm -f town.db*
		install -m 600 good.db town.db
		status=0
		python3 "$TOP/tests/killat.py" $n "$BIN/seki-import" \
		    --trust trust --audience lgwan-1 --store town.db 2.zip \
		    >/dev/null 2>&1 || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 137 ]
		whole
		import 2.zip >/dev/null 2>&1
		[ "$(sql 'SELECT "$id" || "件名" FROM soudan ORDER BY 1' |
		    xargs)" = "1a 2B 3c 4d" ]
		whole
		nothing_left
	done
	[ "$n" -gt 20 ]
}

@test "P4: killed while the store is made" {
	local n status=137
	mk 1=a 2=b/x/y 3=c | pack 1.zip
	for ((n = 1; status == 137; n++)); do
		rm -f town.db*
		status=0
		python3 "$TOP/tests/killat.py" $n "$BIN/seki-import" \
		    --trust trust --audience lgwan-1 --store town.db 1.zip \
		    >/dev/null 2>&1 || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 137 ]
		import 1.zip >/dev/null 2>&1
		whole
		nothing_left
	done
	[ "$n" -gt 20 ]
}

@test "P3: no room for the database" {
	mk $(seq -f '%.0f=v' 1 3000) | pack 1.zip
	mk -s other 1=a | pack 0.zip
	import 0.zip
	cp town.db before.db
	run --separate-stderr bash -c "ulimit -f 200;
	    seki-import --trust trust --audience lgwan-1 --store town.db 1.zip"
	[ "$status" -eq 74 ] || { echo "$status $stderr"; false; }
	[[ $stderr == *": full: "*"next: make room"* ]]
	[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 1 ]
	whole
	import 1.zip
	whole
}
