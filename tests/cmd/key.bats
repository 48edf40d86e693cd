#!/usr/bin/env bats
# seki-key: first contact from both sides, and what must leave things alone.
load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/w"
	cd "$BATS_TEST_TMPDIR/w"
}

init() {
	seki-key init --trust trust --org 012041 --host inet-1 "$@"
}

# What is in the folder, with modes, sizes and times.
listing() {
	find . -mindepth 1 -printf '%p %m %s %T@\n' | sort
}

@test "init makes three keys and a trust folder, and says what to do with each" {
	run --separate-stderr init
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(stat -c %a inet-1.key p-0001.key safe-1.key | sort -u)" = 600 ]
	[ "$(ls trust | wc -l)" -eq 2 ]
	[ -f trust/1.json ]
	[[ "$output" == *"inet-1.key"*"stays here"*"p-0001.key"*"safe-1.key"*"envelope"* ]]
	[[ "$output" == *"$(seki-key fingerprint --trust trust)"* ]]
	[ -z "$(find . -name '*.tmp*')" ]
}

@test "init keeps its modes under any umask" {
	umask 000
	init >/dev/null
	[ "$(stat -c %a inet-1.key p-0001.key safe-1.key | sort -u)" = 600 ]
	[ "$(stat -c %a trust)" = 755 ]
	seki-key show --trust trust >/dev/null
}

@test "init puts the keys where --keys says, with the ids it was given" {
	mkdir keys
	run --separate-stderr init --keys keys --person kacho.it
	[ "$status" -eq 0 ]
	[ -f keys/inet-1.key ] && [ -f keys/kacho.it.key ]
	seki-key show --trust trust | grep -q '^  kacho.it .*may sign trust files'
}

@test "init makes nothing when anything is in the way" {
	local f
	for f in inet-1.key p-0001.key safe-1.key trust/1.json; do
		rm -rf -- *
		mkdir -p "$(dirname "$f")"
		echo mine >"$f"
		listing >../before
		run --separate-stderr init
		[ "$status" -eq 74 ]
		[[ "$stderr" == "seki-key: $f: file: exists already"*"Nothing was made."* ]]
		[ "$(listing)" = "$(cat ../before)" ]
	done
	rm -rf -- *
	ln -s nowhere p-0001.key
	run init
	[ "$status" -eq 74 ]
	[ "$(ls)" = p-0001.key ]
}

@test "init takes back what it made when the trust folder cannot be" {
	run --separate-stderr seki-key init --trust no/such --org 012041 --host inet-1
	[ "$status" -eq 74 ]
	[ -z "$(ls)" ]
	mkdir trust && chmod 777 trust
	run --separate-stderr init
	[ "$status" -eq 78 ]
	[[ "$stderr" == *": unsafe: "* ]]
	[ "$(ls)" = trust ]
}

@test "init refuses ids and codes that are none" {
	local c
	for c in 012042 01204 0120410 abcdef ""; do
		run --separate-stderr seki-key init --trust trust --org "$c" --host inet-1
		[ "$status" -eq 64 ]
	done
	for c in "" "../x" "Inet" "a b" .x -x; do
		run --separate-stderr seki-key init --trust trust --org 012041 "--host=$c"
		[ "$status" -eq 64 ]
	done
	run --separate-stderr init --person inet-1
	[ "$status" -eq 64 ]
	run --separate-stderr seki-key init --trust trust --org 012041
	[ "$status" -eq 64 ]
	[ -z "$(ls)" ]
}

@test "show tells persons, hosts, keys, dates and streams" {
	init >/dev/null
	run --separate-stderr seki-key show --trust trust
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ "$output" == *"Organisation 012041, trust file version 1"* ]]
	[[ "$output" == *"p-0001"*"safe-1"*"sealed key"*"inet-1"*"host"* ]]
	[[ "$output" == *"approve,root"* ]]
	[[ "$output" == *"One person only"* ]]
	run --separate-stderr seki-key show --trust trust --json
	[ "$status" -eq 0 ]
	[ "$(jq -r 'select(.type=="key").owner' <<<"$output" | tr '\n' ' ')" = "inet-1 p-0001 safe-1 " ]
	[ "$(jq -r 'select(.type=="trust").org' <<<"$output")" = 012041 ]
	[ "$(jq -r 'select(.type=="stream").max_jump' <<<"$output")" = 32 ]
}

