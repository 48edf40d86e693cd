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
