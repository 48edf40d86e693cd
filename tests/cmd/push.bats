#!/usr/bin/env bats
# seki-push: what is written into an app, what is not, and how often.
load helper

TOKEN=planted-token-31415926
KEY=受付番号
# The generator's longest numbers are too long for their own form.
TAKEN='((精密値 < 10000000000000000000 and 精密値 > -10000000000000000000) or 精密値 in (""))'
# Filled by lookups and formulas, which nobody works out here.
WORKED_OUT=見出し,学校名
# A radio button cannot be empty in the service.
STANDARD=緊急度=低,面談結果=継続

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	(umask 077 && echo "$TOKEN" >token)
}
teardown() {
	stop_all
}

# App 1 has records, apps 2 and 3 the same form and none.
cloud() {
	stop_all
	start_cloud --token-file token --data data --generate soudan:250 \
	    --generate soudan:0 --generate soudan:0 "$@"
}
pull() {
	local app=$1
	shift
	seki-pull --base-url "$URL" --app "$app" --token-file token \
	    --stream soudan "$@"
}
push() {
	local app=$1
	shift
	seki-push --base-url "$URL" --app "$app" --token-file token "$@"
}
upsert() {
	local app=$1
	shift
	push "$app" --mode upsert --key "$KEY" "$@"
}
# call METHOD API JSON: as any other program would.
call() {
	curl -sSf -X "$1" -H "X-Cybozu-API-Token: $TOKEN" \
	    -H 'Content-Type: application/json' -d "$3" "$URL/k/v1/$2.json"
}
# count APP: its records; revisions APP: how often they were written in all.
count() {
	pull "$1" --fields "$KEY" | grep -c '"RECORD"' || :
}
revisions() {
	pull "$1" --fields "$KEY" |
	    jq -r 'select(.type=="RECORD").record["$revision"]' | sort | uniq -c |
	    tr -s ' \n' ' '
}
# set APP ID FIELD VALUE
set_field() {
	call PUT record "{\"app\":$1,\"id\":$2,\"record\":{\"$3\":{\"value\":\"$4\"}}}"
}
# summary ADD UPDATE SAME CONFLICT MISSING REFUSED
summary() {
	local want="add $1, update $2, same $3, conflict $4, missing $5, refused $6, skipped: held 0, deleted 0"
	echo "$status $output $stderr"
	[[ "${lines[-1]}" == "$want" || "${lines[-1]}" == "dry-run: $want" ]]
}
# The apps as they were.
anew() {
	stop_all
	rm -rf data
	CLOUD=
	cloud
}
# Records that the service takes, all of them.
whole() {
	cloud "$@"
	pull 1 --query "$TAKEN" >raw.jsonl
	N=$(grep -c '"RECORD"' raw.jsonl)
	[ "$N" -gt 200 ]
}

@test "what was pulled and pushed is what is pulled again, in every type" {
	whole
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary "$N" 0 0 0 0 0
	pull 2 >back.jsonl
	run python3 "$TOP/tests/same_pushed.py" "$KEY" raw.jsonl back.jsonl \
	    "$WORKED_OUT" "$STANDARD"
	echo "$output"
	[ "$status" -eq 0 ]
	for type in SINGLE_LINE_TEXT MULTI_LINE_TEXT RICH_TEXT NUMBER CHECK_BOX \
	    RADIO_BUTTON MULTI_SELECT DROP_DOWN DATE TIME DATETIME LINK \
	    USER_SELECT ORGANIZATION_SELECT GROUP_SELECT SUBTABLE; do
		head -1 back.jsonl | grep -q "\"type\":\"$type\""
	done
}

@test "a second push writes nothing" {
	whole
	upsert 2 raw.jsonl
	run --separate-stderr upsert 2 <raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
	[ "$(revisions 2)" = " $N 1 " ]
	# Nor of what came from there, by its own row numbers.
	pull 2 >own.jsonl
	run --separate-stderr push 2 --mode update own.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
}

@test "only the record and field that differ are sent" {
	whole
	upsert 2 raw.jsonl
	set_field 1 7 件名 新しい件名
	pull 1 --query "$TAKEN" >raw.jsonl
	run --separate-stderr upsert 2 --dry-run raw.jsonl
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "update R07-00007 件名" ]
	summary 0 1 $((N - 1)) 0 0 0
	[ "$(revisions 2)" = " $N 1 " ]
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 $((N - 1)) 0 0 0
	[ "$(revisions 2)" = " $((N - 1)) 1 1 2 " ]
}

