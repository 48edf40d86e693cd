#!/usr/bin/env python3
"""A second, slow implementation of seki-workbook(5), written from that page and
sharing nothing with lib/.  It judges the first one.

  judge_view.py BUNDLE.zip              make all parts, compare with the view
  judge_view.py --part NAME BUNDLE.zip  print one part
  judge_view.py --sums STREAM MANIFEST  SHA-256 of each part
Standard library only.  Exit status 0, or 1 with what differs on stderr.
"""
import datetime
import hashlib
import io
import json
import re
import sys
import zipfile

import judge_bundle
import judge_root

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC = ("http://schemas.openxmlformats.org/officeDocument/2006/"
       "relationships")
PKG = "http://schemas.openxmlformats.org/package/2006/"
ML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
GOTHIC = "BIZ UDゴシック"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
FONT = '&amp;9&amp;"BIZ UDゴシック,標準"'
FIT = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
WORKSHEET = '<worksheet xmlns="%s" xmlns:r="%s">' % (MAIN, DOC)
COVER, FIELDS, RECORDS = "送付票", "項目一覧", "レコード"
MARKS, LONGS, LONG = "保留・削除", "長文", "\u241b{LONG}"
WHITE = set(" \n\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
WHITE |= {chr(c) for c in range(0x2000, 0x200e)}
TYPES = {
    "__ID__": "レコードID", "__REVISION__": "リビジョン",
    "RECORD_NUMBER": "レコード番号", "CREATOR": "作成者",
    "CREATED_TIME": "作成日時", "MODIFIER": "更新者",
    "UPDATED_TIME": "更新日時", "SINGLE_LINE_TEXT": "文字列（1行）",
    "MULTI_LINE_TEXT": "文字列（複数行）", "RICH_TEXT": "リッチエディター",
    "NUMBER": "数値", "CALC": "計算", "CHECK_BOX": "チェックボックス",
    "RADIO_BUTTON": "ラジオボタン", "MULTI_SELECT": "複数選択",
    "DROP_DOWN": "ドロップダウン", "DATE": "日付", "TIME": "時刻",
    "DATETIME": "日時", "LINK": "リンク", "FILE": "添付ファイル",
    "USER_SELECT": "ユーザー選択", "ORGANIZATION_SELECT": "組織選択",
    "GROUP_SELECT": "グループ選択", "STATUS": "ステータス",
    "STATUS_ASSIGNEE": "作業者", "CATEGORY": "カテゴリー",
    "SUBTABLE": "テーブル"}
NAMES = ("氏名", "名前", "宛名", "世帯主")
NO_NAMES = ("カナ", "かな", "フリガナ", "ふりがな", "ｶﾅ", "ﾌﾘｶﾞﾅ")
LEGEND = ("␛{…} は、セルに書けない文字を表します（␛{9} はタブ、␛{3000} は端にある"
          "全角空白、␛{LONG} はシート「長文」に続く長い文）。")


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


# Lists.

class Column:
    def __init__(self, head, what, x=None):
        self.head, self.what, self.x = head, what, x
        self.shape = shape(x) if what == "field" else "text"
        self.style = 1
        if self.shape == "number":
            self.style = 3
        elif x and x["type"] == "SINGLE_LINE_TEXT":
            if any(w in x["label"] for w in NAMES) and \
                    not any(w in x["label"] for w in NO_NAMES):
                self.style = 2
        self.most = 30
        if what == "field" and x["type"] in ("MULTI_LINE_TEXT", "RICH_TEXT"):
            self.most = 46


class List:
    def __init__(self, name, table=None):
        self.name, self.table = name, table
        self.cols, self.sheet, self.parts, self.count = [], None, 0, 0

    def add(self, head, what, x=None, suffix=""):
        taken = [c.head for c in self.cols]
        unique, k = head + suffix, 1
        while unique in taken:
            k += 1
            unique = "%s%s（%d）" % (head, suffix, k)
        self.cols.append(Column(unique, what, x))

    def fields(self, level, key):
        before = {}
        for x in level:
            n = before[x["label"]] = before.get(x["label"], 0) + 1
            x["numbered"] = x["label"] + ("（%d）" % n if n > 1 else "")
        for x in sorted(level, key=lambda x: x["code"] != key):
            if x["type"] == "SUBTABLE":
                continue
            head = x["numbered"]
            if x["label"] in ("", x["code"]):
                head = {"__ID__": "レコードID", "__REVISION__": "リビジョン"}.get(
                    x["type"], head if x["label"] else x["code"])
            what = "key" if x["code"] == key else "field"
            jst = what == "field" and shape(x) == "instant"
            self.add(head, what, x, "（日本時間）" if jst else "")

    def head_width(self, c):
        if self.name == LONGS and c.what in ("list", "head", "text"):
            return 90 if c.what == "text" else 26
        return min(width(c.head) + 3, 18)

    def ready(self):
        self.width = [self.head_width(c) for c in self.cols]

    def widen(self, i, s):
        c = self.cols[i]
        for part in s.split("\n") if s else ():
            w = 18 if c.shape == "instant" else width(part) + 2
            self.width[i] = max(self.width[i], min(w, c.most))


class Sheet:
    def __init__(self, name, of=None):
        self.name, self.of, self.rows, self.bytes = name, of, 0, 0
        self.body, self.front, self.back = [], None, None

    def part(self):
        return XML + self.front + "<sheetData>" + "".join(self.body) + \
            "</sheetData>" + self.back + "</worksheet>"


def short(label, most):
    out = ""
    for c in label:
        if (c < " " or "\x7f" <= c <= "\x9f" or
                c in "\ufffe\uffff\u241b[]:*?/\\()'" or
                not out and c in " \u3000"):
            continue
        if units(out + c) > most:
            break
        out += c
    return out.rstrip(" ")


def ascii_lower(s):
    return re.sub("[A-Z]", lambda m: m.group().lower(), s)


def table_name(label, taken):
    tail, k = "", 1
    while True:
        name = (short(label, 25 - len(tail)) or "表") + tail
        if ascii_lower(name) not in map(ascii_lower, taken):
            return name
        k += 1
        tail = "~%d" % k


class Book:
    def __init__(self, schema, manifest):
        self.m, self.stream = manifest, schema["stream"]
        self.source = schema["schema"]["x-seki"]["source"]
        self.key = schema["key_properties"][0]
        props = judge_root.fields_of(schema["schema"]["properties"])
        self.form = [p["x-seki"] for p in props]
        self.records = List(RECORDS)
        self.records.fields(self.form, self.key)
        head = self.records.cols[0].head
        self.marks, self.longs = List(MARKS), List(LONGS)
        self.tables = []
        for p in props:
            x = p["x-seki"]
            if x["type"] != "SUBTABLE":
                continue
            taken = [COVER, FIELDS, MARKS, LONGS, RECORDS] + [
                t.name for t in self.tables]
            t = List(table_name(x["label"], taken), x)
            t.add(head, "key")
            t.add("行番号", "ordinal")
            t.add("行ID", "id")
            x["inner"] = [q["x-seki"] for q in judge_root.fields_of(
                p["items"]["properties"])]
            t.fields(x["inner"], None)
            self.tables.append(t)
        self.marks.add(head, "key")
        self.marks.add("区分", "kind")
        for h, what in ((head, "key"), ("シート", "list"),
                        ("行番号", "ordinal"), ("項目", "head"),
                        ("番号", "piece"), ("本文", "text")):
            self.longs.add(h, what)
        for of in [self.records, self.marks, self.longs] + self.tables:
            of.ready()
        self.cover, self.fields = Sheet(COVER), Sheet(FIELDS)
        self.sheets = [self.cover]
        for of in [self.records] + self.tables:
            self.begin(of)
        self.sheets.append(self.fields)
        self.kept, self.weight = [], 0
        self.held = self.deleted = 0

    # The records: first those that decide the widths.

    def put(self, kind, key, rec):
        if self.kept is None:
            return self.write(kind, key, rec)
        self.kept.append((kind, key, rec))
        self.weigh(key)
        for x in self.form if rec else ():
            v = rec[x["code"]]
            if x["type"] != "SUBTABLE":
                self.weigh(text(x["type"], v))
                continue
            self.weigh("")
            for row in v:
                self.weigh(row["$id"])
                for y in x["inner"]:
                    self.weigh(text(y["type"], row[y["code"]]))
        if len(self.kept) == 200 or self.weight >= 4 << 20:
            self.release()

    def weigh(self, s):
        self.weight += 32 + len((s or "").encode())

    def release(self):
        kept, self.kept = self.kept, None
        for one in kept:
            self.measure(*one)
        for one in kept:
            self.write(*one)

    def measure(self, kind, key, rec):
        for of in (self.records, self.marks, self.longs):
            of.widen(0, key)
        if not rec:
            return
        for i, c in enumerate(self.records.cols[1:], 1):
            self.records.widen(i, text(c.x["type"], rec[c.x["code"]]))
        for t in self.tables:
            for row in rec[t.table["code"]]:
                t.widen(0, key)
                t.widen(2, row["$id"])
                for i, c in enumerate(t.cols[3:], 3):
                    t.widen(i, text(c.x["type"], row[c.x["code"]]))

    def write(self, kind, key, rec):
        if not rec:
            self.held += kind == "held"
            self.deleted += kind != "held"
            r = Row(self, self.marks, key)
            r.text(0, key)
            r.text(1, "保留" if kind == "held" else "削除")
            return r.done()
        r = Row(self, self.records, key)
        r.text(0, key)
        for i, c in enumerate(self.records.cols[1:], 1):
            r.value(i, rec[c.x["code"]])
        r.done()
        for t in self.tables:
            for n, row in enumerate(rec[t.table["code"]], 1):
                r = Row(self, t, key, n)
                r.text(0, key)
                r.number(1, str(n), 4)
                r.value(2, row["$id"])
                for i, c in enumerate(t.cols[3:], 3):
                    r.value(i, row[c.x["code"]])
                r.done()

    # Data sheets.

    def begin(self, of):
        if of.sheet:
            self.end(of)
        of.parts += 1
        name = of.name if of.parts == 1 else "%s (%d)" % (of.name, of.parts)
        of.sheet = Sheet(name, of)
        self.sheets.append(of.sheet)
        most, cells = 1, ""
        for i, c in enumerate(of.cols):
            cells += cell(i, 1, 5, c.head)
            most = max(most, lines(c.head, of.head_width(c) - 3))
        of.sheet.body.append(row_xml(1, height(most), cells))

    def end(self, of):
        s = of.sheet
        span = "A1:%s%d" % (letters(len(of.cols) - 1), s.rows + 1)
        fits = sum(of.width) <= 220
        title = (self.m["title"] or self.stream)[:40].replace("&", "&&")
        s.front = (
            WORKSHEET + (FIT if fits else "") + '<dimension ref="' + span +
            '"/><sheetViews><sheetView workbookViewId="0"><pane xSplit="1" '
            'ySplit="1" topLeftCell="B2" activePane="bottomRight" '
            'state="frozen"/><selection pane="topRight" activeCell="B1" '
            'sqref="B1"/><selection pane="bottomLeft" activeCell="A2" '
            'sqref="A2"/><selection pane="bottomRight"/></sheetView>'
            '</sheetViews>' + cols_xml(of.width))
        s.back = (
            '<autoFilter ref="' + span + '"/><printOptions gridLines="1"/>'
            '<pageMargins left="0.4" right="0.4" top="0.7" bottom="0.6" '
            'header="0.3" footer="0.3"/><pageSetup paperSize="9" ' +
            ('fitToHeight="0"' if fits else
             'scale="70" pageOrder="overThenDown"') +
            ' orientation="landscape"/><headerFooter><oddHeader>&amp;L' +
            FONT + xml(title) + "&amp;R" + FONT + "&amp;A</oddHeader>"
            "<oddFooter>&amp;C" + FONT + "&amp;P / &amp;N</oddFooter>"
            "</headerFooter><ignoredErrors><ignoredError "
            'sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>')

    # Cover and 項目一覧.

    def page(self, s, view, widths, grid):
        s.front = (WORKSHEET + FIT + "<sheetViews>" + view +
                   "</sheetViews>" + cols_xml(widths))
        s.back = (
            grid + '<pageMargins left="0.6" right="0.6" top="0.7" '
            'bottom="0.7" header="0.3" footer="0.3"/><pageSetup '
            'paperSize="9" fitToHeight="0" orientation="portrait"/>'
            "<headerFooter><oddFooter>&amp;C" + FONT +
            "&amp;P / &amp;N</oddFooter></headerFooter>")

    def line(self, high, styles, texts):
        n = len(self.cover.body) + 1
        texts = list(texts) + [""] * (len(styles) - len(texts))
        self.cover.body.append(row_xml(n, high, "".join(
            cell(i, n, st, t) for i, (st, t) in enumerate(zip(styles,
                                                              texts)))))

    def field(self, name, s):
        rows = []
        while True:
            n = w = 0
            while n < len(s) and s[n] != "\n" and w + width(s[n]) <= 62:
                w += width(s[n])
                n += 1
            rows.append(s[:n].rstrip(" "))
            s = s[n:].lstrip(" \n")
            if not s:
                break
        for i, one in enumerate(rows):
            last = i == len(rows) - 1
            self.line(20 if last else 18, [10 if last else 8] +
                      [11 if last else 9] * 4, ["" if i else name, one])

    def contents(self):
        out = ""
        for of in [self.records] + self.tables:
            out += "%s　%s%s\n" % (of.name, grouped(of.count),
                                  "行" if of.table else "件")
        if self.held + self.deleted:
            out += "%s　%s件\n" % (MARKS, grouped(self.held + self.deleted))
        return out + "項目一覧　表示名・項目コード・種類"

    def cover_fields(self):
        m, a = self.m, self.m["approval"]

        def when(v):
            if v in ("", "1970-01-01T00:00:00Z"):
                return ""
            return japan(v)[:16] if japan(v) else "10000-01-01 %02d%s" % (
                int(v[11:13]) - 15, v[13:16])

        yield "件名", m["title"] or self.stream
        yield "利用目的", m["purpose"]
        yield "情報の区分", m["class"]
        yield "対象期間", m["period"]
        yield "整理番号", "%s　%d-%d" % (self.stream, m["epoch"], m["seq"])
        yield "種別", {"full": "全件", "delta": "差分"}[m["kind"]]
        if m["part"]["of"] > 1:
            yield "分割", "%d / %d" % (m["part"]["n"], m["part"]["of"])
        yield "送付元", "団体コード %s\n%s　アプリ %s" % (
            m["org"], self.source["domain"], self.source["app"])
        yield "送付先", m["audience"]
        yield "作成（日本時間）", when(m["created"])
        yield "期限（日本時間）", when(m["expires"])
        yield "次回（日本時間）", when(m["next_by"])
        yield "件数", grouped(self.records.count) + "件"
        yield "保留", grouped(self.held) + "件"
        yield "削除", grouped(self.deleted) + "件"
        yield "検査結果", m["scan"]["result"] or "未実施"
        yield "署名者", m["prepared_by"]
        yield "承認", {"": "", "signed": "電子署名",
                     "recorded": "記録承認（電子署名なし）"}[a["kind"]] + (
            a["number"] and "　番号 " + a["number"]) + (
            a["code"] and "　照合符号 " + a["code"])
        root = re.findall("." * 8, m["content"]["root"])
        yield "内容の指紋", " ".join(root[:4]) + "\n" + " ".join(root[4:])
        yield "シート", self.contents()
        for k in sorted(m["notes"]):
            if k != "contact":
                yield "備考", "%s: %s" % (k, m["notes"][k])
        yield "連絡先", m["notes"].get("contact", "")

    def put_cover(self):
        self.line(36, [6], [COVER])
        self.line(28, [7] * 5, ["開いて保存せず取込フォルダへ"])
        if self.m["test"]:
            self.line(28, [7] * 5, ["試験用（本番の情報ではない）"])
        self.line(14, [], [])
        for name, s in self.cover_fields():
            self.field(name, s)
        self.line(14, [], [])
        self.line(20, [12] * 5, ["起案", "承認", "持出", "取込", "消去"])
        self.line(72, [13] * 5, [])
        self.page(self.cover, '<sheetView showGridLines="0" tabSelected="1" '
                  'workbookViewId="0"/>', [19, 18, 18, 18, 18], "")

    def put_fields(self):
        widths, s = [30, 30, 17, 20], self.fields

        def add(style, texts):
            n = len(s.body) + 1
            most = max(lines(t, w - 2) for t, w in zip(texts, widths))
            s.body.append(row_xml(n, height(most) if most > 1 else None,
                                  "".join(cell(i, n, style, t)
                                          for i, t in enumerate(texts))))

        add(5, ["表示名", "項目コード", "種類", "シート"])
        for of in [self.records] + self.tables:
            x = of.table
            if x:
                add(1, [x["label"], x["code"], TYPES[x["type"]], of.name])
            for c in of.cols:
                if c.x:
                    add(1, [c.head, c.x["code"], TYPES[c.x["type"]], of.name])
        n = len(s.body) + 2
        s.body.append(row_xml(n, None, cell_text(0, n, 14, LEGEND)))
        self.page(s, '<sheetView workbookViewId="0"><pane ySplit="1" '
                  'topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
                  '<selection pane="bottomLeft"/></sheetView>', widths,
                  '<printOptions gridLines="1"/>')

    def parts(self):
        """All of them, by name."""
        if self.kept is not None:
            self.release()
        for of in [self.records, self.marks, self.longs] + self.tables:
            if of.sheet:
                self.end(of)
        self.put_cover()
        self.put_fields()
        out = {"xl/worksheets/sheet%d.xml" % i: s.part()
               for i, s in enumerate(self.sheets, 1)}
        out.update(package(self))
        return {n: t.encode() for n, t in out.items()}


class Row:
    def __init__(self, book, of, key, ordinal=0):
        s = of.sheet
        if s is None or s.rows == 65000 or s.bytes > 384 << 20:
            book.begin(of)
        self.book, self.of, self.sheet = book, of, of.sheet
        self.key, self.ordinal = key, ordinal
        self.sheet.rows += 1
        self.n = self.sheet.rows + 1
        self.cells, self.lines = "", 1
        of.count += 1

    def string(self, i, s, style):
        self.lines = max(self.lines, lines(s, self.of.width[i] - 2))
        self.cells += cell_text(i, self.n, style, s)

    def text(self, i, s):
        self.string(i, escape(s), 1)

    def number(self, i, s, style):
        self.of.width[i] = max(self.of.width[i], len(s) + 3)
        self.cells += cell_number(i, self.n, style, s)

    def value(self, i, v):
        c = self.of.cols[i]
        s = judge_root.canonical(c.x["type"] if c.x else "", v) or ""
        if not s:
            return
        if c.shape == "number" and number_style(s):
            return self.number(i, s, number_style(s))
        if c.shape == "instant" and japan(s):
            s = re.sub(":00$", "", japan(s))
        if units(escape(s)) <= 32767:
            return self.string(i, escape(s), c.style)
        for k, one in enumerate(pieces(s), 1):
            r = Row(self.book, self.book.longs, self.key)
            r.text(0, self.key)
            r.text(1, self.of.name)
            if self.ordinal:
                r.number(2, str(self.ordinal), 4)
            r.text(3, c.head)
            r.number(4, str(k), 4)
            r.text(5, one)
            r.done()
        self.string(i, LONG, 1)

    def done(self):
        self.sheet.bytes += len(self.cells.encode())
        self.sheet.body.append(row_xml(
            self.n, height(self.lines) if self.lines > 1 else None,
            self.cells))


# The other parts.

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
             (49, 7, 0, 3, center), (49, 1, 0, 0, top), (1, 1, 0, 0, right)]
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


