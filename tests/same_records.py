#!/usr/bin/env python3
"""Compare the service's own answer with the stream that was pulled from it.

usage: same_records.py RECORDS.json STREAM.jsonl

Text must agree character for character, numbers as decimals, lists item by
item; every field of every record must be there.  Prints what differs.
"""
import json
import sys
from decimal import Decimal

EMPTY = (None, "", [])
wrong = 0
values = 0


def differ(where, want, got):
    global wrong
    wrong += 1
    print("%s: %r is not %r" % (where, got, want))


def users(v):
    return [{"code": u["code"], "name": u["name"]} for u in v]


def files(v):
    return [(f["name"], f["size"], f["contentType"]) for f in v]


def check(where, cell, got):
    global values
    values += 1
    kind, want = cell["type"], cell["value"]
    if kind in ("NUMBER", "__ID__", "__REVISION__") or (
            kind == "CALC" and got is not None and ":" not in got
            and "-" not in got[1:]):
        if want in EMPTY:
            ok = got is None
        else:
            ok = isinstance(got, str) and Decimal(want) == Decimal(got) \
                and "e" not in got.lower()
    elif kind == "SUBTABLE":
        ok = len(want) == len(got)
        for a, b in zip(want, got):
            if a["id"] != b["$id"]:
                differ(where + "/$id", a["id"], b["$id"])
            if set(a["value"]) != set(b) - {"$id"}:
                differ(where, sorted(a["value"]), sorted(b))
            for code, inner in a["value"].items():
                check("%s/%s/%s" % (where, a["id"], code), inner,
                      b.get(code))
    elif kind in ("CREATOR", "MODIFIER"):
        ok = users([want]) == users(got)
    elif kind.endswith("_SELECT") and kind != "MULTI_SELECT" or \
            kind == "STATUS_ASSIGNEE":
        ok = users(want) == users(got)
    elif kind == "FILE":
        ok = files(want) == files(got) and \
            all(f["sha256"] is None and "fileKey" not in f for f in got)
    elif kind in ("CHECK_BOX", "MULTI_SELECT", "CATEGORY"):
        ok = want == got
    elif want in EMPTY:
        ok = got is None
    else:
        ok = want == got
    if not ok:
        differ(where, want, got)


def main(theirs, ours):
    with open(theirs, encoding="utf-8") as f:
        want = {r["$id"]["value"]: r for r in json.load(f)["records"]}
    got = {}
    with open(ours, encoding="utf-8", newline="\n") as f:
        lines = [json.loads(line) for line in f]
    for m in lines:
        if m["type"] == "RECORD":
            got[m["record"]["$id"]] = m["record"]
    if lines[-1]["type"] != "STATE":
        differ("stream", "STATE", lines[-1]["type"])
    if sorted(want) != sorted(got):
        differ("records", sorted(want), sorted(got))
    for key in sorted(set(want) & set(got)):
        if set(want[key]) != set(got[key]):
            differ("record %s" % key, sorted(want[key]), sorted(got[key]))
        for code, cell in want[key].items():
            check("record %s: %s" % (key, code), cell, got[key].get(code))
    print("%d records, %d values, %d differ" % (len(got), values, wrong))
    return 1 if wrong or not values else 0


sys.exit(main(*sys.argv[1:]))