@test "rows keep their numbers, by number or by place" {
	whole
	upsert 2 raw.jsonl
	id=$(pull 2 | jq -r 'select(.type=="RECORD").record |
	    select((.["家族"]|length) > 1) | .["$id"]' | head -1)
	key=$(pull 2 --query "\$id = $id" | jq -r --arg k "$KEY" \
	    'select(.type=="RECORD").record[$k]')
	rows() {
		pull 2 --query "\$id = $id" | jq -c 'select(.type=="RECORD") |
		    [.record["家族"][] | .["$id"]]'
	}
	before=$(rows)
	# Another app's rows go by place.
	there=$(pull 1 --query "$KEY = \"$key\"" |
	    jq -r 'select(.type=="RECORD").record["$id"]')
	table=$(curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
	    "$URL/k/v1/record.json?app=1&id=$there" | jq -c '.record["家族"].value |
	    .[0].value |= with_entries(if .value.type == "SINGLE_LINE_TEXT"
	    then .value.value = "変更" else . end)')
	call PUT record "{\"app\":1,\"id\":$there,\"record\":{\"家族\":{\"value\":$table}}}"
	pull 1 --query "$KEY = \"$key\"" >one.jsonl
	run --separate-stderr upsert 2 one.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 0 0 0 0
	[ "$(rows)" = "$before" ]
	# The app's own by number: what was reordered there is put back.
	pull 2 --query "\$id = $id" >own.jsonl
	table=$(curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
	    "$URL/k/v1/record.json?app=2&id=$id" | jq -c \
	    '.record["家族"].value | reverse')
	call PUT record "{\"app\":2,\"id\":$id,\"record\":{\"家族\":{\"value\":$table}}}"
	[ "$(rows)" != "$before" ]
	run --separate-stderr push 2 --mode update --overwrite own.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 0 0 0 0
	[ "$(rows)" = "$before" ]
	pull 2 --query "\$id = $id" >again.jsonl
	python3 "$TOP/tests/same_pushed.py" "$KEY" own.jsonl again.jsonl
}

@test "rows go by a field of theirs, wherever they stand" {
	whole
	upsert 2 raw.jsonl
	id=$(pull 2 | jq -r 'select(.type=="RECORD").record |
	    select((.["家族"]|length) > 1) | .["$id"]' | head -1)
	key=$(pull 2 --query "\$id = $id" | jq -r --arg k "$KEY" \
	    'select(.type=="RECORD").record[$k]')
	rows() {
		pull 2 --query "\$id = $id" | jq -c 'select(.type=="RECORD") |
		    [.record["家族"][] | {(.["家族氏名"] // ""): .["$id"]}] | add'
	}
	there=$(pull 1 --query "$KEY = \"$key\"" |
	    jq -r 'select(.type=="RECORD").record["$id"]')
	# name EXPRESSION: what the other app's rows become.
	name() {
		table=$(curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
		    "$URL/k/v1/record.json?app=1&id=$there" |
		    jq -c ".record[\"家族\"].value | $1")
		call PUT record "{\"app\":1,\"id\":$there,\"record\":{\"家族\":{\"value\":$table}}}"
		pull 1 --query "$KEY = \"$key\"" >one.jsonl
	}
	name 'to_entries | map(.key as $i | .value |
	    .value["家族氏名"].value = "氏名\($i)")'
	upsert 2 one.jsonl
	before=$(rows)
	[ "$(jq length <<<"$before")" -gt 1 ]
	# Turned round: each keeps its number; without the key none would.
	name reverse
	run --separate-stderr upsert 2 --row-key 家族氏名 one.jsonl
	echo "$stderr"
	[ "$status" -eq 0 ]
	summary 0 1 0 0 0 0
	[ "$(jq -S . <<<"$(rows)")" = "$(jq -S . <<<"$before")" ]
	[ "$(rows)" != "$before" ]
	run --separate-stderr upsert 2 --row-key 家族氏名 one.jsonl
	summary 0 0 1 0 0 0
	# A row more in front is new, the others are what they were.
	name '[{value: {"家族氏名": {value: "新しい人"}}}] + .'
	run --separate-stderr upsert 2 --row-key 家族氏名 one.jsonl
	[ "$status" -eq 0 ]
	[ "$(rows | jq -S 'del(.["新しい人"])')" = "$(jq -S . <<<"$before")" ]
	# What cannot be told apart is refused, and nothing of it is written.
	name 'map(.value["家族氏名"].value = "同じ人")'
	run --separate-stderr upsert 2 --row-key 家族氏名 one.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"two rows with one --row-key"* ]]
	name '.[0].value["家族氏名"].value = ""'
	run --separate-stderr upsert 2 --row-key 家族氏名 one.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"a row without its --row-key"* ]]
	[ "$(rows | jq -S 'del(.["新しい人"])')" = "$(jq -S . <<<"$before")" ]
	for f in 家族 件名 無い項目 家族グループ; do
		run --separate-stderr upsert 2 --row-key "$f" one.jsonl
		[ "$status" -eq 78 ]
		[[ "$stderr" == *"field $f: --row-key: "* ]]
	done
}

@test "killed in the middle and run again: nothing twice, nothing missing" {
	whole --delay 120
	for k in 1 2; do
		# No function here, whose subshell would be killed instead.
		seki-push --base-url "$URL" --app 2 --token-file token \
		    --mode upsert --key "$KEY" --verbose raw.jsonl \
		    2>log >/dev/null 3>&- &
		pid=$!
		until [ "$(grep -c ': POST ' log)" -ge "$k" ]; do
			kill -0 "$pid"
			sleep 0.02
		done
		kill -9 "$pid"
		wait "$pid" || :
	done
	have=$(count 2)
	echo "$have of $N"
	[ "$have" -gt 0 ]
	[ "$have" -lt "$N" ]
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	[ "$(count 2)" -eq "$N" ]
	[ "$(revisions 2)" = " $N 1 " ]
	pull 2 >back.jsonl
	python3 "$TOP/tests/same_pushed.py" "$KEY" raw.jsonl back.jsonl \
	    "$WORKED_OUT" "$STANDARD"
}

@test "an answer that is lost after the work is done is not done again" {
	whole --fault POST/records:1:cut --fault POST/records:3:short
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary "$N" 0 0 0 0 0
	[ "$(count 2)" -eq "$N" ]
	for id in 1 150; do set_field 2 "$id" 件名 別の件名; done
	cloud --fault PUT/records:1:cut
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 2 $((N - 2)) 0 0 0
	[ "$(revisions 2)" = " $((N - 2)) 1 2 3 " ]
}

@test "a service that answers 500 in the middle: 75, and the rest later" {
	whole --fault POST/records:2-:500
	run --separate-stderr upsert 2 --tries 2 raw.jsonl
	echo "$stderr"
	[ "$status" -eq 75 ]
	summary 100 0 0 0 0 0
	[[ "$stderr" == *"busy: writing: "* ]]
	[ "$(count 2)" -eq 100 ]
	cloud
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary $((N - 100)) 0 100 0 0 0
	cloud --fault POST/records:1:500 --fault POST/records:2:code=GAIA_DA02
	run --separate-stderr upsert 3 raw.jsonl
	[ "$status" -eq 0 ]
	summary "$N" 0 0 0 0 0
	[ "$(count 3)" -eq "$N" ]
}

@test "the JSON of a failure counts what was written" {
	whole --fault POST/records:2-:500
	run --separate-stderr upsert 2 --tries 1 --json raw.jsonl
	[ "$status" -eq 75 ]
	jq -e '.status == 75 and .reason == "busy" and .add == 100 and
	    .update == 0 and .same == 0 and .app == "2" and
	    .mode == "upsert" and .dry_run == false' <<<"$output"
	[ "$(jq -s length <<<"$output")" -eq 1 ]
}

@test "a form changed while records are written is told, and nothing is lost" {
	whole
	cloud --fault app/form/fields:2:deploy
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 75 ]
	[[ "$stderr" == *"moved: the app's form was changed while records were written"* ]]
	[[ "$stderr" == *"next: "* ]]
	# All are there; the same command finds that nothing is left to do.
	[ "$(count 2)" -eq "$N" ]
	cloud
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
}

