load helper

DATA=$TOP/tests/data/root
BAD="python3 $TOP/tests/badzip.py"
RESIGN="python3 $TOP/tests/resign.py"

# Keys, trust and one good bundle are made once for the whole file.
setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	two_sides
	pack every b.zip
}

# pack STREAM OUTPUT [OPTION...]
pack() {
	local stream=$DATA/$1.jsonl out=$2
	shift 2
	seki-pack -q --trust trust --key inet-1.key --state "sent-$out" \
	    --audience lgwan-1 --carrier media -o "$out" "$@" <"$stream" \
	    >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -R "$GOOD/trust" "$GOOD/inet-1.key" "$GOOD/b.zip" .
	touch ../started
}

verify() {
	run --separate-stderr timeout 5 seki-verify --trust trust \
	    --audience lgwan-1 "$@"
}

# refused STATUS REASON: what run got, and that nothing was left or changed.
refused() {
	[ "$status" -eq "$1" ] || { echo "$3: status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$3: $stderr"; false; }
	[ -z "$output" ] || { echo "$3: printed $output"; false; }
	unchanged "$3"
}

unchanged() {
	[ -z "$(find /var/tmp -maxdepth 1 -name 'seki.*' -newer ../started)" ] ||
	    { echo "$1: left a file"; false; }
	diff -r trust "$GOOD/trust"
}

# each PREFIX [STATUS REASON]: every archive of that family.
each() {
	local fault n=0
	for fault in $($BAD b.zip list | grep "^$1"); do
		$BAD b.zip "$fault" bad.zip
		SECONDS=0
		verify bad.zip
		refused "${2:-65}" "${3:-zip}" "$fault"
		[ "$SECONDS" -lt 3 ] || { echo "$fault: $SECONDS s"; false; }
		n=$((n + 1))
	done
	[ "$n" -gt 0 ]
}

@test "a good bundle: one line, and notes on what was not looked at" {
	verify b.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "${#lines[@]}" -eq 1 ]
	root=$(tail -1 "$DATA/every.jsonl" | jq -r .value.complete.root)
	[[ $output == "b.zip: ok: stream vector, seq 1, full, 2 records, 0 held, \
root $root, signed by inet-1 (prepare), created 20"* ]]
	[[ $stderr == *"one-person operation"* ]]
	[[ $stderr == *"--store"* ]]
	unchanged good
}

@test "--quiet leaves the notes out, --json says all of it" {
	verify -q b.zip
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	verify --json b.zip
	[ "$status" -eq 0 ]
	jq -e '.status == 0 and .reason == "ok" and .object == "b.zip" and
	    .seq == 1 and .records == 2 and .alone and (.ordered | not) and
	    .view and .signers == "inet-1 (prepare)"' <<<"$output"
	[ "$(jq -r .sha256 <<<"$output")" = "$(sha256sum b.zip | cut -c-64)" ]
	[ "$(jq -r .manifest <<<"$output")" = \
	    "$(unzip -p b.zip manifest.json | sha256sum | cut -c-64)" ]
}

@test "--json on failure: status, reason, object, message, hint" {
	$BAD b.zip z1-twice-good-last bad.zip
	verify --json bad.zip
	[ "$status" -eq 65 ]
	[ -z "$stderr" ]
	jq -e '.status == 65 and .reason == "zip" and .object == "bad.zip" and
	    .message == "entry listed twice: data/records.jsonl" and
	    .hint != ""' <<<"$output"
}

@test "Japanese, when nothing names a language; the reason word stays" {
	$BAD b.zip z1-twice-good-last bad.zip
	run --separate-stderr env -i PATH="$PATH" seki-verify --trust trust \
	    --audience lgwan-1 bad.zip
	[ "$status" -eq 65 ]
	[[ $stderr == *"bad.zip: zip: "* ]]
}

@test "one bad bundle is named, the good one still passes, the worst wins" {
	$BAD b.zip half bad.zip
	verify b.zip bad.zip nowhere.zip b.zip
	[ "$status" -eq 65 ]
	[ "$(grep -c '^b.zip: ok: ' <<<"$output")" -eq 2 ]
	[[ $stderr == *"seki-verify: bad.zip: zip: "* ]]
	[[ $stderr == *"seki-verify: nowhere.zip: file: "* ]]
}

