#!/usr/bin/env bats
# seki-pull against a server that misbehaves, and against one that does not.
load helper

SAMPLES=$TOP/tests/data/record-api-samples
TOKEN=planted-token-27182818

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	umask 022
	(umask 077 && echo "$TOKEN" >token)
}
teardown() {
	stop_all
}

# server MODE [OPTION…]: sets URL; what was asked stands in the file log.
server() {
	local mode=$1 i
	shift
	rm -f url log
	python3 "$TOP/tests/badserver.py" --log log "$@" "$SAMPLES" "$mode" \
	    >url 2>server.err 3>&- &
	PIDS="${PIDS:-} $!"
	for i in $(seq 100); do
		[ -s url ] && break
		sleep 0.05
	done
	URL=$(cat url)
	[ -n "$URL" ]
}

pull() {
	seki-pull --base-url "$URL" --app 11 --token-file token \
	    --stream shuzen "$@"
}

# No reader may take what a failed run wrote, and no token may show.
nothing_taken() {
	[[ "$output" != *'"STATE"'* ]]
	[[ "$output$stderr" != *"$TOKEN"* ]]
	if [ -n "$output" ] && [ -x "$BIN/seki-show" ]; then
		! printf '%s\n' "$output" | seki-show - >/dev/null 2>&1 || false
	fi
}

# refused STATUS REASON TEXT MODE [OPTION…]
refused() {
	local want=$1 reason=$2 text=$3 mode=$4
	shift 4
	server "$mode" --page 2 "$@"
	run --separate-stderr pull --tries 1
	echo "$mode: $status $stderr"
	[ "$status" -eq "$want" ]
	[[ "${stderr_lines[0]}" == "seki-pull: localhost:"*": $reason: "*"$text"* ]]
	nothing_taken
	run --separate-stderr pull --tries 1 -o "out-$mode"
	[ "$status" -eq "$want" ]
	[ ! -e "out-$mode" ]
	[ -z "$(find . -name '.?*' -o -name 'out-*')" ]
	stop_all
}

@test "every value of the samples arrives exactly" {
	server ok --page 4
	pull >raw.jsonl
	run python3 "$TOP/tests/same_records.py" "$SAMPLES/records.json" \
	    raw.jsonl
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "${lines[-1]}" == "6 records, "*" 0 differ" ]]
	[ "$(wc -l <raw.jsonl)" -eq 8 ]
	# Page by page, tables and all: the same content.
	stop_all
	server ok --page 2
	pull >two.jsonl
	seki-show two.jsonl >/dev/null
	cmp <(grep '"type":"RECORD",' raw.jsonl) \
	    <(grep '"type":"RECORD",' two.jsonl)
	[ "$(tail -1 raw.jsonl | jq .value.complete.root)" = \
	    "$(tail -1 two.jsonl | jq .value.complete.root)" ]
}

@test "the proof says what was fetched, and the bookmarks whose they are" {
	server ok
	pull >raw.jsonl
	domain=${URL#http://}
	tail -1 raw.jsonl | jq -e --arg d "$domain" '
	    .value.complete.source as $s | .value.bookmarks as $b |
	    .value.complete.kind == "full" and .value.complete.records == 6 and
	    $s.total == 6 and $s.id_min == "1" and $s.id_max == "6" and
	    $s.attachments == "none" and $s.fetched_from <= $s.fetched_to and
	    ($s | keys) == ["attachments","fetched_from","fetched_to","id_max",
	        "id_min","query_sha256","total"] and
	    $b.domain == $d and $b.app == "11" and $b.stream == "shuzen" and
	    $b.form_revision == "42" and $b.id_max == "6" and $b.retry == []'
	head -1 raw.jsonl | jq -e --arg d "$domain" '.["x-seki"] as $x |
	    [$x, .schema["x-seki"]?] | tostring | contains($d)'
	run jq -r 'select(.type=="STATE").value.complete.source.query_sha256' \
	    raw.jsonl
	[ "$output" = "$(printf '' | sha256sum | cut -d' ' -f1)" ]
}

@test "an app without records ends with a proof of none" {
	mkdir empty
	cp "$SAMPLES"/*.json empty
	echo '{"records":[],"totalCount":"0"}' >empty/records.json
	SAMPLES=$PWD/empty server ok
	pull >raw.jsonl
	tail -1 raw.jsonl | jq -e '.value.complete.records == 0 and
	    .value.complete.source.id_max == ""'
	[ "$(wc -l <raw.jsonl)" -eq 2 ]
}

@test "records are asked for by \$id, in a POST, and the end is asked for" {
	server ok --page 3
	pull --query '概算費用 > 0 or 件名 = "a)\"b"' >raw.jsonl
	# A wrong password must count once, so the first one comes alone.
	[ "$(head -1 log)" = "GET /k/v1/app/form/fields.json?app=11 token " ]
	sed -n 2,4p log | grep "^GET /k/v1/app/form/layout.json?app=11 token \$"
	sed -n 2,4p log | grep "^GET /k/v1/app.json?id=11 token \$"
	sed -n 's/^POST [^{]*//p' log | jq -r .query >asked
	end='概算費用 > 0 or 件名 = "a)\"b" order by $id desc limit 1'
	[ "$(head -1 asked)" = "$end" ]
	[ "$(tail -1 asked)" = "$end" ]
	[ "$(sed -n 3p asked)" = '(概算費用 > 0 or 件名 = "a)\"b") and $id > 3 and $id <= 6 order by $id asc limit 500' ]
	[ "$(wc -l <asked)" -eq 4 ]
	tail -2 log | grep "^GET /k/v1/app/form/fields.json?app=11 token"
}

@test "--fields takes only these, and asks only for these" {
	server ok
	pull --fields 作業明細,件名 >raw.jsonl
	[ "$(sed -n 2p raw.jsonl | jq -c '.record | keys')" = \
	    '["$id","$revision","件名","作業明細"]' ]
	grep 'asc limit 500' log | sed -n 's/^POST [^{]*//p' | jq -e \
	    '.fields == ["$id","$revision","件名","作業明細"]'
}

@test "an unknown field is refused with the nearest one" {
	server ok
	run --separate-stderr pull --fields 件名,概算費
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"config: field 概算費: --fields: the form has no such field"* ]]
	[[ "$stderr" == *"概算費用"* ]]
	[ -z "$output" ]
}

@test "N1: certificates that do not hold; the token is not sent" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -days 2 2>/dev/null
	openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key \
	    -out other.pem -subj /CN=example.com \
	    -addext subjectAltName=DNS:example.com -days 2 2>/dev/null
	faketime '2020-01-01' openssl req -x509 -newkey rsa:2048 -nodes \
	    -keyout old.key -out old.pem -subj /CN=localhost \
	    -addext subjectAltName=DNS:localhost -days 2 2>/dev/null
	server ok --tls self.pem self.key
	run --separate-stderr pull
	echo "$stderr"
	[ "$status" -eq 69 ]
	[[ "${stderr_lines[0]}" == *": tls: "*"self"* ]]
	[ ! -e log ]
	nothing_taken
	run pull --ca self.pem -o good.jsonl
	[ "$status" -eq 0 ]
	stop_all
	server ok --tls other.pem other.key
	run --separate-stderr pull --ca other.pem
	[ "$status" -eq 69 ]
	[[ "${stderr_lines[0]}" == *": tls: "* ]]
	[ ! -e log ]
	stop_all
	server ok --tls old.pem old.key
	run --separate-stderr pull --ca old.pem
	[ "$status" -eq 69 ]
	[[ "${stderr_lines[0]}" == *": tls: "*"expired"* ]]
	[ ! -e log ]
	stop_all
	server tls1 --tls self.pem self.key
	run --separate-stderr pull --ca self.pem
	[ "$status" -eq 69 ]
	[[ "${stderr_lines[0]}" == *": tls: "* ]]
	[ ! -e log ]
}