@test "a record changed meanwhile is held, the others go on" {
	whole
	upsert 2 raw.jsonl
	for id in 3 4 5; do set_field 2 "$id" 件名 Verschlusssache; done
	cloud --fault PUT/records:1:edit=4
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 1 ]
	summary 0 2 $((N - 3)) 1 0 0
	key=$(pull 2 --query '$id = 4' | jq -r --arg k "$KEY" \
	    'select(.type=="RECORD").record[$k]')
	[[ "$stderr" == *"held: record $key: field 件名: changed in the app meanwhile"* ]]
	[[ "$stderr" != *Verschlusssache* ]]
	# Both values are for debugging only.
	cloud --fault PUT/records:1:edit=4
	run --separate-stderr upsert 2 --verbose raw.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'the app "Verschlusssache"'* ]]
	# Deleted meanwhile.
	cloud --fault PUT/records:1:delete=4
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 1 ]
	summary 0 0 $((N - 1)) 0 1 0
	[[ "$stderr" == *"record $key: deleted in the app meanwhile"* ]]
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 1 0 $((N - 1)) 0 0 0
	# Undisturbed, or by failures only, it goes through.
	set_field 2 3 件名 Verschlusssache
	cloud --fault PUT/records:1:500 --fault PUT/records:2:code=GAIA_RE18
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 $((N - 1)) 0 0 0
}

@test "what was changed in the app after the pull is not taken back" {
	whole
	upsert 2 raw.jsonl
	pull 2 >own.jsonl
	for id in 3 4; do set_field 2 "$id" 件名 Verschlusssache; done
	key=$(pull 2 --query '$id = 4' | jq -r --arg k "$KEY" \
	    'select(.type=="RECORD").record[$k]')
	for more in --dry-run --quiet; do
		for how in "--mode update" "--mode upsert --key $KEY"; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr push 2 $how $more own.jsonl
			[ "$status" -eq 1 ]
			[[ "$more" == --quiet ]] || summary 0 0 $((N - 2)) 2 0 0
			[[ "$stderr" == *": field 件名: changed in the app after it was pulled"*--overwrite* ]]
			[[ "$stderr" != *Verschlusssache* ]]
		done
	done
	[[ "$stderr" == *"record $key: field 件名: "* ]]
	run --separate-stderr push 2 --mode update --verbose own.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'the app "Verschlusssache"'* ]]
	[ "$(pull 2 --query '件名 = "Verschlusssache"' | grep -c '"RECORD"')" -eq 2 ]
	# One transaction: nothing of it.
	run --separate-stderr push 2 --mode update --all-or-nothing own.jsonl
	[ "$status" -eq 1 ]
	summary 0 0 $((N - 2)) 2 0 0
	# A newer revision of the same values is no conflict.
	title=$(jq -r 'select(.type=="RECORD").record |
	    select(.["$id"] == "3") | .["件名"]' own.jsonl)
	set_field 2 3 件名 "$title"
	run --separate-stderr push 2 --mode update own.jsonl
	summary 0 0 $((N - 1)) 1 0 0
	run --separate-stderr push 2 --mode update --overwrite own.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 $((N - 1)) 0 0 0
	# Another app's numbers mean nothing here.
	for i in 1 2 3; do set_field 2 5 件名 "別の件名$i"; done
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 1 $((N - 1)) 0 0 0
}

