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
	# The same once more: as before, and nothing left to delete.
	mk -b marks 1=A 3- 5=e/Z '6!s' 8=h/q 9- | pack 2b.zip
	run --separate-stderr import --json 2b.zip
	[ "$(jq -c '[.added,.changed,.removed,.same,.absent]' \
	    <<<"$output")" = '[0,0,0,3,2]' ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 3 ]
	# Japanese, too.
	mk -b marks 20- | pack 3.zip
	run --separate-stderr import --lang ja 3.zip
	[[ $output == *差分* ]] || { echo "$output"; false; }
	[[ $stderr == *"ここになかった"* ]] || { echo "$stderr"; false; }
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
	# The workbook names what is deleted and what is held.
	unzip -p 2.zip view/records.xlsx >v.xlsx
	[ "$(for s in $(unzip -Z1 v.xlsx 'xl/worksheets/*.xml'); do
		unzip -p v.xlsx "$s" | grep -o '<row.*>区分<.*' |
		    grep -o '<t>[^<]*</t></is></c><c[^>]*><is><t>\(削除\|保留\)<' |
		    sed 's/<[^>]*>/ /g; s/<//'
	done | xargs)" = "3 削除 8 保留 60 削除" ]
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

# edit ID TEXT
edit() {
	api PUT record.json "{\"app\": 1, \"id\": $1, \"record\":
	    {\"件名\": {\"value\": \"$2\"}}}"
}
# through NAME: a delta, packed and imported; the store is what is there.
through() {
	pull --bookmarks marks --delta --deletes | pack "$1"
	import -q "$1"
	pull >now.jsonl
	[ "$(root)" = "$(tail -1 now.jsonl | jq -r .value.complete.root)" ]
}

@test "bookmarks that are ahead of the last bundle: nothing is skipped" {
	cloud
	pull --bookmarks marks --deletes | pack 1.zip
	import -q 1.zip
	# A pull whose STATE somebody stored, but whose bundle was never made.
	edit 5 甲
	api DELETE records.json '{"app": 1, "ids": [9]}'
	pull --bookmarks marks --delta --deletes >lost.jsonl
	tail -1 lost.jsonl | jq -c .value >marks
	edit 6 乙
	pull --bookmarks marks --delta --deletes >d.jsonl
	[ "$(grep -c '"RECORD"' d.jsonl)" -eq 1 ]
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 2.zip <d.jsonl
	refused 1 order
	[[ $stderr == *"other bookmarks"*"--delta"* ]]
	[ ! -e 2.zip ]
	# With --bookmarks the right ones are put back, and it goes on.
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 --bookmarks marks -o 2.zip <d.jsonl
	refused 1 order
	[[ $stderr == *"marks: holds the bookmarks of the last bundle"* ]]
	[ ! -e 2.zip ]
	cmp <(jq -S . marks) <(jq -S . state.out)
	through 2.zip
	# Somebody laid the file out for reading: still the same.
	jq . marks >m && chmod 600 m && mv m marks
	edit 6 丙
	through 3.zip
}

@test "a bundle withdrawn without its bookmarks" {
	cloud
	pull --bookmarks marks --deletes | pack 1.zip
	import -q 1.zip
	edit 5 甲
	pull --bookmarks marks --delta --deletes | pack 2.zip
	seki-pack -q --state sent --stream soudan --withdraw 2 >state.out
	edit 6 乙
	pull --bookmarks marks --delta --deletes >d.jsonl
	[ "$(grep -c '"RECORD"' d.jsonl)" -eq 1 ]
	run --separate-stderr pack 3.zip <d.jsonl
	refused 1 order
	# The bookmarks of bundle 1 are back, and its list of ids is still
	# there.
	through 3.zip
	# With its bookmarks there is nothing to mend.
	edit 6 丙
	pull --bookmarks marks --delta --deletes | pack 5.zip
	seki-pack -q --state sent --stream soudan \
	    --withdraw "$(unzip -p 5.zip manifest.json | jq .seq)" \
	    --bookmarks marks >state.out
	edit 7 丁
	through 6.zip
}

@test "bookmarks older than the last bundle: a deletion would be lost" {
	cloud
	pull --bookmarks marks --deletes | pack 1.zip
	import -q 1.zip
	cp -p marks old
	for f in marks.ids-*; do
		cp -p "$f" "old.${f#marks.}"
	done
	api POST record.json '{"app": 1, "record": {"件名": {"value": "新"}}}'
	through 2.zip
	api DELETE records.json '{"app": 1, "ids": [61]}'
	# By the old list 61 never was.
	pull --bookmarks old --delta --deletes >d.jsonl
	[ "$(tail -1 d.jsonl | jq .value.complete.deleted)" -eq 0 ]
	run --separate-stderr pack 3.zip <d.jsonl
	refused 1 order
	through 3.zip
	[ "$(sql 'SELECT count(*) FROM soudan')" -eq 60 ]
}

@test "a run that ended before it stored the bookmarks" {
	cloud
	pull --bookmarks marks --deletes | pack 1.zip
	cp -p marks marks.1
	import -q 1.zip
	edit 5 甲
	api DELETE records.json '{"app": 1, "ids": [9]}'
	pull --bookmarks marks --delta --deletes | pack 2.zip
	cp -p marks.1 marks
	# The same command with the same name finishes it.
	pull --bookmarks marks --delta --deletes >again.jsonl
	pack 2.zip <again.jsonl
	[ "$(seki-pack --state sent --list | wc -l)" -eq 2 ]
	import -q 2.zip
	edit 6 乙
	through 3.zip
	# With a name of each run's own the bookmarks are put right first.
	cp -p marks marks.1
	edit 7 丙
	pull --bookmarks marks --delta --deletes | pack 4.zip
	import -q 4.zip
	cp -p marks.1 marks
	edit 8 丁
	pull --bookmarks marks --delta --deletes >d.jsonl
	run --separate-stderr pack 5.zip <d.jsonl
	refused 1 order
	through 5.zip
}

@test "a delta before any full bundle, and one that names no predecessor" {
	run --separate-stderr pack 1.zip <"$TOP/tests/data/root/delta.jsonl"
	refused 1 order
	[[ $stderr == *"no bundle of the stream before it"*"pull in full"* ]]
	[ ! -e 1.zip ]
	[ ! -e marks ]
	mk 1=a | pack 1.zip
	cp marks marks.1
	mk -b marks 2=b | sed 's/"after":"[0-9a-f]*"//' >d.jsonl
	run --separate-stderr pack 2.zip <d.jsonl
	refused 1 order
	[[ $stderr == *"does not say"* ]]
	# The first one withdrawn: there is nothing again.
	seki-pack -q --state sent --stream soudan --withdraw 1 >state.out
	mk -b marks.1 2=b >d.jsonl
	run --separate-stderr pack 2.zip <d.jsonl
	refused 1 order
	[ ! -e 2.zip ]
	[ "$(seki-pack --state sent --list | grep -vc withdrawn)" -eq 0 ]
}

@test "a delta through other rules than the bundle before it" {
	cloud
	pull --bookmarks marks | clean | pack 1.zip
	edit 5 甲
	sed -i 's/,50,hold/,40,hold/' rules.csv
	pull --bookmarks marks --delta | clean >d.jsonl
	run --separate-stderr pack 2.zip <d.jsonl
	refused 1 order
	[[ $stderr == *"another rules table"*"in full"* ]]
	# Left out: nobody looks for a second table.
	pull --bookmarks marks --delta >raw.jsonl
	[ "$(tail -1 raw.jsonl | jq -r .value.complete.kind)" = delta ]
	run --separate-stderr pack 2.zip <raw.jsonl
	refused 78 config
	[[ $stderr == *"bundle 1 went through a rules table, this stream did not"* ]]
	[[ $stderr == *"next: Send the stream through seki-normalize"*"--delta"* ]]
	run --separate-stderr pack 2.zip --raw <raw.jsonl
	refused 1 order
	[[ $stderr == *"through no rules table"*"in full"* ]]
	pull --bookmarks marks | clean | pack 2.zip
}

@test "a delta of another form than the bundle before it" {
	cloud
	pull --bookmarks marks --fields 件名,更新日時 | pack 1.zip
	cp -p marks marks.1
	edit 5 甲
	# One field more is only a note to a pull whose rules do not use it; but
	# then the rules must not be left out.
	printf '出力項目,元項目,種別\n件名,件名,keep\n' >few.csv
	pull --bookmarks marks --fields 件名,更新日時,欠席日数 --delta \
	    --rules few.csv >d.jsonl
	tail -1 d.jsonl | jq -e '.value.complete.kind == "delta"' >/dev/null
	run --separate-stderr pack 2.zip <d.jsonl
	refused 1 order
	[[ $stderr == *"the form changed"*"in full"* ]]
	pull --bookmarks marks.1 --fields 件名,更新日時 --delta >d.jsonl
	pack 2.zip <d.jsonl
	# Without rules every field is used, and the pull reads all by itself.
	pull --bookmarks marks --fields 件名,更新日時,欠席日数 --delta >d.jsonl
	tail -1 d.jsonl | jq -e '.value.complete.kind == "full"' >/dev/null
	pack 3.zip <d.jsonl
}

@test "a delta for another host than the bundle before it" {
	mk 1=a | pack 1.zip
	mk -b marks 2=b >d.jsonl
	run --separate-stderr pack 2.zip --audience lgwan-2 <d.jsonl
	refused 1 order
	[[ $stderr == *"another audience"*"next: check the spelling of --audience first"* ]]
	pack 2.zip <d.jsonl
}

@test "a delta with attachments, through the whole road" {
	umask 077
	echo planted-token-31415926 >token
	python3 "$TOP/tests/mkattach.py" "$TOP/tests/data/record-api-samples" app
	start_cloud --token-file token --app 1 --load app/full
	# Among the names and files are such as a scan stops.
	local let=(--by p-0001 --scan-override 試験)
	files() {
		pull --bookmarks marks --deletes "$@"
	}
	with() {
		local out=$1
		shift
		files --attachments spool "$@" |
		    pack "$out" --attachments spool "${let[@]}"
	}
	with 1.zip
	import -q 1.zip
	local id
	id=$(sql 'SELECT "$id" FROM soudan LIMIT 1')
	edit "$id" 甲
	api DELETE records.json "{\"app\": 1, \"ids\": [$(sql 'SELECT "$id"
	    FROM soudan ORDER BY seki_len DESC, "$id" DESC LIMIT 1')]}"
	with 2.zip --delta
	[ "$(unzip -p 2.zip manifest.json | jq -c '[.kind,.content.records,
	    .content.deletes]')" = '["delta",1,1]' ]
	import -q 2.zip
	pull --attachments spool >now.jsonl
	[ "$(root)" = "$(tail -1 now.jsonl | jq -r .value.complete.root)" ]
	# Those of records that did not change are still there.
	seki-export -q --store town.db --stream soudan --format stream \
	    --attachments back >/dev/null
	[ "$(find back -type f | wc -l)" -gt 1 ]
	# Without them it would be half of each.
	edit "$id" 乙
	files --delta >d.jsonl
	[ "$(tail -1 d.jsonl | jq -r .value.complete.kind)" = delta ]
	run --separate-stderr pack 3.zip "${let[@]}" <d.jsonl
	refused 1 order
	[[ $stderr == *"carried attachments, the delta brings none"*"--attachments DIR"* ]]
	[[ $stderr != *"without --delta"* ]]
	# A full one is let pass, and said.
	files >full.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 3.zip "${let[@]}" full.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"3.zip: bundle 2 carried attachments, this one has none"*"--attachments DIR"* ]]
	files --attachments spool >now.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 --attachments spool -o 4.zip \
	    "${let[@]}" now.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr != *"has none"* ]]
}

