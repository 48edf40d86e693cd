#!/usr/bin/env bats
# seki-export --name: attachments come out under wanted names, or not at all.
load helper

SAMPLES=$TOP/tests/data/record-api-samples

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	umask 022
	(umask 077 && echo planted-token-16180339 >token)
	python3 "$TOP/tests/mkattach.py" "$SAMPLES" app
}
teardown() {
	stop_all
}

# store: what app/full holds is in town.db now.
store() {
	two_sides
	start_cloud --token-file token --app 1 --load app/full
	seki-pull --base-url "$URL" --app 1 --token-file token \
	    --stream shuzen --attachments spool -q >raw.jsonl 2>log
	stop_all
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o one.zip --by p-0001 --scan-override 試験 \
	    --attachments spool <raw.jsonl >marks
	seki-import -q --trust trust --audience lgwan-1 --store town.db one.zip
}
# files NAME…: record 1 has these attachments, each with its number as content,
# and there is no other record.
files() {
	python3 - "$@" <<-'EOF'
	import json, sys
	doc = json.load(open("app/full/records.json"))
	rec = doc["records"][0]
	rec["作業明細"]["value"], rec["添付資料"]["value"] = [], []
	for i, name in enumerate(sys.argv[1:], 1):
	    key = "20260404%06d" % i + "D" * 35
	    open("app/full/files/" + key, "w").write("%d\n" % i)
	    rec["添付資料"]["value"].append({
	        "fileKey": key, "name": name.encode().decode("unicode_escape")
	        if "\\u" in name.lower() else name,
	        "contentType": "text/plain", "size": str(len("%d\n" % i))})
	doc["records"], doc["totalCount"] = [rec], "1"
	json.dump(doc, open("app/full/records.json", "w"))
	EOF
}
# out DIR TEMPLATE OPTION…: a CSV that nobody looks at.
out() {
	local dir=$1 name=$2
	shift 2
	rm -f x.csv
	run --separate-stderr seki-export -q --store town.db --stream shuzen \
	    --attachments "$dir" --name "$name" -o x.csv "$@"
}
good() {
	[ "$status" -eq 0 ] || { echo "$status $stderr"; false; }
	clean
}
failed() {
	echo "$status $stderr"
	[ "$status" -eq "$1" ]
	[[ "$stderr" == *"$2: "*"$3"* ]]
	[ ! -e x.csv ]
	clean
}
# Nothing half is left, beside or inside.
clean() {
	[ -z "$(find . -name '*.tmp')" ]
}
# list DIR: 目録.xlsx as lines of cells with TABs between.
list() {
	python3 "$TOP/tests/booktext.py" "$1/目録.xlsx" 目録
}

@test "each file has its name, and the list says which is which" {
	store
	FILES=$(find app/full/files -type f | wc -l)
	out out '{受付番号}_{項目}_{n}_{元の名前}{拡張子}'
	good
	[ "$(find out -type f | wc -l)" -eq "$((FILES + 1))" ]
	[ "$(find out -mindepth 1 | wc -l)" -eq "$((FILES + 1))" ]
	[ -z "$(find out -type f ! -perm 600)" ]
	[ "$(stat -c %a out)" = 700 ]
	[ "$(cat 'out/R-001_添付資料_2_..／..／..／x')" = climbs ]
	[ "$(cat out/R-002_添付資料_1_a／b)" = slash ]
	[ "$(cat out/R-007_添付資料_3_同名.txt)" = third ]
	# The list names each file once, with its digest, size, old name.
	list out >have
	[ "$(wc -l <have)" -eq "$((FILES + 1))" ]
	python3 - <<-'EOF'
	import hashlib, json, os
	rows = [l.rstrip("\n").split("\t") for l in open("have", newline="\n")]
	head = rows.pop(0)
	# A name of record 3 has a TAB in it.
	three = [r for r in rows if r[1] == "3"]
	assert len(three) == 2 and all("bell" in r[7] for r in three)
	rows = [r for r in rows if r[1] != "3"]
	assert head == ["番号", "レコード", "レコードのページ", "項目",
	    "項目コード", "行", "新しい名前", "元の名前", "サイズ（バイト）",
	    "種類", "SHA-256", "備考"], head
	names = {r[6] for r in rows + three} | {"目録.xlsx"}
	assert names == set(os.listdir("out")), names ^ set(os.listdir("out"))
	want = []
	for rec in json.load(open("app/full/records.json"))["records"]:
	    for code, files in [("添付資料", rec["添付資料"]["value"])] + [
	            ("作業写真", r["value"]["作業写真"]["value"])
	            for r in rec["作業明細"]["value"]]:
	        want += [(rec["$id"]["value"], code, f["name"], f["contentType"])
	                 for f in files]
	assert sorted(w for w in want if w[0] != "3") == sorted(
	    (r[1], r[4], r[7], r[9]) for r in rows)
	for i, r in enumerate(rows, 1):
	    data = open("out/" + r[6], "rb").read()
	    assert r[10] == hashlib.sha256(data).hexdigest()
	    assert (r[0], r[8]) == (str(i + 2 * (i > 4)), str(len(data)))
	    assert (r[5] != "") == (r[4] == "作業写真"), r
	note = {r[6]: r[11] for r in rows}
	assert note["R-001_添付資料_1_見積書.pdf"] == ""
	assert note["R-002_添付資料_1_a／b"] == "~文字置換"
	EOF
	# Without template they are called as before.
	seki-export -q --store town.db --stream shuzen --attachments plain \
	    -o y.csv
	[ ! -e plain/目録.xlsx ]
	[ "$(cat plain/7_3_同名.txt)" = third ]
}

