#!/usr/bin/env bats
# seki-import --local: what is normalised on the closed side becomes a stream of
# the store, in the ledger, and never mixes with what was carried.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	two_sides
	cat >rules.csv <<-'END'
		output,source,kind,length,on-broken
		件名,件名,text,8,hold
		家族.氏名,家族.氏名,text,,hold
	END
}
teardown() {
	stop_all
}

mk() {
	"$TOP/tests/mkstream.py" "$@"
}
sql() {
	sqlite3 "${2:-town.db}" "$1"
}
# carry RECORD…: the next bundle, packed and imported.
carry() {
	rm -f b.zip
	mk "$@" | seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip >state.out
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip \
	    >/dev/null
}
out() {
	seki-export -q --store town.db --stream "$1" --format stream
}
norm() {
	seki-normalize -q --rules rules.csv --max-held 10 "$@"
}
local_() {
	seki-import --store town.db --local clean "$@"
}
again() {
	set -o pipefail
	out soudan | norm | local_ "$@"
}
root_of() {
	tail -n 1 "$1" | jq -r .value.complete.root
}
# refused STATUS REASON: what run got; the store is as before.
refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ] || { echo "$output"; false; }
	nothing_left
}
nothing_left() {
	[ -z "$(find . -name '*-journal' -o -name '*.tmp' -o -name '*-wal')" ]
}
# whole: rows, position and ledger say the same, of every stream.
whole() {
	local s
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
	[ "$(sql "SELECT count(*) FROM seki_ledger WHERE
	    json_extract(entry, '$.kind') IN ('import', 'local')")" = \
	    "$(sql 'SELECT count(*) FROM seki_bundle')" ]
	for s in $(sql 'SELECT stream FROM seki_stream'); do
		out "$s" >/dev/null
	done
}
entry() {
	sql "SELECT entry FROM seki_ledger WHERE
	    json_extract(entry, '$.kind') = 'local' ORDER BY n DESC LIMIT 1"
}

@test "raw carried, cleaned local: the whole loop" {
	carry '1=　ａ  /x' 2=b/y/z 3=c
	out soudan >raw
	norm <raw >clean.jsonl
	run --separate-stderr again --by 係長 --json
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	jq -e '.reason == "ok" and .local and .run == 1 and .records == 3 and
	    .added == 3 and .origin == "soudan" and .from_stream == "soudan"
	    and .from_seq == 1 and .from_epoch == 1' <<<"$output"
	[ "$(jq -r .root <<<"$output")" = "$(root_of clean.jsonl)" ]
	[ "$(jq -r .from_root <<<"$output")" = "$(root_of raw)" ]
	[[ $stderr == *"clean is new in this store; it has: soudan"* ]]
	whole
	# It is a stream like others: one root in all.
	out clean >back
	[ "$(root_of back)" = "$(root_of clean.jsonl)" ]
	python3 "$TOP/tests/judge_root.py" back
	cmp <(grep '"RECORD"' back | sed 's/"stream":"clean"//') \
	    <(grep '"RECORD"' clean.jsonl | sed 's/"stream":"soudan"//')
	jq -e '.value.complete.source.exported == {stream: "clean", run: 1,
	    root: .value.complete.root}' <<<"$(tail -n 1 back)"
	run --separate-stderr seki-export -v --store town.db --stream clean \
	    --format csv --json
	[ "$status" -eq 0 ]
	[[ $stderr == *"local stream clean, run 1: 3 records"* ]]
	jq -e '.local and .run == 1 and (has("seq") | not)' \
	    <<<"${stderr_lines[-1]}"
	[ "$(sql 'SELECT "件名" FROM "clean_表示" LIMIT 1')" = ａ ]
	# The raw records are as they came.
	out soudan | cmp - raw
}

@test "the ledger says who made it from what, by which rules" {
	carry '1=a ' '2=too long a title' 3=c
	again --by 係長 >/dev/null
	out soudan >raw
	entry >e.json
	jq -e --arg rules "$(sha256sum rules.csv | cut -d' ' -f1)" \
	    --arg raw "$(root_of raw)" --arg me "$(id -un)" '
	    .kind == "local" and .stream == "clean" and .run == 1 and
	    .operator == $me and .by == "係長" and .rules == $rules and
	    .in_records == 3 and .in_root == $raw and .dropped == 0 and
	    .records == 2 and .held == 1 and .added == 2 and
	    .origin == "soudan" and .from_stream == "soudan" and
	    .from_seq == 1 and .from_root == $raw and
	    .app == "7" and .domain == "example.cybozu.com" and
	    (.time | test("Z$"))' e.json
	[ "$(jq -r .from_manifest e.json)" = \
	    "$(sql 'SELECT lower(hex(digest)) FROM seki_bundle WHERE id = 1')" ]
	[ "$(jq -r .root e.json)" = \
	    "$(sql 'SELECT lower(hex(root)) FROM seki_bundle WHERE id = 2')" ]
	# No value stands in it.
	[[ $(<e.json) != *title* ]]
	# Who is changed afterwards breaks the chain.
	sql "DROP TRIGGER seki_ledger_update;
	    UPDATE seki_ledger SET entry = replace(entry, '係長', '課長');
	    CREATE TRIGGER seki_ledger_update BEFORE UPDATE ON seki_ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END"
	run --separate-stderr local_ <raw
	refused 1 ledger
	[[ $stderr == *"chain breaks at entry 3"* ]]
}