@test "N2: redirects are refused; the other server sees nothing" {
	server ok --log other.log
	other=$(cat url)
	for status_to in 301 302 303 307 308; do
		server redirect --set "status=$status_to" --set "to=$other/x?s=1"
		run --separate-stderr pull
		[ "$status" -eq 69 ]
		[[ "${stderr_lines[0]}" == *"redirect: page 1: redirect refused: to $other" ]]
		nothing_taken
		[ -s log ]
		[ ! -e other.log ]
	done
	curl -s "$other/x" >out || :
	[ -s other.log ]
	server redirect --set status=302 --set to=file:///etc/passwd
	run --separate-stderr pull
	[ "$status" -eq 69 ]
	nothing_taken
}

@test "N3: bodies that are cut" {
	for at in 1 2; do
		refused 75 network "cut short" length --set at=$at
		refused 75 network "page $at is incomplete" short-length --set at=$at
		refused 75 network "cut short" chunk --set at=$at
		refused 75 network "page $at is incomplete" close --set at=$at
		refused 75 network "page $at is incomplete" close-brace --set at=$at
		refused 75 network "cut short" nothing --set at=$at
	done
}

@test "N3: too slow, or silent" {
	server drip --set at=2 --page 2
	run --separate-stderr timeout 100 \
	    seki-pull --base-url "$URL" --app 11 --token-file token \
	    --stream shuzen --tries 1 --timeout 2
	# A byte now and then holds off the stall, not the page's time.
	[ "$status" -eq 75 ]
	[[ "${stderr_lines[0]}" == *": network: page 2: no whole answer within"* ]]
	nothing_taken
	stop_all
	server silent --set at=2 --page 2
	SECONDS=0
	run --separate-stderr pull --tries 1 --timeout 2
	[ "$status" -eq 75 ]
	[ "$SECONDS" -lt 20 ]
	[[ "${stderr_lines[0]}" == *": network: page 2: no whole answer within"* ]]
	nothing_taken
}

@test "N4: endless bodies and headers, and bombs" {
	refused 69 limit "64 MiB" endless
	refused 69 limit "header lines" headers
	refused 69 protocol "something else" gzip
	grep -q __asan "$BIN/seki-pull" && return 0
	server endless
	run --separate-stderr bash -c 'ulimit -v 700000; "$@"' - seki-pull \
	    --base-url "$URL" --app 11 --token-file token --stream shuzen
	[ "$status" -eq 69 ]
}

@test "N5: 200 with something else is never 0 records" {
	for at in 1 2; do
		refused 69 protocol "expected JSON" html --set at=$at
		refused 69 protocol "expected JSON" html-json --set at=$at
		refused 69 protocol "expected JSON" text-json --set at=$at
		refused 69 protocol "expected JSON" empty --set at=$at
		refused 69 protocol "GAIA_IA02" error-200 --set at=$at
	done
	refused 69 protocol "no list of records" no-list
	refused 69 protocol "RFC 8259" trailing
	refused 69 protocol "RFC 8259" utf8
	refused 69 protocol "two different lengths" lengths
	refused 69 protocol "" garbage
}

@test "the service's refusals by their code" {
	refused 77 credentials GAIA_IA02 error:token-mismatch
	[[ "$stderr" == *"アプリを更新"* ]]
	refused 77 credentials CB_AU01 error:not-logged-in
	refused 77 credentials GAIA_DA03 error:token-duplicate
	refused 77 permission GAIA_NO01 error:token-lacks-permission
	refused 77 permission CB_NO02 error:no-privilege
	refused 69 refused GAIA_AP01 error:app-not-found
	refused 69 refused GAIA_IQ11 error:query-unknown-field
	refused 69 refused "クエリ記法" error:query-syntax
	refused 69 refused GAIA_IL23 error:guest-space-path
	refused 75 busy GAIA_TO04 error:concurrency-limit
	refused 75 busy "503" error:maintenance-503
	refused 75 busy "500" status:500
	refused 77 credentials "401" status:401
	refused 77 credentials "403" status:403
	refused 69 protocol "404" status:404
}

@test "what the service says is shown escaped, and never the token" {
	server escape
	run --separate-stderr pull
	[ "$status" -eq 69 ]
	[[ "$stderr" == *'a\u{1B}[31m\u{202E}b'* ]]
	[[ "$stderr" != *$'\x1b'* ]]
	stop_all
	server echo --set "token=$TOKEN"
	run --separate-stderr pull
	[ "$status" -eq 69 ]
	[[ "$stderr" == *'token ****'* ]]
	nothing_taken
}

@test "busy is tried again, and so is a cut answer" {
	server once-503
	run --separate-stderr pull -o a.jsonl
	[ "$status" -eq 0 ]
	stop_all
	server once-cut --page 2
	run --separate-stderr pull -o b.jsonl
	[ "$status" -eq 0 ]
	python3 "$TOP/tests/same_records.py" "$SAMPLES/records.json" b.jsonl
	# Who looks on is told why it takes long.
	[[ "$stderr" == *"localhost:"*": no whole answer; tried again in "*" s (try 2 of 5)"* ]]
	stop_all
	server error:concurrency-limit
	run --separate-stderr pull --tries 2
	[ "$status" -eq 75 ]
	[ "$(grep -c 'asc limit 500' log)" -eq 2 ]
	stop_all
	server status:401
	run --separate-stderr pull --tries 5
	[ "$(grep -c 'asc limit 500' log)" -eq 1 ]
}

@test "a search that the service broke off is no result" {
	refused 69 refused "did not search to the end" warning
}

@test "a field left out is a lost permission, unless it is allowed" {
	refused 77 permission "field 概算費用" missing --set field=概算費用
	[[ "$stderr" == *"--allow-hidden 概算費用"* ]]
	refused 77 permission "field 品目" missing-inner
	server missing --set field=概算費用 --page 4
	run --separate-stderr pull --allow-hidden 概算費用 -o raw.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"field 概算費用: left out by the service 2 times"* ]]
	[ "$(jq -c 'select(.record["$id"]=="4").record["概算費用"]' raw.jsonl)" = null ]
	stop_all
	server missing --set field=税込費用
	run --separate-stderr pull -o calc.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"field 税込費用: left out by the service 1 times"* ]]
	stop_all
	server ok
	run --separate-stderr pull --allow-hidden 概算
	[ "$status" -eq 78 ]
	stop_all
	refused 77 permission "件名" hidden-form
}

