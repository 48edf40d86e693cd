#!/usr/bin/env python3
"""A second, slow implementation of seki-relay(5), written from that page and
those that it names, and sharing nothing with lib/.  It judges the first one.

  judge_relay.py BUNDLE TRUST      a workbook, an archive or a folder, and a
                                   trust folder
  judge_relay.py --take BUNDLE DIR
                                   what the signature text holds, as files
  judge_relay.py --make STREAM MANIFEST DIR [KEY]
                                   the same made from a record stream and the
                                   fields of a manifest; with KEY a signature
                                   and the text, too

Prints the content root and "ok".  Else exit status as seki-verify(1), the
reason on stderr, and on standard output a line for each difference: what, list,
record, row, field, sheet, cell, and "suspect" or nothing, between tabs.
Dates, and whether policy wants more signatures, it does not judge.  Standard
library and the openssl command only.
"""
import re
import sys
import xml.etree.ElementTree as ET

import judge_bundle
import judge_relay_cells as cells
import judge_relay_files as files
import judge_relay_list as lists
import judge_relay_make as make
import judge_root
import judge_view
from judge_relay_book import Refused, Sheet, letters
from judge_relay_form import Finder, Form, head_row

STATUS = {"zip": 65, "manifest": 65, "cms": 65, "record": 65, "xlsx": 65}


