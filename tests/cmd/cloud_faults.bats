#!/usr/bin/env bats
# seki-cloud: files, and what goes wrong on demand.
load helper

DATA=$TOP/tests/data/cloud

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir tmp
	export TMPDIR=$PWD/tmp
	printf 'all\n22:other view\n' >token
	chmod 600 token
}

teardown() {
	stop_all
}

start() {
	start_cloud --load "$DATA/main" --load "$DATA/master" \
	    --token-file token "$@"
}

# get API [CURL OPTION...]: the status on stdout, the body in body.
get() {
	local api=$1
	shift
	curl -s -g -D headers -o body -w '%{http_code}' --max-time 20 \
	    -H 'X-Cybozu-API-Token: all' "$@" "$URL/k/v1/$api" || echo "/$?"
}

write() {
	get "$2" -X "$1" -H 'Content-Type: application/json' -d "$3"
}

upload() {
	get file.json -F "file=@$1;filename=$2;type=$3" >status
	jq -r .fileKey body
}

is() {
	jq -e "$1" body >/dev/null || { cat body; false; }
}

@test "cloud: a file goes up, into a record, and comes down as it was" {
	start
	head -c 700000 /dev/urandom >a.bin
	: >empty
	key=$(upload a.bin '写真 "1".jpg' image/jpeg)
	[[ "$key" =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4 ]]
	none=$(upload empty empty.txt text/plain)
	# the key of an upload is not one for downloads
	[ "$(get "file.json?fileKey=$key")" = 404 ]
	[ "$(write POST record.json "{\"app\":21,\"record\":{\"key\":{\"value\":\"a\"},\"file\":{\"value\":[{\"fileKey\":\"$key\"},{\"fileKey\":\"$none\"}]}}}")" = 200 ]
	[ "$(get 'record.json?app=21&id=1')" = 200 ]
	is '[.record.file.value[]|[.contentType,.size]] == [["image/jpeg","700000"],["text/plain","0"]]'
	mine=$(jq -r '.record.file.value[0].fileKey' body)
	zero=$(jq -r '.record.file.value[1].fileKey' body)
	[ ${#mine} -eq 49 ]
	[ "$(get "file.json?fileKey=$mine")" = 200 ]
	cmp body a.bin
	grep -qi '^content-type: image/jpeg.$' headers
	[ "$(get "file.json?fileKey=$zero")" = 200 ]
	[ ! -s body ]
	# another app's token does not open it
	curl -s -o body -H 'X-Cybozu-API-Token: other' "$URL/k/v1/file.json?fileKey=$mine"
	is '.code == "GAIA_IA02"'
	# sent again it stays, not sent it goes; no other record may take it
	[ "$(write PUT record.json "{\"app\":21,\"id\":1,\"record\":{\"file\":{\"value\":[{\"fileKey\":\"$mine\"}]}}}")" = 200 ]
	[ "$(get "file.json?fileKey=$mine")" = 200 ]
	cmp body a.bin
	[ "$(get "file.json?fileKey=$zero")" = 404 ]
	[ "$(write POST record.json "{\"app\":21,\"record\":{\"key\":{\"value\":\"b\"},\"file\":{\"value\":[{\"fileKey\":\"$mine\"}]}}}")" = 404 ]
	is '.code == "GAIA_BL01"'
	[ "$(write DELETE records.json '{"app":21,"ids":[1]}')" = 200 ]
	[ "$(get "file.json?fileKey=$mine")" = 404 ]
	[ "$(get file.json -F other=x)" = 400 ]
	[ "$(get file.json)" = 400 ]
}

@test "cloud: files of generated records have the size that is said" {
	start_cloud --generate soudan:30 --token-file token
	get 'records.json?app=1&query=limit+30' >status
	jq -r '[.records[]["添付資料"].value[]][0]|[.fileKey,.size,.contentType]|@tsv' body >file
	read -r key size type <file
	[ -n "$key" ]
	[ "$(get "file.json?fileKey=$key")" = 200 ]
	[ "$(stat -c %s body)" = "$size" ]
	sum=$(sha256sum <body)
	get "file.json?fileKey=$key" >status
	[ "$sum" = "$(sha256sum <body)" ]
}

@test "cloud: statuses and pages on demand, at the answer that is named" {
	start --fault records:2:429 --fault records:3-4:503 \
	    --fault records:5:520 --fault records:6:maintenance \
	    --fault records:7:html --fault records:8:code=GAIA_DA02 \
	    --fault records:9:drop --fault records:10:redirect \
	    --fault records:11:504 --fault POST/records:1:500
	all=$(for i in $(seq 12); do get 'records.json?app=22'; echo; done)
	[ "$(echo $all)" = "200 429 503 503 520 503 200 400 000/52 302 504 200" ]
	[ "$(write POST records.json '{"app":22,"records":[]}')" = 500 ]
	[ "$(get 'record.json?app=22&id=1')" = 200 ]
}

@test "cloud: what each bad answer looks like" {
	start --fault records:1:429 --fault records:2:503 \
	    --fault records:3:html --fault records:4:redirect \
	    --fault records:5:warning --fault records:6:gzip
	get 'records.json?app=22' >status
	is '.code == "GAIA_TO04"'
	grep -qi '^x-cybozu-error: GAIA_TO04' headers
	get 'records.json?app=22' >status
	grep -q '^<html>' body
	[ "$(get 'records.json?app=22')" = 200 ]
	grep -q '^<html>' body
	grep -qi '^content-type: text/html' headers
	get 'records.json?app=22' >status
	grep -qi '^location: http://elsewhere.invalid/' headers
	get 'records.json?app=22' >status
	grep -qi '^x-cybozu-warning: Filter aborted' headers
	get 'records.json?app=22' >status
	grep -qi '^content-encoding: gzip' headers
	gunzip <body | jq -e '.records|length == 3'
}

@test "cloud: bodies that are cut, short, slow" {
	start --fault records:1:cut --fault records:2:short \
	    --fault records:3:slow=50 --fault records:4:delay=600
	[ "$(get 'records.json?app=22')" = 200/18 ]
	[ "$(get 'records.json?app=22')" = 200 ]
	run ! jq -e . body
	from=$(date +%s%N)
	[ "$(get 'records.json?app=22')" = 200 ]
	is '.records|length == 3'
	[ $((($(date +%s%N) - from) / 1000000)) -ge 900 ]
	from=$(date +%s%N)
	[ "$(get 'records.json?app=22')" = 200 ]
	[ $((($(date +%s%N) - from) / 1000000)) -ge 600 ]
}

@test "cloud: records twice, missing, empty, without a field, with more" {
	start --fault GET/records:1:repeat --fault GET/records:2:missing \
	    --fault GET/records:3:empty --fault GET/records:4:hide=name \
	    --fault GET/records:5:extra
	want() {
		get 'records.json?app=22&query=order+by+%24id+asc' >status
		is "$1"
	}
	want '[.records[]["$id"].value] == ["1","1","2","7"]'
	want '[.records[]["$id"].value] == ["2","7"]'
	want '.records == []'
	want '[.records[]|has("name")] == [false,true,true]'
	want 'has("newKey") and (.records|length == 3)'
	want '[.records[]["$id"].value] == ["1","2","7"]'
}

@test "cloud: records change in the middle of a pull" {
	start --fault GET/records:2:edit=2 --fault GET/records:3:delete \
	    --fault GET/records:4:insert
	want() {
		get 'records.json?app=22&query=order+by+%24id+asc' >status
		is "$1"
	}
	want '[.records[]["$revision"].value] == ["1","1","1"]'
	want '[.records[]["$revision"].value] == ["1","2","1"]'
	want '[.records[]["$id"].value] == ["1","2"]'
	want '[.records[]["$id"].value] == ["1","2","8"]'
}

@test "cloud: a cursor that is gone, one that is empty and goes on" {
	start --fault GET/records/cursor:1:empty --fault GET/records/cursor:2:gone
	write POST records/cursor.json '{"app":22,"size":1}' >status
	id=$(jq -r .id body)
	[ "$(get "records/cursor.json?id=$id")" = 200 ]
	is '.records == [] and .next'
	[ "$(get "records/cursor.json?id=$id")" = 404 ]
	is '.code == "GAIA_CN01"'
}

@test "cloud: faults that are called the wrong way" {
	for f in '' records records:1 records:0:503 records:x:503 records:1:399 \
	    records:1:600 records:1:no nowhere:1:503 records:2-1:503 \
	    records:1:delay records:1:code=NO records:1:hide records:1:html=1; do
		run --separate-stderr seki-cloud --listen localhost:0 \
		    --load "$DATA/main" --token-file token --fault "$f"
		[ "$status" -eq 64 ] || { echo "$f: $status"; false; }
	done
}

@test "cloud: fewer requests at a time" {
	start --concurrent 1 --delay 1500
	get 'app.json?id=22' >first &
	sleep 0.5
	[ "$(get 'app.json?id=22')" = 429 ]
	grep -qi '^x-concurrencylimit-limit: 1.$' headers
	wait $!
}