@test "values and types that do not fit the form" {
	refused 69 protocol "type is not the one" type
	refused 69 protocol "record 1: field 件名" shape
	refused 65 record "record 2: field 概算費用: page 1: not a number" \
	    value --set field=概算費用 --set value=1,000
	refused 65 record "field 受付日" value --set field=受付日 \
	    --set value=2026-02-30
	server value --set field=概算費用 --set value=secret-value-9
	run --separate-stderr pull
	[[ "$stderr" != *secret-value-9* ]]
}

@test "records that come in a wrong order, twice, or without a number" {
	refused 69 protocol "do not rise" reverse
	refused 69 protocol "do not rise" twice
	refused 69 protocol "does not say its number" no-id
}

@test "unknown keys are nothing, an unknown field is a changed form" {
	server extra-key
	run --separate-stderr pull -o raw.jsonl
	echo "$stderr"
	[ "$status" -eq 0 ]
	stop_all
	refused 75 moved "field 新項目" extra-field
	refused 75 moved "form was changed" form-moved
	refused 75 moved "form was changed" layout-moved
	refused 69 protocol "HOLOGRAM" new-type
	refused 69 protocol "another app" other-app
}

@test "a pull whose count does not agree has no proof" {
	refused 75 moved "page 2: 1 records came, but the service counts 2" dropped
	refused 75 moved "page 2: 0 records came, but the service counts 2" early-end
	refused 75 moved "counts 7" total --set value=7
	refused 75 moved "counts 5" total --set value=5
	refused 69 protocol "totalCount" no-total
	refused 69 protocol "page 1: the answer has no totalCount" no-page-total
	refused 69 protocol "totalCount" total --set value=x
	refused 69 protocol "totalCount" total --set value=6x
}

# All but the times of the fetch.
content() {
	sed 's/"fetched_[a-z]*":"[^"]*"//g; s/"started":"[^"]*"//' "$1"
}

@test "however many connections, the stream is the same" {
	server ok --set many=4321 --set gap=7
	pull -j 1 >one.jsonl
	[ "$(jq -r 'select(.type=="STATE").value.complete.records' one.jsonl)" -eq 3704 ]
	jq -r 'select(.type=="RECORD").record["$id"]' one.jsonl >ids
	seq 4321 | awk '$1 % 7' | cmp - ids
	seki-show one.jsonl >/dev/null
	for j in 2 4 8; do
		rm log
		pull -j "$j" >more.jsonl
		cmp <(content one.jsonl) <(content more.jsonl)
		[ "$(grep -c POST log)" -le 16 ]
	done
	for j in 0 9 x; do
		run --separate-stderr pull -j "$j"
		[ "$status" -eq 64 ]
	done
}

@test "records deleted while they are read are told, one never seen is not" {
	server vanish --set ids=3 --page 4
	run --separate-stderr pull -o a.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"1 records were deleted after they were read, the first is 3"* ]]
	# It was there when its page was asked for, and is in the proof.
	[ "$(tail -1 a.jsonl | jq .value.complete.records)" -eq 6 ]
	seki-show a.jsonl >/dev/null
	stop_all
	# The newest one too, and all of them.
	server vanish --set ids=5,6
	run --separate-stderr pull -o b.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"2 records were deleted after they were read, the first is 5"* ]]
	stop_all
	server vanish --set ids=1,2,3,4,5,6
	run --separate-stderr pull -o c.jsonl
	[ "$status" -eq 0 ]
	stop_all
	refused 75 moved "record 3: 1 records, of which this is the first, are there" unseen
	refused 75 moved "6 records were read, but the service counts 4" miscount
}

@test "pieces ask for bounded ids, each once" {
	server ok --set many=2000
	pull --query '概算費用 > 0' >raw.jsonl
	sed -n 's/^POST [^{]*//p' log | jq -r .query | sort >asked
	sort >want <<-'EOF2'
	(概算費用 > 0) and $id > 0 and $id <= 500 order by $id asc limit 500
	概算費用 > 0 order by $id desc limit 1
	概算費用 > 0 order by $id desc limit 1
	(概算費用 > 0) and $id > 500 and $id <= 1000 order by $id asc limit 500
	(概算費用 > 0) and $id > 1000 and $id <= 1500 order by $id asc limit 500
	(概算費用 > 0) and $id > 1500 and $id <= 2000 order by $id asc limit 500
	EOF2
	diff want asked
	sed -n 's/^POST [^{]*//p' log | jq -c .totalCount | sort | uniq -c |
	    awk '{ n += $2 == "true" ? $1 : 99 } END { exit n != 6 }'
}

@test "a failure in the middle ends every connection, and is the one told" {
	server at-503 --set many=9000 --set from=3000
	SECONDS=0
	run --separate-stderr pull -j 4 --tries 1 -o never
	[ "$status" -eq 75 ]
	[[ "${stderr_lines[0]}" == *": busy: page "*"503"* ]]
	[ ! -e never ]
	[ "$SECONDS" -lt 10 ]
	# Some pages are ahead, all others are not asked for.
	[ "$(grep -c POST log)" -le 14 ]
	stop_all
	server too-far --set many=3000
	run --separate-stderr pull -j 4
	[ "$status" -eq 69 ]
	nothing_taken
	stop_all
	server lost --set many=3000
	run --separate-stderr pull -j 4
	[ "$status" -eq 75 ]
	[[ "${stderr_lines[0]}" == *"2999 records were read, but the service counts 3000"* ]]
}

@test "a reader that goes away ends the pull" {
	server ok --set many=9000
	SECONDS=0
	run bash -c 'set -o pipefail; "$@" | head -c 100 >/dev/null' - \
	    timeout 60 seki-pull --base-url "$URL" --app 11 \
	    --token-file token --stream s -j 8
	[ "$status" -eq 141 ]
	[ "$SECONDS" -lt 20 ]
}

# Not the end by SIGXFSZ, which says nothing.
@test "a limit on the size of files is a full disk, told with a next step" {
	server ok --set many=4000
	run --separate-stderr bash -c 'ulimit -f 64; "$@"' - seki-pull \
	    --base-url "$URL" --app 11 --token-file token --stream shuzen \
	    -o out.jsonl
	[ "$status" -eq 74 ] || { echo "$status $stderr"; false; }
	[[ "${stderr_lines[0]}" == "seki-pull: out.jsonl: full: "* ]]
	[[ "$stderr" == *"next: make room (df -h) or raise "*"LimitFSIZE="* ]]
	[ -z "$(find . -name 'out*')" ]
	run --separate-stderr bash -c 'ulimit -f 64; "$@" >out.jsonl' - \
	    seki-pull --base-url "$URL" --app 11 --token-file token \
	    --stream shuzen --json
	[ "$status" -eq 74 ] || { echo "$status $stderr"; false; }
	[ "$(jq -r .reason <<<"$stderr")" = full ]
	[[ "$(jq -r .hint <<<"$stderr")" == *"ulimit -f"* ]]
	run ! grep -q '"STATE"' out.jsonl
}

@test "a crowded service gets fewer requests at a time" {
	server crowd --set many=9000 --set running=20
	pull -j 4 >raw.jsonl
	read -r most late <most
	echo "$most $late"
	[ "$most" -ge 3 ]
	[ "$most" -le 4 ]
	stop_all
	server crowd --set many=9000 --set running=81
	pull -j 4 >raw.jsonl
	read -r most late <most
	[ "$late" -eq 1 ]
}

