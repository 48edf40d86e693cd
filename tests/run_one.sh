#!/bin/sh
# run_one.sh FOLDER TEST: one unit test or bats file, for run.sh; what it prints
# goes into the folder, as TAP.
set -u
out=$1/$(basename "$2").tap
case $2 in
*.bats)
	bats --formatter tap "$2" >"$out" 2>&1 || grep -q '^not ok' "$out" ||
	    echo "not ok - $2: bats fell over" >>"$out"
	exit 0
	;;
esac
echo "# $(basename "$2")" >"$out"
LC_ALL=C.UTF-8 CMOCKA_MESSAGE_OUTPUT=tap "$2" >>"$out" 2>&1
status=$?
# cmocka calls what it skipped not ok.
sed -i 's/^not \(ok .*# SKIP\)/\1/' "$out"
if [ $status -ne 0 ] && ! grep -q '^not ok' "$out"; then
	echo "not ok - $(basename "$2"): ended with $status" >>"$out"
fi
grep -q '^ok\|^not ok' "$out" || {
	echo "not ok - $(basename "$2"): ran no test" >>"$out"
}
