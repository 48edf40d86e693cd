#!/usr/bin/env python3
"""mkview.py DIR

Write the test vector of seki-workbook(5): records.jsonl, manifest.json and, by
judge_view.py, the SHA-256 of each part as parts.sha256.  The proof is made by
judge_root.py, so nothing of the library is believed here."""
import hashlib
import json
import os
import subprocess
import sys

import judge_bundle

HERE = os.path.dirname(os.path.abspath(__file__))
LISTS = {"CHECK_BOX", "MULTI_SELECT", "CATEGORY", "FILE", "USER_SELECT",
         "ORGANIZATION_SELECT", "GROUP_SELECT", "CREATOR", "MODIFIER",
         "STATUS_ASSIGNEE", "SUBTABLE"}
FORM = [("$id", "__ID__", "$id"), ("rev", "__REVISION__", ""),
        ("no", "RECORD_NUMBER", "番号 & <\"件\">"),
        ("by", "CREATOR", "作成者"), ("at", "CREATED_TIME", "作成日時"),
        ("by2", "MODIFIER", "更新者"), ("at2", "UPDATED_TIME", "更新日時"),
        ("name", "SINGLE_LINE_TEXT", "世帯主 氏名"),
        ("kana", "SINGLE_LINE_TEXT", "氏名（カナ）"),
        ("memo", "MULTI_LINE_TEXT", "同じ"), ("rich", "RICH_TEXT", "同じ"),
        ("n", "NUMBER", "同じ"), ("n2", "NUMBER", "同じ（2）"),
        ("c1", "CALC:NUMBER_DIGIT", "計"), ("c2", "CALC:DATETIME", "更新日時"),
        ("c3", "CALC:HOUR_MINUTE", "時間"),
        ("box", "CHECK_BOX", "更新日時（日本時間）"),
        ("radio", "RADIO_BUTTON", "ラジオ"), ("multi", "MULTI_SELECT", ""),
        ("drop", "DROP_DOWN", "ドロップダウンの長い見出しがある項目"),
        ("date", "DATE", "日付"), ("time", "TIME", "時刻"),
        ("link", "LINK", "_x0041_"), ("file", "FILE", " 添付\u3000"),
        ("user", "USER_SELECT", "担当"),
        ("org", "ORGANIZATION_SELECT", "組織"),
        ("group", "GROUP_SELECT", "グループ"), ("state", "STATUS", "状態"),
        ("who", "STATUS_ASSIGNEE", "作業者"), ("cat", "CATEGORY", "分類"),
        ("t", "SUBTABLE", "内訳 [&<>\"'] (表)"), ("u", "SUBTABLE", "レコード")]
ROW = [("item", "SINGLE_LINE_TEXT", "行番号"), ("price", "NUMBER", "額"),
       ("day", "DATETIME", "日")]
USER = [{"code": "sato.k", "name": "佐藤 花子"},
        {"code": "a<b>", "name": "名\n<x>"}]
FILE = [{"name": "現況 <1>.jpg", "size": "248913",
         "contentType": "image/jpeg; a<b", "sha256": None},
        {"name": "b.pdf", "size": "0", "contentType": None,
         "sha256": hashlib.sha256(b"").hexdigest()}]
# By field: each value in a record of its own, then all empty.
VALUES = {
    "rev": ["3"], "no": ["A-1"], "by": [USER[:1]], "by2": [USER[1:]],
    "at": ["2026-03-31T15:30:00Z", "9999-12-31T23:59:59Z"],
    "at2": ["2026-12-31T15:00:01Z", "0001-01-01T00:00:00Z"],
    "name": ["山田\U000e0100 太郎", "\ufe00" * 40, " ␛ ", "東\u2028", "=1+1"],
    "kana": ["ヤマダ", "\t" * 8200, "_x000D_", "\x7f\x85\ufffe", "x" * 40],
    "memo": ["a\r\nb\rc", "一行目\n" * 40, "<&>\"']]>", "\n",
             "\u3000東西南北東西南北東西南北東西南北東西南北東西南北\u3000"],
    "rich": ["<b>太字</b>", "𠮷" * 12 + "_x000a_" + "\u200d" * 3],
    "n": ["0", "-0.000123", "123456789012", "1234567890123456",
          "0.000000000000001", "999999999999999", "0.00001", "12.5"],
    "n2": ["1000000000000000", "-99999999999", "0.0000000000000001"],
    "c1": ["1.5"], "c2": ["2026-04-01T00:15:00Z"], "c3": ["49:30", "-1:05"],
    "box": [["甲", "乙"], ["a\nb", ""]], "radio": ["一"], "multi": [["x"]],
    "drop": ["二"], "date": ["2026-04-01"], "time": ["23:59", "09:15:30"],
    "link": ["https://example.lg.jp/?a=1&b=2"], "file": [FILE],
    "user": [USER], "org": [USER[:1]], "group": [[]], "state": ["済"],
    "who": [USER[:1]], "cat": [["ｶﾃｺﾞﾘ"]]}