@test "--max-calls ends before one more" {
	server ok --set many=3000
	for n in 4 8 11; do
		rm -f log
		run --separate-stderr pull --max-calls "$n" -o never
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"--max-calls"* ]]
		[ ! -e never ]
		[ "$(grep -c . log)" -le 5 ]
	done
	[[ "${stderr_lines[0]}" == *"about 8 more requests are needed, 7 are allowed"* ]]
	rm log
	run pull --max-calls 12 -o good
	[ "$status" -eq 0 ]
	[ "$(grep -c . log)" -eq 12 ]
	stop_all
	# Tries count too.
	server error:concurrency-limit
	run --separate-stderr pull --max-calls 7 --tries 10
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"more than the 7 requests that are allowed"* ]]
	[ "$(grep -c . log)" -eq 7 ]
}

@test "memory does not grow with the records" {
	grep -q __asan "$BIN/seki-pull" && skip "not under a sanitizer"
	start_cloud --generate kifu:8000 --generate kifu:40000 --seed 1 \
	    --token-file t2
	sed 's/^[0-9]*://' t2 | paste -sd, >t3 && chmod 600 t3
	for j in 4 8; do
		for app in 1 2; do
			python3 "$TOP/tests/peak.py" seki-pull -q -j "$j" \
			    --base-url "$URL" --app "$app" --token-file t3 \
			    --stream s -o "s$j-$app" >"kb$app"
		done
		paste kb1 kb2
		[ "$(cat kb2)" -lt $((48 * 1024)) ]
		[ $((10 * $(cat kb2))) -le $((13 * $(cat kb1))) ]
	done
	cmp <(content s4-2) <(content s8-2)
}

@test "N6: the token stands nowhere but in its file" {
	ulimit -c unlimited
	server slow-page --page 2
	seki-pull --base-url "$URL" --app 11 --token-file token \
	    --stream shuzen -v -o never.jsonl 2>err 3>&- &
	pid=$!
	for i in $(seq 100); do
		[ "$(grep -c POST log 2>/dev/null)" = 2 ] && break
		sleep 0.05
	done
	tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
	tr '\0' '\n' <"/proc/$pid/environ" >environ
	grep -q seki-pull cmdline
	kill -ABRT "$pid"
	wait "$pid" || :
	stop_all
	KINTONE_API_TOKEN=$TOKEN
	export KINTONE_API_TOKEN
	server slow-page --page 2
	seki-pull --base-url "$URL" --app 11 --stream shuzen -v --json \
	    -o never.jsonl 2>err2 3>&- &
	pid=$!
	for i in $(seq 100); do
		[ "$(grep -c POST log 2>/dev/null)" = 2 ] && break
		sleep 0.05
	done
	tr '\0' '\n' <"/proc/$pid/environ" >environ2
	grep -q '^KINTONE_API_TOKEN' environ2 || grep -q PATH environ2
	kill -TERM "$pid"
	wait "$pid" || :
	unset KINTONE_API_TOKEN
	grep -q 'POST /k/v1/records.json: status 200' err
	run grep -rl "$TOKEN" .
	[ "$output" = ./token ]
	[ ! -e never.jsonl ]
}

@test "H1: a token file that others can read" {
	chmod 644 token
	server ok
	run --separate-stderr pull
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == "seki-pull: token: unsafe: "* ]]
	[ ! -e log ]
	[ -z "$output" ]
}

@test "tokens that are none" {
	server ok
	for bad in "" "a b" $'a\nb' $'a\rb'; do
		printf '%s' "$bad" >token
		run --separate-stderr pull
		[ "$status" -eq 77 ]
		[[ "${stderr_lines[0]}" == *": credentials: "* ]]
		[ ! -e log ]
	done
	run --separate-stderr seki-pull --base-url "$URL" --app 11 \
	    --stream s --token-file nowhere
	[ "$status" -eq 74 ]
	run --separate-stderr seki-pull --base-url "$URL" --app 11 --stream s
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--token-file"* ]]
}

@test "a password instead of a token, Basic before it; nothing shows" {
	(umask 077; echo planted-pw-1618 >pw; echo planted-basic-1414 >bpw)
	server ok --set "user=sato.k:planted-pw-1618" \
	    --set "basic=gate:planted-basic-1414"
	run --separate-stderr seki-pull --base-url "$URL" --app 11 \
	    --stream s --user sato.k --password-file pw --basic-user gate \
	    --basic-password-file bpw -v -o a.jsonl
	[ "$status" -eq 0 ]
	[ "$(cut -d' ' -f3 log | sort -u)" = login+basic ]
	[[ "$stderr" != *planted* ]]
	run --separate-stderr env KINTONE_USERNAME=sato.k \
	    KINTONE_PASSWORD=planted-pw-1618 KINTONE_API_TOKEN=unused \
	    KINTONE_BASIC_AUTH_USERNAME=gate \
	    KINTONE_BASIC_AUTH_PASSWORD=planted-basic-1414 seki-pull \
	    --base-url "$URL" --app 11 --stream s -o b.jsonl
	[ "$status" -eq 0 ]
	cmp <(content a.jsonl) <(content b.jsonl)
	stop_all
	# The service says back what it was sent.
	server ok --set "user=sato.k:other"
	run --separate-stderr seki-pull --base-url "$URL" --app 11 \
	    --stream s --user sato.k --password-file pw
	[ "$status" -eq 77 ]
	[[ "${stderr_lines[0]}" == *": credentials: "*CB_WA01* ]]
	[[ "$stderr" != *"$(printf 'sato.k:planted-pw-1618' | base64)"* ]]
	[ "$(grep -c GET log)" -eq 1 ]
	for bad in "" a:b; do
		run --separate-stderr seki-pull --base-url "$URL" --app 11 \
		    --stream s --user "$bad" --password-file pw
		[ "$status" -eq 77 ]
	done
	run --separate-stderr seki-pull --base-url "$URL" --app 11 \
	    --stream s --user sato.k
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--password-file"* ]]
	chmod 640 pw
	run --separate-stderr seki-pull --base-url "$URL" --app 11 \
	    --stream s --user sato.k --password-file pw
	[ "$status" -eq 78 ]
}

@test "several tokens go together, ten are too many" {
	server ok
	echo "$TOKEN,second-token-1,third-token-22" >token
	run --separate-stderr pull -o a.jsonl
	[ "$status" -eq 0 ]
	stop_all
	server echo --set "token=second-token-1 $TOKEN"
	run --separate-stderr pull
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"token ****"* && "$stderr" != *second* ]]
	[[ "$stderr" != *"$TOKEN"* ]]
	stop_all
	echo t1,t2,t3,t4,t5,t6,t7,t8,t9,t10 >token
	server ok
	run --separate-stderr pull
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"10 API tokens"* ]]
	[ ! -e log ]
}

@test "an app in a guest space is asked for by the space's path" {
	server ok
	pull --guest-space 7 >a.jsonl
	run bash -c 'cut -d" " -f2 log | grep -v "^/k/guest/7/v1/"'
	[ -z "$output" ]
	for bad in 0 x 1/2; do
		run --separate-stderr pull --guest-space "$bad"
		[ "$status" -eq 78 ]
	done
	stop_all
	refused 69 refused GAIA_IL23 error:guest-space-path
	[[ "$stderr" == *"--guest-space N"* ]]
}

