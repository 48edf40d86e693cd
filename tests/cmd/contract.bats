#!/usr/bin/env bats
# seki-cloud under the official JavaScript client and the official command
# line; both come from npm, without which these are skipped.
load helper

DATA=$TOP/tests/data/cloud

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir tmp
	export TMPDIR=$PWD/tmp
	CLI=$("$TOP/tests/official_cli.sh" "$BUILD") || skip "no npm"
	printf 'all\n' >token
	printf 'hana:himitsu:山田 花\n' >users
	chmod 600 token users
	start_cloud --load "$DATA/main" --load "$DATA/master" \
	    --token-file token --user-file users
}

teardown() {
	stop_all
}

cli() {
	local what=$1
	shift
	$CLI record "$what" --base-url "$URL" --app 21 --api-token all "$@"
}

@test "contract: every call of the official client" {
	client=$BUILD/npm
	[ -d "$client/node_modules/@kintone/rest-api-client" ] ||
	    skip "no client beside the command line"
	node=node
	[ ! -x "$client/node_modules/node/bin/node" ] ||
	    node=$client/node_modules/node/bin/node
	$node "$TOP/tests/contract.mjs" "$client" "$URL" >tap || {
		cat tap
		false
	}
	[ "$(grep -c '^ok' tap)" -ge 18 ]
}

@test "contract: the official command line imports, exports, deletes" {
	cat >in.csv <<-'EOF'
	"key","text","num","check","day","at","who"
	"k1","ab","12.5","A
	B","2026-04-01","2026-04-01T00:15:00Z","taro"
	"k2","","","","","",""
	EOF
	cli import --file-path in.csv
	cli export --fields key,text,num,check,day,at,who >out.csv
	python3 - in.csv out.csv <<-'EOF'
	import csv, sys
	a, b = (list(csv.DictReader(open(f, newline=""))) for f in sys.argv[1:])
	assert [r["key"] for r in b] == ["k1", "k2"], b
	for x, y in zip(a, b):
	    for k in ("key", "text", "num", "day", "at", "who"):
	        assert x[k] == y[k], (k, x, y)
	assert b[0]["check"] == "A\nB", b
	EOF
	printf '"key","num"\n"k2","7"\n"k3","8"\n' >up.csv
	cli import --file-path up.csv --update-key key
	cli export --fields key,num --condition 'num < 10' >out.csv
	grep -q '"k2","7"' out.csv
	grep -q '"k3","8"' out.csv
	cli delete --yes
	[ "$(cli export --fields key | wc -l)" -eq 1 ]
}

@test "contract: attachments go up and come down by the command line" {
	mkdir in
	head -c 300000 /dev/urandom >in/a.bin
	printf '"key","file"\n"f1","a.bin"\n' >in.csv
	cli import --file-path in.csv --attachments-dir in
	cli export --attachments-dir out --fields key,file >out.csv
	cmp in/a.bin out/file-1/a.bin
}
