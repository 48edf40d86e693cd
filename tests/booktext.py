#!/usr/bin/env python3
"""booktext.py BOOK.xlsx SHEET: the cells of a sheet that our tools wrote, a line
for each row, TAB between; a red cell has a !, a yellow one a ~ in front, a line
end is written |, a link's address stands behind its text in <>.  Without SHEET
the sheets' names.  Standard library only: it shares nothing with lib/."""
import os
import re
import sys
import zipfile
import xml.etree.ElementTree as ET

N = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MARK = {"FFFFC7CE": "!", "FFFFEB9C": "~"}

z = zipfile.ZipFile(sys.argv[1])
names = [s.get("name") for s in
         ET.fromstring(z.read("xl/workbook.xml")).iter(N + "sheet")]
if len(sys.argv) < 3:
    print("\n".join(names))
    sys.exit()
path = "xl/worksheets/sheet%d.xml" % (names.index(sys.argv[2]) + 1)
style = ET.fromstring(z.read("xl/styles.xml"))
fills = [f.find(".//" + N + "fgColor") for f in style.find(N + "fills")]
fills = ["" if f is None else MARK.get(f.get("rgb"), "") for f in fills]
marks = [fills[int(x.get("fillId"))] for x in style.find(N + "cellXfs")]
sheet = ET.fromstring(z.read(path))
links = {}
rels = path.replace("sheets/", "sheets/_rels/") + ".rels"
if rels in z.namelist():
    to = {r.get("Id"): r.get("Target") for r in ET.fromstring(z.read(rels))}
    for h in sheet.iter(N + "hyperlink"):
        links[h.get("ref")] = "<%s#%s>" % (to[h.get(R)], h.get("location"))


def column(ref):
    n = 0
    for c in re.match("[A-Z]+", ref).group():
        n = 26 * n + ord(c) - 64
    return n - 1


lines = []
for row in sheet.iter(N + "row"):
    cells = {}
    for c in row.iter(N + "c"):
        t = "".join(x.text or "" for x in c.iter()
                    if x.tag in (N + "t", N + "v"))
        cells[column(c.get("r"))] = (marks[int(c.get("s", 0))] +
                                     t.replace("\n", "|") +
                                     links.get(c.get("r"), ""))
    lines.append("\t".join(cells.get(i, "")
                           for i in range(max(cells, default=-1) + 1)))
try:
    print("\n".join(lines), flush=True)
except BrokenPipeError:  # grep -q has seen enough
    os._exit(0)
