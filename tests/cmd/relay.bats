#!/usr/bin/env bats
# What goes through a relay: files beside the workbook, files in place of it,
# hostile ones, and a bundle that is made once more.
load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	umask 022
	mkdir -m 700 keys
	seki-key init --relay --trust trust --org 131041 --host inet-1 \
	    --keys keys >/dev/null
}

mk() {
	python3 "$TOP/tests/mkstream.py" "$@"
}
pack() {
	seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --audience lgwan-1 "$@"
}
# relay OUTPUT [OPTION...]: the stream comes on stdin.
relay() {
	local out=$1
	shift
	pack --carrier relay -o "$out" "$@" >marks
}
again() {
	pack --stream "$1" --reissue "${@:2}"
}
verify() {
	seki-verify --trust trust --audience lgwan-1 "$@"
}
import() {
	seki-import --trust trust --audience lgwan-1 --store town.db "$@"
}
hurt() {
	PYTHONPATH=$TOP/tests python3 "$TOP/tests/hurt.py" "$@"
}
alter() {
	python3 "$TOP/tests/alter.py" "$@"
}
# refused STATUS REASON TEXT COMMAND...: and nothing on standard output.
refused() {
	local want=$1 reason=$2 text=$3
	shift 3
	run --separate-stderr timeout 20 "$@"
	echo "$* -> $status $output $stderr"
	[ "$status" -eq "$want" ]
	[[ $stderr == *": $reason: "*"$text"* ]]
	[ -z "$output" ]
}
# refuses STATUS REASON TEXT FILE: verify and import say the same, and leave
# nothing.
refuses() {
	refused "$1" "$2" "$3" seki-verify --trust trust \
	    --audience lgwan-1 "$4"
	refused "$1" "$2" "$3" seki-import --trust trust \
	    --audience lgwan-1 --store town.db "$4"
	[ ! -e town.db ] || [ "$(sqlite3 town.db 'SELECT count(*) FROM
	    seki_bundle')" -eq "${HAS:-0}" ]
	[ -z "$(find . -name '*-journal' -o -name 'new.*' -o -name '*.tmp')" ]
}
accepted() {
	run --separate-stderr "$@"
	echo "$* -> $status $output $stderr"
	[ "$status" -eq 0 ]
}

# files: a bundle of four attachments as f.zip, and what is in it as folder f.
files() {
	mkdir src
	printf 'hello\n' >src/a.txt
	printf '%%PDF-1.4\n%%%%EOF\n' >src/見積.pdf
	printf 'x,y\r\n' >src/c.CSV
	mk 1=a >one.jsonl
	relay src/d.xlsx one.jsonl
	python3 "$TOP/tests/mkfiles.py" spool src/* >f.jsonl
	relay f.zip --attachments spool f.jsonl
	mkdir f
	(cd f && unzip -q ../f.zip)
	txt=$(cd f && ls ./*.txt)
	pdf=$(cd f && ls ./*.pdf)
}

@test "attachments lie beside the workbook, in a ZIP or in a folder" {
	files
	[ "$(unzip -Z1 f.zip | sort | tr '\n' ' ')" = \
	    "$(cd src && sha256sum ./* | cut -c1-32 | paste - <(printf \
	    '%s\n' .txt .csv .xlsx .pdf) | tr -d '\t' | cat - <(echo \
	    records.xlsx) | sort | tr '\n' ' ')" ]
	local d
	for d in f.zip f f/; do
		accepted verify "$d"
		[[ $output == "$d: ok: stream files, seq 1, full, 4 records"* ]]
	done
	# Names with folders, and what file managers leave.
	mkdir -p re/sub
	cp f/* re/sub
	touch f/Thumbs.db f/desktop.ini f/.DS_Store 'f/~$records.xlsx'
	accepted verify f
	[[ $stderr != *"were not sent"* ]]
	(cd re && zip -qr ../re.zip .)
	accepted verify re.zip
	accepted import re.zip
	[ "$(ls town.db.att | tr '\n' ' ')" = \
	    "$(ls spool | grep -v 'index\|lock' | tr '\n' ' ')" ]
	accepted import f
	[[ $output == *": already: "* ]]
	seki-export --store town.db --stream files -f stream \
	    --attachments back >back.jsonl
	for d in src/*; do
		cmp "$d" "back/$(sha256sum "$d" | cut -c1-64)"
	done
}

@test "attachments under other names are found by their digests" {
	files
	mv "f/$txt" f/1.bin
	mv "f/$pdf" "f/$txt"
	mv f/1.bin "f/$pdf"
	mv f/records.xlsx f/承認済.xlsx
	# A relay workbook as attachment looks like one, once ours has no name.
	refused 65 zip "more than one workbook with a signature" seki-verify \
	    --trust trust --audience lgwan-1 f
	mv f/承認済.xlsx f/RECORDS.XLSX
	accepted verify f
	[[ $stderr != *changed* && $stderr != *"not sent"* ]]
	accepted import f
}

@test "a changed attachment is refused, and taken on somebody's word" {
	files
	printf x >>"f/$txt"
	refuses 1 digest "1 attachments came back changed: ${txt#./}" f
	accepted verify --accept-attachments f
	[[ $stderr == *"f: 1 attachments came back changed and are taken as \
they are: ${txt#./}"* ]]
	accepted verify --json --accept-attachments f
	jq -e '.remade == 1 and .relay' <<<"$output"
	accepted import --accept-attachments 目で見た --by p-0001 f
	# Records are never taken on a word.
	alter f/records.xlsx f/RECORDS2.XLSX set レコード 2 件名 x
	mv f/RECORDS2.XLSX f/records.xlsx
	refused 1 content "1 changed" seki-verify --trust trust \
	    --audience lgwan-1 --accept-attachments f
}

@test "a missing attachment is named, files of others are counted" {
	files
	# Unpacked into a folder of its own.
	mkdir up
	cp -R f up/
	refuses 74 file "in which the workbook and its attachments lie" up
	touch f/報告.txt f/手順.docx
	accepted verify f
	[[ $stderr == *"f: 2 files lie beside it that were not sent; they were \
left alone"* ]]
	rm "f/$pdf"
	refuses 1 digest "${pdf#./} is missing" f
	refused 1 digest "${pdf#./} is missing" seki-verify --trust trust \
	    --audience lgwan-1 --accept-attachments f
	# The workbook alone, of a bundle with attachments.
	refuses 1 digest "is missing" f/records.xlsx
}

@test "two workbooks, none, an unsigned one" {
	mk 1=a | relay a.xlsx
	mk 1=b | relay b.xlsx
	mkdir d
	cp a.xlsx b.xlsx d
	refuses 65 zip "more than one workbook with a signature is in it" d
	(cd d && zip -q ../d.zip ./*)
	refuses 65 zip "more than one workbook with a signature is in it" d.zip
	rm d/b.xlsx
	accepted verify d
	alter a.xlsx d/a.xlsx remove 署名
	refuses 65 zip "no workbook in it has a signature" d
	refuses 65 xlsx "署名" d/a.xlsx
	rm d/a.xlsx
	echo x >d/x.csv
	refuses 65 zip "a text came in place of the bundle (x.csv)" d
	rm d/x.csv
	refuses 65 zip "no workbook is in it" d
}

@test "the signature's text in a file beside a workbook that lost it" {
	mk 1=a 2=b | relay a.xlsx
	hurt a.xlsx signature.txt text
	mkdir d
	cp a.xlsx d
	# One letter: the copy is nothing, and which cell is said.
	seal=$(for p in $(unzip -Z1 a.xlsx | grep worksheets); do
		unzip -p a.xlsx "$p" | grep -q 0001/0002: && echo "$p"
	done)
	unzip -p a.xlsx "$seal" >seal.xml
	grep -q '0001/0002:' seal.xml
	sed 's/\(0002.0002:.\{30\}\)./\1!/' seal.xml >bad.xml
	cmp -s seal.xml bad.xml && false
	hurt a.xlsx d/a.xlsx part "$seal" bad.xml
	refuses 1 signature 2 d/a.xlsx
	refuses 1 signature 2 d
	cp signature.txt d
	accepted verify d
	[[ $stderr != *"not sent"* ]]
	alter a.xlsx d/a.xlsx remove 署名
	accepted verify d
	(cd d && zip -q ../d.zip ./*)
	accepted verify d.zip
	# Cells that came twice are one; with other bytes they are none.
	sed 's/\(0002.0002:........:\)....../\1zzzzzz/' signature.txt \
	    >d/signature.txt
	refuses 1 signature 2 d
	grep -v 0002/0002 signature.txt >d/signature.txt
	refuses 1 signature 2 d
	# A signature of another bundle does not make these records ours.
	mk 1=a 2=c | relay b.xlsx
	hurt b.xlsx d/signature.txt text
	refuses 1 content "1 changed" d
}

# same_text BOOK TEXT: it is what the workbook's sheet 署名 holds.
same_text() {
	hurt "$1" seal.txt text
	sed -n '/^[0-9]*\/[0-9]*:/p' seal.txt | diff --strip-trailing-cr - "$2"
}
# sum FILE RESULT: the bundle's size and digest are those that were recorded.
sum() {
	jq -e --arg d "$(sha256sum "$1" | cut -c1-64)" \
	    --argjson n "$(stat -c %s "$1")" \
	    '.sha256 == $d and .size == $n' <<<"$2"
}

@test "--signature-text: a workbook that lost 署名 is good with the text beside it" {
	mk 1=a 2=b >a.jsonl
	run --separate-stderr pack --json --carrier relay --signature-text \
	    -o a.xlsx a.jsonl
	[ "$status" -eq 0 ]
	[ "$(jq -r .signature_text <<<"$stderr")" = a.txt ]
	sum a.xlsx "$stderr"
	cmp a.xlsx sent/outbox/soudan-1.zip
	[ "$(stat -c %a a.txt)" = 600 ]
	same_text a.xlsx a.txt
	! LC_ALL=C grep -n '[^ -~]' a.txt || false
	mkdir d
	cp a.xlsx a.txt d
	accepted verify d
	[[ $stderr != *"not sent"* ]]
	alter a.xlsx d/a.xlsx remove 署名
	accepted verify d
	[[ $stderr != *"not sent"* ]]
	python3 "$TOP/tests/judge_relay.py" d trust
	# Text and workbook are of no use alone, and what to do is said.
	refuses 65 xlsx "name a folder in which both lie" d/a.xlsx
	refuses 65 zip "the text of a signature, without its workbook (a.txt)" \
	    a.txt
	# A letter of both: which cell.
	sed 's/\(0002.0002:........:.\{30\}\)./\1!/' a.txt >d/a.txt
	refuses 1 signature "some were changed: 2" d
	cp a.txt d
	accepted import d
	# Once more, with a text of its own.
	run --separate-stderr again soudan 1 --json --carrier relay \
	    --signature-text -o b.xlsx
	[ "$status" -eq 0 ]
	sum b.xlsx "$stderr"
	cmp -s a.txt b.txt && false
	rm d/*
	alter b.xlsx d/x.xlsx remove 署名
	cp b.txt d/x.txt
	accepted import d
	[[ $output == *": already: "* ]]
	# The ledger has a digest and size for each: of workbooks, not of texts.
	[ "$(sqlite3 sent/state.db "SELECT entry FROM seki_ledger" |
	    grep -cE "$(sha256sum a.xlsx b.xlsx | cut -c1-64 | paste -sd'|')")" \
	    -eq 2 ]
}

@test "--signature-text: in a ZIP it lies beside workbook and attachments" {
	mk 1=z >z.jsonl
	relay z.xlsx --signature-text z.jsonl
	files
	# A signature as attachment is not taken for ours.
	cp z.txt src/z.txt
	python3 "$TOP/tests/mkfiles.py" spool src/* >f.jsonl
	run --separate-stderr pack --json --carrier relay --signature-text \
	    --attachments spool -o g.zip f.jsonl
	[ "$status" -eq 0 ]
	[ "$(jq .signature_text <<<"$stderr")" = null ]
	[ ! -e g.txt ]
	sum g.zip "$stderr"
	cmp g.zip sent/outbox/files-2.zip
	unzip -tq g.zip
	! unzip -Z1 f.zip | grep signature || false
	again files 2 --carrier relay --signature-text -o h.zip
	local b
	for b in g h; do
		[ "$(unzip -Z1 $b.zip | sed -n '1,2p' | tr '\n' ' ')" = \
		    "records.xlsx signature.txt " ]
		mkdir $b
		(cd $b && unzip -q ../$b.zip)
		same_text $b/records.xlsx $b/signature.txt
		accepted verify $b $b.zip
		[[ $stderr != *"not sent"* ]]
		alter $b/records.xlsx r.xlsx remove 署名
		mv r.xlsx $b/records.xlsx
		(cd $b && zip -qr ../$b.made.zip .)
		accepted verify $b $b.made.zip
		[[ $stderr != *"not sent"* ]]
		python3 "$TOP/tests/judge_relay.py" $b.made.zip trust
	done
	sed 's/\(0001.....:........:.\{30\}\)./\1!/' g/signature.txt >t
	cmp -s t g/signature.txt && false
	cp g/signature.txt good
	cp t g/signature.txt
	refuses 1 signature "some were changed: 1" g
	cp good g/signature.txt
	accepted import g
	accepted import h.made.zip
	[[ $output == *": already: "* ]]
}

@test "--signature-text: an existing text is kept, and no bundle handed out" {
	mk 1=a >a.jsonl
	echo mine >a.txt
	refused 74 file "exists already; it was not overwritten" \
	    seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay --signature-text -o a.xlsx \
	    a.jsonl
	[[ $stderr == *"a.txt: file: "* ]]
	[ "$(cat a.txt)" = mine ]
	[ -z "$(ls -d a.xlsx sent/outbox/* ./*.tmp 2>/dev/null)" ]
	relay b.xlsx a.jsonl
	refused 74 file "exists already; it was not overwritten" \
	    seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --stream soudan --reissue 1 --carrier relay --signature-text \
	    -o a.xlsx
	[[ $stderr == *"a.txt: file: "* ]]
	[ "$(cat a.txt)" = mine ]
	# Nor when only the workbook cannot have its name.
	refused 74 file "exists already; it was not overwritten" \
	    seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --stream soudan --reissue 1 --carrier relay --signature-text \
	    -o b.xlsx
	rm a.txt
	ln -s nowhere a.txt
	refused 74 file "exists and is not a regular file" \
	    seki-pack -q --trust trust --key keys/inet-1.key --state sent \
	    --stream soudan --reissue 1 --carrier relay --signature-text \
	    -o a.xlsx
	[ -z "$(ls -d a.xlsx b.txt nowhere ./*.tmp 2>/dev/null)" ]
	[ "$(ls sent/outbox)" = soudan-1.zip ]
}

@test "--signature-text: what it does not go with" {
	mk 1=a >a.jsonl
	local how="seki-pack -q --trust trust --key keys/inet-1.key
	    --state sent --signature-text" a
	# shellcheck disable=SC2086
	{
		refused 64 usage "--signature-text is for the carrier relay" \
		    $how --audience lgwan-1 --carrier media -o a.zip a.jsonl
		relay a.xlsx a.jsonl
		refused 64 usage "--signature-text is for the carrier relay" \
		    $how --stream soudan --reissue 1 --carrier media -o a.zip
		for a in "--stream soudan --resend 1 -o b.xlsx" --list \
		    "--stream soudan --withdraw 1" "--lint --profile x a.xlsx" \
		    "--audience lgwan-1 --approval-page p.xlsx a.jsonl"; do
			refused 64 usage "--signature-text goes with a bundle" \
			    $how $a
		done
		for a in b.xlsx b.txt; do
			refused 64 usage "--bookmarks" $how --carrier relay \
			    --audience lgwan-1 -o b.xlsx --bookmarks $a a.jsonl
		done
		# A relay that stops texts.
		printf 'extensions = xlsx zip\n' >p.conf
		refused 1 policy "the relay would stop it, for 1 reasons" \
		    $how --stream soudan --reissue 1 --carrier relay \
		    --profile p.conf -o b.xlsx
		[[ $stderr == *"b.txt: policy: "* ]]
		refused 1 policy "the relay would stop it, for 1 reasons" \
		    $how --stream soudan --reissue 1 --carrier relay \
		    --profile p.conf -o b.zip
	}
	[ -z "$(ls -d ./*.txt p.xlsx b.xlsx ./*.zip ./*.tmp 2>/dev/null)" ]
	printf 'extensions = xlsx txt\n' >p.conf
	again soudan 1 --carrier relay --signature-text --profile p.conf \
	    -o b.xlsx
	[ -s b.txt ]
	run --separate-stderr seki-pack --lint --profile p.conf b.xlsx b.txt
	[ "$status" -eq 0 ]
}

@test "--signature-text: the same command once more gives what is missing" {
	mk 1=a 2=b >a.jsonl
	relay a.xlsx a.jsonl
	# Wanted only now, and again when it was lost.
	for _ in 1 2; do
		relay a.xlsx --signature-text a.jsonl
		same_text a.xlsx a.txt
		relay a.xlsx --signature-text a.jsonl
		rm a.txt
	done
	echo mine >a.txt
	refused 74 file "exists already" seki-pack -q \
	    --trust trust --key keys/inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay --signature-text -o a.xlsx \
	    a.jsonl
	[ "$(ls sent/outbox)" = soudan-1.zip ]
	# A ZIP that has none stays as it is.
	mk 1=z >z.jsonl
	relay z.zip z.jsonl
	refused 64 usage "was packed without --signature-text" seki-pack -q \
	    --trust trust --key keys/inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay --signature-text -o z.zip z.jsonl
}

@test "--signature-text: killed at any moment, no workbook is without its text" {
	mk 1=a 2=b >a.jsonl
	local n runs=0 half=0
	for n in $(seq 4 3 900); do
		rm -rf sent a.xlsx a.txt
		run --separate-stderr python3 "$TOP/tests/killat.py" "$n" \
		    seki-pack -q --trust trust --key keys/inet-1.key \
		    --state sent --audience lgwan-1 --carrier relay \
		    --signature-text -o a.xlsx a.jsonl
		[ "$status" -eq 137 ] || break
		runs=$((runs + 1))
		[ ! -e a.xlsx ] || [ -e a.txt ]
		[ -e a.xlsx ] || [ ! -e a.txt ] || half=$((half + 1))
		relay a.xlsx --signature-text a.jsonl
		same_text a.xlsx a.txt
		# What SIGKILL leaves goes with a later run, when it is old.
		[ -z "$(find . -name '*.tmp' ! -name 'a.txt.*')" ]
		rm -f a.txt.*.tmp
	done
	echo "$n: $runs $half $status $stderr"
	[ "$status" -eq 0 ]
	[ "$runs" -gt 20 ]
	[ "$half" -gt 0 ]
	accepted verify a.xlsx
}

@test "what a gate delivers in place of the workbook is shown for what it is" {
	local t="検査結果: 停止しました"
	printf '%s\r\n\033[2J\033]0;x\033\\理由: マクロ\r\n' "$t" >a.xlsx
	refuses 65 zip "a text came in place of the bundle (a.xlsx); it begins: $t" \
	    a.xlsx
	[[ $stderr != *$'\033'* ]]
	iconv -f UTF-8 -t UTF-16 a.xlsx >b.xlsx
	refuses 65 zip "it begins: $t" b.xlsx
	[[ $stderr != *$'\033'* ]]
	iconv -f UTF-8 -t UTF-16BE a.xlsx | cat <(printf '\xFE\xFF') - >c.xlsx
	refuses 65 zip "it begins: $t" c.xlsx
	iconv -f UTF-8 -t CP932 a.xlsx >d.zip
	refuses 65 zip "a text came in place of the bundle" d.zip
	printf '<!DOCTYPE html>\n<html><body>Blocked' >e.xlsx
	refuses 65 zip "it begins: <!DOCTYPE html>" e.xlsx
	printf '%%PDF-1.7\n%%\342\343' >f.xlsx
	refuses 65 zip "a PDF came in place of the bundle" f.xlsx
	mkdir g
	cp a.xlsx g/soudan.xlsx.txt
	refuses 65 zip "a text came in place of the bundle (soudan.xlsx.txt)" g
	# Beside an attachment that is called a workbook and is none: what is
	# shown ends where the text ends.
	printf '停止\r\n\r\n' >g/records.txt
	rm g/soudan.xlsx.txt
	head -c 3000 /dev/urandom >g/s.xlsx
	refuses 65 zip "(records.txt); it begins: 停止" g
	[[ $stderr != *'\u{'* ]]
	: >h.xlsx
	refuses 65 zip "" h.xlsx
	head -c 3000 /dev/urandom >i.xlsx
	refuses 65 zip "" i.xlsx
}

@test "a file's name decides nothing, its carrier does" {
	mk 1=a >a.jsonl
	relay a.xlsx a.jsonl
	pack --carrier media -o b.zip --state sent2 a.jsonl >marks
	cp a.xlsx 1.zip
	cp b.zip 2.xlsx
	accepted verify 1.zip 2.xlsx
	# The workbook for people out of a bundle for a medium.
	unzip -p b.zip view/records.xlsx >view.xlsx
	refuses 65 xlsx "署名" view.xlsx
	# The archive in the sheet 署名 is no bundle by itself.
	hurt a.xlsx seal.txt text
	sed -n 's/^[0-9/]*:[0-9A-Fa-f]*://p' seal.txt | while read -r l; do
		printf %s "${l%$'\r'}" | base64 -d
	done >seal.zip
	[ "$(unzip -Z1 seal.zip | head -1)" = manifest.json ]
	refuses 1 policy "a bundle for the carrier relay does not come as such" \
	    seal.zip
	# And none for a medium is one for a relay because it stands in a sheet.
	refused 64 usage "" seki-pack --trust trust --key keys/inet-1.key \
	    --state sent --audience lgwan-1 --carrier relay -o c.bin a.jsonl
	refused 64 usage "" seki-pack --trust trust --key keys/inet-1.key \
	    --state sent --audience lgwan-1 --carrier relay -o c a.jsonl
	[ ! -e c.bin ] && [ ! -e c ]
}

@test "where the trust file does not know relays both sides refuse" {
	mk 1=a >a.jsonl
	relay a.xlsx a.jsonl
	accepted verify a.xlsx
	# The same keys, signed by the same people, without the carrier.
	mv trust with
	mkdir -m 700 trust
	jq -cSj '.streams[].carriers -= ["relay"]' \
	    with/1.json >trust/1.json
	cmp -s with/1.json trust/1.json && false
	local sig
	sig=$(basename with/1.*.p7s)
	openssl cms -sign -binary -in trust/1.json -signer keys/p-0001.key \
	    -inkey keys/p-0001.key -cades -nosmimecap -md sha256 \
	    -econtent_type 2.25.66844464285107622209666406636753466485 \
	    -outform DER >"trust/$sig"
	chmod 600 trust/*
	refuses 1 policy relay a.xlsx
	refused 1 policy relay seki-pack --trust trust --key keys/inet-1.key \
	    --state sent2 --audience lgwan-1 --carrier relay -o b.xlsx a.jsonl
	[ ! -e b.xlsx ]
	# init alone does not let bundles go that way.
	mkdir -m 700 keys3
	seki-key init --trust trust3 --org 131041 --host inet-1 --keys keys3 \
	    >/dev/null
	refused 1 policy relay seki-pack --trust trust3 --key keys3/inet-1.key \
	    --state sent3 --audience lgwan-1 --carrier relay -o b.xlsx a.jsonl
	[ ! -e b.xlsx ]
}

@test "X1, X2: what makes an XML parser work for others is refused in every part" {
	mk 1=a 2=b/x | relay a.xlsx
	local part kind before
	printf '<!ENTITY a "planted">' >planted.dtd
	hurt a.xlsx t.xlsx parts | grep -v '\.bin$' >parts
	[ "$(wc -l <parts)" -gt 10 ]
	while read -r part; do
		for kind in plain nested external utf16; do
			hurt a.xlsx t.xlsx doctype "$part" $kind
			refused 65 xlsx DOCTYPE seki-verify --trust trust \
			    --audience lgwan-1 t.xlsx
		done
		hurt a.xlsx t.xlsx attributes "$part" 50000
		refused 65 limit "" seki-verify --trust trust \
		    --audience lgwan-1 t.xlsx
	done <parts
	refuses 65 limit "" t.xlsx
	# UTF-16 as such is a spelling like others.
	hurt a.xlsx t.xlsx utf16
	accepted verify t.xlsx
	# Nothing but the workbook is opened, and nothing is connected to.
	hurt a.xlsx t.xlsx doctype xl/workbook.xml external
	if command -v strace >/dev/null; then
		run strace -f -o trace -e trace=openat,open,connect,socket \
		    seki-verify --trust trust --audience lgwan-1 t.xlsx
		! grep 'planted.dtd\|connect(\|AF_INET' trace || false
	fi
}

@test "Z8: bombs in the workbook cost neither time nor memory" {
	[[ -z ${ASAN_OPTIONS:-} ]] || skip "not under the sanitizer"
	mk 1=a | relay a.xlsx
	local n stated
	for n in "300 0" "300 1048576" "5000 1048576" "5000 0"; do
		# shellcheck disable=SC2086
		hurt a.xlsx t.xlsx bomb $n
		SECONDS=0
		run --separate-stderr bash -c 'ulimit -v 400000 -t 20; "$@"' - \
		    seki-verify --trust trust --audience lgwan-1 t.xlsx
		echo "$n: $status $stderr $SECONDS"
		[ "$status" -eq 65 ]
		# 300 MiB are no workbook, but not too much to look at.
		[[ $stderr == *": limit: "* || $stderr == *": zip: "* ||
		    ($n == "300 0" && $stderr == *": xlsx: "*) ]]
		[ "$SECONDS" -lt 15 ]
	done
	# The same as an attachment that nobody has to read as a workbook.
	mkdir d
	cp a.xlsx d/records.xlsx
	cp t.xlsx d/other.xlsx
	accepted verify d
	[[ $stderr == *"1 files lie beside it"* ]]
}

@test "Z1 to Z9: tricks of ZIP are refused in a workbook, too" {
	mk 1=a 2=b/x | relay a.xlsx
	local root fault odd=0
	root=$(tail -1 marks | jq -r .complete.root)
	while read -r fault; do
		[[ $fault != z8* && $fault != signature-* ]] || continue
		hurt a.xlsx t.xlsx zip "$fault"
		run --separate-stderr timeout 5 seki-verify --trust trust \
		    --audience lgwan-1 --json t.xlsx
		echo "$fault: $status $(jq -c '[.reason,.message]' <<<"$output")"
		case $fault in
		# What others may write: names in folders, marks of theirs.
		z2-name-1[1-5] | z3-*-time | z3-*-flags | z3-*-extra | flag-utf8 | \
		    manifest-second)
			if [ "$status" -eq 0 ]; then
				[ "$(jq -r .root <<<"$output")" = "$root" ]
				odd=$((odd + 1))
				continue
			fi ;;
		esac
		[ "$status" -eq 65 ]
		[ "$(jq -r .reason <<<"$output")" = zip ]
	done < <(hurt a.xlsx t.xlsx list)
	[ "$odd" -lt 10 ]
}

@test "P1, P2: only regular files, and the bytes that were verified" {
	mk 1=a | relay a.xlsx
	mkdir d
	cp a.xlsx d/records.xlsx
	mkfifo fifo
	ln -s a.xlsx link.xlsx
	ln -s d linkd
	local f
	for f in fifo link.xlsx linkd /dev/null nowhere.xlsx; do
		refuses 74 file "" $f
	done
	ln -s ../a.xlsx d/b.xlsx
	refuses 74 file "b.xlsx" d
	rm d/b.xlsx
	mkfifo d/pipe
	refuses 74 file "pipe" d
	rm d/pipe
	mkdir d/sub
	refuses 74 file "sub" d
	rmdir d/sub
	# Replaced and overwritten all the time: the good one or a refusal.
	alter a.xlsx bad.xlsx set レコード 1 件名 改ざん
	cp a.xlsx good.xlsx
	(while :; do
		cp good.xlsx t.xlsx
		cp bad.xlsx t2.xlsx
		mv t2.xlsx t.xlsx
		head -c 3000 good.xlsx >t.xlsx
	done) 3>&- &
	local writer=$! ok=0
	for f in $(seq 25); do
		run --separate-stderr import t.xlsx
		[ "$status" -eq 0 ] && ok=$((ok + 1))
		[[ $status =~ ^(0|1|65|74)$ ]] || { kill $writer; false; }
	done
	kill $writer
	echo "$ok taken"
	if [ -e town.db ]; then
		[ "$(sqlite3 town.db 'SELECT "件名" FROM soudan')" = a ]
	fi
}

@test "C3, H2: keys, labels and values are no commands, and stay where they belong" {
	local esc=$'\033[31m\033]0;x\007' name=計画塚甚之介 number=07096549812
	local cell='␛{1B}[31m␛{1B}]0;x␛{7}'
	mk -l "件${esc}名" "1=$name" "2=$number/$name" 3=x | relay a.xlsx
	alter a.xlsx t.xlsx set レコード 1 "件${cell}名" "$name$cell"
	refused 1 content "1 changed" seki-verify --trust trust \
	    --audience lgwan-1 t.xlsx
	[[ $stderr == *"field 件"*"件名"*"cell C2: was changed"* ]]
	[[ $stderr != *$'\033'* && $stderr != *$'\007'* ]]
	run -1 verify --report r0.xlsx t.xlsx
	[ -s r0.xlsx ]
	# A row of somebody else's, whose key is a command.
	alter a.xlsx t.xlsx add レコード 1 "9${cell}9"
	refused 1 content "1 added" seki-verify --trust trust \
	    --audience lgwan-1 t.xlsx
	[[ $stderr != *$'\033'* && $stderr != *$'\007'* ]]
	# Every value but one's own place: report shows what was found, the
	# damage list and all messages do not.
	alter a.xlsx t.xlsx swap レコード 1 "件${cell}名" 2 "件${cell}名" >/dev/null
	alter t.xlsx u.xlsx delete 家族 2
	run -1 verify --json --verbose --report r.xlsx --damage list u.xlsx
	echo "$output" >log
	run import --json --verbose u.xlsx
	[ "$status" -eq 1 ]
	echo "$output" >>log
	cat list >>log
	! grep -F "$name" log || false
	! grep -F "$number" log || false
	[ "$(stat -c %a r.xlsx)" = 600 ]
	[ "$(stat -c %a list)" = 600 ]
	mk 1=a 2=b >b.jsonl
	relay b.xlsx b.jsonl
	alter b.xlsx t.xlsx set レコード 1 件名 "$name" >/dev/null
	run -1 verify --report r2.xlsx --damage list2 t.xlsx
	! grep -F "$name" <<<"$output" || false
	! grep -F "$name" list2 || false
	unzip -p r2.xlsx | grep -qF "$name"
	# A report that stands there is never overwritten, nor a link followed.
	for p in report damage; do
		echo mine >mine
		refused 1 content "" seki-verify --trust trust \
		    --audience lgwan-1 --$p mine t.xlsx
		[[ $stderr == *": file: "* ]]
		[ "$(cat mine)" = mine ]
		rm -f target link
		ln -s target link
		run --separate-stderr verify --$p link t.xlsx
		[ "$status" -ne 0 ]
		[ ! -e target ]
	done
}

# retype IN OUT: a relay that takes texts for numbers, and breaks what is beyond
# U+FFFF, in every sheet.
retype() {
	python3 "$TOP/tests/alter.py" "$1" 1.xlsx replace 𠮷 $'\uFFFD\uFFFD' 99
	python3 "$TOP/tests/alter.py" 1.xlsx 2.xlsx replace 0012 12 99
	python3 "$TOP/tests/alter.py" 2.xlsx "$2" replace 凜 ? 99
}

@test "what a relay breaks is listed, spelt out, and comes through the same relay" {
	mk 1=0012 2=凜 3=𠮷 4=x/0012/凜/𠮷 5=凜x >a.jsonl
	relay a.xlsx a.jsonl
	retype a.xlsx t.xlsx >/dev/null
	run --separate-stderr verify --damage list t.xlsx
	echo "$stderr"
	[ "$status" -eq 1 ]
	[ "$(head -1 list)" = "$(printf 'seki-damage-1\tsoudan\t1')" ]
	[ "$(sed 1d list | sort -u)" = \
	    "$(printf '1\t件名\n2\t件名\n4\t氏名\n5\t件名')" ]
	again soudan 1 --carrier relay --repair list -o b.xlsx >/dev/null
	accepted verify b.xlsx
	retype b.xlsx u.xlsx >/dev/null
	accepted verify u.xlsx
	# 1, 2, 3, 5 and the three rows of 4.
	[[ $stderr == *"u.xlsx: 7 values were broken on the way and given back"* ]]
	accepted import u.xlsx
	seki-export --store town.db --stream soudan -f stream >back.jsonl
	python3 "$TOP/tests/same_relay.py" a.jsonl back.jsonl
	# A list is about one bundle of one stream.
	sed 's/soudan/other/' list >other
	refused 78 config "" seki-pack -q --trust trust --key keys/inet-1.key \
	    --state sent --stream soudan --reissue 1 --carrier relay \
	    --repair other -o c.xlsx
	[ ! -e c.xlsx ]
	echo x >other
	refused 65 text "" seki-pack -q --trust trust --key keys/inet-1.key \
	    --state sent --stream soudan --reissue 1 --carrier relay \
	    --repair other -o c.xlsx
	[ ! -e c.xlsx ]
}

@test "a bundle made once more is the same bundle, by whichever road it comes" {
	mk 1=a 2=b/x >a.jsonl
	relay a.xlsx a.jsonl
	again soudan 1 --carrier media -o a.zip
	again soudan 1 --carrier relay -o again.xlsx
	local f said=
	for f in a.xlsx a.zip again.xlsx; do
		run --separate-stderr verify --json $f
		[ "$status" -eq 0 ]
		f=$(jq -c '[.stream,.epoch,.seq,.kind,.records,.root,.created]' \
		    <<<"$output")
		[ "${said:-$f}" = "$f" ]
		said=$f
	done
	for f in "a.xlsx a.zip again.xlsx" "a.zip again.xlsx a.xlsx" \
	    "again.xlsx a.xlsx a.zip"; do
		# shellcheck disable=SC2086
		set -- $f
		rm -rf town.db*
		accepted import "$1"
		[[ $output == "$1: ok: "* ]]
		for f in "$2" "$3"; do
			accepted import "$f"
			[[ $output == "$f: already: "* ]]
		done
	done
	# The next one follows the first, whichever of them was seen.
	mk 1=a 2=c/x 3=d | relay b.xlsx
	for f in a.xlsx a.zip again.xlsx; do
		rm -rf town.db*
		accepted import $f
		accepted import b.xlsx
		[[ $output == "b.xlsx: ok: "*"seq 2"* ]]
	done
	again soudan 1 --carrier media -o old.zip
	accepted import old.zip
	[[ $output == *": already: "* ]]
	# Nothing of it is a new bundle of the sender's.
	run seki-pack --state sent --stream soudan --list
	[ "$(grep -c ready <<<"$output")" -eq 2 ]
	refused 64 usage "" seki-pack -q --trust trust --key keys/inet-1.key \
	    --state sent --stream soudan --reissue 9 --carrier media -o x.zip
	[ ! -e x.zip ]
	# What is there is not overwritten.
	echo mine >mine.zip
	refused 74 file "" seki-pack -q --trust trust --key keys/inet-1.key \
	    --state sent --stream soudan --reissue 1 --carrier media -o mine.zip
	[ "$(cat mine.zip)" = mine ]
}

@test "the note of a reissue says what follows, and never what was taken" {
	mk 1=a | pack --carrier media -o 1.zip >marks
	mk 1=b | pack --carrier media -o 2.zip >marks
	mk 1=c | pack --carrier media -o 3.zip >marks
	again soudan 1 --carrier media -o good.zip
	[ "$(unzip -p good.zip manifest.json | jq -r .notes.reissue)" = \
	    "$(unzip -p 1.zip manifest.json | sha256sum | cut -c1-64)" ]
	# Whoever holds the preparing key names the next one instead.
	python3 "$TOP/tests/resign.py" good.zip keys/inet-1.key bad.zip --set \
	    "notes.reissue=\"$(unzip -p 2.zip manifest.json | sha256sum |
		cut -c1-64)\""
	import bad.zip || echo "refused: its cover says another note"
	[ -e town.db ] || import good.zip
	run import 2.zip
	[[ $output != *": already: "* ]]
	rm -rf town.db*
	accepted import good.zip
	accepted import 2.zip
	[[ $output == "2.zip: ok: "* ]]
	accepted import 1.zip
	[[ $output == *": already: "* ]]
	accepted import 3.zip
	[[ $output == "3.zip: ok: "* ]]
}

@test "killed while a bundle is made once more: nothing half, nothing left" {
	files
	local n runs=0
	for n in $(seq 3 19 900); do
		run python3 "$TOP/tests/killat.py" "$n" seki-pack -q \
		    --trust trust --key keys/inet-1.key --state sent \
		    --stream files --reissue 1 --carrier relay -o g.zip
		[ "$status" -eq 137 ] || break
		runs=$((runs + 1))
		if [ -e g.zip ]; then
			accepted verify g.zip
			rm g.zip
		fi
	done
	echo "$runs $status $output"
	[ "$status" -eq 0 ]
	[ "$runs" -gt 5 ]
	accepted verify g.zip
	[ -z "$(find sent -name 'again*')" ]
	# A rest of a folder is gone with the next run, whatever it does.
	mkdir -m 700 sent/again
	cp spool/* sent/again
	again files 1 --carrier media -o g2.zip
	accepted verify g2.zip
	[ ! -e sent/again ]
	mkdir -m 700 sent/again
	mk 1=z | relay z.xlsx
	[ ! -e sent/again ]
	accepted import g.zip
	accepted import f.zip
	[[ $output == *": already: "* ]]
}

@test "an interrupted bundle for media is none for a relay" {
	mk 1=a >s.jsonl
	pack --carrier media -o a.zip s.jsonl >marks
	sqlite3 sent/state.db "UPDATE outbox SET status = 'unsure'"
	rm a.zip
	refused 64 usage "for the carrier media" seki-pack -q --trust trust \
	    --key keys/inet-1.key --state sent --audience lgwan-1 \
	    --carrier relay -o b.xlsx s.jsonl
	[[ $stderr == *"--reissue 1 --carrier relay"* ]]
	[ ! -e b.xlsx ]
	again soudan 1 --carrier relay -o b.xlsx
	accepted verify b.xlsx
}

@test "seki-show tells of a relay's workbook, of its folder, and of its records" {
	mk 1=a 2=b | relay a.xlsx
	run --separate-stderr seki-show a.xlsx
	[ "$status" -eq 0 ]
	[[ $output == *"carrier: relay"*"records: 2"* ]]
	mkdir f
	cp a.xlsx f
	run --separate-stderr seki-show --json f
	[ "$status" -eq 0 ]
	[ "$(jq -r .carrier <<<"$output")" = relay ]
	[ "$(jq '.fields | length' <<<"$output")" -gt 0 ]
	run --separate-stderr seki-show --records 1 f
	[ "$status" -eq 0 ]
	[[ $output == *"record 1"* ]]
}
