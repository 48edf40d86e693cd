#!/usr/bin/env bats
# Encrypted bundles: from the key of the importing host to its store, and
# whatever may be done to one on the way.
load helper

DATA=$TOP/tests/data/root
SEALED="python3 $TOP/tests/sealed.py"
RESIGN="python3 $TOP/tests/resign.py"

# digits CERT: the digits that its maker reads out.
digits() {
	python3 - "$1" <<-'EOF'
	import hashlib, subprocess, sys
	der = subprocess.run(["openssl", "x509", "-in", sys.argv[1], "-outform",
	                      "DER"], check=True, stdout=subprocess.PIPE).stdout
	d = hashlib.sha256(der).digest()
	print(" ".join("%05d" % (int.from_bytes(d[5 * i:5 * i + 5], "big") %
	                         100000) for i in range(6)))
	EOF
}

# add CERT OWNER STREAM [OPTION…]
add() {
	local cert=$1 owner=$2 stream=$3
	shift 3
	seki-key add --trust trust --root-key p-0001.key --certificate "$cert" \
	    --owner "$owner" --role decrypt --stream "$stream" \
	    --digits "$(digits "$cert")" "$@"
}

# pack STREAM OUTPUT [OPTION…]
pack() {
	local stream=$DATA/$1.jsonl out=$2
	shift 2
	seki-pack -q --trust trust --key inet-1.key --state "sent-$out" \
	    --audience lgwan-1 -o "$out" "$@" <"$stream" >/dev/null
}

# id KEY: of its certificate.
id() {
	openssl x509 -in "$1" -outform DER | sha256sum | cut -c1-64
}

setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	two_sides
	cp -R trust trust-1
	seki-key recipient --host lgwan-1 -o lgwan-1.key >/dev/null
	seki-key recipient --host stranger -o stranger.key >/dev/null
	openssl req -x509 -newkey rsa:3072 -nodes -keyout rsa.pem -subj \
	    /CN=lgwan-2 -days 300 -out lgwan-2.pem 2>/dev/null
	(umask 077 && cat rsa.pem lgwan-2.pem >lgwan-2.key)
	add lgwan-1.pem lgwan-1 vector >/dev/null
	add lgwan-2.pem lgwan-2 vector >/dev/null
	pack every b.zip
	tail -1 "$DATA/every.jsonl" | jq -r .value.complete.root >root
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -R "$GOOD"/. .
	touch ../started
}

teardown() {
	stop_all
}

verify() {
	run --separate-stderr timeout 20 seki-verify --trust trust \
	    --audience lgwan-1 --key "${KEY:-lgwan-1.key}" "$@"
}

import() {
	run --separate-stderr timeout 20 seki-import --trust trust \
	    --audience lgwan-1 --key "${KEY:-lgwan-1.key}" --store town.db "$@"
}

# refused STATUS REASON FILE [WORDS]: by verify and import alike, and nothing
# is left.
refused() {
	local tool
	for tool in verify import; do
		$tool "$3"
		[ "$status" -eq "$1" ] ||
		    { echo "$tool: status $status: $stderr"; false; }
		[[ $stderr == *": $2: "*"${4:-}"* ]] ||
		    { echo "$tool: $stderr"; false; }
		[ -z "$output" ] || { echo "$tool: printed $output"; false; }
		[ ! -e town.db ] ||
		    [ -z "$(sqlite3 town.db 'SELECT 1 FROM seki_bundle')" ]
		[ -z "$(find /var/tmp -maxdepth 1 -name 'seki.*' \
		    -newer ../started)" ] || { echo "left a file"; false; }
	done
}

# nowhere WORD PATH: the bytes are not there, nor in any file below.
nowhere() {
	if LC_ALL=C grep -rqaF -- "$1" "$2"; then
		echo "$1 is in $2"
		false
	fi
}

# inside NAME: what is in that envelope, into the folder in.
inside() {
	$SEALED open b.zip "$1" lgwan-1.key in.zip
	rm -rf in
	unzip -q in.zip -d in
}