@test "a dry run says how many rows would be deleted" {
	whole
	upsert 2 raw.jsonl
	id=$(pull 2 | jq -r 'select(.type=="RECORD").record |
	    select((.["家族"]|length) > 1) | .["$id"]' | head -1)
	pull 2 --query "\$id = $id" >own.jsonl
	table=$(curl -sSf -H "X-Cybozu-API-Token: $TOKEN" \
	    "$URL/k/v1/record.json?app=2&id=$id" | jq -c \
	    '.record["家族"].value + [{value: {"家族氏名": {value: "新しい人"}}}]')
	call PUT record "{\"app\":2,\"id\":$id,\"record\":{\"家族\":{\"value\":$table}}}"
	run --separate-stderr push 2 --mode update --dry-run --overwrite own.jsonl
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "update $id 家族 (家族: 1 row deleted)" ]]
}

@test "a field that the app lacks, or has of another type, is named first" {
	stop_all
	start_cloud --token-file token --generate soudan:5 --load \
	    "$TOP/tests/data/cloud/main" --app 21
	pull 1 >raw.jsonl
	sed 's/受付番号/key/g; s/件名/num/g' raw.jsonl >odd.jsonl
	# The root holds the codes, so a stream is changed by its maker only.
	run --separate-stderr push 21 --mode upsert --key key odd.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *": content: "* ]]
	run --separate-stderr push 21 --mode upsert --key "$KEY" raw.jsonl
	echo "$stderr"
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == *": schema: the app has no such field: 受付番号, 整理番号, 件名, "* ]]
	[[ "${stderr_lines[0]}" == *"面談記録"* ]]
	[ "$(count 21 2>/dev/null)" -eq 0 ]
}

@test "wrong token, missing right: 77 and nothing of the token" {
	whole
	(umask 077 && echo wrong-token-27182818 >wrong)
	run --separate-stderr seki-push --base-url "$URL" --app 2 \
	    --token-file wrong --mode upsert --key "$KEY" raw.jsonl
	[ "$status" -eq 77 ]
	[[ "$stderr" == *": credentials: "* ]]
	[[ "$stderr" != *wrong-token-27182818* ]]
	stop_all
	(umask 077 && printf '%s\n2:look-only-16180339 view\n' "$TOKEN" >tokens &&
	    echo look-only-16180339 >look)
	start_cloud --token-file tokens --data data
	run --separate-stderr seki-push --base-url "$URL" --app 2 \
	    --token-file look --mode upsert --key "$KEY" raw.jsonl
	echo "$stderr"
	[ "$status" -eq 77 ]
	[[ "$stderr" == *": permission: writing: "* ]]
	[[ "$stderr" == *"レコード追加"* ]]
	[[ "$stderr" != *look-only-16180339* ]]
	[ "$(count 2)" -eq 0 ]
}

@test "a field that may not be seen is not compared by guess" {
	whole
	upsert 2 raw.jsonl
	cloud --hide 2:件名
	run --separate-stderr upsert 2 raw.jsonl
	echo "$stderr"
	[ "$status" -eq 77 ]
	[[ "$stderr" == *": permission: "*"field 件名: "* ]]
	[[ "$stderr" == *"leave it out with --fields"* ]]
	run --separate-stderr upsert 2 --fields 備考 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
}

@test "a cut stream is refused before anything is asked" {
	whole
	head -50 raw.jsonl >cut.jsonl
	stop_all
	run --separate-stderr upsert 2 cut.jsonl
	[ "$status" -eq 65 ]
	[[ "$stderr" == *": cut: "* ]]
	run --separate-stderr upsert 2 missing.jsonl
	[ "$status" -eq 74 ]
}

@test "what the service refuses is named, the others are written" {
	cloud
	pull 1 >raw.jsonl
	run --separate-stderr upsert 2 --json raw.jsonl
	echo "$output $stderr"
	[ "$status" -eq 1 ]
	refused=$(jq .refused <<<"$output")
	[ "$refused" -gt 0 ]
	jq -e --argjson n "$refused" '.status == 1 and .reason == "held" and
	    .add == 250 - $n and .mode == "upsert" and .app == "2"' <<<"$output"
	[ "${#lines[@]}" -eq 1 ]
	[[ "${stderr_lines[2]}" == *"record R07-00"*" field 精密値: "* ]]
	[ "$(count 2)" -eq $((250 - refused)) ]
}

