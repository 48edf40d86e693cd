#!/usr/bin/env bats
# Pulls with random faults while another writer changes the records; make soak
# does 200 of them.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "soak: every accepted stream is the app's content, others have no proof" {
	run timeout -k 5 240 python3 "$TOP/tests/soak.py" --pulls 25 --seed 7
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *" 0 wrong"* ]]
}

@test "soak: a value that was changed on the way does not get past the judge" {
	run timeout -k 5 240 python3 "$TOP/tests/soak.py" --pulls 4 --lie
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"件名 differ"* ]]
}