# sealed_again NAME ENVELOPE [OPTION…]: b.zip with another envelope, signed
# anew, as bad.zip.
sealed_again() {
	local name=$1 envelope=$2
	shift 2
	$RESIGN b.zip inet-1.key bad.zip --file "$name=$envelope" "$@"
}

@test "two recipients open it, each with its own kind of key, and store the true root" {
	local key
	[ "$(unzip -Z1 b.zip | tail -n +3)" = "$(printf '%s\n' \
	    data/records.cms view/records.cms)" ]
	for key in lgwan-1 lgwan-2; do
		KEY=$key.key verify b.zip
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ $output == "b.zip: ok: stream vector, seq 1, full, 2 \
records, 0 held, root $(cat root), signed by inet-1"* ]]
		rm -f town.db*
		KEY=$key.key import b.zip
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ $output == *"root $(cat root)" ]]
	done
	[ "$(sqlite3 town.db 'SELECT lower(hex(root)) FROM seki_bundle')" = \
	    "$(cat root)" ]
	[ "$(sqlite3 town.db "SELECT json_extract(entry, '$.root') FROM \
seki_ledger WHERE entry LIKE '%\"import\"%'")" = "$(cat root)" ]
	# And out of it again: the records that went in.
	seki-export --store town.db --stream vector --format stream >out.jsonl
	[ "$(tail -1 out.jsonl | jq -r .value.complete.root)" = "$(cat root)" ]
	# Twice is harmless, and needs the key as the first time.
	import b.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
}

@test "the manifest says to whom, and not what" {
	local blinded
	$SEALED entry b.zip manifest.json >m.json
	[ "$(jq -r '.recipients[]' m.json)" = \
	    "$( (id lgwan-1.pem; id lgwan-2.pem) | sort)" ]
	blinded=$(jq -r .content.root m.json)
	[ "$blinded" != "$(cat root)" ]
	inside data/records.cms
	[ "$(unzip -Z1 in.zip | head -1)" = root ]
	[ "$(tail -c 32 in/root | xxd -p -c 32)" = "$(cat root)" ]
	[ "$( (printf '\003'; cat in/root) | sha256sum | cut -c1-64)" = "$blinded" ]
	cmp in/data/records.jsonl "$DATA/every.jsonl"
	[ $(($(stat -c %s in.zip) % 4096)) -eq 0 ]
	# The same records again are blinded anew.
	pack every c.zip
	[ "$($SEALED entry c.zip manifest.json | jq -r .content.root)" != "$blinded" ]
}

@test "the workbook inside is the one of a clear bundle" {
	inside view/records.cms
	seki-pack -q --trust trust-1 --key inet-1.key --state sent-clear \
	    --audience lgwan-1 -o clear.zip --created \
	    "$($SEALED entry b.zip manifest.json | jq -r .created)" \
	    <"$DATA/every.jsonl" >/dev/null
	$SEALED entry clear.zip view/records.xlsx >clear.xlsx
	cmp in/view/records.xlsx clear.xlsx
}

@test "seki-show needs no key, and says for whom it is" {
	run --separate-stderr seki-show b.zip
	[ "$status" -eq 0 ]
	[[ $output == *"encrypted: true"* ]]
	[[ $output == *"encrypted to: $(id lgwan-1.pem)"* ]]
	[[ $output != *"$(cat root)"* ]]
	run --separate-stderr seki-show --trust trust b.zip
	[[ $output == *"encrypted to: $(id lgwan-2.pem) lgwan-2"* ]]
	run --separate-stderr seki-verify --json --trust trust --audience \
	    lgwan-1 --key lgwan-1.key b.zip
	[ "$(jq -c '[.encrypted, .root]' <<<"$output")" = "[true,\"$(cat root)\"]" ]
	run --separate-stderr seki-show --json --trust trust b.zip
	[ "$(jq -r '.encrypted, (.recipients | length)' <<<"$output" | xargs)" = \
	    "true 2" ]
}

