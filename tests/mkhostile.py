#!/usr/bin/env python3
"""mkhostile.py SPOOL: attachments that carry what they should not, and some
that do not.

Writes each under its digest into the new folder SPOOL, a record stream that
names one a record on the standard output, and SPOOL.want: a line
"ID NAME LEVEL:WHAT ..." for each, what a scan must say, no more and no less."""
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib

spool = sys.argv[1]
os.mkdir(spool, 0o700)
cases = []


def case(name, data, *want, kind="application/octet-stream"):
    cases.append((name, data, kind, want))


def zipped(parts, method=zipfile.ZIP_DEFLATED):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, data in parts.items():
            z.writestr(name, data)
    return b.getvalue()


MAIN = ("application/vnd.openxmlformats-officedocument."
        "wordprocessingml.document.main+xml")
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def types(main=MAIN):
    return ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats'
            '.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.'
            'relationships+xml"/><Override PartName="/word/document.xml" '
            'ContentType="%s"/></Types>' % main)


def rels(*one):
    return ('<?xml version="1.0"?><Relationships xmlns="http://schemas.'
            'openxmlformats.org/package/2006/relationships">' +
            "".join('<Relationship Id="r%d" Type="%s/%s" Target="%s"%s/>' %
                    (i, REL, t, to, more)
                    for i, (t, to, more) in enumerate(one)) +
            "</Relationships>")


OUT = ' TargetMode="External"'


def docx(text="<w:p><w:r><w:t>x</w:t></w:r></w:p>", main=MAIN, **more):
    parts = {"[Content_Types].xml": types(main),
             "_rels/.rels": rels(("officeDocument", "word/document.xml", "")),
             "word/document.xml": '<?xml version="1.0"?><w:document xmlns:w='
             '"http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
             "<w:body>%s</w:body></w:document>" % text}
    parts.update(more.get("parts", {}))
    return zipped(parts)


def entry(name, kind):
    u = name.encode("utf-16-le") + b"\0\0"
    return (u.ljust(64, b"\0") + struct.pack("<HBB", len(u), kind, 1) +
            b"\xff" * 12 + b"\0" * 48)


