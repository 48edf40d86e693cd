#!/usr/bin/env bats
# What an attacker got past the relay, encrypted bundles and the worker once.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	seki-key init --relay --trust trust --org 012041 --host inet-1 >/dev/null
}
pack() {
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media "$@"
}
import() {
	seki-import -q --trust trust --audience lgwan-1 --store town.db "$@"
}
# stream NAME VALUE: three records of the stream NAME.
stream() {
	sed "s/\"vector\"/\"$1\"/; s/九/$2/" "$TOP/tests/data/root/order.jsonl" |
	    sed '$d' | python3 "$TOP/tests/judge_root.py" --complete
}
digest() {
	unzip -p "$1" manifest.json | sha256sum | cut -c1-64
}
# claim BUNDLE OUT OTHER: signed anew, as if it were OTHER once more.
claim() {
	python3 "$TOP/tests/resign.py" "$1" inet-1.key "$2" \
	    --drop view/records.xlsx \
	    --set notes="{\"reissue\":\"$(digest "$3")\"}"
}

@test "a note does not make other records the same bundle" {
	stream vector 九 | pack -o 1.zip >/dev/null
	sleep 1
	stream vector 真 | pack -o 2.zip >/dev/null
	cp -r sent other
	seki-pack -q --state other --stream vector --withdraw 2 >/dev/null
	stream vector 偽 | pack --state other -o forged.zip >/dev/null
	claim forged.zip claims.zip 2.zip
	import 1.zip
	import claims.zip
	run import 2.zip
	[ "$status" -eq 1 ]
	[[ "$output" == *"fork: two bundles claim seq 2"* ]]
	# What is the same is the same, in any order and as often as one likes.
	rm town.db
	claim 2.zip same.zip 2.zip
	import 1.zip
	for b in same.zip 2.zip same.zip 2.zip; do
		import "$b"
	done
	[ "$(sqlite3 town.db 'SELECT count(*) FROM seki_bundle')" -eq 2 ]
}

@test "a note does not keep another stream's bundle out" {
	stream vector 九 | pack -o v.zip >/dev/null
	stream teate 九 | pack -o t.zip >/dev/null
	claim v.zip claims.zip t.zip
	import claims.zip
	run import t.zip
	[ "$status" -eq 0 ]
	[[ "$output" == *"ok: stream teate, seq 1, 3 records"* ]]
	# Nor does it break the other stream's own twin.
	rm town.db
	claim t.zip twin.zip t.zip
	claim v.zip claims.zip twin.zip
	import claims.zip
	import t.zip
	run import twin.zip
	[ "$status" -eq 0 ]
	[[ "$output" == *already* ]]
	import --json t.zip
}

# attached NAME: packed for the relay as NAME, two records with an attachment.
attached() {
	python3 - >att.jsonl <<-'PY'
	import hashlib, json, os
	os.makedirs("spool", 0o700, exist_ok=True)
	kinds = [("$id", "__ID__"), ("添付", "FILE")]
	props = {c: {"x-seki": {"type": k, "code": c, "label": c, "index": i},
	             "type": "array" if k == "FILE" else "string"}
	         for i, (c, k) in enumerate(kinds)}
	print(json.dumps({"type": "SCHEMA", "stream": "att",
	    "key_properties": ["$id"], "schema": {"type": "object",
	    "properties": props, "x-seki": {"source": {"system": "kintone",
	    "domain": "example.cybozu.com", "app": "8"}}}}))
	for key, data in ("1", b"one\n"), ("2", b"two\n"):
	    name = hashlib.sha256(data).hexdigest()
	    with open(os.open("spool/" + name, os.O_WRONLY | os.O_CREAT, 0o600),
	              "wb") as f:
	        f.write(data)
	    print(json.dumps({"type": "RECORD", "stream": "att", "record": {
	        "$id": key, "添付": [{"name": key + ".txt", "size": "4",
	        "contentType": "text/plain", "sha256": name}]}}))
	PY
	python3 "$TOP/tests/judge_root.py" --complete <att.jsonl |
	    sed 's/"source":{}}}}/"source":{"attachments":"all"}}}}/' |
	    pack --carrier relay --attachments spool -o "$1" >/dev/null
}
# sanitised TO TEXT: unpacked into TO, and record 2's file made anew.
sanitised() {
	mkdir "$1"
	(cd "$1" && unzip -q ../att.zip)
	echo "$2" >"$(grep -lx two "$1"/*.txt)"
}

