#!/usr/bin/env python3
"""mkstream.py [-s STREAM] [-a APP] [-d DOMAIN] [-l LABEL] [-t TYPE]
               [-b STATE] RECORD...

Write a record stream of a small form: $id, $revision, a text 件名 with the
label LABEL (or another TYPE), a table 家族 with a text 氏名.  RECORD is
KEY=TEXT[/ROW...] or, for a held one, KEY!REASON.  With -b it is a delta that
continues the STATE whose value stands in that file, and KEY- a deletion.  The
proof is made by judge_root.py, so nothing of the library is believed here."""
import argparse
import json
import os
import subprocess
import sys


def prop(code, kind, label, index, **more):
    p = {"x-seki": {"type": kind, "code": code, "label": label,
                    "index": index}, "type": ["null", "string"]}
    p.update(more)
    return p


a = argparse.ArgumentParser()
a.add_argument("-s", default="soudan")
a.add_argument("-a", default="7")
a.add_argument("-d", default="example.cybozu.com")
a.add_argument("-l", default="件名")
a.add_argument("-t", default="SINGLE_LINE_TEXT")
a.add_argument("-b")
a.add_argument("record", nargs="*")
o = a.parse_args()
rows = {"$id": {"type": "string"},
        "氏名": prop("氏名", "SINGLE_LINE_TEXT", "氏名", 0)}
lines = [{
    "type": "SCHEMA", "stream": o.s, "schema": {
        "type": "object",
        "x-seki": {"source": {"system": "kintone", "domain": o.d,
                              "app": o.a}},
        "properties": {
            "$id": prop("$id", "__ID__", "番号", 0),
            "$revision": prop("$revision", "__REVISION__", "版", 1),
            "件名": prop("件名", o.t, o.l, 2),
            "家族": prop("家族", "SUBTABLE", "家族", 3, type="array",
                       items={"type": "object", "properties": rows})}},
    "key_properties": ["$id"]}]
if o.b:
    lines[0]["schema"]["properties"]["_sdc_deleted_at"] = {
        "type": ["null", "string"], "format": "date-time"}
for r in o.record:
    if r[-1] == "-":
        lines.append({"type": "RECORD", "stream": o.s, "record": {
            "$id": r[:-1], "_sdc_deleted_at": "2026-04-01T00:00:00Z"}})
        continue
    if "=" not in r:
        key, why = r.split("!", 1)
        lines.append({"type": "HELD", "stream": o.s, "key": key,
                      "reasons": [{"field": "件名", "rule": why}]})
        continue
    key, rest = r.split("=", 1)
    text, *inner = rest.split("/")
    lines.append({"type": "RECORD", "stream": o.s, "record": {
        "$id": key, "$revision": "1", "件名": text or None,
        "家族": [{"$id": str(n), "氏名": s or None}
                 for n, s in enumerate(inner, 101)]}})
text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n"
               for x in lines)
judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "judge_root.py")
more = ["--after", o.b] if o.b else []
sys.exit(subprocess.run([sys.executable, judge, "--complete", *more],
                        input=text.encode()).returncode)