def cfb(*entries, data=b""):
    head = (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + b"\0" * 16 +
            struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10 +
            struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0,
                        0xFFFFFFFE, 0) + struct.pack("<I", 0) +
            b"\xff" * 432)
    fat = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * 504
    body = b"".join([entry("Root Entry", 5)] +
                    [entry(n, k) for n, k in entries])
    return (head + fat + body.ljust(-(-len(body) // 512) * 512, b"\0") +
            data.ljust(-(-len(data) // 512) * 512, b"\0"))


def pdf(*objects, trailer=b""):
    return (b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (i, o)
            for i, o in enumerate(objects, 1)) +
            b"trailer\n<</Root 1 0 R" + trailer + b">>\n%%EOF\n")


def stream(more, data):
    return b"<<%s/Length %d>>stream\r\n%s\nendstream" % (more, len(data), data)


CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
PAGES = b"<</Type/Pages/Kids[]/Count 0>>"
JS = b"5 0 <</S/JavaScript/JS(app.alert(1))>>"
PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4"
       b"\x89\0\0\0\0IEND\xaeB`\x82")
EXE = (b"MZ\x90\0" + b"\0" * 56 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0d\x86" +
       b"\0" * 64)
BOF = struct.pack("<HHHHHH", 0x809, 16, 0x600, 5, 0, 0) + b"\0" * 8
# A check digit that is right, of a number that nobody has.
NUMBER = "123456789018"

# What is as it should be.
case("申請書.docx", docx())
case("申請書.docx", docx(parts={"word/_rels/document.xml.rels": rels(
    ("hyperlink", "https://example.jp/", OUT))}))
case("図面.png", PNG, kind="image/png")
case("メモ.txt", "電話で確認。onload= は <b> に書かない。".encode())
case("空.txt", b"")
case("旧.xls", cfb(("Workbook", 2), data=BOF))
case("通知.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode",
    zlib.compress(b"5 0 <</A 1>>")), stream(
    b"/Filter/FlateDecode", b"/JS /AA \0\1")))
case("表示.pdf", pdf(CATALOG % b"/OpenAction[3 0 R/Fit]", PAGES), "low:action")
case("まとめ.zip", zipped({"a.png": PNG, "b.txt": "x"}))

# Macros.
VBA = cfb(("VBA", 1), ("_VBA_PROJECT", 2))
case("a.docm", docx(parts={"word/vbaProject.bin": VBA}), "found:macro")
case("a.docx", docx(parts={"word/VBAPROJECT.BIN": b"x"}), "found:macro")
case("a.docx", docx(parts={"word/other.bin": VBA}), "found:macro")
case("b.xlsx", docx(main="application/vnd.ms-excel.sheet.macroEnabled."
                    "main+xml"), "found:macro")
case("c.xlsx", docx(parts={"xl/macrosheets/sheet1.xml": "<x/>"}),
     "found:macro")
case("d.odt", zipped({"mimetype": "application/vnd.oasis.opendocument.text",
                      "Basic/Standard/Module1.xml": "<x/>"}), "found:macro")
case("e.doc", cfb(("Macros", 1), ("VBA", 1)), "found:macro")
case("f.xls", cfb(("Workbook", 2), data=BOF + struct.pack(
    "<HHIBBBB", 0x85, 13, 99, 2, 1, 5, 0) + b"Macro"), "found:macro")

# What is fetched, run, carried along.
case("g.docx", docx(parts={"word/_rels/settings.xml.rels": rels(
    ("attachedTemplate", "https://example.jp/x.dotm", OUT))}), "suspect:link")
case("h.docx", docx(parts={"word/_rels/document.xml.rels": rels(
    ("image", "file://host/x.png", ' TargetMode="&#69;xternal"'))}),
    "suspect:link")
case("i.docx", docx('<w:p><w:fldChar w:fldCharType="begin"/><w:r><w:instrText>'
                    " D</w:instrText></w:r><w:r><w:instrText>DE x"
                    "</w:instrText></w:r></w:p>"), "found:dde")
case("j.xlsx", docx(parts={"xl/externalLinks/externalLink1.xml":
                           "<x><ddeLink a='1'/></x>"}),
     "found:dde", "suspect:link")
case("k.xlsx", docx(parts={"xl/worksheets/sheet1.xml":
                           "<x><f>cmd|' /C calc'!A0</f></x>"}), "found:dde")
case("l.xlsx", docx(parts={"xl/worksheets/sheet1.xml":
                           '<x><f>IF(A1="|",B!C1,1)</f></x>'}))
case("m.docx", docx(parts={"word/embeddings/oleObject1.bin": cfb(
    ("\1Ole10Native", 2))}), "suspect:object")
case("n.xlsx", docx(parts={"xl/activeX/activeX1.xml": "<x/>"}),
     "found:object")
case("o.xls", cfb(("MBD0018D4CE", 1)), "suspect:object")
case("p.docx", docx(parts={"word/embeddings/sheet.xlsx": docx(parts={
    "xl/vbaProject.bin": VBA})}), "found:macro")
case("q.docx", docx(parts={"word/embeddings/sheet.xlsx": docx()}))
case("r.docx", docx(parts={"word/x.xml": "<!DOCTYPE x><x/>"}), "suspect:odd")

# Encrypted.
case("s.docx", cfb(("EncryptedPackage", 2), ("EncryptionInfo", 2)),
     "suspect:encrypted")
case("t.xls", cfb(("Workbook", 2), data=BOF + struct.pack("<HH", 0x2F, 54) +
                  b"\1" * 54), "suspect:encrypted")
b = bytearray(zipped({"a.txt": "secret"}))
b[6] |= 1
b[b.rindex(b"PK\1\2") + 8] |= 1
case("u.zip", bytes(b), "suspect:encrypted")

# PDF.
case("a.pdf", pdf(CATALOG % b"/OpenAction 5 0 R", PAGES, JS[4:]),
     "found:javascript", "low:action")
case("b.pdf", pdf(CATALOG % b"", PAGES, b"<</S/J#61vaScript>>"),
     "found:javascript")
case("c.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode", zlib.compress(JS))),
    "found:javascript")
case("d.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/N 1/First 4/Filter/FlateDecode", zlib.compress(JS))),
    "found:javascript")
case("e.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4", JS)), "found:javascript")
case("f.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter[/ASCIIHexDecode/FlateDecode]",
    zlib.compress(JS).hex().encode())), "suspect:odd")