@test "a full bundle with many fewer records is noted" {
	mk $(seq -f '%.0f=v' 1 20) | pack 1.zip
	mk $(seq -f '%.0f=v' 1 18) >s.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 2.zip <s.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr != *"not in it"* ]]
	mk $(seq -f '%.0f=v' 1 16) >s.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 3.zip <s.jsonl
	[ "$status" -eq 0 ]
	[[ $stderr == *"2 of the 18 records of the bundle before are not in it"* ]]
}

@test "the packer says what it made" {
	mk 1=a 2=b | pack 1.zip
	mk -b marks 1=b 2- >d.jsonl
	run --separate-stderr seki-pack --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 -o 2.zip <d.jsonl
	[[ $stderr == *"bundle 2 of stream soudan for lgwan-1, delta of 1 records and 1 deletions"* ]]
	seki-pack --json --state sent --list | tail -1 |
	    jq -e '.kind == "delta" and .deletes == 1' >/dev/null
}

@test "a delta into an empty store, out of order, with a hole, too late" {
	three
	mk -b marks 9=i | pack 3.zip
	mk 1=A | pack 4.zip
	mk -b marks 2=B | pack 5.zip
	install -m 600 town.db kept.db
	rm town.db
	local b
	for b in 2 3 5; do
		run --separate-stderr import $b.zip
		refused 75 gap
		[[ $stderr == *"nothing of stream soudan"*"pull without --delta"* ]]
		[ ! -e town.db ]
		run --separate-stderr seki-verify --trust trust \
		    --audience lgwan-1 --store kept.db $b.zip
		[ $b -eq 2 ] || [ "$status" -eq 75 ]
	done
	install -m 600 kept.db town.db
	cp town.db before.db
	run --separate-stderr import 3.zip
	refused 75 gap
	[[ $stderr == *"seq 3 is missing; this one is 4"*"--resend 3"* ]]
	rm before.db
	import -q 2.zip
	run --separate-stderr import 2.zip
	[[ $output == *already* ]]
	cp town.db before.db
	run --separate-stderr import 5.zip
	refused 75 gap
	rm before.db
	# Only a full one goes over the hole; then the chain goes on from it,
	# and what lay in the hole comes too late.
	run --separate-stderr import 4.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"1 bundles before it were skipped"* ]]
	import -q 5.zip
	cp town.db before.db
	run --separate-stderr import 3.zip
	refused 1 replay
	[ "$(root)" = "$(mk 1=A 2=B | tail -1 | jq -r .value.complete.root)" ]
}

