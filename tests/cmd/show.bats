load helper

DATA=$TOP/tests/data/root

setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	two_sides
	seki-pack -q --trust trust --key inet-1.key --state sent --audience \
	    lgwan-1 --carrier media --title "相談$(printf '\033[31m')記録" \
	    -o b.zip <"$DATA/every.jsonl" >/dev/null ||
	    seki-pack -q --trust trust --key inet-1.key --state sent \
		--audience lgwan-1 --carrier media -o b.zip \
		<"$DATA/every.jsonl" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

show() {
	run --separate-stderr seki-show "$@"
}

root() {
	tail -1 "$1" | jq -r .value.complete.root
}

@test "a stream: its form, counts, root, and that nothing was verified" {
	show "$DATA/every.jsonl"
	[ "$status" -eq 0 ]
	[[ $output == *"what: stream"*"stream: vector"*"app: 7"* ]]
	[[ $output == *"field: 一行, 件名, SINGLE_LINE_TEXT"* ]]
	[[ $output == *"field: 明細/数, 数, NUMBER"* ]]
	[[ $output == *"records: 2"*"content root: $(root "$DATA/every.jsonl")"* ]]
	[[ $output == *"complete: yes"* ]]
	[[ $stderr == *"nothing of this was verified"* ]]
}

@test "a stream on standard input" {
	run --separate-stderr bash -c "seki-show - <'$DATA/held.jsonl'"
	[ "$status" -eq 0 ]
	[[ $output == *"held: 1"* ]]
}

@test "a cut stream: what there is, that it is not complete, and 65" {
	show "$DATA/bad-cut.jsonl"
	[ "$status" -eq 65 ]
	[[ $output == *"complete: no"* ]]
	[[ $stderr == *": cut: "* ]]
}

@test "a bundle needs no key and no trust folder" {
	show "$GOOD/b.zip"
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == *"what: bundle"*"number: 1"*"prepared by: inet-1"* ]]
	[[ $output == *"content root: $(root "$DATA/every.jsonl")"* ]]
	[[ $output == *"file: view/records.xlsx, "* ]]
	[[ $output == *"signature: sig/prepare."*": says prepare, at 20"* ]]
	[[ $output == *"field: 明細/数, 数, NUMBER"* ]]
	[[ $stderr == *"nothing of this was verified"* ]]
}

@test "an altered bundle is shown all the same, a broken one is refused" {
	python3 - "$GOOD/b.zip" <<-'END'
	import sys
	b = bytearray(open(sys.argv[1], "rb").read())
	b[b.index(b'"root":"') + 8] ^= 1
	open("altered.zip", "wb").write(b)
	END
	show altered.zip
	[ "$status" -eq 0 ]
	python3 "$TOP/tests/badzip.py" "$GOOD/b.zip" z1-twice-good-first bad.zip
	show bad.zip
	[ "$status" -eq 65 ]
	[[ $stderr == *"bad.zip: zip: "* ]]
}

@test "a trust folder, a trust file, a manifest" {
	show "$GOOD/trust"
	[ "$status" -eq 0 ]
	[[ $output == *"what: trust folder"*"organisation: 012041"* ]]
	[[ $output == *"host: inet-1"*"key: "*"of inet-1"*"prepare"* ]]
	show "$GOOD/trust/1.json"
	[ "$status" -eq 0 ]
	[[ $output == *"what: trust file"*"version: 1"* ]]
	unzip -p "$GOOD/b.zip" manifest.json >m.json
	show m.json
	[ "$status" -eq 0 ]
	[[ $output == *"what: manifest"*"stream: vector"* ]]
}

@test "values only when asked for, and then all of them" {
	local value=中央公園
	grep -q "$value" "$DATA/every.jsonl"
	for f in "$DATA/every.jsonl" "$GOOD/b.zip"; do
		show -v "$f"
		[[ $output != *"$value"* && $stderr != *"$value"* ]]
		show --json "$f"
		[[ $output != *"$value"* && $stderr != *"$value"* ]]
		show --records 1 "$f"
		[ "$status" -eq 0 ]
		[[ $output == *"record 1, key 1"*"一行: $value"* ]]
		[[ $output == *"明細: 2 rows"*"品: 板"* ]]
		[[ $output != *"record 2"* ]]
	done
}

@test "--json is one exact object, with records as they stand before it" {
	show --json "$GOOD/b.zip"
	[ "$status" -eq 0 ]
	jq -e '.what == "bundle" and .seq == 1 and .verified == false and
	    (.files | length) == 2 and (.fields | index("明細/数") != null) and
	    .created[-1:] == "Z" and .status == 0' <<<"$output"
	show --json --records 2 "$DATA/every.jsonl"
	[ "$(grep -c '"RECORD"' <<<"$output")" -eq 2 ]
	grep '"RECORD"' <<<"$output" | diff - <(grep '"RECORD"' "$DATA/every.jsonl")
	tail -1 <<<"$output" | jq -e '.records == 2 and .complete'
	show --json nowhere
	[ "$status" -eq 74 ]
	jq -e '.status == 74 and .reason == "file" and .object == "nowhere"' \
	    <<<"$output"
}

# No control character but the line's end in what run got.
tame() {
	printf '%s' "$output$stderr" |
	    python3 -c 'import sys
t = sys.stdin.buffer.read().decode()
sys.exit(any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or
             c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
             for c in t))'
}

@test "C3: escapes, carriage returns and bidi controls cannot act" {
	local esc
	esc=$(printf '\033[2J\033]0;x\007')
	sed "s/中央公園/\\\\u001b[2J\\\\r\\\\u202e\\\\u0007/; s/件名/件\\\\u001b名/" \
	    "$DATA/every.jsonl" | grep -v '"STATE"' |
	    python3 "$TOP/tests/judge_root.py" --complete >e.jsonl
	grep -q 'u001b' e.jsonl
	show --records 2 e.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $output == *'\u{1B}[2J\u{D}\u{202E}\u{7}'* ]]
	tame
	cp e.jsonl "a$esc.jsonl"
	show "a$esc.jsonl"
	tame
	show "none$esc"
	[ "$status" -eq 74 ]
	tame
	show --json --records 1 e.jsonl
	head -1 <<<"$output" | jq -e '.record["一行"] == "\u001b[2J\r\u202e\u0007"'
}

@test "what is none of these, and what is no file" {
	echo hello >text
	show text
	[ "$status" -eq 65 ]
	printf '' >empty
	show empty
	[ "$status" -eq 65 ]
	echo '{"a":1}' >json
	show json
	[ "$status" -eq 65 ]
	mkfifo fifo
	run --separate-stderr timeout 2 seki-show fifo
	[ "$status" -eq 74 ]
	ln -s text link
	show link
	[ "$status" -eq 74 ]
	mkdir folder
	show folder
	[ "$status" -ne 0 ]
	show
	[ "$status" -eq 64 ]
	show --records -1 text
	[ "$status" -eq 64 ]
}

@test "several files, one of them bad: the others are shown" {
	echo hello >text
	show "$DATA/one.jsonl" text "$DATA/held.jsonl"
	[ "$status" -eq 65 ]
	[[ $output == *"one.jsonl:"*"held.jsonl:"* ]]
	[[ $stderr == *"text: record: "* ]]
}