case("g.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode", b"not deflated")),
    "suspect:odd")
case("h.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"", b"\0\1 7 0 obj<</S/JavaScript>>endobj")), "found:javascript")
case("i.pdf", pdf(CATALOG % b"", b"<</S/Launch/F(cmd.exe)>>"),
     "found:launch")
case("j.pdf", pdf(CATALOG % b"/Names<</EmbeddedFiles 3 0 R>>",
                  stream(b"/Type/EmbeddedFile", b"x")), "suspect:embedded")
case("k.pdf", pdf(CATALOG % b"", PAGES, trailer=b"/Encrypt 4 0 R"),
     "suspect:encrypted")
case("l.pdf", pdf(CATALOG % b"/AcroForm<</XFA 3 0 R>>"), "suspect:form")
case("m.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode",
    zlib.compress(b" " * ((256 << 20) + 1), 1))), "suspect:limit")

# Texts that programs run.
case("a.rtf", b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}",
     "suspect:object")
case("b.doc", b"{\\rtf1{\\*\\template http://example.jp/x}}", "suspect:link")
case("a.html", b"<html><body><script>1</script></body></html>",
     "found:script")
case("b.html", "x <script>1</script>".encode("utf-16"), "found:script")
case("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" a="1"\n'
     b'onload = "x()"/>', "found:script", kind="image/svg+xml")
case("b.svg", b'<svg xmlns="http://www.w3.org/2000/svg" font="on=1">on=1'
     b"</svg>", kind="image/svg+xml")
case("a.csv", b"1,=cmd|' /C calc'!A0\r\n", "found:dde")
case("a.eml", b"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\n"
     b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
     b"Content-Disposition: attachment\r\n\r\nx\r\n", "suspect:embedded")

# Programs, and what calls itself something else.
case("a.exe", EXE, "found:program")
case("b.pdf", EXE, "found:program", "suspect:type")
case("c.js", b"1;", "found:program")
case("d.lnk", b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F", "found:program")
case("e.txt", b"#!/bin/sh\necho\n", "found:program", "suspect:type")
case("f.pdf", PNG, "suspect:type")
case("g.\u202efdp.exe", EXE, "found:program", "suspect:name")
case("h.zip", zipped({"a/b.exe": EXE}), "found:program")
case("i.zip", zipped({"a.txt": EXE}), "found:program")
case("j.zip", zipped({"../a.txt": "x"}), "suspect:odd")

# Archives.
deep = docx(parts={"word/vbaProject.bin": VBA})
case("k.zip", zipped({"a.zip": zipped({"a.docm": deep})}), "found:macro")
for _ in range(5):
    deep = zipped({"a.zip": deep})
case("l.zip", deep, "suspect:limit")
b = io.BytesIO()
with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
    for i in range(3):
        z.writestr("%d.txt" % i, b"\0" * (90 << 20))
case("m.zip", b.getvalue(), "suspect:limit")
case("n.7z", b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 24, "suspect:archive")
case("o.png", PNG + zipped({"a.txt": "x"}), "suspect:odd",
     kind="image/png")
case("p.pdf", pdf(CATALOG % b"", PAGES) + zipped({"a.txt": "x"}),
     "suspect:odd")
case("q.pdf", b"GIF89a" + b"\0" * 20 + pdf(CATALOG % b"", JS[4:]),
     "found:javascript", "suspect:odd", "suspect:type")
good = zipped({"a.txt": "x", "b.txt": "y"})
case("r.zip", good.replace(b"a.txt", b"c.txt", 1), "suspect:odd")
case("s.zip", good[:40], "suspect:archive", "suspect:odd")
case("t.zip", good.replace(b"PK\5\6\0\0\0\0\2\0\2\0", b"PK\5\6\0\0\0\0\1\0"
                           b"\1\0"), "suspect:odd")
b = bytearray(zipped({"a.txt": "x" * 99}))
b[40] ^= 0xFF
case("u.zip", bytes(b), "suspect:odd")

# Numbers.
line = "氏名 甲、個人番号 %s です。\r\n" % NUMBER
case("a.txt", line.encode(), "found:mynumber")
case("b.txt", line.encode("cp932"), "found:mynumber")
case("c.txt", line.encode("utf-16"), "found:mynumber")
case("d.csv", ("番号,値\r\n" + "1,x\r\n" * 20000 + line).encode(),
     "found:mynumber")
case("e.txt", (line + "\ud7ff").encode() + b"\xff\xfe\xff", "low:mynumber")
case("f.docx", docx("<w:p><w:r><w:t>個人</w:t></w:r><w:r><w:t>番号 1234"
                    "</w:t></w:r><w:r><w:t>56789018</w:t></w:r></w:p>"),
     "found:mynumber")
case("個人番号%s.txt" % NUMBER, b"x", "found:mynumber")
case("g.txt", NUMBER.encode(), "low:mynumber")
case("h.zip", zipped({"個人番号%s.txt" % NUMBER: b"x"}), "found:mynumber")
case("i.txt", line.encode("utf-16-be"), "found:mynumber")
case("j.eml", b"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\n"
     b"Content-Transfer-Encoding: base64\r\n\r\neA==\r\n",
     "suspect:embedded")

# Names that Windows runs all the same, and those that nobody expects.
for name in ("a.exe.", "a.exe ", "b.wsc", "c.settingcontent-ms", "d.scf",
             "e.rdp", "f.py"):
    case(name, b"x", "found:program")
case("g.iso", b"\0" * 99, "suspect:archive")
case("h.svg", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY s "x">]>'
     b'<svg xmlns="http://www.w3.org/2000/svg">&s;</svg>', "suspect:odd")