@test "a delta of another chain, of another source, of another form" {
	three
	mk 1=a | pack o1.zip --state sent2
	mk -b marks 1=b | pack o2.zip --state sent2
	mk -b marks 1=c | pack o3.zip --state sent2
	cp town.db before.db
	run --separate-stderr import o3.zip
	refused 1 fork
	mk -a 8 1=a | pack a1.zip --state sent3
	mk -a 8 -b marks 1=b | pack a2.zip --state sent3
	mk -a 8 -b marks 1=b | pack a3.zip --state sent3
	run --separate-stderr import a3.zip
	refused 1 source
	# The same number, as a delta and as a full one.
	rm before.db
	import -q 2.zip
	cp town.db before.db
	seki-pack -q --state sent --stream soudan --withdraw 3 >state.out
	mk 1=other | pack 2f.zip
	run --separate-stderr import 2f.zip
	refused 1 fork
}

@test "a form that changed needs a full bundle; labels may change" {
	three
	import -q 2.zip
	cp town.db before.db
	cp marks marks.2
	mk -t MULTI_LINE_TEXT -b marks 1=x | pack t.zip
	run --separate-stderr import t.zip
	refused 78 schema
	[[ $stderr == *"without --delta"* ]]
	rm before.db
	seki-pack -q --state sent --stream soudan --withdraw 4 >state.out
	cp marks.2 marks
	mk -l 用件 -b marks 1=x 8- | pack l.zip
	run --separate-stderr import l.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(root)" = "$(mk -l 用件 1=x '2!r' '4!r' 5=e/Z '6!s' 7=g |
	    tail -1 | jq -r .value.complete.root)" ]
	[ "$(grep -c _sdc_deleted_at exported.jsonl)" -eq 0 ]
	sql 'SELECT "用件" FROM "soudan_表示"' >/dev/null
}

