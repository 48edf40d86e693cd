"""Signature text, archive, frame and record lists for judge_relay.py."""
import base64
import binascii
import hashlib
import io
import json
import re
import struct
import zipfile
import zlib

import judge_root
from judge_relay_book import Refused

BLOCK, SUM, LEAF, KEEP = 64, 8, 16, 16 << 20


# SIGNATURE TEXT

class Chunks:
    """The cells of a signature text, wherever they are."""

    def __init__(self):
        self.good, self.bad, self.totals = {}, set(), set()
        self.differ = set()

    def take(self, text):
        m = re.fullmatch("\ufeff?[ \t\r\n]*([0-9]{4,5})/([0-9]{4,5}):"
                         "([0-9A-Fa-f]{8}):(.*?)[ \t\r\n]*", text, re.S)
        n, total = map(int, m.group(1, 2)) if m else (0, 0)
        if not 1 <= n <= total:
            return
        self.totals.add(total)
        data = self.data(m.group(4), m.group(3))
        if data is None or n < total and len(data) != 3000:
            self.bad.add(n)
        elif self.good.setdefault(n, data) != data:
            self.differ.add(n)

    @staticmethod
    def data(letters, crc):
        try:
            data = base64.b64decode(letters, validate=True)
        except (ValueError, binascii.Error):
            return None
        # One spelling only: no padding inside, no stray bits.
        if base64.b64encode(data).decode() != letters or \
                not 1 <= len(data) <= 3000:
            return None
        return data if zlib.crc32(data) == int(crc, 16) else None

    def any(self):
        return bool(self.totals)

    def whole(self):
        return len(self.totals) == 1 and not self.differ and \
            set(self.good) == set(range(1, max(self.totals) + 1))

    def bytes(self):
        if not self.any():
            raise Refused("xlsx", "no signature text")
        if not self.whole():
            want = set(range(1, max(self.totals) + 1))
            raise Refused("signature", "cells %s of %s" % (
                sorted((want - set(self.good)) | self.differ),
                sorted(self.totals)))
        return b"".join(self.good[n] for n in sorted(self.good))


def spelt(data):
    """The other way: the cells of an archive."""
    cut = [data[i:i + 3000] for i in range(0, len(data), 3000)]
    return ["%04d/%04d:%08x:%s" % (n, len(cut), zlib.crc32(c),
                                   base64.b64encode(c).decode())
            for n, c in enumerate(cut, 1)]


def archive(data):
    """Name to bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        names = z.namelist()
        if len(names) != len(set(names)) or names[0] != "manifest.json":
            raise Refused("zip", "names in the signature")
        return {n: z.read(n) for n in names}


# Frame

def messages(data):
    for line in data.decode().split("\n")[:-1]:
        m = json.loads(line, object_pairs_hook=judge_root.once)
        gone = m["type"] == "RECORD" and "_sdc_deleted_at" in m["record"]
        yield line, m, gone and len(m["record"]) == 2


def frame_of(stream):
    """The lines of a stream that are no records."""
    return "".join(line + "\n" for line, m, gone in messages(stream)
                   if m["type"] != "RECORD" or gone).encode()


# RECORD LIST

class Row:
    def __init__(self, key, ordinal, leaf, values=None):
        self.key, self.ordinal, self.leaf = key, ordinal, leaf
        self.values = values


def sums(rows, columns):
    """The eight bytes of each column of a block of canonical texts."""
    texts = [[(v or "").encode() for v in r] for r in rows]
    if sum(5 + len(t) for r in texts for t in r) > KEEP:
        return [bytes(SUM)] * columns
    out = []
    for i in range(columns):
        h = b"\x04" + b"".join(
            (b"\1" if r[i] is not None else b"\0") + judge_root.lp(t[i])
            for r, t in zip(rows, texts))
        out.append(hashlib.sha256(h).digest()[:SUM])
    return out


def written(rows, table, columns):
    """The bytes of a record list."""
    out = b""
    for i in range(0, len(rows), BLOCK):
        block = rows[i:i + BLOCK]
        out += bytes([len(block)])
        for r in block:
            key = r.key.encode()
            out += bytes([len(key)]) + key
            if table:
                out += struct.pack(">I", r.ordinal)
            out += r.leaf[:LEAF]
        out += b"".join(sums([r.values for r in block], columns))
    return out


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        out = self.data[self.at:self.at + n]
        self.at += n
        if len(out) != n:
            raise Refused("record", "a record list is cut")
        return out


def listed(data, table, columns):
    """The rows of a list, and the sums of each block."""
    b, rows, blocks, last = Bytes(data), [], [], None
    while b.at < len(data):
        n = b.take(1)[0]
        if not 1 <= n <= BLOCK or len(rows) % BLOCK:
            raise Refused("record", "a block of %d rows" % n)
        for _ in range(n):
            key = b.take(b.take(1)[0])
            ordinal = struct.unpack(">I", b.take(4))[0] if table else 0
            here = (len(key), key, ordinal)
            if not key or last and here <= last:
                raise Refused("record", "a record list does not ascend")
            if table and ordinal != (
                    last[2] + 1 if last and last[1] == key else 1):
                raise Refused("record", "a record list has a gap")
            last = here
            rows.append(Row(key.decode(), ordinal, b.take(LEAF)))
        blocks.append([b.take(SUM) for _ in range(columns)])
    return rows, blocks


# From a stream

def canonical(x, v):
    return judge_root.canonical(x["type"], v)


def of_stream(root, stream):
    """Every row of each list of a stream, with leaf and canonical texts; the
    leaves are added to root."""
    out = [[] for _ in range(1 + len(root.tables))]
    for _, m, gone in messages(stream):
        if m["type"] == "HELD":
            root.held(m["key"])
        elif m["type"] == "RECORD":
            before = [len(ls) for ls in root.lists]
            root.record(m["record"])
            if not gone:
                put(root, out, m["record"], before)
    return out


def put(root, out, rec, before):
    key = rec[root.key]
    out[0].append(Row(key, 0, root.lists[0][-1], [
        canonical(p["x-seki"], rec[p["x-seki"]["code"]])
        for p in root.fields if p["x-seki"]["type"] != "SUBTABLE" and
        p["x-seki"]["code"] != root.key]))
    for t, p in enumerate(root.tables, 1):
        inner = judge_root.fields_of(p["items"]["properties"])
        for n, row in enumerate(rec[p["x-seki"]["code"]], 1):
            out[t].append(Row(
                key, n, root.lists[t][before[t] + n - 1],
                [row["$id"]] + [canonical(q["x-seki"],
                                          row[q["x-seki"]["code"]])
                                for q in inner]))


def columns(root, number):
    """How many columns the list has."""
    if number == 0:
        return len(root.fields) - len(root.tables) - 1
    return 1 + len(judge_root.fields_of(
        root.tables[number - 1]["items"]["properties"]))


def list_name(number):
    return "data/list-%d.bin" % number if number else "data/list.bin"


def parts_of(stream):
    """Frame and record lists by name, and the root, of a stream."""
    schema = next(messages(stream))[1]
    root = judge_root.Root(schema)
    out = {"data/frame.jsonl": frame_of(stream)}
    for n, rows in enumerate(of_stream(root, stream)):
        out[list_name(n)] = written(rows, n, columns(root, n))
    return out, root
