#!/usr/bin/env python3
"""Compare what the official command line exported with what was pulled.

usage: same_csv.py EXPORT.csv STREAM.jsonl

Every cell of the CSV must say what the stream says: text character for
character, numbers as decimals, lists item by item.  The stream may know more
(status, assignees, categories, names of users); those the CSV leaves out.
Prints what differs.
"""
import csv
import json
import sys
from decimal import Decimal

OMITTED = {"__ID__", "__REVISION__", "STATUS", "STATUS_ASSIGNEE", "CATEGORY"}
wrong = 0
cells = 0


def differ(where, want, got):
    global wrong
    wrong += 1
    if wrong < 20:
        print("%s: %r is not %r" % (where, got, want))


def said(kind, value):
    """A value of the stream as the official command line writes it."""
    if value is None:
        return ""
    if kind in ("CREATOR", "MODIFIER"):
        return value[0]["code"]
    if kind == "FILE":
        return "\n".join(f["name"] for f in value)
    if isinstance(value, list):
        return "\n".join(v["code"] if isinstance(v, dict) else v
                         for v in value)
    return value


def decimal(field):
    x = field["x-seki"]
    return x["type"] == "NUMBER" or x["type"] == "CALC" and \
        x.get("format", "NUMBER") in ("NUMBER", "NUMBER_DIGIT")


def compare(where, field, value, cell):
    global cells
    cells += 1
    want = said(field["x-seki"]["type"], value)
    if want != cell and not (decimal(field) and want and cell and
                             Decimal(want) == Decimal(cell)):
        differ(where, want, cell)


def inner(field):
    return field["items"]["properties"]


def is_table(field):
    return field["x-seki"]["type"] == "SUBTABLE"


def lines(record, fields):
    """The rows of a record: for each, (table code, row) or (None, None)."""
    rows = [(code, row) for code, f in fields.items() if is_table(f)
            for row in record[code]]
    return rows or [(None, None)]


def compare_line(where, fields, record, table, row, got):
    for code, f in fields.items():
        if not is_table(f):
            compare("%s: %s" % (where, code), f, record[code], got.pop(code, None))
            continue
        mine = row if code == table else None
        id_ = mine["$id"] if mine else ""
        if got.pop(code, None) != id_:
            differ("%s: %s" % (where, code), id_, "another row")
        for sub, g in inner(f).items():
            if sub == "$id":
                continue
            compare("%s: %s/%s" % (where, code, sub), g,
                    mine[sub] if mine else None, got.pop(sub, None))


def main(export, stream):
    with open(stream, encoding="utf-8", newline="\n") as f:
        messages = [json.loads(line) for line in f]
    if messages[-1]["type"] != "STATE":
        differ("stream", "STATE", messages[-1]["type"])
    fields = {code: f for code, f in
              messages[0]["schema"]["properties"].items()
              if f["x-seki"]["type"] not in OMITTED}
    with open(export, encoding="utf-8", newline="") as f:
        table = list(csv.reader(f, strict=True))
    head, at = table[0], 1
    for m in messages:
        if m["type"] != "RECORD":
            continue
        record = m["record"]
        for n, (code, row) in enumerate(lines(record, fields)):
            where = "record %s line %d" % (record["$id"], n + 1)
            if at == len(table):
                differ(where, "a line", "the end")
                break
            got = dict(zip(head, table[at]))
            at += 1
            if "*" in got:
                first = "*" if n == 0 else ""
                if got.pop("*") != first:
                    differ(where, first, "another mark")
            compare_line(where, fields, record, code, row, got)
            if got:
                differ(where, [], sorted(got))
    if at != len(table):
        differ("lines", at, len(table))
    print("%d lines, %d cells, %d differ" % (at - 1, cells, wrong))
    return 1 if wrong or not cells else 0


csv.field_size_limit(1 << 24)
sys.exit(main(*sys.argv[1:]))
