#!/usr/bin/env python3
"""badzip.py GOOD FAULT OUT: a copy of a good bundle with one fault.

badzip.py GOOD list prints the names of the faults.  The archive is taken
apart and written again by hand, because no library writes these.
"""
import struct
import sys
import zlib

RECORDS = "data/records.jsonl"


class Entry:
    """What both headers say, unless local or central say otherwise."""

    def __init__(self, **v):
        self.v = dict(version=20, flags=0, method=0, time=0, date=0x21,
                      crc=0, packed=0, size=0, name=b"", extra=b"",
                      comment=b"", disk=0, attr=0o100644 << 16, made=0x0314)
        self.v.update(v)
        self.local = {}
        self.central = {}
        self.data = b""
        self.before = b""      # bytes of nobody in front of it
        self.at = None         # a place that is not its own
        self.hidden = False    # not in the directory

    def both(self, **v):
        self.v.update(v)
        return self


def take_apart(b):
    _, _, _, _, n, _, at, _ = struct.unpack("<IHHHHIIH", b[-22:])
    entries = []
    for _ in range(n):
        f = struct.unpack("<IHHHHHHIIIHHHHHII", b[at:at + 46])
        assert f[0] == 0x02014B50
        name = b[at + 46:at + 46 + f[10]]
        lo = f[16]
        ln, lx = struct.unpack("<HH", b[lo + 26:lo + 30])
        e = Entry(made=f[1], version=f[2], flags=f[3], method=f[4],
                  time=f[5], date=f[6], crc=f[7], packed=f[8], size=f[9],
                  name=name, attr=f[15])
        start = lo + 30 + ln + lx
        e.data = b[start:start + f[8]]
        entries.append(e)
        at += 46 + f[10] + f[11] + f[12]
    return entries


def put_together(entries, end=None, gap=b"", tail=b""):
    out, directory, n = b"", b"", 0
    for e in entries:
        out += e.before
        v = {**e.v, **e.local}
        at = len(out) if e.at is None else e.at
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, v["version"],
                           v["flags"], v["method"], v["time"], v["date"],
                           v["crc"], v["packed"], v["size"], len(v["name"]),
                           len(v["extra"])) + v["name"] + v["extra"] + e.data
        if e.hidden:
            continue
        v = {**e.v, **e.central}
        n += 1
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, v["made"], v["version"],
            v["flags"], v["method"], v["time"], v["date"], v["crc"],
            v["packed"], v["size"], len(v["name"]), len(v["extra"]),
            len(v["comment"]), v["disk"], 0, v["attr"], at
        ) + v["name"] + v["extra"] + v["comment"]
    out += gap
    f = dict(disk=0, n=n, size=len(directory), at=len(out), comment=b"")
    f.update(end or {})
    return out + directory + struct.pack(
        "<IHHHHIIH", 0x06054B50, f["disk"], 0, f["n"], f["n"], f["size"],
        f["at"], len(f["comment"])) + f["comment"] + tail


def stored(name, data):
    e = Entry(name=name.encode() if isinstance(name, str) else name,
              crc=zlib.crc32(data), packed=len(data), size=len(data))
    e.data = data
    return e


def deflate(data):
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def records(entries):
    for e in entries:
        if e.v["name"] == RECORDS.encode():
            return e
    raise SystemExit("no records in it")


FAULTS = {}


def fault(name):
    def keep(fn):
        FAULTS[name] = fn
        return fn
    return keep


@fault("z1-twice-good-first")
def _(b, es):
    es.append(stored(RECORDS, b"{}\n"))
    return put_together(es)


@fault("z1-twice-good-last")
def _(b, es):
    es.insert(1, stored(RECORDS, b"{}\n"))
    return put_together(es)


for i, bad in enumerate([b"../x", b"/x", b"C:\\x", b"a\\..\\b", b"a//b",
                         b"./a", b"", b"data/x.", b"data/x ", b"data/..",
                         b"data/x\0y", b"data/\x1b[2J", b"DATA/X",
                         "data/名".encode(), b"a/b/c", b"other.txt"]):
    def _(b, es, bad=bad):
        es.append(stored(bad, b"x"))
        return put_together(es)
    FAULTS["z2-name-%d" % i] = _

for key, value in dict(name=b"data/records.jsonx", size=7, crc=7, method=0,
                       flags=2, packed=7, extra=b"\x55\x54\0\0",
                       time=7).items():
    for where in "local", "central":
        def _(b, es, key=key, value=value, where=where):
            getattr(records(es), where)[key] = value
            return put_together(es)
        FAULTS["z3-%s-%s" % (where, key)] = _


@fault("z4-inside")
def _(b, es):
    # A local header inside the data of the manifest's neighbour.
    inner = stored("att/inner", b"hello")
    head = put_together([inner])[:30 + 9 + 5]
    outer = stored("att/outer", b"...." + head)
    es.insert(1, outer)
    text = put_together(es)
    place = text.index(head)
    inner.at = place
    # Only its directory entry is added.
    n = len(es) + 1
    central = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, 0x0314, 20, 0, 0, 0, 0x21,
        inner.v["crc"], 5, 5, 9, 0, 0, 0, 0, 0o100644 << 16, place) + \
        b"att/inner"
    size, at = struct.unpack("<II", text[-10:-2])
    return text[:-22] + central + struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, n, n, size + len(central), at, 0)


