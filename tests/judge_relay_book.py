"""Any program's workbook for judge_relay.py: sheets, rows, cells."""
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile


class Refused(Exception):
    """A reason, one of those of seki-verify(1), and a text."""

    def __init__(self, reason, text):
        super().__init__("%s: %s" % (reason, text))
        self.reason = reason


def local(name):
    return name.rpartition("}")[2]


def attribute(node, name):
    """Of whatever namespace, and of none."""
    for k, v in node.attrib.items():
        if local(k) == name:
            return v
    return None


def letters(i):
    s, i = "", i + 1
    while i:
        i, k = divmod(i - 1, 26)
        s = chr(65 + k) + s
    return s


def column(name):
    n = 0
    for c in name:
        n = n * 26 + ord(c) - 64
    return n - 1


def pairs(s):
    """Two halves that were written as two characters are one."""
    return s.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def decoded(s):
    """The text of one <t>; no text has U+0000 in it."""
    s = re.sub("_x([0-9A-Fa-f]{4})_",
               lambda m: chr(int(m.group(1), 16) or 0xfffd), s)
    return pairs(s) if re.search("[\ud800-\udfff]", s) else s


def text_of(node):
    """Of <si> or <is>: runs are joined, readings left out."""
    out = ""
    for n in node:
        if local(n.tag) == "t":
            out += decoded(n.text or "")
        elif local(n.tag) == "r":
            out += "".join(decoded(t.text or "") for t in n
                           if local(t.tag) == "t")
    return re.sub("\r\n?", "\n", out)


class Cell:
    """kind: n number, s text, b boolean, d date, e error; blank: no text."""

    def __init__(self, kind, text, formula):
        self.kind, self.text, self.formula = kind, text, formula


class Sheet:
    def __init__(self, name):
        self.name, self.rows, self.merged = name, [], False

    def read(self, root, strings):
        at = 0
        for row in root.iter():
            if local(row.tag) == "mergeCell":
                self.merged = True
            if local(row.tag) != "row":
                continue
            n = int(attribute(row, "r") or at + 1)
            if n <= at:
                raise Refused("xlsx", "sheet %s: rows go backwards" %
                              self.name)
            at = n
            self.rows.append((n, self.cells(row, n, strings)))

    def cells(self, row, n, strings):
        out, at = {}, -1
        for c in row:
            if local(c.tag) != "c":
                continue
            ref = attribute(c, "r")
            if ref:
                m = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]+)", ref)
                if not m or int(m.group(2)) != n:
                    raise Refused("xlsx", "cell " + ref)
                at = column(m.group(1))
            else:
                at += 1
            if at in out:
                raise Refused("xlsx", "cell %s%d twice" % (letters(at), n))
            out[at] = self.cell(c, strings)
        return out

    @staticmethod
    def cell(c, strings):
        kind = attribute(c, "t") or "n"
        value, inline, formula = None, None, False
        for n in c:
            if local(n.tag) == "v":
                value = n.text
            elif local(n.tag) == "is":
                inline = n
            elif local(n.tag) == "f":
                formula = True
        if inline is not None:
            return Cell("s", text_of(inline), formula)
        if value is None:
            return Cell("s", "", formula)
        if kind == "s":
            i = int(value)
            if not 0 <= i < len(strings):
                raise Refused("xlsx", "no shared string %d" % i)
            return Cell("s", strings[i], formula)
        if kind == "str":
            return Cell("s", re.sub("\r\n?", "\n", decoded(value)), formula)
        return Cell(kind, value.strip(), formula)


class Book:
    def __init__(self, file):
        try:
            self.zip = zipfile.ZipFile(file)
            self.read()
        except (zipfile.BadZipFile, KeyError, ValueError, ET.ParseError,
                RuntimeError) as e:
            raise Refused("xlsx", "no workbook: %r" % e)

    def part(self, name):
        data = self.zip.read(name)
        # ET takes a DOCTYPE; no part of a workbook has one.
        if b"<!DOCTYPE" in data.replace(b"\0", b""):
            raise Refused("xlsx", name + ": DOCTYPE")
        return ET.fromstring(data)

    def relations(self, name):
        """Of a part: by id, and by the last word of the type."""
        folder, file = posixpath.split(name)
        out = {}
        for r in self.part(posixpath.join(folder, "_rels", file + ".rels")):
            if attribute(r, "TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join(
                "/", folder, attribute(r, "Target"))).lstrip("/")
            out[attribute(r, "Id")] = target
            out[attribute(r, "Type").rpartition("/")[2]] = target
        return out

    def read(self):
        names = [n.lower() for n in self.zip.namelist()]
        if len(names) != len(set(names)):
            raise Refused("xlsx", "a part twice")
        main = self.relations("")["officeDocument"]
        relations, book = self.relations(main), self.part(main)
        strings = []
        if "sharedStrings" in relations:
            strings = [text_of(si) for si in
                       self.part(relations["sharedStrings"])]
        self.base1904 = any(
            local(n.tag) == "workbookPr" and
            attribute(n, "date1904") in ("1", "true") for n in book)
        self.sheets = []
        for n in book.iter():
            if local(n.tag) != "sheet":
                continue
            rid = [v for k, v in n.attrib.items()
                   if k.startswith("{") and local(k) == "id"][0]
            sheet = Sheet(attribute(n, "name"))
            if sheet.name.lower() in [s.name.lower() for s in self.sheets]:
                raise Refused("xlsx", "sheet %s twice" % sheet.name)
            sheet.read(self.part(relations[rid]), strings)
            self.sheets.append(sheet)

    def texts(self, only=None):
        """Every text of the sheet called so, or of all others."""
        for s in self.sheets:
            if (s.name == "署名") == (only == "署名"):
                for _, cells in s.rows:
                    for c in cells.values():
                        yield c.text
