#!/usr/bin/env bats
# The second implementation of seki-relay(5) and seki-verify(1) look at the same
# workbooks, as they were sent, saved anew, and with one thing changed.
load helper

ROOT=$TOP/tests/data/root
RELAY=$TOP/tests/data/relay

setup() {
	mkdir "$BATS_TEST_TMPDIR/w"
	cd "$BATS_TEST_TMPDIR/w"
	mkdir -m 700 keys
	seki-key init --relay --trust trust --org 131041 --host inet-1 \
	    --keys keys >/dev/null
}

judge() {
	python3 "$TOP/tests/judge_relay.py" "$@"
}

# pack STREAM.jsonl TO [OPTION…]: as a stream of its own
pack() {
	local from=$1 to=$2
	shift 2
	seki-pack -q --trust trust --key keys/inet-1.key \
	    --state "sent.${to%.*}" --audience lgwan-1 --carrier relay \
	    --max-held 1000000 "$@" -o "$to" "$from" >state.json
}

# What both say about BUNDLE: "REASON" and how many differences.  They agree on
# status, reason, and every difference with its record, field and cell.
both() {
	local v=0 j=0 reason
	seki-verify -q --json --allow-empty --trust trust \
	    --audience lgwan-1 "$1" >verify.json 2>verify.err || v=$?
	judge "$1" trust >judge.out 2>judge.err || j=$?
	jq -r 'select(.damage) | [.damage, .list, .record, (.row | tostring),
	    .field, .sheet, .cell, if .suspect then "suspect" else "" end] |
	    join("\t")' verify.json | sort >verify.tsv
	grep "$(printf '\t')" judge.out | sort >judge.tsv || :
	reason=$(tail -1 verify.json | jq -r .reason)
	[ "$j" -ne 0 ] || tail -1 judge.out >judge.err
	if [ $v -eq $j ] && diff verify.tsv judge.tsv >&2 &&
	    grep -q "^\(judge_relay: $reason: .*\|$reason\)$" judge.err; then
		:
	else
		cat verify.json judge.err >&2
		return 1
	fi
	if [ $v -eq 0 ]; then
		[ "$(grep ^root judge.out)" = \
		    "root $(jq -r .root verify.json)" ] || return 1
	fi
	echo "$reason $(wc -l <verify.tsv)"
}

# change WHAT WORKBOOK ACTION…: one change, and what both must say
change() {
	local want=$1 from=$2
	shift 2
	python3 "$TOP/tests/edit_relay.py" "$from" changed.xlsx "$@"
	run --separate-stderr both changed.xlsx
	if [ "$status" -ne 0 ] || [ "$output" != "$want" ]; then
		echo "$from $*: $output, not $want"
		echo "$stderr"
		return 1
	fi
}

hard() {
	python3 "$TOP/tests/judge_workbook.py" --make |
	    python3 "$TOP/tests/judge_root.py" --complete >hard.jsonl
}

# Frame and record lists in BUNDLE are, byte for byte, what the judge makes of
# STREAM.
same_made() {
	rm -rf taken made
	judge --take "$1" taken
	judge --make "$2" taken/manifest.json made
	diff -r -x sig taken made
}

@test "the published vectors are what the second implementation makes" {
	mkdir out
	python3 "$TOP/tests/mkrelay.py" out
	diff -r out "$RELAY"
}

@test "every stream that packs: both take it, and make the same of it" {
	local f n=0
	hard
	for f in "$ROOT"/[!b]*.jsonl "$RELAY/many.jsonl" hard.jsonl; do
		b=$(basename "$f" .jsonl)
		if ! pack "$f" "$b.xlsx" 2>err; then
			# The first one of its stream cannot be a delta.
			[ "$b" = delta ] && grep -q ": order: " err
			continue
		fi
		[ "$(both "$b.xlsx")" = "ok 0" ]
		same_made "$b.xlsx" "$f"
		n=$((n + 1))
	done
	[ $n -ge 11 ]
}

@test "a delta, too" {
	sed '$d' "$ROOT/held.jsonl" | grep -v HELD |
	    python3 "$TOP/tests/judge_root.py" --complete >full.jsonl
	pack full.jsonl d1.xlsx
	tail -1 state.json >full.state
	mv sent.d1 sent.d2
	sed '$d' "$ROOT/delta.jsonl" | python3 "$TOP/tests/judge_root.py" \
	    --complete --after full.state >delta.jsonl
	pack delta.jsonl d2.xlsx
	[ "$(both d2.xlsx)" = "ok 0" ]
	same_made d2.xlsx delta.jsonl
	change "content 1" d2.xlsx cell 保留・削除 B2 保留
	change "content 1" d2.xlsx drop 保留・削除 2
}

