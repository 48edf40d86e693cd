#!/usr/bin/env python3
"""mkrelay.py DIR

Write the test vectors of seki-relay(5): a stream of 65 records whose lists have
two blocks, record lists and frames in hexadecimal and as they are, a signature
text, a damage list, and expected.json about all of them.  The second
implementation makes them, so nothing of the library is believed here."""
import hashlib
import json
import os
import subprocess
import sys

import judge_bundle
import judge_relay_list as lists

HERE = os.path.dirname(os.path.abspath(__file__))
STREAMS = ["empty", "every", "held", "names", "delta", "many"]
KINDS = [("$id", "__ID__"), ("件名", "SINGLE_LINE_TEXT"), ("数", "NUMBER")]
DAMAGE = [("1", "件名"), ("12", "*"), ("12", "数"), ("甲 乙", "件名")]


def field(i, code, kind):
    return {"type": ["null", "string"],
            "x-seki": {"type": kind, "code": code, "label": code, "index": i}}


def many():
    """65 records with a row each, every tenth of them empty."""
    props = {c: field(i, c, k) for i, (c, k) in enumerate(KINDS)}
    table = field(len(KINDS), "明細", "SUBTABLE")
    table["type"] = "array"
    table["items"] = {"type": "object", "properties": {
        "$id": {"type": "string"}, "品": field(0, "品", "SINGLE_LINE_TEXT")}}
    props["明細"] = table
    lines = [{"type": "SCHEMA", "stream": "vector", "key_properties": ["$id"],
              "schema": {"type": "object", "x-seki": {"source": {
                  "system": "kintone", "domain": "example.cybozu.com",
                  "app": "7"}}, "properties": props}}]
    for i in range(1, 66):
        lines.append({"type": "RECORD", "stream": "vector", "record": {
            "$id": str(i), "件名": "件名%d" % i if i % 10 else None,
            "数": str(i), "明細": [{"$id": str(100 + i), "品": "品"
                                 if i % 10 else None}]}})
    text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) +
                   "\n" for x in lines)
    return subprocess.run(
        [sys.executable, os.path.join(HERE, "judge_root.py"), "--complete"],
        input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def rows(data):
    s = data.hex()
    return "".join(s[i:i + 64] + "\n" for i in range(0, len(s), 64))


def about(data):
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def main(folder):
    def save(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    out = {"streams": {}}
    save("many.jsonl", many().decode())
    for s in STREAMS:
        where = folder if s == "many" else os.path.join(HERE, "data/root")
        made, root = lists.parts_of(judge_bundle.read(
            os.path.join(where, s + ".jsonl")))
        out["streams"][s] = {"root": root.root(), "parts": {}}
        for name, data in made.items():
            base = name[len("data/"):]
            if name.endswith(".bin"):
                save("%s.%s.hex" % (s, base[:-4]), rows(data))
            else:
                save("%s.%s" % (s, base), data.decode())
            out["streams"][s]["parts"][name] = about(data)
    # Byte i is the last one of 7 i + i / 256.
    seal = bytes((7 * i + i // 256) % 256 for i in range(6001))
    save("seal.txt", "".join(x + "\n" for x in lists.spelt(seal)))
    out["seal"] = dict(about(seal), cells=len(lists.spelt(seal)))
    save("damage.txt", "seki-damage-1\tvector\t7\n" +
         "".join("%s\t%s\n" % d for d in DAMAGE))
    out["damage"] = {"stream": "vector", "seq": 7, "cells": DAMAGE}
    save("expected.json", json.dumps(out, ensure_ascii=False, indent=1,
                                     sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
