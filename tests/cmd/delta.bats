#!/usr/bin/env bats
# Deltas through the whole road: what a store holds after them is what a full
# pull of the same moment gives, or nothing was taken.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	two_sides
}
teardown() {
	stop_all
}

mk() {
	"$TOP/tests/mkstream.py" "$@"
}

# pack OUTPUT [OPTION...]: the stream comes on stdin.
pack() {
	local out=$1
	shift
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media --bookmarks marks -o "$out" \
	    "$@" >state.out
}

import() {
	seki-import --trust trust --audience lgwan-1 --store town.db "$@"
}

sql() {
	sqlite3 "${2:-town.db}" "$1"
}

# root [STORE]: what the store proves of its records.
root() {
	seki-export -q --store "${1:-town.db}" --stream soudan \
	    --format stream >exported.jsonl
	python3 "$TOP/tests/judge_root.py" exported.jsonl >/dev/null
	tail -1 exported.jsonl | jq -r .value.complete.root
}

# refused STATUS REASON: what run got; the store is as before.
refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
	[ -z "$(find . -name '*-journal' -o -name '*.tmp' -o -name '*-wal')" ]
	[ ! -e before.db ] || cmp town.db before.db
}

# Two bundles in the store, a delta 2.zip beside it.
three() {
	mk 1=a 2=b/x/y 3=c '4!r' 5=e/z 6=f | pack 1.zip
	import 1.zip
	mk 1=a '2!r' 3=c '4!r' 5=e/z 6=f 7=g | pack 1b.zip
	import 1b.zip
	cp marks marks.1b
	mk -b marks 1=A 3- 5=e/Z '6!s' 8=h/q 9- | pack 2.zip
}