@test "after openpyxl has saved it anew" {
	local s
	/usr/bin/python3 -c 'import openpyxl' 2>/dev/null ||
	    skip "no python3-openpyxl"
	hard
	cp "$ROOT"/{every,held,names,key,accepted}.jsonl "$RELAY/many.jsonl" .
	for s in hard every held names key accepted many; do
		pack $s.jsonl $s.xlsx
		/usr/bin/python3 -c 'import openpyxl, sys
openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])' $s.xlsx again.xlsx
		run ! cmp -s $s.xlsx again.xlsx
		[ "$(both again.xlsx)" = "ok 0" ]
	done
	# Cells of other kinds that mean the same, and some that do not.
	save() {
		/usr/bin/python3 -c 'import datetime, openpyxl, sys
w = openpyxl.load_workbook("every.xlsx")
if sys.argv[1] == "1904":
    w.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
for a in sys.argv[2:]:
    ref, _, v = a.partition("=")
    w["レコード"][ref].value = eval(v)
w.save("kinds.xlsx")' "$@"
	}
	save 1900 A2=1 'Q2=datetime.date(2026,2,28)' \
	    'S2=datetime.datetime(2027,1,1)' 'R2=datetime.time(23,59)' \
	    'J2="52800"' 'I2="-1.50"' 'L2="2026-04-15T00:15:00Z"'
	[ "$(both kinds.xlsx)" = "ok 0" ]
	save 1904 'Q2=datetime.date(2026,2,28)' \
	    'S2=datetime.datetime(2027,1,1)'
	[ "$(both kinds.xlsx)" = "ok 0" ]
	save 1900 'Q2=datetime.date(2026,2,27)'
	[ "$(both kinds.xlsx)" = "content 1" ]
	save 1900 'S2=datetime.datetime(2027,1,1,0,0,1)'
	[ "$(both kinds.xlsx)" = "content 1" ]
	save 1900 'J2=52800.0001'
	[ "$(both kinds.xlsx)" = "content 1" ]
	save 1900 'J2="=1"'
	[ "$(both kinds.xlsx)" = "xlsx 0" ]
}

@test "one change, and both name it: records and tables" {
	pack "$ROOT/held.jsonl" held.xlsx
	change "content 1" held.xlsx cell レコード C3 四
	grep -q "^changed	レコード	3	0	氏名	レコード	C3	" judge.tsv
	change "content 1" held.xlsx drop レコード 3
	grep -q "^missing	レコード	3	" judge.tsv
	change "content 1" held.xlsx double レコード 3
	grep -q "^doubled	レコード	3	0		レコード	A4	" judge.tsv
	change "content 1" held.xlsx add レコード 7 1 五 5
	grep -q "^added	レコード	7	0		レコード	A4	" judge.tsv
	change "content 1" held.xlsx add レコード "" 1 五 5
	# It says it is another one: the good one stays the row.
	change "content 2" held.xlsx cell レコード A2 3
	grep -q "^doubled	レコード	3	0		レコード	A2	" judge.tsv
	change "content 1" held.xlsx cell レコード D2 " 1"
	change "ok 0" held.xlsx cell レコード D2 1.0
	change "view 0" held.xlsx cell レコード F2 x
	change "view 0" held.xlsx cell レコード C1 x
	change "ok 0" held.xlsx sort レコード
	change "ok 0" held.xlsx name レコード 名簿
	pack "$ROOT/every.jsonl" every.xlsx
	change "content 1" every.xlsx cell 明細 E2 5
	grep -q "^changed	明細	1	1	数	明細	E2	" judge.tsv
	change "content 1" every.xlsx cell 明細 C2 5
	grep -q "^changed	明細	1	1	\$id	明細	C2	" judge.tsv
	change "content 1" every.xlsx drop 明細 3
	change "content 2" every.xlsx cell 明細 B3 7
	change "content 1" every.xlsx double 明細 2
	change "view 0" every.xlsx without 履歴
	change "view 0" every.xlsx without レコード
}

