#!/usr/bin/env bats
# The example of four portals: one table, a worklist, totals to the yen.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "the example: four portals, one table, totals to the yen" {
	run "$TOP/examples/furusato.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"as planted: 5 findings, and totals to the yen"* ]]
	# The data is what its maker makes.
	mkdir made
	python3 "$TOP/tests/mkfurusato.py" made
	for f in made/*; do
		cmp "$f" "$TOP/examples/furusato/$(basename "$f")"
	done
}

@test "one yen, one record, one portal less is named" {
	cp -r "$TOP/examples/furusato/." .
	cat 記入.csv >>返礼品.csv
	seki-read -q --stream furusato --layouts layouts rakuten_0401-0930.csv \
	    choice_export.csv satofull.tsv furunavi.csv |
	    seki-normalize -q --rules 規則.csv -o clean.jsonl
	seki-match -q --totals --rules 照合表.csv clean.jsonl
	good=$(grep '^チョイス,令和8年7月' 照合表.csv)
	yen=${good##*\"}; yen=$(echo "$good" | sed 's/.*"\(.*\)"/\1/')
	one=$(echo "$yen" | tr -d , | awk '{ print $1 + 1 }')
	sed -i "/^チョイス,令和8年7月/s/\"$yen\"/$one/" 照合表.csv
	run seki-match --totals --rules 照合表.csv clean.jsonl
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *チョイス*2026-07* ]]
	# A portal's file that was forgotten.
	cp "$TOP/examples/furusato/照合表.csv" .
	seki-read -q --stream furusato --layouts layouts rakuten_0401-0930.csv \
	    choice_export.csv furunavi.csv |
	    seki-normalize -q --rules 規則.csv -o less.jsonl
	run seki-match --totals --rules 照合表.csv less.jsonl
	[ "$status" -eq 1 ]
	[[ "$output" == *さとふる*2026-04* ]]
}