class Judge:
    def __init__(self, book, manifest, parts):
        self.m, self.damage, self.book = manifest, [], book
        self.frame = list(lists.messages(parts["data/frame.jsonl"]))
        schema = self.frame[0][1]
        self.root = judge_root.Root(schema)
        self.form = Form(schema, manifest)
        self.finder = Finder(book)
        self.parts = parts
        self.of = [self.form.records] + self.form.tables

    def say(self, what, of, key, ordinal=0, field="", sheet="", ref="",
            suspect=False):
        self.damage.append([what, of.name, key, str(ordinal), field, sheet,
                            ref, "suspect" if suspect else ""])

    # Cells

    def value(self, how, got, i, second=False):
        if i not in got:
            return None
        c = got[i][0]
        if c.text == cells.LONG:
            return self.meant(how, "s", self.long(i))
        return self.meant(how, c.kind, cells.unescaped(c.text), second)

    def meant(self, how, kind, s, second=False):
        return cells.meaning(how, kind, s, self.book.base1904, second)

    def long(self, i):
        place = self.here + (self.columns[i].head,)
        self.used.add(place)
        return self.longs.get(place, "")

    def key(self, got, i=0):
        return self.value("key", got, i) or ""

    def number(self, got, i):
        n = self.value("key", got, i) or ""
        return int(n) if re.fullmatch("[0-9]{1,9}", n) else 0

    def pieces(self, of, joined):
        """Of 長文 and 補修: places to whole texts; each piece's place."""
        found, where = {}, []
        for s, refs, got in self.finder.rows(of):
            place = (self.value("key", got, 1) or "", self.key(got),
                     self.number(got, 2), self.value("key", got, 3) or "")
            text = got[5][0].text if 5 in got else ""
            found.setdefault(place, []).append((self.number(got, 4), text))
            where.append((place, s.name, refs[0]))
        whole = {}
        for place, some in found.items():
            some.sort()
            if [n for n, _ in some] == list(range(1, len(some) + 1)):
                whole[place] = joined(t for _, t in some)
        return whole, where

    # Lists

    def read(self):
        # Names first, so that no list takes another one's sheet by its heads.
        self.longs, where = self.pieces(self.form.longs, lambda t: "".join(
            cells.unescaped(x) for x in t))
        self.repairs, _ = self.pieces(self.form.repairs, lambda t:
                                      cells.unescaped("".join(t)))
        self.used, self.named = set(), []
        for n, of in enumerate(self.of):
            self.list(n, of)
        self.marks()
        for place, sheet, ref in where:
            if place not in self.used:
                self.say("added", self.form.longs, place[1], sheet=sheet,
                         ref=ref)

    def list(self, n, of):
        rows, blocks = lists.listed(self.parts[lists.list_name(n)], n,
                                    lists.columns(self.root, n))
        want = {(r.key, r.ordinal): i for i, r in enumerate(rows)}
        self.columns = of.cols
        rival = {}
        for s, refs, got in self.finder.rows(of, must=True):
            key = self.key(got)
            ordinal = self.number(got, 1) if n else 0
            at = want.get((key, ordinal))
            if at is None:
                self.say("added", of, key, ordinal, sheet=s.name, ref=refs[0])
                continue
            self.here = (of.name, key, ordinal)
            texts, good = self.values(n, of, rows[at], got)
            rival.setdefault(at, []).append((good, texts, s.name, refs))
        found, places, bad = {}, {}, set()
        for at, some in rival.items():
            # The first good one, else the first one, is the row.
            some.sort(key=lambda r: not r[0])
            good, found[at], *places[at] = some[0]
            if not good:
                bad.add(at)
            for _, _, sheet, refs in some[1:]:
                self.say("doubled", of, rows[at].key, rows[at].ordinal,
                         sheet=sheet, ref=refs[0])
        for at, r in enumerate(rows):
            if at not in found:
                self.say("missing", of, r.key, r.ordinal)
        for b, sums in enumerate(blocks):
            block = range(b * lists.BLOCK,
                          min((b + 1) * lists.BLOCK, len(rows)))
            self.explain(of, n, block, sums, bad, found, places, rows)
        self.root.lists[n] = [self.leaf(n, r, found[at])
                              for at, r in enumerate(rows) if at in found]
        self.files(n, of, [(r, found[at]) for at, r in enumerate(rows)
                           if at in found])

    def values(self, n, of, row, got):
        """Canonical texts, and whether they give the leaf."""
        first = 2 if n else 1
        tries = [[] for _ in range(4)]
        for i, c in list(enumerate(of.cols))[first:]:
            how = cells.shape(c.x) if c.what == "field" else "text"
            spelt = self.repairs.get(self.here + (c.head,))
            for k, one in enumerate(tries):
                one.append(self.value(how, got, i, k % 2 == 1)
                           if k < 2 or spelt is None else
                           self.meant(how, "s", spelt))
        for some in tries:
            if self.leaf(n, row, some)[:lists.LEAF] == row.leaf:
                return some, True
        return tries[2], False

    def leaf(self, n, row, values):
        where = judge_root.lp(row.key.encode())
        if n:
            where = judge_root.lp(where + row.ordinal.to_bytes(4, "big"))
        body = self.root.begin(0, n) + where
        for v in values:
            body += b"\0" + judge_root.lp(b"") if v is None else \
                b"\1" + judge_root.lp(v.encode("utf-8", "surrogatepass"))
        return judge_root.sha(body)

    def explain(self, of, n, block, sums, bad, found, places, rows):
        """Which cells of a block: changed rows cross changed columns."""
        changed = [at for at in block if at in bad]
        first = 2 if n else 1
        some = []
        if all(at in found for at in block) and any(any(s) for s in sums):
            now = lists.sums([found[at] for at in block], len(sums))
            if any(any(s) for s in now):
                some = [i for i, s in enumerate(now) if s != sums[i]]
        for at in changed:
            sheet, refs = places[at]
            r = rows[at]
            if not some:
                self.say("changed", of, r.key, r.ordinal, sheet=sheet,
                         ref=refs[0])
            for i in some:
                c = of.cols[first + i]
                self.say("changed", of, r.key, r.ordinal,
                         c.x["code"] if c.what == "field" else "$id", sheet,
                         refs[first + i], len(changed) > 1 and len(some) > 1)

    def files(self, n, of, rows):
        """Each file that the list names, with where it stands."""
        first = 2 if n else 1
        at = of.table["index"] if n else 0
        for r, values in rows:
            for c, v in zip(of.cols[first:], values):
                if not c.x or c.x["type"] != "FILE" or not v:
                    continue
                inner = c.x["index"]
                place = (at, r.ordinal, inner) if n else (inner, 0, 0)
                for i, one in enumerate(v.split("\n")):
                    m = re.fullmatch("(.*) <([0-9]+) ([0-9a-f]{64})>", one)
                    if m:
                        self.named.append((len(r.key.encode()),
                                           r.key.encode(), place, i) +
                                          m.groups())

    def attachments(self):
        """Those of the manifest are those that the records name."""
        want = {}
        for *_, name, size, digest in sorted(self.named):
            end = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
            want.setdefault(digest, (digest[:32] + (
                end.group().lower() if end else ""), int(size)))
        have = {f["sha256"]: (f["name"], f["size"]) for f in self.m["files"]
                if f["role"] == "attachment"}
        if have != (want if self.m["source"]["attachments"] == "all"
                    else {}):
            raise Refused("content", "attachments are not those named")

    def marks(self):
        want = {}
        for _, m, gone in self.frame:
            if m["type"] == "HELD":
                self.root.held(m["key"])
                want[m["key"]] = "保留"
            elif gone:
                self.root.record(m["record"])
                want[m["record"][self.root.key]] = "削除"
        seen = set()
        self.columns = self.form.marks.cols
        for s, refs, got in self.finder.rows(self.form.marks):
            key, kind = self.key(got), self.value("key", got, 1)
            what = None
            if key not in want:
                what = "added"
            elif key in seen:
                what = "doubled"
            elif want[key] != kind:
                what = "changed"
            seen.add(key)
            if what:
                self.say(what, self.form.marks, key, sheet=s.name,
                         ref=refs[0])
        for key in want:
            if key not in seen:
                self.say("missing", self.form.marks, key)

    # The whole

    def cover(self):
        f = self.form
        f.records.count = len(self.root.lists[0])
        f.deleted, f.held = map(len, self.root.lists[-2:])
        for t, ls in zip(f.tables, self.root.lists[1:]):
            t.count = len(ls)
        f.put_cover()
        want = Sheet("")
        want.read(ET.fromstring("<s>%s</s>" % "".join(f.cover.body)), [])
        sheet = [s for s in self.book.sheets if s.name == judge_view.COVER]
        sheet = sheet or [s for s in self.finder.free
                          if head_row(s)[1].get(0) == judge_view.COVER]
        if len(sheet) != 1:
            raise Refused("view", "no sheet " + judge_view.COVER)
        if any(c.formula for _, row in sheet[0].rows for c in row.values()):
            raise Refused("xlsx", "sheet %s: formula" % judge_view.COVER)
        a, b = ({(i, n): cells.unescaped(c.text) for n, row in s.rows
                 for i, c in row.items() if c.text}
                for s in (want, sheet[0]))
        for i, n in sorted(set(a) | set(b)):
            if a.get((i, n)) != b.get((i, n)):
                raise Refused("view", "sheet %s, cell %s%d" % (
                    judge_view.COVER, letters(i), n))

    def proof(self):
        """Frame and manifest say the same as the rows."""
        m, done = self.m, self.frame[-1][1]["value"]["complete"]
        counts = self.root.counts()
        if m["content"]["root"] != counts["root"]:
            raise Refused("content", "root %s, signed %s" % (
                counts["root"], m["content"]["root"]))
        kind = "part" if m["part"]["of"] > 1 else m["kind"]
        if done["kind"] != kind:
            raise Refused("record", "STATE: of the kind " + done["kind"])
        if self.root.digest.hex() != m["schema"]["sha256"] or any(
                done[k] != v for k, v in counts.items()) or (
                m["content"]["records"], m["held"],
                m["content"]["deletes"]) != (
                counts["records"], counts["held"], counts["deleted"]):
            raise Refused("record", "frame, manifest and rows differ")
        return counts["root"]


