#!/usr/bin/env bats
# What every tool has: language, help, version, JSON, mistakes.
load helper

each_tool() {
	local t
	for t in "$BIN"/seki-*; do
		case $t in *.d) continue ;; esac
		"$@" "$(basename "$t")"
	done
}

@test "seki without a verb lists the tools and ends with 64" {
	run --separate-stderr seki
	[ "$status" -eq 64 ]
	[[ "$output" == *"import"* ]]
	run seki help
	[ "$status" -eq 0 ]
}

@test "an unknown verb is answered with the nearest one" {
	run --separate-stderr seki pulk
	[ "$status" -eq 64 ]
	[ -z "$output" ]
	[[ "$stderr" == "seki: pulk: usage: unknown verb; did you mean pull?"* ]]
}

has_help() {
	run --separate-stderr "$1" --help
	[ "$status" -eq 0 ] || { echo "$1: $status"; return 1; }
	[[ "$output" == "usage: $1"* ]] || { echo "$1: $output"; return 1; }
	for o in --json --lang --config --quiet --verbose --version; do
		[[ "$output" == *"$o"* ]] || { echo "$1: $o"; return 1; }
	done
}
@test "every tool has --help with the common options" {
	each_tool has_help
}

has_version() {
	[[ "$("$1" --version)" == "$1 "[0-9]* ]]
}
@test "every tool has --version" {
	each_tool has_version
}

refuses() {
	run --separate-stderr "$1" --wrod
	[ "$status" -eq 64 ] || { echo "$1: $status"; return 1; }
	[ -z "$output" ] || { echo "$1: $output"; return 1; }
	[[ "$stderr" == *"unknown option --wrod"* ]]
	[[ "$stderr" == *"$1 --help"* ]]
	run --separate-stderr "$1" --wrod --json
	[ "$status" -eq 64 ]
	echo "$output$stderr" | jq -e '.status == 64 and .reason == "usage"'
}
@test "every tool refuses an unknown option, also as JSON" {
	each_tool refuses
}

@test "without a locale the language is Japanese" {
	run --separate-stderr env -i "$BIN/seki-show" --wrod
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"不明なオプション"* ]]
}

@test "C and POSIX name no language, another one means English" {
	run --separate-stderr env -i LC_ALL=C.UTF-8 "$BIN/seki-show" --wrod
	[[ "$stderr" == *"不明なオプション"* ]]
	run --separate-stderr env -i LANG=en_US.UTF-8 "$BIN/seki-show" --wrod
	[[ "$stderr" == *"unknown option"* ]]
	run --separate-stderr env -i LANG=ja_JP.UTF-8 "$BIN/seki-show" --wrod
	[[ "$stderr" == *"不明なオプション"* ]]
}

@test "--lang and lang = in the configuration decide over the environment" {
	run --separate-stderr env -i "$BIN/seki-show" --lang en --wrod
	[[ "$stderr" == *"unknown option"* ]]
	cd "$BATS_TEST_TMPDIR"
	printf 'lang = en\n' >seki.conf
	run --separate-stderr env -i "$BIN/seki-show" --config seki.conf nofile
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"next:"* || "$stderr" != *"次"* ]]
	run --separate-stderr env -i LANG=en_US.UTF-8 "$BIN/seki-show" \
	    --config seki.conf --lang ja nofile
	[[ "$stderr" != *"No such"*"next:"* ]]
	run --separate-stderr "$BIN/seki-show" --lang fr x
	[ "$status" -eq 64 ]
}

@test "an unknown configuration key names its line and the nearest key" {
	cd "$BATS_TEST_TMPDIR"
	printf '[source]\nbase-urk = http://localhost\n' >seki.conf
	run --separate-stderr seki-show --config seki.conf x
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"seki.conf"*"2"*"base-url"* ]]
}

@test "a full disk for the result is a failure" {
	run --separate-stderr bash -c 'seki help >/dev/full'
	[ "$status" -eq 74 ]
}

@test "no tool of the closed side links the network" {
	for t in verify import export show; do
		run ldd "$BIN/seki-$t"
		[[ "$output" != *libcurl* && "$output" != *libmicrohttpd* ]]
	done
	run ldd "$BIN/seki-verify"
	[[ "$output" != *libicu* ]]
	for t in pull pack normalize import key verify; do
		run ldd "$BIN/seki-$t"
		[[ "$output" != *libmicrohttpd* ]]
	done
}

@test "install and uninstall leave nothing behind" {
	cd "$TOP"
	make -s install BUILD="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" \
	    PREFIX=/usr
	[ -x "$BATS_TEST_TMPDIR/root/usr/bin/seki-verify" ]
	[ -f "$BATS_TEST_TMPDIR/root/usr/share/man/man7/seki.7" ]
	run --separate-stderr env -i \
	    "$BATS_TEST_TMPDIR/root/usr/bin/seki-show" --wrod
	[[ "$stderr" == *"不明なオプション"* ]]
	make -s uninstall BUILD="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" \
	    PREFIX=/usr
	[ -z "$(find "$BATS_TEST_TMPDIR/root" -type f)" ]
}

@test "the second implementation agrees with the published vectors" {
	for f in "$TOP"/tests/data/root/[!b]*.jsonl; do
		python3 "$TOP/tests/judge_root.py" "$f"
	done
	run python3 "$TOP/tests/judge_root.py" \
	    "$TOP/tests/data/root/bad-changed.jsonl"
	[ "$status" -eq 1 ]
}

@test "every key that seki.conf(5) names is taken" {
	cd "$BATS_TEST_TMPDIR"
	sed -n '/^\.Bl -tag/,/^\.El/p' "$TOP/man/seki.conf.5" |
	    sed -n -e 's/^\.It Bq Cm \(.*\)/[\1]/p' -e 's/^\.Cm //p' |
	    sed -e 's/ , /\n/g' -e 's/ ,$//' |
	    sed -e '/^\[/!s/$/ = 1/' -e 's/^\(lang = \)1/\1en/' \
	    -e 's/^\(sandbox = \)1/\1on/' >seki.conf
	grep -qx 'max-size = 1' seki.conf
	[ "$(grep -c = seki.conf)" -ge 40 ]
	run --separate-stderr seki-show --config seki.conf nofile
	echo "$stderr"
	[ "$status" -eq 74 ]
}