@test "a run's row in the database is held against its entry" {
	carry 1=a
	again >/dev/null
	cp town.db good.db
	for change in "kind = 'full'" "epoch = 1" "seq = 2" "records = 2" \
	    "prev = 'x'" "manifest = replace(manifest, 'root', 'toor')" \
	    "taken = '2026-01-01T00:00:00Z'"; do
		cp good.db town.db
		sql "UPDATE seki_bundle SET $change WHERE id = 2"
		run --separate-stderr out clean
		[ "$status" -eq 1 ] || { echo "$change: $status"; false; }
		[[ $stderr == *": ledger: "* ]] || { echo "$change"; false; }
	done
	cp good.db town.db
	sql "DELETE FROM seki_bundle WHERE id = 2"
	run --separate-stderr local_ <<<"$(mk 1=a)"
	refused 1 ledger
}

@test "twice is harmless: the second run writes nothing" {
	carry '1= a' '2=too long a title/x' 3=c/y
	again >/dev/null
	sha256sum town.db >sum
	run --separate-stderr again
	[ "$status" -eq 0 ]
	[[ $output == "already: local stream clean is so since run 1 of "* ]]
	sha256sum -c sum
	nothing_left
	[ "$(again --json 2>/dev/null | jq -r .reason)" = already ]
	run --separate-stderr again --new
	refused 1 stale
	sha256sum -c sum
	# The same records of a later bundle: the ledger follows, the rows stay.
	sql 'SELECT * FROM clean' >rows
	carry '1= a' '2=too long a title/x' 3=c/y
	[ "$(again --json 2>/dev/null | jq -c '[.reason, .run, .same]')" = \
	    '["ok",2,2]' ]
	sql 'SELECT * FROM clean' | cmp - rows
	[ "$(entry | jq .from_seq)" -eq 2 ]
	whole
}

@test "only a changed record has new history" {
	carry 1=a/x 2=b/y 3=c
	again >/dev/null
	carry 1=a/x 2=B/y/z 3=c
	run --separate-stderr again --json
	[ "$status" -eq 0 ]
	jq -e '.run == 2 and .changed == 1 and .same == 2 and .added == 0' \
	    <<<"$output"
	[ "$(sql "SELECT seki_key || json_extract(record, '$.件名') ||
	    seki_bundle || seki_until FROM clean_history")" = 2b24 ]
	[ "$(sql 'SELECT valid_from < valid_to FROM clean_history')" = 1 ]
	[ "$(sql "SELECT count(*) FROM clean_家族 WHERE seki_key = 2")" = 2 ]
	whole
}

@test "a held record keeps its last good version, marked" {
	carry 1=a 2=b
	again >/dev/null
	carry 1=a '2=a title that is too long'
	run --separate-stderr again
	[ "$status" -eq 0 ]
	[[ $stderr == *"1 records are held"*"record 2"* ]]
	[ "$(sql 'SELECT "件名" || seki_held FROM clean ORDER BY 1' | xargs)" = \
	    "a0 b1" ]
	[ "$(sql 'SELECT "保留" FROM "clean_表示"' | xargs)" = 保留 ]
	[ "$(sql 'SELECT count(*) FROM clean_history')" = 0 ]
	whole
	# Another reason for the same hold is news, though the root is the same.
	sed -i 's/text,8,hold/text,9,hold/' rules.csv
	[ "$(again --json 2>/dev/null | jq -r .run)" = 3 ]
	carry 1=a 2=bb
	again >/dev/null
	[ "$(sql 'SELECT "件名" || seki_held FROM clean ORDER BY 1' | xargs)" = \
	    "a0 bb0" ]
	whole
}