@test "changed, new, gone, held, let go: each as a full bundle has it" {
	mk 1=a 2=b/x/y 3=c '4!r' 5=e/z 6=f | pack 1.zip
	import 1.zip
	sleep 1
	mk -b marks 1=A 2=b/x/y 3- 4=d/q '5!w' 6=f 7=g | pack 2.zip
	run --separate-stderr import --json 2.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(jq -c '[.kind,.records,.held,.deleted,.added,.changed,.removed,
	    .same,.absent,.stored_records,.stored_held]' <<<"$output")" = \
	    '["delta",5,1,1,2,1,1,2,0,5,1]' ]
	mk 1=A 2=b/x/y 4=d/q '5!w' 6=f 7=g >want.jsonl
	[ "$(root)" = "$(tail -1 want.jsonl | jq -r .value.complete.root)" ]
	[ "$(root)" = "$(jq -r .stored_root <<<"$output")" ]
	[ "$(jq -r .root <<<"$output")" != "$(root)" ]
	cmp <(grep -v STATE exported.jsonl) \
	    <(head -1 exported.jsonl; tail -n +2 want.jsonl | grep -v STATE)
	# What did not change keeps the bundle that brought it, the last good
	# version of a held one is there and marked.
	[ "$(sql 'SELECT group_concat("$id" || "=" || seki_bundle || seki_held)
	    FROM (SELECT * FROM soudan ORDER BY seki_len, "$id")')" = \
	    "1=20,2=10,4=20,5=11,6=10,7=20" ]
	[ "$(sql "SELECT seki_key, seki_bundle, seki_until,
	    json_extract(record, '\$.件名') FROM soudan_history
	    ORDER BY n")" = $'1|1|2|a\n3|1|2|c' ]
	[ "$(sql "SELECT count(*) FROM soudan_history h JOIN seki_bundle o
	    ON o.id = h.seki_bundle JOIN seki_bundle n ON n.id = h.seki_until
	    WHERE valid_from = o.created AND valid_to = n.created
	    AND learnt = n.taken")" -eq 2 ]
	[ "$(sql 'SELECT seki_key || "氏名" FROM "soudan_家族"
	    ORDER BY seki_len, seki_key, seki_ordinal' | xargs)" = \
	    "2x 2y 4q 5z" ]
	[ "$(seki-export -q --store town.db --stream soudan --format csv \
	    --people | grep -c 保留)" -eq 2 ]
	# A held one that arrives good loses its mark, changed or not; one that
	# goes takes the mark along.
	mk -b marks '1!x' 4- 5=e/z 7- | pack 3.zip
	import 3.zip
	mk -b marks 1- 2=b/x | pack 4.zip
	run --separate-stderr import --json 4.zip
	[ "$(jq -c '[.removed,.absent,.stored_records,.stored_held]' \
	    <<<"$output")" = '[1,0,3,0]' ]
	[ "$(root)" = "$(mk 2=b/x 5=e/z 6=f | tail -1 |
	    jq -r .value.complete.root)" ]
	[ "$(sql 'SELECT count(*) FROM seki_held')" -eq 0 ]
	[ "$(sql 'SELECT sum(seki_held) FROM soudan')" -eq 0 ]
	# And a full one behind them finds nothing to do.
	mk 2=b/x 5=e/z 6=f | pack 5.zip
	run --separate-stderr import --json 5.zip
	[ "$(jq -c '[.added,.changed,.removed,.same]' <<<"$output")" = \
	    '[0,0,0,3]' ]
	[ "$(root)" = "$(jq -r .root <<<"$output")" ]
}

@test "what the ledger and the line say of a delta" {
	three
	run --separate-stderr import 2.zip
	[ "$status" -eq 0 ]
	[[ $output == "2.zip: ok: stream soudan, seq 3, delta of 3 records, \
1 held, 2 deleted (1 new, 2 changed, 1 removed, 0 as before, 1 not there), \
root "*"; now 4 records, 3 held, root $(root)" ]] || { echo "$output"; false; }
	[[ $stderr == *"1 of the deletions are of records that were not here"* ]]
	sql 'SELECT entry FROM seki_ledger ORDER BY n DESC LIMIT 1' |
	    jq -e --arg root "$(root)" '.bundle_kind == "delta" and
	    .deleted == 2 and .absent == 1 and .stored_records == 4 and
	    .stored_held == 3 and .stored_root == $root and
	    .root != $root' >/dev/null
	[ "$(sql 'SELECT lower(hex(root)) FROM seki_bundle WHERE seq = 3')" = \
	    "$(unzip -p 2.zip manifest.json | jq -r .content.root)" ]
	# Japanese, too.
	mk -b marks 20- | pack 3.zip
	run --separate-stderr import --lang ja 3.zip
	[[ $output == *差分* ]] || { echo "$output"; false; }
	[[ $stderr == *"なかった"* ]] || { echo "$stderr"; false; }
}

# cloud [OPTION...]: a server with records, and rules that hold long titles.
cloud() {
	start_cloud --generate soudan:60 --seed 1 --token-file token "$@"
	cat >rules.csv <<-'END'
	output,source,kind,required,length,on-broken
	件名,件名,text,,50,hold
	欠席日数,欠席日数,keep,,,
	面談記録,面談記録,keep,,,
	家族,家族,keep,,,
	END
}
pull() {
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream soudan --max-drop 100 "$@"
}
clean() {
	seki-normalize -q --rules rules.csv --max-held 1000
}
# api METHOD CALL JSON
api() {
	curl -s --fail --max-time 20 -X "$1" "$URL/k/v1/$2" \
	    -H "X-Cybozu-API-Token: $(cat token)" \
	    -H 'Content-Type: application/json' -d "$3" >/dev/null
}
# now: the root of everything that is there now.
now() {
	pull | clean >now.jsonl
	tail -1 now.jsonl | jq -r .value.complete.root
}

@test "the whole road: full, edits by the API, delta" {
	cloud
	pull --bookmarks marks --deletes | clean | pack 1.zip
	import 1.zip
	[ "$(root)" = "$(now)" ]
	api PUT record.json '{"app": 1, "id": 7, "record": {"件名":
	    {"value": "変わった"}, "家族": {"value": [{"value": {"家族氏名":
	    {"value": "甲"}}}, {"value": {"家族氏名": {"value": "乙"}}}]}}}'
	api PUT record.json '{"app": 1, "id": 8, "record": {"件名":
	    {"value": "長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長長"}}}'
	api POST record.json '{"app": 1, "record": {"件名": {"value": "新"}}}'
	api DELETE records.json '{"app": 1, "ids": [3, 60]}'
	pull --bookmarks marks --delta --deletes | clean | pack 2.zip
	[ "$(unzip -p 2.zip manifest.json | jq -c '[.kind, .held,
	    .content.records, .content.deletes]')" = '["delta",1,2,2]' ]
	run --separate-stderr import --json 2.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(jq -c '[.added,.changed,.removed,.absent,.stored_records,
	    .stored_held]' <<<"$output")" = '[1,1,2,0,58,1]' ]
	[ "$(root)" = "$(now)" ]
	# The workbook shows deletions.
	unzip -o -q -d book <(unzip -p 2.zip view/records.xlsx) 2>/dev/null ||
	    { unzip -p 2.zip view/records.xlsx >v.xlsx; unzip -q -d book v.xlsx; }
	grep -rq 削除 book
	# A delta without changes is one, too; the held one comes again.
	pull --bookmarks marks --delta --deletes | clean | pack 3.zip
	run --separate-stderr import --json 3.zip
	[ "$(jq -c '[.records,.held,.added,.changed,.removed]' \
	    <<<"$output")" = '[0,1,0,0,0]' ]
	# Mended at the source, it arrives.
	api PUT record.json '{"app": 1, "id": 8, "record": {"件名":
	    {"value": "短い"}}}'
	pull --bookmarks marks --delta --deletes | clean | pack 4.zip
	import 4.zip
	[ "$(root)" = "$(now)" ]
	[ "$(sql 'SELECT count(*) FROM seki_held')" -eq 0 ]
	# From nothing, a full one of the same moment gives the same.
	pull | clean | pack 5.zip --state sent2
	seki-import -q --trust trust --audience lgwan-1 --store new.db 5.zip
	[ "$(root)" = "$(root new.db)" ]
	[ "$(sql 'SELECT "$id", "$revision", "件名", hex(seki_leaf)
	    FROM soudan')" = "$(sql 'SELECT "$id", "$revision", "件名",
	    hex(seki_leaf) FROM soudan' new.db)" ]
}