@test "a full standard output is a failure" {
	run --separate-stderr bash -c 'seki-verify --trust trust \
	    --audience lgwan-1 b.zip >/dev/full'
	[ "$status" -eq 74 ]
}

@test "peers' bundles: what Python's zipfile wrote and openssl signed" {
	$RESIGN b.zip inet-1.key r.zip
	verify r.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
}

@test "Z1: an entry twice" {
	each z1
	[[ $stderr == *"entry listed twice: data/records.jsonl"* ]]
}

@test "Z2: names that climb, are absolute, empty, or not ours" {
	each z2
	[ ! -e x ] && [ ! -e ../x ] && [ ! -e /x ]
}

@test "Z3: local and central header disagree" {
	each z3
}

@test "Z4: entries overlap" {
	each z4
	[[ $stderr == *"overlap"* ]]
}

@test "Z5: bytes that belong to nobody" {
	each z5
}

@test "Z6: two archives, an end inside a comment" {
	each z6
	[[ $stderr == *"not where it must be"* ]]
}

@test "Z7: more and fewer bytes than stated, slack, a wrong CRC" {
	each z7
}

@test "Z8: bombs, stated and not, in bounded memory" {
	$BAD b.zip z8-bomb-understated bad.zip
	verify bad.zip
	refused 65 zip understated
	$BAD b.zip z8-9-gib-stated bad.zip
	verify bad.zip
	refused 65 limit stated
	$BAD b.zip z8-bomb-understated bad.zip
	run python3 "$TOP/tests/peak.py" seki-verify -q --trust trust \
	    --audience lgwan-1 bad.zip
	[ "${lines[-1]}" -lt 65536 ]
}

# bomb STATED: a signed bundle whose workbook has one part of zeros.
bomb() {
	unzip -p b.zip view/records.xlsx >view.xlsx
	python3 - "$1" "$2" <<-'END'
	import sys
	sys.path.insert(0, __import__("os").environ["TOP"] + "/tests")
	import badzip, zlib
	real, stated = int(sys.argv[1]) << 20, int(sys.argv[2]) << 20
	es = badzip.take_apart(open("view.xlsx", "rb").read())
	e = [e for e in es if b"worksheets/" in e.v["name"]][0]
	z = zlib.compressobj(9, zlib.DEFLATED, -15)
	crc, zero, out = 0, bytes(1 << 20), []
	for _ in range(real >> 20):
	    out.append(z.compress(zero))
	    crc = zlib.crc32(zero, crc)
	e.data = b"".join(out) + z.flush()
	e.both(packed=len(e.data), size=stated, crc=crc, method=8)
	open("bomb.xlsx", "wb").write(badzip.put_together(es))
	END
	$RESIGN b.zip inet-1.key bad.zip --file view/records.xlsx=bomb.xlsx
}

@test "Z8: a workbook's part of 300 MB and more, signed" {
	bomb 600 600
	verify bad.zip
	refused 65 limit "600 MiB, honest"
	bomb 300 1
	verify bad.zip
	refused 65 zip "300 MiB, stated as 1"
	run python3 "$TOP/tests/peak.py" seki-verify -q --trust trust \
	    --audience lgwan-1 bad.zip
	[ "${lines[-1]}" -lt 200000 ]
}

@test "Z9: a field that renames an entry" {
	each z9
	[[ $stderr == *"extra field not allowed"* ]]
}

@test "flags, types, methods, ZIP64, order of the first entry, cut files" {
	each flag-
	each type-
	each method-
	each manifest-
	each signature-
	each zip64-
	each two-disks
	each empty-
	each half
	each one-byte-short
}

@test "J1: a key twice, plainly and escaped, signed" {
	$RESIGN b.zip inet-1.key bad.zip --text \
	    't.replace(b"\"approval\"", b"\"approval\":{},\"approval\"", 1)'
	verify bad.zip
	refused 65 manifest plainly
	$RESIGN b.zip inet-1.key bad.zip --text \
	    't.replace(b"\"approval\"", b"\"\\u0061pproval\":{},\"approval\"", 1)'
	verify bad.zip
	refused 65 manifest escaped
}