@test "a client certificate, its passphrase, and none" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -days 2 2>/dev/null
	openssl req -x509 -newkey rsa:2048 -nodes -keyout me.key -out me.pem \
	    -subj /CN=me -days 2 2>/dev/null
	(umask 077; echo planted-pfx-1732 >pass; echo wrong >wrong
	    openssl pkcs12 -export -inkey me.key -in me.pem -out me.pfx \
	    -passout file:pass)
	server ok --tls self.pem self.key --set client=me.pem
	run --separate-stderr pull --ca self.pem --tries 1
	[ "$status" -ne 0 ]
	[ ! -e log ]
	run --separate-stderr pull --ca self.pem --pfx me.pfx \
	    --pfx-password-file pass -o a.jsonl
	echo "$stderr"
	[ "$status" -eq 0 ]
	rm log
	run --separate-stderr pull --ca self.pem --pfx me.pfx \
	    --pfx-password-file wrong
	echo "$stderr"
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"--pfx"* && "$stderr" != *wrong* ]]
	chmod 644 me.pfx
	run --separate-stderr pull --ca self.pem --pfx me.pfx \
	    --pfx-password-file pass
	[ "$status" -eq 78 ]
	[ ! -e log ]
}

@test "--budget counts the requests of the day, failures too" {
	server ok
	run --separate-stderr pull --budget spent -o a.jsonl
	[ "$status" -eq 0 ]
	[ "$(stat -c %a spent)" = 600 ]
	n=$(grep -c . log)
	today=$(jq -r '.[] | keys[]' spent)
	[ "$(jq -r 'keys[]' spent)" = "${URL#http://}/k/11/" ]
	[ "$(jq ".[][\"$today\"]" spent)" -eq "$n" ]
	run --separate-stderr pull --budget spent --max-calls 2
	[ "$status" -eq 69 ]
	[ "$(jq ".[][\"$today\"]" spent)" -gt "$n" ]
	[[ "$stderr" != *"are used"* ]]
	jq ".[][\"$today\"] = 7995" spent >s2 && cat s2 >spent
	run --separate-stderr pull --budget spent -o b.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"$((7995 + n)) of the day's 10000 requests are used"* ]]
	echo '[]' >spent
	run --separate-stderr pull --budget spent -o c.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"spent: config: "* ]]
	chmod 644 spent
	run --separate-stderr pull --budget spent -o d.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"unsafe"* ]]
}

@test "flags beat the environment, the environment beats the file" {
	server ok
	cat >job.conf <<-EOF2
	[source]
	base-url = http://localhost:1
	app = 11
	token-file = nowhere
	stream = from-file
	fields = 件名
	query = 概算費用 > 0
	EOF2
	run --separate-stderr env KINTONE_BASE_URL="$URL" \
	    KINTONE_API_TOKEN="$TOKEN" seki-pull --config job.conf -o a.jsonl
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$(head -1 a.jsonl | jq -r .stream)" = from-file ]
	[ "$(sed -n 2p a.jsonl | jq -r '.record | keys | length')" -eq 3 ]
	grep -q '概算費用 > 0' log
	run --separate-stderr env KINTONE_API_TOKEN=other seki-pull \
	    --config job.conf --base-url "$URL" --token-file token \
	    --stream from-flag -o b.jsonl
	[ "$status" -eq 0 ]
	[ "$(head -1 b.jsonl | jq -r .stream)" = from-flag ]
}

@test "plain http to another host is refused before anything is sent" {
	for url in http://example.com http://192.0.2.1:8080 \
	    https://u:pw@localhost ftp://localhost localhost; do
		run --separate-stderr seki-pull --base-url "$url" --app 1 \
		    --token-file token --stream s
		[ "$status" -eq 78 ]
		[[ "${stderr_lines[0]}" == *": config: "* ]]
		[[ "$stderr" != *pw* ]]
	done
}

@test "the environment's proxies are not for this host, nor for http" {
	server ok
	run --separate-stderr env http_proxy=http://127.0.0.1:1 \
	    https_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 \
	    HTTPS_PROXY=http://127.0.0.1:1 seki-pull --base-url "$URL" \
	    --app 11 --token-file token --stream s -o a.jsonl
	[ "$status" -eq 0 ]
}

@test "a condition cannot break out of its parentheses" {
	server ok
	for q in 'a = 1) or ($id > 0' 'a in ("x"' 'a = "x'; do
		run --separate-stderr pull --query "$q"
		[ "$status" -eq 78 ]
		[[ "${stderr_lines[0]}" == *": config: --query: "* ]]
	done
	[ ! -e log ]
}

@test "a --budget that is none is found before the first request" {
	server ok --set many=20
	echo '{"x":' >bad
	chmod 600 bad
	ln -s bad link
	mkfifo -m 600 pipe
	for b in bad link pipe . none/budget; do
		run --separate-stderr pull --budget "$b"
		[ "$status" -eq 78 ] || [ "$status" -eq 74 ] || { echo "$b"; false; }
		nothing_taken
		[ ! -e log ]
	done
}

@test "records do not go to a terminal" {
	server ok
	run on_tty seki-pull --base-url "$URL" --app 11 --token-file token \
	    --stream x
	echo "$output"
	[ "$status" -eq 64 ]
	[[ $output == *"usage: standard output is a terminal"*"next: -o FILE, or a pipe"* ]]
	[ "${#lines[@]}" -eq 2 ]
	[ ! -e log ]
	run on_tty seki-pull --doctor --base-url "$URL" --app 11 \
	    --token-file token
	[[ $output != *"is a terminal"* ]]
}

@test "bookmarks of another stream, app or service" {
	server ok
	pull >raw.jsonl
	tail -1 raw.jsonl | jq -c .value >marks
	run --separate-stderr pull --bookmarks marks -o a.jsonl
	[ "$status" -eq 0 ]
	run --separate-stderr pull --bookmarks none-yet -o b.jsonl
	[ "$status" -eq 0 ]
	rm log
	for key in stream app domain; do
		jq -c ".bookmarks.$key = \"x\"" marks >other
		run --separate-stderr pull --bookmarks other
		[ "$status" -eq 78 ]
		[[ "${stderr_lines[0]}" == "seki-pull: other: config: "*"another $key"* ]]
		[ "$key" != stream ] ||
		    [[ "$stderr" == *"next: Check the spelling of --stream first"* ]]
		[ -z "$output" ]
	done
	for bad in '{' '' '[]' '{"bookmarks":{}}' '{"complete":{}}'; do
		printf %s "$bad" >other
		run --separate-stderr pull --bookmarks other
		echo "$stderr"
		[ "$status" -eq 78 ]
		[[ "$stderr" == *"other: config: the bookmarks are damaged"*"next: Take them out of the last bundle"*"imported"* ]]
	done
	[ ! -e log ]
	# As they are after the only bundle was withdrawn.
	echo '{}' >other
	run --separate-stderr pull --bookmarks other --delta -o c.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"no bookmarks yet"* ]]
}