case("i.svg", b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>1'
     b'</s:script></s:svg>', "suspect:script")
case("j.html", b"<meta http-equiv=refresh content='0;url=http://x.example'>",
     "suspect:link")
case("k.rtf", b'{\\rtf1{\\field{\\*\\fldinst INCLUDEPICTURE "http://x"}}}',
     "suspect:link")
case("l.docx", docx('<w:p><w:r><w:instrText>INCLUDEPICTURE "http://x.example/a'
     '.png" \\d</w:instrText></w:r></w:p>'), "suspect:link")
case("m.docx", docx(parts={"word/vmlDrawing1.vml": '<xml xmlns:v="v">'
     '<v:imagedata src="http://x.example/a.png"/></xml>'}), "suspect:link")
case("n.xlsx", docx(parts={"xl/worksheets/sheet1.xml": "<x><f>"
     '_xlfn.WEBSERVICE("http://x.example/")</f></x>'}), "suspect:link")
case("o.xlsx", docx(parts={"xl/connections.xml": "<connections><connection "
     'id="1" type="4"><webPr url="http://x.example/"/></connection>'
     "</connections>"}), "suspect:link")
case("p.pdf", pdf(CATALOG % b"", PAGES, b"<</Type/Filespec/EF<</F 5 0 R>>>>"),
     "suspect:embedded")
case("q.pdf", pdf(CATALOG % b"", PAGES, stream(
    b"/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]",
    zlib.compress(zlib.compress(JS)))), "suspect:odd")


def prop(code, kind, index, **more):
    p = {"x-seki": {"type": kind, "code": code, "label": code,
                    "index": index}, "type": ["null", "string"]}
    p.update(more)
    return p


lines = [{"type": "SCHEMA", "stream": "hostile", "schema": {
    "type": "object",
    "x-seki": {"source": {"system": "kintone", "domain": "example.cybozu.com",
                          "app": "7"}},
    "properties": {
        "$id": prop("$id", "__ID__", 0),
        "添付": prop("添付", "FILE", 1, type="array")}},
    "key_properties": ["$id"]}]
with open(spool + ".want", "w", encoding="utf-8") as want:
    for i, (name, data, kind, words) in enumerate(cases, 1):
        sha = hashlib.sha256(data).hexdigest()
        fd = os.open(os.path.join(spool, sha), os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(fd, "wb") as f:
            f.write(data)
        lines.append({"type": "RECORD", "stream": "hostile", "record": {
            "$id": str(i), "添付": [{
                "name": name, "size": str(len(data)), "contentType": kind,
                "sha256": sha}]}})
        print(i, " ".join(sorted(words)), file=want)
text = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n"
               for x in lines)
judge = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "judge_root.py")
r = subprocess.run([sys.executable, judge, "--complete"], input=text.encode(),
                   stdout=subprocess.PIPE)
sys.stdout.buffer.write(r.stdout.replace(
    b'"source":{}', b'"source":{"attachments":"all"}'))
sys.exit(r.returncode)