@test "all or nothing: one transaction, or nothing of it" {
	cloud
	pull 1 >raw.jsonl
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == "add 0, "*"refused "[1-9]* ]]
	[ "$(count 2)" -eq 0 ]
	pull 1 --query "$TAKEN" >raw.jsonl
	n=$(grep -c '"RECORD"' raw.jsonl)
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 0 ]
	summary "$n" 0 0 0 0 0
	[ "$(count 2)" -eq "$n" ]
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$n" 0 0 0
	# A conflict with one undoes the others: it was edited while the next
	# hundred was read.
	for id in 3 4; do set_field 2 "$id" 件名 別; done
	cloud --fault GET/records:2:edit=4
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 1 ]
	summary 0 0 $((n - 2)) 1 0 0
	[[ "$stderr" == *"field 件名: changed in the app meanwhile"* ]]
	[[ "$stderr" == *"nothing was written"* ]]
	[ "$(pull 2 --query '件名 = "別"' | grep -c '"RECORD"')" -eq 2 ]
	# The answer is lost: it is looked up.
	cloud --fault POST/bulkRequest:1:cut
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 2 $((n - 2)) 0 0 0
}

@test "all or nothing: only an answer about every record is a yes" {
	whole
	refusal='{"id": "x", "code": "CB_VA01", "message": "no", "errors":
	    {"records[1].件名.value": {"messages": ["too long"]}}}'
	# As with another status, whatever the status is.
	for http in 200 400; do
		spoil instead "POST .*bulkRequest" "$http" \
		    "doc = {'results': [{}, $refusal] + [{}] * (len(sent['requests']) - 2)}"
		run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
		[ "$status" -eq 1 ]
		summary 0 0 0 0 0 1
		[[ "$stderr" == *"field 件名: too long"*"nothing was written"* ]]
	done
	spoil instead "POST .*bulkRequest" 200 \
	    "doc = {'results': [{}, {'id': 'x', 'code': 'GAIA_NO01', 'message': 'no right'}, {}]}"
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"GAIA_NO01: no right"*"レコード追加"* ]]
	# Nothing was done, and the answer does not say so.
	for odd in "{'results': [{}, {}, {}]}" "{'results': [1, 2, 3]}" \
	    "{'results': [{'ids': ['1'], 'revisions': ['1']}] * 3}" \
	    "{'results': [{}, {'code': 5}, {}]}" \
	    "{'results': [{'ids': ['1']}, $refusal, {}]}"; do
		spoil instead "POST .*bulkRequest" 200 "doc = $odd"
		run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
		echo "$odd: $status $output $stderr"
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"protocol: writing: the answer is odd"* ]]
		[ "$(count 2)" -eq 0 ]
	done
	# Without a key there is nothing to look for.
	run --separate-stderr push 2 --mode add --state mem --all-or-nothing \
	    raw.jsonl
	[ "$status" -eq 69 ]
	run --separate-stderr push 2 --mode add --state mem --all-or-nothing \
	    raw.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"nobody knows whether they arrived"* ]]
	# It was done, and is found by key.
	for odd in "doc['results'][0]['revisions'].pop()" \
	    "doc['results'][1]['ids'][0] = doc['results'][0]['ids'][0]" \
	    "doc['results'][0]['code'] = 'CB_VA01'"; do
		anew
		spoil after "POST .*bulkRequest" 200 "$odd"
		run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
		[ "$status" -eq 0 ]
		summary "$N" 0 0 0 0 0
		[ "$(count 2)" -eq "$N" ]
	done
}

@test "an answer about other records than those sent is no yes" {
	cloud
	pull 1 --query "$TAKEN and \$id <= 60" >raw.jsonl
	N=$(grep -c '"RECORD"' raw.jsonl)
	for odd in "doc['ids'].pop()" "doc['ids'][0] = doc['ids'][1]" \
	    "doc['ids'][0] = 1" "doc['ids'][0] = '0'" "del doc['revisions']"; do
		anew
		spoil after "POST .*records.json" 200 "$odd"
		run --separate-stderr upsert 2 raw.jsonl
		[ "$status" -eq 0 ]
		summary "$N" 0 0 0 0 0
		[ "$(count 2)" -eq "$N" ]
	done
	# Nothing was added: the tries end.
	anew
	spoil instead "POST .*records.json" 200 \
	    "doc = {'ids': ['1'] * 100, 'revisions': ['1'] * 100}"
	run --separate-stderr upsert 2 --tries 1 raw.jsonl
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"protocol: writing: the answer is odd"* ]]
	[ "$(count 2)" -eq 0 ]
	URL=$CLOUD
	upsert 2 raw.jsonl
	for odd in "doc['records'][0]['id'] = '999'" "doc['records'].pop()" \
	    "doc['records'][0] = doc['records'][1]" \
	    "del doc['records'][0]['revision']" "doc = {'records': [{}] * 3}"; do
		URL=$CLOUD
		for id in 3 4 5; do set_field 2 "$id" 件名 別; done
		spoil after "PUT .*records.json" 200 "$odd"
		run --separate-stderr upsert 2 raw.jsonl
		echo "$odd: $status $stderr"
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"protocol: writing: the answer is odd"* ]]
	done
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
}

