#!/usr/bin/env bats
# Attachments: into the folder of a pull, and out of it with a push.
load helper

SAMPLES=$TOP/tests/data/record-api-samples
TOKEN=planted-token-16180339

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	umask 022
	(umask 077 && echo "$TOKEN" >token)
	python3 "$TOP/tests/mkattach.py" "$SAMPLES" app
	# Files that records name, each once a place; digests there are.
	FILES=$(find app/full/files -type f | wc -l)
	(cd app/full/files && sha256sum ./* | cut -c1-64 | sort -u) >digests
}
teardown() {
	stop_all
}

# App 1 has records and attachments, app 2 the same form and none.
cloud() {
	stop_all
	start_cloud --token-file token --app 1 --load app/full \
	    --app 2 --load app/empty "$@"
}
pull() {
	local app=$1
	shift
	seki-pull --base-url "$URL" --app "$app" --token-file token \
	    --stream shuzen "$@"
}
# get OPTION…: app 1 with its attachments, into raw.jsonl, and what it cost
# into log.
get() {
	pull 1 --attachments spool --verbose "$@" >raw.jsonl 2>log
}
fetched() {
	grep -c 'file.json: status 200' log || :
}
# The folder holds what it should, under its digests, and nobody may see it.
spool_is_whole() {
	[ "$(stat -c %a spool)" = 700 ]
	(cd spool && find . -type f ! -name index ! -name lock) |
	    sed 's#^\./##' | sort >have
	cmp have digests
	(cd spool && sha256sum $(cat ../have)) |
	    awk '$1 != $2 { print "damaged: " $2; bad = 1 } END { exit bad }'
	[ -z "$(find spool -type f ! -perm 600)" ]
}
# Each record's files are those that it had in app 1.
stream_is_true() {
	python3 - "$1" <<-'EOF'
	import hashlib, json, sys
	want, n = {}, 0
	def item(f):
	    with open("app/full/files/" + f["fileKey"], "rb") as data:
	        return (f["name"], f["contentType"], f["size"],
	                hashlib.sha256(data.read()).hexdigest())
	for r in json.load(open("app/full/records.json"))["records"]:
	    want[r["受付番号"]["value"]] = [
	        [item(f) for f in r["添付資料"]["value"]]] + [
	        [item(f) for f in row["value"]["作業写真"]["value"]]
	        for row in r["作業明細"]["value"]]
	def have(f):
	    return (f["name"], f["contentType"], f["size"], f["sha256"])
	for line in open(sys.argv[1]):
	    m = json.loads(line)
	    if m["type"] == "STATE":
	        assert m["value"]["complete"]["source"]["attachments"] == "all"
	    if m["type"] != "RECORD":
	        continue
	    r = m["record"]
	    got = [[have(f) for f in r["添付資料"]]] + [
	        [have(f) for f in row["作業写真"]] for row in r["作業明細"]]
	    if got != want.pop(r["受付番号"]):
	        sys.exit("record %s differs" % r["$id"])
	    n += sum(map(len, got))
	if want or not n:
	    sys.exit("missing: %s" % list(want))
	EOF
}
# failed STATUS REASON TEXT: and nothing half is left.
failed() {
	echo "$status $output $stderr"
	[ "$status" -eq "$1" ]
	[[ "$stderr" == *": $2: "*"$3"* ]]
	[[ "$output" != *'"STATE"'* ]]
	[[ "$output$stderr" != *"$TOKEN"* ]]
	[ -z "$(find . -name 'new.*')" ]
}

@test "every attachment comes down, in tables too, under its digest only" {
	cloud
	get
	spool_is_whole
	stream_is_true raw.jsonl
	[ "$(fetched)" -eq "$FILES" ]
	# Names, types and keys are nobody's path, and stand in no message.
	[ "$(find . -name '*見積*' -o -name x -o -name '-rf' | wc -l)" -eq 0 ]
	[ ! -e ../x ] && [ ! -e ../../x ] && [ ! -e ../../../x ]
	! grep -q '見積\|同名\|AAAA\|reserved' log || false
	! grep -qF "$TOKEN" log raw.jsonl || false
	! grep -rqF "$TOKEN" spool || false
	seki-show raw.jsonl | grep -q 'records: 12'
	# The same with one connection.
	cp raw.jsonl four.jsonl
	rm -r spool
	get -j 1
	spool_is_whole
	cmp <(grep '"type":"RECORD"' raw.jsonl) \
	    <(grep '"type":"RECORD"' four.jsonl)
}

@test "an attachment that is there is not fetched again, a damaged one is" {
	cloud
	get
	cp raw.jsonl first.jsonl
	get
	[ "$(fetched)" -eq 0 ]
	cmp <(grep '"type":"RECORD"' raw.jsonl) \
	    <(grep '"type":"RECORD"' first.jsonl)
	one=$(printf 'shared\n' | sha256sum | cut -c1-64)
	two=$(printf 'third\n' | sha256sum | cut -c1-64)
	three=$(printf 'NFD\n' | sha256sum | cut -c1-64)
	four=$(printf 'NFC\n' | sha256sum | cut -c1-64)
	was=$(stat -c %y spool/"$two")
	printf x | dd of=spool/"$two" conv=notrunc status=none
	touch -d "$was" spool/"$two"
	: >spool/"$three"
	rm spool/"$four"
	get
	spool_is_whole
	stream_is_true raw.jsonl
	[ "$(fetched)" -eq 3 ]
	# Somebody's link is no file of ours, and not followed.
	printf 'shared\n' >outside
	ln -sf ../outside spool/"$one"
	get
	spool_is_whole
	[ ! -L spool/"$one" ]
	[ "$(cat outside)" = shared ]
}

@test "counts stand in --json, and downloads are no requests of the day" {
	cloud
	run --separate-stderr pull 1 --json --budget none.json
	plain=$(jq .calls <<<"$stderr")
	run --separate-stderr pull 1 --json --budget all.json \
	    --attachments spool --max-calls "$plain"
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$(jq .calls <<<"${stderr_lines[-1]}")" -eq "$plain" ]
	# The first line is a note, so that people see it too.
	[[ "${stderr_lines[0]}" == "seki-pull: record 11: field 添付資料: an \
attachment calls itself PDF and is application/"* ]]
	[ "${#stderr_lines[@]}" -eq 2 ]
	jq -e --argjson n "$FILES" '.attachments == $n and .fetched == $n and
	    .fetched_bytes > 600000 and .kept == 0 and .other_type == 1' \
	    <<<"${stderr_lines[-1]}"
	run --separate-stderr pull 1 --json --attachments spool
	jq -e --argjson n "$FILES" '.fetched == 0 and .kept == $n and
	    .fetched_bytes == 0 and .other_type == 1' <<<"${stderr_lines[-1]}"
	run --separate-stderr pull 1 --json
	jq -e 'has("attachments") | not' <<<"${stderr_lines[-1]}"
}

@test "killed in the middle and run again: the rest is fetched" {
	cloud --delay 60
	for k in 3 9; do
		seki-pull --base-url "$URL" --app 1 --token-file token -j 2 \
		    --stream shuzen --attachments spool --verbose >raw.jsonl \
		    2>log.$k 3>&- &
		pid=$!
		for i in $(seq 600); do
			[ "$(grep -c 'file.json: status 200' log.$k)" -ge "$k" ] && break
			kill -0 "$pid"
			sleep 0.02
		done
		kill -9 "$pid"
		wait "$pid" || :
		! grep -q '"STATE"' raw.jsonl || false
	done
	get -j 2
	spool_is_whole
	stream_is_true raw.jsonl
	# What was under way, and nothing else, was fetched twice.
	all=$(cat log log.* | grep -c 'file.json: status 200')
	echo "$all of $FILES"
	[ "$(fetched)" -lt $((FILES - 8)) ]
	[ "$all" -ge "$FILES" ]
	[ "$all" -le $((FILES + 4)) ]
	[ -z "$(find spool -name 'new.*')" ]
}

@test "what goes wrong once is asked for again" {
	cloud --fault file:1:503 --fault file:2:cut --fault file:3:drop \
	    --fault file:4:429 --fault file:6:short --fault file:9:slow=20 \
	    --fault file:12:code=GAIA_BL01
	get
	spool_is_whole
	stream_is_true raw.jsonl
	[ "$(grep -c 'records.json: status 200' log)" -ge 3 ]
}

@test "over several connections at a time, and fewer when the service is busy" {
	cloud --delay 40 --concurrent 2
	get -j 6
	spool_is_whole
	stream_is_true raw.jsonl
	grep -q 'file.json: status 429' log
	cloud --delay 20 --concurrent 2
	rm -r spool
	get -j 1
	spool_is_whole
	! grep -q 'status 429' log || false
}

@test "a file that is gone there: the page is read again, then moved" {
	cloud --fault 'file:*:code=GAIA_BL01'
	run --separate-stderr pull 1 --attachments spool --verbose
	failed 75 moved "names an attachment that the service does not have"
	[[ "$stderr" == *"record "[1-9]*": field "* ]]
	[ "$(grep -c 'records.json: status' <<<"$stderr")" -eq 3 ]
	# Taken out of its record between listing and download: nothing is lost,
	# the newer record is taken.
	cloud --fault file:1:code=GAIA_BL01 --fault records:3:delete=1
	run --separate-stderr pull 1 --attachments spool -j 1
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$(grep -c '"RECORD"' <<<"$output")" -eq 11 ]
}

@test "answers that are no attachment are refused" {
	cloud --fault 'file:*:html'
	run --separate-stderr pull 1 --attachments spool --tries 1
	failed 69 protocol "a web page came instead of the attachment"
	cloud --fault 'file:*:short'
	run --separate-stderr pull 1 --attachments spool --tries 1
	failed 69 protocol "but only"
	cloud --fault 'file:*:cut'
	run --separate-stderr pull 1 --attachments spool --tries 1
	failed 75 network "cut"
	cloud --fault 'file:*:code=GAIA_NO01'
	run --separate-stderr pull 1 --attachments spool --tries 1
	failed 77 permission "downloading: GAIA_NO01"
	[[ "$stderr" == *"record "*": field "* ]]
	cloud --fault 'file:*:maintenance'
	run --separate-stderr pull 1 --attachments spool --tries 1
	failed 75 busy "downloading"
	[ -z "$(find spool -type f ! -name index ! -name lock)" ]
	[ ! -e out ]
	run --separate-stderr pull 1 --attachments spool --tries 1 -o out
	[ "$status" -eq 75 ]
	[ ! -e out ]
}

bad() {
	rm -f url log
	python3 "$TOP/tests/badserver.py" --log log "$@" >url 2>/dev/null 3>&- &
	PIDS="${PIDS:-} $!"
	for i in $(seq 100); do
		[ -s url ] && break
		sleep 0.05
	done
	URL=$(cat url)
	[ -n "$URL" ]
}

@test "more bytes than the record says, or another host: no byte too many" {
	bad "$SAMPLES" file-long
	run --separate-stderr pull 11 --attachments spool --tries 1
	failed 69 protocol "and more came"
	[ -z "$(find spool -type f ! -name index ! -name lock)" ]
	# No connection is made to where a redirect points.
	bad "$SAMPLES" ok
	other=$URL
	mv log other.log 2>/dev/null || : >other.log
	bad --set to="$other/k/v1/file.json?fileKey=1" "$SAMPLES" file-other
	: >other.log
	run --separate-stderr pull 11 --attachments spool --tries 1
	failed 69 redirect "redirect refused: to http://localhost:"
	[ ! -s other.log ]
}

@test "too large for --max-file is said before a byte is fetched" {
	cloud
	run --separate-stderr pull 1 --attachments spool --max-file 300000 --verbose
	failed 69 limit "an attachment of 300001 bytes; --max-file allows 300000"
	[[ "$stderr" == *"record 12: field "* ]]
	[[ "$stderr" == *"--max-file BYTES"* ]]
	[[ "$stderr" != *"file.json"* ]]
	get --max-file 300001
	spool_is_whole
	run --separate-stderr pull 1 --attachments spool --max-file 1073741825
	[ "$status" -eq 64 ]
	run --separate-stderr pull 1 --max-file 5
	[ "$status" -eq 64 ]
	run --separate-stderr pull 1 --attachments ''
	[ "$status" -eq 64 ]
	# Unless said otherwise, 256 MiB; and sizes that no number holds.
	for n in 268435457 99999999999999999999999999; do
		stop_all
		sed "s/\"size\": \"300001\"/\"size\": \"$n\"/" \
		    app/full/records.json >changed
		mkdir -p app/$n
		cp app/full/*.json app/$n
		mv changed app/$n/records.json
		start_cloud --token-file token --app 1 --load app/$n
		run --separate-stderr pull 1 --attachments spool2 --verbose
		failed 69 limit "--max-file allows 268435456"
		[[ "$stderr" != *"file.json"* ]]
	done
}

@test "a full disk leaves nothing half" {
	cloud
	get
	rm spool/"$(sha256sum <app/full/files/"$(ls -S app/full/files | head -1)" |
	    cut -c1-64)"
	run --separate-stderr bash -c 'ulimit -f 200; "$@"' - \
	    seki-pull --base-url "$URL" --app 1 --token-file token \
	    --stream shuzen --attachments spool
	failed 74 full "write: "
	[[ "$stderr" == *"seki-pull: spool: "* ]]
	[[ "$stderr" == *"make room"* ]]
	[[ "$stderr" == *"record 12: field "* ]]
	get
	spool_is_whole
	[ "$(fetched)" -le 2 ]
}

@test "the folder is ours alone, one run's at a time, and holds no other index" {
	cloud
	mkdir -m 755 spool
	run --separate-stderr pull 1 --attachments spool
	failed 78 unsafe "others may look into the folder (mode 0755)"
	[[ "$stderr" == *"chmod 700 spool"* ]]
	chmod 700 spool
	exec 8>spool/lock
	flock 8
	run --separate-stderr pull 1 --attachments spool
	failed 75 locked "another run is at work here"
	exec 8>&-
	head -c 5000 /dev/urandom >spool/index
	chmod 600 spool/index
	cp spool/index before
	run --separate-stderr pull 1 --attachments spool
	failed 78 config "not an index of attachments"
	[[ "$stderr" == *"move spool/index away"* ]]
	cmp spool/index before
	rm spool/index
	sqlite3 spool/index 'CREATE TABLE t (a)'
	chmod 600 spool/index
	run --separate-stderr pull 1 --attachments spool
	failed 78 config "not an index of attachments"
	rm spool/index
	echo precious >elsewhere
	ln -s ../elsewhere spool/index
	run --separate-stderr pull 1 --attachments spool
	echo "$stderr"
	[ "$status" -eq 74 ]
	[ "$(cat elsewhere)" = precious ]
	run --separate-stderr pull 1 --attachments token
	failed 74 file "not a folder"
	run --separate-stderr pull 1 --attachments no/such/folder
	failed 74 file "create folder"
}

@test "a delta brings the attachments of what changed, all after none" {
	cloud
	pull 1 >raw.jsonl
	tail -1 raw.jsonl | jq -c .value >marks
	get --bookmarks marks --delta
	grep -q 'left attachments behind' log
	[ "$(tail -1 raw.jsonl | jq -r .value.complete.kind)" = full ]
	spool_is_whole
	stream_is_true raw.jsonl
	tail -1 raw.jsonl | jq -c .value >marks
	sleep 1
	curl -sSf -X PUT -H "X-Cybozu-API-Token: $TOKEN" -o /dev/null \
	    -H 'Content-Type: application/json' "$URL/k/v1/record.json" \
	    -d '{"app":1,"id":8,"record":{"件名":{"value":"新"}}}'
	get --bookmarks marks --delta
	[ "$(tail -1 raw.jsonl | jq -r .value.complete.kind)" = delta ]
	grep '"type":"RECORD"' raw.jsonl | jq -e '.record["$id"] == "8" and
	    (.record["添付資料"] | length == 2 and all(.sha256 != null))'
	[ "$(fetched)" -eq 0 ]
	[ "$(tail -1 raw.jsonl | jq -r .value.complete.source.attachments)" = all ]
	# What the last pull had sent already is not looked at.
	tail -1 raw.jsonl | jq -c .value >marks
	rm -r spool
	get --bookmarks marks --delta
	[ "$(fetched)" -eq 0 ]
}

@test "an attachment is never in memory as a whole" {
	if nm "$BIN/seki-pull" 2>/dev/null | grep -q __asan_init; then
		skip "the sanitizer's memory is its own"
	fi
	mkdir -p app/big/files
	cp app/empty/*.json app/big
	key=202604030000001234567890123456789012345678901234
	head -c 150000000 /dev/zero >app/big/files/$key
	jq --arg k $key '.records = [.records[11] | .["作業明細"].value = [] |
	    .["添付資料"].value = [{fileKey: $k, name: "b", size: "150000000",
	    contentType: "text/plain"}]] | .totalCount = "1"' \
	    app/full/records.json >app/big/records.json
	start_cloud --token-file token --app 3 --load app/big
	run python3 "$TOP/tests/peak.py" seki-pull -q --base-url "$URL" --app 3 \
	    --token-file token --stream shuzen --attachments spool
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" -lt 60000 ]
	[ "$(stat -c %s spool/"$(head -c 150000000 /dev/zero | sha256sum |
	    cut -c1-64)")" -eq 150000000 ]
}

# Pushing.

push() {
	local app=$1
	shift
	seki-push --base-url "$URL" --app "$app" --token-file token --verbose "$@"
}
# send OPTION…: raw.jsonl into app 2, with the attachments of spool.
send() {
	push 2 --mode upsert --key 受付番号 --attachments spool "$@" raw.jsonl
}
uploads() {
	grep -c 'POST /k/v1/file.json: status 200' <<<"$stderr" || :
}
summary() {
	echo "$status $output $stderr"
	[ "$status" -eq "${7:-0}" ]
	[[ "${lines[-1]}" == *"add $1, update $2, same $3, conflict $4, missing $5, refused $6, skipped: held 0, deleted 0" ]]
}
revisions() {
	pull "$1" --fields 受付番号 |
	    jq -r 'select(.type=="RECORD").record["$revision"]' | sort -n |
	    uniq -c | tr -s ' \n' ' '
}
call() {
	curl -sSf -X "$1" -H "X-Cybozu-API-Token: $TOKEN" -o answer \
	    -H 'Content-Type: application/json' -d "$3" "$URL/k/v1/$2.json"
}
# upload FILE NAME: its key
upload() {
	curl -sSf -H "X-Cybozu-API-Token: $TOKEN" -F "file=@$1;filename=$2" \
	    "$URL/k/v1/file.json" | jq -r .fileKey
}

@test "pull, push into an empty app, pull: every attachment is the same" {
	cloud
	get
	run --separate-stderr send
	summary 12 0 0 0 0 0
	[ "$(uploads)" -eq "$FILES" ]
	[[ "$stderr" == *"$FILES attachments were uploaded"* ]]
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
	mv spool was
	mv back spool
	spool_is_whole
	rm -r spool
	mv was spool
	# The same again is read once, to be sure, and then known; never written.
	run --separate-stderr send
	summary 0 0 12 0 0 0
	[ "$(uploads)" -eq 0 ]
	[ "$(grep -c 'GET /k/v1/file.json: status 200' <<<"$stderr")" -eq "$FILES" ]
	run --separate-stderr send
	summary 0 0 12 0 0 0
	[[ "$stderr" != *file.json* ]]
	[ "$(revisions 2)" = " 12 1 " ]
	! grep -qF "$TOKEN" -r spool || false
	# One folder does for a whole pipe.
	rm -r spool
	run --separate-stderr bash -o pipefail -c 'seki-pull -q --base-url "$1" \
	    --app 1 --token-file token --stream shuzen --attachments spool |
	    seki-push --base-url "$1" --app 2 --token-file token --mode upsert \
	    --key 受付番号 --attachments spool' - "$URL"
	summary 0 0 12 0 0 0
}

@test "only what differs goes up, and what stays keeps its key" {
	cloud
	get
	run --separate-stderr send
	summary 12 0 0 0 0 0
	# One file of record 7 is replaced by one of the same name and size.
	id=$(pull 2 --query '受付番号 = "R-007"' |
	    jq -r 'select(.type=="RECORD").record["$id"]')
	rec() {
		curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
		    "$URL/k/v1/record.json?app=2&id=$id" | jq -c .record
	}
	keys() {
		rec | jq -r '.["添付資料"].value[].fileKey'
	}
	keys >before
	printf 'wrong\n' >wrong
	key=$(upload wrong 同名.txt)
	call PUT record "$(rec | jq -c --arg k "$key" --arg id "$id" '{app: 2,
	    id: $id, record: {"添付資料": {value: (.["添付資料"].value |
	    .[0] = {fileKey: $k})}}}')"
	run --separate-stderr send --dry-run
	summary 0 1 11 0 0 0
	[[ "$output" == *"update R-007 添付資料"* ]]
	[ "$(uploads)" -eq 0 ]
	[[ "$stderr" == *"1 attachments would be uploaded"* ]]
	run --separate-stderr send
	summary 0 1 11 0 0 0
	[ "$(uploads)" -eq 1 ]
	keys >after
	[ "$(comm -12 <(sort before) <(sort after) | wc -l)" -eq 2 ]
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
	# Another field of the record: no file moves.
	call PUT record "{\"app\":2,\"id\":$id,\"record\":{\"件名\":{\"value\":\"x\"}}}"
	run --separate-stderr send
	summary 0 1 11 0 0 0
	[ "$(uploads)" -eq 0 ]
	[ "$(keys)" = "$(cat after)" ]
	# One is taken away there, one is there too many.
	key=$(upload wrong more.txt)
	call PUT record "$(rec | jq -c --arg k "$key" --arg id "$id" '{app: 2,
	    id: $id, record: {"添付資料": {value: (.["添付資料"].value[1:] +
	    [{fileKey: $k}])}}}')"
	run --separate-stderr send
	summary 0 1 11 0 0 0
	[ "$(uploads)" -eq 1 ]
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
}

@test "a row's attachment that changed goes up; the other rows keep theirs" {
	cloud
	get
	run --separate-stderr send
	id=$(pull 2 --query '受付番号 = "R-006"' |
	    jq -r 'select(.type=="RECORD").record["$id"]')
	table=$(curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
	    "$URL/k/v1/record.json?app=2&id=$id" | jq -c \
	    '.record["作業明細"].value | .[0].value["作業写真"].value = []')
	kept=$(jq -r '.[1].value["作業写真"].value[0].fileKey' <<<"$table")
	call PUT record "{\"app\":2,\"id\":$id,\"record\":{\"作業明細\":{\"value\":$table}}}"
	run --separate-stderr send
	summary 0 1 11 0 0 0
	[ "$(uploads)" -eq 1 ]
	curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
	    "$URL/k/v1/record.json?app=2&id=$id" |
	    jq -e --arg k "$kept" '.record["作業明細"].value[1].value["作業写真"].value[0].fileKey == $k'
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
}

@test "a file that is missing or damaged in the folder is named, nothing is sent" {
	cloud
	get
	third=$(printf 'third\n' | sha256sum | cut -c1-64)
	mv spool/"$third" kept
	run --separate-stderr send --dry-run
	failed 74 file "the attachment is not in the folder (${third:0:16}"
	[[ "$stderr" == *"record R-007: field 添付資料"* ]]
	[[ "$stderr" == *"seki-pull --attachments spool"* ]]
	run --separate-stderr send
	failed 74 file "the attachment is not in the folder"
	# Of the right length, and something else: the upload is broken off.
	printf 'other\n' >spool/"$third"
	run --separate-stderr send
	failed 1 digest "the attachment's file is damaged (${third:0:16}"
	[[ "$stderr" == *"record R-007: field 添付資料"* ]]
	[ "$(pull 2 | grep -c '"RECORD"')" -eq 0 ]
	: >spool/"$third"
	run --separate-stderr send
	failed 1 digest "damaged"
	rm spool/"$third"
	mv kept spool/"$third"
	run --separate-stderr send
	summary 12 0 0 0 0 0
	# A stream that was pulled without them.
	pull 1 >raw.jsonl
	run --separate-stderr send
	summary 0 0 12 0 0 0
	cloud
	run --separate-stderr send
	failed 78 config "names an attachment that was not fetched"
	[[ "$stderr" == *"with --attachments"* ]]
	run --separate-stderr push 2 --mode upsert --key 受付番号 \
	    --attachments nowhere raw.jsonl
	failed 74 file "folder: "
	[ ! -e nowhere ]
}

@test "uploads that fail once are sent again, a lost one costs nothing" {
	cloud --fault POST/file:1:503 --fault POST/file:3:drop \
	    --fault POST/file:5:429 --fault POST/file:7:cut
	get
	run --separate-stderr send
	summary 12 0 0 0 0 0
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
	cloud --fault 'POST/file:4-:code=GAIA_NO01'
	run --separate-stderr send --tries 1
	failed 77 permission "uploading: GAIA_NO01"
	[[ "$stderr" == *"record R-0"*": field "* ]]
	[ "$(pull 2 | grep -c '"RECORD"')" -eq 0 ]
	cloud --fault 'POST/file:*:html'
	run --separate-stderr send --tries 1
	failed 69 protocol "uploading"
}

@test "an upload for add without key leaves nothing in doubt" {
	cloud --fault 'POST/file:9:code=GAIA_NO01'
	get
	run --separate-stderr push 2 --mode add --state state \
	    --attachments spool raw.jsonl
	failed 77 permission "uploading"
	run --separate-stderr push 2 --mode add --state state \
	    --attachments spool raw.jsonl
	summary 12 0 0 0 0 0
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
}

@test "all or nothing takes attachments along, and one that cannot go stops it" {
	cloud
	get
	run --separate-stderr send --all-or-nothing
	summary 12 0 0 0 0 0
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
}

@test "a name that no upload carries is refused, by record and field" {
	sed -i 's/"写し.txt"/"写\\"し.txt"/' app/full/records.json
	cloud
	get
	run --separate-stderr send
	summary 11 0 0 0 0 1 1
	[[ "$stderr" == *"held: record R-008: field 添付資料: the name of an \
attachment "* ]]
	[[ "$stderr" != *'写"'* ]]
	# Where it is already, it need not go.
	run --separate-stderr push 1 --mode upsert --key 受付番号 \
	    --attachments spool raw.jsonl
	summary 0 0 12 0 0 0
}

@test "an odd answer to an upload, and a file that is gone: what to do next" {
	cloud
	get
	for odd in "doc = {}" "doc = {'fileKey': 5}" "doc = [1]"; do
		spoil instead "POST .*file.json" 200 "$odd"
		run --separate-stderr send
		echo "$odd: $status $stderr"
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"protocol: "*": uploading: "*"next: "* ]]
	done
	spoil instead "P.*records.json" 404 \
	    "doc = {'id': 'x', 'code': 'GAIA_BL01', 'message': 'no file'}"
	run --separate-stderr send
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"refused: writing: GAIA_BL01: no file"* ]]
	[[ "$stderr" == *"next: "*"Run the same command again"* ]]
	spoil instead "P.*records.json" 200 "doc = {'ids': []}"
	run --separate-stderr send --tries 1
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"protocol: writing: the answer is odd"* ]]
	[[ "$stderr" == *"next: Run the same command again: "*"--base-url"* ]]
	URL=$CLOUD
	run --separate-stderr send
	[ "$status" -eq 0 ]
}

@test "without --attachments a push leaves those of the app alone" {
	cloud
	get
	run --separate-stderr send
	call PUT record '{"app":2,"id":7,"record":{"件名":{"value":"x"}}}'
	run --separate-stderr push 2 --mode upsert --key 受付番号 raw.jsonl
	summary 0 1 11 0 0 0
	[[ "$stderr" == *"attachments are not carried, left alone: 添付資料"* ]]
	pull 2 --attachments back -q >back.jsonl
	stream_is_true back.jsonl
}

# Across the boundary.

# pack NAME OPTION…: raw.jsonl.  Among the names and files are such as a scan
# stops.
pack() {
	local name=$1
	shift
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o "$name" --by p-0001 \
	    --scan-override 試験 "$@" <raw.jsonl
}
import() {
	seki-import -q --trust trust --audience lgwan-1 --store town.db "$@"
}

@test "attachments cross: pack, verify, import, export, and back into an app" {
	two_sides
	cloud
	get
	pack one.zip --attachments spool >marks
	jq -e '.complete.source.attachments == "all"' marks
	# What a ZIP program sees: each once, under its digest.
	unzip -Z1 one.zip | sed -n 's#^att/##p' >inside
	cmp inside digests
	unzip -tq one.zip
	unzip -p one.zip manifest.json | jq -e --argjson n "$(wc -l <digests)" \
	    '([.files[] | select(.role == "attachment" and
	    .name == "att/" + .sha256)] | length == $n) and
	    .source.attachments == "all"'
	# What grows smaller is deflated, and nothing grows.
	unzip -v one.zip | awk '$NF ~ /^att/ && $3 > $1 { bad = 1 }
	    $NF ~ /^att/ && $2 ~ /^Defl/ { n++ } END { exit bad || !n }'
	seki-verify --trust trust --audience lgwan-1 one.zip
	python3 "$TOP/tests/judge_bundle.py" one.zip trust
	run --separate-stderr seki-import --json --trust trust \
	    --audience lgwan-1 --store town.db one.zip
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$(jq .attachments_stored <<<"$output")" -eq "$(wc -l <digests)" ]
	[ "$(stat -c %a town.db.att)" = 700 ]
	[ "$(sqlite3 town.db "SELECT json_extract(entry, '\$.attachments') FROM
	    seki_ledger WHERE n = 2")" -eq "$(wc -l <digests)" ]
	mv spool gone
	cp -r town.db.att spool
	spool_is_whole
	rm -r spool
	# A stream of them, that is what was pulled.
	seki-export --store town.db --stream shuzen -f stream \
	    --attachments spool -o back.jsonl
	spool_is_whole
	stream_is_true back.jsonl
	cp back.jsonl raw.jsonl
	run --separate-stderr send
	summary 12 0 0 0 0 0
	pull 2 --attachments again -q >back.jsonl
	stream_is_true back.jsonl
}

@test "normalised records keep their attachments; what is left out, goes without" {
	two_sides
	cloud
	get
	cp raw.jsonl pulled.jsonl
	seki-normalize --init <pulled.jsonl >rules.csv
	seki-normalize -q --rules rules.csv <pulled.jsonl >raw.jsonl
	stream_is_true raw.jsonl
	pack one.zip --attachments spool >marks
	import one.zip
	[ "$(ls town.db.att | wc -l)" -eq "$(wc -l <digests)" ]
	# A rule that carries only the table's: the others stay here.
	grep -v '^添付資料' rules.csv >less.csv
	seki-normalize -q --rules less.csv <pulled.jsonl >raw.jsonl
	seki-pack --trust trust --key inet-1.key --state sent2 \
	    --audience lgwan-1 -o two.zip --attachments spool --by p-0001 \
	    --scan-override 試験 <raw.jsonl >marks
	n=$(jq -r 'select(.type=="RECORD").record["作業明細"][]["作業写真"][].sha256' \
	    raw.jsonl | sort -u | wc -l)
	[ "$(unzip -Z1 two.zip | grep -c '^att/')" -eq "$n" ]
	[ "$n" -lt "$(wc -l <digests)" ]
	seki-verify -q --trust trust --audience lgwan-1 two.zip
}

@test "attachments beside a CSV have names that are only names" {
	two_sides
	cloud
	get
	pack one.zip --attachments spool >marks
	import one.zip
	seki-export --store town.db --stream shuzen --attachments out -o out.csv
	[ "$(find out -type f | wc -l)" -eq "$FILES" ]
	[ "$(find out -mindepth 1 | wc -l)" -eq "$FILES" ]
	[ -z "$(find out -type f ! -perm 600)" ]
	[ "$(cat 'out/1_2_.._.._.._x')" = climbs ]
	[ "$(cat out/2_1_a_b)" = slash ]
	[ "$(cat 'out/3_1_bell__[31mred__.txt')" = control ]
	[ "$(cat out/6_1_CON)" = reserved ]
	[ "$(cat out/6_2_NUL.txt_)" = r2 ]
	[ "$(cat out/6_3_trailing_)" = r3 ]
	[ "$(cat out/7_1_同名.txt)" = first ]
	[ ! -s out/7_2_同名.txt ]
	[ "$(cat out/7_3_同名.txt)" = third ]
	[ "$(cat out/10_1_-rf)" = dash ]
	[ "$(ls out | awk '{ print length($0) }' | sort -n | tail -1)" -le 160 ]
	ls out | grep -q '^4_1_長*\.txt$'
	# What is there already counts as done: so an export that was ended
	# between two files is finished by the same command.
	rm out/6_1_CON out/7_3_同名.txt
	find out -type f -printf '%f %i\n' | sort >before
	run --separate-stderr seki-export --json --store town.db \
	    --stream shuzen --attachments out -o two.csv
	[ "$status" -eq 0 ]
	[ "$(tail -1 <<<"$stderr" | jq .attachments)" -eq "$FILES" ]
	cmp out.csv two.csv
	[ "$(cat out/6_1_CON)" = reserved ]
	[ "$(find out -mindepth 1 | wc -l)" -eq "$FILES" ]
	[ -z "$(find out -type f -printf '%f %i\n' | sort | comm -13 - before)" ]
	# Nothing else is overwritten, and a part can be had.
	printf 'Third\n' >out/7_3_同名.txt
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments out -o 2.csv
	failed 74 file "exists already"
	[[ "$stderr" == *"out/7_3_同名.txt: file: "* ]]
	[ ! -e 2.csv ]
	[ "$(cat out/7_3_同名.txt)" = Third ]
	ln -sf /dev/null out/7_3_同名.txt
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments out -o 2.csv
	failed 74 file "not a regular file"
	seki-export --store town.db --stream shuzen --fields 添付資料 \
	    --attachments some -o some.csv
	[ "$(find some -type f | wc -l)" -lt "$FILES" ]
	[ "$(cat some/7_3_同名.txt)" = third ]
	seki-export --store town.db --stream shuzen --table 作業明細 \
	    --attachments rows -o rows.csv
	[ "$(($(find some -type f | wc -l) + $(find rows -type f | wc -l)))" \
	    -eq "$FILES" ]
	# A stored file that is missing or damaged is named.
	third=$(printf 'third\n' | sha256sum | cut -c1-64)
	printf 'other\n' >town.db.att/"$third"
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments three -o three.csv
	failed 1 digest "damaged"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	[[ "$stderr" == *"Import the bundle that brought it once more, seq 1 of stream shuzen in epoch 1: "* ]]
	[ ! -e three.csv ]
	[ ! -e three/7_3_同名.txt ]
	rm town.db.att/"$third"
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments four -o four.csv
	failed 74 file "not in the folder"
	# The next step that the message names.
	run --separate-stderr seki-import --json --trust trust \
	    --audience lgwan-1 --store town.db one.zip
	[ "$status" -eq 0 ]
	jq -e '.reason == "already" and .attachments_stored == 1' <<<"$output"
	seki-export --store town.db --stream shuzen --attachments five -o 5.csv
	[ "$(cat five/7_3_同名.txt)" = third ]
	rm -r town.db.att
	import one.zip
	seki-export --store town.db --stream shuzen --attachments six -o 6.csv
	diff -r five six
}

@test "a stream that names attachments is not packed without them" {
	two_sides
	cloud
	get
	run --separate-stderr pack one.zip
	failed 78 config "attachments, which would be lost"
	[[ "$stderr" == *"--attachments DIR"* ]]
	[ ! -e one.zip ]
	third=$(printf 'third\n' | sha256sum | cut -c1-64)
	printf 'other\n' >spool/"$third"
	run --separate-stderr pack one.zip --attachments spool
	failed 1 digest "the attachment's file is damaged"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	[[ "$stderr" == *"seki-pull --attachments spool"* ]]
	rm spool/"$third"
	run --separate-stderr pack one.zip --attachments spool
	failed 74 file "the attachment is not in the folder"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	[ ! -e one.zip ]
	# Nothing of it took a number.
	get
	pack one.zip --attachments spool >marks
	unzip -p one.zip manifest.json | jq -e '.seq == 1'
	# A stream without them says so, and is packed as it was.
	pull 1 >raw.jsonl
	run --separate-stderr pack two.zip --attachments spool
	failed 78 config "made without its attachments"
	pack two.zip >marks
	unzip -p two.zip manifest.json | jq -e '.source.attachments == "none"
	    and ([.files[].role] == ["records", "view"])'
	import one.zip two.zip
	seki-export --store town.db --stream shuzen --attachments out \
	    -o out.csv 2>note
	grep -q "$FILES attachments did not come" note
	[ "$(find out -type f | wc -l)" -eq 0 ]
}

@test "five hundred attachments of one record cross, and are looked at again" {
	two_sides
	python3 - <<-'EOF'
	import json
	doc = json.load(open("app/full/records.json"))
	rec = doc["records"][11]
	rec["作業明細"]["value"] = []
	rec["添付資料"]["value"] = []
	for i in range(500):
	    key = "20260404%06d" % i + "D" * 35
	    with open("app/full/files/" + key, "w") as f:
	        f.write("%d\n" % i)
	    rec["添付資料"]["value"].append({
	        "fileKey": key, "name": "同名.txt", "contentType": "text/plain",
	        "size": str(len("%d\n" % i))})
	doc["records"] = [rec]
	doc["totalCount"] = "1"
	json.dump(doc, open("app/full/records.json", "w"))
	EOF
	cloud
	get
	stream_is_true raw.jsonl
	pack one.zip --attachments spool >marks
	[ "$(unzip -Z1 one.zip | grep -c '^att/')" -eq 500 ]
	[ "$(unzip -p one.zip manifest.json | wc -c)" -gt 65536 ]
	python3 "$TOP/tests/judge_bundle.py" one.zip trust
	import one.zip
	seki-export --store town.db --stream shuzen --attachments out -o out.csv
	[ "$(cat out/12_500_同名.txt)" = 499 ]
	[ "$(find out -type f | wc -l)" -eq 500 ]
	run --separate-stderr send
	summary 1 0 0 0 0 0
	run --separate-stderr send
	summary 0 0 1 0 0 0
}

@test "an import stores each attachment once, whatever interrupts it" {
	two_sides
	cloud
	get
	pack one.zip --attachments spool >marks
	curl -sSf -X PUT -H "X-Cybozu-API-Token: $TOKEN" -o /dev/null \
	    -H 'Content-Type: application/json' "$URL/k/v1/record.json" \
	    -d '{"app":1,"id":8,"record":{"件名":{"value":"新"}}}'
	get
	pack two.zip --attachments spool >marks
	# A full disk: neither rows nor files.
	run --separate-stderr bash -c 'ulimit -f 250; "$@"' - \
	    seki-import --trust trust --audience lgwan-1 --store town.db one.zip
	echo "$status $stderr"
	[ "$status" -eq 74 ]
	[ -z "$(find . -path '*.att/new.*')" ]
	run seki-export --store town.db --stream shuzen
	[ "$status" -ne 0 ]
	for n in $(seq 5 40 800); do
		run python3 "$TOP/tests/killat.py" "$n" seki-import -q \
		    --trust trust --audience lgwan-1 --store town.db one.zip
		[ "$status" -eq 137 ] || break
	done
	[ "$status" -eq 0 ]
	seki-import -q --trust trust --audience lgwan-1 --store town.db one.zip
	mv spool before
	cp -r town.db.att spool
	spool_is_whole
	touch -d 2020-01-01 town.db.att/*
	import two.zip
	[ -z "$(find town.db.att -type f -newermt 2021-01-01)" ]
	seki-export --store town.db --stream shuzen -f stream \
	    --attachments spool2 -o back.jsonl
	sed -i 's/"件名":"新"/"件名":"件名8"/' back.jsonl
	stream_is_true back.jsonl
	# Others may not look in.
	chmod 755 town.db.att
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments out -o out.csv
	failed 78 unsafe "others may look into the folder"
}

@test "a bundle whose attachments are not those of its records is refused" {
	two_sides
	cloud
	get
	pack one.zip --attachments spool >marks
	third=$(printf 'third\n' | sha256sum | cut -c1-64)
	printf 'evil\n' >evil
	evil=$(sha256sum <evil | cut -c1-64)
	printf 'third\n' >third
	# refused TEXT OPTION…: signed anew, so that only this is wrong.
	refused() {
		local text=$1
		shift
		rm -f bad.zip
		python3 "$TOP/tests/resign.py" one.zip inet-1.key bad.zip "$@"
		run --separate-stderr seki-verify --trust trust \
		    --audience lgwan-1 bad.zip
		failed 1 content "$text"
		run --separate-stderr seki-import --trust trust \
		    --audience lgwan-1 --store town.db bad.zip
		failed 1 content "$text"
		[ ! -e town.db.att ]
		! python3 "$TOP/tests/judge_bundle.py" bad.zip trust 2>why || false
		grep -q '^judge_bundle: attachments: ' why
	}
	python3 "$TOP/tests/resign.py" one.zip inet-1.key good.zip
	seki-verify -q --trust trust --audience lgwan-1 good.zip
	refused "the attachment ${third:0:16}… is not in the bundle" \
	    --drop "att/$third"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	refused "att/$evil: no record names this attachment" \
	    --add "att/$evil=evil"
	refused "no record names this attachment" --add "att/zz=third"
	refused "the attachment ${third:0:16}… is not in the bundle" --file "att/$third=evil"
	refused "\"attachments\"" --set 'source.attachments="none"'
	# Not signed anew: the bytes are not the signed ones.
	python3 - <<-'EOF'
	b = open("one.zip", "rb").read()
	assert b.count(b"climbs\n") == 1
	open("bad.zip", "wb").write(b.replace(b"climbs\n", b"climbd\n"))
	EOF
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 bad.zip
	failed 1 digest "is not the signed one"
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store town.db bad.zip
	failed 1 digest "is not the signed one"
	[ ! -e town.db.att ]
}
