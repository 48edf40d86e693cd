# What a relay would stop is known before it is carried (seki-profile(5)).
load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir -m 700 keys
	seki-key init --relay --trust trust --org 012041 --host inet-1 \
	    --keys keys >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	W=$BATS_FILE_TMPDIR
	DATA=$TOP/tests/data/root
	PROFILES=$TOP/examples/profiles
}

# pack NAME [OPTION…]: from the vectors.
pack() {
	local name=$1
	shift
	run --separate-stderr seki-pack --trust "$W/trust" \
	    --key "$W/keys/inet-1.key" --state "state.${name%.*}" \
	    --audience lgwan-1 -o "$name" "$@" "$DATA/every.jsonl"
}

@test "the shipped profiles: a relay's workbook passes, a bundle for a stick does not" {
	pack a.xlsx --carrier relay
	[ "$status" -eq 0 ]
	pack b.zip --carrier media
	[ "$status" -eq 0 ]
	for p in strict mail usb; do
		run seki-pack --lint --profile "$PROFILES/$p.conf" a.xlsx
		[ "$status" -eq 0 ]
		[ "$output" = "a.xlsx: ok: nothing in it would be stopped" ]
	done
	run seki-pack --lint --profile "$PROFILES/usb.conf" b.zip
	[ "$status" -eq 0 ]
	for p in strict mail; do
		run --separate-stderr seki-pack --lint \
		    --profile "$PROFILES/$p.conf" b.zip
		[ "$status" -eq 1 ]
		[[ $stderr == *"b.zip: data/records.jsonl: files of the type .jsonl are stopped"* ]]
		[[ $stderr == *"b.zip: policy: the relay would stop it"* ]]
	done
}

@test "what would be stopped is not handed out, and no number is used" {
	pack 日本.xlsx --carrier relay --profile "$PROFILES/strict.conf"
	[ "$status" -eq 1 ]
	[[ $stderr == *"日本.xlsx: the name is not ASCII"* ]]
	[ ! -e 日本.xlsx ]
	[ -z "$(ls state.日本/outbox)" ]
	printf 'max_size = 4K\n' >small.conf
	pack 日本.xlsx --carrier relay --profile small.conf
	[ "$status" -eq 1 ]
	[[ $stderr == *"bytes, at most 4096 pass"* ]]
	[ ! -e 日本.xlsx ]
	pack 日本.xlsx --carrier relay
	[ "$status" -eq 0 ]
	[[ $stderr == *"bundle 1 of stream vector"* ]]
	[ "$(echo "$stderr" | grep -c "first bundle")" -eq 1 ]
}

@test "each limit of its own" {
	pack a.zip --carrier relay
	[ "$status" -eq 0 ]
	while IFS='|' read -r line want; do
		printf '%s\n' "$line" >p.conf
		run --separate-stderr seki-pack --lint --profile p.conf a.zip
		[ "$status" -eq 1 ] || { echo "$line"; false; }
		[[ $stderr == *"$want"* ]] || { echo "$line: $stderr"; false; }
	done <<-'END'
		max_size = 100|bytes, at most 100 pass
		max_entries = 0|1 entries, at most 0 pass
		max_file = 1K|records.xlsx: 
		max_total = 1K|unpacked
		max_name = 4|the name is longer than 4 bytes
		max_rows = 2|sheet
		extensions = zip pdf|files of the type .xlsx are stopped
	END
	printf 'extensions = zip XLSX\nmax_size = 10M\nmax_rows = 65000\n' >p.conf
	seki-pack --lint --profile p.conf a.zip
	mkdir d
	cp a.zip d/in.zip
	(cd d && python3 -m zipfile -c ../out.zip in.zip)
	printf 'nested = no\n' >p.conf
	run --separate-stderr seki-pack --lint --profile p.conf out.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *"in.zip: an archive within the archive"* ]]
}

@test "a wrong profile is named by line and key" {
	pack a.xlsx --carrier relay
	while IFS='|' read -r line want; do
		printf 'name = x\n%s\n' "$line" >p.conf
		run --separate-stderr seki-pack --lint --profile p.conf a.xlsx
		[ "$status" -eq 78 ] || { echo "$line: $status"; false; }
		[[ $stderr == *"$want"* ]] || { echo "$stderr"; false; }
	done <<-'END'
		max_size = many|config: line 2: max_size: not a number
		max_size = -1|max_size
		max_size = 5T|max_size
		max_size = 99999999999999|max_size
		names = latin|neither any nor ascii
		nested = maybe|neither yes nor no
		max_sice = 3|max_size
	END
	run seki-pack --lint a.xlsx
	[ "$status" -eq 64 ]
	run seki-pack --lint --profile "$PROFILES/usb.conf"
	[ "$status" -eq 64 ]
	run seki-pack --lint --profile nowhere.conf a.xlsx
	[ "$status" -ne 0 ]
	echo "no zip" >c.zip
	run --separate-stderr seki-pack --lint --profile "$PROFILES/usb.conf" c.zip a.xlsx
	[ "$status" -eq 65 ]
	[[ $output == *"a.xlsx: ok"* ]]
}

@test "as JSON, an object each" {
	pack b.zip --carrier media
	run --separate-stderr seki-pack --json --lint \
	    --profile "$PROFILES/strict.conf" b.zip
	[ "$status" -eq 1 ]
	[ "$(jq -r 'select(.entry == "data/records.jsonl") | .reason' \
	    <<<"$output" | sort -u)" = policy ]
}