@test "2,000 records are one transaction, one more is none" {
	stop_all
	start_cloud --token-file token --generate soudan:2001 --generate soudan:0
	pull 1 --fields "$KEY,件名" >raw.jsonl
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 65 ]
	[[ "$stderr" == *": limit: "* ]]
	[ "$(count 2)" -eq 0 ]
	run --separate-stderr upsert 2 --all-or-nothing --dry-run raw.jsonl
	[ "$status" -eq 65 ]
	pull 1 --fields "$KEY,件名" --query '$id <= 2000' >raw.jsonl
	run --separate-stderr upsert 2 --all-or-nothing raw.jsonl
	[ "$status" -eq 0 ]
	summary 2000 0 0 0 0 0
	[ "$(count 2)" -eq 2000 ]
	# A thousand that cannot be written are enough.
	pull 1 --fields "$KEY,件名" >raw.jsonl
	start_cloud --token-file token --generate soudan:1 --generate soudan:0
	run --separate-stderr push 2 --mode update --key "$KEY" raw.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"held: more than 1000 records cannot be written"* ]]
	[[ "$stderr" == *"R07-00020: not in the app"* ]]
	[[ "$stderr" != *"R07-00021: not in the app"* ]]
}

@test "adding with a key: what is there is same or in conflict" {
	whole
	upsert 2 --fields "$KEY,件名" raw.jsonl
	run --separate-stderr push 2 --mode add --key "$KEY" \
	    --fields "$KEY,件名" raw.jsonl
	[ "$status" -eq 0 ]
	summary 0 0 "$N" 0 0 0
	set_field 2 5 件名 別の件名
	run --separate-stderr push 2 --mode add --key "$KEY" \
	    --fields "$KEY,件名" raw.jsonl
	[ "$status" -eq 1 ]
	summary 0 0 $((N - 1)) 1 0 0
	[[ "$stderr" == *"field 件名: this key is in the app already"* ]]
	[ "$(revisions 2)" = " $((N - 1)) 1 1 2 " ]
}

@test "adding without a key needs a memory, and uses it" {
	whole
	run --separate-stderr push 2 --mode add raw.jsonl
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--key FIELD or --state DIR"* ]]
	run --separate-stderr push 2 --mode add --state mem raw.jsonl
	[ "$status" -eq 0 ]
	summary "$N" 0 0 0 0 0
	[ "$(stat -c %a mem mem/push.json | tr '\n' ' ')" = "700 600 " ]
	run --separate-stderr push 2 --mode add --state mem --json raw.jsonl
	[ "$status" -eq 0 ]
	jq -e '.reason == "already" and .add == 0' <<<"$output"
	[ "$(count 2)" -eq "$N" ]
	run --separate-stderr push 3 --mode add --state mem raw.jsonl
	[ "$status" -eq 78 ]
}

@test "adding without a key remembers every stream, not only the last" {
	local line
	cloud
	for n in 1 2 3 4; do
		pull 1 --query "$TAKEN and \$id > $((n * 5)) and \$id <= $((n * 5 + 5))" \
		    >"$n.jsonl"
	done
	for n in 1 2 3; do
		push 2 --mode add --state mem "$n.jsonl"
	done
	[ "$(stat -c %a mem/finished)" = 600 ]
	[ "$(wc -l <mem/finished)" -eq 3 ]
	[ "$(head -1 mem/finished)" = "${URL#http://} 2" ]
	before=$(count 2)
	for n in 1 2 3 1; do
		run --separate-stderr push 2 --mode add --state mem --json "$n.jsonl"
		[ "$status" -eq 0 ]
		jq -e '.reason == "already" and .add == 0' <<<"$output"
	done
	[ "$(count 2)" -eq "$before" ]
	# Whatever the other file says, and for this app only.
	mv mem/push.json kept
	run --separate-stderr push 2 --mode add --state mem --json 1.jsonl
	jq -e '.reason == "already"' <<<"$output"
	run --separate-stderr push 3 --mode add --state mem 1.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"the folder belongs to another service or app"* ]]
	mv kept mem/push.json
	# Damaged in any way: nothing is added.
	cp mem/finished good
	line=$(sed -n 2p good)
	for bad in "${line}x" "${line% *}" "${line% *} 01" "${line#?}" \
	    "${line^^} " "$line"; do
		{ cat good && echo "$bad"; } >mem/finished
		run --separate-stderr push 2 --mode add --state mem 1.jsonl
		echo "$bad: $status $stderr"
		[ "$status" -eq 78 ]
		[[ "$stderr" == *"config: line 4: not as seki-push writes it"* ]]
		[[ "$stderr" == *"from a backup"* ]]
	done
	head -c -1 good >mem/finished
	run --separate-stderr push 2 --mode add --state mem 4.jsonl
	[ "$status" -eq 78 ]
	: >mem/finished
	run --separate-stderr push 2 --mode add --state mem 4.jsonl
	[ "$status" -eq 78 ]
	cp good mem/finished
	chmod 644 mem/finished
	run --separate-stderr push 2 --mode add --state mem 4.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"unsafe: "* ]]
	chmod 600 mem/finished
	cp mem/push.json good.json
	for bad in 's/"root":"./"root":"/' 's/"done":/&9/' 's/}/,/'; do
		sed "$bad" good.json >mem/push.json
		run --separate-stderr push 2 --mode add --state mem 4.jsonl
		echo "$bad: $status $stderr"
		[ "$status" -eq 78 ]
	done
	cp good.json mem/push.json
	[ "$(count 2)" -eq "$before" ]
	push 2 --mode add --state mem 4.jsonl
	[ "$(wc -l <mem/finished)" -eq 4 ]
}

