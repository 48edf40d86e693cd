#!/bin/sh
# run.sh TAP BUILD [FILE…]: run the unit tests of BUILD, then tests/cmd with its
# tools, or only these files of it ("units": none); keep what they print in TAP,
# show what failed, and close with "N passed, N failed, N skipped".
set -u
tap=$1
BUILD=$(cd "$2" && pwd)
TOP=$(cd "$(dirname "$0")/.." && pwd)
BIN=$BUILD/bin
export BUILD TOP BIN
cd "$TOP" || exit 74
# The tests start python3 over a thousand times, mostly for little.  The first
# on the path may be a script that looks for one, or load much as it starts;
# that of the packages does neither.
python=/usr/bin/python3
[ -x "$python" ] || python=$(python3 -c 'import sys; print(sys.executable)')
mkdir -p "$BUILD/python"
ln -sf "$python" "$BUILD/python/python3"
PATH=$BUILD/python:$PATH
: >"$tap"

# What runs: the unit tests, then files of tests/cmd.
shift 2
[ "${1:-}" = units ] || [ $# -gt 0 ] || set -- tests/cmd/*.bats
[ "${1:-}" != units ] || shift
for t in "$BUILD"/test/test_*; do
	case $t in *.d | *.o) continue ;; esac
	[ ! -x "$t" ] || echo "$t"
done >"$tap.jobs"
[ $# -eq 0 ] || printf '%s\n' "$@" >>"$tap.jobs"
# What takes longest begins first, or all wait for it in the end.
slow='test_nomem_store pull faults test_relay matrix test_nomem_form delta pack
    sealed push local import form judge_relay test_nomem_sealed attach verify
    road relay secrets normalize workbook test_norm test_sheet test_nomem_pack'
{
	for t in $slow; do
		grep -E "/$t(\.bats)?\$" "$tap.jobs"
	done
	grep -vE "/($(echo $slow | tr ' ' '|'))(\.bats)?\$" "$tap.jobs"
} >"$tap.order"
mv "$tap.order" "$tap.jobs"

# Three at a time: mostly they wait, for servers and for the disk.
rm -rf "$tap.parts"
mkdir "$tap.parts"
xargs -P3 -n1 tests/run_one.sh "$tap.parts" <"$tap.jobs"
cat "$tap.parts"/test_*.tap "$tap.parts"/*.bats.tap >>"$tap" 2>/dev/null
rm -rf "$tap.parts" "$tap.jobs"

awk '/^not ok/ { show = 1 } /^ok|^# test_/ { show = 0 } show' "$tap"
skipped=$(grep -ci '^ok.*# skip' "$tap")
passed=$(($(grep -c '^ok' "$tap") - skipped))
failed=$(grep -c '^not ok' "$tap")
grep -i '^ok.*# skip' "$tap" | sed 's/^ok [0-9]* /skipped: /'
echo "$passed passed, $failed failed, $skipped skipped" | tee "$tap.sum"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