@fault("z4-two-for-one")
def _(b, es):
    text = put_together(es)
    e = records(es)
    n = len(es) + 1
    at = text.index(b"PK\3\4" + text[4:6], 1)
    central = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, 0x0314, e.v["version"], 0,
        e.v["method"], e.v["time"], e.v["date"], e.v["crc"], e.v["packed"],
        e.v["size"], 5, 0, 0, 0, 0, e.v["attr"], at) + b"att/b"
    size, start = struct.unpack("<II", text[-10:-2])
    return text[:-22] + central + struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, n, n, size + len(central), start, 0)


@fault("z5-prefix")
def _(b, es):
    return b"#!/bin/sh\n" + b


@fault("z5-known-prefix")
def _(b, es):
    es[0].before = b"#!/bin/sh\n"
    return put_together(es)


@fault("z5-gap")
def _(b, es):
    records(es).before = b"\0\0\0"
    return put_together(es)


@fault("z5-gap-before-directory")
def _(b, es):
    return put_together(es, gap=b"\0\0\0")


@fault("z5-hidden-entry")
def _(b, es):
    h = stored("att/hidden", b"x")
    h.hidden = True
    es.insert(2, h)
    return put_together(es)


@fault("z5-comment")
def _(b, es):
    return put_together(es, end=dict(comment=b"hello"))


@fault("z5-entry-comment")
def _(b, es):
    records(es).central["comment"] = b"hello"
    return put_together(es)


@fault("z5-trailing")
def _(b, es):
    return b + b"\0"


@fault("z5-trailing-100k")
def _(b, es):
    return b + b"\0" * 100000


@fault("z6-glued")
def _(b, es):
    return b + b


@fault("z6-end-in-comment")
def _(b, es):
    return put_together(es, end=dict(comment=b[-22:]))


@fault("z6-end-in-comment-that-fits")
def _(b, es):
    other = put_together([stored("manifest.json", b"{}")])
    return put_together(es, end=dict(comment=other))


@fault("z7-more")
def _(b, es):
    records(es).both(size=10)
    return put_together(es)


@fault("z7-fewer")
def _(b, es):
    e = records(es)
    e.both(size=e.v["size"] + 90000)
    return put_together(es)


@fault("z7-slack")
def _(b, es):
    e = records(es)
    e.data += b"\0"
    e.both(packed=len(e.data))
    return put_together(es)


@fault("z7-crc")
def _(b, es):
    e = records(es)
    e.both(crc=e.v["crc"] ^ 1)
    return put_together(es)


@fault("z8-bomb-understated")
def _(b, es):
    e = records(es)
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    zero = b"\0" * (1 << 20)
    e.data = b"".join(z.compress(zero) for _ in range(300)) + z.flush()
    e.both(packed=len(e.data), size=1 << 20)
    return put_together(es)


@fault("z8-9-gib-stated")
def _(b, es):
    # Honest is not possible without ZIP64; three of 3 GiB each are.
    for i in range(3):
        e = stored("att/zero%d" % i, b"")
        e.data = deflate(b"")
        e.both(method=8, packed=len(e.data), size=3 << 30, crc=0)
        es.append(e)
    return put_together(es)


@fault("z9-unicode-path")
def _(b, es):
    e = stored("att/harmless", b"{}")
    name = b"manifest.json"
    body = b"\1" + struct.pack("<I", zlib.crc32(b"att/harmless")) + name
    e.both(extra=struct.pack("<HH", 0x7075, len(body)) + body)
    es.append(e)
    return put_together(es)


for bit, word in ((0x1, "encrypted"), (0x8, "descriptor"), (0x800, "utf8"),
                  (0x40, "strong"), (0x2000, "masked")):
    def _(b, es, bit=bit):
        records(es).both(flags=bit)
        return put_together(es)
    FAULTS["flag-" + word] = _

for mode, word in ((0o120777, "link"), (0o040755, "folder"),
                   (0o060644, "device"), (0o010644, "fifo")):
    def _(b, es, mode=mode):
        records(es).central["attr"] = mode << 16
        return put_together(es)
    FAULTS["type-" + word] = _


@fault("method-bzip2")
def _(b, es):
    records(es).both(method=12)
    return put_together(es)


@fault("manifest-second")
def _(b, es):
    es[0], es[1] = es[1], es[0]
    return put_together(es)


@fault("manifest-deflated")
def _(b, es):
    es[0].data = deflate(es[0].data)
    es[0].both(method=8, packed=len(es[0].data))
    return put_together(es)


@fault("signature-deflated")
def _(b, es):
    e = [e for e in es if e.v["name"].startswith(b"sig/")][0]
    e.data = deflate(e.data)
    e.both(method=8, packed=len(e.data))
    return put_together(es)


@fault("zip64-size")
def _(b, es):
    records(es).both(size=0xFFFFFFFF)
    return put_together(es)


@fault("two-disks")
def _(b, es):
    return put_together(es, end=dict(disk=1))


@fault("empty-archive")
def _(b, es):
    return put_together([])


@fault("empty-file")
def _(b, es):
    return b""


@fault("half")
def _(b, es):
    return b[:len(b) // 2]


@fault("one-byte-short")
def _(b, es):
    return b[:-1]


def main():
    good = open(sys.argv[1], "rb").read()
    if sys.argv[2] == "list":
        print("\n".join(FAULTS))
        return
    out = FAULTS[sys.argv[2]](good, take_apart(good))
    with open(sys.argv[3], "wb") as f:
        f.write(out)


if __name__ == "__main__":
    main()
