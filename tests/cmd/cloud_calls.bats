#!/usr/bin/env bats
# seki-cloud: calls that span requests, and what is around them.
load helper

DATA=$TOP/tests/data/cloud

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir tmp
	export TMPDIR=$PWD/tmp
	printf 'all\n21:own view,add,edit,delete\n' >token
	printf '# made up\nhana:himitsu:山田 花\ntaro:pass:word\n' >users
	chmod 600 token users
	HANA=$(printf hana:himitsu | base64)
	TARO=$(printf taro:pass | base64)
	AUTH="X-Cybozu-API-Token: all"
}

teardown() {
	stop_all
}

start() {
	start_cloud --load "$DATA/main" --load "$DATA/master" \
	    --token-file token "$@"
}

# call METHOD API [JSON [CURL OPTION...]]: the body in body, the status and the
# error's code, "404/GAIA_RE01", "200/", on stdout.
call() {
	local method=$1 api=$2 json=${3:-}
	shift 2
	[ $# -eq 0 ] || shift
	if [ -n "$json" ]; then
		set -- -H 'Content-Type: application/json' -d "$json" "$@"
	fi
	curl -s -g -D headers -o body -X "$method" -w '%{http_code}' \
	    -H "$AUTH" "$@" "$URL/k/v1/$api" >status
	echo "$(cat status)/$(jq -r 'if type == "object" then
	    .code // ([.results[]?.code | values] | first) // "" else "" end' \
	    body 2>/dev/null)"
}

# is EXPRESSION: jq about the body.
is() {
	jq -e "$1" body >/dev/null || { cat body; false; }
}