@test "J2: a signed manifest that is not canonical" {
	local change
	for change in 't + b"\n"' 't + b"\0"' 'b"\xef\xbb\xbf" + t' \
	    't.replace(b":", b": ", 1)' 't.replace(b"\"seq\":1", b"\"seq\":1.0")' \
	    't.replace(b"\"seq\":1", b"\"seq\":1e0")' \
	    't.replace(b"\"seq\":1", b"\"seq\":01")' \
	    't.replace(b"seki-bundle/1", b"seki-bundle\\/1")' \
	    't.replace(b"vector", b"\\u0076ector", 1)' \
	    'b"{" + t[1:-1].split(b",\"audience\"")[1].join([b"\"audience\"", b","]) + t[1:].split(b",\"audience\"")[0] + b"}"'; do
		$RESIGN b.zip inet-1.key bad.zip --text "$change"
		verify bad.zip
		refused 65 manifest "$change"
	done
}

@test "a manifest of another format version, with an unknown key" {
	$RESIGN b.zip inet-1.key bad.zip --set 'format="seki-bundle/2"'
	verify bad.zip
	refused 65 manifest version
	$RESIGN b.zip inet-1.key bad.zip --set 'extra="x"'
	verify bad.zip
	refused 65 manifest unknown
}

@test "J3: a hundred thousand brackets, as manifest and as record" {
	$RESIGN b.zip inet-1.key bad.zip --text 'b"[" * 100000'
	verify bad.zip
	refused 65 limit manifest
	$RESIGN b.zip inet-1.key bad.zip --text 'b"[" * 60000'
	verify bad.zip
	refused 65 limit manifest
	$RESIGN b.zip inet-1.key bad.zip \
	    --file "data/records.jsonl=$DATA/bad-deep.jsonl"
	verify bad.zip
	refused 65 limit record
}

@test "J4: what is no Unicode text in a record, signed" {
	local why
	for why in surrogate nul overlong cut-utf8; do
		$RESIGN b.zip inet-1.key bad.zip \
		    --file "data/records.jsonl=$DATA/bad-$why.jsonl"
		verify bad.zip
		refused 65 record "$why"
		[[ $stderr == *"bad.zip: data/records.jsonl: record: line "* ]]
	done
}

@test "J5: the manifest counts other records than the file has" {
	$RESIGN b.zip inet-1.key bad.zip --set content.records=3
	verify bad.zip
	refused 1 content more
	[[ $stderr == *"3 records stated, 2 found"* ]]
	$RESIGN b.zip inet-1.key bad.zip --set 'content.root="'"$(
	    printf '7%.0s' $(seq 64))"'"'
	verify bad.zip
	refused 1 content root
}

@test "a stream without its proof inside a signed bundle" {
	$RESIGN b.zip inet-1.key bad.zip \
	    --file "data/records.jsonl=$DATA/bad-cut.jsonl"
	verify bad.zip
	refused 65 cut cut
}

@test "another source than the records say" {
	$RESIGN b.zip inet-1.key bad.zip --set 'source.app="8"'
	verify bad.zip
	refused 1 source app
}

# turn FILE ENTRY: one bit in the middle of its data, where it lies.
turn() {
	python3 - "$1" "$2" <<-'END'
	import sys
	sys.path.insert(0, __import__("os").environ["TOP"] + "/tests")
	import badzip
	b = bytearray(open(sys.argv[1], "rb").read())
	e = [e for e in badzip.take_apart(bytes(b))
	     if e.v["name"].decode().startswith(sys.argv[2])][0]
	at = b.index(e.data)
	at += e.data.index(b'"root":"') + 8 if b'"root":"' in e.data else \
	    len(e.data) // 2
	b[at] ^= 1
	open("bad.zip", "wb").write(b)
	END
}

@test "S1: one bit in manifest, signature, records, workbook" {
	turn b.zip manifest.json
	verify bad.zip
	refused 1 signature manifest
	turn b.zip sig/
	verify bad.zip
	[ "$status" -eq 1 ] || [ "$status" -eq 65 ]
	[[ $stderr == *": signature: sig/"* || $stderr == *": cms: sig/"* ]]
	turn b.zip data/records.jsonl
	verify bad.zip
	refused 1 digest records
	[[ $stderr == *"data/records.jsonl is not the signed one"* ]]
	[[ $stderr == *"seki-pack --resend 1"* ]]
	turn b.zip view/records.xlsx
	verify bad.zip
	refused 1 digest workbook
}