@test "the same command again changes nothing, and ends what was interrupted" {
	store
	out out '{受付番号}_{n}_{項目}{ext}'
	good
	find out -mindepth 1 -printf '%P %i %T@\n' | sort >before
	out out/ '{受付番号}_{n}_{項目}{ext}'
	good
	diff before <(find out -mindepth 1 -printf '%P %i %T@\n' | sort)
	cp -r out all
	rm out/R-007* out/目録.xlsx
	out out '{受付番号}_{n}_{項目}{ext}'
	good
	diff -r all out
	# Whoever opened the folder with Windows did no harm.
	touch out/Thumbs.db 'out/~$目録.xlsx'
	out out '{受付番号}_{n}_{項目}{ext}'
	good
	rm out/Thumbs.db 'out/~$目録.xlsx'
	# An empty folder is used as it is; one inside another's is not.
	mkdir -m 750 empty
	inode=$(stat -c %i empty)
	out empty '{受付番号}_{n}_{項目}{ext}'
	good
	diff -r all empty
	[ "$(stat -c '%i %a' empty)" = "$inode 750" ]
}

@test "what is there and is another file stays, and nothing else comes" {
	store
	out out '{受付番号}/{n}_{項目}{ext}'
	good
	mv out all
	# A file of another content.
	mkdir -p -m 700 out/R-007
	echo mine >out/R-007/3_添付資料.txt
	out out '{受付番号}/{n}_{項目}{ext}'
	failed 74 file "record 7: field 添付資料"
	[[ "$stderr" == *"a file of that name is there and is another one"* ]]
	[[ "$stderr" != *3_添付資料.txt* ]]
	[ "$(find out -type f)" = out/R-007/3_添付資料.txt ]
	[ "$(cat out/R-007/3_添付資料.txt)" = mine ]
	# A link where a file or a folder should be.
	rm out/R-007/3_添付資料.txt
	echo third >elsewhere
	ln -s ../../elsewhere out/R-007/3_添付資料.txt
	out out '{受付番号}/{n}_{項目}{ext}'
	failed 74 file "is another one"
	rm -r out/R-007
	cp -r all/R-007 aside
	ln -s ../aside out/R-007
	out out '{受付番号}/{n}_{項目}{ext}'
	failed 74 file "is another one"
	rm out/R-007
	mkfifo out/目録.xlsx
	out out '{受付番号}/{n}_{項目}{ext}'
	failed 74 file "is another one"
	rm out/目録.xlsx
	# Something that is no part of it.
	echo x >out/メモ.txt
	out out '{受付番号}/{n}_{項目}{ext}'
	failed 74 file "no part of this export"
	rm out/メモ.txt
	out out '{受付番号}/{n}_{項目}{ext}'
	good
	diff -r all out
	# Not a folder; one that others write to.
	out x.file/y '{n}'
	failed 74 file "No such file"
	echo x >file
	out file '{n}'
	failed 74 file "not a folder"
	mkdir -m 777 open
	out open '{n}'
	failed 78 unsafe "others may write"
}

