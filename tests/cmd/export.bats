# seki-export: what the store holds goes out as it came in, or not at all.

load helper

DATA=$TOP/tests/data/root

setup() {
	cd "$BATS_TEST_TMPDIR"
	two_sides
}

mk() {
	"$TOP/tests/mkstream.py" "$@"
}

# take [OPTION...]: the stream on stdin is packed and imported.
take() {
	rm -f b.zip
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o b.zip >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store town.db "$@" \
	    b.zip >/dev/null
}

export_() {
	seki-export --store town.db --stream soudan "$@"
}

sql() {
	sqlite3 town.db "$1"
}

refused() {
	[ "$status" -eq "$1" ] || { echo "status $status: $stderr"; false; }
	[[ $stderr == *": $2: "* ]] || { echo "$stderr"; false; }
	[ -z "$(find . -name '*.tmp' -o -name '*-journal')" ]
}

@test "a machine's CSV: codes, LF, every value exactly" {
	mk $'1=a,b "c"\r\nd/x' 2= '10==1+1' | take
	run --separate-stderr export_
	[ "$status" -eq 0 ]
	export_ -q >out.csv
	printf '%s\n' '$id,$revision,件名' '1,1,"a,b ""c""' >want.csv
	printf '$id,$revision,件名\n1,1,"a,b ""c""\r\nd"\n2,1,\n10,1,=1+1\n' \
	    >want.csv
	cmp out.csv want.csv
	[[ $stderr == *"the 1 rows of table 家族 are not in this CSV; --table 家族 gives them"* ]]
	python3 - <<-'END'
	import csv
	r = list(csv.reader(open("out.csv", newline="", encoding="utf-8")))
	assert r[1] == ["1", "1", 'a,b "c"\r\nd'], r
	END
}

@test "people's CSV: BOM, CRLF, labels, formulas made harmless" {
	mk -l 用件 $'1=a\r\nb/x' '2==1+1' '3=-5' '4=＝x' | take
	export_ --people -q >out.csv
	printf '\xEF\xBB\xBF番号,版,用件\r\n1,1,"a\nb"\r\n' >want.csv
	printf "2,1,'=1+1\r\n3,1,-5\r\n4,1,'＝x\r\n" >>want.csv
	diff <(od -c out.csv) <(od -c want.csv)
}

@test "people's CSV: instants are Japan time" {
	mk -t DATETIME 1=2026-03-31T15:30:00Z 2= | take
	[ "$(export_ --people -q | tr -d '\r' | sed -n 2p)" = \
	    "1,1,2026-04-01 00:30" ]
	[ "$(export_ -q | sed -n 2p)" = "1,1,2026-03-31T15:30:00Z" ]
	[ "$(TZ=America/New_York export_ --people -q | tr -d '\r' |
	    sed -n 2p)" = "1,1,2026-04-01 00:30" ]
}