@test "S3: no signed attributes, in verify and import" {
	local at
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	sqlite3 town.db .dump >before
	$RESIGN b.zip inet-1.key no.zip --noattr
	# The attributes of the good signature are content that its value signs
	# too: RFC 5652 5.4 digests them as SET OF.  They are no manifest either,
	# which is what the answer is about.
	unzip -p b.zip 'sig/*' >good.p7s
	at=$(openssl asn1parse -inform DER -in good.p7s |
	    sed -n 's/^ *\([0-9]*\):d=5 .*cont \[ 0 \].*/\1/p' | head -1)
	[ -n "$at" ]
	python3 - "$at" <<-'END'
	import sys
	b = open("good.p7s", "rb").read()[int(sys.argv[1]):]
	n, head = (b[1], 2) if b[1] < 128 else (
	    int.from_bytes(b[2:2 + (b[1] & 127)], "big"), 2 + (b[1] & 127))
	open("attrs", "wb").write(b"\x31" + b[1:head + n])
	END
	$RESIGN b.zip inet-1.key swapped.zip --noattr \
	    --text 'open("attrs", "rb").read()'
	for at in "no 1 signature" "swapped 65 manifest"; do
		set -- $at
		verify "$1.zip"
		refused "$2" "$3" "$1"
		run --separate-stderr seki-import --trust trust \
		    --audience lgwan-1 --store town.db "$1.zip"
		refused "$2" "$3" "$1"
		sqlite3 town.db .dump | cmp - before
	done
}

@test "S6: the preparer's signature under another role's name is no approval" {
	$RESIGN b.zip inet-1.key r.zip --name sig/approve.0123456789abcdef.p7s
	verify r.zip
	[ "$status" -eq 0 ]
	[[ $output == *"signed by inet-1 (prepare)"* ]]
	$RESIGN b.zip inet-1.key bad.zip --as approve
	verify bad.zip
	refused 1 signature role
}

@test "S2: a signer whom the trust file does not know" {
	(mkdir other && cd other && two_sides)
	$RESIGN b.zip other/inet-1.key bad.zip
	verify bad.zip
	refused 1 signature stranger
}

@test "R7: manifest and signature of one bundle, payload of another" {
	(cd "$GOOD" && pack one "$BATS_TEST_TMPDIR/o.zip" --state "$BATS_TEST_TMPDIR/s")
	python3 - <<-'END'
	import zipfile
	with zipfile.ZipFile("b.zip") as a, zipfile.ZipFile("o.zip") as b, \
	    zipfile.ZipFile("bad.zip", "w") as out:
	    for i in a.infolist():
	        z = b if i.filename.startswith("data/") else a
	        out.writestr(i, z.read(i.filename))
	END
	verify bad.zip
	refused 1 digest payload
}

# rewrite FROM TO: view.xlsx out of the good one, a text in it replaced.
rewrite() {
	unzip -p b.zip view/records.xlsx >good.xlsx
	python3 - "$1" "$2" <<-'END'
	import sys, zipfile
	old, new = (t.encode() for t in sys.argv[1:])
	with zipfile.ZipFile("good.xlsx") as a, \
	    zipfile.ZipFile("view.xlsx", "w") as out:
	    n = 0
	    for i in a.infolist():
	        b = a.read(i.filename)
	        n += b.count(old)
	        out.writestr(i, b.replace(old, new))
	assert n > 0
	END
	$RESIGN b.zip inet-1.key bad.zip --file view/records.xlsx=view.xlsx
}

@test "X5: a signed workbook that shows other records" {
	rewrite 中央公園 中央公図
	verify bad.zip
	refused 1 view "a value"
	[[ $stderr == *"bad.zip: view/records.xlsx: view: "* ]]
	rewrite lgwan-1 lgwan-2
	verify bad.zip
	refused 1 view "the cover"
	seki-pack -q --trust trust --key inet-1.key --state s2 --audience \
	    lgwan-1 --carrier media -o o.zip <"$DATA/one.jsonl" >/dev/null
	unzip -p o.zip view/records.xlsx >view.xlsx
	$RESIGN b.zip inet-1.key bad.zip --file view/records.xlsx=view.xlsx
	verify bad.zip
	refused 1 view "another form"
}

@test "a bundle for another host, of another stream" {
	run --separate-stderr seki-verify --trust trust --audience lgwan-2 b.zip
	refused 1 audience host
	[[ $stderr == *"the bundle is for lgwan-1, this host is lgwan-2"* ]]
	verify --stream soudan b.zip
	refused 1 policy stream
	verify --stream vector b.zip
	[ "$status" -eq 0 ]
}

