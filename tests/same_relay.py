#!/usr/bin/env python3
"""same_relay.py SENT.jsonl BACK.jsonl: is what came back what was sent?

Line by line and value by value; a relay's workbook may lose only what no leaf
has (seki-relay(5)): CR in line ends, and types of files.  STATE: kind, counts
and root.
"""
import json
import sys


def plain(v):
    if isinstance(v, str):
        return v.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items() if k != "contentType"}
    return v


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            m = json.loads(line)
            if m["type"] == "RECORD":
                yield "RECORD " + m["record"]["$id"], plain(m["record"])
            elif m["type"] == "HELD":
                yield "HELD " + m["key"], m["reasons"]
            elif m["type"] == "SCHEMA":
                yield "SCHEMA", m["key_properties"]
            else:
                c = m["value"]["complete"]
                yield m["type"], [c[k] for k in ("kind", "records", "held",
                                                 "deleted", "root")]


a, b = list(lines(sys.argv[1])), list(lines(sys.argv[2]))
if a != b:
    have, got = dict(a), dict(b)
    for k in list(have)[:2000]:
        if got.get(k) != have[k]:
            print("%s differs" % k)
            for f in have[k] if isinstance(have[k], dict) else ():
                if (got.get(k) or {}).get(f) != have[k][f]:
                    print("  %s" % f)
    print("%d lines, %d came back" % (len(a), len(b)))
    sys.exit(1)
print("%d lines, 0 differ" % len(a))
