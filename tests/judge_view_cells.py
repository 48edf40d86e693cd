"""seki-workbook(5) for judge_view.py: words of the page, texts, cells, rows."""
import datetime
import re

import judge_root

WHITE = set(" \n\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
WHITE |= {chr(c) for c in range(0x2000, 0x200e)}


# Words of the page.

def width(s):
    w = 0
    for c in map(ord, s):
        if 0xfe00 <= c <= 0xfe0f or 0xe0100 <= c <= 0xe01ef or c == 0x200d:
            continue
        w += 1 if c < 0x2010 or 0xff61 <= c <= 0xffdc else 2
    return w


def units(s):
    return len(s.encode("utf-16-le")) // 2


def lines(s, room):
    room = max(room, 1)
    return sum(max(1, -(-width(x) // room)) for x in s.split("\n"))


def grouped(n):
    return "{:,}".format(n)


def text(kind, v):
    """The text of a value; canonical but for line ends and a file's type."""
    if isinstance(v, str):
        return v
    if kind != "FILE" or not v:
        return judge_root.canonical(kind, v) or ""
    out = []
    for x in v:
        t = x["contentType"]
        one = judge_root.canonical(kind, [x])
        out.append(one[:-1] + " " + judge_root.esc(t, "< ") + ">" if t
                   else one)
    return "\n".join(out)


def always(s, i):
    c = s[i]
    return (c < " " and c != "\n" or "\x7f" <= c <= "\x9f" or
            c in "\u241b\ufffe\uffff" or
            c == "_" and re.compile("_[xX][0-9A-Fa-f]{4}_").match(s, i))


def escape(s):
    end = (0, len(s) - 1)
    return "".join("\u241b{%X}" % ord(c) if always(s, i) or
                   i in end and c in WHITE else c for i, c in enumerate(s))


def pieces(s):
    out, n = [""], 0
    for i, c in enumerate(s):
        one = 9 if always(s, i) else units(c)
        if n + one > 32751:
            out.append("")
            n = 0
        out[-1] += c
        n += one
    return out


def xml(s):
    for a, b in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"),
                 ('"', "&quot;")):
        s = s.replace(a, b)
    return s


def letters(i):
    s, i = "", i + 1
    while i:
        i, k = divmod(i - 1, 26)
        s = chr(65 + k) + s
    return s


def japan(v):
    """Date and time in Japan, or None in the year 10000."""
    t = datetime.datetime.strptime(v, "%Y-%m-%dT%H:%M:%SZ")
    try:
        return (t + datetime.timedelta(hours=9)).isoformat(" ")
    except OverflowError:
        return None


def shape(x):
    kind = x["format"] if x["type"] == "CALC" else x["type"]
    if kind in ("NUMBER", "NUMBER_DIGIT", "__REVISION__"):
        return "number"
    if kind in ("DATETIME", "CREATED_TIME", "UPDATED_TIME"):
        return "instant"
    return "text"


# Cells and rows.

def cell_text(col, row, style, s):
    return '<c r="%s%d" s="%d" t="inlineStr"><is><t>%s</t></is></c>' % (
        letters(col), row, style, xml(s))


def cell_number(col, row, style, s):
    return '<c r="%s%d" s="%d"><v>%s</v></c>' % (letters(col), row, style, s)


def cell(col, row, style, s):
    if not s:
        return '<c r="%s%d" s="%d"/>' % (letters(col), row, style)
    return cell_text(col, row, style, escape(s))


def row_xml(n, height, cells):
    if height:
        return '<row r="%d" ht="%s" customHeight="1">%s</row>' % (
            n, ("%.1f" % height).replace(".0", ""), cells)
    return '<row r="%d">%s</row>' % (n, cells)


def height(n):
    return min(13.5 * n + 2, 409)


def cols_xml(widths):
    return '<sheetFormatPr defaultRowHeight="15"/><cols>%s</cols>' % "".join(
        '<col min="%d" max="%d" width="%d.7109375" customWidth="1"/>' %
        (i, i, w) for i, w in enumerate(widths, 1))


def number_style(s):
    """Of a numeric cell, or None when it must be text."""
    plain = s.lstrip("-")
    whole, _, frac = plain.partition(".")
    digits = plain.replace(".", "").strip("0")
    if max(len(digits), len(frac), len(whole)) > 15:
        return None
    if len(plain) <= 11 and not (plain.startswith("0.0000") and
                                 len(frac) > 4):
        return 4
    return 15 + len(frac)