@test "hostile names: nothing climbs, hides, collides or lies about its kind" {
	files ../x .. 'C:\x' con.txt 'COM¹.txt' '...' ' ' \
	    '\u202Etxt.exe' '\u3000a\u3000.txt' 'A.txt' 'a.TXT' \
	    '\u304c.txt' '\u304b\u3099.txt' '\u845b\U000E0100.txt' \
	    '\U0001F600.png' 'a\u0001\u007f\u0085.txt' .htaccess \
	    'desktop.ini' '目録.xlsx' 'x|y<z>"?*.txt' 'a.txt.'
	store
	out out '{元の名前}{拡張子}'
	good
	ls -1 out | LC_ALL=C sort >have
	LC_ALL=C sort >want <<-'EOF'
	．.／x
	．．
	C：＼x
	con_.txt
	COM¹_.txt
	．．．
	（空）
	txt.exe_
	a.txt
	A_2.txt
	a_3.txt
	が.txt
	が_2.txt
	😀.png
	a␁␡␦.txt
	．htaccess
	desktop.ini_
	目録_2.xlsx
	目録.xlsx
	x｜y＜z＞＂？＊.txt
	a.txt．
	EOF
	printf '葛\U000E0100.txt\n' >>want
	printf 'か\u3099_2.txt\n' | cat - want | grep -v '^が_2' |
	    LC_ALL=C sort >want2
	diff want2 have
	[ "$(cat out/A_2.txt)" = 10 ] || [ "$(cat out/A_2.txt)" = 9 ]
	list out >rows
	grep -q "同名のため番号付与" rows
	grep -q "使えない名前のため _ を付加" rows
	# A template that says the same of all, and one that says nothing.
	out const 'みな同じ'
	good
	[ "$(ls const | wc -l)" -eq 22 ]
	[ "$(cat const/みな同じ)" = 1 ]
	[ "$(cat const/みな同じ_21)" = 21 ]
	out none '{行}{行}'
	good
	[ "$(cat none/（空）（空）)" = 1 ]
	[ "$(cat none/（空）（空）_21)" = 21 ]
}

@test "long names keep their ending and stay apart" {
	long=$(printf '長%.0s' $(seq 250))
	emoji=$(printf '😀%.0s' $(seq 120))
	files "$long.pdf" "${long}x.pdf" "$emoji.png"
	store
	out out '{件名}_{元の名前}{拡張子}'
	good
	[ "$(ls out | wc -l)" -eq 4 ]
	ls out | grep -q '長….pdf$'
	ls out | grep -q '長…_2.pdf$'
	ls out | grep -q '😀….png$'
	python3 - <<-'EOF'
	import os
	for n in os.listdir("out"):
	    assert len(n.encode()) <= 255 and len(n.encode("utf-16-le")) <= 400
	EOF
	# The list has all of it.
	list out | grep -qF "$long.pdf"
	list out | grep -q 長いため短縮
	out sub '{元の名前}/{元の名前}{拡張子}'
	good
	python3 - <<-'EOF'
	import os
	for top in os.listdir("sub"):
	    for n in os.listdir("sub/" + top) if top != "目録.xlsx" else []:
	        assert len((top + "/" + n).encode("utf-16-le")) <= 400
	EOF
}

@test "a template that cannot be followed is refused before anything" {
	store
	for t in '' '{' 'a}' '{}' 'a/b/c' '/a' 'a:b' $'a\tb'; do
		out out "$t"
		failed 64 usage "--name"
	done
	out out '{受付番}'
	failed 64 usage "there is no field {受付番}"
	[[ "$stderr" == *"did you mean {受付番号}?"* ]]
	out out '{添付資料}'
	failed 64 usage "is no text but a table or files"
	out out '{作業明細}'
	failed 64 usage "is no text but a table or files"
	[ ! -e out ]
	out out '{n}' --mode 644
	failed 64 usage "--mode takes 600, 640 or 660"
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --name '{n}'
	failed 64 usage "--name is for --attachments"
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments out --mode 640 -o x.csv
	failed 64 usage "--mode is for --name"
	run --separate-stderr seki-export --store town.db --stream shuzen \
	    --attachments out --name '{n}' -f stream -o x.csv
	failed 64 usage "--name is for --attachments"
	[ ! -e out ]
}

@test "fields, tables and rows choose and name" {
	store
	out some '{key}_{項目}_{行}_{品目}_{n}{ext}' --fields 添付資料
	good
	[ -e some/7_添付資料_（空）_（空）_3.txt ]
	! ls some | grep -q 作業写真 || false
	out rows '{key}_{項目}_{row}_{品目}_{n}{ext}' --table 作業明細
	good
	[ -e rows/3_作業写真_1_品0_1.txt ]
	[ -e rows/6_作業写真_2_品1_2.txt ]
	[ "$(ls rows | grep -vc 作業写真)" -eq 1 ]
}

@test "a missing or damaged attachment leaves no folder at all" {
	store
	third=$(printf 'third\n' | sha256sum | cut -c1-64)
	printf 'other\n' >town.db.att/"$third"
	out out '{key}_{n}{ext}'
	failed 1 digest "damaged"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	[ ! -e out ]
	rm town.db.att/"$third"
	mkdir -m 700 out
	out out '{key}_{n}{ext}'
	failed 74 file "not in the folder"
	[[ "$stderr" == *"record 7: field 添付資料"* ]]
	[ -z "$(ls -A out)" ]
	seki-import -q --trust trust --audience lgwan-1 --store town.db one.zip
	out out '{key}_{n}{ext}'
	good
	# A row changed past the import.
	sqlite3 town.db "UPDATE shuzen SET 件名 = 'x' WHERE \"\$id\" = '12'"
	out two '{key}_{n}{ext}'
	failed 1 content ""
	[ ! -e two ]
}

