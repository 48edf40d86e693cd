#!/usr/bin/env python3
"""A second, slow implementation of what seki-bundle(5) says about parts,
written from that page and those that it names, and sharing nothing with lib/.
It judges the first one.

  judge_parts.py TRUST PART... [--key KEY] [--stream FILE]

PART is a part as it was sent, or as a relay delivered it: a workbook, an
archive or a folder.  KEY opens encrypted ones.  Prints a line for each part and
what the whole is; with --stream the whole's record stream, which can be had of
media only, goes to FILE.  Dates of today and the place in the stream it does
not judge.  Standard library and the openssl command only.  Exit status 0, or 1
with the reason on stderr.
"""
import argparse
import base64
import contextlib
import datetime
import hashlib
import io
import json
import os
import re
import sys
import zipfile

import judge_bundle
import judge_relay
import judge_relay_book
import judge_relay_list as lists
import judge_root
import judge_view

# What a part says for itself; the rest is the whole's.
OWN = {"carrier", "expires", "trust", "prepared_by", "files", "recipients",
       "content", "held", "part", "scan"}
COUNTS = ("records", "held", "deleted")
DAY = datetime.timedelta(days=1)


class Refused(Exception):
    """A reason of seki-verify(1) where the page has one, and a text."""

    def __init__(self, text, reason=None):
        super().__init__("%s: %s" % (reason, text) if reason else text)


def need(truth, text, reason=None):
    if not truth:
        raise Refused(text, reason)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def counted(m):
    return {"records": m["content"]["records"], "held": m["held"],
            "deleted": m["content"]["deletes"]}


def text_of(counts):
    return " ".join("%s %d" % (k, counts[k]) for k in COUNTS)


# Signatures, by the trust file

def instant(s):
    return datetime.datetime.strptime(s, "%Y-%m-%dT%H:%M:%SZ")


class Trust:
    def __init__(self, folder):
        self.folder = folder
        self.doc = judge_bundle.newest_trust(folder)
        self.bad = {r["key"] for r in self.doc["revoked"]}
        deny = os.path.join(folder, "deny")
        if os.path.exists(deny):
            with open(deny, encoding="utf-8") as f:
                self.bad |= {line.partition("#")[0].strip() for line in f}

    def rules(self, stream):
        streams = self.doc["streams"]
        return streams.get(stream, streams.get("*"))

    def signers(self, m, data, sigs):
        """Who signed, by purpose; all that signed may."""
        out = {"prepare": set(), "approve": set(), "release": set()}
        need(len(sigs) <= 16, "more than 16 signatures")
        for name, key, purpose, when in judge_bundle.signers(
                sigs, data, self.folder):
            need(purpose in out and purpose in key["roles"],
                 "%s: not in this role" % name, "signature")
            need(m["stream"] in key["streams"] or "*" in key["streams"],
                 "%s: not for this stream" % name, "signature")
            need(instant(key["not_before"]) <= when <
                 instant(key["not_after"]) and
                 instant(m["created"]) - DAY <= when <= instant(m["expires"]),
                 "%s: signed at another time" % name, "signature")
            der = base64.b64decode(key["certificate"])
            need(digest(der) not in self.bad, name, "revoked")
            out[purpose].add(key["owner"])
        need(m["prepared_by"] in out["prepare"],
             "none by %s, who prepared it" % m["prepared_by"], "signature")
        need(m["trust"] <= self.doc["version"], "the trust file is older",
             "trust-old")
        return out

    def enough(self, m, by):
        rules = self.rules(m["stream"])
        for purpose, owners in by.items():
            if purpose != "prepare":
                owners = owners - by["prepare"]
            need(len(owners) >= rules[purpose],
                 "%s by %d" % (purpose, len(owners)), "threshold")

    def travels(self, m):
        """Carrier and encryption are what the stream's rules want."""
        rules = self.rules(m["stream"])
        need(m["carrier"] in rules["carriers"], "carrier", "policy")
        need(m["recipients"] or rules["clear"] and not rules["recipients"],
             "in the clear", "policy")