@test "what came back changed once more is not let pass by that" {
	attached att.zip
	sanitised a first
	sanitised b second
	for why in $'two\nlines' $'\e[31mred' "$(printf '%600s' x)"; do
		run import --accept-attachments "$why" --by kacho a
		[ "$status" -eq 64 ]
	done
	# The ledger keeps both words for good.
	for why in "個人番号 1234 5678 9018 の方" "見た"; do
		run import --accept-attachments "$why" \
		    --by "課長 マイナンバー 123456789018" a
		[ "$status" -eq 64 ]
		[[ "$output" == *"the number of a person must not stand here"* ]]
		[[ "$output" != *5678* ]]
	done
	[ ! -e town.db ] || [ "$(sqlite3 town.db \
	    'SELECT count(*) FROM seki_bundle')" -eq 0 ]
	import --accept-attachments sanitised --by kacho a
	ls town.db.att >before
	import --accept-attachments again --by other b
	ls town.db.att | cmp - before
	# What was taken comes back, anything else does not.
	gone=$(grep -lx first town.db.att/*)
	rm "$gone"
	run import --accept-attachments again --by other b
	[ "$status" -eq 1 ]
	[[ "$output" == *"digest: "*"came back changed in another way"* ]]
	[[ "$output" == *"next: give the file that was taken then"* ]]
	import --accept-attachments again --by other a
	ls town.db.att | cmp - before
}

# encrypt STREAM: bundles of it are encrypted to lgwan-1.
encrypt() {
	local digits
	seki-key recipient --host lgwan-1 -o lgwan-1.key >/dev/null
	digits=$(openssl x509 -in lgwan-1.pem -outform DER | sha256sum |
	    cut -c1-60 | fold -w10 | while read -r h; do
		printf '%05d' $((0x$h % 100000))
	done)
	seki-key add --trust trust --root-key p-0001.key --owner lgwan-1 \
	    --certificate lgwan-1.pem --role decrypt --stream "$1" \
	    --digits "$digits" >/dev/null
}

@test "nothing goes in the clear that was to be encrypted" {
	encrypt vector
	key=$(openssl x509 -in lgwan-1.pem -outform DER | sha256sum | cut -c1-64)
	# A relay carries nothing encrypted: asked for, it is refused.
	stream vector 九 >v.jsonl
	run pack --carrier relay --recipient "$key" -o x.xlsx v.jsonl
	[ "$status" -eq 64 ]
	[ ! -e x.xlsx ]
	# Not asked for, it is said.
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay -o x.xlsx v.jsonl 2>said >/dev/null
	grep -q 'anybody can read it: bundles of stream vector' said
	seki-key show --trust trust |
	    grep -q 'vector .*encrypted on media, not through a relay'
	# Once more, for media: to the same keys as any other bundle.
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --stream vector --reissue 1 --carrier media -o x.zip
	unzip -Z1 x.zip | grep -q records.cms
	run ! grep -q records.jsonl <(unzip -Z1 x.zip)
	run seki-verify -q --trust trust --audience lgwan-1 \
	    --key lgwan-1.key x.zip
	[ "$status" -eq 0 ]
	# A stream without a rule, and the option.
	stream teate 九 | pack --carrier relay -o t.xlsx >/dev/null
	sed -i 's/"vector"/"teate"/' v.jsonl
	run seki-pack -q --trust trust --key inet-1.key --state sent \
	    --stream teate --reissue 1 --carrier media --recipient "$key" \
	    -o t.zip
	[ "$status" -eq 1 ]
	[[ "$output" == *"it is not for this stream"* ]]
	[ ! -e t.zip ]
}

@test "what is no file in a folder from a relay is called so" {
	attached att.zip
	mkdir box
	(cd box && unzip -q ../att.zip)
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("box/s")'
	run seki-verify -q --trust trust --audience lgwan-1 box
	[ "$status" -eq 74 ]
	[[ "$output" == *"file: s: not a regular file"* ]]
	[[ "$output" == *next:* ]]
}
