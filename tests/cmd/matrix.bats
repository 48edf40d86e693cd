#!/usr/bin/env bats
# Programs that a relay may be made of open the workbook and save it: all that
# was sent comes back, from one and from two in a row; and what is changed in
# what they wrote is named.
load helper

# made FROM NAME: w/FROM.xlsx saved by the program NAME, as w/FROM+NAME.xlsx,
# or w/NAME.xlsx when FROM is sent; nothing when the program is not there.
# LibreOffice's have a call for all.
made() {
	local from=w/$1.xlsx to
	to=$PWD/w/$(both "$1" "$2").xlsx
	[ -f "$from" ] || return 0
	case $2 in
	gnumeric)
		command -v ssconvert >/dev/null || return 0
		ssconvert "$from" "$to" >/dev/null 2>&1 ;;
	openpyxl)
		for p in /usr/bin/python3 python3; do
			"$p" -c 'import openpyxl' 2>/dev/null || continue
			"$p" "$TOP/tests/rewrite.py" "$from" "$to"
			return
		done ;;
	exceljs | xlsx | xlsx-populate)
		[ -n "$modules" ] || return 0
		node "$TOP/tests/rewrite.js" "$modules" "$2" "$from" "$to" ;;
	zip)
		command -v zip >/dev/null || return 0
		mkdir unzipped
		(cd unzipped && unzip -q "../$from" && zip -qr "$to" .)
		rm -r unzipped ;;
	esac
}
both() {
	if [ "$1" = sent ]; then echo "$2"; else echo "$1+$2"; fi
}
# office TYPE DIR FILE...: one call of LibreOffice for all of them.
office() {
	local type=$1 dir=$2
	shift 2
	LC_ALL=C.UTF-8 soffice "-env:UserInstallation=file://$PWD/profile" \
	    --headless --convert-to "$type" --outdir "$dir" "$@" >>office.out 2>&1
}
# offices FROM WAY...: w/FROM.xlsx saved by LibreOffice, directly or over .ods.
offices() {
	command -v soffice >/dev/null || return 0
	rm -rf in ods
	mkdir in ods
	while [ $# -gt 0 ]; do
		if [ ! -f "w/$1.xlsx" ]; then
			:
		elif [ "$2" = ods ]; then
			cp "w/$1.xlsx" "ods/$(both "$1" ods).xlsx"
		else
			cp "w/$1.xlsx" "in/$(both "$1" office).xlsx"
		fi
		shift 2
	done
	office ods in ods/*.xlsx
	office xlsx w in/*
}

setup_file() {
	local p
	cd "$BATS_FILE_TMPDIR" || return 1
	modules=$("$TOP/tests/book_modules.sh" "$BUILD" || :)
	mkdir w
	mkdir -m 700 keys
	seki-key init --relay --trust trust --org 131041 --host inet-1 \
	    --keys keys >/dev/null
	python3 "$TOP/tests/mkhard.py" 20 >first.jsonl
	python3 "$TOP/tests/mkhard.py" 2000 >sent.jsonl
	python3 "$TOP/tests/mkhard.py" 150 >small.jsonl
	seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay -o w/sent.xlsx sent.jsonl >/dev/null
	# A store that has a bundle already, and the next one.
	for p in first small; do
		seki-pack -q --trust trust --key keys/inet-1.key --state small \
		    --audience lgwan-1 --carrier relay -o w/$p.xlsx $p.jsonl \
		    >/dev/null
	done
	seki-import -q --trust trust --audience lgwan-1 --store town.db \
	    w/first.xlsx >/dev/null
	# LibreOffice takes as long as all others together.
	offices sent office sent ods small office 3>&- &
	for p in gnumeric openpyxl exceljs xlsx xlsx-populate zip; do
		made sent $p
	done
	made small openpyxl
	made small xlsx-populate
	made gnumeric exceljs
	made xlsx openpyxl
	made xlsx-populate gnumeric
	made exceljs xlsx
	wait
	offices xlsx-populate office openpyxl ods
	made office xlsx-populate
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

verify() {
	seki-verify --trust trust --audience lgwan-1 "$@"
}

# intact NAME: w/NAME.xlsx has the root that was signed, and all that was sent
# comes out of a store that took it.
intact() {
	local root
	[ -f "w/$1.xlsx" ] || skip "no $1: a program is missing"
	run ! cmp -s "w/$1.xlsx" w/sent.xlsx
	root=$(tail -1 sent.jsonl | jq -r .value.complete.root)
	run --separate-stderr verify --json "w/$1.xlsx"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	jq -e --arg root "$root" '.root == $root and .relay and
	    .records == 1979 and .held == 21' <<<"$output"
	rm -f back.db
	seki-import -q --trust trust --audience lgwan-1 --store back.db \
	    "w/$1.xlsx" >/dev/null
	seki-export --store back.db --stream hard --format stream >back.jsonl
	run python3 "$TOP/tests/same_relay.py" sent.jsonl back.jsonl
	echo "$output"
	[ "$output" = "2002 lines, 0 differ" ]
}

@test "saved by LibreOffice: everything comes back" {
	intact office
}

@test "saved by LibreOffice over .ods: everything comes back" {
	intact ods
}

@test "saved by Gnumeric: everything comes back" {
	intact gnumeric
}

@test "saved by openpyxl: everything comes back" {
	intact openpyxl
}

@test "saved by exceljs: everything comes back" {
	intact exceljs
}

@test "saved by SheetJS: everything comes back" {
	intact xlsx
}

@test "saved by xlsx-populate: everything comes back" {
	intact xlsx-populate
}

@test "saved by unzip and zip: everything comes back" {
	intact zip
}

@test "saved by xlsx-populate, then LibreOffice: everything comes back" {
	intact xlsx-populate+office
}

@test "saved by openpyxl, then LibreOffice over .ods: everything comes back" {
	intact openpyxl+ods
}

@test "saved by LibreOffice, then xlsx-populate: everything comes back" {
	intact office+xlsx-populate
}

@test "saved by xlsx-populate, then Gnumeric: everything comes back" {
	intact xlsx-populate+gnumeric
}

@test "saved by Gnumeric, then exceljs: everything comes back" {
	intact gnumeric+exceljs
}

@test "saved by SheetJS, then openpyxl: everything comes back" {
	intact xlsx+openpyxl
}

@test "saved by exceljs, then SheetJS: everything comes back" {
	intact exceljs+xlsx
}

# altered STATUS REASON WHAT ARG...: small.xlsx as the program in $by wrote it,
# with one thing changed; stdin is what the answer must say, to the letter.  The
# store takes it when STATUS is 0, and is else what it was.
altered() {
	local want=$1 reason=$2 at
	shift 2
	rm -f w/t.xlsx
	at=$(python3 "$TOP/tests/alter.py" "w/small+$by.xlsx" w/t.xlsx "$@")
	echo "$by: $*: $at"
	run --separate-stderr verify w/t.xlsx
	echo "$output $stderr"
	[ "$status" -eq "$want" ]
	diff - <(grep -v 'one-person\|order and replay\|given back' \
	    <<<"$stderr" | sed 's/^seki-verify: w.t.xlsx: //; /^    next: /d')
	cp town.db t.db
	sqlite3 t.db .dump >before
	run --separate-stderr seki-import --trust trust --audience lgwan-1 \
	    --store t.db w/t.xlsx
	echo "$output $stderr"
	[ "$status" -eq "$want" ]
	sqlite3 t.db .dump >after
	if [ "$want" -eq 0 ]; then
		seki-export --store t.db --stream hard --format stream >back.jsonl
		python3 "$TOP/tests/same_relay.py" small.jsonl back.jsonl
	else
		[[ $stderr == *"seki-import: w/t.xlsx: $reason: "* ]]
		cmp before after
	fi
	rm t.db
}
# changed LINE... -- COUNTS WHAT ARG...: what differs is named, and counted.
changed() {
	local lines=()
	while [ "$1" != -- ]; do
		lines+=("$1")
		shift
	done
	lines+=("content: the sheets are not what was signed: $2; nothing was taken")
	shift 2
	altered 1 content "$@" < <(printf '%s\n' "${lines[@]}")
}

every_change() {
	local R=レコード D=明細 was="was changed"
	by=$1
	[ -f "w/small+$by.xlsx" ] || skip "no $by"
	changed "record 70, field 件名: sheet $R, cell C70: $was" -- \
	    "1 changed" set $R 70 件名 別の件名
	changed "record 70, field 件名: sheet $R, cell C70: $was" -- \
	    "1 changed" clear $R 70 件名
	# A text that became another number, as Excel makes one of 0012.
	changed "record 70, field 件名: sheet $R, cell C70: $was" -- \
	    "1 changed" number $R 70 件名 12
	changed "record 8, row 2 of $D, field 数: sheet $D, cell E8: $was" -- \
	    "1 changed" set $D 8/2 数 7
	# Two in one column, in one row, and in columns and rows of one block.
	changed "record 70, field 件名: sheet $R, cell C70: $was" \
	    "record 75, field 件名: sheet $R, cell C75: $was" -- \
	    "2 changed" swap $R 70 件名 75 件名
	changed "record 70, field 件名: sheet $R, cell C70: $was" \
	    "record 70, field 氏名: sheet $R, cell E70: $was" -- \
	    "1 changed" swap $R 70 件名 70 氏名
	local maybe="was perhaps changed, for several rows beside it were, too"
	changed "record 70, field 件名: sheet $R, cell C70: $maybe" \
	    "record 70, field 氏名: sheet $R, cell E70: $maybe" \
	    "record 75, field 件名: sheet $R, cell C75: $maybe" \
	    "record 75, field 氏名: sheet $R, cell E75: $maybe" -- \
	    "2 changed" swap $R 70 件名 75 氏名
	changed "record 70: missing in sheet $R" -- "1 missing" delete $R 70
	changed "record 70: sheet $R, cell A150: the row stands once more" -- \
	    "1 doubled" double $R 70
	changed "record 9999: sheet $R, cell A150: a row that was not sent" -- \
	    "1 added" add $R 70 9999
	# A record that is held came back with values.
	changed "record 51: sheet $R, cell A150: a row that was not sent" -- \
	    "1 added" add $R 70 51
	changed "record 8, row 9 of $D: sheet $D, cell A7: a row that was not sent" \
	    "record 8, row 1 of $D: missing in sheet $D" \
	    -- "1 missing, 1 added" number $D 8/1 行番号 9
	changed "record 8, row 2 of $D: sheet $D, cell A7: the row stands once more" \
	    "record 8, row 1 of $D: missing in sheet $D" \
	    -- "1 missing, 1 doubled" number $D 8/1 行番号 2
	changed "record 51: missing in sheet 保留・削除" -- \
	    "1 missing" delete 保留・削除 51
	changed "record 51: sheet 保留・削除, row of cell A2: was changed; in \
which field cannot be told" -- "1 changed" set 保留・削除 51 区分 削除
	changed "record 70: sheet 長文, cell A4: a row that was not sent" -- \
	    "1 added" add 長文 8 70
	changed "record 8, field 内容: sheet $R, cell D9: $was" -- \
	    "1 changed" delete 長文 8
	altered 65 xlsx formula $R 70 件名 <<-E
	xlsx: sheet $R, cell C70: a formula, where only values may stand
	E
	altered 1 view remove $D <<-E
	view: sheet $D is missing
	E
	# What does no harm: a number as text and back, order, looks, names.
	altered 0 ok set $R 8 金額 1234567.250 </dev/null
	altered 0 ok number $R 8 金額 1.23456725E+06 </dev/null
	altered 0 ok number $R 8 金額 1234567.2500000001 </dev/null
	altered 0 ok sort $R 金額 </dev/null
	altered 0 ok sort $D 品 </dev/null
	altered 0 ok column $R 件名 </dev/null
	altered 0 ok order </dev/null
	altered 0 ok hide $R 70 75 99 <<-E
	3 rows, columns or sheets are hidden; they were read all the same
	E
}

@test "saved by LibreOffice: whatever is changed then is named" {
	every_change office
}

@test "saved by openpyxl: whatever is changed then is named" {
	every_change openpyxl
}

@test "saved by xlsx-populate: whatever is changed then is named" {
	every_change xlsx-populate
}

@test "characters beyond U+FFFF that came back broken are given back" {
	local n own
	for by in office openpyxl xlsx-populate; do
		[ -f "w/small+$by.xlsx" ] || continue
		n=$((n + 1))
		# As programs break them that write strings in pieces; one of
		# these does so itself.
		own=$(verify --json "w/small+$by.xlsx" 2>/dev/null | jq .repaired)
		python3 "$TOP/tests/alter.py" "w/small+$by.xlsx" w/t.xlsx \
		    replace 𠮷 $'\uFFFD\uFFFD' 9 >cells
		[ "$(grep -c '^レコード\|^明細' cells)" -eq 9 ]
		run --separate-stderr verify w/t.xlsx
		echo "$stderr"
		[ "$status" -eq 0 ]
		[[ $stderr == *"t.xlsx: $((own + 9)) values were broken on the way and given \
back by the sheet 補修"* ]]
		run --separate-stderr verify --json w/t.xlsx
		jq -e --argjson own "$own" '.repaired == $own + 9' <<<"$output"
	done
	[ "$n" -gt 0 ]
	# The spelling is not believed: what it gives must be what was signed.
	python3 "$TOP/tests/alter.py" w/small.xlsx w/t.xlsx replace 𠮷 x 1
	python3 "$TOP/tests/alter.py" w/t.xlsx w/u.xlsx \
	    replace '␛{20BB7}' x 9999 >/dev/null
	run --separate-stderr verify w/u.xlsx
	[ "$status" -eq 1 ]
	[[ $stderr == *": content: the sheets are not what was signed: 1 changed;"* ]]
}
