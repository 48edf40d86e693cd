#!/bin/sh
# run_one.sh BUILD SECONDS TARGET: one fuzz target, for run.sh.
set -u
n=$(basename "$3")
log=$1/$n.log
mkdir -p "$1/corpus/$n"
seeds=tests/fuzz/seeds/$n
[ -d "$seeds" ] || seeds=
# shellcheck disable=SC2086
if "$3" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 \
    -artifact_prefix="$1/$n-" "$1/corpus/$n" $seeds >"$log" 2>&1; then
	echo "ok $n: $(grep -c . "$log") lines of log," \
	    "$(grep -o 'stat::number_of_executed_units.*\|Done [0-9]* runs' \
		"$log" | tail -1)"
else
	# In one piece, though another one may end at the same time.
	echo "not ok $n: see $log
$(tail -20 "$log")"
fi
