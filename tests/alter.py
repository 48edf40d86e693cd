#!/usr/bin/env python3
"""alter.py IN.xlsx OUT.xlsx WHAT ARG...: a workbook, whoever wrote it, with one
thing in it changed.  Sheets by their names, rows by the text in column A (KEY,
or KEY/NUMBER in column B), columns by their heads.  Prints the cells concerned.

  set SHEET ROW HEAD TEXT       the cell is this text
  number SHEET ROW HEAD DIGITS  the cell is this number
  formula SHEET ROW HEAD        its value is the result of a formula now
  clear SHEET ROW HEAD
  swap SHEET ROW HEAD ROW HEAD
  delete SHEET ROW              the row is gone, those below move up
  double SHEET ROW              once more, below the last
  add SHEET ROW KEY             the same under another key, below the last
  sort SHEET HEAD               rows by the text of that column
  hide SHEET ROW...             rows hidden, as by a filter
  column SHEET HEAD             the column comes last
  remove SHEET
  order                         sheets the other way round, all called Sheet1...
  replace OLD NEW N             in the first N cells that have it, of any sheet
"""
import posixpath
import re
import sys
import zipfile
import xml.etree.ElementTree as ET

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M, R = "{%s}" % NS, "{%s}" % DOC
REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
ET.register_namespace("", NS)
ET.register_namespace("r", DOC)


def column(letters):
    n = 0
    for c in letters:
        n = n * 26 + ord(c) - 64
    return n - 1


def letters(n):
    s = ""
    n += 1
    while n:
        n, d = divmod(n - 1, 26)
        s = chr(65 + d) + s
    return s


class Book:
    def __init__(self, path):
        with zipfile.ZipFile(path) as z:
            self.parts = {i.filename: z.read(i) for i in z.infolist()
                          if not i.is_dir()}
        rels = ET.fromstring(self.parts["_rels/.rels"])
        self.main = [r.get("Target").lstrip("/") for r in rels
                     if r.get("Type").endswith("/officeDocument")][0]
        folder, name = posixpath.split(self.main)
        rels = ET.fromstring(self.parts["%s/_rels/%s.rels" % (folder, name)])
        to = {r.get("Id"): posixpath.normpath(posixpath.join(
            folder, r.get("Target"))) if r.get("Target")[0] != "/" else
            r.get("Target")[1:] for r in rels}
        self.book = ET.fromstring(self.parts[self.main])
        self.part = {s.get("name"): to[s.get(R + "id")]
                     for s in self.book.iter(M + "sheet")}
        self.strings = []
        for r in rels:
            if r.get("Type").endswith("/sharedStrings"):
                for si in ET.fromstring(self.parts[to[r.get("Id")]]):
                    self.strings.append("".join(
                        t.text or "" for t in si.iter(M + "t")))

    def save(self, path):
        self.parts[self.main] = xml(self.book)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in self.parts.items():
                z.writestr(name, data)


def xml(tree):
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + \
        ET.tostring(tree, encoding="utf-8")


class Sheet:
    def __init__(self, book, name):
        self.book, self.part = book, book.part[name]
        self.tree = ET.fromstring(book.parts[self.part])
        self.data = self.tree.find(M + "sheetData")
        self.rows = self.data.findall(M + "row")
        for n, row in enumerate(self.rows):
            row.set("r", row.get("r", str(n + 1)))
            for k, c in enumerate(row.findall(M + "c")):
                c.set("r", c.get("r", letters(k) + row.get("r")))
        self.heads = {self.text(c): re.sub(r"\d", "", c.get("r"))
                      for c in self.rows[0].findall(M + "c")}

    def save(self):
        self.book.parts[self.part] = xml(self.tree)

    def text(self, c):
        if c is None:
            return ""
        if c.get("t") == "s":
            return self.book.strings[int(c.find(M + "v").text)]
        if c.get("t") == "inlineStr":
            return "".join(t.text or "" for t in c.iter(M + "t"))
        v = c.find(M + "v")
        return "" if v is None else v.text or ""

    def at(self, row, col):
        for c in row.findall(M + "c"):
            if re.sub(r"\d", "", c.get("r")) == col:
                return c
        return None

    def row(self, key):
        key, _, number = key.partition("/")
        for r in self.rows[1:]:
            if self.text(self.at(r, "A")) == key and number in (
                    "", self.text(self.at(r, "B"))):
                return r
        raise SystemExit("no row %s" % key)

    def cell(self, key, head):
        row, col = self.row(key), self.heads[head]
        c = self.at(row, col)
        if c is None:
            c = ET.Element(M + "c", {"r": col + row.get("r")})
            before = sum(column(re.sub(r"\d", "", x.get("r"))) < column(col)
                         for x in row.findall(M + "c"))
            row.insert(before, c)
        return c

    def put(self, c, kind, text):
        for x in list(c):
            c.remove(x)
        c.attrib.pop("t", None)
        if kind == "text":
            c.set("t", "inlineStr")
            t = ET.SubElement(ET.SubElement(c, M + "is"), M + "t")
            t.text = text
            t.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        else:
            ET.SubElement(c, M + "v").text = text

    def renumber(self):
        for n, row in enumerate(self.rows):
            row.set("r", str(n + 1))
            for c in row.findall(M + "c"):
                c.set("r", re.sub(r"\d", "", c.get("r")) + str(n + 1))
        for x in list(self.data):
            self.data.remove(x)
        self.data.extend(self.rows)


