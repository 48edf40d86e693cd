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
