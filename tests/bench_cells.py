#!/usr/bin/env python3
"""The records of a stream as bare cells for the writers that bench.sh measures
seki-pack beside: each a type (s text, n number) and its text, ended by NUL; an
empty cell is just NUL; a row ends with a cell "\\x01".  bench_cells.py
STREAM.jsonl >CELLS"""
import json
import sys

out = sys.stdout.buffer
code = []
for line in open(sys.argv[1], encoding="utf-8"):
    m = json.loads(line)
    if m["type"] == "SCHEMA":
        of = m["schema"]["properties"]
        code = sorted((k for k in of if "x-seki" in of[k]),
                      key=lambda k: of[k]["x-seki"]["index"])
        kind = {k: of[k]["x-seki"]["type"] for k in code}
    if m["type"] != "RECORD":
        continue
    for k in code:
        v = m["record"].get(k)
        if v in (None, []):
            out.write(b"\0")
        elif isinstance(v, list):
            out.write(("s" + json.dumps(v, ensure_ascii=False) + "\0").encode())
        elif kind[k] in ("NUMBER", "CALC") and len(v) < 15 and ":" not in v:
            out.write(("n" + v + "\0").encode())
        else:
            out.write(("s" + v + "\0").encode())
    out.write(b"\1\0")