@test "what was planted in the records is nowhere in the file" {
	local word n=0 name
	jq -r '.. | strings' "$DATA/every.jsonl" | grep -E '^.{6,}$' | sort -u >words
	# That which the manifest says of source and form is no secret.
	$SEALED entry b.zip manifest.json >m.json
	while read -r word; do
		if grep -qF -- "$word" m.json; then continue; fi
		n=$((n + 1))
		nowhere "$word" b.zip
	done <words
	[ "$n" -gt 10 ]
	# Nor in the sender's folder.
	jq -r 'select(.type == "RECORD") | .record | .. | strings' \
	    "$DATA/every.jsonl" | grep -E '^.{6,}$' | sort -u >words
	while read -r word; do
		nowhere "$word" sent-b.zip
	done <words
	# By digest and root neither.
	for name in "$(cat root)" "$(sha256sum <"$DATA/every.jsonl" | cut -c1-64)"; do
		nowhere "$name" b.zip
	done
}

@test "another's key is not among the recipients; no key, none that can be read" {
	KEY=stranger.key refused 1 recipient b.zip "$(id lgwan-1.pem | cut -c1-16)"
	KEY=inet-1.key refused 1 recipient b.zip "inet-1"
	KEY=none.key refused 77 credentials b.zip
	KEY=lgwan-1.pem refused 78 unsafe b.zip
	chmod 600 lgwan-1.pem
	KEY=lgwan-1.pem refused 77 credentials b.zip
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 b.zip
	[ "$status" -eq 77 ]
	[[ $stderr == *": credentials: "*"--key FILE"*"(lgwan-1)"* ]]
	# A clear bundle does not ask for it.
	cp -R trust-1 clear
	seki-pack -q --trust clear --key inet-1.key --state sent-clear \
	    --audience lgwan-1 -o clear.zip <"$DATA/every.jsonl" >/dev/null
	seki-verify -q --trust clear --audience lgwan-1 --key none.key clear.zip
}

@test "a key that the trust file denies meanwhile still opens what it was for" {
	id lgwan-1.pem >trust/deny
	verify b.zip
	[ "$status" -eq 0 ]
	run --separate-stderr pack every d.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": revoked: "* ]]
}

@test "CBC, AES-128, SHA-1, another type: cms, whoever signed it" {
	inside data/records.cms
	cbc() { $SEALED make in.zip x.cms lgwan-1.pem lgwan-2.pem -- "$@"; }
	one() {
		sealed_again data/records.cms x.cms
		refused 65 cms bad.zip
	}
	cbc -binary -outform DER -aes-256-cbc
	one
	cbc -binary -outform DER -aes-128-gcm
	one
	cbc -binary -outform DER -aes-192-gcm
	one
	cbc -binary -outform DER -aes-256-gcm -stream
	one
	cbc -binary -outform DER -aes-256-gcm -wrap aes128-wrap
	one
	cbc -binary -outform PEM -aes-256-gcm
	one
	# SHA-1 in the derivation is what openssl does unless told.
	openssl cms -encrypt -binary -outform DER -aes-256-gcm -in in.zip \
	    -out x.cms -recip lgwan-1.pem -recip lgwan-2.pem -keyopt \
	    rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
	one
	openssl cms -encrypt -binary -outform DER -aes-256-gcm -in in.zip \
	    -out x.cms -recip lgwan-1.pem -keyopt ecdh_kdf_md:sha256 \
	    -recip lgwan-2.pem
	one
	openssl cms -data_create -binary -outform DER -in in.zip -out x.cms
	one
	cp in.zip x.cms
	one
	: >x.cms
	one
}

@test "what the openssl command encrypted is taken" {
	inside data/records.cms
	$SEALED make in.zip x.cms lgwan-1.pem lgwan-2.pem
	sealed_again data/records.cms x.cms
	local key
	for key in lgwan-1 lgwan-2; do
		KEY=$key.key verify bad.zip
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ $output == *"root $(cat root)"* ]]
	done
	$SEALED make in.zip x.cms lgwan-1.pem lgwan-2.pem -- -keyid -binary \
	    -outform DER -aes-256-gcm
	sealed_again data/records.cms x.cms
	for key in lgwan-1 lgwan-2; do
		KEY=$key.key verify bad.zip
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	done
}

