#!/usr/bin/env python3
"""mkfiles.py SPOOL FILE...: a record stream in which each record names one of
the files as its attachment, and the folder with them as seki-pull makes it.
The proof is made by judge_root.py."""
import hashlib
import json
import os
import subprocess
import sys


def prop(i, code, kind, t=("null", "string")):
    return {"x-seki": {"type": kind, "code": code, "label": code, "index": i},
            "type": t if isinstance(t, str) else list(t)}


props = {"$id": prop(0, "$id", "__ID__", "string"),
         "$revision": prop(1, "$revision", "__REVISION__"),
         "件名": prop(2, "件名", "SINGLE_LINE_TEXT"),
         "添付": prop(3, "添付", "FILE", "array")}
lines = [{"type": "SCHEMA", "stream": "files", "key_properties": ["$id"],
          "schema": {"type": "object", "properties": props, "x-seki": {
              "source": {"system": "kintone", "domain": "example.cybozu.com",
                         "app": "9"}}}}]
os.umask(0o077)
os.makedirs(sys.argv[1], exist_ok=True)
for n, path in enumerate(sys.argv[2:], 1):
    with open(path, "rb") as f:
        data = f.read()
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(sys.argv[1], digest), "wb") as f:
        f.write(data)
    lines.append({"type": "RECORD", "stream": "files", "record": {
        "$id": str(n), "$revision": "1", "件名": "件%d" % n,
        "添付": [{"name": os.path.basename(path), "size": str(len(data)),
                "contentType": "application/octet-stream",
                "sha256": digest}]}})
text = "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines)
judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "judge_root.py")
out = subprocess.run([sys.executable, judge, "--complete"], check=True,
                     input=text.encode(), stdout=subprocess.PIPE).stdout
sys.stdout.write(out.decode().replace('"source":{}',
                                      '"source":{"attachments":"all"}'))
