#!/usr/bin/env python3
"""mkbook.py FILE < JSON: a workbook as others make them.

{"sheets": [{"name": N, "hidden": true, "rows": [[CELL, …], …],
 "hide": [ROW, …], "merge": ["A1:B2", …]}, …]}

A cell is null, a text, {"n": "1.5"}, {"d": 46113} (a day), {"t": 46113.5} (a
day and a time), {"b": 1}, {"e": "#N/A"} or {"f": "1+1", "v": "2"}.
mkbook.py FILE ROWS COLUMNS: a large one, shared strings and numbers."""
import json
import sys
import zipfile
from xml.sax.saxutils import escape

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006/relationships"
OWN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CT = "http://schemas.openxmlformats.org/package/2006/content-types"


def column(i):
    s = ""
    i += 1
    while i:
        i, r = divmod(i - 1, 26)
        s = chr(65 + r) + s
    return s


def cell(ref, c):
    if c is None:
        return ""
    if isinstance(c, str):
        return ('<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t>'
                '</is></c>' % (ref, escape(c)))
    if "n" in c:
        return '<c r="%s"><v>%s</v></c>' % (ref, c["n"])
    if "d" in c:
        return '<c r="%s" s="1"><v>%s</v></c>' % (ref, c["d"])
    if "t" in c:
        return '<c r="%s" s="2"><v>%s</v></c>' % (ref, c["t"])
    if "b" in c:
        return '<c r="%s" t="b"><v>%d</v></c>' % (ref, c["b"])
    if "e" in c:
        return '<c r="%s" t="e"><v>%s</v></c>' % (ref, c["e"])
    v = "" if c.get("v") is None else "<v>%s</v>" % escape(c["v"])
    return '<c r="%s" t="str"><f>%s</f>%s</c>' % (ref, escape(c["f"]), v)


def sheet(s):
    out = ['<worksheet xmlns="%s"><sheetData>' % NS]
    for i, row in enumerate(s.get("rows", []), 1):
        hidden = ' hidden="1"' if i in s.get("hide", []) else ""
        out.append('<row r="%d"%s>' % (i, hidden))
        out += [cell(column(k) + str(i), c) for k, c in enumerate(row)]
        out.append("</row>")
    out.append("</sheetData>")
    if s.get("merge"):
        out.append("<mergeCells>")
        out += ['<mergeCell ref="%s"/>' % m for m in s["merge"]]
        out.append("</mergeCells>")
    return "".join(out) + "</worksheet>"


def parts(z, names, strings=None):
    kinds = [("workbook", "sheet.main"), ("styles", "styles")]
    kinds += [("worksheets/sheet%d" % (i + 1), "worksheet")
              for i in range(len(names))]
    kinds += [("sharedStrings", "sharedStrings")] if strings else []
    z.writestr("[Content_Types].xml", '<Types xmlns="%s"><Default '
               'Extension="rels" ContentType="application/vnd.openxmlformats-'
               'package.relationships+xml"/>%s</Types>' % (CT, "".join(
                   '<Override PartName="/xl/%s.xml" ContentType="%s.%s+xml"/>'
                   % (part, OWN, kind) for part, kind in kinds)))
    z.writestr("_rels/.rels", '<Relationships xmlns="%s"><Relationship Id="a" '
               'Type="%s/officeDocument" Target="xl/workbook.xml"/>'
               '</Relationships>' % (PKG, DOC))
    z.writestr("xl/workbook.xml",
               '<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets>'
               '</workbook>' % (NS, DOC, "".join(
                   '<sheet name="%s" sheetId="%d" r:id="s%d"%s/>' % (
                       escape(n), i + 1, i,
                       ' state="hidden"' if h else "")
                   for i, (n, h) in enumerate(names))))
    rels = "".join('<Relationship Id="s%d" Type="%s/worksheet" '
                   'Target="worksheets/sheet%d.xml"/>' % (i, DOC, i + 1)
                   for i in range(len(names)))
    rels += ('<Relationship Id="y" Type="%s/styles" Target="styles.xml"/>'
             % DOC)
    if strings is not None:
        rels += ('<Relationship Id="t" Type="%s/sharedStrings" '
                 'Target="sharedStrings.xml"/>' % DOC)
        z.writestr("xl/sharedStrings.xml", '<sst xmlns="%s">%s</sst>' % (
            NS, "".join("<si><t>%s</t></si>" % s for s in strings)))
    z.writestr("xl/_rels/workbook.xml.rels",
               '<Relationships xmlns="%s">%s</Relationships>' % (PKG, rels))
    z.writestr("xl/styles.xml",
               '<styleSheet xmlns="%s"><cellXfs count="3">'
               '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/>'
               '</cellXfs></styleSheet>' % NS)


def large(path, rows, cols):
    strings = ["東京都千代田区%d番地" % i for i in range(10000)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        parts(z, [("Sheet1", False)],
              ["項目%d" % k for k in range(cols)] + strings)
        with z.open("xl/worksheets/sheet1.xml", "w") as f:
            f.write(('<worksheet xmlns="%s"><sheetData><row r="1">' % NS +
                     "".join('<c r="%s1" t="s"><v>%d</v></c>' % (column(k), k)
                             for k in range(cols)) + "</row>").encode())
            for i in range(2, rows + 2):
                f.write(('<row r="%d">' % i + "".join(
                    '<c r="%s%d"><v>%d</v></c>' % (column(k), i, i * 37 + k)
                    if k % 2 == 0 else
                    '<c r="%s%d" t="s"><v>%d</v></c>' % (
                        column(k), i, cols + (i * 31 + k) % 10000)
                    for k in range(cols)) + "</row>").encode())
            f.write(b"</sheetData></worksheet>")


if len(sys.argv) > 2:
    large(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
else:
    spec = json.load(sys.stdin)
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as book:
        parts(book, [(s["name"], s.get("hidden")) for s in spec["sheets"]])
        for n, s in enumerate(spec["sheets"], 1):
            book.writestr("xl/worksheets/sheet%d.xml" % n, sheet(s))