@test "a flipped bit: the digest, and after signing anew the tag" {
	local at name
	for name in data/records.cms view/records.cms; do
		for at in -1 -18 -40 -4000; do
			$SEALED envelope b.zip $name x.cms
			$SEALED flip x.cms $at
			$RESIGN b.zip inet-1.key bad.zip --file $name=x.cms
			if [ $at = -18 ]; then
				refused 65 cms bad.zip
			else
				refused 1 digest bad.zip "tag"
			fi
		done
	done
	# Not signed anew: the CRC follows, the digest does not.
	python3 - <<-'EOF'
	import zipfile
	a, b = zipfile.ZipFile("b.zip"), zipfile.ZipFile("bad.zip", "w")
	for i in a.infolist():
	    data = bytearray(a.read(i))
	    if i.filename == "data/records.cms":
	        data[-1000] ^= 1
	    b.writestr(i, bytes(data))
	b.close()
	EOF
	refused 1 digest bad.zip "not the signed one"
}

@test "every byte before the content counts" {
	local at n
	# The wrapped keys of both, the point, the names, the algorithms.
	$SEALED envelope b.zip data/records.cms good.cms
	n=$(($(stat -c %s good.cms) - $(inside data/records.cms; stat -c %s in.zip) - 18))
	for at in $(seq 0 17 $((n - 1))) 9 $((n - 20)) $((n - 5)) $((n - 1)); do
		cp good.cms x.cms
		$SEALED flip x.cms "$at"
		sealed_again data/records.cms x.cms
		KEY=lgwan-1.key verify bad.zip
		one=$status
		KEY=lgwan-2.key verify bad.zip
		# One bit of the other's part may stay unseen; never by both.
		[ "$one" -ne 0 ] || [ "$status" -ne 0 ] ||
		    { echo "byte $at of $n"; false; }
		[[ $stderr != *": bug: "* ]]
	done
}

@test "cut short: zip, and after signing anew cms" {
	head -c 9000 b.zip >bad.zip
	refused 65 zip bad.zip
	local n
	for n in 1 17 19 100 4000; do
		$SEALED envelope b.zip data/records.cms x.cms
		truncate -s "-$n" x.cms
		sealed_again data/records.cms x.cms
		refused 65 cms bad.zip
	done
	printf x >>x.cms
	sealed_again data/records.cms x.cms
	refused 65 cms bad.zip
}

@test "sent on to other recipients: signature; signed anew: counts differ" {
	local other
	other=$(id stranger.pem)
	python3 - "$other" <<-'EOF'
	import json, sys, zipfile
	a, b = zipfile.ZipFile("b.zip"), zipfile.ZipFile("bad.zip", "w")
	for i in a.infolist():
	    data = a.read(i)
	    if i.filename == "manifest.json":
	        m = json.loads(data)
	        m["recipients"] = sorted(m["recipients"] + [sys.argv[1]])
	        data = json.dumps(m, sort_keys=True, ensure_ascii=False,
	                          separators=(",", ":")).encode()
	    b.writestr(i, data)
	b.close()
	EOF
	refused 1 signature bad.zip
	$RESIGN b.zip inet-1.key bad.zip --set \
	    "recipients=$( (echo "$other"; id lgwan-1.pem; id lgwan-2.pem) |
	    sort | jq -R . | jq -sc .)"
	refused 65 cms bad.zip
	$RESIGN b.zip inet-1.key bad.zip --set \
	    "recipients=$( (echo "$other"; id lgwan-1.pem) | sort | jq -R . |
	    jq -sc .)"
	KEY=stranger.key refused 1 recipient bad.zip "though the manifest says so"
}