def render(stream, manifest):
    book = None
    for line in stream:
        m = json.loads(line, object_pairs_hook=judge_root.once)
        if m["type"] == "SCHEMA":
            book = Book(m, manifest)
        elif m["type"] == "HELD":
            book.put("held", m["key"], None)
        elif m["type"] == "RECORD":
            rec = m["record"]
            gone = "_sdc_deleted_at" in rec and len(rec) == 2
            book.put("deleted" if gone else "row", rec[book.key],
                     None if gone else rec)
    return book.parts()


def of_bundle(z):
    m = judge_bundle.canonical(z.read("manifest.json"), 65536)
    with z.open("data/records.jsonl") as f:
        return render(io.TextIOWrapper(f, "utf-8", newline="\n"), m)


def compare(want, view):
    bad = 0
    for name in sorted(set(want) | set(view.namelist())):
        a = want.get(name)
        b = view.read(name) if name in view.namelist() else None
        if a == b:
            continue
        bad += 1
        if a is None or b is None:
            print(name, "is missing" if b is None else "is one too many",
                  file=sys.stderr)
            continue
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y),
                  min(len(a), len(b)))
        print("%s: differs at byte %d" % (name, at), file=sys.stderr)
        for who, text_ in (("wanted", a), ("found ", b)):
            print("  %s %s" % (who, text_[max(at - 40, 0):at + 40].decode(
                "utf-8", "replace")), file=sys.stderr)
    print("%d parts, %d differ" % (len(want), bad))
    return 1 if bad else 0


def main(argv):
    if argv[1:2] == ["--sums"] and len(argv) == 4:
        with open(argv[3], "rb") as f:
            m = judge_bundle.canonical(f.read(), 65536)
        with open(argv[2], encoding="utf-8", newline="\n") as f:
            parts = render(f, m)
        for name in sorted(parts):
            print("%s  %s" % (hashlib.sha256(parts[name]).hexdigest(), name))
        return 0
    if argv[1:2] == ["--part"] and len(argv) == 4:
        with zipfile.ZipFile(argv[3]) as z:
            sys.stdout.buffer.write(of_bundle(z)[argv[2]])
        return 0
    if len(argv) != 2:
        sys.exit(__doc__)
    with zipfile.ZipFile(argv[1]) as z:
        want = of_bundle(z)
        with zipfile.ZipFile(io.BytesIO(z.read("view/records.xlsx"))) as v:
            return compare(want, v)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
