#!/usr/bin/env bats
# N6, H2: what was planted stands nowhere but where it was planted.
load helper

SAMPLES=$TOP/tests/data/record-api-samples
TOKEN=plantedTOKENa1b2c3d4e5f6g7h8i9j0
USER_PW='planted?pw>0~~'
BASIC='planted/basic+14 14'
PFX='planted%pfx"1732'
PROXY_PW='planted proxy:\22@36'

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 keys out tmp
	export TMPDIR=$PWD/tmp
	umask 077
	echo "$TOKEN" >keys/token
	echo "$USER_PW" >keys/user
	echo "$BASIC" >keys/basic
	echo "$PFX" >keys/pfx
	echo "$PROXY_PW" >keys/proxy
	echo "clerk:$PROXY_PW" >keys/login
	cat keys/token keys/user keys/basic keys/pfx keys/proxy >keys/all
	openssl req -x509 -newkey rsa:2048 -nodes -keyout keys/srv.key \
	    -out srv.pem -subj /CN=town.invalid \
	    -addext subjectAltName=DNS:town.invalid,DNS:localhost -days 2 \
	    2>/dev/null
	openssl req -x509 -newkey rsa:2048 -nodes -keyout keys/me.key \
	    -out me.pem -subj /CN=me -days 2 2>/dev/null
	openssl pkcs12 -export -inkey keys/me.key -in me.pem -out keys/me.pfx \
	    -passout file:keys/pfx
}
teardown() {
	stop_all
}

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

# server MODE [OPTION…]: by https, client certificate, Basic and login, behind
# a proxy; PROXY_OPTIONS are the proxy's.
server() {
	local mode=$1
	shift
	stop_all
	background tmp/url python3 "$TOP/tests/badserver.py" --tls srv.pem \
	    keys/srv.key --set client=me.pem --set "user=sato.k:$USER_PW" \
	    --set "basic=gate:$BASIC" "$@" "$SAMPLES" "$mode"
	background tmp/port python3 "$TOP/tests/proxy.py" --login keys/login \
	    --echo ${PROXY_OPTIONS:---auth basic} out/proxylog
	URL=https://town.invalid:$(sed 's/.*://' tmp/url)
}

# Each run is watched, at the highest level, with and without --json.  Secrets
# come from files the first time, from the environment the second.
N=0
watch() {
	local got=0
	N=$((N + 1))
	"$TOP/tests/planted.py" run "out/proc.$N" "$@" -v >"out/stdout.$N" \
	    2>"out/stderr.$N" || got=$?
	echo "$got" >"out/status.$N"
}
from_files() {
	watch "$@" --base-url "$URL" --user sato.k --password-file keys/user \
	    --basic-user gate --basic-password-file keys/basic \
	    --pfx keys/me.pfx --pfx-password-file keys/pfx --tries 1 \
	    --proxy "http://clerk@127.0.0.1:$(cat tmp/port)" \
	    --proxy-password-file keys/proxy --budget out/budget
}
from_env() {
	KINTONE_API_TOKEN=$TOKEN KINTONE_USERNAME=sato.k \
	    KINTONE_PASSWORD=$USER_PW KINTONE_BASIC_AUTH_USERNAME=gate \
	    KINTONE_BASIC_AUTH_PASSWORD=$BASIC \
	    KINTONE_PFX_FILE_PATH=keys/me.pfx KINTONE_PFX_FILE_PASSWORD=$PFX \
	    SEKI_PROXY_PASSWORD=$PROXY_PW \
	    HTTPS_PROXY="http://clerk@127.0.0.1:$(cat tmp/port)" \
	    watch "$@" --base-url "$URL" --tries 1 --json --budget out/budget
}
# both STATUS WHAT…: pull, or what WHAT says, must end so both times.
both() {
	local want=$1
	shift
	from_files "$@"
	from_env "$@"
	[ "$(cat "out/status.$((N - 1))" "out/status.$N" | tr '\n' ' ')" = "$want $want " ] ||
	    { cat out/stderr.$((N - 1)) out/stderr.$N out/stdout.$N; false; }
}
pull() {
	both "$1" seki-pull --app 11 --stream x "${@:2}"
}
nowhere() {
	run "$TOP/tests/planted.py" search keys/all out tmp "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	grep -h '^== children' out/proc.* | sort -u | diff - <(echo "== children: none")
	[ -z "$(find . -name 'core*')" ]
	# The watch saw something.
	grep -q '^seki-pu' out/proc.1
}