@test "another blind, another root, none" {
	inside data/records.cms
	local records=in/data/records.jsonl
	again() {
		$SEALED zip x.zip "$@"
		$SEALED make x.zip x.cms lgwan-1.pem lgwan-2.pem
		sealed_again data/records.cms x.cms
	}
	again root=in/root data/records.jsonl=$records
	verify bad.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	cp in/root other
	$SEALED flip other 0
	again root=other data/records.jsonl=$records
	refused 1 content bad.zip "blinded"
	cp in/root other
	$SEALED flip other 40
	again root=other data/records.jsonl=$records
	refused 1 content bad.zip "blinded"
	# A root that is blinded as stated, but not that of the records.
	$RESIGN b.zip inet-1.key b2.zip --set "content.root=\"$( (printf '\003'
	    cat other) | sha256sum | cut -c1-64)\""
	$RESIGN b2.zip inet-1.key bad.zip --file data/records.cms=x.cms
	refused 1 content bad.zip "content root"
	again data/records.jsonl=$records root=in/root
	refused 65 zip bad.zip
	again data/records.jsonl=$records
	refused 65 zip bad.zip
	again root=in/root
	refused 65 zip bad.zip
	head -c 63 in/root >other
	again root=other data/records.jsonl=$records
	refused 65 zip bad.zip
	again root=in/root data/records.jsonl=$records x=in/root
	refused 65 zip bad.zip
	again root=in/root data/records.jsonl=$records view/records.xlsx=in/root
	refused 65 zip bad.zip
}

@test "records and workbook of different bundles" {
	pack one o.zip
	$SEALED envelope o.zip view/records.cms x.cms
	sealed_again view/records.cms x.cms
	refused 1 view bad.zip
	$SEALED envelope o.zip data/records.cms x.cms
	sealed_again data/records.cms x.cms
	refused 1 content bad.zip
	# An envelope in the other's place.
	$SEALED envelope b.zip view/records.cms x.cms
	sealed_again data/records.cms x.cms
	refused 65 zip bad.zip
}

@test "where recipients are named a clear bundle is refused on both sides" {
	seki-pack -q --trust trust-1 --key inet-1.key --state sent-clear \
	    --audience lgwan-1 -o clear.zip <"$DATA/every.jsonl" >/dev/null
	verify clear.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: "*"in the clear"* ]]
	import clear.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": policy: "* ]]
	# Packing always encrypts, so the sender makes none; the same state and
	# records do not bring the clear one back either.
	seki-pack -q --trust trust --key inet-1.key --state sent-clear \
	    --audience lgwan-1 -o new.zip <"$DATA/every.jsonl" >/dev/null
	[ "$($SEALED entry new.zip manifest.json | jq -r '.seq, (.recipients | length)' | xargs)" = "2 2" ]
}

@test "the outbox: the same bytes again, the same records again" {
	seki-pack -q --state sent-b.zip --stream vector --resend 1 -o again.zip
	cmp b.zip again.zip
	[ "$(seki-pack --state sent-b.zip --list | cut -f7)" = "$(cat root)" ]
	# A run that is repeated uses no second number.
	run --separate-stderr seki-pack --trust trust --key inet-1.key --state \
	    sent-b.zip --audience lgwan-1 -o b.zip <"$DATA/every.jsonl"
	[ "$status" -eq 0 ]
	[[ $stderr == *"no new one was made"* ]]
	cmp b.zip again.zip
	[ "$(seki-pack --state sent-b.zip --list | wc -l)" -eq 1 ]
	# To one more key it is another bundle.
	add stranger.pem stranger vector >/dev/null
	run --separate-stderr seki-pack --trust trust --key inet-1.key --state \
	    sent-b.zip --audience lgwan-1 -o more.zip <"$DATA/every.jsonl"
	[ "$status" -eq 0 ]
	[ "$(seki-pack --state sent-b.zip --list | wc -l)" -eq 2 ]
}

@test "withdrawn and packed again with the same records: taken as before" {
	import b.zip
	[ "$status" -eq 0 ]
	seki-pack -q --state sent-b.zip --stream vector --withdraw 1 >/dev/null
	seki-pack -q --trust trust --key inet-1.key --state sent-b.zip \
	    --audience lgwan-1 -o twin.zip <"$DATA/every.jsonl" >/dev/null
	! cmp -s b.zip twin.zip || false
	import twin.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == *": already: "* ]]
	# With other records it stays a fork.
	pack one fork.zip
	import fork.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": fork: "* ]]
}

