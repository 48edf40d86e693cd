#!/usr/bin/env bats
# seki-cloud: what it works out, and related records in queries.
load helper

DATA=$TOP/tests/data/cloud

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir tmp
	export TMPDIR=$PWD/tmp
	umask 077
	printf 'all\n21:own view,add,edit,delete\n' >token
	printf 'hana:himitsu:花:soumu\ntaro:password\n' >users
	AUTH="X-Cybozu-API-Token: all"
}
teardown() {
	stop_all
}

# call METHOD API [JSON]: status and code; the answer in body.
call() {
	local json=()
	[ -z "${3:-}" ] || json=(-H 'Content-Type: application/json' -d "$3")
	curl -s -g -o body -X "$1" -w '%{http_code}' -H "$AUTH" "${json[@]}" \
	    "$URL/k/v1/$2" >status
	echo "$(cat status)/$(jq -r '.code? // ""' body)"
}
is() {
	jq -e "$1" body >/dev/null || { cat body; false; }
}
# ask QUERY: the ids of the app 21 that it finds.
ask() {
	curl -s -G -H "$AUTH" "$URL/k/v1/records.json" -d app=21 \
	    --data-urlencode "query=$1 order by \$id asc" >body
	jq -r '.code? // ([.records[]["$id"].value] | join(" "))' body
}

