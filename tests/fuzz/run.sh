#!/bin/sh
# run.sh BUILD SECONDS: every fuzz target from its seeds for that long.
set -u
cd "$(dirname "$0")/../.." || exit 74
ok=0
bad=0
for t in "$1"/bin/fuzz_*; do
	case $t in *.d) continue ;; esac
	n=$(basename "$t")
	mkdir -p "$1/corpus/$n"
	seeds=tests/fuzz/seeds/$n
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2086
	if "$t" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 \
	    -artifact_prefix="$1/$n-" "$1/corpus/$n" $seeds \
	    >"$1/$n.log" 2>&1; then
		echo "ok $n: $(grep -c . "$1/$n.log") lines of log," \
		    "$(grep -o 'stat::number_of_executed_units.*\|Done [0-9]* runs' "$1/$n.log" | tail -1)"
		ok=$((ok + 1))
	else
		echo "not ok $n: see $1/$n.log"
		tail -20 "$1/$n.log"
		bad=$((bad + 1))
	fi
done
echo "$ok passed, $bad failed" | tee "$1/fuzz.sum"
[ "$bad" -eq 0 ] && [ "$ok" -gt 0 ]
