#!/bin/sh
# lint.sh BUILD: what no test run shows.  Silent but for its findings.
set -u
cd "$(dirname "$0")/.." || exit 74
bad=0
note() {
	echo "lint: $*"
	bad=1
}

# clang sees other things than gcc; make check builds with gcc.
warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wcast-qual
    -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
    -Wswitch-enum -Werror'
printf '%s\n' lib/*.c cmd/*.c | xargs -P2 -n4 sh -c \
    "\"\$CC\" $CPPFLAGS -std=c11 $(echo $warn) -fsyntax-only \"\$@\"" lint ||
    note "clang"

# varFuncNullUB: NULL is a pointer on every system that POSIX describes.
cppcheck --quiet --enable=warning,portability --inline-suppr \
    --suppress=varFuncNullUB --suppress=missingIncludeSystem --suppress='*:/usr/*' -D_GNU_SOURCE \
    --error-exitcode=1 -j2 -Ilib lib cmd || note "cppcheck"

for f in man/*.[157]; do
	out=$(mandoc -Tlint -Wwarning "$f" 2>&1) || note "$out"
done

names=$(nm -g --defined-only "$1/libseki.a" 2>/dev/null |
    awk 'NF == 3 && $2 != "W" && $3 !~ /^seki_/ { print $3 }' |
    grep -v '^__odr_asan\|^_end' || :)
[ -z "$names" ] || note "exported without seki_: $names"

# An archive takes two of a name; which one a tool gets is the linker's choice.
names=$(nm -g --defined-only "$1/libseki.a" 2>/dev/null |
    awk 'NF == 3 && $2 != "W" { print $3 }' | sort | uniq -d |
    grep -v '^__odr_asan' || :)
[ -z "$names" ] || note "defined twice: $names"

for t in cmd/seki-*.c; do
	n=$(basename "$t" .c)
	[ -f "man/$n.1" ] || note "$n has no man page"
done

# set -e does not see it, so the test goes on.
out=$(grep -nE '^[[:space:]]+! ' tests/cmd/*.bats | grep -v '|| false$' || :)
[ -z "$out" ] || note "cannot fail without || false: $out"

for f in Makefile COPYING README.md README.ja.md cmd lib man tests examples; do
	[ -e "$f" ] || note "$f is missing at the top level"
done
extra=$(git -c core.quotePath=false ls-files | sed 's#/.*##' | sort -u | grep -v '^\.' | grep -vx \
    -e Makefile -e COPYING -e README.md -e README.ja.md -e cmd -e lib \
    -e man -e tests -e examples || :)
[ -z "$extra" ] || note "does not belong at the top level: $extra"

if [ -f lib/po/ja.po ]; then
	tests/po.sh "$1" --check lib/*.c lib/*.h cmd/*.c cmd/*.h ||
	    note "lib/po/ja.po is not complete: make po, then translate"
fi
exit $bad