@test "adding without a key goes on where it stopped, or says that it cannot" {
	whole --fault POST/records:2:code=GAIA_NO01
	run --separate-stderr push 2 --mode add --state mem raw.jsonl
	[ "$status" -eq 77 ]
	[ "$(count 2)" -eq 100 ]
	run --separate-stderr push 2 --mode add --state mem raw.jsonl
	[ "$status" -eq 0 ]
	summary $((N - 100)) 0 0 0 0 0
	[ "$(count 2)" -eq "$N" ]
	# The answer is lost: nobody knows.
	cloud --fault POST/records:2:cut
	run --separate-stderr push 3 --mode add --state mem3 raw.jsonl
	[ "$status" -eq 75 ]
	[ "$(count 3)" -eq 200 ]
	run --separate-stderr push 3 --mode add --state mem3 raw.jsonl
	echo "$stderr"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"held: a run was interrupted while it added records 101 to 200"* ]]
	[ "$(count 3)" -eq 200 ]
	# As the message says, after a look into the app.
	sed -i 's/"done":100,"adding":200/"done":200,"adding":0/' mem3/push.json
	run --separate-stderr push 3 --mode add --state mem3 raw.jsonl
	[ "$status" -eq 0 ]
	summary $((N - 200)) 0 0 0 0 0
	[ "$(count 3)" -eq "$N" ]
}

@test "updating names what is not there, and never adds it" {
	whole
	pull 1 --query '$id <= 20' >some.jsonl
	upsert 2 --fields "$KEY,件名" some.jsonl
	have=$(count 2)
	pull 1 --query '$id <= 30' >more.jsonl
	run --separate-stderr push 2 --mode update --key "$KEY" \
	    --fields "$KEY,件名" more.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record R07-00021: not in the app: nothing to update"* ]]
	[ "$(count 2)" -eq "$have" ]
	run --separate-stderr push 2 --mode update raw.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *": source: "* ]]
}

@test "keys: unique in the app, once in the stream" {
	whole
	run --separate-stderr push 2 --mode upsert --key 件名 raw.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"field 件名: --key takes "* ]]
	run --separate-stderr push 2 --mode upsert --key 受付番 raw.jsonl
	[ "$status" -eq 78 ]
	run --separate-stderr push 2 --mode upsert raw.jsonl
	[ "$status" -eq 64 ]
	run --separate-stderr push 2 --mode replace --key "$KEY" raw.jsonl
	[ "$status" -eq 64 ]
	run --separate-stderr upsert 2 --fields 作成者 raw.jsonl
	[ "$status" -eq 78 ]
	run --separate-stderr upsert 2 --fields 件名,件 raw.jsonl
	[ "$status" -eq 78 ]
	run --separate-stderr upsert 2 --state mem raw.jsonl
	[ "$status" -eq 64 ]
}

# An app with some codes of another: OLD=NEW…
renamed() {
	local rule=
	rm -rf app
	cp -r "$TOP/tests/data/cloud/main" app
	for pair; do rule+="s/\"${pair%=*}\"/\"${pair#*=}\"/g;"; done
	sed -i "$rule" app/form-fields.json app/form-layout.json
	stop_all
	start_cloud --token-file token --load app --app 21
}

@test "deletions and held records of the stream are counted, nothing more" {
	renamed key=氏名 serial=金額
	run --separate-stderr push 21 --mode upsert --key 氏名 \
	    "$TOP/tests/data/root/delta.jsonl"
	echo "$status $output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = "add 2, update 0, same 0, conflict 0, missing 0, refused 0, skipped: held 0, deleted 1" ]
	[[ "$stderr" == *"deletions are not carried out"* ]]
	renamed key=件名
	python3 "$TOP/tests/mkstream.py" 1=甲 '2!x' 3=乙 >held.jsonl
	run --separate-stderr push 21 --mode upsert --key 件名 --fields 件名 \
	    held.jsonl
	echo "$status $output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = "add 2, update 0, same 0, conflict 0, missing 0, refused 0, skipped: held 1, deleted 0" ]
}

@test "a key twice or none: named, before anything is written" {
	renamed key=件名
	python3 "$TOP/tests/mkstream.py" 1=甲 2=乙 3=甲 >twice.jsonl
	run --separate-stderr push 21 --mode upsert --key 件名 --fields 件名 \
	    twice.jsonl
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"record: record 甲: field 件名: two records of the stream"* ]]
	python3 "$TOP/tests/mkstream.py" 1=甲 2= 3=乙 >none.jsonl
	run --separate-stderr push 21 --mode upsert --key 件名 --fields 件名 \
	    none.jsonl
	[ "$status" -eq 1 ]
	summary 2 0 0 0 0 1
	[[ "$stderr" == *"record 2: field 件名: the key is empty"* ]]
}

@test "keys with quotes and backslashes are found again" {
	renamed key=件名
	python3 "$TOP/tests/mkstream.py" '1=a"b' '2=a\b' '3=") or ("' \
	    '4= x' >odd.jsonl
	for want in "summary 4 0 0 0 0 0" "summary 0 0 4 0 0 0"; do
		run --separate-stderr push 21 --mode upsert --key 件名 \
		    --fields 件名 odd.jsonl
		[ "$status" -eq 0 ]
		$want
	done
}

