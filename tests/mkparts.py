#!/usr/bin/env python3
"""mkparts.py [-s STREAM] [-w WORDS] [-a SIZE,SIZE] [-b STATE] SPOOL

Write a record stream of twelve records, and the folder with its attachments as
seki-pull makes it: a held record, a table, texts of WORDS characters and two
attachments that cannot be compressed, the first of them named by two records
that are far from each other.  -a 0 leaves attachments out; with -b it is a
delta that continues the STATE in that file, with two deletions.  The same every
time; the proof is made by judge_root.py."""
import argparse
import hashlib
import json
import os
import random
import subprocess
import sys


def prop(index, code, kind, **more):
    p = {"type": ["null", "string"], "x-seki": {
        "type": kind, "code": code, "label": code, "index": index}}
    p.update(more)
    return p


a = argparse.ArgumentParser()
a.add_argument("spool")
a.add_argument("-b")
a.add_argument("-s", default="bunkatsu")
a.add_argument("-w", type=int, default=300)
a.add_argument("-a", default="8000,7000")
o = a.parse_args()
dice = random.Random(7)
rows = {"$id": {"type": "string"}, "氏名": prop(0, "氏名", "SINGLE_LINE_TEXT")}
schema = {
    "$id": prop(0, "$id", "__ID__"),
    "$revision": prop(1, "$revision", "__REVISION__"),
    "件名": prop(2, "件名", "SINGLE_LINE_TEXT"),
    "内容": prop(3, "内容", "MULTI_LINE_TEXT"),
    "家族": prop(4, "家族", "SUBTABLE", type="array",
               items={"type": "object", "properties": rows}),
    "添付": prop(5, "添付", "FILE", type="array")}
if o.b:
    schema["_sdc_deleted_at"] = {"type": ["null", "string"],
                                 "format": "date-time"}


def line(kind, **more):
    return {"type": kind, "stream": o.s, **more}


def attachment(name, size):
    data = dice.randbytes(size)
    digest = hashlib.sha256(data).hexdigest()
    os.makedirs(o.spool, mode=0o700, exist_ok=True)
    with open(os.open(os.path.join(o.spool, digest),
                      os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
        f.write(data)
    return {"name": name, "size": str(size),
            "contentType": "application/octet-stream", "sha256": digest}


def words(n):
    return "".join(chr(dice.randrange(0x4e00, 0x9000)) for _ in range(n))


files = {}
if o.a != "0":
    sizes = map(int, o.a.split(","))
    far, near = map(attachment, ("図面.bin", "写真.bin"), sizes)
    files = {"1": [far], "8": [near], "12": [far]}
lines = [{"type": "SCHEMA", "stream": o.s, "schema": {
    "type": "object", "x-seki": {"source": {
        "system": "kintone", "domain": "example.cybozu.com", "app": "7"}},
    "properties": schema}, "key_properties": ["$id"]}]
for n in map(str, range(1, 13)):
    if n == "5":
        lines.append(line("HELD", key=n, reasons=[
            {"field": "件名", "rule": "required"}]))
    elif o.b and n in ("3", "11"):
        lines.append(line("RECORD", record={
            "$id": n, "_sdc_deleted_at": "2026-04-01T00:00:00Z"}))
    else:
        lines.append(line("RECORD", record={
            "$id": n, "$revision": "2" if o.b else "1", "件名": "件名" + n,
            "内容": words(o.w),
            "家族": [{"$id": str(101 + i), "氏名": words(4)}
                   for i in range(int(n) % 3)],
            "添付": files.get(n, [])}))
text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n"
               for x in lines)
judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "judge_root.py")
made = subprocess.run(
    [sys.executable, judge, "--complete"] + (["--after", o.b] if o.b else []),
    check=True, input=text.encode(), stdout=subprocess.PIPE).stdout.decode()
*lines, last = made.splitlines()
last = json.loads(last)
done = last["value"]["complete"]
done.pop("source")
if not o.b:
    last["value"]["bookmarks"] = {
        "app": "7", "domain": "example.cybozu.com", "stream": o.s,
        "started": "2026-04-01T00:14:00Z", "retry": ["5"]}
    # What a filter says of the stream that it read.
    done["from"] = {"records": 13, "held": 0, "deleted": 0,
                    "root": hashlib.sha256(b"raw").hexdigest(), "dropped": 1}
done["rules"] = hashlib.sha256(b"rules").hexdigest()
done["source"] = {
    "attachments": "all" if files else "none",
    "query_sha256": hashlib.sha256(b"").hexdigest(),
    "fetched_from": "2026-04-01T00:14:02Z",
    "fetched_to": "2026-04-01T00:14:55Z",
    "id_min": "1", "id_max": "12", "total": 13}
lines.append(json.dumps(last, ensure_ascii=False, separators=(",", ":")))
sys.stdout.write("".join(x + "\n" for x in lines))