@test "the fingerprint is that of the file's bytes" {
	init >/dev/null
	want=$(python3 - trust/1.json <<-'EOF'
		import hashlib, sys
		d = hashlib.sha256(open(sys.argv[1], "rb").read()).digest()
		print(*["%05d" % (int.from_bytes(d[i:i + 5], "big") % 100000)
		        for i in range(0, 30, 5)])
	EOF
	)
	[ "$(seki-key fingerprint --trust trust)" = "$want" ]
}

@test "accept installs what was compared, and twice is harmless" {
	init >/dev/null
	d=$(seki-key fingerprint --trust trust)
	run --separate-stderr seki-key accept --trust there trust --digits "$d"
	[ "$status" -eq 0 ]
	diff -r trust there
	listing >../before
	run --separate-stderr seki-key accept --trust there trust --digits "${d// /}" --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .reason <<<"$output")" = already ]
	[ "$(listing)" = "$(cat ../before)" ]
}

@test "wrong digits install nothing" {
	local d
	init >/dev/null
	for d in "00000 00000 00000 00000 00000 00000" "1" "" \
	    "$(seki-key fingerprint --trust trust) 1"; do
		run --separate-stderr seki-key accept --trust there trust "--digits=$d"
		[ "$status" -eq 1 ]
		[[ "$stderr" == "seki-key: trust: trust: the digits"*"Nothing was installed."* ]]
		[ ! -e there ]
	done
}

@test "accept without a terminal and without digits says how" {
	init >/dev/null
	run --separate-stderr seki-key accept --trust there trust </dev/null
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--digits"* ]]
	[ ! -e there ]
}

# answer TEXT: accept on a terminal of its own, typing TEXT.
answer() {
	python3 - "$1" <<-'EOF'
		import os, pty, sys
		def read(fd):
		    data = os.read(fd, 1024)
		    if b"yes or no: " in data:
		        os.write(fd, sys.argv[1].encode() + b"\n")
		    return data
		status = pty.spawn(["seki-key", "accept", "--trust", "there", "trust"],
		                   read, lambda fd: b"")
		sys.exit(os.waitstatus_to_exitcode(status))
	EOF
}

@test "on a terminal accept shows the digits and asks" {
	init >/dev/null
	run answer no
	[ "$status" -eq 1 ]
	[[ "$output" == *"$(seki-key fingerprint --trust trust)"* ]]
	[ ! -e there ]
	run answer y
	[ "$status" -eq 1 ]
	[ ! -e there ]
	run answer yes
	[ "$status" -eq 0 ]
	diff -r trust there
}

