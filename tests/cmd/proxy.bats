#!/usr/bin/env bats
# Through an office's proxy, and never on to another server.
load helper

SAMPLES=$TOP/tests/data/record-api-samples
TOKEN=planted-token-27182818
NAME='town\user'
PASSWORD='planted pw:14@14%21'

setup() {
	cd "$BATS_TEST_TMPDIR"
	(umask 077 && echo "$TOKEN" >token && echo "$PASSWORD" >pw &&
	    echo "$NAME:$PASSWORD" >login)
}
teardown() {
	stop_all
}

# background OUT COMMAND…: until it has printed a line into OUT.
background() {
	local out=$1 i
	shift
	rm -f "$out"
	"$@" >"$out" 2>"$out.err" 3>&- &
	PIDS="${PIDS:-} $!"
	for i in $(seq 100); do
		[ -s "$out" ] && return 0
		sleep 0.05
	done
	return 1
}

# A service by https whose name only the proxy knows, and the proxy.
office() {
	[ -e shuzen.pem ] || openssl req -x509 -newkey rsa:2048 -nodes \
	    -keyout shuzen.key -out shuzen.pem -subj /CN=shuzen.invalid \
	    -addext subjectAltName=DNS:shuzen.invalid -days 2 2>/dev/null
	stop_all
	rm -f asked log
	background url python3 "$TOP/tests/badserver.py" --log asked \
	    --tls shuzen.pem shuzen.key "$SAMPLES" ok
	background port python3 "$TOP/tests/proxy.py" --login login "$@" log
	URL=https://shuzen.invalid:$(sed 's/.*://' url)
	PROXY=127.0.0.1:$(cat port)
}
pull() {
	seki-pull --base-url "$URL" --app 11 --token-file token --ca shuzen.pem \
	    --stream x --tries 2 --json "$@"
}
# ends STATUS REASON TEXT: how the last pull ended; nothing planted shows.
ends() {
	echo "$status $output $stderr"
	[ "$status" -eq "$1" ]
	[ "$(tail -1 <<<"$stderr" | jq -r .reason)" = "$2" ]
	[[ "$stderr" == *"$3"* ]]
	[[ "$output$stderr" != *planted* && "$output$stderr" != *14@14* ]]
	[[ "$output$stderr" != *"$(base64 -w0 <<<"$NAME:$PASSWORD" | cut -c1-24)"* ]]
}

@test "a proxy that wants to be signed in to: Basic, Digest, or the better one" {
	for auth in basic digest basic,digest; do
		office --auth "$auth"
		run --separate-stderr pull --proxy "http://town%5Cuser@$PROXY" \
		    --proxy-password-file pw -v -o "$auth.jsonl"
		ends 0 ok done
		grep -q "200 ${auth##*,}$" log
		[ "$(grep -c . asked)" -gt 3 ]
		seki-show "$auth.jsonl" >show
	done
}

@test "the proxy's password comes from a file or the environment only" {
	office --auth basic
	run --separate-stderr env SEKI_PROXY_PASSWORD="$PASSWORD" \
	    HTTPS_PROXY="http://town%5Cuser@$PROXY" seki-pull --base-url "$URL" \
	    --app 11 --token-file token --ca shuzen.pem --stream x --json
	[ "$status" -eq 0 ]
	run --separate-stderr env \
	    HTTPS_PROXY="http://town%5Cuser:planted%20pw:14@14%2521@$PROXY" \
	    seki-pull --base-url "$URL" --app 11 --token-file token \
	    --ca shuzen.pem --stream x --json
	[ "$status" -eq 0 ]
	rm log
	run --separate-stderr pull --proxy "http://u:planted@$PROXY"
	ends 78 config "--proxy-password-file"
	printf '[source]\nproxy = http://u:planted@%s\n' "$PROXY" >conf
	run --separate-stderr pull --config "$PWD/conf"
	ends 78 config "--proxy-password-file"
	run --separate-stderr pull --proxy "http://u@$PROXY"
	ends 64 usage "--proxy-password-file FILE is needed"
	run --separate-stderr pull --proxy "http://$PROXY" \
	    --proxy-password-file pw
	ends 78 config "names no user"
	for bad in 'a%4' 'a%zz' 'a%0Ab' 'a%00'; do
		run --separate-stderr pull --proxy "http://$bad@$PROXY" \
		    --proxy-password-file pw
		ends 78 config "proxy"
	done
	chmod 644 pw
	run --separate-stderr pull --proxy "http://u@$PROXY" \
	    --proxy-password-file pw
	ends 78 unsafe "mode"
	[ ! -e log ]
	printf '[source]\nproxy = http://town%%5Cuser@%s\nproxy-password-file = pw\n' \
	    "$PROXY" >conf
	chmod 600 pw
	run --separate-stderr pull --config "$PWD/conf"
	ends 0 ok done
}

