"""Lists, heads and cover of a relay's workbook, and where its rows are."""
import re

import judge_relay_cells as cells
import judge_view
from judge_relay_book import Refused, letters
from judge_view_lists import List, table_name

REPAIR, SEAL = "補修", "署名"


class Form(judge_view.Book):
    """Lists, heads and cover, as the manifest and the form give them."""

    def __init__(self, schema, manifest):
        super().__init__(schema, manifest)
        taken = [judge_view.COVER, judge_view.FIELDS, judge_view.MARKS,
                 judge_view.LONGS, judge_view.RECORDS, REPAIR, SEAL]
        for t in self.tables:
            t.name = table_name(t.table["label"], taken)
            taken.append(t.name)
        self.repairs = List(REPAIR)
        for c in self.longs.cols:
            self.repairs.add("綴り" if c.what == "text" else c.head.partition(
                "（2）")[0] if c.what != "key" else c.head, c.what)

    def contents(self):
        return super().contents() + "\n署名　電子署名（変更・削除しない）"


def named(sheet, of):
    return re.fullmatch(re.escape(of.name) + r"( \([0-9]+\))?", sheet.name)


def head_row(sheet):
    """Number of the first row that says something, and heads to columns."""
    for n, row in sheet.rows:
        texts = {i: cells.unescaped(c.text) for i, c in row.items() if c.text}
        if texts:
            return n, texts
    return 0, {}


class Finder:
    """The rows of each list, wherever they are."""

    def __init__(self, book):
        self.book, self.free = book, list(book.sheets)

    def sheets(self, of, must):
        heads = sorted(c.head for c in of.cols)
        found = [s for s in self.free if named(s, of)]
        if not any(s.name == of.name for s in found):
            found = [s for s in self.free
                     if sorted(head_row(s)[1].values()) == heads]
        if must and not found:
            raise Refused("view", "sheet %s is missing" % of.name)
        for s in found:
            self.free.remove(s)
            if sorted(head_row(s)[1].values()) != heads:
                raise Refused("view", "sheet %s: heads" % s.name)
        return found

    def rows(self, of, must=False):
        """Sheet, row's number, and cells by column of the list."""
        out = []
        for s in self.sheets(of, must):
            if s.merged:
                raise Refused("xlsx", "sheet %s: merged cells" % s.name)
            first, heads = head_row(s)
            place = {i: [c.head for c in of.cols].index(h)
                     for i, h in heads.items()}
            for n, row in s.rows:
                for i, c in row.items():
                    ref = "%s%d" % (letters(i), n)
                    if c.formula:
                        raise Refused("xlsx", "sheet %s, cell %s: formula" %
                                      (s.name, ref))
                    if c.text and i not in place:
                        raise Refused("view", "sheet %s, cell %s: beside" %
                                      (s.name, ref))
                got = {place[i]: (c, "%s%d" % (letters(i), n))
                       for i, c in row.items() if c.text}
                # Where a column is, in a row that has no cell there.
                refs = {place[i]: "%s%d" % (letters(i), n) for i in heads}
                if n != first and got:
                    out.append((s, refs, got))
        return out
