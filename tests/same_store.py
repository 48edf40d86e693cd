#!/usr/bin/env python3
"""Compare the service's own answer with the tables an import made of it.

usage: same_store.py RECORDS.json STORE.db STREAM

Text must agree character for character, numbers as decimals, lists item by
item, tables row by row.  Reads SQLite and nothing of ours but seki-store(5).
"""
import json
import re
import sqlite3
import sys
from decimal import Decimal

wrong = values = 0


def unescape(s):
    return re.sub("\u241b\\{([0-9A-F]*)\\}",
                  lambda m: chr(int(m[1], 16)) if m[1] else "", s)


def items(text):
    return [] if text is None else text.split("\n")


def user(item):
    m = re.fullmatch("(.*) <([^<]*)>", item, re.S)
    return {"code": unescape(m[2]), "name": unescape(m[1])}


def file(item):
    m = re.fullmatch("(.*) <([0-9]+) (-|[0-9a-f]{64})(?: ([^<]*))?>", item,
                     re.S)
    return (unescape(m[1]), m[2], unescape(m[4] or ""))


def check(where, cell, text):
    global wrong, values
    values += 1
    kind, want = cell["type"], cell["value"]
    if kind in ("CREATOR", "MODIFIER"):
        ok = [want] == [user(i) for i in items(text)]
    elif kind in ("USER_SELECT", "ORGANIZATION_SELECT", "GROUP_SELECT",
                  "STATUS_ASSIGNEE"):
        ok = want == [user(i) for i in items(text)]
    elif kind in ("CHECK_BOX", "MULTI_SELECT", "CATEGORY"):
        ok = want == [unescape(i) for i in items(text)]
    elif kind == "FILE":
        ok = [(f["name"], f["size"], f["contentType"]) for f in want] == \
            [file(i) for i in items(text)]
    elif want in (None, ""):
        ok = text is None
    elif kind in ("NUMBER", "__REVISION__") or (
            kind == "CALC" and re.fullmatch("-?[0-9.]+", want)):
        ok = text is not None and Decimal(want) == Decimal(text) \
            and re.fullmatch("-?[0-9]+([.][0-9]+)?", text)
    else:
        ok = want == text
    if not ok:
        wrong += 1
        print("%s: %r is not %r" % (where, text, want))


def main(records, store, stream):
    db = sqlite3.connect("file:%s?mode=ro" % store, uri=True)
    db.row_factory = sqlite3.Row
    names = {r["field"]: r["name"] for r in db.execute(
        "SELECT t.field, t.name FROM seki_table t JOIN seki_stream s"
        " ON s.id = t.stream WHERE s.stream = ?", (stream,))}
    with open(records, encoding="utf-8") as f:
        wanted = json.load(f)["records"]
    main_table = names.pop("")
    rows = {r["$id"]: r for r in
            db.execute('SELECT * FROM "%s"' % main_table)}
    if len(rows) != len(wanted):
        print("%d rows, %d records" % (len(rows), len(wanted)))
        return 1
    for rec in wanted:
        key = rec["$id"]["value"]
        for code, cell in rec.items():
            if cell["type"] != "SUBTABLE":
                check("%s/%s" % (key, code), cell, rows[key][code])
                continue
            inner = db.execute(
                'SELECT * FROM "%s" WHERE seki_key = ? ORDER BY seki_ordinal'
                % names[code], (key,)).fetchall()
            if [r["$id"] for r in inner] != [r["id"] for r in cell["value"]]:
                print("%s/%s: other rows" % (key, code))
                return 1
            for want, got in zip(cell["value"], inner):
                for c, v in want["value"].items():
                    check("%s/%s/%s/%s" % (key, code, want["id"], c), v,
                          got[c])
    print("%d values, %d wrong" % (values, wrong))
    return wrong > 0 or values == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
