#!/usr/bin/env bats
# The official command line against seki-cloud, and every value it exports
# against what seki-pull got.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	CLI=$("$TOP/tests/official_cli.sh" "$BUILD") || skip "no npm, no CLI"
	if command -v python3 >/dev/null; then :; else skip "no python3"; fi
}

teardown() {
	stop_all
}

# both APP: export and pull an app and compare.
both() {
	# shellcheck disable=SC2086
	KINTONE_BASE_URL=$URL $CLI record export --app "$1" \
	    --api-token "$(cat token)" >"$1.csv" 2>"$1.err" ||
	    { cat "$1.err"; false; }
	seki-pull --base-url "$URL" --app "$1" --token-file token \
	    --stream "app$1" >"$1.jsonl"
	python3 "$TOP/tests/same_csv.py" "$1.csv" "$1.jsonl"
}

@test "cli: its export holds what seki-pull got, of every field type" {
	start_cloud --generate soudan:700 --seed 3 --generate kifu:501 \
	    --load "$TOP/tests/data/record-api-samples" --token-file token
	both 1
	both 2
	both 11
}

@test "cli: the comparison sees one changed value" {
	start_cloud --load "$TOP/tests/data/record-api-samples" \
	    --token-file token
	both 11
	sed 's/中央公園のベンチ破損/中央公園のベンチ破損 /' 11.jsonl >changed
	run python3 "$TOP/tests/same_csv.py" 11.csv changed
	[ "$status" -eq 1 ]
	head -n -2 11.jsonl >cut
	tail -n 1 11.jsonl >>cut
	run python3 "$TOP/tests/same_csv.py" 11.csv cut
	[ "$status" -eq 1 ]
}

@test "cli: a condition and an order of ids are understood" {
	start_cloud --generate kifu:600 --token-file token
	# shellcheck disable=SC2086
	KINTONE_BASE_URL=$URL $CLI record export --app 1 \
	    --api-token "$(cat token)" --fields 受付番号 \
	    --condition '寄附金額 >= 200000 and 使い道 in ("教育")' >c.csv
	[ "$(wc -l <c.csv)" -gt 2 ]
	[ "$(wc -l <c.csv)" -lt 200 ]
	curl -sG "$URL/k/v1/records.json" -d app=1 -d totalCount=true \
	    --data-urlencode 'query=寄附金額 >= 200000 and 使い道 in ("教育") limit 0' \
	    -H "X-Cybozu-API-Token: $(cat token)" >total
	[ "$(jq -r .totalCount total)" -eq $(($(wc -l <c.csv) - 1)) ]
}

@test "cli: a wrong token is refused with the service's code" {
	start_cloud --generate kifu:1 --token-file token
	# shellcheck disable=SC2086
	KINTONE_BASE_URL=$URL run $CLI record export --app 1 --api-token wrong
	[ "$status" -eq 1 ]
	[[ "$output" == *GAIA_IA02* ]]
}
