#!/usr/bin/env python3
"""Do two pulls hold the same, but for what a push cannot carry?

usage: same_pushed.py KEY A.jsonl B.jsonl [LEFT ALONE,... [RADIO=STANDARD,...]]

Records are paired by KEY, rows of tables by position.  Not compared: what the
service fills in itself, attachments, and the fields named.  A radio button that
is empty in A has its standard in B.
"""
import json
import sys

OWN = {"__ID__", "__REVISION__", "RECORD_NUMBER", "CREATOR", "CREATED_TIME",
       "MODIFIER", "UPDATED_TIME", "STATUS", "STATUS_ASSIGNEE", "CATEGORY",
       "FILE", "CALC"}
key, a, b = sys.argv[1:4]
left = set(sys.argv[4].split(",")) if len(sys.argv) > 4 else set()
standard = dict(x.split("=") for x in sys.argv[5].split(",")) \
    if len(sys.argv) > 5 else {}


def values(record, props, first):
    out = {}
    for code, value in record.items():
        if code == "$id" or code in left or \
                props[code]["x-seki"]["type"] in OWN:
            continue
        if props[code]["x-seki"]["type"] == "SUBTABLE":
            inner = props[code]["items"]["properties"]
            value = [values(row, inner, first) for row in value]
        if first and value is None:
            value = standard.get(code)
        out[code] = value
    return out


def load(path):
    records, props = {}, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = json.loads(line)
            if m["type"] == "SCHEMA":
                props = m["schema"]["properties"]
            elif m["type"] == "RECORD":
                r = m["record"]
                if r[key] in records:
                    sys.exit("%s: %s twice" % (path, r[key]))
                records[r[key]] = values(r, props, path == a)
    return records


x, y = load(a), load(b)
differ = 0
for k in sorted(set(x) | set(y)):
    if k not in x or k not in y:
        print("%s: only in %s" % (k, a if k in x else b))
        differ += 1
        continue
    for code in x[k]:
        if x[k][code] != y[k].get(code):
            print("%s: %s differs" % (k, code))
            differ += 1
types = {type(v).__name__ for r in x.values() for v in r.values() if v}
print("%d records, %d differ" % (len(x), differ))
sys.exit(differ > 0 or not x or "list" not in types)