# One part

def keys_of(root, stream):
    """Of all records, held ones and deletions; Root has seen that they
    ascend."""
    for _, m, _ in lists.messages(stream):
        if m["type"] in ("RECORD", "HELD"):
            key = m["key"] if m["type"] == "HELD" else m["record"][root.key]
            yield len(key.encode()), key.encode()


class Part:
    """What there is of a part, after its own rules held."""

    def __init__(self, path, trust, key):
        self.blind = self.promised = self.lines = None
        media = os.path.isfile(path) and self.media(path)
        if media:
            self.m, self.entries = judge_bundle.take(path)
            need(self.m["carrier"] == "media", "carrier", "manifest")
        else:
            self.of_relay(path, trust.folder)
        self.n, self.of = self.m["part"]["n"], self.m["part"]["of"]
        need(self.of > 1, "no part")
        self.whole(trust)
        trust.travels(self.m)
        trust.enough(self.m, trust.signers(
            self.m, self.entries["manifest.json"],
            {n: b for n, b in self.entries.items() if n.startswith("sig/")}))
        if media:
            self.of_media(key)
        self.proof()
        self.form()

    @staticmethod
    def media(path):
        try:
            with zipfile.ZipFile(path) as z:
                return "manifest.json" in z.namelist()
        except zipfile.BadZipFile:
            return False

    def of_media(self, key):
        clear, shown = self.entries, self.m
        if self.m["recipients"]:
            need(key is not None, "encrypted, and no key", "credentials")
            clear, roots = judge_bundle.open_sealed(self.m, {
                f["name"]: self.entries[f["name"]]
                for f in self.m["files"]}, key)
            self.blind, self.promised = roots[:32], roots[64:]
            need(digest(b"\3" + self.blind + self.promised) ==
                 self.w["content"]["root"],
                 "the whole's root inside, blinded, is not the signed one",
                 "content")
            # The cover has the true one.
            shown = dict(self.m, content=dict(
                self.m["content"], root=roots[32:64].hex()))
        self.want = shown["content"]["root"]
        self.attached = set()
        for name, b in clear.items():
            if name.startswith("att/"):
                need(digest(b) == name[4:], name, "digest")
                self.attached.add((name[4:], len(b)))
        judge_bundle.check_attachments(dict(self.m, files=[
            {"role": "attachment", "name": "att/" + d, "sha256": d, "size": n}
            for d, n in self.attached]), clear["data/records.jsonl"])
        self.records(clear["data/records.jsonl"])
        if "view/records.xlsx" in clear:
            self.view(shown, clear)

    def records(self, stream):
        self.lines = stream.decode().split("\n")[:-1]
        self.root, self.state = judge_root.read(self.lines)
        need(self.state is not None, "no STATE", "cut")
        self.head = self.lines[0]
        self.keys = list(keys_of(self.root, stream))

    @staticmethod
    def view(m, clear):
        want = judge_view.render(
            io.StringIO(clear["data/records.jsonl"].decode()), m)
        with zipfile.ZipFile(io.BytesIO(clear["view/records.xlsx"])) as v:
            have = {n: v.read(n) for n in v.namelist()}
        for name in sorted(set(want) | set(have)):
            need(want.get(name) == have.get(name), "workbook: " + name, "view")

    def of_relay(self, path, folder):
        with contextlib.redirect_stdout(io.StringIO()):
            j = judge_relay.look(path, folder)
        need(not j.damage, "%d differences" % len(j.damage), "content")
        self.want = j.proof()
        j.attachments()
        j.cover()
        self.m, self.entries, self.root = j.m, j.parts, j.root
        self.state = j.frame[-1][1]["value"]
        self.head = j.frame[0][0]
        rows, _ = lists.listed(j.parts["data/list.bin"], 0,
                               lists.columns(j.root, 0))
        self.keys = [(len(r.key.encode()), r.key.encode()) for r in rows]
        self.keys += keys_of(j.root, j.parts["data/frame.jsonl"])
        self.keys.sort()
        self.attached = {(f["sha256"], f["size"]) for f in self.m["files"]
                         if f["role"] == "attachment"}

    def proof(self):
        """STATE, manifest and records of the piece say the same."""
        done, counts = self.state["complete"], self.root.counts()
        need(done["kind"] == "part", "STATE of the kind " + done["kind"],
             "record")
        need(done["alg"] == "seki-root-1" and "from" not in done, "STATE",
             "record")
        for k, v in counts.items():
            need(done[k] == v, "%s: STATE has %s, not %s" % (k, done[k], v),
                 "content")
        need(self.want == counts["root"] and
             all(v == counts[k] for k, v in counted(self.m).items()),
             "counts and root are not those signed", "content")
        judge_bundle.check_approval(self.m)

    def whole(self, trust):
        """The rules for the part's manifest; the whole's own."""
        try:
            self.set, sigs = judge_bundle.whole_of(self.m, self.entries)
        except judge_bundle.Refused as e:
            raise Refused(str(e), "digest")
        w = self.w = judge_bundle.check_manifest(self.set)
        need(w["part"]["of"] == 1, "whole: a part itself", "manifest")
        if not w["recipients"]:
            judge_bundle.check_approval(w)
        for k in sorted(set(w) - OWN - {"approval", "notes"}):
            need(judge_bundle.write(w[k]) == judge_bundle.write(self.m[k]),
                 "%s is not the whole's" % k, "manifest")
        for k in ("kind", "number"):
            need(w["approval"][k] == self.m["approval"][k],
                 "approval.%s is not the whole's" % k, "manifest")
        need(w["notes"].get("approver") == self.m["notes"].get("approver"),
             "notes.approver is not the whole's", "manifest")
        need(bool(w["recipients"]) == bool(self.m["recipients"]),
             "only one of part and whole has recipients", "manifest")
        for k, v in counted(w).items():
            need(counted(self.m)[k] <= v, "%s: more than in the whole" % k,
                 "manifest")
        self.place(w)
        trust.enough(w, trust.signers(w, self.set, sigs))

    def place(self, w):
        """Where the piece lies in the whole."""
        text = self.m["notes"].get("lines", "")
        m = re.fullmatch(r"([1-9][0-9]*)-([1-9][0-9]*)/([1-9][0-9]*)", text)
        need(m, "notes.lines", "manifest")
        self.first, self.last, of = (int(x) for x in m.groups())
        need(self.first <= self.last <= of and
             of == sum(counted(w).values()) and
             self.last - self.first + 1 == sum(counted(self.m).values()) and
             (self.first == 1) == (self.n == 1) and
             (self.last == of) == (self.n == self.of),
             "notes.lines does not fit", "manifest")

    def form(self):
        """SCHEMA and STATE are the whole's, where its manifest tells."""
        w, done = self.w, self.state["complete"]
        schema = json.loads(self.head)
        need(self.root.digest.hex() == w["schema"]["sha256"], "SCHEMA",
             "content")
        need(schema["stream"] == w["stream"], "SCHEMA: another stream",
             "source")
        said = {"attachments": "none", "query_sha256": "", "fetched_from": "",
                "fetched_to": "", "id_min": "", "id_max": "", "total": 0}
        said.update({k: v for k, v in done["source"].items() if k in said})
        x = schema["schema"]["x-seki"]["source"]
        said.update({k: x[k] for k in ("system", "domain", "app")})
        need(said == w["source"], "source is not the whole's", "source")
        need(done.get("rules", "") == w["rules"], "rules are not the whole's",
             "content")