@test "no workbook is fine unless the policy wants one, and is said" {
	python3 - <<-'END'
	import json, zipfile
	with zipfile.ZipFile("b.zip") as a, zipfile.ZipFile("n.zip", "w") as out:
	    for i in a.infolist():
	        if i.filename == "view/records.xlsx":
	            continue
	        b = a.read(i.filename)
	        if i.filename == "manifest.json":
	            d = json.loads(b)
	            d["files"] = [f for f in d["files"] if f["role"] != "view"]
	            b = json.dumps(d)
	        out.writestr(i, b)
	END
	$RESIGN n.zip inet-1.key r.zip
	verify r.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"there is no workbook in it"* ]]
}

@test "dates: expired, not valid yet" {
	verify_at() {
		run --separate-stderr faketime "$1" seki-verify --trust trust \
		    --audience lgwan-1 b.zip
	}
	verify_at '+30 days'
	refused 1 expired expired
	verify_at '-2 hours'
	[ "$status" -eq 75 ]
	[[ $stderr == *": early: "* ]]
	verify_at '+1 hour'
	[ "$status" -eq 0 ]
}

@test "P1: link, FIFO, device, folder, socket, nothing: at once" {
	local f
	ln -s b.zip link.zip
	mkfifo fifo.zip
	python3 -c 'import socket as s; s.socket(s.AF_UNIX).bind("sock.zip")'
	mkdir dir.zip
	for f in link.zip fifo.zip sock.zip none.zip /dev/null; do
		SECONDS=0
		verify "$f"
		refused 74 file "$f"
		[ "$SECONDS" -lt 2 ]
	done
	# A folder may be what a relay delivered, unpacked.
	verify dir.zip
	refused 65 zip dir.zip
	ln -s dir.zip link
	verify link
	refused 74 file link
}

@test "P1: more than a bundle may be, and no right to read" {
	truncate -s $((2 * 1024 * 1024 * 1024 + 1)) big.zip
	verify big.zip
	refused 65 limit big
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	cp -R trust open && chmod -R go+rX open
	chmod 600 b.zip
	run --separate-stderr unprivileged "$BIN/seki-verify" --trust open \
	    --audience lgwan-1 b.zip
	[ "$status" -eq 77 ] || [ "$(id -u)" -ne 0 ]
}

@test "H1: a trust folder that others may write to" {
	chmod 777 trust
	verify b.zip
	[ "$status" -eq 78 ]
	[[ $stderr == *": unsafe: "* ]]
}

@test "H1: a file of the trust folder that others may write to, or a link" {
	local f
	echo "# none" >trust/deny
	chmod 644 trust/deny
	verify b.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	for f in trust/1.json trust/1.*.p7s trust/deny; do
		chmod 664 "$f"
		verify b.zip
		[ "$status" -eq 78 ] || { echo "$f: $stderr"; false; }
		[[ $stderr == *"$f: unsafe: "*"next: chmod go-w $f" ]] ||
		    { echo "$stderr"; false; }
		chmod 602 "$f"
		verify b.zip
		[ "$status" -eq 78 ] || { echo "$f: $stderr"; false; }
		chmod 644 "$f"
		mv "$f" kept && ln -s "$PWD/kept" "$f"
		verify b.zip
		[ "$status" -eq 74 ] || { echo "$f: $stderr"; false; }
		[[ $stderr == *"$f: file: a symbolic link"* ]] ||
		    { echo "$stderr"; false; }
		mv kept "$f"
	done
}

@test "H1: a file of the trust folder that belongs to another user" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	chown 65534 trust/1.json
	verify b.zip
	[ "$status" -eq 78 ] || { echo "$stderr"; false; }
	[[ $stderr == *"trust/1.json: unsafe: "*"next: as root: chown 0 "* ]] ||
	    { echo "$stderr"; false; }
}

# hint REASON COMMAND...: refused with that reason, and with a next step.
hint() {
	local want=$1
	shift
	run --separate-stderr "$@" --json
	[ "$(jq -r .reason <<<"$output")" = "$want" ] ||
	    { echo "not $want: $output"; false; }
	jq -e '.hint | length > 10' <<<"$output" >/dev/null ||
	    { echo "no next step: $output"; false; }
}

