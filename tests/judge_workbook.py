#!/usr/bin/env python3
"""A second reader of the workbook for people, written from seki-bundle(5) and
sharing nothing with lib/: is every value of a stream in its cell?

  judge_workbook.py --make             SCHEMA, RECORD and HELD lines with values
                                       that somebody on the way likes to change,
                                       for judge_root.py --complete
  judge_workbook.py STREAM BOOK.xlsx   compare
  judge_workbook.py --csv STREAM DIR   compare with DIR/*-SHEET.csv, as
                                       LibreOffice makes them
  judge_workbook.py --sums BOOK.xlsx   numeric cells of each column of レコード
  judge_workbook.py --plain BOOK.xlsx  nothing hidden, active or of others in it
Standard library only.  Exit status 0, or 1 with what differs on stderr.
"""
import csv
import datetime
import decimal
import glob
import io
import json
import posixpath
import re
import sys
import zipfile
import xml.etree.ElementTree as ET

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
DOC = ("{http://schemas.openxmlformats.org/officeDocument/2006/"
       "relationships}")
CHOICES = {"CHECK_BOX", "MULTI_SELECT", "CATEGORY"}
USERS = {"CREATOR", "MODIFIER", "USER_SELECT", "ORGANIZATION_SELECT",
         "GROUP_SELECT", "STATUS_ASSIGNEE"}
INSTANTS = {"CREATED_TIME", "UPDATED_TIME", "DATETIME"}
OWN = {"__ID__": "レコードID", "__REVISION__": "リビジョン"}
decimal.getcontext().prec = 800

TEXTS = ["東京都", "a\r\nb\rc", "a\n", "\n", "  x", " ", "　", "　東　", "a\tb",
         "a_x000D_b", "_x000D_x000D_", "␛", "␛{LONG}", "␛{41}", "=1+1", "@x",
         "0012", "+81", "-5", "42", "1e5", "1/2", "TRUE", "#N/A", "NaN",
         "Infinity", "2026-04-01", "'x", "\x01\x1f\x7f", "\x80\x9f",
         "\ufeffx", "\ufffe\uffff", "\ufffd", "𠮷葛\U000e0100🏫ｶﾞ\u200d",
         "か\u3099", "<&>\"]]>", "a\n\n\nb", "a  b", "\u202ex", "null",
         "http://example.lg.jp/", "東\u2028京", "x" * 32767, "東" * 40000,
         "𠮷" * 20000, "a\n" * 30000, "\t" * 10000, "１,２\"３"]
NUMBERS = ["0", "-1", "0.1", "0.3", "1234567.25", "12345678901",
           "123456789012345", "1234567890123456",
           "123456789012345678901234567890", "0.0000001",
           "0.000000000000001", "0.0000000000000001", "999999999999999",
           "1000000000000000", "-0.000123", "99999.999999999"]
FORM = [("$id", "__ID__", []), ("$revision", "__REVISION__", []),
        ("件名", "SINGLE_LINE_TEXT", TEXTS),
        ("内容", "MULTI_LINE_TEXT", TEXTS[5:] + TEXTS[:5]),
        ("数値", "NUMBER", NUMBERS),
        ("日付", "DATE", ["2019-05-01", "1900-02-28", "9999-12-31",
                        "1868-10-23"]),
        ("時刻", "TIME", ["00:00", "23:59", "09:15:30"]),
        ("日時", "DATETIME", ["2026-03-31T15:30:00Z", "2026-12-31T15:00:01Z",
                            "9999-12-31T23:59:59Z", "1969-12-31T23:59:00Z"]),
        ("時間", "CALC:HOUR_MINUTE", ["49:30", "-1:05", "1000:59"]),
        ("区分", "CHECK_BOX", [["甲"], ["甲", "乙"], ["a\nb", ""], []]),
        ("担当", "USER_SELECT", [[{"code": "sato.k", "name": "佐藤 花子"}],
                               [{"code": "a<b>", "name": "名 <x>"},
                                {"code": "guest/g@example.com", "name": ""}]]),
        ("添付", "FILE", [[{"name": "現況 <1>.jpg", "size": "248913",
                          "contentType": "image/jpeg", "sha256": None}], []])]