# add N: records k1..kN of the app 21.
add() {
	local i list=
	for i in $(seq "$1"); do
		list="$list,{\"key\":{\"value\":\"k$i\"},\"num\":{\"value\":$i}}"
	done
	[ "$(call POST records.json "{\"app\":21,\"records\":[${list#,}]}")" = 200/ ]
}

@test "cloud: a written record survives a kill; times and revision move" {
	start --data data.db
	add 1
	[ "$(call PUT record.json '{"app":21,"id":1,"record":{"num":{"value":"5"}}}')" = 200/ ]
	kill -9 "$CLOUD_PID"
	start_cloud --data data.db --token-file token
	[ "$(call GET 'record.json?app=21&id=1')" = 200/ ]
	is '.record.num.value == "5" and .record["$revision"].value == "2"'
	is '.record["更新日時"].value | test("^20..-..-..T..:..:00Z$")'
	[ "$(call POST records.json '{"app":21,"records":[{"key":{"value":"n"}}]}')" = 200/ ]
	is '.ids == ["2"]'
}

@test "cloud: bulkRequest is all or nothing, and names what failed" {
	start
	add 2
	[ "$(call POST bulkRequest.json '{"requests":[
	    {"method":"POST","api":"/k/v1/record.json","payload":{"app":21,"record":{"key":{"value":"x"}}}},
	    {"method":"PUT","api":"/k/v1/records.json","payload":{"app":21,"records":[{"id":1,"record":{"num":{"value":9}}}]}},
	    {"method":"DELETE","api":"/k/v1/records.json","payload":{"app":21,"ids":[2]}},
	    {"method":"PUT","api":"/k/v1/record/status.json","payload":{"app":21,"id":3,"action":"回す"}}]}')" = 200/ ]
	is '.results == [{"id":"3","revision":"1"},{"records":[{"id":"1","revision":"2"}]},{},{"revision":"3"}]'
	[ "$(call POST bulkRequest.json '{"requests":[
	    {"method":"DELETE","api":"/k/v1/records.json","payload":{"app":21,"ids":[1]}},
	    {"method":"PUT","api":"/k/v1/record.json","payload":{"app":21,"id":99}},
	    {"method":"DELETE","api":"/k/v1/records.json","payload":{"app":21,"ids":[3]}}]}')" = 404/GAIA_RE01 ]
	is '.results | length == 3 and .[0] == {} and .[2] == {} and .[1].code == "GAIA_RE01"'
	[ "$(call GET 'record.json?app=21&id=1')" = 200/ ]
	for bad in '{"method":"GET","api":"/k/v1/records.json","payload":{"app":21}}' \
	    '{"method":"POST","api":"/k/v1/bulkRequest.json","payload":{"requests":[]}}' \
	    '{"method":"POST","api":"/k/v1/nowhere.json","payload":{}}' \
	    '{"method":"POST","api":"/k/v1/record.json"}' '{}'; do
		[ "$(call POST bulkRequest.json "{\"requests\":[$bad]}")" = 400/CB_VA01 ]
	done
	n=$(printf ',%s' $(for i in $(seq 21); do echo '{"method":"POST","api":"/k/v1/records.json","payload":{"app":21,"records":[]}}'; done))
	[ "$(call POST bulkRequest.json "{\"requests\":[${n#,}]}")" = 400/CB_VA01 ]
	n=${n%,*}
	[ "$(call POST bulkRequest.json '{"requests":[]}')" = 200/ ]
	is '.results == []'
}

@test "cloud: a cursor keeps set and order, gives values as they are, ends" {
	start
	add 5
	[ "$(call POST records/cursor.json '{"app":21,"size":2,"fields":["key","num"],"query":"num > 1 order by num asc"}')" = 200/ ]
	is '.totalCount == "4"'
	id=$(jq -r .id body)
	[ "$(call GET "records/cursor.json?id=$id")" = 200/ ]
	is '[.records[].key.value] == ["k2","k3"] and .next and (.records[0]|keys) == ["key","num"]'
	[ "$(call PUT record.json '{"app":21,"id":4,"record":{"num":{"value":0}}}')" = 200/ ]
	[ "$(call DELETE records.json '{"app":21,"ids":[5]}')" = 200/ ]
	[ "$(call GET "records/cursor.json?id=$id")" = 200/ ]
	is '.records == [{"key":{"type":"SINGLE_LINE_TEXT","value":"k4"},"num":{"type":"NUMBER","value":"0"}}] and .next == false'
	[ "$(call GET "records/cursor.json?id=$id")" = 404/GAIA_CN01 ]
	[ "$(call DELETE "records/cursor.json?id=$id")" = 404/GAIA_CN01 ]
	[ "$(call GET records/cursor.json)" = 400/CB_VA01 ]
	for bad in '"size":0' '"size":501' '"size":"x"' '"query":"limit 1"' \
	    '"query":"offset 1"' '"query":"num >"'; do
		[ "$(call POST records/cursor.json "{\"app\":21,$bad}")" = 400/CB_VA01 ]
	done
	[ "$(call POST records/cursor.json '{"app":21,"size":500}')" = 200/ ]
	id=$(jq -r .id body)
	AUTH='X-Cybozu-API-Token: nobody'
	[ "$(call GET "records/cursor.json?id=$id")" = 400/GAIA_IA02 ]
	AUTH='X-Cybozu-API-Token: own'
	[ "$(call DELETE records/cursor.json "{\"id\":\"$id\"}")" = 200/ ]
}

@test "cloud: ten cursors at a time; one that is not used expires" {
	start --cursor-life 8
	for i in $(seq 10); do
		[ "$(call POST records/cursor.json '{"app":22}')" = 200/ ]
	done
	id=$(jq -r .id body)
	[ "$(call POST records/cursor.json '{"app":22}')" = 429/GAIA_TM12 ]
	[ "$(call DELETE "records/cursor.json?id=$id")" = 200/ ]
	[ "$(call POST records/cursor.json '{"app":22,"size":1}')" = 200/ ]
	id=$(jq -r .id body)
	sleep 9
	[ "$(call GET "records/cursor.json?id=$id")" = 404/GAIA_CN01 ]
	[ "$(call POST records/cursor.json '{"app":22}')" = 200/ ]
}

@test "cloud: comments are added, listed and deleted" {
	start --user-file users
	add 1
	for i in $(seq 12); do
		[ "$(call POST record/comment.json "{\"app\":21,\"record\":1,\"comment\":{\"text\":\"c$i\"}}")" = 200/ ]
		is ".id == \"$i\""
	done
	[ "$(call GET 'record/comments.json?app=21&record=1')" = 200/ ]
	is '(.comments|length) == 10 and .comments[0].text == "c12" and .older and (.newer|not)'
	is '.comments[0].creator.code == "Administrator" and .comments[0].mentions == []'
	[ "$(call GET 'record/comments.json?app=21&record=1&order=asc&limit=5&offset=5')" = 200/ ]
	is '[.comments[].text] == ["c6","c7","c8","c9","c10"] and .older and .newer'
	[ "$(call GET 'record/comments.json?app=21&record=1&limit=11')" = 400/CB_VA01 ]
	[ "$(call GET 'record/comments.json?app=21&record=1&order=up')" = 400/CB_VA01 ]
	[ "$(call GET 'record/comments.json?app=21&record=9')" = 404/GAIA_RE01 ]
	[ "$(call DELETE 'record/comment.json?app=21&record=1&comment=12')" = 200/ ]
	[ "$(call DELETE 'record/comment.json?app=21&record=1&comment=12')" = 400/GAIA_RE02 ]
	AUTH="X-Cybozu-Authorization: $HANA"
	[ "$(call POST record/comment.json '{"app":21,"record":1,"comment":{"text":"見た","mentions":[{"code":"taro","type":"USER"}]}}')" = 200/ ]
	is '.id == "13"'
	[ "$(call GET 'record/comments.json?app=21&record=1&limit=1')" = 200/ ]
	is '.comments[0].mentions == [{"code":"taro","type":"USER"}] and .comments[0].creator.name == "山田 花"'
	[ "$(call POST record/comment.json '{"app":21,"record":1,"comment":{"text":""}}')" = 400/CB_VA01 ]
	[ "$(call POST record/comment.json '{"app":21,"record":1,"comment":{"text":"x","mentions":[{"code":"no","type":"USER"}]}}')" = 400/GAIA_IL26 ]
}

@test "cloud: process management moves a record from state to state" {
	start --user-file users
	add 20
	act() {
		call PUT record/status.json "{\"app\":21,\"id\":$1,\"action\":\"$2\"${3:-}}"
	}
	[ "$(act 1 上げる)" = 400/GAIA_IL03 ]
	[ "$(act 1 回す)" = 200/ ]
	is '.revision == "3"'
	[ "$(call GET 'record.json?app=21&id=1')" = 200/ ]
	is '.record["ステータス"].value == "審査" and [.record["作業者"].value[].code] == ["hana","taro"]'
	# its condition: num > 10
	[ "$(act 1 上げる ',"assignee":"taro"')" = 400/GAIA_IL03 ]
	[ "$(act 12 回す ',"revision":2')" = 409/GAIA_CO02 ]
	[ "$(act 12 回す ',"revision":1')" = 200/ ]
	[ "$(act 12 上げる)" = 400/CB_VA01 ]
	[ "$(act 12 上げる ',"assignee":"nobody"')" = 400/GAIA_IL26 ]
	[ "$(act 12 上げる ',"assignee":"taro"')" = 200/ ]
	AUTH="X-Cybozu-Authorization: $HANA"
	[ "$(act 12 終える)" = 403/GAIA_NT01 ]
	AUTH="X-Cybozu-Authorization: $TARO"
	[ "$(act 12 終える)" = 200/ ]
	[ "$(call GET 'record.json?app=21&id=12')" = 200/ ]
	is '.record["更新者"].value.code == "taro"'
	[ "$(call PUT records/status.json '{"app":21,"records":[{"id":2,"action":"回す"},{"id":12,"action":"回す"}]}')" = 400/GAIA_IL03 ]
	[ "$(call PUT records/status.json '{"app":21,"records":[{"id":2,"action":"回す"},{"id":3,"action":"回す"}]}')" = 200/ ]
	is '.records == [{"id":"2","revision":"3"},{"id":"3","revision":"3"}]'
	[ "$(call PUT record/assignees.json '{"app":21,"id":2,"assignees":["hana"]}')" = 200/ ]
	is '.revision == "4"'
	[ "$(call PUT record/assignees.json '{"app":21,"id":2,"assignees":[]}')" = 403/GAIA_NT01 ]
	[ "$(call PUT record/status.json '{"app":22,"id":1,"action":"回す"}')" = 400/GAIA_ST02 ]
}

@test "cloud: passwords go before tokens; a wrong one is refused" {
	start --user-file users
	[ "$(call GET apps.json)" = 403/GAIA_NO01 ]
	AUTH="X-Cybozu-Authorization: $HANA"
	[ "$(call GET 'records.json?app=21' '' -H 'X-Cybozu-API-Token: nothing')" = 200/ ]
	for bad in "$(printf hana:himitsuX | base64)" "$(printf hana | base64)" \
	    "$(printf :himitsu | base64)" x "!!!!" "" "$(printf hana: | base64)"; do
		AUTH="X-Cybozu-Authorization: $bad"
		[ -z "$bad" ] || [ "$(call GET 'records.json?app=21')" = 401/CB_WA01 ]
	done
	AUTH="X-Cybozu-Authorization: $HANA"
	[ "$(call GET apps.json)" = 200/ ]
	is '[.apps[].appId] == ["21","22"]'
	[ "$(call GET 'apps.json?ids[0]=22')" = 200/ ]
	is '[.apps[].name] == ["台帳"]'
	[ "$(call GET 'apps.json?name=%E8%A9%A6&limit=1')" = 200/ ]
	is '[.apps[].code] == ["T"]'
	[ "$(call GET 'apps.json?offset=1')" = 200/ ]
	is '[.apps[].appId] == ["22"]'
	[ "$(call GET 'apps.json?limit=101')" = 400/CB_VA01 ]
	[ "$(call POST record.json '{"app":21,"record":{"key":{"value":"a"}}}')" = 200/ ]
	[ "$(call GET 'record.json?app=21&id=1')" = 200/ ]
	is '.record["作成者"].value == {"code":"hana","name":"山田 花"} and .record.who.value[0].code == "hana"'
	run ! grep -rq himitsu cloud.*
}

@test "cloud: Basic authentication stands before all else" {
	printf 'gate:open sesame\n' >gate
	chmod 600 gate
	start --basic-file gate
	[ "$(call GET 'app.json?id=21')" = 401/ ]
	grep -qi '^www-authenticate: basic' headers
	[ "$(call GET 'app.json?id=21' '' -u gate:wrong)" = 401/ ]
	[ "$(call GET 'app.json?id=21' '' -u 'gate:open sesame')" = 200/T ]
	AUTH='X-Cybozu-API-Token: no'
	[ "$(call GET 'app.json?id=21' '' -u 'gate:open sesame')" = 400/GAIA_IA02 ]
}

@test "cloud: an app of a guest space is called by the space's address" {
	start --guest 21:5
	[ "$(call GET 'app.json?id=21')" = 400/GAIA_IL23 ]
	[ "$(call GET 'app.json?id=22')" = 200/ ]
	URL=$URL/k/guest/5/v1/../../..
	guest() {
		curl -s --path-as-is -o body -w '%{http_code}/' -H "$AUTH" "$BASE/k/guest/$1/v1/$2"
		jq -r '.code // ""' body
	}
	BASE=${URL%%/k/*}
	[ "$(guest 5 'app.json?id=21')" = 200/T ]
	[ "$(guest 6 'records.json?app=21')" = 403/CB_NO02 ]
	[ "$(guest 5 'records.json?app=22')" = 403/CB_NO02 ]
	[ "$(guest 5 'records.json?app=21')" = 200/ ]
	curl -s -o body -H "$AUTH" -H 'Content-Type: application/json' "$BASE/k/v1/bulkRequest.json" \
	    -d '{"requests":[{"method":"POST","api":"/k/guest/5/v1/record.json","payload":{"app":21,"record":{"key":{"value":"a"}}}}]}'
	is '.results == [{"id":"1","revision":"1"}]'
}

@test "cloud: rights are those of the token; requests of the day are counted" {
	start --user-file users --hide 21:num
	add 1
	AUTH='X-Cybozu-API-Token: own'
	[ "$(call GET 'records/acl/evaluate.json?app=21&ids[0]=1')" = 200/ ]
	is '.rights[0].id == "1" and .rights[0].record.editable and .rights[0].fields.key.editable'
	is '.rights[0].fields.num == {"viewable":false,"editable":false}'
	[ "$(call GET 'records/acl/evaluate.json?app=21&ids[0]=9')" = 404/GAIA_RE01 ]
	for i in 1 2 3; do
		call GET 'records.json?app=22' >/dev/null
	done
	AUTH='X-Cybozu-API-Token: all'
	[ "$(call GET 'records.json?app=22')" = 200/ ]
	AUTH="X-Cybozu-Authorization: $HANA"
	[ "$(call GET apps/statistics.json)" = 200/ ]
	is '[.apps[]|.recordCount] == ["1","3"] and .apps[1].dailyRequestCount == "4"'
}

@test "cloud: user files and places that are wrong" {
	echo 'hana' >bad
	chmod 600 bad
	for o in '--user-file bad' '--basic-file bad'; do
		run --separate-stderr seki-cloud --listen localhost:0 \
		    --load "$DATA/main" --token-file token $o
		[ "$status" -eq 78 ]
	done
	chmod 644 users
	run --separate-stderr seki-cloud --listen localhost:0 \
	    --load "$DATA/main" --token-file token --user-file users
	[ "$status" -eq 78 ]
	[[ "$stderr" != *himitsu* ]]
	for g in 21 21:0 21:x 99:5 x:5 21:5x; do
		run --separate-stderr seki-cloud --listen localhost:0 \
		    --load "$DATA/main" --token-file token --guest $g
		[ "$status" -eq 64 ]
	done
}