@test "every refusal says what to do next" {
	local all="--trust trust --audience lgwan-1" fault tool
	$BAD b.zip "$($BAD b.zip list | grep '^z1' | head -1)" zip.zip
	$RESIGN b.zip inet-1.key manifest.zip --set 'extra="x"'
	$RESIGN b.zip inet-1.key content.zip --set source.total=7
	$RESIGN b.zip inet-1.key source.zip --set 'source.app="8"'
	$RESIGN b.zip inet-1.key signature.zip --noattr
	$RESIGN b.zip inet-1.key epoch.zip --set epoch=2
	$RESIGN b.zip inet-1.key trust-old.zip --set trust=2
	$RESIGN b.zip inet-1.key trust.zip --set 'org="131041"'
	ln -s b.zip file.zip
	for tool in seki-verify "seki-import --store town.db"; do
		for fault in zip manifest content source signature \
		    epoch trust-old trust file; do
			hint $fault $tool $all $fault.zip
		done
		hint audience $tool --trust trust --audience lgwan-2 b.zip
		echo x >trust/deny
		hint config $tool $all b.zip
		mv trust/deny . && chmod 777 trust
		hint unsafe $tool $all b.zip
		chmod 755 trust && mv trust trust.away
		hint file $tool $all b.zip
		mkdir -m 755 trust
		hint config $tool $all b.zip
		cp trust.away/1.json trust
		hint trust $tool $all b.zip
		rm -r trust && mv trust.away trust
	done
}

@test "no trust folder, no store" {
	run --separate-stderr seki-verify --trust nowhere --audience lgwan-1 \
	    b.zip
	[ "$status" -ne 0 ]
	[ -z "$output" ]
	verify --store nowhere.db b.zip
	[ "$status" -ne 0 ]
	[ -z "$output" ]
	[ ! -e nowhere.db ]
}

sums() {
	find . -type f ! -name 'separate-stderr*' -exec sha256sum {} + | sort
}

@test "nothing changes: not the bundle, not the folder, not the store" {
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	sums >../before
	verify --store town.db b.zip
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == "b.zip: already: "* ]]
	[[ $stderr == *"imported on 20"* ]]
	sums | diff ../before -
	unchanged store
}

# seal OUTPUT STATE < stream: the tour's line.
seal() {
	seki-pack -q --trust trust --key inet-1.key --state "$2" --audience \
	    lgwan-1 --carrier media -o "$1" >/dev/null
}

@test "R1-R3: with the store, replay and fork are told from what is next" {
	seal 1.zip s <"$DATA/every.jsonl"
	seal 2.zip s <"$DATA/every.jsonl"
	seal 3.zip s <"$DATA/every.jsonl"
	seal other-1.zip t <"$DATA/every.jsonl"
	sed 's/中央公園/北公園/' "$DATA/every.jsonl" | grep -v '"STATE"' |
	    python3 "$TOP/tests/judge_root.py" --complete >changed.jsonl
	seal other-2.zip t <changed.jsonl
	seki-import -q --trust trust --audience lgwan-1 --store town.db 2.zip
	verify --store town.db 1.zip
	refused 1 replay "never imported, older"
	verify --store town.db 2.zip
	[ "$status" -eq 0 ]
	[[ $output == *": already: "* ]]
	verify --store town.db other-2.zip
	refused 1 fork "another bundle 2"
	verify --store town.db 3.zip
	[ "$status" -eq 0 ]
	[[ $output == "3.zip: ok: "* ]]
	[[ $stderr != *"--store"* ]]
	verify 1.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"order and replay were not looked at"* ]]
}

@test "H2: no value of a record in any message" {
	local f why
	for why in changed dropped surrogate number-form; do
		$RESIGN b.zip inet-1.key bad.zip \
		    --file "data/records.jsonl=$DATA/bad-$why.jsonl"
		verify -v bad.zip
		for f in $(jq -r 'select(.type == "RECORD") | .record["氏名"] // empty' \
		    "$DATA/order.jsonl"); do
			[[ $stderr != *"$f"* && $output != *"$f"* ]]
		done
	done
}

@test "called the wrong way" {
	run seki-verify b.zip
	[ "$status" -eq 64 ]
	run seki-verify --trust trust --audience lgwan-1
	[ "$status" -eq 64 ]
	verify --stroe x b.zip
	[ "$status" -eq 64 ]
	[[ $stderr == *"--store"* ]]
}

# What it does not link it does not load: that is most of a start-up.
@test "starts without ICU and HTTP" {
	run ! grep -E 'icu|curl|microhttpd' <(ldd "$BIN/seki-verify")
}