@test "withdrawn and packed again: a delta's twin is known" {
	mk 1=a | pack 1.zip
	import -q 1.zip
	cp marks marks.1
	mk -b marks 1=b 2=c | pack 2.zip --title x
	import -q 2.zip
	seki-pack -q --state sent --stream soudan --withdraw 2 \
	    --bookmarks marks >state.out
	cmp <(jq -S . marks) <(jq -S . marks.1)
	mk -b marks 1=b 2=c | pack 2b.zip --title y
	run --separate-stderr import 2b.zip
	[ "$status" -eq 0 ]
	[[ $output == *already* ]]
	mk -b marks 3=d | pack 3.zip
	import -q 3.zip
	[ "$(root)" = "$(mk 1=b 2=c 3=d | tail -1 |
	    jq -r .value.complete.root)" ]
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

@test "rows changed by hand, touched by the delta or not" {
	three
	mv town.db good.db
	local change
	# 2.zip changes 1 and 5, deletes 3, holds 6; 2, 4 and 7 stay.
	for change in \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '1'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '2'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '3'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '6'" \
	    "UPDATE soudan SET \"件名\" = NULL WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET seki_leaf = zeroblob(32) WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET seki_leaf = x'00' WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET seki_bundle = 1 WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET seki_held = 1 WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET seki_held = 0 WHERE \"\$id\" = '2'" \
	    "UPDATE soudan SET \"\$id\" = '8' WHERE \"\$id\" = '7'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '7'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '3'" \
	    "INSERT INTO soudan SELECT seki_source, 1, seki_leaf, seki_bundle,
	     0, '9', \"\$revision\", \"件名\" FROM soudan
	     WHERE \"\$id\" = '7'" \
	    "UPDATE \"soudan_家族\" SET \"氏名\" = 'w' WHERE seki_key = '2'" \
	    "UPDATE \"soudan_家族\" SET \"氏名\" = 'w' WHERE seki_key = '5'" \
	    "DELETE FROM \"soudan_家族\" WHERE seki_key = '5'" \
	    "DELETE FROM seki_held WHERE key = '4'" \
	    "INSERT INTO seki_held SELECT stream, seki_source, 1, '9', reasons,
	     seki_bundle FROM seki_held LIMIT 1"; do
		by_hand "$change"
		refused 1 content
		[[ $stderr == *"backup"* ]]
	done
	by_hand "CREATE TRIGGER t AFTER UPDATE ON soudan BEGIN
	    DELETE FROM soudan WHERE \"\$id\" = '7'; END"
	refused 78 schema
	by_hand "UPDATE seki_bundle SET kind = 'delta' WHERE seq = 2"
	refused 1 ledger
	rm before.db
	# The same after the delta: by the next one, and by the export.
	install -m 600 good.db town.db
	import -q 2.zip
	mv town.db good.db
	mk -b marks 1=B | pack 3.zip
	cp 3.zip 2.zip
	for change in \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '7'" \
	    "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '8'" \
	    "UPDATE soudan SET seki_leaf = zeroblob(32) WHERE \"\$id\" = '8'" \
	    "DELETE FROM soudan WHERE \"\$id\" = '8';
	     DELETE FROM \"soudan_家族\" WHERE seki_key = '8'" \
	    "DELETE FROM seki_held WHERE key = '6';
	     UPDATE soudan SET seki_held = 0 WHERE \"\$id\" = '6'" \
	    "UPDATE soudan SET seki_bundle = 1 WHERE \"\$id\" = '8'" \
	    "UPDATE soudan_history SET record = '{}' WHERE n = 3" \
	    "DELETE FROM soudan_history WHERE seki_until = 3"; do
		by_hand "$change"
		refused 1 content
		run --separate-stderr seki-export --store town.db \
		    --stream soudan --format stream -o out.jsonl
		[ "$status" -eq 1 ] || { echo "export: $change"; false; }
		[[ $stderr == *": content: "* ]]
		[ ! -e out.jsonl ]
	done
	rm before.db
	install -m 600 good.db town.db
	import -q 3.zip
}

# stream_of BUNDLE
stream_of() {
	unzip -p "$1" data/records.jsonl
}
resign() {
	python3 "$TOP/tests/resign.py" 2.zip inet-1.key bad.zip "$@"
}

@test "hostile deltas, signed by the right key" {
	three
	cp town.db before.db
	stream_of 2.zip >s.jsonl
	# Deletes a key and adds it again, either way; keys out of order; twice.
	sed '/"3","_sdc/{p;s/.*/{"type":"RECORD","stream":"soudan","record":{"$id":"3","$revision":"1","件名":"x","家族":[]}}/}' \
	    s.jsonl >x1
	sed '/"3","_sdc/{h;s/.*/{"type":"RECORD","stream":"soudan","record":{"$id":"3","$revision":"1","件名":"x","家族":[]}}/;G}' \
	    s.jsonl >x2
	sed '2{h;d};3G' s.jsonl >x3
	sed '/"9","_sdc/p' s.jsonl >x4
	# A deletion with values, without its time; HELD and deleted.
	sed 's/"9","_sdc/"9","件名":"x","_sdc/' s.jsonl >x5
	sed 's/"_sdc_deleted_at":"[^"]*"}}$/"_sdc_deleted_at":"soon"}}/' \
	    s.jsonl >x6
	sed '/"3","_sdc/{p;s/.*/{"type":"HELD","stream":"soudan","key":"3","reasons":[]}/}' \
	    s.jsonl >x7
	# A SCHEMA that does not speak of deletions; a STATE that says full.
	sed '1s/,"_sdc_deleted_at":{[^}]*}//' s.jsonl >x8
	sed 's/"kind":"delta"/"kind":"full"/' s.jsonl >x9
	local i
	for i in 1 2 3 4 5 6 7 8 9; do
		if cmp -s x$i s.jsonl; then false; fi
		resign --file data/records.jsonl=x$i
		run --separate-stderr import bad.zip
		refused 65 record
	done
	resign --file data/records.jsonl=x9 --set 'kind="full"' \
	    --set content.deletes=0
	run --separate-stderr import bad.zip
	refused 65 record
	[[ $stderr == *"a full stream has no deletions"* ]]
	# The manifest says another kind than the stream, or other counts.
	resign --set 'kind="full"' --set content.deletes=0
	run --separate-stderr import bad.zip
	refused 1 content
	[[ $stderr == *"delta stream"* ]]
	resign --set content.deletes=1
	run --separate-stderr import bad.zip
	refused 1 content
	resign --set 'kind="DELTA"'
	run --separate-stderr import bad.zip
	refused 65 manifest
	mk 1=a | pack f.zip
	python3 "$TOP/tests/resign.py" f.zip inet-1.key bad.zip \
	    --set 'kind="delta"' --set seq=3 \
	    --set "prev=$(unzip -p 2.zip manifest.json | jq .prev)"
	run --separate-stderr import bad.zip
	refused 1 content
	[[ $stderr == *"full stream"* ]]
	# One bit of a record.
	sed 's/"件名":"A"/"件名":"B"/' s.jsonl >x
	resign --file data/records.jsonl=x
	run --separate-stderr import bad.zip
	refused 1 content
	# Untouched, it is taken.
	rm before.db
	import -q 2.zip
}

@test "killed at each call that changes files: before or after" {
	three
	mv town.db good.db
	local n status=137 before after
	before=$(root good.db)
	after=$(mk 1=A '2!r' '4!r' 5=e/Z '6!s' 7=g 8=h/q | tail -1 |
	    jq -r .value.complete.root)
	for ((n = 1; status == 137; n++)); do
		rm -f town.db*
		install -m 600 good.db town.db
		status=0
		python3 "$TOP/tests/killat.py" $n "$BIN/seki-import" \
		    --trust trust --audience lgwan-1 --store town.db 2.zip \
		    >/dev/null 2>&1 || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 137 ]
		[ "$(sql 'PRAGMA integrity_check')" = ok ]
		case $(root) in
		"$before" | "$after") ;;
		*) false ;;
		esac
		import 2.zip >/dev/null 2>&1
		[ "$(root)" = "$after" ]
		[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 3 ]
		[ "$(sql "SELECT count(*) FROM seki_ledger
		    WHERE entry LIKE '%\"kind\":\"import\"%'")" -eq 3 ]
		[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 3 ]
	done
	[ "$n" -gt 20 ]
}

