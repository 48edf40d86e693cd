"""seki-workbook(5) for judge_view.py: lists, their heads, widths and names."""
import re

from judge_view_cells import shape, units, width
from judge_view_parts import XML

LONGS = "長文"
NAMES = ("氏名", "名前", "宛名", "世帯主")
NO_NAMES = ("カナ", "かな", "フリガナ", "ふりがな", "ｶﾅ", "ﾌﾘｶﾞﾅ")


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
