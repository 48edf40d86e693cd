#!/bin/sh
# run.sh BUILD SECONDS: every fuzz target from its seeds for that long, one on
# each core.
set -u
cd "$(dirname "$0")/../.." || exit 74
find "$1/bin" -name 'fuzz_*' ! -name '*.d' | sort |
    xargs -P"$(nproc)" -n1 tests/fuzz/run_one.sh "$1" "$2" |
    tee "$1/fuzz.out"
ok=$(grep -c '^ok ' "$1/fuzz.out")
bad=$(grep -c '^not ok ' "$1/fuzz.out")
echo "$ok passed, $bad failed" | tee "$1/fuzz.sum"
[ "$bad" -eq 0 ] && [ "$ok" -gt 0 ]