def deep(x):
    return ET.fromstring(ET.tostring(x))


def rows(book, what, a):
    s = Sheet(book, a[0])
    if what == "delete":
        print("A" + s.row(a[1]).get("r"))
        s.rows.remove(s.row(a[1]))
    elif what in ("double", "add"):
        s.rows.append(deep(s.row(a[1])))
        s.renumber()
        if what == "add":
            s.put(s.at(s.rows[-1], "A"), "text", a[2])
        print("A%d" % len(s.rows))
    elif what == "sort":
        s.rows[1:] = sorted(s.rows[1:], key=lambda r: s.text(
            s.at(r, s.heads[a[1]])))
    elif what == "hide":
        for k in a[1:]:
            s.row(k).set("hidden", "1")
    s.renumber()
    s.save()


def cells(book, what, a):
    s = Sheet(book, a[0])
    c = s.cell(a[1], a[2])
    print(c.get("r"))
    if what == "set":
        s.put(c, "text", a[3])
    elif what == "number":
        s.put(c, "number", a[3])
    elif what == "clear":
        s.put(c, "number", "")
        c.remove(c[0])
    elif what == "formula":
        was = s.text(c)
        s.put(c, "number", was)
        f = ET.Element(M + "f")
        f.text = '"%s"' % was
        c.insert(0, f)
        c.set("t", "str")
    elif what == "swap":
        d = s.cell(a[3], a[4])
        print(d.get("r"))
        x, y = dict(c.attrib), dict(d.attrib)
        left, right = list(c), list(d)
        for e, attrib, inner in (c, y, right), (d, x, left):
            r = e.get("r")
            for k in list(e):
                e.remove(k)
            e.attrib.clear()
            e.attrib.update(attrib, r=r)
            e.extend(inner)
    s.save()


def move(book, sheet, head):
    s = Sheet(book, sheet)
    col, last = s.heads[head], letters(max(map(column, s.heads.values())))
    for row in s.rows:
        moved = s.at(row, col)
        if moved is not None:
            row.remove(moved)
        for c in row.findall(M + "c"):
            n = column(re.sub(r"\d", "", c.get("r")))
            if n > column(col):
                c.set("r", letters(n - 1) + row.get("r"))
        if moved is not None:
            moved.set("r", last + row.get("r"))
            row.append(moved)
    s.save()


def replace(book, old, new, n):
    n = int(n)
    for name in book.part:
        s = Sheet(book, name) if n and name not in ("送付票", "項目一覧",
                                                    "署名") else None
        for row in s.rows[1:] if s else ():
            for c in row.findall(M + "c"):
                t = s.text(c)
                if n and old in t:
                    s.put(c, "text", t.replace(old, new))
                    print(name, c.get("r"))
                    n -= 1
        if s:
            s.save()


def main(source, to, what, *a):
    book = Book(source)
    sheets = book.book.find(M + "sheets")
    if what == "remove":
        for s in list(sheets):
            if s.get("name") == a[0]:
                sheets.remove(s)
        for s in book.book.findall(M + "definedNames"):
            book.book.remove(s)
    elif what == "order":
        for s in book.book.findall(M + "definedNames"):
            book.book.remove(s)
        sheets[:] = sheets[::-1]
        for n, s in enumerate(sheets):
            s.set("name", "Sheet%d" % (n + 1))
    elif what == "column":
        move(book, *a)
    elif what == "replace":
        replace(book, *a)
    elif what in ("set", "number", "clear", "formula", "swap"):
        cells(book, what, a)
    else:
        rows(book, what, a)
    book.save(to)


main(*sys.argv[1:])
