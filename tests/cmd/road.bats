#!/usr/bin/env bats
# The whole road: the tour of README, the samples, cut pipes, memory.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}
teardown() {
	stop_all
}

root_of() {
	tail -n 1 "$1" | grep -o '"root":"[0-9a-f]*"' | head -n 1 | cut -d'"' -f4
}
pack() {
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media "$@"
}
import() {
	seki-import -q --trust trust --audience lgwan-1 --store town.db "$@"
}

# The lines stand in README; here they run as printed, but for the port.
@test "the tour of README runs as printed" {
	cp "$TOP/examples/soudan.csv" .
	sed -n '/^    seki-cloud --listen/,/^$/p' "$TOP/README.md" |
	    sed 's/^    //' >tour.sh
	grep -c '^seki' tour.sh
	[ "$(grep -c '^seki' tour.sh)" -eq 8 ]
	start_cloud --generate soudan:2000 --seed 1 --token-file token
	port=${URL##*:}
	sed -i "/^seki-cloud/d; s/localhost:8080/localhost:$port/" tour.sh
	sh -eux tour.sh
	[ "$(wc -l <out.csv)" -gt 2000 ]
	[ "$(sqlite3 town.db 'PRAGMA integrity_check')" = ok ]
	seki-export -q --store town.db --stream soudan --format stream >back
	[ "$(root_of back)" = "$(root_of clean.jsonl)" ]
	python3 "$TOP/tests/judge_root.py" clean.jsonl
	python3 "$TOP/tests/judge_root.py" back
}

@test "every value of the samples arrives in the database exactly" {
	start_cloud --load "$TOP/tests/data/record-api-samples" \
	    --token-file token
	seki-pull -q --base-url "$URL" --app 11 --token-file token \
	    --stream shuzen >raw.jsonl
	two_sides
	pack -o b.zip <raw.jsonl >/dev/null
	import b.zip
	python3 "$TOP/tests/same_store.py" \
	    "$TOP/tests/data/record-api-samples/records.json" town.db shuzen
	# The judge can fail: one changed character is seen.
	sqlite3 town.db "UPDATE shuzen SET 件名 = 件名 || ' ' WHERE \"\$id\" = 1"
	run python3 "$TOP/tests/same_store.py" \
	    "$TOP/tests/data/record-api-samples/records.json" town.db shuzen
	[ "$status" -eq 1 ]
}

@test "a pull killed in the middle of the pipe leaves no bundle" {
	two_sides
	start_cloud --generate soudan:2000 --seed 1 --token-file token \
	    --delay 300
	for wait in 0.2 0.6 0.9; do
		cat >pipe.sh <<-EOF
			{
				seki-pull -q --base-url "$URL" --app 1 \
				    --token-file token --stream soudan &
				echo \$! >pid
				wait \$!
			} | seki-normalize -q --rules "$TOP/examples/soudan.csv" |
			    seki-pack -q --trust trust --key inet-1.key \
				--state sent --audience lgwan-1 \
				--carrier media -o cut.zip
		EOF
		(sleep "$wait" && kill -9 "$(cat pid)") 3>&- &
		killer=$!
		run --separate-stderr bash -o pipefail pipe.sh
		wait "$killer"
		[ "$status" -ne 0 ]
		[ ! -e cut.zip ]
		[ -z "$(find . -name '*.tmp')" ]
	done
	[[ "$stderr" == *"seki-pack: "*": cut: "* ]]
	# The same command, undisturbed, finishes the work: bundle 1.
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream soudan | pack -o whole.zip >/dev/null
	[ "$(seki-show --json whole.zip | jq .seq)" -eq 1 ]
}

@test "a stream refused at its end never crashes the pack" {
	two_sides
	start_cloud --generate soudan:2000 --seed 1 --token-file token
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream soudan | sed 100d >lost.jsonl
	for i in 1 2 3 4 5 6 7 8; do
		run --separate-stderr pack -o lost.zip <lost.jsonl
		[ "$status" -eq 1 ]
		[[ "$stderr" == *": content: "* ]]
		[ ! -e lost.zip ]
	done
}

# peak COMMAND…: KiB
peak() {
	python3 "$TOP/tests/peak.py" "$@"
}
road() {
	start_cloud --generate "kifu:$1" --seed 1 --token-file token
	rm -rf sent town.db b.zip
	# More connections keep more pages ahead; pull.bats looks at those.
	peak seki-pull -q -j 1 --base-url "$URL" --app 1 --token-file token \
	    --stream kifu -o "raw-$1.jsonl"
	stop_all
	seki-normalize --init <"raw-$1.jsonl" >rules.csv
	peak seki-normalize -q --rules rules.csv -o "clean-$1.jsonl" \
	    <"raw-$1.jsonl"
	peak seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip <"clean-$1.jsonl"
	peak seki-verify -q --trust trust --audience lgwan-1 b.zip
	peak seki-import -q --trust trust --audience lgwan-1 --store town.db \
	    b.zip
	peak seki-export -q --store town.db --stream kifu --format stream
	peak seki-export -q --store town.db --stream kifu --format csv
	rm -f raw-*.jsonl clean-*.jsonl
}
@test "memory does not grow with the records" {
	[ "$(basename "$BUILD")" != asan ] || skip "sanitizers keep memory"
	two_sides
	road 1000 >small
	road 100000 >large
	paste small large
	paste small large | awk '{ if ($2 > 1.5 * $1 || $2 > 65536) bad = 1 }
	    END { exit bad }'
	[ "$(wc -l <large)" -eq 7 ]
}