# State as seki-pack would store it.
state() {
	tail -1 "$1" | jq -c .value
}
# minutes N: an instant that many minutes from now, as the service has it.
minutes() {
	date -u -d "$1 minutes" +%Y-%m-%dT%H:%M:00Z
}
# edit JQ: change the file of edits.
edit() {
	[ -s edits ] || echo '{}' >edits
	jq -c "$1" edits >edits.new && mv edits.new edits
}
# keys FILE: id, or id and - for a deletion, of each record.
keys() {
	jq -r 'select(.type == "RECORD").record |
	    .["$id"] + (if ._sdc_deleted_at then "-" else "" end)' "$1" | xargs
}

@test "--delta brings what changed, once, and what was held, again" {
	server ok --set many=1500 --set edits=edits
	edit ".\"3\" = {time: \"$(minutes -2)\", revision: \"7\"}"
	pull --delta --bookmarks marks >full.jsonl 2>err
	grep -q 'no bookmarks yet' err
	state full.jsonl >marks
	[ "$(jq -r .complete.kind marks)" = full ]
	[ "$(jq -c .bookmarks.seen marks)" = '["3:7"]' ]
	# Inside the overlap: what was sent is not sent again.
	pull --delta --bookmarks marks >a.jsonl
	[ "$(tail -1 a.jsonl | jq -r .value.complete.kind)" = delta ]
	[ "$(keys a.jsonl)" = "" ]
	seki-show a.jsonl >/dev/null
	# The same minute, one revision more; an edit; a new record; held ones.
	edit ".\"3\".revision = \"8\" |
	    .\"700\" = {time: \"$(minutes 0)\", revision: \"2\"} |
	    .\"1501\" = {time: \"$(minutes -1)\", revision: \"1\"}"
	jq -c '.bookmarks.retry = ["44", "1200", "99999", "x"]' marks >m2
	rm log
	pull --delta --bookmarks m2 >b.jsonl 2>err
	[ "$(keys b.jsonl)" = "3 44 700 1200 1501" ]
	grep -q 'held keys that are no record numbers' err
	[ "$(grep -c POST log)" -le 3 ]
	grep -q '更新日時 >= .* or $id in (.*44.*1200.*)' log
	seki-show b.jsonl >/dev/null
	[ "$(head -1 b.jsonl | jq -r '.schema.properties._sdc_deleted_at.format')" = date-time ]
	# With a condition, which is part of it.
	pull --query '概算費用 > 0' --bookmarks m3 >c.jsonl
	state c.jsonl >m3
	pull --query '概算費用 > 0' --delta --bookmarks m3 >d.jsonl
	grep -q '"(概算費用 > 0) and (更新日時 >= .*) and $id > 0' log
	run --separate-stderr pull --delta --bookmarks m3
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"condition is not that of the last pull"*"without --delta"* ]]
}

@test "a delta brings records that came with old times, or into sight" {
	edits=$PWD/edits
	server ok --set many=1500 --set edits="$edits"
	pull --bookmarks marks --deletes >full.jsonl
	state full.jsonl >marks
	[ "$(jq -r .bookmarks.id_max marks)" = 1500 ]
	old='{"time": "2019-01-01T00:00:00Z", "revision": "1"}'
	echo "{\"1501\": $old, \"1503\": $old}" >edits
	pull --bookmarks marks --delta >d.jsonl
	[ "$(keys d.jsonl)" = "1501 1503" ]
	[ "$(state d.jsonl | jq -r .bookmarks.id_max)" = 1503 ]
	# One that could not be seen, by the lists of ids.
	sed '/^700$/d' "marks.$(jq -r .bookmarks.ids.name marks)" >less
	name=$(jq -r .bookmarks.ids.name marks)
	cp less "marks.$name"
	jq -c --arg sum "$(sha256sum <less | cut -d' ' -f1)" \
	    '.bookmarks.ids.sha256 = $sum | .bookmarks.ids.count = 1499' \
	    marks >m2 && mv m2 marks
	pull --bookmarks marks --delta --deletes >e.jsonl
	[ "$(keys e.jsonl)" = "700 1501 1503" ]
}

@test "a field that was hidden and is not any more makes the pull a full one" {
	server ok --set many=20
	pull --bookmarks marks --allow-hidden 概算費用 >full.jsonl
	state full.jsonl >marks
	run --separate-stderr pull --bookmarks marks --delta \
	    --allow-hidden 概算費用 -o same.jsonl
	[ "$status" -eq 0 ]
	[ "$(tail -1 same.jsonl | jq -r .value.complete.kind)" = delta ]
	run --separate-stderr pull --bookmarks marks --delta -o now.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"field 概算費用: left out at the last pull"* ]]
	[ "$(tail -1 now.jsonl | jq -r .value.complete.kind)" = full ]
}

@test "a clock of the service that runs ahead passes over nothing" {
	ahead=$(LC_ALL=C date -u -d '+20 minutes' '+%a, %d %b %Y %H:%M:%S GMT')
	server ok --set many=20 --set date="$ahead"
	run --separate-stderr pull --bookmarks marks -o full.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"the clocks of the service and of this host are "*" seconds apart"* ]]
	[[ "$(state full.jsonl | jq -r .bookmarks.started)" < "$(date -u -d '+1 minute' +%FT%TZ)" ]]
}

@test "held keys by the thousand are read again, a hundred a request" {
	server ok --set many=3000 --set edits=edits
	pull --bookmarks marks >full.jsonl
	tail -1 full.jsonl | jq -c '.value | .bookmarks.retry =
	    [range(1; 1201) * 2 | tostring]' >marks
	rm log
	pull --delta --bookmarks marks >a.jsonl
	[ "$(keys a.jsonl | wc -w)" -eq 1200 ]
	[ "$(grep -c POST log)" -le 16 ]
	[ "$(grep -o '\\"[0-9]*\\"' log | sort | uniq -d | wc -l)" -eq 0 ]
	seki-show a.jsonl >/dev/null
}

@test "--deletes tells deletions in their place, and only those" {
	server ok --set many=1500 --set edits=edits
	pull --bookmarks marks --deletes >full.jsonl
	state full.jsonl >marks
	ids=marks.$(jq -r .bookmarks.ids.name marks)
	[ "$(stat -c %a "$ids")" = 600 ]
	seq 1500 | cmp - "$ids"
	edit ".\"5\" = null | .\"600\" = null | .\"1499\" = null |
	    .\"1500\" = null |
	    .\"601\" = {time: \"$(minutes 0)\", revision: \"2\"} |
	    .\"1600\" = {time: \"$(minutes 0)\", revision: \"1\"}"
	pull --delta --deletes --bookmarks marks >a.jsonl
	[ "$(keys a.jsonl)" = "5- 600- 601 1499- 1500- 1600" ]
	tail -1 a.jsonl | jq -e '.value.complete | .kind == "delta" and
	    .deleted == 4 and .records == 2'
	seki-show a.jsonl >/dev/null
	# Nothing was taken over: the same again; beside the list that counts
	# only those of the last two runs are left.
	pull --delta --deletes --bookmarks marks >b.jsonl
	[ "$(keys b.jsonl)" = "$(keys a.jsonl)" ]
	pull --delta --deletes --bookmarks marks >b.jsonl
	[ "$(find . -name 'marks.ids-*' | wc -l)" -eq 3 ]
	[ -e "$ids" ]
	state b.jsonl >marks
	pull --delta --deletes --bookmarks marks >c.jsonl
	[ "$(keys c.jsonl)" = "" ]
	[ ! -e "$ids" ]
	# A list that is not the one that was written.
	ids=marks.$(jq -r .bookmarks.ids.name marks)
	sed -i 2d "$ids"
	run --separate-stderr pull --delta --deletes --bookmarks marks
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == *"$ids: config: "* ]]
	nothing_taken
	jq -c 'del(.bookmarks.ids)' marks >m2
	run --separate-stderr pull --delta --deletes --bookmarks m2
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"kept no list of ids"* ]]
}

