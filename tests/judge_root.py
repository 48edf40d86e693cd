#!/usr/bin/env python3
"""A second, slow implementation of seki-root-1, written from seki-stream(5)
and sharing nothing with lib/canon.c.  It judges the first one.

  judge_root.py STREAM          check the proof; print root and counts
  judge_root.py --leaves STREAM print key and leaf of every record too
  judge_root.py --complete      read SCHEMA, RECORD and HELD lines on stdin and
                                write them with a proof: how vectors are made
  judge_root.py --complete --after STATE
                                the same, as a delta that continues the value of
                                a STATE, as seki-pack prints it
Standard library only.  Exit status 0, or 1 with the reason on stderr.
"""
import hashlib
import json
import re
import struct
import sys

CHOICES = {"CHECK_BOX", "MULTI_SELECT", "CATEGORY"}
USERS = {"CREATOR", "MODIFIER", "USER_SELECT", "ORGANIZATION_SELECT",
         "GROUP_SELECT", "STATUS_ASSIGNEE"}


class Refused(Exception):
    pass


def once(pairs):
    d = {}
    for k, v in pairs:
        if k in d:
            raise Refused("key twice: " + k)
        d[k] = v
    return d


def lp(b):
    return struct.pack(">I", len(b)) + b


def sha(b):
    return hashlib.sha256(b).digest()


def esc(s, also=""):
    out = ""
    for c in s:
        out += "\u241b{%X}" % ord(c) if c in "\n\r\u241b" + also else c
    return out


def canonical(kind, v):
    """The canonical text of a JSON value, or None for empty."""
    if v is None or v == []:
        return None
    if kind in CHOICES:
        return "\n".join(esc(x) if x else "\u241b{}" for x in v)
    if kind in USERS:
        return "\n".join("%s <%s>" % (esc(x["name"]), esc(x["code"], "<"))
                         for x in v)
    if kind == "FILE":
        return "\n".join("%s <%s %s>" % (esc(x["name"]), x["size"],
                                         x["sha256"] or "-") for x in v)
    if not isinstance(v, str) or v == "":
        raise Refused("neither text nor null")
    return re.sub("\r\n?", "\n", v)


def tagged(kind, v):
    t = canonical(kind, v)
    return b"\x00" + lp(b"") if t is None else b"\x01" + lp(t.encode())


def fields_of(props):
    rows = [p for c, p in props.items() if "x-seki" in p]
    rows.sort(key=lambda p: p["x-seki"]["index"])
    return rows


def schema_bytes(fields):
    out = struct.pack(">I", len(fields))
    for p in fields:
        x = p["x-seki"]
        kind = x["type"]
        if kind == "CALC":
            kind += ":" + x["format"]
        out += lp(x["code"].encode()) + lp(kind.encode())
        out += lp(x["label"].encode())
        if x["type"] == "SUBTABLE":
            out += schema_bytes(fields_of(p["items"]["properties"]))
    return out


class Root:
    def __init__(self, schema):
        self.key = schema["key_properties"][0]
        self.fields = fields_of(schema["schema"]["properties"])
        self.digest = sha(b"\x04" + struct.pack(">I", 1) +
                          lp(self.key.encode()) + schema_bytes(self.fields))
        self.tables = [p for p in self.fields
                       if p["x-seki"]["type"] == "SUBTABLE"]
        self.lists = [[] for _ in range(len(self.tables) + 3)]
        self.last = None

    def ascend(self, key):
        k = (len(key.encode()), key.encode())
        if not key or (self.last is not None and k <= self.last):
            raise Refused("keys do not ascend at " + key)
        self.last = k

    def begin(self, tag, number):
        return bytes([tag]) + self.digest + struct.pack(">I", number)

    def record(self, rec):
        key = rec[self.key]
        self.ascend(key)
        if "_sdc_deleted_at" in rec and len(rec) == 2:
            return self.mark(len(self.lists) - 2, key)
        body = self.begin(0, 0) + lp(key.encode())
        for p in self.fields:
            x = p["x-seki"]
            if x["code"] != self.key and x["type"] != "SUBTABLE":
                body += tagged(x["type"], rec[x["code"]])
        leaf = sha(body)
        self.lists[0].append(leaf)
        for t, p in enumerate(self.tables):
            inner = fields_of(p["items"]["properties"])
            for n, row in enumerate(rec[p["x-seki"]["code"]], 1):
                where = lp(key.encode()) + struct.pack(">I", n)
                body = self.begin(0, 1 + t) + lp(where)
                body += tagged("__ID__", row["$id"])
                for q in inner:
                    body += tagged(q["x-seki"]["type"],
                                   row[q["x-seki"]["code"]])
                self.lists[1 + t].append(sha(body))
        return leaf

    def mark(self, number, key):
        leaf = sha(self.begin(1, number) + lp(key.encode()))
        self.lists[number].append(leaf)
        return leaf

    def held(self, key):
        self.ascend(key)
        return self.mark(len(self.lists) - 1, key)

    def root(self):
        body = b"\x02" + self.digest
        for leaves in self.lists:
            body += struct.pack(">Q", len(leaves)) + sha(b"".join(leaves))
        return sha(body).hex()

    def counts(self):
        return {"records": len(self.lists[0]), "held": len(self.lists[-1]),
                "deleted": len(self.lists[-2]), "root": self.root()}


def read(lines, show=False):
    root, state = None, None
    for n, line in enumerate(lines, 1):
        m = json.loads(line, object_pairs_hook=once)
        if state is not None:
            raise Refused("line %d follows the STATE" % n)
        leaf = None
        if m["type"] == "SCHEMA":
            root = Root(m)
        elif m["type"] == "RECORD":
            leaf = root.record(m["record"])
        elif m["type"] == "HELD":
            leaf = root.held(m["key"])
        elif m["type"] == "STATE":
            state = m["value"]
        else:
            raise Refused("line %d: unknown type" % n)
        if show and leaf is not None:
            print(root.last[1].decode(), leaf.hex())
    return root, state


def state_digest(value):
    return sha(json.dumps(value, sort_keys=True, ensure_ascii=False,
                          separators=(",", ":")).encode()).hex()


def complete(lines, after=None):
    root, _ = read(lines)
    kind = "delta" if root.lists[-2] or after else "full"
    marks = {}
    if after:
        with open(after, encoding="utf-8") as f:
            marks["after"] = state_digest(json.load(f))
    done = {"kind": kind, "alg": "seki-root-1", **root.counts(), "source": {}}
    for line in lines:
        sys.stdout.write(line if line.endswith("\n") else line + "\n")
    print(json.dumps({"type": "STATE",
                      "value": {"bookmarks": marks, "complete": done}},
                     ensure_ascii=False, separators=(",", ":")))


def main(argv):
    if argv == ["--complete"]:
        return complete(sys.stdin.readlines())
    if argv[:2] == ["--complete", "--after"]:
        return complete(sys.stdin.readlines(), argv[2])
    with open(argv[-1], encoding="utf-8", newline="\n") as f:
        root, state = read(f, "--leaves" in argv)
    if state is None:
        raise Refused("cut: no STATE")
    stated = state["complete"]
    for k, v in root.counts().items():
        if stated[k] != v:
            raise Refused("%s: %s stated, %s found" % (k, stated[k], v))
    print(stated["root"], stated["records"], stated["held"],
          stated["deleted"])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, KeyError) as e:
        sys.exit("judge_root: %s" % e)
