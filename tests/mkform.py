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


def step(by, text, rest):
    def of(sign):
        return sorted((x[1:] for x in rest if x[0] == sign), key=str.encode)
    return {"by": by, "at": "2026-11-20T01:00:00Z", "revision": "7",
            "from": digest(words(text)),
            "continues": dict(x.split("=") for x in rest if "=" in x),
            "ended": of("-"), "added": of("+")}


def message(form, record):
    if re.match(r"[0-9]+!", record):
        key, why = record.split("!", 1)
        return {"type": "HELD", "stream": "soudan", "key": key,
                "reasons": [{"field": "件名", "rule": why}]}
    key, text = record.split(" ", 1)
    given = dict({"$id": key, "$revision": "1"}, **json.loads(text))
    return {"type": "RECORD", "stream": "soudan",
            "record": full(form, given)}


def stream(form, rest):
    own = {"source": {"system": "kintone", "domain": "example.cybozu.com",
                      "app": "7"}}
    while rest[:1] == ["-A"]:
        own.setdefault("accepted", []).append(json.loads(rest[1]))
        rest = rest[2:]
    lines = [{"type": "SCHEMA", "stream": "soudan", "schema": {
        "type": "object", "x-seki": own, "properties": props(form)},
        "key_properties": ["$id"]}] + [message(form, r) for r in rest]
    text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) +
                   "\n" for x in lines)
    judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "judge_root.py")
    return subprocess.run([sys.executable, judge, "--complete"],
                          input=text.encode()).returncode


def main(a):
    if a[0] == "--digest":
        print(digest(words(a[1])))
    elif a[0] == "--step":
        print(json.dumps(step(a[1], a[2], a[3:]), ensure_ascii=False))
    else:
        return stream(words(a[0]), a[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
