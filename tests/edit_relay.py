#!/usr/bin/env python3
"""edit_relay.py IN.xlsx OUT.xlsx ACTION SHEET [ARGUMENT...]

One change in a workbook as seki-pack writes it for a relay:
  cell SHEET REF TEXT    another text in a cell, also one that is not there
  drop SHEET ROW         without this row; the others keep their numbers
  double SHEET ROW       the row once more, below the last one
  add SHEET TEXT...      a row of texts, below the last one
  sort SHEET             rows but the first in reverse order
  name SHEET NAME        another name
  without SHEET          no such sheet
Standard library only."""
import re
import sys
import zipfile
from xml.sax.saxutils import escape


def letters(i):
    s, i = "", i + 1
    while i:
        i, k = divmod(i - 1, 26)
        s = chr(65 + k) + s
    return s


def text(ref, s):
    return '<c r="%s" s="1" t="inlineStr"><is><t>%s</t></is></c>' % (
        ref, escape(s))


def number(ref):
    """The column, to sort by."""
    name = ref.rstrip("0123456789")
    return len(name), name


def moved(row, n):
    """A row at another place."""
    row = re.sub(r'^<row r="\d+"', '<row r="%d"' % n, row)
    return re.sub(r'<c r="([A-Z]+)\d+"', r'<c r="\g<1>%d"' % n, row)


def edit(rows, action, args):
    last = int(re.match(r'<row r="(\d+)"', rows[-1]).group(1))
    by = {re.match(r'<row r="(\d+)"', r).group(1): i
          for i, r in enumerate(rows)}
    if action == "drop":
        del rows[by[args[0]]]
    elif action == "double":
        rows.append(moved(rows[by[args[0]]], last + 1))
    elif action == "add":
        rows.append('<row r="%d">%s</row>' % (last + 1, "".join(
            text("%s%d" % (letters(i), last + 1), s)
            for i, s in enumerate(args))))
    elif action == "sort":
        rows[1:] = [moved(r, i) for i, r in enumerate(rows[:0:-1], 2)]
    elif action == "cell":
        n = re.sub("[A-Z]", "", args[0])
        i = by.get(n)
        if i is None:
            i = sum(int(k) < int(n) for k in by)
            rows.insert(i, '<row r="%s"></row>' % n)
        begin, cells = re.match("(<row[^>]*?)(?:/>|>(.*)</row>)$", rows[i],
                                re.S).groups("")
        have = {m.group(1): m.group() for m in re.finditer(
            r'<c r="([A-Z]+\d+)"[^>]*(?:/>|>.*?</c>)', cells, re.S)}
        have[args[0]] = text(args[0], args[1])
        rows[i] = begin + ">" + "".join(have[k] for k in sorted(
            have, key=number)) + "</row>"
    return rows


def main(argv):
    source, target, action, sheet = argv[1:5]
    with zipfile.ZipFile(source) as z:
        parts = {n: z.read(n) for n in z.namelist()}
    book = parts["xl/workbook.xml"].decode()
    tag, n = re.search('(<sheet name="%s" sheetId="([0-9]+)"[^>]*>)' %
                       re.escape(sheet), book).groups()
    if action == "name":
        book = book.replace(tag, tag.replace(sheet, argv[5]))
    elif action == "without":
        book = book.replace(tag, "")
    else:
        name = "xl/worksheets/sheet%s.xml" % n
        a, b, c = re.match("(.*<sheetData>)(.*)(</sheetData>.*)$",
                           parts[name].decode(), re.S).groups()
        rows = re.findall(r"<row [^>]*?(?:/>|>.*?</row>)", b, re.S)
        parts[name] = (a + "".join(edit(rows, action, argv[5:])) +
                       c).encode()
    if action in ("name", "without"):
        book = re.sub("<definedNames>.*</definedNames>", "", book, flags=re.S)
    parts["xl/workbook.xml"] = book.encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts.items():
            z.writestr(zipfile.ZipInfo(name), data)


if __name__ == "__main__":
    main(sys.argv)
