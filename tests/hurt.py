#!/usr/bin/env python3
"""hurt.py IN.xlsx OUT.xlsx FAULT [ARG]: a workbook that no program writes.

  list                  names of the ZIP's faults (badzip.py), of the sheet
  zip FAULT             one of them
  doctype PART KIND     plain, nested, external or utf16: at the part's begin
  attributes PART N     the part's first element has N more of them
  bomb MIB STATED       a sheet's part is so many MiB of blanks; STATED bytes
  parts                 no fault: the names of the parts
  part NAME FILE        this part is the file's bytes
  text                  the cells of 署名, one a line, into OUT
  utf16                 every part of XML in UTF-16
"""
import re
import sys
import zipfile
import zlib

import badzip

SHEET = "xl/worksheets/sheet2.xml"
KINDS = {
    "plain": b"<!DOCTYPE x []>",
    "nested": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY a%d "%s">' % (i, b"&a%s;" % (
            str(i - 1).encode() if i else b"") * 10)
        for i in range(9)) + b"]>",
    "external": b'<!DOCTYPE x SYSTEM "planted.dtd" [<!ENTITY % e SYSTEM '
                b'"planted.dtd"> %e;]>',
    "utf16": b"<!DOCTYPE x []>",
}


def declared(data, more, utf16):
    text = data.decode()
    head = re.match(r"\ufeff?<\?xml.*?\?>", text, re.S)
    at = head.end() if head else 0
    text = text[:at] + more.decode() + text[at:]
    if utf16:
        text = re.sub(r'encoding="[^"]*"', 'encoding="UTF-16"', text, count=1)
        return text.encode("utf-16")
    return text.encode()


def read(path):
    with zipfile.ZipFile(path) as z:
        return {i.filename: z.read(i) for i in z.infolist()}


def write(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts.items():
            z.writestr(name, data)


def bomb(path, out, mib, stated):
    with open(path, "rb") as f:
        entries = badzip.take_apart(f.read())
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    blank = b" " * (1 << 20)
    one = z.compress(blank) + z.flush(zlib.Z_FULL_FLUSH)
    for e in entries:
        if e.v["name"].decode() == SHEET:
            e.data = one * mib + z.flush()
            e.both(packed=len(e.data), crc=0, method=8, size=min(
                stated or mib << 20, (1 << 32) - 1))
    with open(out, "wb") as f:
        f.write(badzip.put_together(entries))


def main(source, to, what, *a):
    badzip.RECORDS = SHEET
    if what == "list":
        print("\n".join(badzip.FAULTS))
    elif what == "zip":
        with open(source, "rb") as f:
            good = f.read()
        with open(to, "wb") as f:
            f.write(badzip.FAULTS[a[0]](good, badzip.take_apart(good)))
    elif what == "bomb":
        bomb(source, to, int(a[0]), int(a[1]))
    elif what == "parts":
        print("\n".join(read(source)))
    elif what == "text":
        data = read(source)
        for name in sorted(data):
            found = re.findall(r"\d{4}/\d{4}:[0-9A-Fa-f]{8}:[A-Za-z0-9+/=]+",
                               data[name].decode())
            if name.startswith("xl/") and found:
                with open(to, "w", encoding="ascii") as f:
                    f.write("signature\r\n" + "\r\n".join(found) + "\r\n")
    else:
        parts = read(source)
        if what == "doctype":
            parts[a[0]] = declared(parts[a[0]], KINDS[a[1]], a[1] == "utf16")
        elif what == "utf16":
            parts = {n: declared(d, b"", True) for n, d in parts.items()}
        elif what == "attributes":
            more = "".join(' a%d="x"' % i for i in range(int(a[1])))
            parts[a[0]] = re.sub(rb"(<[A-Za-z][\w:]*)", lambda m: m.group(1) +
                                 more.encode(), parts[a[0]], count=1)
        elif what == "part":
            with open(a[1], "rb") as f:
                parts[a[0]] = f.read()
        write(to, parts)


main(*sys.argv[1:])