@test "the search finds each form of a secret" {
	local i=0 kind
	mkdir found
	for kind in 'print(s)' 'print(base64.b64encode(s.encode()).decode())' \
	    'print(base64.b64encode(("user:" + s).encode()).decode())' \
	    'print(base64.b64encode(("users:" + s + "x").encode()).decode())' \
	    'print(base64.b64encode(("ab:" + s + "yz").encode()).decode())' \
	    'print(urllib.parse.quote(s, safe=""))' \
	    'print("".join("%%%02X" % b for b in s.encode()))' \
	    'print(s.encode().hex())' 'sys.stdout.buffer.write(s.encode("utf-16"))' \
	    'print("".join("\\u%04X" % ord(c) for c in s))'; do
		i=$((i + 1))
		for key in token user basic pfx proxy; do
			rm -f found/*
			python3 -c "import base64, sys, urllib.parse
s = open('keys/$key').read().rstrip('\n')
$kind" >found/x
			run "$TOP/tests/planted.py" search keys/all found
			echo "$kind $key: $output"
			[ "$status" -eq 1 ]
			[[ "$output" != *planted?pw* ]]
		done
	done
	echo harmless >found/x
	run "$TOP/tests/planted.py" search keys/all found
	[ "$status" -eq 0 ]
	run "$TOP/tests/planted.py" search keys/all nothing-here
	[ "$status" -ne 0 ]
}

@test "N6: a pull that goes well, with all that can be secret" {
	server ok
	from_files seki-pull --app 11 --stream x --ca srv.pem -o out/a.jsonl \
	    --bookmarks out/marks --deletes
	[ "$(cat out/status.1)" = 0 ]
	tail -1 out/a.jsonl | jq -c .value >out/marks
	from_env seki-pull --app 11 --stream x --ca srv.pem -o out/b.jsonl \
	    --bookmarks out/marks --deletes --delta
	cat out/stderr.2
	[ "$(cat out/status.2)" = 0 ]
	both 0 seki-pull --app 11 --ca srv.pem --doctor
	# In the middle of a run, the environment was read and wiped.
	server slow-page --page 2
	both 75 seki-pull --app 11 --stream x --ca srv.pem --timeout 1
	grep -q '^PATH=' "out/proc.$N"
	grep -q '^KINTONE_PASSWORD=$' "out/proc.$N"
	grep -q '^HTTPS_PROXY=$' "out/proc.$N"
	nowhere
}

@test "N6: failures of each layer" {
	server ok
	pull 69
	both 69 seki-pull --app 11 --doctor
	PROXY_OPTIONS="--auth digest --refuse 407"
	server ok
	pull 77 --ca srv.pem
	both 77 seki-pull --app 11 --doctor --ca srv.pem
	PROXY_OPTIONS=
	for mode in length close html error-200 garbage; do
		server "$mode"
		case $mode in length | close) pull 75 --ca srv.pem ;;
		*) pull 69 --ca srv.pem ;;
		esac
	done
	# The service says back what it was sent, plainly and escaped.
	for set in x=y escape=1; do
		server ok --set user=sato.k:other --set "$set"
		pull 77 --ca srv.pem
		both 77 seki-pull --app 11 --doctor --ca srv.pem
		server ok --set basic=gate:other --set "$set"
		pull 77 --ca srv.pem
	done
	grep -q 'CB_WA01: \*\*\*\*' out/stderr.*
	nowhere
}

@test "N6: the wrong passphrase; a token in what the service says" {
	server ok
	echo "$PFX-not" >keys/pfx
	from_files seki-pull --app 11 --stream x --ca srv.pem
	[ "$(cat out/status.1)" = 77 ]
	stop_all
	background tmp/url python3 "$TOP/tests/badserver.py" \
	    --set "token=$TOKEN" "$SAMPLES" echo
	URL=$(cat tmp/url)
	watch seki-pull --app 11 --stream x --base-url "$URL" \
	    --token-file keys/token --tries 1
	grep -q 'token \*\*\*\*' out/stderr.2
	watch seki-pull --doctor --app 11 --base-url "$URL" --json \
	    --token-file keys/token --tries 1
	nowhere
}

@test "N6: pushes, whole and refused, and what they leave behind" {
	printf 'sato.k:%s\n' "$USER_PW" >keys/users
	printf 'gate:%s\n' "$BASIC" >keys/gate
	start_cloud --token-file keys/token --user-file keys/users \
	    --basic-file keys/gate --generate kifu:150 --generate kifu:0 \
	    --fault POST/records:1:cut --fault POST/records:3:401 \
	    --fault POST/records:4:html
	pushes() {
		watch seki-push --base-url "$URL" --app 2 --mode add \
		    --state "out/$1" --user sato.k --password-file keys/user \
		    --basic-user gate --basic-password-file keys/basic \
		    --tries 1 out/raw.jsonl
		KINTONE_USERNAME=sato.k KINTONE_PASSWORD=$USER_PW \
		    KINTONE_BASIC_AUTH_USERNAME=gate \
		    KINTONE_BASIC_AUTH_PASSWORD=$BASIC watch seki-push \
		    --base-url "$URL" --app 2 --mode add --state "out/$1" \
		    --tries 1 --json out/raw.jsonl
	}
	watch seki-pull --base-url "$URL" --app 1 --stream x -o out/raw.jsonl \
	    --token-file keys/token --basic-user gate \
	    --basic-password-file keys/basic
	[ "$(cat out/status.1)" = 0 ]
	pushes a
	pushes b
	pushes c
	[ "$(cat out/status.* | sort -u | tr '\n' ' ')" != "0 " ]
	[ -s out/b/push.json ]
	nowhere
}

@test "N6: into a bundle and its ledger nothing goes along" {
	start_cloud --token-file keys/token --generate kifu:20
	two_sides
	watch seki-pull --base-url "$URL" --app 1 --stream x -o out/raw.jsonl \
	    --token-file keys/token
	seki-pack --trust trust --key inet-1.key --state out/sent \
	    --audience lgwan-1 -o out/1.zip --bookmarks out/marks \
	    <out/raw.jsonl >out/value 2>out/packed
	(cd out && unzip -q 1.zip -d unpacked)
	nowhere
}

@test "N6: a core is never written, and others of the same user see nothing" {
	local run=()
	[ "$(id -u)" -eq 0 ] && run=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	umask 022
	chmod 755 . out
	chown -R 65534 keys out tmp 2>/dev/null || :
	ulimit -c unlimited
	export TMPDIR=tmp
	start_cloud --token-file tok --generate kifu:5
	cp -p tok theirs
	chown 65534 tok 2>/dev/null || :
	"${run[@]}" seki-pull --base-url "$URL" --app 1 --token-file tok \
	    --stream x >raw.jsonl
	start_cloud --token-file theirs --generate kifu:5 --delay 3000
	for tool in "seki-pull --stream x" "seki-pull --doctor" \
	    "seki-push --mode upsert --key 受付番号 raw.jsonl"; do
		"${run[@]}" $tool --base-url "$URL" --app 1 --token-file tok \
		    >out/one 2>&1 3>&- &
		pid=$!
		for i in $(seq 100); do
			grep -q seki-pu "/proc/$pid/cmdline" 2>/dev/null && break
			sleep 0.02
		done
		sleep 0.3
		grep -E '^Max core file size +0 ' "/proc/$pid/limits"
		run "${run[@]}" cat "/proc/$pid/environ"
		[ "$status" -ne 0 ]
		run "${run[@]}" dd "if=/proc/$pid/mem" of=out/mem count=1
		[ "$status" -ne 0 ]
		kill -ABRT "$pid"
		wait "$pid" || :
	done
	[ -z "$(find . -name 'core*')" ]
}
