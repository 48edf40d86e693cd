#!/usr/bin/env bats
# The second implementation of seki-bundle(5) and the openssl command judge
# manifests, signatures and bundles.
load helper

DATA=$TOP/tests/data/bundle

setup() {
	mkdir "$BATS_TEST_TMPDIR/w"
	cd "$BATS_TEST_TMPDIR/w"
}

judge() {
	python3 "$TOP/tests/judge_bundle.py" "$@"
}

@test "the judge takes the published vector" {
	run --separate-stderr judge --parts "$DATA/manifest.json" "$DATA/prepare.p7s" "$DATA/signer.der"
	[ "$status" -eq 0 ]
	[ "$output" = "prepare at 2026-04-01T00:15:00Z" ]
}

@test "the openssl command takes the published signature, and no other bytes" {
	openssl x509 -inform DER -in "$DATA/signer.der" -out signer.pem
	verify() {
		openssl cms -verify -cades -binary -inform DER \
		    -in "$DATA/prepare.p7s" -content "$1" -CAfile signer.pem \
		    -purpose any -attime 1775002500 -out /dev/null
	}
	run verify "$DATA/manifest.json"
	[ "$status" -eq 0 ]
	cp "$DATA/manifest.json" other
	printf x >>other
	run verify other
	[ "$status" -ne 0 ]
}

@test "the judge refuses what the library refuses" {
	local bad
	for bad in 's/"seq":2/"seq": 2/' 's/"seq":2/"seq":2.0/' \
	    's/"seq":2/"seq":1/' 's/"seq":2/"seq":0/' \
	    's/"seq":2/"seq":2,"seq":2/' 's/"seq":2/"seq":2,"seqq":2/' \
	    's/seki-bundle.1/seki-bundle\/2/' 's/012041/012042/' \
	    's/"held":3,//' 's/"test":true/"test":1/' \
	    's/"name":"data/"name":"..\/data/' 's/"of":1/"of":2/' \
	    's/"deletes":0/"deletes":1/' 's/"media"/"relay"/' \
	    's/"expires":"2026-04-15/"expires":"2026-04-01/' \
	    's/"recipients":\[\]/"recipients":["x"]/' \
	    's/lgwan-1/LGWAN/' 's/$/ /'; do
		sed "$bad" "$DATA/manifest.json" >bad.json
		! cmp -s bad.json "$DATA/manifest.json"
		run --separate-stderr judge --parts bad.json "$DATA/prepare.p7s" "$DATA/signer.der"
		[ "$status" -eq 1 ]
		# Refused for what it says, before any signature is looked at.
		[[ "$stderr" != *"signature"* ]] || { echo "$bad: $stderr"; false; }
	done
	cp "$DATA/manifest.json" other.json
	sed -i 's/"total":1237/"total":1238/' other.json
	run --separate-stderr judge --parts other.json "$DATA/prepare.p7s" "$DATA/signer.der"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"signature: message-digest"* ]]
}

@test "the judge takes a bundle that seki-pack made, and not a changed one" {
	two_sides
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip \
	    <"$TOP/tests/data/root/every.jsonl" >/dev/null
	run --separate-stderr judge b.zip trust
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "sig/prepare."*" prepare by inet-1 at "* ]]
	[[ "$output" == *"root "* ]]
	python3 - <<-'EOF'
		import zipfile
		with zipfile.ZipFile("b.zip") as a, \
		        zipfile.ZipFile("c.zip", "w") as b:
		    for i in a.infolist():
		        d = a.read(i)
		        if i.filename.startswith("data/"):
		            d = d.replace(b"RECORD", b"RECORT", 1)
		        b.writestr(i.filename, d)
	EOF
	run --separate-stderr judge c.zip trust
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"not the signed one"* ]]
}