# Records that decide no widths any more come after these.
GONE = 191


def prop(i, code, kind, label):
    kind, _, form = kind.partition(":")
    x = {"type": kind, "code": code, "label": label, "index": i}
    if form:
        x["format"] = form
    p = {"x-seki": x, "type": "array" if kind in LISTS else
         ["null", "string"]}
    if kind == "SUBTABLE":
        inner = {"$id": {"type": "string"}}
        inner.update({c: prop(k, c, t, n) for k, (c, t, n) in enumerate(ROW)})
        p["items"] = {"type": "object", "properties": inner}
    return p


def record(n, i):
    r = {"$id": str(n)}
    for code, kind, _ in FORM[1:]:
        if kind == "SUBTABLE":
            r[code] = []
            continue
        v = VALUES[code]
        r[code] = v[i] if i < len(v) else [] if kind in LISTS else None
    r["t"] = [{"$id": str(100 * n + k), "item": t, "price": p, "day": d}
              for k, (t, p, d) in enumerate(
                  [("板", "1.5", "2026-04-01T00:15:00Z"),
                   (None, None, None),
                   ("釘 & 螺子", "12345678901234567890", None)][:i % 4])]
    if i == 3:
        r["t"][1]["item"] = "a\n" * 12000
    return r


def stream():
    yield {"type": "SCHEMA", "stream": "view.1", "schema": {
        "type": "object", "x-seki": {"source": {
            "system": "kintone", "domain": "example.cybozu.com",
            "app": "12"}},
        "properties": dict(
            [(c, prop(i, c, k, n)) for i, (c, k, n) in enumerate(FORM)] +
            [("_sdc_deleted_at", {"type": ["null", "string"],
                                  "format": "date-time"})])},
        "key_properties": ["$id"]}
    for i in range(8):
        yield {"type": "RECORD", "stream": "view.1",
               "record": record(i + 1, i)}
    yield {"type": "HELD", "stream": "view.1", "key": "9",
           "reasons": [{"field": "name", "rule": "name_kanji"}]}
    for n in range(10, 10 + GONE):
        yield {"type": "RECORD", "stream": "view.1", "record": {
            "$id": str(n), "_sdc_deleted_at": "2026-04-01T00:00:00Z"}}
    last = record(1000, 99)
    # A text widens no more, a number does.
    last.update(name="遅れて来た長い長い長い長い名前", n="-0.000000000000009")
    yield {"type": "RECORD", "stream": "view.1", "record": last}


def manifest(records):
    done = json.loads(records.rstrip(b"\n").rsplit(b"\n", 1)[1])
    done = done["value"]["complete"]
    with open(os.path.join(HERE, "data", "bundle", "manifest.json"),
              "rb") as f:
        m = json.loads(f.read())
    m.update({
        "kind": "delta", "stream": "view.1", "held": done["held"],
        "title": "2026年度 \"相談\" & <記録> の引継ぎについての全庁の一覧表"
                 "（年度の途中の更新分のみ）",
        "purpose": "長い目的は 行を 折り返して 書かれる。" * 5,
        "approval": {"kind": "recorded", "number": "7第12号",
                     "code": "01234-56789-01234-56789"},
        "notes": {"approver": "福祉課長: 佐藤 <花子>", "contact": "情報係 内線 123", "kakari": "学務\n\n 二行目 ",
                  "scan": "name: low 3; type: found 1, suspect 20"},
        "part": {"n": 1, "of": 1, "set": ""},
        "content": {"alg": "seki-root-1", "root": done["root"],
                    "records": done["records"],
                    "deletes": done["deleted"]},
        "files": [{"name": "data/records.jsonl", "role": "records",
                   "size": len(records),
                   "sha256": hashlib.sha256(records).hexdigest()}]})
    out = judge_bundle.write(m).encode()
    judge_bundle.check_manifest(out)
    return out


def run(script, *args, **more):
    return subprocess.run([sys.executable, os.path.join(HERE, script)] +
                          list(args), check=True, stdout=subprocess.PIPE,
                          **more).stdout


def main(folder):
    text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) +
                   "\n" for x in stream())
    records = run("judge_root.py", "--complete", input=text.encode())
    paths = [os.path.join(folder, n) for n in (
        "records.jsonl", "manifest.json", "parts.sha256")]
    for path, data in zip(paths, (records, manifest(records))):
        with open(path, "wb") as f:
            f.write(data)
    with open(paths[2], "wb") as f:
        f.write(run("judge_view.py", "--sums", *paths[:2]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