@test "one change, and both name it: held ones, cover, signature text" {
	pack "$ROOT/held.jsonl" held.xlsx
	change "content 2" held.xlsx cell 保留・削除 A2 3
	change "content 1" held.xlsx cell 保留・削除 B2 削除
	change "content 1" held.xlsx drop 保留・削除 2
	change "content 1" held.xlsx add 保留・削除 7 保留
	cp changed.xlsx added.xlsx
	change "content 2" added.xlsx add 保留・削除 7 保留
	change "content 1" held.xlsx double 保留・削除 2
	change "content 1" held.xlsx without 保留・削除
	change "view 0" held.xlsx cell 送付票 B3 x
	change "view 0" held.xlsx cell 送付票 A99 x
	change "view 0" held.xlsx without 送付票
	change "ok 0" held.xlsx without 項目一覧
	change "signature 0" held.xlsx drop 署名 2
	change "signature 0" held.xlsx cell 署名 A2 0001/0002:aaaaaaaa:AAAA
	change "signature 0" held.xlsx cell 署名 A9 0001/0003:aaaaaaaa:AAAA
	change "ok 0" held.xlsx cell 署名 A9 0001/0002:aaaaaaaa:AAAA
	change "ok 0" held.xlsx cell 署名 A9 0003/0002:aaaaaaaa:AAAA
	change "ok 0" held.xlsx double 署名 2
	change "ok 0" held.xlsx sort 署名
	change "ok 0" held.xlsx name 署名 x
	change "xlsx 0" held.xlsx without 署名
}

@test "changes in two blocks: cells, suspects, and what cannot be told" {
	pack "$RELAY/many.jsonl" many.xlsx
	change "content 1" many.xlsx cell レコード B3 x
	cp changed.xlsx 1.xlsx
	# Two rows, one column; then two columns: four suspects.
	change "content 2" 1.xlsx cell レコード B5 x
	cp changed.xlsx 2.xlsx
	run ! grep -q suspect judge.tsv
	change "content 4" 2.xlsx cell レコード C5 9
	[ "$(grep -c suspect judge.tsv)" -eq 4 ]
	# The second block has its own columns.
	cp changed.xlsx 3.xlsx
	change "content 5" 3.xlsx cell レコード B66 x
	cp changed.xlsx 4.xlsx
	# A row of the first one is missing.
	change "content 4" 4.xlsx drop レコード 9
	[ "$(cut -f5 judge.tsv | sort | uniq -c | tr -s ' \n' ' ')" = \
	    " 3 1 件名 " ]
}

@test "long texts, and spellings that are only believed where they fit" {
	hard
	pack hard.jsonl hard.xlsx
	change "content 1" hard.xlsx cell 長文 F2 x
	change "content 1" hard.xlsx drop 長文 2
	change "content 1" hard.xlsx drop 長文 3
	change "content 1" hard.xlsx double 長文 2
	change "content 1" hard.xlsx cell 長文 E2 2
	change "content 1" hard.xlsx add 長文 39 レコード "" 内容 9 x
	change "content 1" hard.xlsx add 長文 99 レコード "" 件名 1 x
	change "content 2" hard.xlsx cell 長文 C3 1
	change "ok 0" hard.xlsx sort 長文
	change "ok 0" hard.xlsx name 長文 x
	pack "$ROOT/names.jsonl" names.xlsx
	change "ok 0" names.xlsx cell レコード C2 "?野家 ?田"
	cp changed.xlsx broken.xlsx
	change "content 1" broken.xlsx cell 補修 F2 x
	change "content 1" broken.xlsx without 補修
	# Only what is changed beside it is named.
	change "content 1" broken.xlsx cell レコード D2 9
	change "ok 0" names.xlsx cell 補修 F2 x
	change "ok 0" names.xlsx without 補修
}

@test "a signature text that the judge and openssl made" {
	cp "$ROOT/held.jsonl" .
	pack held.jsonl held.xlsx
	judge --take held.xlsx taken
	judge --make held.jsonl taken/manifest.json made keys/inet-1.key
	mkdir folder
	python3 "$TOP/tests/edit_relay.py" held.xlsx folder/a.xlsx without 署名
	[ "$(both folder)" = "zip 0" ]
	cp made/署名.txt folder
	[ "$(both folder)" = "ok 0" ]
	# In two files, with the line ends and the mark of another system.
	(
		printf '\357\273\277'
		head -1 made/署名.txt | sed 's/$/ \r/'
	) >folder/署名.txt
	[ "$(both folder)" = "signature 0" ]
	sed 1d made/署名.txt >folder/b.TXT
	[ "$(both folder)" = "ok 0" ]
	# In an archive.
	python3 -c 'import zipfile
with zipfile.ZipFile("a.zip", "w") as z:
    z.write("folder/a.xlsx", "records.xlsx")
    z.write("made/署名.txt", "signature.txt")'
	[ "$(both a.zip)" = "ok 0" ]
	# By a key that the trust file does not know.
	mkdir -m 700 other
	seki-key init --relay --trust other.trust --org 131041 --host inet-1 \
	    --keys other >/dev/null
	rm -rf made
	judge --make held.jsonl taken/manifest.json made other/inet-1.key
	cp made/署名.txt folder
	rm folder/b.TXT
	[ "$(both folder)" = "signature 0" ]
	# Two workbooks.
	cp held.xlsx folder/b.xlsx
	cp held.xlsx folder/c.xlsx
	[ "$(both folder)" = "zip 0" ]
}