@test "S9: an altered trust file is refused and nothing is installed" {
	init >/dev/null
	cp -r trust bad
	sed -i 's/"approve":0/"approve":1/' bad/1.json
	d=$(seki-key fingerprint --trust trust)
	run --separate-stderr seki-key accept --trust there bad --digits "$d"
	[ "$status" -eq 1 ]
	[[ "$stderr" == "seki-key: bad: trust: "* ]]
	[ ! -e there ]
	cp trust/1.json bad/
	rm bad/*.p7s
	run --separate-stderr seki-key accept --trust there bad --digits "$d"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"signed by 0 of the 1 root persons"* ]]
	[ ! -e there ]
}

@test "S9: another trust file does not replace the one that is here" {
	init >/dev/null
	cp -r trust there
	rm -r trust ./*.key
	init >/dev/null
	listing >../before
	run --separate-stderr seki-key accept --trust there trust \
	    --digits "$(seki-key fingerprint --trust trust)"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"with other bytes: stop"* ]]
	[ "$(listing)" = "$(cat ../before)" ]
}

@test "an expired trust file can be shown but not accepted" {
	command -v faketime >/dev/null || skip "no faketime"
	faketime '2024-03-01 00:00:00' seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	run --separate-stderr seki-key show --trust trust
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"expired"* ]]
	run --separate-stderr seki-key accept --trust there trust \
	    --digits "$(seki-key fingerprint --trust trust)"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"expired on 2024-06-01 00:00"* ]]
	[ ! -e there ]
}

@test "30 days before the end people are told" {
	command -v faketime >/dev/null || skip "no faketime"
	faketime '2024-03-01 00:00:00' seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	run --separate-stderr faketime '2024-05-01 00:00:00' seki-key show --trust trust
	[ -z "$stderr" ]
	run --separate-stderr faketime '2024-05-10 00:00:00' seki-key show --trust trust
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"The trust file 1.json ends on"* ]]
}

@test "what is not a trust folder is named" {
	mkdir empty
	run --separate-stderr seki-key show --trust empty
	[ "$status" -eq 78 ]
	[[ "$stderr" == "seki-key: empty: config: no trust file"* ]]
	run --separate-stderr seki-key show --trust nowhere
	[ "$status" -eq 74 ]
	run --separate-stderr seki-key shwo --trust empty
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"seki-key show"* ]]
	run --separate-stderr seki-key show --trust empty more
	[ "$status" -eq 64 ]
}

@test "no private key but in its own file, and none in any output" {
	init -v >../out 2>&1
	seki-key show -v --trust trust >>../out 2>&1
	line=$(sed -n 2p p-0001.key)
	[ "${#line}" -eq 64 ]
	! grep -qF "$line" ../out || false
	[ "$(grep -rlF "$line" . | wc -l)" -eq 1 ]
}

@test "30 days before the end those who pack and verify are told too" {
	command -v faketime >/dev/null || skip "no faketime"
	faketime '2024-03-01 00:00:00' seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	run --separate-stderr faketime '2024-05-10 00:00:00' \
	    seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o b.zip <"$TOP/tests/data/root/every.jsonl"
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"The trust file 1.json ends on 2024-06-01 00:00"* ]]
	run --separate-stderr faketime '2024-05-10 00:00:00' \
	    seki-verify --trust trust --audience lgwan-1 b.zip
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"The trust file 1.json ends on"* ]]
	run --separate-stderr faketime '2024-05-10 00:00:00' \
	    seki-verify -q --trust trust --audience lgwan-1 b.zip
	[ -z "$stderr" ]
}

# made FILE: a recipient's key, its digits in DIGITS.
made() {
	seki-key recipient --host "${2:-lgwan-1}" -o "$1" --json >made.json
	DIGITS=$(jq -r .digits made.json)
}

# add [OPTION…]: what made made, for the stream soudan.
add() {
	run --separate-stderr seki-key add --trust trust --root-key p-0001.key \
	    --certificate l.pem --owner lgwan-1 --role decrypt --stream soudan \
	    "$@"
}

@test "recipient makes a private key and a certificate, or neither" {
	run --separate-stderr seki-key recipient --host lgwan-1 -o l.key
	[ "$status" -eq 0 ]
	[ "$(stat -c %a l.key)" = 600 ]
	[[ "$output" == *"l.key"*"stays here"*"l.pem"*"Digits: "* ]]
	openssl x509 -in l.pem -noout -text >text
	grep -q 'Subject: CN = lgwan-1' text
	grep -q 'Key Agreement' text
	! grep -q 'PRIVATE' l.pem || false
	listing >../before
	run --separate-stderr seki-key recipient --host lgwan-1 -o l.key
	[ "$status" -eq 74 ]
	mv l.key k.key
	run --separate-stderr seki-key recipient --host lgwan-1 -o l.key
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"l.pem: file: exists already"* ]]
	[ ! -e l.key ]
	run --separate-stderr seki-key recipient --host lgwan-1
	[ "$status" -eq 64 ]
	run --separate-stderr seki-key recipient --host LGWAN -o x.key
	[ "$status" -ne 0 ]
	[ ! -e x.key ] && [ ! -e x.pem ]
	# A name of another kind keeps its end.
	seki-key recipient --host lgwan-1 -o other >/dev/null
	[ -f other.pem ]
}

@test "add makes the next version, and accept brings it to the other host" {
	init >/dev/null
	cp -R trust there
	made l.key
	add --digits "$DIGITS"
	[ "$status" -eq 0 ]
	[[ "$output" == *"version 2"*"soudan"*"lgwan-1"* ]]
	[ "$(jq -r .version trust/2.json)" = 2 ]
	[ "$(jq -c '.streams.soudan.recipients' trust/2.json)" = \
	    "[\"$(jq -r .key made.json)\"]" ]
	# Only what was asked for differs.
	[ "$(jq -c '.streams["*"], .org, .expires, .root, .persons, .keys[:3]' trust/1.json)" = \
	    "$(jq -c '.streams["*"], .org, .expires, .root, .persons, .keys[:3]' trust/2.json)" ]
	[ "$(jq -c '.keys[3] | del(.certificate, .not_before, .not_after)' trust/2.json)" = \
	    '{"algorithms":["ecdh-p256"],"owner":"lgwan-1","roles":["decrypt"],"streams":["soudan"]}' ]
	jq -cS . trust/2.json | tr -d '\n' | cmp - trust/2.json
	run seki-key show --trust trust
	[[ "$output" == *"lgwan-1      decrypt"* ]]
	[[ "$output" == *"encrypted to: $(jq -r '.key[:16]' made.json) (lgwan-1)"* ]]
	seki-key accept --trust there --digits \
	    "$(seki-key fingerprint --trust trust)" trust
	diff -r trust there
	# Said already: no third version.
	add --digits "$DIGITS"
	[ "$status" -eq 0 ]
	[ ! -e trust/3.json ]
	# The same key for another stream is one key.
	seki-key add --trust trust --root-key p-0001.key --certificate l.pem \
	    --owner lgwan-1 --role decrypt --stream zei --digits "$DIGITS"
	[ "$(jq -c '[.keys[3].streams, (.keys | length)]' trust/3.json)" = \
	    '[["soudan","zei"],4]' ]
}

@test "add takes a certificate of RSA, and refuses weak and other ones" {
	init >/dev/null
	local n kind
	cert() {
		openssl req -x509 -nodes -newkey "$@" -keyout k -subj \
		    /CN=lgwan-1 -days 30 -out l.pem 2>/dev/null
		DIGITS=$(openssl x509 -in l.pem -outform DER | python3 -c '
import hashlib, sys
d = hashlib.sha256(sys.stdin.buffer.read()).digest()
print("".join("%05d" % (int.from_bytes(d[5 * i:5 * i + 5], "big") % 100000)
              for i in range(6)))')
	}
	cert rsa:3072
	add --digits "$DIGITS"
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(jq -c '.keys[3].algorithms' trust/2.json)" = '["rsa-oaep"]' ]
	for kind in rsa:2048 rsa:4104 "ec -pkeyopt ec_paramgen_curve:secp384r1" ed25519; do
		# shellcheck disable=SC2086
		cert $kind
		add --digits "$DIGITS"
		[ "$status" -eq 1 ] || { echo "$kind: $stderr"; false; }
		[[ "$stderr" == *"l.pem: trust: "* ]]
	done
	echo none >l.pem
	add --digits "$DIGITS"
	[ "$status" -eq 1 ]
	[ ! -e trust/3.json ]
}

@test "add changes nothing when anything is wrong" {
	init >/dev/null
	made l.key
	listing >../before
	refused() {
		local want=$1 reason=$2
		shift 2
		add "$@"
		[ "$status" -eq "$want" ] || { echo "$*: $status $stderr"; false; }
		[[ "$stderr" == *": $reason: "* ]] || { echo "$*: $stderr"; false; }
		[ "$(listing)" = "$(cat ../before)" ]
	}
	refused 64 usage </dev/null
	refused 1 trust --digits "${DIGITS/[0-4]/9}x"
	refused 64 usage --digits "$DIGITS" --role prepare
	refused 64 usage --digits "$DIGITS" --owner p-0001
	refused 64 usage --digits "$DIGITS" --owner P
	refused 64 usage --digits "$DIGITS" --stream 'A B'
	refused 74 file --digits "$DIGITS" --certificate none.pem
	# Not a root person's; nobody's; no private key at all.
	run --separate-stderr seki-key add --trust trust --root-key inet-1.key \
	    --certificate l.pem --owner lgwan-1 --role decrypt --stream s \
	    --digits "$DIGITS"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"inet-1.key: trust: "* ]]
	run --separate-stderr seki-key add --trust trust --root-key l.key \
	    --certificate l.pem --owner lgwan-1 --role decrypt --stream s \
	    --digits "$DIGITS"
	[ "$status" -eq 1 ]
	# As the key of another host.
	add --digits "$DIGITS"
	[ "$status" -eq 0 ]
	listing >../before
	refused 1 trust --digits "$DIGITS" --owner lgwan-2
	# Without what it needs.
	run --separate-stderr seki-key add --trust trust --digits "$DIGITS"
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--certificate is missing"* ]]
	run --separate-stderr seki-key show
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"--trust DIR is needed"* ]]
	[ "$(listing)" = "$(cat ../before)" ]
}

# Version 1 anew, with the change to its JSON, signed by these keys.
first_version() {
	local edit=$1 k
	shift
	rm trust/*.p7s
	jq -cS "$edit" trust/1.json | tr -d '\n' >new
	mv new trust/1.json
	for k; do
		openssl cms -sign -cades -nosmimecap -binary -md sha256 \
		    -outform DER -signer "$k" -in trust/1.json -econtent_type \
		    2.25.66844464285107622209666406636753466485 \
		    -out "trust/1.$(openssl x509 -in "$k" -outform DER |
		    sha256sum | cut -c1-16).p7s"
	done
}

@test "add needs as many root persons as the trust file says" {
	init >/dev/null
	made l.key
	first_version '.root.threshold = 2' p-0001.key safe-1.key
	seki-key show --trust trust >/dev/null
	add --digits "$DIGITS"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *": threshold: 1 of 2"* ]]
	[ ! -e trust/2.json ]
	# One person twice is one person.
	add --digits "$DIGITS" --root-key p-0001.key
	[ "$status" -eq 1 ]
	add --digits "$DIGITS" --root-key safe-1.key
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	seki-key show --trust trust >/dev/null
}

@test "a killed add spoils nothing, and the next one finishes" {
	local n=0
	init >/dev/null
	made l.key
	cp -R trust clean
	status=137
	until [ "$status" -ne 137 ]; do
		n=$((n + 1))
		rm -rf trust
		cp -R clean trust
		run python3 "$TOP/tests/killat.py" $n "$BIN/seki-key" add \
		    --trust trust --root-key p-0001.key --certificate l.pem \
		    --owner lgwan-1 --role decrypt --stream soudan \
		    --digits "$DIGITS"
		seki-key show --trust trust >/dev/null
		seki-key add --trust trust --root-key safe-1.key \
		    --certificate l.pem --owner lgwan-1 --role decrypt \
		    --stream soudan --digits "$DIGITS" >/dev/null
		seki-key show --trust trust | grep -q 'encrypted to'
		[ "$n" -lt 200 ]
	done
	[ "$n" -gt 5 ]
}

@test "a trust file in which decrypting and signing mix is refused" {
	local edit
	init >/dev/null
	made l.key
	add --digits "$DIGITS"
	cp -R trust good
	for edit in '.keys[3].roles = ["decrypt", "prepare"]' \
	    '.keys[3].algorithms = ["ecdsa-p256"]' \
	    '.keys[3].algorithms = ["ecdh-p256", "ecdsa-p256"]' \
	    '.keys[3].roles = ["prepare"]' '.keys[3].owner = "p-0001"' \
	    '.keys[0].algorithms = ["ecdh-p256"]' \
	    '.streams.soudan.recipients += .streams.soudan.recipients' \
	    '.streams.soudan.recipients += ["'"$(printf '0%.0s' $(seq 64))"'"]'; do
		rm -rf trust
		cp -R good trust
		mv trust/2.json trust/1.json
		rm -f trust/2.*
		first_version ".version = 1 | $edit" p-0001.key
		run --separate-stderr seki-key show --trust trust
		[ "$status" -eq 1 ] || { echo "$edit: $output"; false; }
		[[ "$stderr" == *": trust: "* ]]
	done
	rm -rf trust
	cp -R good trust
	mv trust/2.json trust/1.json
	rm -f trust/2.*
	first_version ".version = 1" p-0001.key
	seki-key show --trust trust >/dev/null
}

@test "carriers lets a stream go through a relay, and takes it back" {
	seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	pack() {
		rm -rf state
		run --separate-stderr seki-pack --trust trust --key inet-1.key \
		    --state state --audience lgwan-1 --carrier relay -o "$1" \
		    "$TOP/tests/data/root/one.jsonl"
	}
	pack a.xlsx
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: "*"go through a relay"*"seki-key carriers"* ]]
	run --separate-stderr seki-key carriers --trust trust \
	    --root-key p-0001.key --stream vector --carrier media,relay
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == *"version 2: bundles of stream vector may travel by media,relay."* ]]
	[[ $output == *"through a relay is not encrypted"* ]]
	pack a.xlsx
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	seki-verify -q --trust trust --audience lgwan-1 a.xlsx
	[ "$(jq -c '.streams["*"].carriers' trust/2.json)" = '["media"]' ]
	run seki-key carriers --trust trust --root-key p-0001.key \
	    --stream vector --carrier media,relay
	[ "$status" -eq 0 ]
	[[ $output == *"says this already"* ]]
	[ ! -e trust/3.json ]
	seki-key carriers --trust trust --root-key p-0001.key --stream vector \
	    --carrier media >/dev/null
	pack b.xlsx
	[ "$status" -eq 1 ]
	run seki-verify -q --trust trust --audience lgwan-1 a.xlsx
	[ "$status" -eq 1 ]
}

@test "carriers called the wrong way" {
	seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	for w in "--carrier media" "--stream s" "--stream s --carrier air" \
	    "--stream S --carrier media"; do
		# shellcheck disable=SC2086
		run seki-key carriers --trust trust --root-key p-0001.key $w
		[ "$status" -eq 64 ] || { echo "$w: $status $output"; false; }
	done
	run seki-key carriers --trust trust --root-key inet-1.key --stream s \
	    --carrier relay
	[ "$status" -eq 1 ]
	[ ! -e trust/2.json ]
}