@test "records that are gone: past --max-drop it stops and asks" {
	carry $(seq -f '%.0f=v' 1 20)
	again >/dev/null
	carry $(seq -f '%.0f=v' 1 18)
	again >/dev/null
	[ "$(sql 'SELECT count(*) FROM clean')" -eq 18 ]
	[ "$(sql 'SELECT count(*) FROM clean_history')" -eq 2 ]
	carry $(seq -f '%.0f=v' 1 16)
	cp town.db before.db
	run --separate-stderr again
	refused 1 held
	[[ $stderr == *"2 of the 18 records of local stream clean are gone"* ]]
	[[ $stderr == *"--max-drop 12"* ]]
	cmp town.db before.db
	again --max-drop 12 >/dev/null
	[ "$(sql 'SELECT count(*) FROM clean')" -eq 16 ]
	whole
}

@test "a carried name is never local, a local name never carried" {
	carry 1=a
	again --by 係長 >/dev/null
	cp town.db before.db
	run --separate-stderr seki-import --store town.db --local soudan \
	    <<<"$(mk 1=z)"
	refused 78 config
	[[ $stderr == *"soudan is a carried stream, up to seq 1"* ]]
	mk -s clean 1=z | seki-pack -q --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 --carrier media -o c.zip >/dev/null
	for tool in import verify; do
		run --separate-stderr "seki-$tool" --trust trust \
		    --audience lgwan-1 --store town.db c.zip
		refused 78 config
		[[ $stderr == *"clean is a local stream here, made by $(id -un), 係長 on 20"* ]]
		[[ $stderr == *"--stream NAME"* ]]
	done
	cmp town.db before.db
}

@test "a cut, changed or delta stream is refused before anything is written" {
	carry 1=a 2=b
	again >/dev/null
	cp town.db before.db
	out soudan | norm >s
	for n in 1 2; do
		run --separate-stderr local_ <<<"$(head -n "$n" s)"
		refused 65 cut
	done
	run --separate-stderr local_ </dev/null
	refused 65 cut
	run --separate-stderr local_ <<<"$(sed 's/"件名":"b"/"件名":"c"/' s)"
	refused 1 content
	tail -n 1 s | jq -c .value >state
	run --separate-stderr local_ <<<"$(mk -b state 1=c)"
	refused 1 policy
	cmp town.db before.db
	# Not even a file is made for it.
	run --separate-stderr seki-import --store new.db --local clean </dev/null
	refused 65 cut
	[ ! -e new.db ]
}

@test "another source, another stream, an older export are refused" {
	carry 1=a
	out soudan | norm >old
	again >/dev/null
	carry 1=b
	again >/dev/null
	cp town.db before.db
	run --separate-stderr local_ <<<"$(mk -a 8 1=a)"
	refused 1 source
	[[ $stderr == *"from stream soudan of example.cybozu.com app 8"* ]]
	run --separate-stderr local_ <<<"$(mk -d other.cybozu.com 1=a)"
	refused 1 source
	run --separate-stderr local_ <<<"$(mk -s zei 1=a)"
	refused 1 source
	run --separate-stderr local_ old
	refused 1 order
	[[ $stderr == *"exported when stream soudan stood at 1; local stream clean is made from 2 already"* ]]
	for bad in '"run":0' '"seq":1' '"run":"1"' '"run":1,"x":2'; do
		mk 1=a | sed "\$s|\"source\":{|&\"exported\":{\"stream\":\"soudan\",$bad}|" >odd
		run --separate-stderr local_ odd
		refused 65 record
		[[ $stderr == *'"exported" is not what seki-export writes'* ]]
	done
	cmp town.db before.db
}

@test "a row changed by hand is named by the next run" {
	carry 1=a 2=b/x 3=c
	again >/dev/null
	cp town.db good.db
	sql "UPDATE clean SET 件名 = 'z' WHERE \"\$id\" = '2'"
	run --separate-stderr again
	refused 1 content
	[[ $stderr == *"record 2"* ]]
	cp good.db town.db
	sql "DELETE FROM clean WHERE \"\$id\" = '3'"
	run --separate-stderr again
	refused 1 content
	[[ $stderr == *"local stream clean no longer matches run 1"* ]]
	cp good.db town.db
	sql "UPDATE clean_家族 SET 氏名 = 'y'"
	run --separate-stderr again
	refused 1 content
	[[ $stderr == *"record 2"* ]]
}

@test "another form waits for a person's name" {
	carry 1=a/x 2=b
	again >/dev/null
	sed -i '/^件名/a 題,件名,text,,hold' rules.csv
	sed -i '/^家族/d' rules.csv
	cp town.db before.db
	run --separate-stderr again
	refused 78 schema
	[[ $stderr == *"--accept-form 'NAME'"* ]]
	cmp town.db before.db
	run --separate-stderr again --accept-form 係長
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"another form, accepted by 係長"* ]]
	[ "$(sql 'SELECT 題 FROM clean' | xargs)" = "a b" ]
	[ "$(sql "SELECT json_extract(record, '$.家族[0].氏名')
	    FROM clean_history")" = x ]
	[[ $(entry | jq -r .form_accepted) == 係長* ]]
	whole
	[ "$(again --json 2>/dev/null | jq -r .reason)" = already ]
}