@test "thirty rounds of changes: always what a full pull gives" {
	cloud
	local round kind
	pull --bookmarks marks --deletes | clean | pack 0.zip
	import -q 0.zip
	RANDOM=4711
	for round in $(seq 30); do
		python3 "$TOP/tests/edit_cloud.py" "$URL" token "$round" >>did
		kind=$((RANDOM % 6))
		# Now and then the pull is lost, or the bundle withdrawn.
		if [ $kind -eq 0 ]; then
			pull --bookmarks marks --delta --deletes >lost.jsonl
			continue
		elif [ $kind -eq 1 ]; then
			pull --bookmarks marks --delta --deletes | clean |
			    pack w$round.zip
			seki-pack -q --state sent --stream soudan \
			    --withdraw "$(seki-pack --state sent --list |
				awk -F'\t' '$4 == "ready" { n = $3 }
				    END { print n }')" \
			    --bookmarks marks >state.out
			continue
		elif [ $kind -eq 2 ]; then
			pull --bookmarks marks --deletes | clean | pack $round.zip
		else
			pull --bookmarks marks --delta --deletes | clean |
			    pack $round.zip
		fi
		run --separate-stderr import -q $round.zip
		[ "$status" -eq 0 ] || { echo "$round: $stderr"; false; }
		[ "$(root)" = "$(now)" ] || { echo "round $round"; false; }
	done
	[ "$(sort did | uniq -c | wc -l)" -eq 3 ]
	[ "$(sql "SELECT count(*) > 5 FROM seki_bundle
	    WHERE kind = 'delta'")" -eq 1 ]
	[ "$(sql 'SELECT count(*) > 20 FROM soudan_history')" -eq 1 ]
	pull | clean | pack full.zip --state sent2
	seki-import -q --trust trust --audience lgwan-1 --store new.db full.zip
	[ "$(root)" = "$(root new.db)" ]
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
}
