#!/usr/bin/env python3
"""mkhard.py [RECORDS]: a record stream of 20 fields and RECORDS (2000) records
with the values that programs on the way like to change (see seki-workbook(5)).
Each text stands in every text column in turn; the proof is judge_root.py's, so
nothing of the library is believed here."""
import json
import os
import subprocess
import sys

TEXTS = [
    "東京都", "髙﨑", "辻󠄀", "葛󠄁飾区", "𠮷野家", "𩸽と𠮟", "🏫👨‍👩‍👧", "ｶﾞｷﾞ ﾊﾟ",
    "か゚", "か\u3099", "神\uFA19", "=1+1", "+81", "-5", "@x", "0012", "1e5",
    "1/2", "TRUE", "false", "#N/A", "#REF!", "42", "-0", "0.10", "NaN",
    "Infinity", "-inf", "0x1F", "1,234", "2026-04-01", "12:34", "'x", "null",
    "  x", "x  ", "　東　", "　", " ", "\n", "a\n", "\na", "a\n\n\nb", "a  b",
    "a\rb", "a\r\nb", "\r\n", "a\tb", "\t", "\x01", "a\x1f\x7fb", "\x80\x9f",
    "_x000D_", "a_x000d_b_x41_", "␛", "␛{41}", "␛{LONG}", "<&>\"']]>", "&#10;",
    "\u202exlsx", "東\u2028京\u00a0", "\ufeffx", "\u200dx\u200b", "\ufffd",
    "123456789012345", "1234567890123456", "9" * 40, "1" * 15 + ".5",
    "http://example.lg.jp/?a=1&b=2", "=HYPERLINK(\"http://x\",\"y\")",
    "{\"a\":[1]}", "１２３", "x" * 300, "𠮷" * 300, ""]
LONGS = ["東" * 33000, "x" * 32767, "x" * 32768, "𠮷" * 20000,
         "行\n" * 20000, "\t" * 7000, "a_x000D_" * 4500]
NUMBERS = ["0", "-1", "0.1", "0.3", "1234567.25", "123456789012345",
           "999999999999999", "1000000000000000", "1234567890123456",
           "123456789012345678901234567890", "0.0000001", "1.1", "-0.000123",
           "0.000000000000001", "0.0000000000000001", "99999.999999999",
           "2.675", "1.005", "8.41", "70.07", "4.35", "100000", None]
DATES = ["2019-05-01", "1900-01-01", "1900-02-28", "1900-03-01", "1899-12-31",
         "1868-10-23", "1904-01-01", "2000-02-29", "9999-12-31", "0001-01-01",
         "2026-12-31", None]
TIMES = ["00:00", "23:59", "09:15", "12:00", "06:07:08", None]
INSTANTS = ["2026-03-31T15:30:00Z", "2026-03-31T15:30:01Z",
            "1900-01-31T15:00:00Z", "1969-12-31T23:59:59Z",
            "2026-12-31T14:59:00Z", "9999-12-31T23:59:59Z",
            "1899-12-30T00:00:00Z", None]
SPANS = ["0:00", "49:30", "-1:05", "1000:59", "24:00", None]
CHOICES = [["甲"], ["甲", "乙"], ["a\nb", "=1"], ["0012"], ["𠮷", "42"], [],
           ["x, y", "\"z\""]]
USERS = [[{"code": "sato.k", "name": "佐藤 花子"}], [],
         [{"code": "a<b>", "name": "名 <x>"}, {"code": "0012", "name": "42"}],
         [{"code": "guest/g@example.com", "name": "𠮷田"}]]
FILES = [[], [{"name": "現況 <1>.jpg", "size": "248913",
               "contentType": "image/jpeg", "sha256": None}],
         [{"name": "𠮷.pdf", "size": "0", "contentType": "application/pdf",
           "sha256": None}, {"name": "1 <2>", "size": "12",
                             "contentType": "text/plain", "sha256": None}]]
FORM = [("$id", "__ID__", None), ("$revision", "__REVISION__", None),
        ("件名", "SINGLE_LINE_TEXT", TEXTS), ("内容", "MULTI_LINE_TEXT", TEXTS),
        ("氏名", "SINGLE_LINE_TEXT", TEXTS), ("リンク", "LINK", TEXTS),
        ("種別", "DROP_DOWN", ["甲", "0012", "TRUE", "42", "𠮷", None]),
        ("数値", "NUMBER", NUMBERS), ("金額", "NUMBER", NUMBERS),
        ("計", "CALC:NUMBER", NUMBERS), ("日付", "DATE", DATES),
        ("期限", "DATE", DATES), ("時刻", "TIME", TIMES),
        ("日時", "DATETIME", INSTANTS), ("更新", "UPDATED_TIME", INSTANTS),
        ("時間", "CALC:HOUR_MINUTE", SPANS), ("区分", "CHECK_BOX", CHOICES),
        ("担当", "USER_SELECT", USERS), ("添付", "FILE", FILES)]
TABLE = [("品", "SINGLE_LINE_TEXT", TEXTS), ("数", "NUMBER", NUMBERS),
         ("納期", "DATE", DATES)]
LISTS = {"CHECK_BOX", "USER_SELECT", "FILE"}


def prop(i, code, kind):
    kind, _, fmt = kind.partition(":")
    x = {"type": kind, "code": code, "label": code, "index": i}
    if fmt:
        x["format"] = fmt
    return {"x-seki": x, "type": "string" if code == "$id" else
            "array" if kind in LISTS else ["null", "string"]}


def schema():
    props = {c: prop(i, c, k) for i, (c, k, _) in enumerate(FORM)}
    inner = {"$id": {"type": "string"}}
    inner.update({c: prop(i, c, k) for i, (c, k, _) in enumerate(TABLE)})
    props["明細"] = {**prop(len(FORM), "明細", "SUBTABLE"), "type": "array",
                   "items": {"type": "object", "properties": inner}}
    return {"type": "SCHEMA", "stream": "hard", "key_properties": ["$id"],
            "schema": {"type": "object", "properties": props, "x-seki": {
                "source": {"system": "kintone",
                           "domain": "example.cybozu.com", "app": "7"}}}}


def record(i):
    out = {"$id": str(i + 1), "$revision": str(i % 7 + 1)}
    for n, (code, _, values) in enumerate(FORM[2:]):
        v = values[(i + 11 * n + i // len(values) * n) % len(values)]
        out[code] = None if v == "" else v
    if i % 100 == 7:
        out["内容"] = LONGS[i // 100 % len(LONGS)]
    out["明細"] = [{"$id": str(10 * i + k),
                  **{c: v[(i * 3 + 5 * k + n) % len(v)] or None
                     for n, (c, _, v) in enumerate(TABLE)}}
                 for k in range((0, 1, 0, 3)[i % 4])]
    return out


def main(n):
    lines = [schema()]
    for i in range(n):
        if i % 97 == 50:
            lines.append({"type": "HELD", "stream": "hard", "key": str(i + 1),
                          "reasons": [{"field": "件名", "rule": "gaiji"}]})
        else:
            lines.append({"type": "RECORD", "stream": "hard",
                          "record": record(i)})
    text = "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines)
    judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "judge_root.py")
    return subprocess.run([sys.executable, judge, "--complete"],
                          input=text.encode()).returncode


sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