@test "what an ended run left of its list is swept, a running one's is not" {
	server ok --set many=1500 --set edits=edits
	sleep 300 3>&- &
	pid=$!
	PIDS="$PIDS $pid"
	at=marks.ids-2026-11-20T01:02:03Z
	for marks in none some; do
		touch "$at-$pid.AbCdEf.tmp" "$at-999999999.AbCdEf.tmp" \
		    "$at-999999999+.AbCdEf.tmp" "other.$at-999999999.AbCdEf.tmp"
		touch -d '2 hours ago' "$at-$pid.aBcDeF.tmp"
		rm -f marks
		[ "$marks" = none ] || cp kept marks
		pull --bookmarks marks --deletes >full.jsonl
		state full.jsonl >kept
		[ "$(find . -name '*.tmp' | sort | xargs)" = \
		    "./$at-$pid.AbCdEf.tmp ./other.$at-999999999.AbCdEf.tmp" ]
	done
	# As a pull leaves it whose reader went away.
	set +o pipefail
	pull --bookmarks marks --deletes 2>err | head -c 1 >/dev/null
	set -o pipefail
	rm "$at-$pid.AbCdEf.tmp" "other.$at-999999999.AbCdEf.tmp"
	pull --bookmarks kept --deletes >full.jsonl
	pull --bookmarks marks --deletes >full.jsonl
	[ -z "$(find . -name '*.tmp')" ]
}

@test "what comes after the ids were listed, and goes again, is told" {
	# Three requests of the full pull, three for the ids; the seventh reads
	# the changes.
	start_cloud --generate soudan:3 --token-file key \
	    --fault GET/records:7:insert
	again() {
		seki-pull --base-url "$URL" --app 1 --token-file key \
		    --stream x --bookmarks marks --deletes "$@" >out.jsonl
		state out.jsonl >marks
	}
	again
	again --delta
	[ "$(keys out.jsonl)" = 4 ]
	ids=marks.$(jq -r .bookmarks.ids.name marks)
	seq 4 | cmp - "$ids"
	[ "$(find . -name 'marks.ids-*' | wc -l)" -eq 2 ]
	curl -s -X DELETE -H "X-Cybozu-API-Token: $(cat key)" \
	    "$URL/k/v1/records.json?app=1&ids%5B0%5D=4" | grep -x '{}'
	again --delta --max-drop 100
	[ "$(keys out.jsonl)" = 4- ]
	again --delta
	[ "$(keys out.jsonl)" = "" ]
	[ "$(find . -name 'marks.ids-*' | wc -l)" -eq 3 ]
}

@test "records gone beyond --max-drop: it stops and asks" {
	server ok --set many=100 --set edits=edits
	pull --bookmarks marks --deletes >full.jsonl
	state full.jsonl >marks
	edit 'reduce range(1; 12) as $i (.; .[$i | tostring] = null)'
	run --separate-stderr pull --delta --deletes --bookmarks marks
	[ "$status" -eq 1 ]
	[[ "${stderr_lines[0]}" == *": held: 11 of 100 records are gone"* ]]
	[[ "$stderr" == *"--max-drop 11"* ]]
	nothing_taken
	pull --delta --deletes --bookmarks marks --max-drop 11 >a.jsonl
	[ "$(keys a.jsonl | wc -w)" -eq 11 ]
	# All of them: what a lost permission looks like.
	edit 'reduce range(1; 101) as $i (.; .[$i | tostring] = null)'
	run --separate-stderr pull --delta --deletes --bookmarks marks \
	    --max-drop 99
	[ "$status" -eq 1 ]
	pull --delta --deletes --bookmarks marks --max-drop 100 >b.jsonl
	[ "$(keys b.jsonl | wc -w)" -eq 100 ]
}

@test "a full pull that knows the last one stops as well" {
	server ok --set many=100 --set edits=edits
	for deletes in "" --deletes; do
		edit '{}'
		# shellcheck disable=SC2086
		pull --bookmarks marks $deletes >full.jsonl
		state full.jsonl >marks
		edit 'reduce range(1; 12) as $i (.; .[$i | tostring] = null)'
		# shellcheck disable=SC2086
		run --separate-stderr pull --bookmarks marks $deletes
		[ "$status" -eq 1 ]
		[[ "${stderr_lines[0]}" == *": held: 11 of 100 records are gone"* ]]
		nothing_taken
		# shellcheck disable=SC2086
		pull --bookmarks marks $deletes --max-drop 11 >a.jsonl
		[ "$(keys a.jsonl | wc -w)" -eq 89 ]
		rm -f marks marks.ids-*
	done
}

@test "bookmarks that others may change are not believed" {
	server ok --set many=20
	pull --bookmarks marks >full.jsonl
	state full.jsonl >marks
	chmod 666 marks
	run --separate-stderr pull --delta --bookmarks marks
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == *"marks: unsafe: "* ]]
	nothing_taken
	[ "$(id -u)" -eq 0 ] || return 0
	chmod 600 marks
	chown 65534 marks
	run --separate-stderr pull --delta --bookmarks marks
	[ "$status" -eq 78 ]
	nothing_taken
}

@test "a delta that misses what lay still has no proof" {
	edit ".\"1777\" = {time: \"$(minutes -3)\", revision: \"2\"}"
	server ok --set many=1800
	pull --bookmarks none >full.jsonl
	state full.jsonl >marks
	stop_all
	port=${URL##*:}
	server lost --set many=1800 --set edits=edits
	sed -i "s/localhost:$port/localhost:${URL##*:}/" marks
	run --separate-stderr pull --delta --bookmarks marks
	[ "$status" -eq 75 ]
	[[ "${stderr_lines[0]}" == *"0 changed records were read, but the service counts 1"* ]]
	nothing_taken
}

@test "a field that is gone or another stops until it is accepted" {
	server ok --set many=20
	pull --bookmarks marks >full.jsonl
	state full.jsonl >marks
	jq -c '.bookmarks.form."件名" = "NUMBER" |
	    .bookmarks.form."昔" = "DATE"' marks >m2
	rm log
	run --separate-stderr pull --bookmarks m2
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == *": schema: the form changed since the last pull: "* ]]
	[[ "$stderr" == *'件名 "件名(要約)" is SINGLE_LINE_TEXT, was NUMBER'* ]]
	[[ "$stderr" == *'昔 "昔" is not there'* ]]
	[[ "$stderr" == *"seki-pull "*" --accept-form 'YOUR NAME'"* ]]
	run grep records.json log
	[ "$status" -ne 0 ]
	# Accepted: old records are needed again, so it is a full one.
	pull --bookmarks m2 --delta --accept-form '山田 太郎' >a.jsonl
	tail -1 a.jsonl | jq -e '.value.complete | .kind == "full" and .records == 20'
	state a.jsonl >m3
	run pull --bookmarks m3 --delta
	[ "$status" -eq 0 ]
	# One more is nothing but a note.
	jq -c 'del(.bookmarks.form."概算費用")' marks >m4
	run --separate-stderr pull --bookmarks m4 --delta -o b.jsonl
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"field 概算費用: new since the last pull"* ]]
}