@test "a proxy that refuses is the layer at fault: 77, and nothing is sent" {
	office --auth basic,digest --echo
	run --separate-stderr pull --proxy "http://$PROXY"
	ends 77 credentials "the proxy wants to be signed in to (status 407)"
	[[ "$stderr" == *"--proxy-password-file"* ]]
	[ "$(wc -l <log)" -eq 1 ]
	run --separate-stderr pull --proxy "http://stranger@$PROXY" \
	    --proxy-password-file pw -v
	ends 77 credentials "does not take the name and password (status 407)"
	[ ! -e asked ]
	run --separate-stderr seki-pull --doctor --base-url "$URL" --app 11 \
	    --token-file token --ca shuzen.pem --proxy "http://stranger@$PROXY" \
	    --proxy-password-file pw --tries 1
	echo "$output$stderr"
	[ "$status" -eq 77 ]
	grep -qE '^proxy +credentials: ' <<<"$output"
	[[ "$output$stderr" != *planted* ]]
	run --separate-stderr seki-push --base-url "$URL" --app 11 --json \
	    --token-file token --ca shuzen.pem --proxy "http://stranger@$PROXY" \
	    --proxy-password-file pw --tries 1 --mode update \
	    "$TOP/tests/data/root/every-type.jsonl"
	[ "$status" -ne 0 ]
	[[ "$output$stderr" != *planted* ]]
	[ ! -e asked ]
	office --refuse 403 --echo --auth basic
	run --separate-stderr pull --proxy "http://town%5Cuser@$PROXY" \
	    --proxy-password-file pw
	ends 78 config "the proxy refused, with status 403"
	office --refuse 503
	run --separate-stderr pull --proxy "http://town%5Cuser@$PROXY" \
	    --proxy-password-file pw
	ends 75 network "the proxy refused, with status 503"
	[ "$(wc -l <log)" -ge 2 ]
}

# N2: redirected STATUS PATTERN COMMAND…
redirected() {
	local to=$1 pattern=$2
	shift 2
	rm -f seen*
	background front python3 "$TOP/tests/trap.py" "$CLOUD" "$to" "$pattern" \
	    seen
	run --separate-stderr "$@" --base-url "$(cat front)" \
	    --token-file token --tries 1 --json
	echo "$to $pattern: $status $output $stderr"
	[ "$status" -eq 69 ]
	[[ "$output$stderr" == *'"redirect"'* ]]
	[[ "$output$stderr" != *"$TOKEN"* ]]
	[ -s seen.asked ]
	[ ! -e seen ]
	kill "${PIDS##* }"
}

@test "N2: no request is sent on to another server: GET, POST, PUT" {
	start_cloud --token-file token --generate kifu:30 --generate kifu:0 \
	    --generate kifu:30
	CLOUD=$URL
	seki-pull --base-url "$URL" --app 1 --token-file token --stream x \
	    >raw.jsonl
	for to in 301 302 303 307 308; do
		redirected "$to" '^GET .*/form/fields' seki-pull --app 1 \
		    --stream x -o no.jsonl
		redirected "$to" '^POST .*/records' seki-pull --app 1 \
		    --stream x -o no.jsonl
		[ ! -e no.jsonl ]
		redirected "$to" '^GET .*/app.json' seki-pull --doctor --app 1
		redirected "$to" '^POST .*/records' seki-push --app 2 \
		    --mode add --state "st$to" raw.jsonl
		redirected "$to" '^POST .*/bulkRequest' seki-push --app 2 \
		    --mode upsert --key 受付番号 --all-or-nothing raw.jsonl
	done
	# Nothing was added, whatever the status said.
	seki-pull --base-url "$CLOUD" --app 2 --token-file token --stream x |
	    tail -1 | jq -e '.value.complete.records == 0'
	curl -sSf -X PUT -H "X-Cybozu-API-Token: $TOKEN" \
	    -H 'Content-Type: application/json' -d \
	    '{"app":3,"id":7,"record":{"職員メモ":{"value":"x"}}}' \
	    "$CLOUD/k/v1/record.json" >out
	for to in 302 307; do
		redirected "$to" '^PUT ' seki-push --app 3 --mode upsert \
		    --key 受付番号 raw.jsonl
	done
}

@test "N2: the trap sees whoever follows" {
	start_cloud --token-file token --generate kifu:0
	background front python3 "$TOP/tests/trap.py" "$URL" 307 records seen
	curl -s --max-time 3 -L -H "X-Cybozu-API-Token: $TOKEN" \
	    "$(cat front)/k/v1/records.json?app=1" >out || :
	grep -q "^connection: GET .*records" seen
}