@test "what is exported after a delta proves what is there" {
	three
	import -q 2.zip
	local want
	want=$(mk 1=A '2!r' '4!r' 5=e/Z '6!s' 7=g 8=h/q | tail -1 |
	    jq -r .value.complete.root)
	[ "$(root)" = "$want" ]
	[ "$(tail -1 exported.jsonl | jq -r .value.complete.kind)" = full ]
	# A part of it says what it was made from; any filter takes it.
	seki-export -q --store town.db --stream soudan --format stream \
	    --fields 件名 >part.jsonl
	tail -1 part.jsonl | jq -e --arg root "$want" '.value.complete.from |
	    .records == 4 and .held == 3 and .root == $root' >/dev/null
	seki-show part.jsonl >/dev/null
	run --separate-stderr seki-export -q --unchecked --store town.db \
	    --stream soudan --format stream
	[ "$status" -eq 64 ]
	[[ $stderr == *"--unchecked"* ]]
	seki-export -q --json --store town.db --stream soudan --format csv \
	    -o out.csv 2>err >result
	[ "$(jq -r .root result err)" = "$want" ]
	# Packed anew, it founds another store.
	pack full.zip --state sent2 <exported.jsonl
	seki-import -q --trust trust --audience lgwan-1 --store new.db full.zip
	[ "$(root new.db)" = "$want" ]
	# An entry that says otherwise is seen, whoever mends the chain.
	sql "UPDATE seki_bundle SET rows_sha256 = zeroblob(32) WHERE seq = 3"
	run seki-export -q --store town.db --stream soudan --format stream
	[ "$status" -eq 1 ]
}
