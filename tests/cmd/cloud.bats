#!/usr/bin/env bats
# seki-cloud: how it starts, listens, keeps and ends; what HTTP adds.
load helper

SAMPLES=$TOP/tests/data/record-api-samples

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

teardown() {
	stop_all
}

# get PATH [CURL OPTION...]: the body of an answer; its status in the file
# status, its headers in headers.
get() {
	local path=$1
	shift
	curl -s -g -D headers -o body -w '%{http_code}' \
	    -H "X-Cybozu-API-Token: $(head -1 token)" "$@" "$URL$path" >status
	cat body
}

# all APP: the records of an app, 500 at the most.
all() {
	get "/k/v1/records.json?app=$1&query=order+by+\$id+asc+limit+500"
}

# refused STATUS REASON OPTION...: a start that must fail.
refused() {
	local want=$1 reason=$2
	shift 2
	run --separate-stderr timeout 20 seki-cloud "$@"
	[ "$status" -eq "$want" ] || { echo "status $status: $stderr"; false; }
	[[ "$stderr" == *": $reason: "* ]] || { echo "$stderr"; false; }
	[ -z "$output" ]
	[ -z "$(ls -A tmp)" ]
}

@test "cloud: the tour's line prints one address and serves 2,000 records" {
	start_cloud --generate soudan:2000 --seed 1 --token-file token
	[ "$(cat cloud.*[0-9])" = "$URL" ]
	[[ "$URL" == http://localhost:* ]]
	get '/k/v1/records.json?app=1&totalCount=true&query=limit+0'
	[ "$(cat body)" = '{"records":[],"totalCount":"2000"}' ]
	[ "$(stat -c %a token)" = 600 ]
	[[ "$(cat token)" =~ ^[A-Za-z0-9]{40}$ ]]
}

@test "cloud: localhost is 127.0.0.1 and ::1, an address is itself" {
	start_cloud --generate kifu:1 --token-file token
	port=${URL##*:}
	URL=http://127.0.0.1:$port get '/k/v1/app.json?id=1'
	[ "$(cat status)" = 200 ]
	if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
		URL=http://[::1]:$port get '/k/v1/app.json?id=1'
		[ "$(cat status)" = 200 ]
	fi
	run --separate-stderr seki-cloud --listen "127.0.0.1:$port" \
	    --generate kifu:1 --token-file token
	[ "$status" -eq 74 ]
	[[ "$stderr" == *": io: "*"port 0"* ]]
}

@test "cloud: every answer carries the service's headers" {
	start_cloud --generate kifu:3 --token-file token
	for path in '/k/v1/records.json?app=1' '/k/v1/records.json' \
	    '/k/v1/record.json?app=1&id=9'; do
		get "$path"
		grep -qi '^content-type: application/json;charset=utf-8.$' headers
		grep -qi '^x-concurrencylimit-limit: 100.$' headers
		grep -qi '^x-concurrencylimit-running: [1-9]' headers
	done
	get /elsewhere
	[ "$(cat status)" = 404 ]
	grep -qi '^content-type: text/html' headers
}

@test "cloud: error bodies, in the language that is asked for" {
	start_cloud --generate kifu:1 --token-file token
	get '/k/v1/record.json?app=1&id=9'
	[ "$(cat status)" = 404 ]
	[ "$(jq -r .code body)" = GAIA_RE01 ]
	[ -n "$(jq -r .id body)" ]
	[[ "$(jq -r .message body)" == *"レコード"* ]]
	get '/k/v1/record.json?app=1&id=9' -H 'Accept-Language: en-US,ja;q=0.5'
	[[ "$(jq -r .message body)" == "There is no record (id: 9)." ]]
	get '/k/v1/records.json?app=1&query=x+%3D'
	[ "$(cat status)/$(jq -r .code body)" = 400/GAIA_IQ11 ]
	get '/k/v1/records.json?app=1&query=%24id'
	[ "$(cat status)/$(jq -r .code body)" = 400/CB_VA01 ]
	[ "$(jq -r '.errors.query.messages|length' body)" = 1 ]
	curl -s "$URL/k/v1/records.json?app=1" -w '%{http_code}' -o body >status
	[ "$(cat status)/$(jq -r .code body)" = 401/CB_AU01 ]
}

@test "cloud: GET with a body, and POST that stands for GET" {
	start_cloud --generate kifu:3 --token-file token
	all 1 >want
	q='{"app":1,"query":"order by $id asc limit 500"}'
	get /k/v1/records.json -X GET -H 'Content-Type: application/json' \
	    -d "$q"
	cmp body want
	get /k/v1/records.json -X POST -H 'Content-Type: application/json' \
	    -H 'X-HTTP-Method-Override: GET' -d "$q"
	cmp body want
	get '/k/v1/records.json?app=1' -H 'Content-Type: application/json'
	[ "$(cat status)/$(jq -r .code body)" = 400/CB_IL02 ]
	get /k/v1/records.json -X PATCH -H 'Content-Type: application/json' \
	    -d '{"app":1,"records":[{}]}'
	[ "$(cat status)/$(jq -r .code body)" = 403/GAIA_NO01 ]
}

@test "cloud: too long an address, too large a body" {
	start_cloud --generate kifu:1 --token-file token
	get "/k/v1/records.json?app=1&query=$(printf 'a%.0s' $(seq 8100))"
	[ "$(cat status)" = 400 ]
	get "/k/v1/records.json?app=1&query=$(printf 'a%.0s' $(seq 8200))"
	[ "$(cat status)" = 414 ]
	head -c 1048577 /dev/zero >large
	get /k/v1/records.json -X POST -H 'Content-Type: application/json' \
	    -H 'X-HTTP-Method-Override: GET' --data-binary @large
	[ "$(cat status)" = 413 ]
}

@test "cloud: several token headers are one; two of one app are refused" {
	printf '1:one\n2:two\n' >token
	chmod 600 token
	start_cloud --generate kifu:1 --generate soudan:1 --token-file token
	curl -s "$URL/k/v1/app.json?id=2" -H 'X-Cybozu-API-Token: one' \
	    -H 'X-Cybozu-API-Token: two' | jq -e '.appId == "2"'
	curl -s "$URL/k/v1/app.json?id=2" -H 'X-Cybozu-API-Token: one' |
	    jq -e '.code == "GAIA_IA02"'
	curl -s "$URL/k/v1/app.json?id=2" -H 'X-Cybozu-API-Token: two' \
	    -H 'X-Cybozu-API-Token: two' | jq -e '.code == "GAIA_DA03"'
}

@test "cloud: the same seed gives the same bytes, another one does not" {
	start_cloud --generate soudan:200 --seed 7 --token-file token
	all 1 >a
	get '/k/v1/app/form/fields.json?app=1' >form
	start_cloud --generate soudan:200 --seed 7 --token-file token
	all 1 | cmp - a
	get '/k/v1/app/form/fields.json?app=1' | cmp - form
	start_cloud --generate soudan:200 --seed 8 --token-file token
	run ! cmp -s a <(all 1)
	start_cloud --generate soudan:200 --seed 7 --flaws --token-file token
	run ! cmp -s a <(all 1)
}

@test "cloud: loaded records come back as they were" {
	start_cloud --generate kifu:1 --load "$SAMPLES" --load "$SAMPLES" \
	    --app 30 --token-file token
	get '/k/v1/records.json?app=30&query=order+by+$id+asc' |
	    jq -S .records >got
	jq -S .records "$SAMPLES/records.json" | cmp - got
	get '/k/v1/app.json?id=30' | jq -e '.appId == "30"'
}

@test "cloud: with --data, data survive a kill; another app is refused" {
	start_cloud --generate soudan:50 --load "$SAMPLES" --data data.db \
	    --token-file token
	all 1 >a
	all 11 >b
	[ "$(stat -c %a data.db)" = 600 ]
	kill -9 "$CLOUD_PID"
	start_cloud --data data.db --token-file token
	all 1 | cmp - a
	all 11 | cmp - b
	stop_all
	start_cloud --generate soudan:50 --load "$SAMPLES" --data data.db \
	    --token-file token
	all 1 | cmp - a
	stop_all
	cp -r "$SAMPLES" changed
	sed 's/中央公園/西公園/' "$SAMPLES/records.json" >changed/records.json
	refused 78 config --listen localhost:0 --load changed \
	    --data data.db --token-file token
	refused 78 config --listen localhost:0 --generate soudan:51 \
	    --data data.db --token-file token
	refused 78 config --listen localhost:0 --generate soudan:50 --seed 2 \
	    --data data.db --token-file token
	[ "$(sqlite3 data.db 'PRAGMA integrity_check')" = ok ]
	start_cloud --data data.db --token-file token
	all 1 | cmp - a
}

@test "cloud: what is not its data file is refused and left alone" {
	sqlite3 other.db 'CREATE TABLE t(x)'
	echo text >text.db
	sum=$(cat other.db text.db | sha256sum)
	refused 78 config --listen localhost:0 --generate kifu:1 \
	    --data other.db --token-file token
	run --separate-stderr seki-cloud --listen localhost:0 \
	    --generate kifu:1 --data text.db --token-file token
	[ "$status" -ne 0 ]
	[ "$sum" = "$(cat other.db text.db | sha256sum)" ]
	ln -s nowhere.db link.db
	run --separate-stderr seki-cloud --listen localhost:0 \
	    --generate kifu:1 --data link.db --token-file token
	[ "$status" -eq 74 ]
	[ ! -e nowhere.db ]
}

@test "cloud: SIGTERM and SIGINT end it with 0 and leave nothing" {
	for sig in TERM INT; do
		start_cloud --generate kifu:10 --token-file token
		[ -n "$(ls -A tmp)" ]
		kill -$sig "$CLOUD_PID"
		wait "$CLOUD_PID"
		[ -z "$(ls -A tmp)" ]
	done
	PIDS=
}

@test "cloud: a delayed answer waits, holds up no other and no ending" {
	start_cloud --generate kifu:1 --token-file token --delay 1000
	start=$(date +%s%N)
	for i in 1 2 3 4 5 6; do
		curl -s -o /dev/null "$URL/k/v1/apps.json" &
		c="${c:-} $!"
	done
	wait $c
	took=$((($(date +%s%N) - start) / 1000000))
	[ "$took" -ge 1000 ]
	[ "$took" -lt 5500 ] || { echo "$took ms"; false; }
	stop_all
	start_cloud --generate kifu:1 --token-file token --delay 600000
	curl -s -o /dev/null "$URL/k/v1/apps.json" &
	c=$!
	sleep 0.5
	start=$(date +%s)
	kill "$CLOUD_PID"
	wait "$CLOUD_PID"
	wait "$c" || :
	[ $(($(date +%s) - start)) -lt 10 ]
}

@test "cloud: the 101st request at a time is refused" {
	start_cloud --generate kifu:1 --token-file token --delay 7000
	for i in $(seq 110); do
		echo "url = \"$URL/k/v1/app.json?id=1\""
		echo "output = \"out.$i\""
	done >urls
	echo "header = \"X-Cybozu-API-Token: $(cat token)\"" >>urls
	curl -s --no-keepalive --parallel --parallel-immediate \
	    --parallel-max 110 -K urls
	n=$(grep -l GAIA_TO04 out.* | wc -l)
	[ "$n" -ge 1 ] || { echo "$n refused"; false; }
	[ "$(grep -l '"appId"' out.* | wc -l)" -ge 100 ]
}

@test "cloud: a hidden field is left out of records, not of the form" {
	start_cloud --load "$SAMPLES" --hide 11:件名 --hide 11:作業明細 \
	    --token-file token
	all 11 >records
	[ "$(jq '[.records[]|select(has("件名"))]|length' records)" = 0 ]
	[ "$(jq '[.records[]|select(has("受付番号"))]|length' records)" = 6 ]
	get '/k/v1/app/form/fields.json?app=11' |
	    jq -e '.properties|has("件名")'
}

@test "cloud: memory does not grow with the records" {
	start_cloud --generate kifu:1000 --token-file token
	pages "$URL" 1000
	small=$(awk '/VmHWM/ { print $2 }' "/proc/$CLOUD_PID/status")
	start_cloud --generate kifu:30000 --token-file token
	pages "$URL" 30000
	large=$(awk '/VmHWM/ { print $2 }' "/proc/$CLOUD_PID/status")
	[ "$large" -lt $((small * 3 / 2)) ] || { echo "$small $large"; false; }
	[ "$large" -lt 65536 ]
}

pages() {
	local i
	for ((i = 0; i < $2; i += 500)); do
		echo "url = \"$1/k/v1/records.json?app=1&query=%24id+%3E+$i+order+by+%24id+asc+limit+500\""
		echo 'output = "/dev/null"'
	done >pages
	echo "header = \"X-Cybozu-API-Token: $(cat token)\"" >>pages
	curl -s -K pages
}

@test "cloud: called the wrong way" {
	refused 64 usage --listen localhost:0 --token-file token
	[[ "$stderr" == *"--generate soudan:2000"* ]]
	refused 64 usage --generate kifu:1 --token-file token
	refused 64 usage --listen localhost:0 --generate kifu:1
	for bad in kifu kifu: kifu:x kifu:-1 kifu:10000001 other:1 ''; do
		refused 64 usage --listen localhost:0 --token-file token \
		    --generate "$bad"
	done
	for bad in localhost :0 localhost:x localhost:70000 name.test:0 ::1:0; do
		refused 64 usage --listen "$bad" --generate kifu:1 \
		    --token-file token
	done
	for bad in 件名 1:nowhere 9:氏名 x:氏名; do
		refused 64 usage --listen localhost:0 --generate kifu:1 \
		    --hide "$bad" --token-file token
	done
	refused 64 usage --listen localhost:0 --load "$SAMPLES" --app x \
	    --token-file token
	refused 74 file --listen localhost:0 --load nowhere --token-file token
	refused 64 usage --listen localhost:0 --load "$SAMPLES" \
	    --load "$SAMPLES" --token-file token
	refused 64 usage --listen localhost:0 --generate kifu:1 \
	    --load "$SAMPLES" --app 1 --token-file token
}

@test "cloud: an address that cannot be printed ends it" {
	run timeout 20 bash -c \
	    'seki-cloud --listen localhost:0 --generate kifu:1 \
	    --token-file token >/dev/full'
	[ "$status" -eq 74 ] || { echo "$status: $output"; false; }
	[ -z "$(ls -A tmp)" ]
}

@test "cloud: a token file that others can read, or that holds none" {
	echo t >token
	chmod 644 token
	refused 78 unsafe --listen localhost:0 --generate kifu:1 \
	    --token-file token
	chmod 600 token
	: >token
	refused 78 config --listen localhost:0 --generate kifu:1 \
	    --token-file token
	echo 'secret-one look' >token
	refused 78 config --listen localhost:0 --generate kifu:1 \
	    --token-file token
	[[ "$stderr" != *secret-one* ]]
}

@test "cloud: bodies that break their form are refused as a whole" {
	cp -r "$SAMPLES" broken
	chmod -R u+w broken
	for cut in app.json form-fields.json form-layout.json records.json; do
		head -c 200 "$SAMPLES/$cut" >"broken/$cut"
		refused 65 record --listen localhost:0 --load broken \
		    --token-file token
		rm "broken/$cut"
		refused 74 file --listen localhost:0 --load broken \
		    --token-file token
		cp "$SAMPLES/$cut" "broken/$cut"
	done
}
