#!/usr/bin/env python3
"""mkform.py FORM [-A STEP]... RECORD...
   mkform.py --step BY FORM [OLD=NEW | -CODE | +CODE]...
   mkform.py --digest FORM

Write a record stream of any form.  FORM is words CODE[:TYPE[:LABEL]] or
TABLE(CODE[:TYPE],...); $id and $revision come first by themselves.  RECORD is
'KEY JSON-OBJECT', fields left out are empty, or 'KEY!REASON'.  A STEP is what
--step prints: one accepted change of the form, seki-stream(5) ACCEPTED FORMS,
written without the library."""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys


def words(form):
    out = []
    for w in re.findall(r"[^\s(]+\([^)]*\)|\S+", form):
        m = re.fullmatch(r"([^(]+)\(([^)]*)\)", w)
        if m:
            out.append((m[1], "SUBTABLE", m[1],
                        [one(x) for x in m[2].split(",") if x]))
        else:
            out.append(one(w))
    return [("$id", "__ID__", "番号", None),
            ("$revision", "__REVISION__", "版", None)] + out


def one(w):
    code, kind, label = (w.split(":") + ["", ""])[:3]
    return (code, kind or "SINGLE_LINE_TEXT", label or code, None)


def lp(s):
    b = s.encode()
    return struct.pack(">I", len(b)) + b


def digest(fields):
    paths = {}
    for code, kind, _, sub in fields:
        paths[code] = kind
        for c, k, _, _ in sub or []:
            paths[code + "." + c] = k
    h = hashlib.sha256(b"\x05")
    for p in sorted(paths, key=str.encode):
        h.update(lp(p) + lp(paths[p]))
    return h.hexdigest()


def props(fields):
    p = {}
    for i, (code, kind, label, sub) in enumerate(fields):
        p[code] = {"type": ["null", "string"], "x-seki": {
            "type": kind, "code": code, "label": label, "index": i}}
        if sub is not None:
            p[code]["type"] = "array"
            p[code]["items"] = {"type": "object", "properties": dict(
                {"$id": {"type": "string"}}, **props(sub))}
    return p


def full(fields, given):
    rec = {}
    for code, kind, _, sub in fields:
        v = given.get(code, [] if sub is not None else None)
        if sub is not None:
            v = [dict({"$id": str(n)}, **full(sub, r))
                 for n, r in enumerate(v, 101)]
        rec[code] = v
    return rec


a = sys.argv[1:]
if a[0] == "--digest":
    print(digest(words(a[1])))
elif a[0] == "--step":
    by, form, rest = a[1], words(a[2]), a[3:]
    print(json.dumps({
        "by": by, "at": "2026-11-20T01:00:00Z", "revision": "7",
        "from": digest(form),
        "continues": dict(x.split("=") for x in rest if "=" in x),
        "ended": sorted((x[1:] for x in rest if x[0] == "-"), key=str.encode),
        "added": sorted((x[1:] for x in rest if x[0] == "+"), key=str.encode),
    }, ensure_ascii=False))
else:
    form, steps, records = words(a[0]), [], []
    a = a[1:]
    while a:
        x = a.pop(0)
        if x == "-A":
            steps.append(json.loads(a.pop(0)))
        else:
            records.append(x)
    own = {"source": {"system": "kintone", "domain": "example.cybozu.com",
                      "app": "7"}}
    if steps:
        own["accepted"] = steps
    lines = [{"type": "SCHEMA", "stream": "soudan", "schema": {
        "type": "object", "x-seki": own, "properties": props(form)},
        "key_properties": ["$id"]}]
    for r in records:
        if re.match(r"[0-9]+!", r):
            key, why = r.split("!", 1)
            lines.append({"type": "HELD", "stream": "soudan", "key": key,
                          "reasons": [{"field": "件名", "rule": why}]})
            continue
        key, text = r.split(" ", 1)
        lines.append({"type": "RECORD", "stream": "soudan", "record": full(
            form, dict({"$id": key, "$revision": "1"}, **json.loads(text)))})
    text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) +
                   "\n" for x in lines)
    judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "judge_root.py")
    sys.exit(subprocess.run([sys.executable, judge, "--complete"],
                            input=text.encode()).returncode)
