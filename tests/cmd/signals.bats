#!/usr/bin/env bats
# SIGTERM, SIGHUP, SIGINT: nothing with records stays, the caller sees which.
load helper

DATA=$TOP/tests/data/root

setup() {
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	stop_all
}

# ends SIGNAL FILE COMMAND...: the signal comes when FILE stands there.
ends() {
	local how
	how=$(python3 "$TOP/tests/signalled.py" "$@" 2>err)
	[ "$how" = "SIG$1" ] || { echo "$how, not SIG$1"; cat err; false; }
	nothing_left
}

nothing_left() {
	[ -z "$(find . -name '*.tmp' -o -name 'new.*')" ] ||
	    { find .; false; }
}

# at_each SIGNAL STEP COMMAND...: the signal comes after every STEPth call that
# changes files, until a run is through.
at_each() {
	local sig=$1 step=$2 n=1
	shift 2
	while :; do
		again
		run env ASAN_OPTIONS=detect_leaks=0 \
		    python3 "$TOP/tests/killat.py" -s "$sig" "$n" "$@"
		[ "$status" -ne 0 ] || break
		[ "$status" -eq $((128 + $(kill -l "$sig"))) ] ||
		    { echo "$n: $status $output"; false; }
		nothing_left
		n=$((n + step))
	done
	[ "$n" -gt $((2 * step)) ]
}

pull() {
	seki-pull --base-url "$URL" --app 1 --token-file token --stream s "$@"
}

@test "a pull that is ended leaves nothing, and ends by the signal" {
	start_cloud --generate soudan:3000 --token-file token --delay 150
	for sig in TERM HUP INT; do
		ends $sig 'out.jsonl.*.tmp' seki-pull --base-url "$URL" --app 1 \
		    --token-file token --stream s -o out.jsonl
		[ ! -e out.jsonl ]
	done
	# With connections of its own each, and files on their way.
	ends TERM 'spool/new.*' seki-pull --base-url "$URL" --app 1 \
	    --token-file token --stream s -j 8 -o out.jsonl --attachments spool
	[ ! -e out.jsonl ]
	# A signal that is ignored stays ignored, as under nohup.
	(trap '' HUP && exec seki-pull --base-url "$URL" --app 1 \
	    --token-file token --stream s -o out.jsonl) 3>&- &
	pid=$!
	for i in $(seq 200); do
		compgen -G 'out.jsonl.*.tmp' && break
		sleep 0.02
	done
	kill -HUP "$pid"
	wait "$pid"
	seki-show out.jsonl >/dev/null
}

@test "seki-normalize -o, whose input has not come to its end" {
	start_cloud --generate soudan:60 --seed 1 --token-file token
	pull -o raw.jsonl
	mkfifo fifo
	exec 7<>fifo
	for sig in TERM HUP INT; do
		head -5 raw.jsonl >&7
		ends $sig 'clean.jsonl.*.tmp' seki-normalize \
		    --rules "$TOP/examples/soudan.csv" -o clean.jsonl <fifo
		[ ! -e clean.jsonl ]
	done
	exec 7>&-
}

@test "seki-pack and seki-export, wherever they are" {
	two_sides
	again() { rm -rf sent b.zip marks; }
	for sig in TERM HUP INT; do
		at_each $sig 23 seki-pack -q --trust trust --key inet-1.key \
		    --state sent --audience lgwan-1 -o b.zip \
		    --bookmarks marks "$DATA/every.jsonl"
	done
	[ -e b.zip ] && [ -e marks ]
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	again() { rm -f out; }
	for sig in TERM HUP INT; do
		at_each $sig 2 seki-export -q --store town.db --stream vector \
		    --format stream -o out
	done
	seki-show out >/dev/null
}

@test "what a killed run left is removed by the next of that name" {
	start_cloud --generate soudan:10 --token-file token
	mk() {
		echo old >"$1"
		chmod "$2" "$1"
		touch -d "$3" "$1"
	}
	mk 'o*.jsonl.abcdef.tmp' 600 '2 hours ago'
	mk 'o*.jsonl.fresh1.tmp' 600 '5 minutes ago'
	mk 'o*.jsonl.others.tmp' 644 '2 hours ago'
	mk 'o*.jsonl.longer1.tmp' 600 '2 hours ago'
	mk 'other.jsonl.abcdef.tmp' 600 '2 hours ago'
	mkdir 'o*.jsonl.folder.tmp'
	ln -s token 'o*.jsonl.islink.tmp'
	if [ "$(id -u)" -eq 0 ]; then
		mk 'o*.jsonl.theirs.tmp' 600 '2 hours ago'
		chown 65534 'o*.jsonl.theirs.tmp'
		touch -d '2 hours ago' 'o*.jsonl.theirs.tmp'
	fi
	before=$(ls)
	pull -o 'o*.jsonl'
	rm 'o*.jsonl'
	run diff <(echo "$before") <(ls)
	[ "$(grep '^[<>]' <<<"$output")" = '< o*.jsonl.abcdef.tmp' ]
}