@test "a table's rows, with their record's key" {
	mk 1=a/x/y 2=b 10=c/z | take
	run --separate-stderr export_ --table 家族
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$output" = '$parent,$row,$id,氏名
1,1,101,x
1,2,102,y
10,1,101,z' ]
	[ "$(export_ --table 家族 --people | tr -d '\r' | tail -3)" = "1,1,x
1,2,y
10,1,z" ]
	run --separate-stderr export_ --table 家旅
	refused 78 config
	[[ $stderr == *"家族"* ]]
}

@test "only some fields" {
	mk 1=a/x 2=b | take
	[ "$(export_ --fields '件名,$id' 2>/dev/null)" = '件名,$id
a,1
b,2' ]
	export_ --format stream --fields 家族 >part.jsonl
	"$TOP/tests/judge_root.py" part.jsonl
	[ "$(sed -n 2p part.jsonl | jq -c .record)" = \
	    '{"$id":"1","家族":[{"$id":"101","氏名":"x"}]}' ]
	[ "$(tail -1 part.jsonl | jq -c .value.complete.from.root)" = \
	    "$(export_ --format stream | tail -1 |
	    jq -c .value.complete.root)" ]
	run --separate-stderr export_ --fields 件
	refused 78 config
	run --separate-stderr export_ --fields 家族
	refused 78 config
	[[ $stderr == *"--table 家族"* ]]
	run --separate-stderr export_ --format stream --fields nothing
	refused 78 config
	run --separate-stderr export_ --fields ''
	refused 78 config
	run --separate-stderr export_ --fields '件名,'
	refused 78 config
}

@test "the same road back: an exported stream is packed and taken again" {
	take <"$DATA/every.jsonl"
	seki-export --store town.db --stream vector --format stream >back.jsonl
	seki-pack -q --trust trust --key inet-1.key --state sent2 \
	    --audience lgwan-1 -o back.zip <back.jsonl >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store other.db \
	    back.zip
	seki-export --store other.db --stream vector --format stream >again
	# All but the bundle that each store had them from.
	cmp <(sed '$s/"exported":{[^}]*},*//' back.jsonl) \
	    <(sed '$s/"exported":{[^}]*},*//' again)
	for f in back.jsonl:town.db again:other.db; do
		[ "$(tail -n 1 "${f%:*}" | jq -r \
		    '.value.complete.source.exported.manifest')" = \
		    "$(sqlite3 "${f#*:}" 'SELECT lower(hex(digest))
		    FROM seki_bundle')" ]
	done
	"$TOP/tests/judge_root.py" again
}

@test "held records: HELD in the stream, the last good version in a CSV" {
	mk 1=a 2=b/x 3=c | take
	mk 1=a '2!why' 3=c '4!why' | take
	export_ --format stream >held.jsonl
	"$TOP/tests/judge_root.py" held.jsonl
	[ "$(jq -r 'select(.type == "HELD").key' held.jsonl | xargs)" = "2 4" ]
	run --separate-stderr export_
	[ "$output" = '$id,$revision,件名
1,1,a
2,1,b
3,1,c' ]
	[[ $stderr == *"1 held records never had a good version"* ]]
	[[ $stderr == *"of 2 held records the last good version"* ]]
	[ "$(export_ --people -q | LC_ALL=C sed '1s/^...//' | LC_ALL=C tr -d '\r' |
	    cut -d, -f1,4)" = \
	    "番号,保留
1,
2,保留
3," ]
}

@test "L3: rows changed past seki-import are named" {
	mk 1=a 2=b/x/y 3=c | take
	mk 1=a 2=b/x/y '3!r' | take
	mv town.db good.db
	local change want
	while IFS='|' read -r change want; do
		install -m 600 good.db town.db
		sql "$change"
		run --separate-stderr export_ -o out
		refused 1 content
		[[ $stderr == *"$want"* ]] || { echo "$change: $stderr"; false; }
		[ ! -e out ]
		run --separate-stderr export_ --format stream -o out
		refused 1 content
		[ ! -e out ]
	done <<-'END'
	UPDATE soudan SET "件名" = 'z' WHERE "$id" = '2'|record 2: 
	UPDATE soudan SET "件名" = NULL WHERE "$id" = '2'|record 2: 
	UPDATE soudan SET seki_leaf = zeroblob(32) WHERE "$id" = '1'|record 1: 
	UPDATE soudan SET seki_leaf = x'' WHERE "$id" = '1'|record 1: 
	UPDATE soudan SET "件名" = 'z' WHERE "$id" = '3'|record 3: 
	UPDATE soudan SET seki_held = 1 WHERE "$id" = '1'|record 1: 
	UPDATE soudan SET seki_held = 0 WHERE "$id" = '3'|record 3: 
	DELETE FROM seki_held|record 3: 
	UPDATE "soudan_家族" SET "氏名" = 'Y' WHERE seki_ordinal = 2|record 2: field 家族: 
	UPDATE "soudan_家族" SET "$id" = '9' WHERE seki_ordinal = 2|record 2: field 家族: 
	DELETE FROM "soudan_家族" WHERE seki_ordinal = 1|record 2: 
	DELETE FROM "soudan_家族" WHERE seki_ordinal = 2|no longer matches bundle 2
	UPDATE "soudan_家族" SET seki_key = '7'|record 7: 
	DELETE FROM soudan WHERE "$id" = '2'|record 2: 
	DELETE FROM soudan WHERE "$id" = '1'|no longer matches bundle 2: 2 records, 1 held imported; 1, 1 found
	UPDATE soudan SET "$id" = '9' WHERE "$id" = '1'|record 9: 
	INSERT INTO soudan SELECT seki_source, 1, seki_leaf, seki_bundle, 0, '9', "$revision", "件名" FROM soudan WHERE "$id" = '1'|record 9: 
	END
	# The ledger says what was imported.
	install -m 600 good.db town.db
	sql 'UPDATE seki_bundle SET root = zeroblob(32)'
	run --separate-stderr export_ -o out
	refused 1 ledger
	[[ $stderr == *"entry 2 is not about the bundle"* ]]
	[ ! -e out ]
	# Whoever wants them so gets them so.
	install -m 600 good.db town.db
	sql "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '2'"
	[ "$(export_ -q --unchecked | sed -n 3p)" = 2,1,z ]
}

@test "two streams of one form keep their names and apps" {
	app() { [ "$1" = eins ] && echo 7 || echo 8; }
	for s in eins zwei; do
		"$TOP/tests/mkstream.py" -s $s -a "$(app $s)" 1=$s |
		    seki-pack -q --trust trust --key inet-1.key --state sent \
		    --audience lgwan-1 -o $s.zip >state
		seki-import -q --trust trust --audience lgwan-1 \
		    --store both.db $s.zip
	done
	for s in eins zwei; do
		seki-export -q --store both.db --stream $s --format stream >$s
		head -1 $s | jq -e --arg s $s \
		    --arg app "$(app $s)" '.stream == $s and
		    .schema["x-seki"].source.app == $app'
		sed -n 2p $s | jq -e --arg s $s '.stream == $s and
		    .record["件名"] == $s'
		python3 "$TOP/tests/judge_root.py" $s
	done
}

@test "a changed row stops the next import, too" {
	mk 1=a 2=b | take
	sql "UPDATE soudan SET \"件名\" = 'z' WHERE \"\$id\" = '2'"
	mk 1=A 2=b | {
		run --separate-stderr take
		[ "$status" -eq 1 ]
		[[ $stderr == *": content: record 2: "* ]]
	}
	[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 1 ]
}

@test "another form by hand is refused by name" {
	mk 1=a | take
	sql 'ALTER TABLE soudan RENAME COLUMN "件名" TO x'
	run --separate-stderr export_
	refused 78 schema
	[[ $stderr == *"件名"* ]]
}

@test "P5: an output that exists, is a link, cannot be" {
	mk 1=a | take
	echo mine >out
	run --separate-stderr export_ -o out
	refused 74 file
	[ "$(cat out)" = mine ]
	ln -s elsewhere link
	run --separate-stderr export_ -o link
	refused 74 file
	[ ! -e elsewhere ]
	mkdir ro
	chmod 555 ro
	export_ -q -o new
	[ "$(stat -c %a new)" = 600 ]
	run --separate-stderr export_ -o none/out
	refused 74 file
}

@test "a full disk is a failure, not a shorter CSV" {
	mk $(seq -f '%.0f=v' 1 20000) | take
	run --separate-stderr bash -c \
	    'seki-export -q --store town.db --stream soudan >/dev/full'
	refused 74 full
	run --separate-stderr bash -c "ulimit -f 20
	    seki-export -q --store town.db --stream soudan -o out"
	refused 74 full
	[[ $stderr == *"out: full: "*"next: make room"* ]]
	[ ! -e out ]
}

@test "mistakes: stream, store, format" {
	run --separate-stderr export_
	refused 74 file
	[ ! -e town.db ]
	mk 1=a | take
	run --separate-stderr seki-export --store town.db --stream sodan
	refused 78 config
	[[ $stderr == *"soudan"* ]]
	run --separate-stderr export_ --format xlsx
	refused 64 usage
	run --separate-stderr export_ --format stream --people
	refused 64 usage
	run --separate-stderr export_ --format stream --table 家族
	refused 64 usage
	run --separate-stderr export_ --json --format stream
	[ "$(jq -r .reason <<<"$stderr")" = ok ]
	[ "$(jq -r .records <<<"$stderr")" = 1 ]
	[ "$(jq -r .root <<<"$stderr")" = \
	    "$(tail -1 <<<"$output" | jq -r .value.complete.root)" ]
}

@test "every value of every field type arrives in the CSV" {
	take <"$DATA/every.jsonl"
	seki-export -q --store town.db --stream vector >out.csv
	python3 - "$DATA/every.jsonl" <<-'END'
	import csv, json, sys
	lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
	recs = [l["record"] for l in lines if l["type"] == "RECORD"]
	rows = list(csv.DictReader(open("out.csv", newline="",
	                                encoding="utf-8")))
	def esc(s):
	    return "".join("\u241b{%X}" % ord(c) if c in "\n\r\u241b" else c
	                   for c in s)
	assert len(rows) == len(recs) > 0
	seen = 0
	for row, rec in zip(rows, recs):
	    for code, text in row.items():
	        v = rec[code]
	        if v is None or v == []:
	            assert text == "", (code, text)
	        elif isinstance(v, str):
	            assert text == v, (code, text)
	            seen += 1
	        else:
	            items = text.split("\n")
	            assert len(items) == len(v), (code, text)
	            for item, got in zip(v, items):
	                if isinstance(item, str):
	                    assert got == (esc(item) or "\u241b{}"), \
	                    (code, text)
	                else:
	                    assert got.startswith(esc(item["name"]) + " <"), \
	                    (code, text)
	                seen += 1
	assert seen > 10
	END
}