@test "files that did not come with their records are listed, not lost" {
	two_sides
	start_cloud --token-file token --app 1 --load app/full
	seki-pull --base-url "$URL" --app 1 --token-file token \
	    --stream shuzen -q >raw.jsonl 2>log
	stop_all
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 -o one.zip --by p-0001 --scan-override 試験 \
	    <raw.jsonl >marks
	seki-import -q --trust trust --audience lgwan-1 --store town.db one.zip
	out out '{key}_{n}{ext}'
	good
	[ "$(ls out)" = 目録.xlsx ]
	[ "$(list out | grep -c 届いていません)" -eq \
	    "$(find app/full/files -type f | wc -l)" ]
}

@test "a full disk leaves nothing, and the next run succeeds" {
	store
	run --separate-stderr bash -c 'ulimit -f 200; "$@"' - seki-export -q \
	    --store town.db --stream shuzen --attachments out \
	    --name '{key}_{項目}_{n}{ext}' -o x.csv
	failed 74 full ""
	[ ! -e out ]
	out out '{key}_{項目}_{n}{ext}'
	good
}

@test "a run that is ended by a signal takes its folder along; a killed one's goes later" {
	store
	kill_at() {
		run python3 "$TOP/tests/killat.py" -s "$1" "$2" seki-export -q \
		    --store town.db --stream shuzen --attachments "$3" \
		    --name '{key}/{項目}_{n}{ext}' -o x.csv
		rm -f x.csv
	}
	mkdir -m 700 in
	for n in $(seq 12 7 200); do
		kill_at TERM "$n" out
		[ "$status" -eq 143 ] || break
		clean
		[ ! -e out ]
		kill_at INT "$n" in
		clean
		[ -z "$(ls -A in)" ] || break
	done
	[ "$n" -gt 30 ]
	rm -rf out in x.csv*
	for n in $(seq 12 23 200); do
		kill_at KILL "$n" out
		[ ! -e out ] || break
	done
	[ -n "$(find . -path './out.*.tmp/*' -type f)" ]
	rm -rf out x.csv*
	out out '{key}/{項目}_{n}{ext}'
	good
}

@test "an exchange folder's group and mode" {
	store
	mkdir -m 770 share
	[ "$(id -u)" -ne 0 ] || chgrp 12345 share
	group=$(stat -c %g share)
	out share/out '{key}/{項目}_{n}{ext}' --mode 640
	good
	[ -z "$(find share/out ! -group "$group")" ]
	[ -z "$(find share/out -type f ! -perm 640)" ]
	[ -z "$(find share/out -type d ! -perm 750)" ]
	# In one that is there others may write.
	mkdir -m 770 share/in
	out share/in '{key}/{項目}_{n}{ext}' --mode 0660
	good
	[ -z "$(find share/in -type f ! -perm 660)" ]
	[ "$(stat -c %a share/in share/in/7 | xargs)" = "770 770" ]
}

@test "of a held record the last good version's files come, and the list says so" {
	store
	two=$(seki-normalize --init <raw.jsonl |
	    sed 's/^\(件名,[^,]*,件名,text,\),/\1,3/')
	seki-normalize --init <raw.jsonl >rules.csv
	printf '%s\n' "$two" >short.csv
	cmp rules.csv short.csv && false
	take() {
		seki-pack -q --trust trust --key inet-1.key --state sent2 \
		    --audience lgwan-1 -o "$1" --by p-0001 \
		    --scan-override 試験 --attachments spool >marks
		seki-import -q --trust trust --audience lgwan-1 \
		    --store held.db "$1"
	}
	seki-normalize -q --rules rules.csv <raw.jsonl | take 1.zip
	seki-normalize -q --max-held 20 --rules short.csv <raw.jsonl >n.jsonl
	grep -q '"HELD"' n.jsonl
	take 2.zip <n.jsonl
	run --separate-stderr seki-export -q --store held.db --stream shuzen \
	    --attachments out --name '{key}_{項目}_{n}{ext}' -o x.csv
	good
	[ "$(cat out/7_添付資料_3.txt)" = third ]
	list out | awk -F'\t' 'NR > 1 {
	    held = $12 ~ /保留中（最後の良い版）/; n += held
	    if (held != ($2 >= 10)) { print; bad = 1 } }
	    END { exit bad || n != 7 }'
	# A store's list says where it is from.
	python3 "$TOP/tests/booktext.py" out/目録.xlsx 件数 >text
	grep -q $'^記録の出どころ\tストリーム shuzen、通番 2（世代 1）' text
	grep -q $'^記録\t12' text
	grep -q "^このフォルダに出した数	$(find app/full/files -type f |
	    wc -l)" text
}
