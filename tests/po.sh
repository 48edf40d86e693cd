#!/bin/sh
# po.sh BUILD [--check] SOURCE...: the template from the sources, and ja.po
# brought up to it; --check changes nothing and fails when a message is new,
# untranslated or fuzzy.
set -eu
build=$1
shift
check=
if [ "$1" = --check ]; then
	check=1
	shift
fi
po=lib/po/ja.po
pot=$build/seki.pot
xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ \
    --add-comments=TRANSLATORS --package-name=seki --sort-by-file \
    -o "$pot" "$@"
if [ -z "$check" ]; then
	# A guess from a message that is like it would only be overlooked.
	msgmerge --quiet --no-fuzzy-matching --no-location $po "$pot" |
	    msgattrib --no-obsolete --sort-output --no-wrap |
	    sed '/^"POT-Creation-Date:/d' >"$build/ja.new"
	mv "$build/ja.new" $po
	msgfmt --statistics --check-format -o /dev/null $po
	exit
fi
msgmerge --quiet --no-fuzzy-matching --no-wrap -o "$build/ja.new" $po "$pot"
msgfmt --check-format -o /dev/null "$build/ja.new"
n=$(msgattrib --untranslated --no-obsolete "$build/ja.new" | grep -c '^msgid ' ||
    :)
f=$(msgattrib --only-fuzzy --no-obsolete "$build/ja.new" | grep -c '^msgid ' ||
    :)
if [ "$n" -gt 1 ] || [ "$f" -gt 1 ]; then
	msgattrib --untranslated --no-obsolete "$build/ja.new" |
	    grep '^msgid' | head -5
	exit 1
fi
