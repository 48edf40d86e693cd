#!/usr/bin/env bats
# Every fault that seki-cloud knows, at every place: the exact records, or no
# proof and a reason of the manual.
load helper

KEY=受付番号

setup() {
	cd "$BATS_TEST_TMPDIR"
	(umask 077 && echo planted-token-16180339 >token)
}
teardown() {
	stop_all
}

# The names of all faults, as the program has them.
names() {
	echo status
	sed -n '/^} words/,/^};/s/^	{ "\([a-z]*\)".*/\1/p' \
	    "$TOP/lib/cloud_trouble.c"
}

# Does the table of expectations, on stdin, name each of them, and no other?
complete() {
	sed 's/[|=].*//; s/^[0-9]*$/status/' | sort -u >named
	names | sort -u >known
	[ "$(wc -l <known)" -gt 20 ]
	diff known named
}

pull() {
	seki-pull --base-url "$URL" --app "$APP" --token-file token \
	    --stream x --json "$@"
}
records() {
	grep '^{"type":"RECORD"' "$1" || :
}
ids() {
	records "$1" | sed 's/.*"\$id":"\([0-9]*\)".*/\1/' | sort
}

# outcome STATUS: "STATUS REASON" of what ended so, its messages in err.
outcome() {
	echo "$1 $(tail -1 err | jq -r .reason 2>/dev/null)"
}

# No reader takes out.jsonl.
no_proof() {
	! grep -q '^{"type":"STATE"' out.jsonl && ! seki-show out.jsonl >show 2>&1 || false
}

# same: out.jsonl has the records of before.jsonl, byte for byte.
same() {
	cmp -s <(records before.jsonl) <(records out.jsonl) &&
	    seki-show out.jsonl >show 2>&1
}

# changed: each record is as it was before or as it is now, and none is missing
# that was there before and is there now.
changed() {
	pull -j 1 >after.jsonl 2>/dev/null &&
	    [ -z "$(comm -23 <(records out.jsonl | sort) \
	    <(sort -u <(records before.jsonl) <(records after.jsonl)))" ] &&
	    [ -z "$(comm -23 <(comm -12 <(ids before.jsonl) <(ids after.jsonl)) \
	    <(ids out.jsonl))" ] && seki-show out.jsonl >show 2>&1
}

# cloud RULE…: with the data of base.db and these faults.
cloud() {
	local rule f=()
	stop_all
	rm -f data.db*
	cp base.db data.db
	for rule; do f+=(--fault "$rule"); done
	start_cloud --token-file token --data data.db "${APPS[@]}" "${f[@]}"
}
base() {
	APPS=("$@")
	start_cloud --token-file token --data base.db "$@"
	pull -j 1 --verbose >before.jsonl 2>log
	stop_all
	[ ! -e base.db-wal ]
}

# one RULE WANT OPTION…: pull with that fault; says what was otherwise.
one() {
	local rule=$1 want=$2 got=0
	shift 2
	cloud "$rule"
	pull -j 1 "$@" >out.jsonl 2>err || got=$?
	got=$(outcome "$got")
	case $want in
	same) [ "$got" = "0 ok" ] && same && return 0 ;;
	changed) [ "$got" = "0 ok" ] && changed && return 0 ;;
	*) [ "$got" = "$want" ] && no_proof && return 0 ;;
	esac
	echo "$rule $*: $got, not $want"
	return 1
}

# At which request of a pull of 1,100 records, by one connection and with one
# try: the newest record, the first page, the middle page, the closing count,
# the form.  libcurl itself asks again on a connection that was closed between
# two requests.
PLACES=(GET/records:1 GET/records:2 GET/records:3 GET/records:5
    app/form/fields:1)