# An app like 21 with a calculated field for each line "FORMAT EXPRESSION".
# calculated ROUNDING PLACES
calculated() {
	mkdir -p app
	cp "$DATA"/main/* app/
	jq --arg mode "$1" --arg places "$2" '.numberPrecision =
	    {digits: "16", decimalPlaces: $places, roundingMode: $mode}' \
	    "$DATA/main/app-settings.json" >app/app-settings.json
	jq --rawfile lines lines '.properties += ([$lines | split("\n")[] |
	    select(. != "") | capture("^(?<f>\\S+) (?<e>.*)$")] | to_entries |
	    map({key: "c\(.key)", value: {type: "CALC", code: "c\(.key)",
	    label: "c", noLabel: false, required: false,
	    expression: .value.e, format: .value.f}}) | from_entries) |
	    .properties.table.fields.cost = {type: "CALC", code: "cost",
	    label: "c", expression: "qty * 2 + num", format: "NUMBER"}' \
	    "$DATA/main/form-fields.json" >app/form-fields.json
	stop_all
	start_cloud --load app --load "$DATA/master" --token-file token
}

@test "cloud: calculations are exact, rounded as the app is told" {
	local i=0 want
	cat >cases <<-'EOF2'
	NUMBER|1+2*3|7
	NUMBER|(1+2)*3|9
	NUMBER|10-2-3|5
	NUMBER|2/3|0.6667
	NUMBER|-2/3|-0.6667
	NUMBER|1/8|0.125
	NUMBER|0.5/10000|0
	NUMBER|1.5/10000|0.0002
	NUMBER|2/3*3|2.0001
	NUMBER|0.1+0.2|0.3
	NUMBER|num*1.1|13.585
	NUMBER|- num|-12.35
	NUMBER|--num|12.35
	NUMBER|num / 0|
	NUMBER|loose + 1|1
	NUMBER|999999999999*1|999999999999
	NUMBER|999999999999+1|
	NUMBER|SUM(num, 1, 2.5)|15.85
	NUMBER|SUM(qty)|33.5
	NUMBER|SUM(cost) / SUM(qty)|3.106
	NUMBER_DIGIT|c1 * c1|81
	NUMBER|c99|
	NUMBER|IF(num > 1, 2, 3)|
	NUMBER|num +|
	NUMBER|(num|
	NUMBER|num num|
	NUMBER|c26|
	NUMBER|text + 1|
	DATETIME|at + 90|2026-04-01T15:01:00Z
	DATETIME|at|2026-04-01T15:00:00Z
	DATE|at|2026-04-02
	DATE|day + 60*60*24*30|2026-05-01
	TIME|hour + 3600|10:15
	HOUR_MINUTE|at - at + 178200|49:30
	HOUR_MINUTE|0 - 5400|-01:30
	DAY_HOUR_MINUTE|hour|09:15
	HOUR_MINUTE|day2|
	DATETIME|day * 100000|
	EOF2
	sed 's/|[^|]*$//; s/|/ /' cases >lines
	calculated HALF_EVEN 4
	[ "$(call POST record.json '{"app":21,"record":{"key":{"value":"a"},
	    "num":{"value":"12.35"},"day":{"value":"2026-04-01"},
	    "hour":{"value":"09:15"},"at":{"value":"2026-04-01T15:00:00Z"},
	    "text":{"value":"xy"},"table":{"value":[
	    {"value":{"item":{"value":"x"},"qty":{"value":"10"}}},{"value":{"item":{"value":"x"},"qty":{"value":"23.5"}}},
	    {"value":{"item":{"value":"x"}}}]}}}')" = 200/ ] || { cat body; false; }
	call GET 'record.json?app=21&id=1'
	while IFS= read -r line; do
		want=${line##*|}
		[ "$(jq -r --arg c "c$i" '.record[$c].value' body)" = "$want" ] ||
		    echo "$line: $(jq -c --arg c "c$i" '.record[$c]' body)"
		i=$((i + 1))
	done <cases >differs
	cat differs
	[ "$i" -eq 38 ]
	[ ! -s differs ]
	is '[.record.table.value[].value.cost.value] == ["32.35","59.35","12.35"]'
	is '.record.auto.value == "a!"'
	# What is outside a row moves it too.
	[ "$(call PUT record.json '{"app":21,"id":1,"record":{"num":{"value":1},"calc":{"value":"7"}}}')" = 200/ ]
	call GET 'record.json?app=21&id=1'
	is '[.record.table.value[].value.cost.value] == ["21","48","1"]'
	is '.record.calc.value == "2"'
}

@test "cloud: the app's way of rounding" {
	printf 'NUMBER 2/3\nNUMBER 0-2/3\nNUMBER 1/8\nNUMBER 3/8\nNUMBER num*1\n' >lines
	for row in "UP 2 0.67 -0.67 0.13 0.38 0.01" \
	    "DOWN 2 0.66 -0.66 0.12 0.37 0" "HALF_EVEN 2 0.67 -0.67 0.12 0.38 0" \
	    "HALF_EVEN 0 1 -1 0 0 0"; do
		set -- $row
		calculated "$1" "$2"
		call POST record.json '{"app":21,"record":{"key":{"value":"a"},"num":{"value":"0.001"}}}'
		call GET 'record.json?app=21&id=1'
		got=$(jq -r '[.record | .c0,.c1,.c2,.c3 | .value] | join(" ")' body)
		echo "$row: $got"
		[ "$got" = "$3 $4 $5 $6" ]
	done
}

@test "cloud: settings as they are edited, for an administrator" {
	start_cloud --load "$DATA/main" --load "$DATA/master" --token-file token
	for name in form/fields form/layout settings status views; do
		[ "$(call GET "preview/app/$name.json?app=21")" = 200/ ]
		mv body preview
		[ "$(call GET "app/$name.json?app=21")" = 200/ ]
		cmp body preview
	done
	[ "$(call GET 'preview/app.json?id=21')" = 404/ ]
	[ "$(call GET 'preview/records.json?app=21')" = 404/ ]
	AUTH="X-Cybozu-API-Token: own"
	[ "$(call GET 'preview/app/form/fields.json?app=21')" = 403/GAIA_NO01 ]
	[ "$(call GET 'app/form/fields.json?app=21')" = 200/ ]
}

@test "cloud: the caller's organization, or no condition" {
	start_cloud --load "$DATA/main" --load "$DATA/master" \
	    --token-file token --user-file users
	for o in soumu ''; do
		[ "$(call POST record.json "{\"app\":21,\"record\":{\"key\":{\"value\":\"k$o\"},\"org\":{\"value\":[${o:+{\"code\":\"$o\"\}}]}}}")" = 200/ ]
	done
	AUTH="X-Cybozu-Authorization: $(printf hana:himitsu | base64)"
	[ "$(ask 'org in (PRIMARY_ORGANIZATION())')" = 1 ]
	[ "$(ask 'org not in (PRIMARY_ORGANIZATION())')" = 2 ]
	[ "$(ask 'org in (PRIMARY_ORGANIZATION(), "")')" = "1 2" ]
	AUTH="X-Cybozu-Authorization: $(printf taro:password | base64)"
	[ "$(ask 'org in (PRIMARY_ORGANIZATION())')" = "1 2" ]
	[ "$(ask 'org not in (PRIMARY_ORGANIZATION())')" = "1 2" ]
	[ "$(ask 'key = "k" and org in (PRIMARY_ORGANIZATION())')" = 2 ]
	[ "$(ask 'key = "k" or org in (PRIMARY_ORGANIZATION())')" = 2 ]
	[ "$(ask 'org in ("soumu", PRIMARY_ORGANIZATION())')" = 1 ]
	AUTH="X-Cybozu-API-Token: all"
	[ "$(ask 'org in (PRIMARY_ORGANIZATION())')" = "1 2" ]
	[ "$(ask 'who in (PRIMARY_ORGANIZATION())')" = CB_VA01 ]
	[ "$(ask 'org in (PRIMARY_ORGANIZATION(1))')" = CB_VA01 ]
}

# App 22 has A-1 (price 1200, 花), A-2 (no price, 太郎), A-7 (98.5, both).
@test "cloud: conditions on related records" {
	start_cloud --load "$DATA/main" --load "$DATA/master" --token-file token
	for c in A-1 A-2 A-7 ''; do
		[ "$(call POST record.json "{\"app\":21,\"record\":{\"key\":{\"value\":\"k$c\"},\"code\":{\"value\":\"$c\"}}}")" = 200/ ]
	done
	[ "$(ask 'list.name in ("机")')" = 1 ]
	[ "$(ask 'list.name in ("机", "棚")')" = "1 3" ]
	[ "$(ask 'list.name not in ("机")')" = "2 3" ]
	[ "$(ask 'list.name like "子"')" = 2 ]
	[ "$(ask 'list.name not like "子"')" = "1 3" ]
	[ "$(ask 'list.price > 98')" = "1 3" ]
	[ "$(ask 'list.price > 98.5')" = 1 ]
	[ "$(ask 'list.price in ("")')" = 2 ]
	[ "$(ask 'list.who in ("taro")')" = "2 3" ]
	[ "$(ask 'list.price > 98 and list.who in ("taro")')" = 3 ]
	[ "$(ask 'key = "k" or list.price > 1000')" = "1 4" ]
	[ "$(ask 'list.name in ("no such")')" = "" ]
	[ "$(ask 'list.name = "机"')" = GAIA_IQ07 ]
	[ "$(ask 'list.price like "1"')" = GAIA_IQ03 ]
	[ "$(ask 'list.nothing in ("x")')" = GAIA_IQ11 ]
	[ "$(ask 'key.name in ("x")')" = GAIA_IR02 ]
	[ "$(ask 'list.name in "x"')" = CB_VA01 ]
	[ "$(ask 'list. in ("x")')" = GAIA_IQ11 ]
	[ "$(ask '.name in ("x")')" = GAIA_IR02 ]
	# The other app's records want a right of their own.
	AUTH="X-Cybozu-API-Token: own"
	[ "$(ask 'list.name in ("机")')" = GAIA_IA02 ]
	stop_all
	# The list's own condition; a key that several records share.
	mkdir app
	cp "$DATA"/main/* app/
	jq '.properties.list.referenceTable |= (.filterCond = "price > 100" |
	    .condition = {field: "serial", relatedField: "price"})' \
	    "$DATA/main/form-fields.json" >app/form-fields.json
	AUTH="X-Cybozu-API-Token: all"
	start_cloud --load app --load "$DATA/master" --token-file token
	for c in 1200.0 98.5; do
		[ "$(call POST record.json "{\"app\":21,\"record\":{\"key\":{\"value\":\"k$c\"},\"serial\":{\"value\":\"$c\"}}}")" = 200/ ]
	done
	[ "$(ask 'list.who in ("hana")')" = 1 ]
	jq '.properties.list.referenceTable.filterCond = "list.name in (\"x\")"' \
	    "$DATA/main/form-fields.json" >app/form-fields.json
	stop_all
	start_cloud --load app --load "$DATA/master" --token-file token
	[ "$(ask 'list.name in ("机")')" = GAIA_IR02 ]
}
