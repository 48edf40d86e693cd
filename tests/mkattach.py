#!/usr/bin/env python3
"""Apps with attachments, for seki-cloud --load.

usage: mkattach.py SAMPLES TO

Writes TO/full, an app of 12 records whose attachments have every name that
people or attackers give them, and TO/empty, the same form without records.
The form is that of SAMPLES, cut down to a key, a text, a file field and a table
with one.
"""
import hashlib
import json
import os
import sys
import unicodedata

samples, to = sys.argv[1:]
KEEP = {"受付番号", "件名", "添付資料", "作業明細"}
INNER = {"品目", "作業写真"}
SYSTEM = {"RECORD_NUMBER", "CREATOR", "CREATED_TIME", "MODIFIER",
          "UPDATED_TIME"}


def load(name):
    with open(os.path.join(samples, name), encoding="utf-8") as f:
        return json.load(f)


def save(folder, name, doc):
    os.makedirs(os.path.join(to, folder), exist_ok=True)
    with open(os.path.join(to, folder, name), "w", encoding="utf-8") as f:
        json.dump(doc, f, ensure_ascii=False)


form = load("form-fields.json")
props = {k: v for k, v in form["properties"].items()
         if k in KEEP or v["type"] in SYSTEM}
table = props["作業明細"]
table["fields"] = {k: v for k, v in table["fields"].items() if k in INNER}
form["properties"] = props
layout = load("form-layout.json")


def rows(part):
    out = []
    for row in part:
        if row.get("type") == "GROUP":
            continue
        fields = [f for f in row.get("fields", [])
                  if f.get("code") in KEEP | INNER]
        if fields and (row["type"] != "SUBTABLE" or row["code"] in KEEP):
            out.append(dict(row, fields=fields))
    return out


layout["layout"] = rows(layout["layout"])
base = load("records.json")["records"][1]

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89"
EXE = b"MZ\x90\0" + b"\0" * 56 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0d\x86" \
    + b"\0" * 300
# name, type, content
FILES = [
    [("見積書.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj\n"),
     ("../../../x", "text/plain", b"climbs\n")],
    [("a/b", "text/plain", b"slash\n"), ("a\\..\\b", "text/plain", b"back\n")],
    [("bell\a\x1b[31mred\x7f\t.txt", "text/plain", b"control\n")],
    [("長" * 80 + ".txt", "text/plain", b"long\n")],
    [(unicodedata.normalize("NFD", "がんばん.txt"), "text/plain", b"NFD\n"),
     ("がんばん.txt", "text/plain", b"NFC\n")],
    [("CON", "text/plain", b"reserved\n"), ("NUL.txt ", "text/plain", b"r2\n"),
     ("trailing.", "text/plain", b"r3\n")],
    [("同名.txt", "text/plain", b"first\n"), ("同名.txt", "text/plain", b""),
     ("同名.txt", "text/plain", b"third\n")],
    [("写し.txt", "text/plain", b"shared\n"), ("<a> -.b", "text/plain",
                                                b"shared\n")],
    [],
    [("-rf", "text/plain", b"dash\n"), ("index", "text/plain", b"index\n"),
     (hashlib.sha256(b"other").hexdigest(), "text/plain", b"digest\n")],
    [("写真.png", "image/png", PNG), ("写真.pdf", "application/pdf", EXE)],
    [("大きい.bin", "application/octet-stream",
      bytes(i * 7 % 251 for i in range(300001)))],
]


def item(key, file):
    name, ctype, data = file
    path = os.path.join(to, "full", "files")
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, key), "wb") as f:
        f.write(data)
    return {"fileKey": key, "name": name, "contentType": ctype,
            "size": str(len(data))}


def cell(kind, value):
    return {"type": kind, "value": value}


records = []
for n, files in enumerate(FILES, 1):
    r = {k: v for k, v in base.items()
         if k in props or k in ("$id", "$revision")}
    r["$id"] = cell("__ID__", str(n))
    r["$revision"] = cell("__REVISION__", "1")
    r["レコード番号"] = cell("RECORD_NUMBER", str(n))
    r["受付番号"] = cell("SINGLE_LINE_TEXT", "R-%03d" % n)
    r["件名"] = cell("SINGLE_LINE_TEXT", "件名%d" % n)
    r["添付資料"] = cell("FILE", [
        item("2026040100%02d%02d" % (n, i) + "A" * 35, f)
        for i, f in enumerate(files)])
    r["作業明細"] = cell("SUBTABLE", [
        {"id": str(100 * n + i), "value": {
            "品目": cell("SINGLE_LINE_TEXT", "品%d" % i),
            "作業写真": cell("FILE", [
                item("2026040200%02d%02d" % (n, i) + "B" * 35, f)])}}
        for i, f in enumerate(files[:2]) if n % 3 == 0])
    records.append(r)
app = load("app.json")
for folder, recs in (("full", records), ("empty", [])):
    save(folder, "app.json", app)
    save(folder, "form-fields.json", form)
    save(folder, "form-layout.json", layout)
    save(folder, "records.json",
         {"records": recs, "totalCount": str(len(recs))})
