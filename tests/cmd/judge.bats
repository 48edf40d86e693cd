#!/usr/bin/env bats
# The second implementations of seki-bundle(5) and seki-workbook(5) and the
# openssl command judge manifests, signatures, bundles and their workbooks.
load helper

DATA=$TOP/tests/data/bundle

setup() {
	mkdir "$BATS_TEST_TMPDIR/w"
	cd "$BATS_TEST_TMPDIR/w"
}

teardown() {
	stop_all
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
		! cmp -s bad.json "$DATA/manifest.json" || false
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

view() {
	python3 "$TOP/tests/judge_view.py" "$@"
}

# pack STREAM.jsonl BUNDLE.zip [OPTION…]: as a stream of its own
pack() {
	local from=$1 to=$2
	shift 2
	seki-pack --trust trust --key inet-1.key --state "sent.$to" \
	    --audience lgwan-1 --carrier media --max-held 1000000 "$@" \
	    -o "$to" <"$from" >/dev/null
}

@test "the published workbook is what both implementations make" {
	# The first one: test_sheet_look.
	view --sums "$TOP/tests/data/view/records.jsonl" \
	    "$TOP/tests/data/view/manifest.json" >sums
	diff sums "$TOP/tests/data/view/parts.sha256"
	python3 "$TOP/tests/mkview.py" .
	for f in records.jsonl manifest.json parts.sha256; do
		cmp $f "$TOP/tests/data/view/$f"
	done
}

@test "the second implementation makes the workbooks that seki-pack makes" {
	two_sides
	python3 "$TOP/tests/judge_workbook.py" --make |
	    python3 "$TOP/tests/judge_root.py" --complete >hard.jsonl
	pack hard.jsonl hard.zip --title '2026 "<&>" 年度'
	cp "$TOP"/tests/data/root/{every,names,held,key,empty}.jsonl .
	for s in hard every names held key empty; do
		[ -f $s.zip ] || pack $s.jsonl $s.zip
		run -0 --separate-stderr view $s.zip
		[[ "$output" == *" parts, 0 differ" ]]
	done
	# One part, as people look at it.
	view --part xl/styles.xml hard.zip >styles.xml
	unzip -qo hard.zip view/records.xlsx
	unzip -p view/records.xlsx xl/styles.xml | cmp - styles.xml
}

@test "the second implementation sees a changed workbook" {
	two_sides
	pack "$TOP/tests/data/root/every.jsonl" b.zip
	python3 - <<-'EOF'
		import io, zipfile
		a = zipfile.ZipFile("b.zip")
		view = zipfile.ZipFile(io.BytesIO(a.read("view/records.xlsx")))
		out = io.BytesIO()
		with zipfile.ZipFile(out, "w") as b:
		    for n in view.namelist():
		        d = view.read(n)
		        if n == "xl/styles.xml":
		            d = d.replace(b"0.00", b"0.10", 1)
		        if n != "docProps/app.xml":
		            b.writestr(n, d)
		    b.writestr("xl/comments1.xml", "<x/>")
		with zipfile.ZipFile("c.zip", "w") as c:
		    for n in a.namelist():
		        c.writestr(n, out.getvalue() if n.startswith("view/")
		                   else a.read(n))
	EOF
	run --separate-stderr view c.zip
	[ "$status" -eq 1 ]
	[[ "$output" == *" parts, 3 differ" ]]
	[[ "$stderr" == *"docProps/app.xml is missing"* ]]
	[[ "$stderr" == *"xl/comments1.xml is one too many"* ]]
	[[ "$stderr" == *"xl/styles.xml: differs at byte "* ]]
}

@test "and makes the workbook of 2,000 records of an app" {
	two_sides
	(umask 077 && echo tokentoken >token)
	start_cloud --generate soudan:2000 --seed 1 --token-file token
	seki-pull --base-url "$URL" --app 1 --token-file token \
	    --stream soudan >soudan.jsonl
	pack soudan.jsonl soudan.zip
	run -0 --separate-stderr view soudan.zip
	[[ "$output" == *" parts, 0 differ" ]]
}

@test "and that of more records than a sheet holds" {
	two_sides
	python3 - <<-'EOF' | python3 "$TOP/tests/judge_root.py" --complete >big.jsonl
		import json
		p = {c: {"type": ["null", "string"], "x-seki": {
		    "type": t, "code": c, "label": c, "index": i}}
		    for i, (c, t) in enumerate([("$id", "__ID__"),
		                                ("n", "NUMBER")])}
		print(json.dumps({"type": "SCHEMA", "stream": "big",
		    "key_properties": ["$id"], "schema": {"type": "object",
		    "properties": p, "x-seki": {"source": {"system": "kintone",
		    "domain": "example.cybozu.com", "app": "1"}}}}))
		for i in range(1, 65003):
		    print(json.dumps({"type": "RECORD", "stream": "big",
		        "record": {"$id": str(i),
		                   "n": "123456789012" if i == 65002 else str(i)}}))
	EOF
	pack big.jsonl big.zip
	run -0 --separate-stderr view big.zip
	[ "$output" = "11 parts, 0 differ" ]
	# The second sheet is wider than the first.
	view --part xl/worksheets/sheet2.xml big.zip >2
	view --part xl/worksheets/sheet4.xml big.zip >4
	grep -q 'max="2" width="8\.' 2
	grep -q 'max="2" width="15\.' 4
}

@test "the judge opens the published encrypted bundle with either key" {
	local k root
	root=$(tail -1 "$TOP/tests/data/root/every.jsonl" | jq -r .value.complete.root)
	for k in ec rsa; do
		run --separate-stderr judge "$DATA/sealed/b.zip" \
		    "$DATA/sealed/trust" "$DATA/sealed/$k.key"
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ "$output" == *"opened, root $root"* ]]
	done
	# Without a key the form is judged all the same.
	run --separate-stderr judge "$DATA/sealed/b.zip" "$DATA/sealed/trust"
	[ "$status" -eq 0 ]
	[[ "$output" != *"$root"* ]]
}

@test "the judge opens what seki-pack encrypts now, attachments too" {
	seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	python3 "$TOP/tests/mkattach.py" "$TOP/tests/data/record-api-samples" app
	(umask 077 && echo planted-token-16180339 >token)
	start_cloud --token-file token --app 1 --load app/full
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream shuzen --attachments spool >raw.jsonl
	seki-key recipient --host lgwan-1 -o l.key --json >made
	seki-key add --trust trust --root-key p-0001.key --certificate l.pem \
	    --owner lgwan-1 --role decrypt --stream '*' \
	    --digits "$(jq -r .digits made)" >/dev/null
	seki-pack -q --trust trust --key inet-1.key --state sent --audience \
	    lgwan-1 --attachments spool --scan-override made-up --by p-0001 \
	    -o s.zip raw.jsonl >/dev/null
	run --separate-stderr judge s.zip trust l.key
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ "$output" == *"opened, root $(tail -1 raw.jsonl | jq -r .value.complete.root)"* ]]
	seki-key recipient --host lgwan-2 -o o.key >/dev/null
	run --separate-stderr judge s.zip trust o.key
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"recipients"* ]]
}
