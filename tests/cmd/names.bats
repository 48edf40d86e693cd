#!/usr/bin/env bats
# No name is damaged: from a file through every tool into a store and out again.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "every kanji of CP932, compatibility ideographs, selectors, planes" {
	python3 - <<'E'
import csv, unicodedata
have = set()
for a in list(range(0x81, 0xA0)) + list(range(0xE0, 0xFD)):
    for b in list(range(0x40, 0x7F)) + list(range(0x80, 0xFD)):
        try:
            c = bytes([a, b]).decode("cp932")
        except UnicodeDecodeError:
            continue
        if unicodedata.category(c) == "Lo" and ord(c) >= 0x3400:
            have.add(c)
print(len(have))
for lo, hi in ((0xF900, 0xFB00), (0x2F800, 0x2FA20)):
    have |= {chr(c) for c in range(lo, hi)
             if unicodedata.category(chr(c)) == "Lo"}
have |= {chr(c) for c in range(0x20000, 0x2A6D6, 37)}
# A base with each of the 240 selectors, and others with the first ones.
have |= {"葛" + chr(v) for v in range(0xE0100, 0xE01F0)}
have |= {b + chr(v) for b in "辻祇榊邉邊祖逢𠮟" for v in range(0xE0100, 0xE0108)}
have |= {"神" + chr(v) for v in range(0xFE00, 0xFE10)}
have |= set("𠮷髙﨑德濵塚") | {"か゚", "ㇷ゚"}
# What a rule changes: radicals as they come out of a PDF.
changed = [chr(c) for c in range(0x2F00, 0x2FD6)]
rows = sorted(have) + changed
with open("in.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["番号", "氏名", "備考"])
    for i, c in enumerate(rows, 1):
        w.writerow([i, c + "田　" + c + "子", c])
E
	printf '%s\n' 出力項目,元項目,種別,原値保持 氏名,氏名,氏名,はい \
	    備考,備考,そのまま, 番号,番号,文字, >rules.csv
	seki-read -q --stream names --key 番号 in.csv |
	    seki-normalize -q --rules rules.csv >clean.jsonl
	two_sides
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip <clean.jsonl >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	seki-export -q --store town.db --stream names --format stream >out.jsonl
	seki-export -q --store town.db --stream names --format csv >out.csv
	sqlite3 -json town.db 'SELECT 番号, 氏名, 氏名_原値, 備考 FROM names' >db.json
	python3 - <<'E'
import csv, json
want = {r["番号"]: r for r in csv.DictReader(open("in.csv", newline=""))}

def check(rows, where):
    n = changed = 0
    for r in rows:
        w = want[r["番号"]]
        n += 1
        assert r["備考"] == w["備考"], (where, r)
        assert r["氏名_原値"] == w["氏名"], (where, r)
        plain = w["氏名"].replace("　", " ")
        if r["氏名"] != plain:
            changed += 1
            assert 0x2F00 <= ord(w["備考"][0]) <= 0x2FD5, (where, r)
    assert n == len(want), (where, n, len(want))
    assert changed == 0x2FD6 - 0x2F00, (where, changed)

check([m["record"] for m in map(json.loads, open("out.jsonl"))
       if m["type"] == "RECORD"], "stream")
check(json.load(open("db.json")), "store")
check(csv.DictReader(open("out.csv", newline="", encoding="utf-8-sig")), "csv")
E
}