def whole(m, parts, folder):
    """What a part has of the whole."""
    try:
        data, sigs = judge_bundle.whole_of(m, parts)
    except judge_bundle.Refused as e:
        raise Refused("digest", str(e))
    try:
        if data is not None:
            judge_bundle.signers(sigs, data, folder)
    except judge_bundle.Refused as e:
        raise Refused("signature", str(e))


def look(path, folder):
    """The judge of a bundle with which everything is right but, perhaps,
    cells: its damage."""
    book, parts, others = files.taken(path)
    data = parts["manifest.json"]
    try:
        m = judge_bundle.check_manifest(data)
    except judge_bundle.Refused as e:
        raise Refused("manifest", str(e))
    try:
        judge_bundle.check_signatures(
            {n: b for n, b in parts.items() if n.startswith("sig/")}, data,
            folder)
    except judge_bundle.Refused as e:
        raise Refused("signature", str(e))
    if m["carrier"] != "relay":
        raise Refused("manifest", "carrier")
    whole(m, parts, folder)
    files.bound(m, parts)
    files.attached(m, others)
    j = Judge(book, m, parts)
    j.read()
    return j


def judge(path, folder):
    j = look(path, folder)
    if j.damage:
        for one in j.damage:
            print("\t".join(one))
        raise Refused("content", "%d differences" % len(j.damage))
    root = j.proof()
    j.attachments()
    j.cover()
    print("root %s\nok" % root)


def main(argv):
    try:
        if argv[1:2] == ["--take"] and len(argv) == 4:
            make.save(files.taken(argv[2])[1], argv[3])
        elif argv[1:2] == ["--make"] and len(argv) in (5, 6):
            make.make(*argv[2:])
        elif len(argv) == 3:
            judge(argv[1], argv[2])
        else:
            sys.exit(__doc__)
    except Refused as e:
        print("judge_relay: %s" % e, file=sys.stderr)
        return STATUS.get(e.reason, 1)
    except OSError as e:
        print("judge_relay: file: %s" % e, file=sys.stderr)
        return 74
    except (KeyError, ValueError, IndexError) as e:
        print("judge_relay: record: malformed: %r" % e, file=sys.stderr)
        return 65
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