@test "a clock that went back, and options without bookmarks" {
	server ok
	pull --bookmarks marks >full.jsonl
	tail -1 full.jsonl | jq -c '.value |
	    .bookmarks.started = "2199-01-01T00:00:00Z"' >marks
	run --separate-stderr pull --bookmarks marks --delta
	[ "$status" -eq 78 ]
	[[ "${stderr_lines[0]}" == *": clock: "* ]]
	for flag in --delta --deletes --accept-form=x --continue=a=b; do
		run --separate-stderr pull "$flag"
		[ "$status" -eq 64 ]
	done
	run --separate-stderr pull --bookmarks marks --delta --fields 件名
	[ "$status" -eq 78 ]
}

# doctor STATUS LAYER REASON [OPTION…]: the layer at fault, and its fix below.
doctor() {
	local want=$1 layer=$2 reason=$3
	shift 3
	run --separate-stderr seki-pull --doctor --base-url "$URL" --app 11 \
	    --token-file token --tries 1 "$@"
	echo "$status: $output $stderr"
	[ "$status" -eq "$want" ]
	grep -qE "^$layer +$reason" <<<"$output"
	[[ "$output" != *"$TOKEN"* ]]
	[ "$reason" = ok ] || grep -qE "^ +next: .+" <<<"$output"
}

@test "--doctor names the layer at fault and the fix" {
	server ok
	doctor 0 records ok --budget spent
	for layer in dns proxy connection tls service sign-in guest-space app \
	    form records clock budget; do
		grep -qE "^$layer +ok" <<<"$output"
	done
	[ "$(grep -c . <<<"$output")" -eq 12 ]
	run seki-pull --doctor --json --base-url "$URL" --app 11 \
	    --token-file token
	[ "$(jq -rs 'map(.object) | join(" ")' <<<"$output")" = \
	    "dns proxy connection tls service sign-in guest-space app form records clock" ]
	stop_all
	doctor 75 connection network
	! grep -q '^tls' <<<"$output" || false
	server ok --set all=token-mismatch
	doctor 77 sign-in credentials
	[[ "$output" == *GAIA_IA02*"アプリを更新"* ]]
	grep -qE '^service +ok' <<<"$output"
	stop_all
	server ok --set "user=a:b"
	doctor 77 sign-in credentials
	[[ "$output" == *"--user and the password file"* ]]
	grep -qE '^tls +ok' <<<"$output"
	! grep -qE '^app' <<<"$output" || false
	stop_all
	server ok --set all=guest-space-path
	doctor 69 guest-space refused
	[[ "$output" == *"--guest-space N"* ]]
	stop_all
	server ok --set all=no-privilege
	doctor 77 guest-space permission --guest-space 7
	doctor 77 app permission
	stop_all
	server ok --set all=app-not-found
	doctor 69 app refused
	stop_all
	server error:token-lacks-permission
	doctor 77 records permission
	[[ "$output" == *"レコード閲覧"* ]]
	grep -qE '^form +ok' <<<"$output"
	stop_all
	server ok --set all=a-page
	doctor 69 service protocol
	stop_all
	openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -days 2 2>/dev/null
	server ok --tls self.pem self.key
	doctor 69 tls tls
	[[ "$output" == *"--ca FILE"* ]]
	doctor 0 tls ok --ca self.pem
	URL=https://no-such-host.invalid
	doctor 75 dns network
	URL=http://localhost:1
	run seki-pull --doctor --base-url "$URL" --app x --token-file token
	[ "$status" -eq 78 ]
}

@test "--doctor: a clock that is wrong, a day that is used up" {
	server ok --set "date=Tue, 01 Apr 2025 00:00:00 GMT"
	doctor 78 clock clock
	[[ "$output" == *"ahead of the service"*timedatectl* ]]
	stop_all
	server ok --set "date=Tue, 01 Apr 2098 00:00:00 GMT"
	doctor 78 clock clock
	stop_all
	server ok
	echo "{\"${URL#http://}/k/11/\":{\"$(date -u +%F)\":9999}}" >spent
	chmod 600 spent
	doctor 75 budget busy --budget spent
	[[ "$output" == *09:00* ]]
}

@test "a proxy that does not let us through" {
	python3 - >port 3>&- <<-'EOF2' &
	import socket
	s = socket.create_server(("127.0.0.1", 0))
	print(s.getsockname()[1], flush=True)
	while True:
	    c, _ = s.accept()
	    c.recv(65536)
	    c.sendall(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n")
	    c.close()
	EOF2
	PIDS="${PIDS:-} $!"
	for i in $(seq 100); do
		[ -s port ] && break
		sleep 0.05
	done
	URL=https://example.invalid
	doctor 77 proxy credentials --proxy "http://127.0.0.1:$(cat port)"
	[[ "$output" == *"status 407"* ]]
	doctor 78 proxy config --proxy http://no-such-proxy.invalid:8080
}

@test "--output never writes over a file, and its file is private" {
	server ok
	echo keep >old
	run --separate-stderr pull -o old
	[ "$status" -eq 74 ]
	[ "$(cat old)" = keep ]
	run pull -o new
	[ "$status" -eq 0 ]
	[ "$(stat -c %a new)" = 600 ]
}

@test "a full disk is a failure" {
	server ok
	run --separate-stderr bash -c '"$@" >/dev/full' - seki-pull \
	    --base-url "$URL" --app 11 --token-file token --stream s
	[ "$status" -eq 74 ]
}

@test "--json: one object on stderr, the stream on stdout" {
	server ok
	run --separate-stderr pull --json
	[ "$status" -eq 0 ]
	echo "$stderr" | jq -e '.tool == "seki-pull" and .status == 0 and
	    .reason == "ok" and .records == 6 and .stream == "shuzen" and
	    (.root | length) == 64'
	[ "$(echo "$output" | jq -r 'select(.type=="STATE").value.complete.root')" \
	    = "$(echo "$stderr" | jq -r .root)" ]
	stop_all
	server missing --set field=件名
	run --separate-stderr pull --json
	[ "$status" -eq 77 ]
	echo "$stderr" | jq -e '.status == 77 and .reason == "permission" and
	    .record == "6" and .field == "件名" and (.hint | length) > 0'
}

@test "H2: personal data stands in the stream only" {
	server type
	run --separate-stderr pull -v
	for word in 佐藤 中央公園 sato.k; do
		grep -q "$word" "$SAMPLES/records.json"
		[[ "$stderr" != *"$word"* ]]
	done
}

@test "seki-cloud: the same samples through the real stand-in" {
	[ -x "$BIN/seki-cloud" ] || skip "no seki-cloud"
	cp token t2 && chmod 600 t2
	start_cloud --load "$SAMPLES" --token-file t2
	pull --allow-hidden 件名 >raw.jsonl
	python3 "$TOP/tests/same_records.py" "$SAMPLES/records.json" raw.jsonl
}