TABLE = [("品", "SINGLE_LINE_TEXT", TEXTS), ("数", "NUMBER", NUMBERS),
         ("日", "DATETIME", ["2026-03-31T15:30:00Z", None])]


def prop(i, code, kind):
    kind, _, fmt = kind.partition(":")
    x = {"type": kind, "code": code, "label": code, "index": i}
    if fmt:
        x["format"] = fmt
    t = "array" if kind in CHOICES | USERS | {"FILE"} else ["null", "string"]
    return {"x-seki": x, "type": "string" if i == 0 and code == "$id" else t}


def make(out):
    props = {c: prop(i, c, k) for i, (c, k, _) in enumerate(FORM)}
    inner = {"$id": {"type": "string"}}
    inner.update({c: prop(i, c, k) for i, (c, k, _) in enumerate(TABLE)})
    table = prop(len(FORM), "明細", "SUBTABLE")
    table.update({"type": "array",
                  "items": {"type": "object", "properties": inner}})
    props["明細"] = table
    lines = [{"type": "SCHEMA", "stream": "hard", "key_properties": ["$id"],
              "schema": {"type": "object", "properties": props,
                         "x-seki": {"source": {"system": "kintone",
                                               "domain": "example.cybozu.com",
                                               "app": "7"}}}}]
    for i in range(len(TEXTS) + 1):
        if i == 20:
            lines.append({"type": "HELD", "stream": "hard", "key": str(i + 1),
                          "reasons": [{"field": "件名"}]})
            continue
        rec = {"$id": str(i + 1), "$revision": "1"}
        for c, _, v in FORM[2:]:
            rec[c] = v[i % len(v)] if i < len(TEXTS) else None
        for c, k, _ in FORM[2:]:
            if rec[c] is None and (k in CHOICES | USERS or k == "FILE"):
                rec[c] = []
        rec["明細"] = [dict([("$id", str(100 * i + k))] +
                          [(c, v[(i + k) % len(v)]) for c, _, v in TABLE])
                     for k in range(i % 3)]
        lines.append({"type": "RECORD", "stream": "hard", "record": rec})
    for x in lines:
        out.write(json.dumps(x, ensure_ascii=False) + "\n")


def esc(s, also=""):
    return "".join("\u241b{%X}" % ord(c) if c in "\n\r\u241b" + also else c
                   for c in s)


def canonical(kind, v):
    if v is None or v == []:
        return ""
    if kind in CHOICES:
        return "\n".join(esc(x) if x else "\u241b{}" for x in v)
    if kind in USERS:
        return "\n".join("%s <%s>" % (esc(x["name"]), esc(x["code"], "<"))
                         for x in v)
    if kind == "FILE":
        return "\n".join("%s <%s %s>" % (esc(x["name"]), x["size"],
                                         x["sha256"] or "-") for x in v)
    if kind in INSTANTS:
        t = datetime.datetime.strptime(v, "%Y-%m-%dT%H:%M:%SZ")
        try:
            t += datetime.timedelta(hours=9)
        except OverflowError:
            return v
        return t.strftime("%Y-%m-%d %H:%M" + (":%S" if t.second else ""))
    return v.replace("\r\n", "\n").replace("\r", "\n")


def decode(s):
    return re.sub("\u241b\\{([0-9A-F]+)\\}",
                  lambda m: chr(int(m.group(1), 16)), s)


def number(s):
    """A decimal of at most 15 digits, as a spreadsheet means it."""
    try:
        d = decimal.Decimal(s)
    except decimal.InvalidOperation:
        return None
    if len(d.as_tuple().digits) > 15 and "E" not in s:
        d = decimal.Context(prec=15).create_decimal(d)
    return d