@test "a delta behind a full bundle, and the next one behind a twin" {
	local mk="python3 $TOP/tests/mkstream.py" n
	add lgwan-1.pem lgwan-1 soudan >/dev/null
	send() {
		seki-pack -q --trust trust --key inet-1.key --state sent \
		    --audience lgwan-1 --bookmarks marks -o "$@" >/dev/null
	}
	$mk 1=a 2=b >full
	send 1.zip full
	import 1.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	seki-pack -q --state sent --stream soudan --withdraw 1 >/dev/null
	send 1b.zip full
	import 1b.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == *": already: "* ]]
	$mk -b marks 1- 2=c 3=d >delta
	send 2.zip delta
	verify --store town.db 2.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	import 2.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	# What stands is what a full bundle of it would say.
	$mk 2=c 3=d >now
	n=$(tail -1 now | jq -r .value.complete.root)
	[[ $output == *"now 2 records, 0 held, root $n" ]]
	# The withdrawn one now is an older one, told by its root.
	import 1.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	send 3.zip full
	import 3.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
}

@test "--recipient: named in the trust file, or refused" {
	add stranger.pem stranger other >/dev/null
	run --separate-stderr pack every x.zip --recipient "$(id stranger.pem)"
	[ "$status" -eq 1 ]
	[[ $stderr == *": trust: "*"not for this stream"* ]]
	add stranger.pem stranger vector >/dev/null
	pack every x.zip --recipient "$(id stranger.pem | cut -c1-16)"
	[ "$($SEALED entry x.zip manifest.json | jq '.recipients | length')" -eq 3 ]
	KEY=stranger.key verify x.zip
	[ "$status" -eq 0 ]
	run --separate-stderr pack every y.zip --recipient "$(id inet-1.key)"
	[ "$status" -eq 1 ]
	[[ $stderr == *": trust: "*"role decrypt"* ]]
	run --separate-stderr pack every y.zip --recipient 0123456789abcdef
	[ "$status" -eq 1 ]
	[[ $stderr == *": trust: "*"no key"* ]]
	[ ! -e y.zip ]
	# For a host that could not open it.
	seki-key recipient --host lgwan-3 -o lgwan-3.key >/dev/null
	add lgwan-3.pem lgwan-3 elsewhere >/dev/null
	run --separate-stderr pack every y.zip --audience lgwan-3
	[ "$status" -eq 1 ]
	[[ $stderr == *": audience: "*"lgwan-3"* ]]
}