@test "attachments must lie beside the store" {
	python3 "$TOP/tests/mkattach.py" "$TOP/tests/data/record-api-samples" app
	start_cloud --load app/full --token-file token
	app=$(jq -r '.appId // .app // 1' app/full/app.json)
	seki-pull -q --base-url "$URL" --app "$app" --token-file token \
	    --stream files --attachments spool >raw
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --by p-0001 --scan-override 試験 --audience \
	    lgwan-1 --carrier media --attachments spool -o b.zip <raw >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	out files >s
	seki-import -q --store town.db --local mine s
	seki-export -q --store town.db --stream mine --format stream \
	    --attachments given >/dev/null
	[ "$(ls given | wc -l)" -gt 5 ]
	cp town.db before.db
	rm "town.db.att/$(ls town.db.att | head -n 1)"
	run --separate-stderr seki-import --store town.db --local mine s
	refused 74 file
	[[ $stderr == *"record "*"field "*"is not beside the store"* ]]
	rm -r town.db.att
	run --separate-stderr seki-import --store town.db --local mine s
	refused 74 file
	cmp town.db before.db
}

@test "options of the two ways do not mix" {
	for odd in "--stream x" --allow-empty; do
		# shellcheck disable=SC2086
		run --separate-stderr local_ $odd </dev/null
		refused 64 usage
	done
	run --separate-stderr local_ a b
	refused 64 usage
	for name in A a/b "" "$(printf 'a%.0s' $(seq 65))"; do
		run --separate-stderr seki-import --store town.db \
		    --local "$name" </dev/null
		refused 78 config
	done
	run --separate-stderr local_ --by "$(printf 'a\tb')" </dev/null
	refused 64 usage
	run --separate-stderr seki-import --store town.db x.zip
	refused 64 usage
	run --separate-stderr seki-import --trust trust --audience a \
	    --store town.db --by x x.zip
	refused 64 usage
	[ ! -e town.db ]
}

@test "killed at each call that changes files, before or after" {
	local n status=137
	carry 1=a 2=b/x/y 3=c
	again >/dev/null
	carry 1=a 2=B/x 3=c 4=d
	out soudan | norm >s
	mv town.db good.db
	for ((n = 1; status == 137; n++)); do
		rm -f town.db*
		install -m 600 good.db town.db
		status=0
		python3 "$TOP/tests/killat.py" $n "$BIN/seki-import" \
		    --store town.db --local clean s >/dev/null 2>&1 || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 137 ]
		whole
		local_ s >/dev/null 2>&1
		[ "$(sql 'SELECT "$id" || "件名" FROM clean ORDER BY 1' |
		    xargs)" = "1a 2B 3c 4d" ]
		[ "$(sql "SELECT count(*) FROM seki_bundle
		    WHERE kind = 'local'")" -eq 2 ]
		whole
		nothing_left
	done
	[ "$n" -gt 20 ]
}

# The export reads the database that the import writes to: a pipe that is longer
# than any buffer must not wait for itself.
@test "100,000 records in constant memory, through one pipe" {
	[ "$(basename "$BUILD")" != asan ] || skip "sanitizers keep memory"
	for n in 1000 100000; do
		rm -rf sent town.db b.zip
		start_cloud --generate "kifu:$n" --seed 1 --token-file token
		seki-pull -q --base-url "$URL" --app 1 --token-file token \
		    --stream kifu >raw
		stop_all
		seki-pack -q --trust trust --key inet-1.key --state sent \
		    --audience lgwan-1 --carrier media -o b.zip <raw >/dev/null
		seki-import -q --trust trust --audience lgwan-1 \
		    --store town.db b.zip
		[ -e rules.kifu ] || seki-normalize --init <raw >rules.kifu
		set -o pipefail
		for run in first second; do
			seki-export -q --store town.db --stream kifu \
			    --format stream |
			    seki-normalize -q --rules rules.kifu \
				--max-held 100000 |
			    python3 "$TOP/tests/peak.py" seki-import -q \
				--store town.db --local mine >>"peak.$n"
		done
		[ "$(sql "SELECT count(*) FROM seki_bundle
		    WHERE kind = 'local'")" -eq 1 ]
	done
	paste peak.1000 peak.100000
	paste peak.1000 peak.100000 |
	    awk '{ if ($2 > 1.5 * $1 || $2 > 65536) bad = 1 } END { exit bad }'
}