# Together

def check_together(parts):
    first = parts[0]
    for p in parts:
        need((p.of, p.m["part"]["set"]) == (first.of, first.m["part"]["set"]),
             "parts of another set", "gap")
    need(sorted(p.n for p in parts) == list(range(1, first.of + 1)),
         "%s of %d" % (sorted(p.n for p in parts), first.of), "gap")
    parts.sort(key=lambda p: p.n)
    for p, q in zip(parts, parts[1:]):
        need(q.first == p.last + 1, "two cuts of the whole", "policy")
    for p in parts:
        need(p.head == first.head, "SCHEMA of part %d" % p.n, "content")
        need(p.n == p.of or p.state["bookmarks"] == {},
             "bookmarks in part %d" % p.n, "content")
        need(p.state["complete"].get("rules") ==
             first.state["complete"].get("rules") and
             p.state["complete"]["source"] ==
             first.state["complete"]["source"],
             "rules or source of part %d" % p.n, "content")
    keys = [k for p in parts for k in p.keys]
    need(all(a < b for a, b in zip(keys, keys[1:])),
         "keys do not ascend over the parts", "content")
    return whole_root(parts)


def whole_root(parts):
    """Counts and root of all leaves, which are those of the whole."""
    w, root = parts[0].w, parts[0].root
    root.lists = [sum((p.root.lists[i] for p in parts), [])
                  for i in range(len(root.lists))]
    counts = root.counts()
    for k, v in counted(w).items():
        need(counts[k] == v, "%s: %d in all parts, %d in the whole" % (
            k, counts[k], v), "content")
    signed, true = w["content"]["root"], bytes.fromhex(counts["root"])
    if w["recipients"]:
        blind = parts[0].blind
        need(all(p.blind == blind for p in parts), "random bytes", "content")
        need(all(p.promised == true for p in parts),
             "the whole's root in a part is not that of the records",
             "content")
        true = hashlib.sha256(b"\3" + blind + true).digest()
    need(true.hex() == signed, "root %s, signed %s" % (true.hex(), signed),
         "content")
    check_attachments(parts, w, counts["root"])
    return counts


