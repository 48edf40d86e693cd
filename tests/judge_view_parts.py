"""seki-workbook(5) for judge_view.py: the parts that are no sheets."""
from judge_view_cells import letters, xml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC = ("http://schemas.openxmlformats.org/officeDocument/2006/"
       "relationships")
PKG = "http://schemas.openxmlformats.org/package/2006/"
ML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
GOTHIC = "BIZ UDゴシック"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def package(b):
    numbers = range(1, len(b.sheets) + 1)

    def override(part, kind):
        return '<Override PartName="/%s" ContentType="%s"/>' % (part, kind)

    def relation(n, kind, target):
        return '<Relationship Id="rId%d" Type="%s" Target="%s"/>' % (
            n, kind, target)

    doc = "application/vnd.openxmlformats-officedocument."
    pkg = "application/vnd.openxmlformats-package."
    begin = '<Relationships xmlns="' + PKG + 'relationships">'
    return {
        "[Content_Types].xml": XML + '<Types xmlns="' + PKG +
        'content-types"><Default Extension="rels" ContentType="' + pkg +
        'relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/>' +
        override("docProps/app.xml", doc + "extended-properties+xml") +
        override("docProps/core.xml", pkg + "core-properties+xml") +
        override("xl/styles.xml", ML + "styles+xml") +
        override("xl/workbook.xml", ML + "sheet.main+xml") +
        "".join(override("xl/worksheets/sheet%d.xml" % n, ML +
                         "worksheet+xml") for n in numbers) + "</Types>",
        "_rels/.rels": XML + begin +
        relation(1, DOC + "/officeDocument", "xl/workbook.xml") +
        relation(2, PKG + "relationships/metadata/core-properties",
                 "docProps/core.xml") +
        relation(3, DOC + "/extended-properties", "docProps/app.xml") +
        "</Relationships>",
        "docProps/app.xml": XML + '<Properties xmlns="http://schemas.'
        'openxmlformats.org/officeDocument/2006/extended-properties">'
        "<Application>Seki</Application></Properties>",
        "docProps/core.xml": XML + '<cp:coreProperties xmlns:cp="' + PKG +
        'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/'
        '1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi='
        '"http://www.w3.org/2001/XMLSchema-instance"><dc:title>送付票'
        "</dc:title><dc:subject>" + b.stream + "</dc:subject><dcterms:"
        'created xsi:type="dcterms:W3CDTF">' + b.m["created"] +
        "</dcterms:created></cp:coreProperties>",
        "xl/workbook.xml": XML + '<workbook xmlns="' + MAIN +
        '" xmlns:r="' + DOC + '"><workbookPr/><bookViews><workbookView '
        'xWindow="240" yWindow="15" windowWidth="16095" '
        'windowHeight="9660"/></bookViews><sheets>' +
        "".join('<sheet name="%s" sheetId="%d" r:id="rId%d"/>' %
                (xml(s.name), n, n) for n, s in zip(numbers, b.sheets)) +
        "</sheets><definedNames>" +
        "".join(names(b, i, s) for i, s in enumerate(b.sheets)) +
        "</definedNames></workbook>",
        "xl/_rels/workbook.xml.rels": XML + begin +
        "".join(relation(n, DOC + "/worksheet",
                         "worksheets/sheet%d.xml" % n) for n in numbers) +
        relation(len(b.sheets) + 1, DOC + "/styles", "styles.xml") +
        "</Relationships>",
        "xl/styles.xml": styles()}


def names(b, i, s):
    if s is b.cover:
        return ""
    at = "'" + xml(s.name) + "'!"
    title = ('<definedName name="_xlnm.Print_Titles" localSheetId="%d">' % i)
    if s is b.fields:
        return title + at + "$1:$1</definedName>"
    return ('<definedName name="_xlnm._FilterDatabase" localSheetId="%d" '
            'hidden="1">%s$A$1:$%s$%d</definedName>' % (
                i, at, letters(len(s.of.cols) - 1), s.rows + 1) +
            title + at + "$A:$A," + at + "$1:$1</definedName>")


def styles():
    def border(*sides):
        out = "<border>"
        for side, style in zip(("left", "right", "top", "bottom"), sides):
            out += "<%s/>" % side if not style else (
                '<%s style="%s"><color auto="1"/></%s>' % (side, style, side))
        return out + "<diagonal/></border>"

    def xf(form, font, fill, edge, align):
        return ('<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="%d" '
                'xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" '
                'applyBorder="1" applyAlignment="1"><alignment %s/></xf>' %
                (form, font, fill, edge, align))

    top, center = 'vertical="top"', 'vertical="center"'
    middle = 'horizontal="center" ' + center
    below = 'horizontal="right" vertical="bottom"'
    right = 'horizontal="right" vertical="top" indent="1"'
    wrap = ' wrapText="1"'
    fonts = [("Calibri", "", 11), (GOTHIC, "", 10), ("IPAmj明朝", "", 10),
             (GOTHIC, "<b/>", 10), (GOTHIC, "<b/>", 22),
             (GOTHIC, "<b/>", 16), (GOTHIC, "<b/>", 11), (GOTHIC, "", 11)]
    table = [(49, 1, 0, 0, top + wrap), (49, 2, 0, 0, top + wrap),
             (49, 1, 0, 0, right + wrap), (0, 1, 0, 0, right),
             (49, 3, 2, 3, center + wrap), (49, 4, 0, 0, center),
             (49, 5, 0, 1, center), (49, 6, 0, 0, center),
             (49, 7, 0, 0, center), (49, 6, 0, 2, center),
             (49, 7, 0, 2, center), (49, 7, 2, 3, middle),
             (49, 7, 0, 3, below), (49, 1, 0, 0, top), (1, 1, 0, 0, right)]
    table += [(k, 1, 0, 0, right) for k in range(164, 179)]
    return (
        XML + '<styleSheet xmlns="' + MAIN + '"><numFmts count="15">' +
        "".join('<numFmt numFmtId="%d" formatCode="0.%s"/>' % (
            163 + k, "0" * k) for k in range(1, 16)) +
        '</numFmts><fonts count="8">' +
        "".join('<font>%s<sz val="%d"/><name val="%s"/></font>' % (b, s, n)
                for n, b, s in fonts) +
        '</fonts><fills count="3"><fill><patternFill patternType="none"/>'
        '</fill><fill><patternFill patternType="gray125"/></fill><fill>'
        '<patternFill patternType="solid"><fgColor rgb="FFE7E6E6"/><bgColor '
        'indexed="64"/></patternFill></fill></fills><borders count="4">' +
        border("", "", "", "") + border("", "", "", "medium") +
        border("", "", "", "hair") + border(*["thin"] * 4) +
        '</borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" '
        'fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="31"><xf '
        'numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
        "".join(xf(*t) for t in table) + '</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>")