@test "attachments beside the workbook" {
	python3 - >att.jsonl <<-'EOF'
		import hashlib, json, os, subprocess, sys
		os.mkdir("att", 0o700)
		def p(c, t, i):
		    return {"type": "array" if t == "FILE" else
		            ["null", "string"], "x-seki": {
		            "type": t, "code": c, "label": c, "index": i}}
		def item(n, d):
		    h = hashlib.sha256(d).hexdigest()
		    with open(os.open("att/" + h, os.O_WRONLY | os.O_CREAT,
		                      0o600), "wb") as f:
		        f.write(d)
		    return {"name": n, "size": str(len(d)),
		            "contentType": "text/plain", "sha256": h}
		x = [{"type": "SCHEMA", "stream": "att", "key_properties": ["$id"],
		      "schema": {"type": "object", "x-seki": {"source": {
		          "system": "kintone", "domain": "example.cybozu.com",
		          "app": "7"}}, "properties": {
		          "$id": p("$id", "__ID__", 0),
		          "添付": p("添付", "FILE", 1)}}}]
		for i, files in enumerate((
		        (("見積書.TXT", b"quote\n"), ("写し.txt", b"same\n")),
		        (("a.tooLong", b"long\n"), ("none", b"no end\n")),
		        (("写し.dat", b"same\n"), ("空.txt", b""))), 1):
		    x.append({"type": "RECORD", "stream": "att", "record": {
		        "$id": str(i), "添付": [item(*f) for f in files]}})
		made = subprocess.run(
		    [sys.executable, os.environ["TOP"] + "/tests/judge_root.py",
		     "--complete"], stdout=subprocess.PIPE, check=True,
		    input="".join(json.dumps(m) + "\n" for m in x).encode())
		print(made.stdout.decode().replace(
		    '"source":{}}}}', '"source":{"attachments":"all"}}}}'), end="")
	EOF
	pack att.jsonl att.zip --attachments att --scan-override test \
	    --by p-0001
	[ "$(both att.zip)" = "ok 0" ]
	same_made att.zip att.jsonl
	jq -r '.files[] | select(.role == "attachment").name' \
	    taken/manifest.json | sed 's/^.\{32\}//' | sort >ends
	[ "$(tr '\n' ' ' <ends)" = "  .txt .txt .txt " ]
	python3 -c 'import zipfile
zipfile.ZipFile("att.zip").extractall("folder")'
	[ "$(both folder)" = "ok 0" ]
	# Another name is nothing, other bytes are.
	name=$(cd folder && ls -S ./*.txt | head -1)
	mv "folder/$name" folder/別名.bin
	[ "$(both folder)" = "ok 0" ]
	echo x >>folder/別名.bin
	[ "$(both folder)" = "digest 0" ]
	mv folder/別名.bin "folder/$name"
	[ "$(both folder)" = "digest 0" ]
	rm "folder/$name"
	[ "$(both folder)" = "digest 0" ]
}

@test "a damage list, and the bundle made once more with it" {
	pack "$ROOT/held.jsonl" held.xlsx
	list() {
		rm -f damage.txt
		run ! seki-verify -q --trust trust --audience lgwan-1 \
		    --damage damage.txt changed.xlsx
		tail -n +2 damage.txt | tr '\t\n' '  '
	}
	change "content 1" held.xlsx drop レコード 3
	[ "$(list)" = "" ]
	change "content 1" held.xlsx add レコード 7 1 x 1
	[ "$(list)" = "" ]
	change "content 1" held.xlsx cell レコード C3 "?"
	cp changed.xlsx broken.xlsx
	change "content 2" broken.xlsx drop レコード 2
	[ "$(list)" = "3 * " ]
	cp broken.xlsx changed.xlsx
	[ "$(list)" = "3 氏名 " ]
	printf 'seki-damage-1\tvector\t1\n3\t氏名\n' | cmp - damage.txt
	seki-pack -q --trust trust --key keys/inet-1.key --state sent.held \
	    --stream vector --reissue 1 --carrier relay \
	    --repair damage.txt -o again.xlsx
	[ "$(both again.xlsx)" = "ok 0" ]
	same_made again.xlsx "$ROOT/held.jsonl"
	judge --take held.xlsx first
	[ "$(jq -r .notes.reissue taken/manifest.json)" = \
	    "$(sha256sum <first/manifest.json | cut -d' ' -f1)" ]
	change "ok 0" again.xlsx cell レコード C3 "?"
	change "content 1" held.xlsx cell レコード C3 "?"
}