@test "no digit is rounded on the way" {
	renamed num=件名
	sed -i 's/"required": true/"required": false/' app/form-fields.json
	stop_all
	start_cloud --token-file token --load app --app 21
	python3 "$TOP/tests/mkstream.py" -t NUMBER 1=1.25 2=1.255 >num.jsonl
	run --separate-stderr push 21 --mode add --state mem --fields 件名 \
	    num.jsonl
	[ "$status" -eq 1 ]
	summary 1 0 0 0 0 1
	[[ "$stderr" == *"record 2: field 件名: more decimals than the app keeps"* ]]
}

@test "no value of a record stands in a message" {
	renamed text=件名
	sed -i 's/"required": true/"required": false/' app/form-fields.json
	stop_all
	start_cloud --token-file token --load app --app 21
	python3 "$TOP/tests/mkstream.py" 1=山田太郎の長い件名 >long.jsonl
	run --separate-stderr push 21 --mode add --state mem --fields 件名 \
	    long.jsonl
	echo "$stderr"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record 1: field 件名: "* ]]
	[[ "$output$stderr" != *山田太郎* ]]
}

@test "nor does another record's or field's, whatever the service repeats" {
	local said
	cloud
	pull 1 --query '$id <= 3' --fields "$KEY,件名" >raw.jsonl
	subject=$(jq -r 'select(.type=="RECORD").record["件名"]' raw.jsonl |
	    sed -n 3p)
	[ "${#subject}" -ge 2 ]
	wide=$(sed 's/./&　 /g' <<<"$subject")
	for said in "$subject" "x${subject}x" "$wide"; do
		# About the key of the first, with a text of the third; as \u.
		spoil instead "POST .*records.json" 400 "doc = {'id': 'x',
		    'code': 'CB_VA01', 'message': 'no', 'errors': {
		    'records[%d].$KEY.value' % i: {'messages': ['not $said']}
		    for i in range(len(sent['records']))}}"
		run --separate-stderr upsert 2 raw.jsonl
		echo "$stderr"
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"field $KEY: refused by the service (CB_VA01)"* ]]
		[[ "$output$stderr" != *"$subject"* ]]
		[[ "$output$stderr" != *"$said"* ]]
	done
	run --separate-stderr upsert 2 --verbose raw.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"record R07-"*": not $said"* ]]
	spoil instead "POST .*records.json" 400 "doc = {'id': 'x',
	    'code': 'CB_VA01', 'message': 'no', 'errors': {
	    'records[0].$KEY.value': {'messages': ['not good']}}}"
	run --separate-stderr upsert 2 raw.jsonl
	[[ "$stderr" == *"field $KEY: not good"* ]]
	# Of the request as a whole.
	spoil instead "POST .*records.json" 400 "doc = {'id': 'x',
	    'code': 'GAIA_XX01', 'message': 'not $subject'}"
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"refused: writing: GAIA_XX01"* ]]
	[[ "$output$stderr" != *"$subject"* ]]
	run --separate-stderr upsert 2 --verbose raw.jsonl
	[[ "$stderr" == *"writing: "*"not $subject"* ]]
}

@test "a lookup's key is written, what it copies is not" {
	cp -r "$TOP/tests/data/cloud/main" app
	# The lookup's own code is code, a word of the format too.
	jq '.properties |= (.["件名"] = (.code | .code = "件名") | del(.code) |
	    .key.required = false)' "$TOP/tests/data/cloud/main/form-fields.json" \
	    >app/form-fields.json
	jq 'walk(if type == "object" and .code == "code" then .code = "件名"
	    else . end)' "$TOP/tests/data/cloud/main/form-layout.json" \
	    >app/form-layout.json
	start_cloud --token-file token --load app --app 21 \
	    --load "$TOP/tests/data/cloud/master" --app 22
	python3 "$TOP/tests/mkstream.py" 1=A-1 2=nowhere 3=A-2 4= >look.jsonl
	run --separate-stderr push 21 --mode add --state mem --fields 件名 \
	    look.jsonl
	echo "$stderr"
	[ "$status" -eq 1 ]
	summary 3 0 0 0 0 1
	[[ "$stderr" == *"record 2: the lookup's key is not in its app"* ]]
	[[ "$stderr" != *nowhere* ]]
	[ "$(pull 21 --fields name | jq -r 'select(.type=="RECORD").record.name')" = \
	    "$(printf '机\n椅子\nnull')" ]
}

@test "an app in a guest space, in batches and all at once" {
	cloud --guest 2:5
	pull 1 --query "$TAKEN" >raw.jsonl
	n=$(grep -c '"RECORD"' raw.jsonl)
	run --separate-stderr upsert 2 raw.jsonl
	[ "$status" -ne 0 ]
	run --separate-stderr upsert 2 --guest-space 5 --all-or-nothing raw.jsonl
	[ "$status" -eq 0 ]
	summary "$n" 0 0 0 0 0
	run --separate-stderr upsert 2 --guest-space 5 raw.jsonl
	summary 0 0 "$n" 0 0 0
	[ "$(pull 2 --guest-space 5 --fields "$KEY" | grep -c '"RECORD"')" -eq "$n" ]
}