pulls() {
	grep -v '^#' <<-'EOF2'
	#                  newest     first      middle     closing    form
	429|75 busy|75 busy|75 busy|75 busy|75 busy
	500|75 busy|75 busy|75 busy|75 busy|75 busy
	502|75 busy|75 busy|75 busy|75 busy|75 busy
	503|75 busy|75 busy|75 busy|75 busy|75 busy
	504|75 busy|75 busy|75 busy|75 busy|75 busy
	520|75 busy|75 busy|75 busy|75 busy|75 busy
	401|77 credentials|77 credentials|77 credentials|77 credentials|77 credentials
	404|69 protocol|69 protocol|69 protocol|69 protocol|69 protocol
	maintenance|75 busy|75 busy|75 busy|75 busy|75 busy
	html|69 protocol|69 protocol|69 protocol|69 protocol|69 protocol
	code=GAIA_DA02|75 busy|75 busy|75 busy|75 busy|75 busy
	code=GAIA_TO04|75 busy|75 busy|75 busy|75 busy|75 busy
	code=CB_WA01|77 credentials|77 credentials|77 credentials|77 credentials|77 credentials
	code=GAIA_NO01|77 permission|77 permission|77 permission|77 permission|77 permission
	drop|same|same|same|same|75 network
	redirect|69 redirect|69 redirect|69 redirect|69 redirect|69 redirect
	gone|69 refused|69 refused|69 refused|69 refused|69 refused
	delay=50|same|same|same|same|same
	cut|75 network|75 network|75 network|75 network|75 network
	short|75 network|75 network|75 network|75 network|75 network
	slow=5|same|same|same|same|same
	gzip|69 protocol|69 protocol|69 protocol|69 protocol|69 protocol
	warning|69 refused|69 refused|69 refused|69 refused|69 refused
	repeat|same|69 protocol|69 protocol|same|same
	missing|same|75 moved|75 moved|same|same
	empty|same|75 moved|75 moved|same|same
	hide=件名|same|77 permission|77 permission|same|same
	extra|same|same|same|same|same
	deploy|same|same|same|same|75 moved
	edit|changed|changed|changed|changed|changed
	edit=1050|changed|changed|changed|changed|changed
	delete|changed|changed|changed|changed|changed
	delete=3|changed|changed|changed|changed|changed
	insert|changed|changed|changed|changed|changed
	EOF2
}

@test "each fault in a pull: the exact records, or no proof and its reason" {
	local bad=0 i fault want
	APP=1
	base --generate soudan:1100
	[ "$(grep -c ': POST ' log)" -eq 5 ]
	pulls | complete
	pulls >table
	while IFS='|' read -ra want; do
		fault=${want[0]}
		for i in 0 1 2 3 4; do
			one "${PLACES[i]}:$fault" "$(echo ${want[i + 1]})" \
			    --tries 1 || bad=1
		done
	done <table
	[ "$bad" -eq 0 ]
}

@test "each fault that passes is outlived by a second try" {
	APP=1
	base --generate soudan:1100
	cloud GET/records:1:429 GET/records:3:502 GET/records:5:503 \
	    GET/records:7:cut GET/records:9:maintenance \
	    app/form/fields:1:drop
	pull -j 1 --tries 2 --verbose >out.jsonl 2>err
	same
	[ "$(grep -c 'POST.*try 2' err)" -eq 5 ]
	[ "$(grep -c 'GET.*try 2' err)" -eq 1 ]
}

push() {
	seki-push --base-url "$URL" --app 2 --token-file token --mode upsert \
	    --key "$KEY" --json "$@"
}

# Two apps: of base.db the second is empty, or (changed) holds the records of
# the first as they were before each of them got a 職員メモ of its own; memos:
# these, and an empty second app.
two_apps() {
	APP=1
	start_cloud --token-file token --data base.db --generate kifu:250 \
	    --generate kifu:0
	APPS=(--generate kifu:250 --generate kifu:0)
	if [ "$1" != empty ]; then
		pull >raw.jsonl
		[ "$1" = memos ] || push raw.jsonl >out
		for i in 1 101 201; do
			jq -nc --argjson i "$i" '{app: 1, records: [range($i;
			    if $i > 200 then 251 else $i + 100 end) | {id: .,
			    record: {"職員メモ": {value: "新 \(.)"}}}]}' |
			    curl -sSf -X PUT -d @- \
			    -H "X-Cybozu-API-Token: $(cat token)" \
			    -H 'Content-Type: application/json' \
			    "$URL/k/v1/records.json" >out
		done
	fi
	pull >raw.jsonl
	stop_all
}

# The second app has each record of the first once, with its content.
pushed() {
	APP=2 pull --query "$KEY != \"\"" >back.jsonl 2>err2 &&
	    python3 "$TOP/tests/same_pushed.py" "$KEY" raw.jsonl back.jsonl \
	    差引額 >report
}

# two RULE WANT OPTION…: push with that fault, then again without it.
two() {
	local rule=$1 want=$2 got=0 again=0
	shift 2
	cloud "$rule"
	push raw.jsonl --tries 1 "$@" >out 2>err || got=$?
	got="$got $(tail -1 out | jq -r .reason)"
	push raw.jsonl "$@" >out 2>err || again=$?
	echo "no pull" >report
	[ "$got" = "$want" ] && [ "$again" -eq 0 ] && pushed &&
	    [ "$(records back.jsonl | wc -l)" -eq 250 ] && return 0
	echo "$rule $*: $got, then $again, $(tail -1 report), not $want"
	cat err
	return 1
}