class Book:
    """Sheets as lists of rows, rows as lists of (kind, text)."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        if self.zip.testzip():
            sys.exit("the archive is broken")
        book = ET.fromstring(self.zip.read("xl/workbook.xml"))
        rels = ET.fromstring(self.zip.read("xl/_rels/workbook.xml.rels"))
        part = {r.get("Id"): posixpath.normpath(posixpath.join(
            "/xl", r.get("Target")))[1:] for r in rels.iter(REL +
                                                           "Relationship")}
        self.strings = []
        if "xl/sharedStrings.xml" in self.zip.namelist():
            sst = ET.fromstring(self.zip.read("xl/sharedStrings.xml"))
            self.strings = [self.text(si) for si in sst.iter(NS + "si")]
        self.sheet, self.xml = {}, {}
        for s in book.iter(NS + "sheet"):
            xml = self.zip.read(part[s.get(DOC + "id")])
            self.xml[s.get("name")] = xml
            self.sheet[s.get("name")] = self.rows(ET.fromstring(xml))
        self.states = [s.get("state") for s in book.iter(NS + "sheet")]

    @staticmethod
    def text(node):
        out = ""
        for n in node:
            if n.tag == NS + "t":
                out += n.text or ""
            elif n.tag == NS + "r":
                out += "".join(t.text or "" for t in n.iter(NS + "t"))
        return re.sub("_x([0-9A-Fa-f]{4})_",
                      lambda m: chr(int(m.group(1), 16)), out)

    def cell(self, c):
        v = c.find(NS + "v")
        if c.find(NS + "f") is not None:
            sys.exit("a formula in " + c.get("r"))
        if c.get("t") == "s":
            return "text", self.strings[int(v.text)]
        if c.get("t") == "inlineStr":
            return "text", self.text(c.find(NS + "is"))
        if v is None:
            return "blank", ""
        return ("text" if c.get("t") == "str" else "number"), v.text or ""

    def rows(self, sheet):
        out = []
        for row in sheet.iter(NS + "row"):
            cells = []
            for c in row.iter(NS + "c"):
                col = 0
                for ch in re.match("[A-Z]+", c.get("r")).group():
                    col = col * 26 + ord(ch) - 64
                cells += [("blank", "")] * (col - len(cells))
                cells[col - 1] = self.cell(c)
            if any(t for _, t in cells):
                out.append(cells)
        return out


def csv_sheets(folder):
    """Cells of CSV files have no kind: a text that is a number may be one."""
    sheet = {}
    for path in glob.glob(folder + "/*.csv"):
        name = path.rsplit("-", 1)[1][:-4]
        with io.open(path, encoding="utf-8", newline="") as f:
            rows = [[("any", c) for c in r] for r in csv.reader(f)]
        sheet[name] = [r for r in rows if any(t for _, t in r)]
    return sheet


class Judge:
    def __init__(self, sheets):
        self.sheets, self.bad, self.seen = sheets, [], 0
        self.long = {}
        for row in self.sheets.get("長文", [])[1:]:
            key, sheet, ordinal, head, _, text = [decode(t) for _, t in row]
            k = (sheet, key, ordinal, head)
            self.long[k] = self.long.get(k, "") + text

    def complain(self, *words):
        self.bad.append(" ".join(str(w) for w in words))

    def same(self, where, kind, want, cell):
        how, got = cell
        self.seen += 1
        if kind == "NUMBER":
            ok = (number(got) == decimal.Decimal(want)) if want else not got
            digits = len(want.replace("-", "").replace(".", "").strip("0"))
            if digits > 15:
                ok = ok or got == want
                ok = ok and how != "number"
        else:
            if got == "\u241b{LONG}":
                got = self.long.get(where, "")
            else:
                got = decode(got)
            ok = got == want and (how != "number" or not want)
        if not ok:
            self.complain(*where, "wanted", ascii(want)[:60], "found", how,
                          ascii(got)[:60])

    def table(self, sheet, heads, wanted):
        rows = self.sheets.get(sheet)
        if rows is None:
            return self.complain("no sheet", sheet)
        names = [decode(t) for _, t in rows[0]]
        names = names[:len(heads)]
        if names != heads:
            return self.complain(sheet, "heads", names)
        if len(rows) - 1 != len(wanted):
            return self.complain(sheet, len(rows) - 1, "rows, not",
                                 len(wanted))
        for row, (key, ordinal, values) in zip(rows[1:], wanted):
            row = row + [("blank", "")] * (len(heads) - len(row))
            for head, (kind, want), cell in zip(heads, values, row):
                self.same((sheet, key, ordinal, head), kind, want, cell)


def fields(props):
    own = [(p["x-seki"]["index"], p["x-seki"]) for p in props.values()
           if "x-seki" in p]
    return [x for _, x in sorted(own, key=lambda q: q[0])]


def head(x):
    name = OWN.get(x["type"], x["label"])
    kind = x["type"] if x["type"] != "CALC" else x.get("format")
    return name + ("（日本時間）" if kind in INSTANTS else "")


def kind_of(x):
    if x["type"] == "CALC":
        return {"NUMBER": "NUMBER", "NUMBER_DIGIT": "NUMBER"}.get(
            x["format"], x["format"])
    return "NUMBER" if x["type"] == "__REVISION__" else x["type"]


def judge(stream, sheets):
    j = Judge(sheets)
    with io.open(stream, encoding="utf-8", newline="\n") as f:
        lines = [json.loads(x) for x in f]
    props = lines[0]["schema"]["properties"]
    key = lines[0].get("key_properties", ["$id"])[0]
    main = fields(props)
    main.sort(key=lambda x: x["code"] != key)
    flat = [x for x in main if x["type"] != "SUBTABLE"]
    records = [x["record"] for x in lines if x["type"] == "RECORD" and
               "_sdc_deleted_at" not in x["record"]]
    kinds = [("TEXT" if x["code"] == key else kind_of(x), x) for x in flat]
    j.table("レコード", [head(x) for x in flat],
            [(r[key], "", [(k, canonical(k, r[x["code"]])) for k, x in kinds])
             for r in records])
    for t in (x for x in main if x["type"] == "SUBTABLE"):
        sub = fields(props[t["code"]]["items"]["properties"])
        rows = []
        for r in records:
            for n, row in enumerate(r[t["code"]] or []):
                rows.append((r[key], str(n + 1),
                             [("TEXT", r[key]), ("NUMBER", str(n + 1)),
                              ("TEXT", row["$id"])] +
                             [(kind_of(x), canonical(kind_of(x),
                                                     row[x["code"]]))
                              for x in sub]))
        j.table(t["label"], [head(flat[0]), "行番号", "行ID"] +
                [head(x) for x in sub], rows)
    marks = [(x["key"], "", [("TEXT", x["key"]), ("TEXT", "保留")])
             for x in lines if x["type"] == "HELD"]
    if marks:
        j.table("保留・削除", [head(flat[0]), "区分"], marks)
    for b in j.bad[:20]:
        print(b, file=sys.stderr)
    print(j.seen, "values,", len(j.bad), "differ")
    return 1 if j.bad or not j.seen else 0


def sums(path):
    rows = Book(path).sheet["レコード"]
    for i, (_, name) in enumerate(rows[0]):
        cells = [r[i][1] for r in rows[1:] if i < len(r) and
                 r[i][0] == "number"]
        if cells:
            print(name, len(cells))
    return 0


def plain(path):
    b = Book(path)
    bad = [s for s in b.states if s not in (None, "visible")]
    bad += [n for n in b.zip.namelist()
            if not re.match(r"(\[Content_Types\]\.xml|_rels/\.rels|"
                            r"docProps/(app|core)\.xml|xl/(workbook|styles|"
                            r"sharedStrings)\.xml|xl/theme/theme1\.xml|"
                            r"xl/_rels/workbook\.xml\.rels|"
                            r"xl/worksheets/sheet\d+\.xml)$", n)]
    for name, xml in b.xml.items():
        for word in (b"<f", b"hidden", b"mergeCell", b"hyperlink",
                     b"legacyDrawing", b"<drawing", b"conditionalFormatting",
                     b"dataValidation"):
            if re.search(word + rb"[ s/>=]", xml):
                bad.append(name + " " + word.decode())
    print("\n".join(bad))
    return 1 if bad else 0


def main(argv):
    if argv[1:] == ["--make"]:
        return make(io.open(1, "w", encoding="utf-8", newline="\n"))
    if argv[1] == "--csv":
        return judge(argv[2], csv_sheets(argv[3]))
    if argv[1] == "--sums":
        return sums(argv[2])
    if argv[1] == "--plain":
        return plain(argv[2])
    return judge(argv[1], Book(argv[2]).sheet)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
