#!/usr/bin/env bats
# One file taken for another: each tool says what it was given.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	two_sides
	"$TOP/tests/mkstream.py" 1=a 2=b >clean.jsonl
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip <clean.jsonl >/dev/null
	seki-normalize --init clean.jsonl >r.csv
}

# told STATUS TEXT: how the last run ended, in words and with a next step.
told() {
	echo "$status: $stderr"
	[ "$status" -eq "$1" ]
	[[ $stderr == *"$2"* ]]
	[[ $stderr == *"next: "* ]]
}

@test "a stream where a bundle is wanted" {
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 \
	    clean.jsonl
	told 65 "zip: a record stream, not a bundle"
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store t.db clean.jsonl
	told 65 "zip: a record stream, not a bundle"
	[ ! -e t.db ]
	# What only begins like one, or is shorter, is any other file.
	printf '{"type":"SCH' >short
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 short
	[[ $stderr != *"a record stream"* ]]
	[ "$status" -eq 65 ]
}

@test "a bundle where a stream is wanted" {
	run --separate-stderr seki-normalize --rules r.csv b.zip
	told 65 "record: a bundle or workbook, not a record stream"
	run --separate-stderr seki-pack -q --trust trust --key inet-1.key \
	    --state sent --audience lgwan-1 --carrier media -o c.zip <b.zip
	told 65 "record: a bundle or workbook, not a record stream"
	[ ! -e c.zip ]
}

@test "a folder, or any other file, where a bundle is wanted" {
	mkdir usb stick stick2
	cp b.zip r.csv stick
	printf 'hello\n' >short.txt
	printf '1\t太郎\n2\t花子\n' >p.tsv
	printf '[{"name":"太郎"}]\n' >p.json
	cp p.tsv stick2/
	head -c 5000 /dev/zero >long.bin
	: >empty
	for t in "seki-verify" "seki-import --store t.db"; do
		run --separate-stderr $t --trust trust --audience lgwan-1 usb
		told 65 "usb: zip: no workbook is in it: not a bundle"
		run --separate-stderr $t --trust trust --audience lgwan-1 stick
		told 65 "stick: zip: a folder; b.zip is in it"
		run --separate-stderr $t --trust trust --audience lgwan-1 \
		    long.bin
		told 65 "long.bin: zip: no bundle (.zip) but another file"
		# A gate's report is shown; what may be records never is.
		run --separate-stderr $t --trust trust --audience lgwan-1 \
		    short.txt
		told 65 "a text came in place of the bundle (short.txt); it begins: hello"
		for f in r.csv p.tsv p.json stick2; do
			run --separate-stderr $t --trust trust \
			    --audience lgwan-1 $f
			told 65 "zip: a table of texts, not a bundle"
			[[ $stderr != *太郎* ]]
		done
		run --separate-stderr $t --trust trust --audience lgwan-1 empty
		told 65 "empty: zip: no bundle (.zip): the file is empty"
	done
	# What begins like one is a damaged one.
	head -c 200 b.zip >cut.zip
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 \
	    cut.zip
	told 65 "zip: no end of the archive: cut off"
	[ ! -e t.db ]
}

@test "no trust folder there" {
	for d in nosuch clean.jsonl; do
		run --separate-stderr seki-verify --trust $d \
		    --audience lgwan-1 b.zip
		told 74 "$d: file: "
		[[ $stderr == *"next: --trust names the folder with the trust file in it"* ]]
		[[ $stderr != *"regular file"* ]]
	done
}

@test "a next step for what any tool may meet" {
	run --separate-stderr seki-normalize --rules r.csv nosuch.jsonl
	told 74 "nosuch.jsonl: file: "
	run --separate-stderr seki-normalize --rules r.csv .
	told 74 "file: a folder, not a regular file"
	run --separate-stderr seki-normalize --rules r.csv -o no/o clean.jsonl
	told 74 "no/o: file: "
	[[ $stderr == *"for an output one in a folder that is there"* ]]
	run --separate-stderr bash -c \
	    'seki-normalize -q --rules r.csv clean.jsonl >/dev/full'
	told 74 "full: "
	[[ $stderr == *"make room"* ]]
	chmod 755 .
	chmod 000 clean.jsonl
	run --separate-stderr unprivileged cat "$PWD/r.csv"
	if [ "$status" -eq 0 ]; then
		run --separate-stderr unprivileged "$BIN/seki-normalize" \
		    --rules r.csv clean.jsonl
		told 77 "permission: "
	fi
}

@test "a CSV where a stream is wanted, and the reverse" {
	local wrong="record: not a record stream (.jsonl) but a CSV or other text"
	printf '$id,件名\n1,a\n' >out.csv
	for f in r.csv out.csv; do
		run --separate-stderr seki-normalize --rules r.csv "$f"
		told 65 "$f: $wrong"
		run --separate-stderr seki-pack -q --trust trust \
		    --key inet-1.key --state sent --audience lgwan-1 \
		    --carrier media -o c.zip <"$f"
		told 65 "$wrong"
		[ ! -e c.zip ]
	done
	run --separate-stderr seki-normalize --rules r.csv <<<''
	told 65 "$wrong"
	(printf '\xef\xbb\xbf'; cat clean.jsonl) >bom.jsonl
	run --separate-stderr seki-normalize --rules r.csv bom.jsonl
	told 65 "bom.jsonl: record: a byte order mark (BOM) stands before the stream"
	run --separate-stderr seki-normalize --rules clean.jsonl clean.jsonl
	told 78 "clean.jsonl: rules: not a rules table but a record stream"
	run --separate-stderr seki-normalize --rules out.csv clean.jsonl
	told 78 'out.csv: rules: an exported CSV (its first column is $id), not a rules table'
}

@test "an input that ends before its time says whose message to read" {
	for n in 0 10 300 $(($(wc -c <clean.jsonl) - 5)); do
		head -c $n clean.jsonl >cut.jsonl
		run --separate-stderr seki-normalize --rules r.csv cut.jsonl
		told 65 ": cut: "
		[[ $stderr == *"next: the tool before this one stopped"* ]]
	done
}

@test "something else where a store is wanted" {
	before=$(sha256sum r.csv b.zip)
	for f in r.csv b.zip; do
		run --separate-stderr seki-import --trust trust \
		    --audience lgwan-1 --store "$f" b.zip
		told 78 "not a database"
		run --separate-stderr seki-export --store "$f" --stream soudan
		told 78 "not a database"
	done
	[ "$before" = "$(sha256sum r.csv b.zip)" ]
}

@test "a filter takes its input by name, too" {
	seki-normalize -q --rules r.csv clean.jsonl >a.jsonl
	seki-normalize -q --rules r.csv - <clean.jsonl | cmp - a.jsonl
	seki-normalize -q --rules r.csv <clean.jsonl | cmp - a.jsonl
	run --separate-stderr seki-normalize --rules r.csv nosuch.jsonl
	[ "$status" -eq 74 ]
	[[ $stderr == *"nosuch.jsonl: file: "* ]]
	run --separate-stderr seki-normalize --rules r.csv .
	[ "$status" -eq 74 ]
	run --separate-stderr seki-normalize --rules r.csv a b
	[ "$status" -eq 64 ]
}