def check_attachments(parts, w, root):
    together = set().union(*(p.attached for p in parts))
    if not w["recipients"]:
        need(together == {(f["sha256"], f["size"]) for f in w["files"]
                          if f["role"] == "attachment"},
             "attachments are not the whole's", "content")
        return
    judge_bundle.check_blinded(dict(
        w, content=dict(w["content"], root=root),
        files=[{"role": "attachment"} for _ in together]), parts[0].blind)


def stream(parts, counts):
    """The whole's, as far as it travelled."""
    need(all(p.lines for p in parts), "a relay's parts have cells, no lines")
    state = json.loads(parts[-1].lines[-1])
    state["value"]["complete"].update(counts, kind=parts[0].w["kind"])
    lines = [parts[0].head] + [x for p in parts for x in p.lines[1:-1]]
    lines.append(json.dumps(state, ensure_ascii=False,
                            separators=(",", ":")))
    return "".join(x + "\n" for x in lines)


def judge(a):
    trust, parts = Trust(a.trust), []
    for path in a.parts:
        try:
            parts.append(Part(path, trust, a.key))
        except (Refused, judge_bundle.Refused, judge_root.Refused,
                judge_relay_book.Refused) as e:
            raise Refused("%s: %s" % (os.path.basename(path), e))
    # A set that is not whole is shown, too.
    for p in sorted(parts, key=lambda p: p.n):
        counts = p.root.counts()
        print("part %d/%d root %s %s files %d" % (
            p.n, p.of, counts["root"], text_of(counts), len(p.attached)))
    counts = check_together(parts)
    print("whole root %s %s\nmanifest %s" % (
        counts["root"], text_of(counts), digest(parts[0].set)))
    if a.stream:
        with open(a.stream, "w", encoding="utf-8", newline="\n") as f:
            f.write(stream(parts, counts))


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("trust")
    p.add_argument("parts", nargs="+")
    p.add_argument("--key")
    p.add_argument("--stream")
    try:
        judge(p.parse_args())
    except (Refused, judge_bundle.Refused) as e:
        sys.exit("judge_parts: %s" % e)
    except OSError as e:
        sys.exit("judge_parts: file: %s" % e)
    except (IndexError, KeyError, ValueError, zipfile.BadZipFile) as e:
        sys.exit("judge_parts: malformed: %r" % e)


if __name__ == "__main__":
    main()