@test "attachments travel inside, and neither name nor size nor number is seen" {
	python3 "$TOP/tests/mkattach.py" "$TOP/tests/data/record-api-samples" app
	(umask 077 && echo planted-token-16180339 >token)
	start_cloud --token-file token --app 1 --load app/full
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream shuzen --attachments spool >raw.jsonl
	add lgwan-1.pem lgwan-1 shuzen >/dev/null
	seki-pack -q --trust trust --key inet-1.key --state sent --audience \
	    lgwan-1 --attachments spool --scan-override made-up --by p-0001 \
	    -o s.zip <raw.jsonl >/dev/null
	stop_all
	[ "$(unzip -Z1 s.zip | tail -n +3 | xargs)" = \
	    "data/records.cms view/records.cms att/files.cms" ]
	(cd app/full/files && sha256sum ./* | cut -c1-64 | sort -u) >digests
	local d
	while read -r d; do
		# Of nothing, which is also the digest of no query.
		[ "$d" != "$(sha256sum </dev/null | cut -c1-64)" ] || continue
		nowhere "$d" s.zip
	done <digests
	verify s.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	import s.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	(cd town.db.att && find . -type f ! -name index ! -name lock) |
	    sed 's#.*/##' | sort | cmp - digests
	(cd town.db.att && sha256sum $(cat ../digests)) |
	    awk '$1 != $2 { exit 1 }'
	# One that is lost is brought back by the same bundle.
	rm "town.db.att/$(head -1 digests)"
	import s.zip
	[ "$status" -eq 0 ]
	[ -f "town.db.att/$(head -1 digests)" ]
	# One less, one more, one of other bytes.
	$SEALED open s.zip att/files.cms lgwan-1.key in.zip
	mkdir in
	(cd in && unzip -q ../in.zip)
	local all=()
	for d in $(cat digests); do all+=("att/$d=in/att/$d"); done
	again() {
		rm -rf town.db*
		$SEALED zip x.zip "$@"
		$SEALED make x.zip x.cms lgwan-1.pem
		$RESIGN s.zip inet-1.key bad.zip --file att/files.cms=x.cms
	}
	again "${all[@]}"
	verify bad.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	again "${all[@]:1}"
	refused 1 content bad.zip
	again "${all[@]}" "att/$(sha256sum <root | cut -c1-64)=root"
	refused 1 content bad.zip
	again "${all[@]}" "att/$(cat root)=root"
	refused 1 digest bad.zip
	again "${all[@]}" "att/readme=root"
	refused 65 zip bad.zip
	printf x >>"in/att/$(tail -1 digests)"
	again "${all[@]}"
	refused 1 digest bad.zip
	$SEALED flip "in/att/$(head -1 digests)" 0
	truncate -s -1 "in/att/$(tail -1 digests)"
	again "${all[@]}"
	refused 1 digest bad.zip
}
@test "memory does not grow with the records" {
	local n
	(umask 077 && echo planted-token-16180339 >token)
	add lgwan-1.pem lgwan-1 kifu >/dev/null
	for n in 2000 20000; do
		start_cloud --generate "kifu:$n" --seed 1 --token-file token
		seki-pull -q --base-url "$URL" --app 1 --token-file token \
		    --stream kifu >raw
		stop_all
		rm -rf sent town.db* b.zip
		python3 "$TOP/tests/peak.py" seki-pack -q --trust trust --key \
		    inet-1.key --state sent --audience lgwan-1 -o b.zip raw \
		    >peak.$n
		python3 "$TOP/tests/peak.py" seki-verify -q --trust trust \
		    --audience lgwan-1 --key lgwan-1.key b.zip >>peak.$n
		python3 "$TOP/tests/peak.py" seki-import -q --trust trust \
		    --audience lgwan-1 --key lgwan-1.key --store town.db \
		    b.zip >>peak.$n
		# And under a ceiling of all it may take, which does not move.
		bash -c 'ulimit -v 700000; "$@"' - seki-verify -q --trust trust \
		    --audience lgwan-1 --key lgwan-1.key b.zip
		rm -rf sent b2.zip
		bash -c 'ulimit -v 900000; "$@"' - seki-pack -q --trust trust \
		    --key inet-1.key --state sent --audience lgwan-1 \
		    -o b2.zip raw >/dev/null
	done
	paste peak.2000 peak.20000
	paste peak.2000 peak.20000 |
	    awk '{ if ($2 > 1.5 * $1) bad = 1 } END { exit bad }'
}

@test "killed before any call, it leaves nothing in the clear and goes on" {
	local n=0
	jq -r 'select(.type == "RECORD") | .record | .. | strings' \
	    "$DATA/every.jsonl" | grep -E '^.{8,}$' | sort -u >words
	[ "$(wc -l <words)" -gt 5 ]
	status=137
	until [ "$status" -ne 137 ]; do
		n=$((n + 4))
		rm -rf sent kill.zip
		run python3 "$TOP/tests/killat.py" $n "$BIN/seki-pack" -q \
		    --trust trust --key inet-1.key --state sent --audience \
		    lgwan-1 -o kill.zip "$DATA/every.jsonl"
		[ ! -d sent ] || ! LC_ALL=C grep -rqaFf words sent || false
		[ ! -e kill.zip ] || seki-verify -q --trust trust \
		    --audience lgwan-1 --key lgwan-1.key kill.zip
		[ "$status" -ne 137 ] || seki-pack -q --trust trust \
		    --key inet-1.key --state sent --audience lgwan-1 \
		    -o kill.zip "$DATA/every.jsonl" >/dev/null
		seki-verify -q --trust trust --audience lgwan-1 \
		    --key lgwan-1.key kill.zip
		[ "$n" -lt 1000 ]
	done
	[ "$status" -eq 0 ]
	[ "$n" -gt 20 ]
}