# The second time records are compared, added, changed, and the only transaction
# of --all-or-nothing.  What comes back from an addition that was done is looked
# up, so that only a change is told as failed.
pushes() {
	grep -v '^#' <<-'EOF2'
	#               look           POST           PUT            bulkRequest
	429|            75 busy|       75 busy|       75 busy|       75 busy
	500|            75 busy|       75 busy|       75 busy|       75 busy
	502|            75 busy|       75 busy|       75 busy|       75 busy
	401|            77 credentials|77 credentials|77 credentials|77 credentials
	404|            69 protocol|   69 protocol|   69 protocol|   69 protocol
	520|            75 busy|       75 busy|       75 busy|       75 busy
	maintenance|    75 busy|       75 busy|       75 busy|       75 busy
	html|           69 protocol|   69 protocol|   69 protocol|   69 protocol
	code=GAIA_DA02| 75 busy|       75 busy|       75 busy|       75 busy
	code=GAIA_NO01| 77 permission| 77 permission| 77 permission| 77 permission
	code=GAIA_CO02| 69 refused|    1 held|        0 ok|          1 held
	drop|           0 ok|          75 network|    75 network|    75 network
	redirect|       69 redirect|   69 redirect|   69 redirect|   69 redirect
	gone|           69 refused|    69 refused|    69 refused|    69 refused
	delay=50|       0 ok|          0 ok|          0 ok|          0 ok
	cut|            75 network|    0 ok|          75 network|    0 ok
	short|          75 network|    0 ok|          69 protocol|   0 ok
	slow=5|         0 ok|          0 ok|          0 ok|          0 ok
	gzip|           69 protocol|   0 ok|          69 protocol|   0 ok
	warning|        69 refused|    0 ok|          0 ok|          0 ok
	repeat|         69 protocol|   0 ok|          69 protocol|   0 ok
	missing|        75 moved|      0 ok|          69 protocol|   0 ok
	empty|          75 moved|      0 ok|          69 protocol|   0 ok
	hide=職員メモ|  77 permission| 0 ok|          0 ok|          0 ok
	extra|          0 ok|          0 ok|          0 ok|          0 ok
	deploy|         0 ok|          0 ok|          0 ok|          0 ok
	edit|           0 ok|          0 ok|          0 ok|          0 ok
	delete|         0 ok|          0 ok|          0 ok|          0 ok
	insert|         0 ok|          0 ok|          0 ok|          0 ok
	EOF2
}

# push_table KIND "COLUMN PLACE OPTION"…
push_table() {
	local bad=0 fault want at
	two_apps "$1"
	shift
	pushes >table
	while IFS='|' read -ra want; do
		for at in "$@"; do
			read -ra at <<<"$at"
			two "${at[1]}:${want[0]}" "$(echo ${want[at[0]]})" \
			    "${at[@]:2}" || bad=1
		done
	done <table
	[ "$bad" -eq 0 ]
}

@test "each fault in a push that adds: run again, each record is there once" {
	pushes | complete
	push_table empty "2 POST/records:2" "4 bulkRequest:1 --all-or-nothing"
}

@test "each fault in a push that changes: run again, each record is as it should" {
	push_table changed "1 GET/records:2" "3 PUT/records:2"
}

# Without a key, only seki-push knows what it has added.
add() {
	local got=0
	seki-push --base-url "$URL" --app 2 --token-file token --mode add \
	    --state state --fields 職員メモ --json raw.jsonl "$@" \
	    >out 2>err || got=$?
	echo "$got $(tail -1 out | jq -r .reason)"
}

# What is there: all, or a person was told, the first time of records that were
# refused or the second time of records whose fate is not known; none twice.
added() {
	local fault=$1 first=$2 second=$3 n
	APP=2 pull 2>err | jq -r 'select(.type=="RECORD").record["職員メモ"]' |
	    grep '^新' | sort >have
	n=$(wc -l <have)
	[ -z "$(uniq -d have)" ] &&
	    case $second in
	    "0 ok" | "0 already") [ "$n" -eq 250 ] || [ "$fault" = delete ] ;;
	    "1 held") [ "$n" -le 250 ] && [ "$first" != "0 ok" ] ;;
	    *) false ;;
	    esac && return 0
	echo "$fault $4: $first, then $second: $n, $(uniq -d have | wc -l) twice"
	return 1
}

@test "each fault in a push without a key: run again, no record is there twice" {
	local bad=0 fault first
	two_apps memos
	pushes | sed 's/|.*//' >table
	while read -r fault; do
		rm -rf state
		cloud "POST/records:2:$fault"
		first=$(add --tries 1)
		added "$fault" "$first" "$(add)" || bad=1
		rm -rf state
		cloud "bulkRequest:1:$fault"
		first=$(add --tries 1 --all-or-nothing)
		added "$fault" "$first" "$(add --all-or-nothing)" whole || bad=1
	done <table
	[ "$bad" -eq 0 ]
}

@test "what was refused is not called added by the next run" {
	two_apps memos
	cloud POST/records:2:code=GAIA_CO02
	[ "$(add)" = "1 held" ]
	[ "$(add)" = "1 held" ]
	grep -q '^seki-push: 100 records of this stream were refused' err
	[ "$(jq -c '[.done, .refused, .adding]' state/push.json)" = "[250,100,0]" ]
}
