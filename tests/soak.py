#!/usr/bin/env python3
"""Pulls again and again, through a line that spoils answers, from an app that
another writer changes all the while.

usage: soak.py [--pulls N] [--seed N] [--workers N] [--records N] [--lie]

Every stream that a pull gives must be the app's content: each record as it
was at some moment of the pull, none missing that was there all the time, none
that was gone before, none twice.  A pull that fails must say why with a
status that fits what went wrong, and leave nothing that a reader takes.  Full
pulls and deltas, deltas put into a copy that must stay the app's content too.

Prints what happened; ends with 1 when anything was wrong, when fewer than a
third of the pulls were accepted, or none was refused.  --lie changes a value
on the line, which no client can notice: that must end with 1.  seki-cloud,
seki-pull and seki-show are taken from PATH.
"""
import argparse
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import soak_proxy
import soak_world

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    p = argparse.ArgumentParser()
    for name, default in (("pulls", 200), ("seed", 1), ("workers", 4),
                          ("records", 1500)):
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("--lie", action="store_true")
    return p.parse_args()


class Tally:
    """What came of the pulls, and what was wrong."""

    def __init__(self):
        self.lock = threading.Lock()
        self.wrong, self.reasons, self.faults = [], {}, {}
        self.accepted = self.refused = self.deltas = self.records = 0
        self.deleted = self.judged = 0
        self.last = None  # an accepted full pull, for the judge's own trial

    def complain(self, who, what):
        with self.lock:
            self.wrong.append("%s: %s" % (who, what))


def read(data):
    """Records, deleted ids, and the value of the final STATE or None, of whole
    lines; ValueError when an id stands there twice."""
    records, gone, state = {}, [], None
    for line in data[:data.rfind(b"\n") + 1].split(b"\n")[:-1]:
        m = json.loads(line)
        state = m["value"] if m["type"] == "STATE" else None
        if m["type"] == "RECORD":
            r = m["record"]
            if r["$id"] in records or r["$id"] in gone:
                raise ValueError("%s stands there twice" % r["$id"])
            if "_sdc_deleted_at" in r:
                gone.append(r["$id"])
            else:
                records[r["$id"]] = r
    return records, gone, state


class Worker(threading.Thread):
    def __init__(self, n, soak):
        super().__init__()
        self.n, self.soak = n, soak
        self.rng = random.Random(soak.opt.seed * 1000 + n)
        self.proxy = soak_proxy.Proxy(soak.upstream)
        self.dir = os.path.join(soak.dir, "w%d" % n)
        os.mkdir(self.dir)
        self.marks = os.path.join(self.dir, "marks")
        self.out = os.path.join(self.dir, "out.jsonl")
        self.copy = None      # the records as of the last stored bookmarks
        self.deletes = False  # the bookmarks know the ids

    def run(self):
        try:
            while self.soak.another():
                self.pull()
        except BaseException as e:  # a thread's end must be everybody's
            self.soak.tally.complain("worker %d" % self.n, repr(e))
            self.soak.left = 0
            raise

    def plan(self):
        rng, p = self.rng, soak_proxy
        if self.soak.opt.lie:
            return p.Plan(rng, p.LIE, 1.0, 1)
        kind = rng.random()
        if kind < 0.2:
            return p.Plan(rng, [], 0, 0)
        if kind < 0.5:
            return p.Plan(rng, {**p.TRANSIENT, **p.HARMLESS}, 0.2, 2)
        if kind < 0.65:
            return p.Plan(rng, p.HARMLESS, 0.6, 9)
        return p.Plan(rng, p.FATAL, 0.25, 1)

    def options(self):
        rng = self.rng
        delta = self.copy is not None and rng.random() < 0.6
        o = ["--connections", str(rng.randint(1, 8)),
             "--tries", str(rng.choice((1, 2, 2, 3)))]
        deletes = False
        if delta or rng.random() < 0.8:
            deletes = self.deletes if delta else rng.random() < 0.7
            o += ["--bookmarks", self.marks]
            o += ["--deletes"] * deletes + ["--delta"] * delta
        return delta, deletes, o

    def pull(self):
        tally = self.soak.tally
        plan = self.proxy.plan = self.plan()
        delta, deletes, o = self.options()
        to_file = self.rng.random() < 0.3
        if os.path.exists(self.out):
            os.unlink(self.out)
        command = ["seki-pull", "--base-url", self.proxy.url, "--app", "1",
                   "--token-file", self.soak.token, "--stream", "soak",
                   "--json"] + o + (["-o", self.out] if to_file else [])
        begin = time.monotonic()
        r = subprocess.run(command, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=120)
        span = (begin, time.monotonic())
        who = "pull %s %s after %s" % (
            " ".join(o), r.returncode, ",".join(plan.done) or "nothing")
        with tally.lock:
            for name in plan.done:
                tally.faults[name] = tally.faults.get(name, 0) + 1
        data = r.stdout
        if to_file and os.path.exists(self.out):
            if r.returncode != 0:
                tally.complain(who, "a file was left")
            with open(self.out, "rb") as f:
                data = f.read()
        else:
            with open(self.out, "wb") as f:
                f.write(data)
        if r.returncode != 0:
            self.refused(who, r, data, plan)
        else:
            self.accepted(who, data, delta, deletes, "--bookmarks" in o, span)

    def refused(self, who, r, data, plan):
        tally = self.soak.tally
        try:
            said = json.loads(r.stderr.decode().splitlines()[-1])
            end = (r.returncode, said["reason"])
        except (ValueError, IndexError, KeyError):
            return tally.complain(who, "says %r" % r.stderr[-300:])
        with tally.lock:
            tally.refused += 1
            tally.reasons[end] = tally.reasons.get(end, 0) + 1
        fit = {(75, "moved")}
        for name in plan.done:
            fit |= soak_proxy.FAULTS[name][2]
        if "--concurrent" in self.soak.options:
            fit |= soak_proxy.BUSY
        if end not in fit or said["status"] != r.returncode:
            tally.complain(who, "ends with %s: %s" % (end, said["message"]))
        if read(data)[2] is not None:
            tally.complain(who, "has a proof")
        if self.show() == 0:
            tally.complain(who, "is taken by seki-show")
        return None

    def show(self):
        return subprocess.run(["seki-show", self.out], timeout=60,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode

    def accepted(self, who, data, delta, deletes, marks, span):
        tally = self.soak.tally
        try:
            records, gone, state = read(data)
        except ValueError as e:
            return tally.complain(who, str(e))
        if state is None or self.show() != 0:
            return tally.complain(who, "has no proof")
        done = state["complete"]
        if [done["kind"], done["records"], done["deleted"]] != [
                "delta" if delta else "full", len(records), len(gone)]:
            tally.complain(who, "counts otherwise: %s" % done)
        if self.rng.random() < 0.1:
            self.judge_root(who)
        result = records if not delta else {
            k: v for k, v in dict(self.copy, **records).items()
            if k not in gone}
        with self.soak.world.lock:  # what was written by then is written down
            wrong = self.soak.world.judge(result, *span, delta, deletes)
        for w in wrong[:5]:
            tally.complain(who, w)
        with tally.lock:
            tally.accepted += 1
            tally.deltas += delta
            tally.records += len(records)
            tally.deleted += len(gone)
            if not delta:
                tally.last = (records,) + span
        # Now and then what follows fails, and the bookmarks stay old.
        if marks and self.rng.random() < 0.85:
            self.store(state)
            self.copy, self.deletes = result, deletes
        return None

    def store(self, state):
        with open(self.marks + ".new", "w", encoding="utf-8") as f:
            json.dump(state, f, ensure_ascii=False)
        os.chmod(self.marks + ".new", 0o600)
        os.rename(self.marks + ".new", self.marks)

    def judge_root(self, who):
        r = subprocess.run([sys.executable, os.path.join(
            HERE, "judge_root.py"), self.out], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=120)
        with self.soak.tally.lock:
            self.soak.tally.judged += 1
        if r.returncode != 0:
            self.soak.tally.complain(who, r.stderr.decode())


class Soak:
    def __init__(self, opt, where):
        self.opt, self.dir = opt, where
        self.left, self.lock = opt.pulls, threading.Lock()
        self.tally = Tally()
        self.token = os.path.join(where, "token")
        self.cloud = None
        self.options = random.Random(opt.seed).choice((
            [], ["--delay", "3"], ["--concurrent", "6"],
            ["--delay", "10", "--concurrent", "9"]))

    def another(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def start(self):
        self.cloud = subprocess.Popen(
            ["seki-cloud", "--listen", "localhost:0", "--token-file",
             self.token, "--generate", "soudan:%d" % self.opt.records,
             "--seed", str(self.opt.seed)] + self.options,
            stdout=subprocess.PIPE)
        host, port = self.cloud.stdout.readline().decode().strip()[
            len("http://"):].rsplit(":", 1)
        self.upstream = (host, int(port))
        with open(self.token, encoding="ascii") as f:
            token = f.read().strip()
        self.world = soak_world.World(
            soak_world.Api(host, int(port), token, 1), self.opt.seed)

    def run(self):
        workers = [Worker(n, self) for n in range(self.opt.workers)]
        writer = threading.Thread(
            target=self.world.write_on, args=(0.4,), daemon=True)
        writer.start()
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        if not writer.is_alive():
            self.tally.complain("writer", "fell over")
        self.world.stop.set()
        writer.join(60)

    def try_the_judge(self):
        """A judge that finds nothing wrong with a spoilt stream is none."""
        history = self.world.history
        if self.tally.last is None:
            return self.tally.complain("judge", "no full pull was accepted")
        records, begin, end = self.tally.last
        keys = [k for k in records if history[k][0].born[1] <= begin
                and history[k][-1].dead[0] >= end]
        gone = [(k, v[-1]) for k, v in history.items()
                if v[-1].dead[1] < begin]
        old = [(k, v[0]) for k, v in history.items() if v[0].dead[1] < begin
               and len(v) > 1]
        spoil = {
            "a record less": lambda r: r.pop(keys[0]),
            "another value": lambda r: r[keys[1]].update({"件名": "?"}),
            "a field less": lambda r: r[keys[1]].pop("備考"),
            "a record too many": lambda r: r.update({"999999999": r[keys[0]]}),
        }
        for name, some in (("an old version", old), ("what was gone", gone)):
            if some:
                spoil[name] = lambda r, s=some: r.update(
                    {s[0][0]: s[0][1].record})
        for name, change in spoil.items():
            spoilt = copy.deepcopy(records)
            change(spoilt)
            if not self.world.judge(spoilt, begin, end):
                self.tally.complain("judge", "does not see " + name)
        return None

    def report(self, seconds):
        t, w = self.tally, self.world
        for line in t.wrong[:20]:
            print("wrong: " + line)
        print("soak: seed %d%s: %d pulls in %.0f s: %d accepted (%d deltas), "
              "%d refused; %d records and %d deletions judged, %d roots; "
              "%d versions of %d records, %d deleted; %d wrong" % (
                  self.opt.seed, "".join(" " + o for o in self.options),
                  t.accepted + t.refused, seconds, t.accepted, t.deltas,
                  t.refused, t.records, t.deleted, t.judged,
                  sum(len(v) for v in w.history.values()), len(w.history),
                  len(w.history) - len(w.alive), len(t.wrong)))
        print("soak: refused: " + ", ".join(
            "%d %s %d" % (k + (v,)) for k, v in sorted(t.reasons.items())))
        print("soak: faults: " + ", ".join(
            "%s %d" % p for p in sorted(t.faults.items())))
        if 3 * t.accepted < t.accepted + t.refused or not t.refused:
            print("soak: too few were accepted, or none was refused")
            return 1
        return 1 if t.wrong else 0


def main():
    opt = arguments()
    where = tempfile.mkdtemp(prefix="soak.")
    soak = Soak(opt, where)
    began = time.monotonic()
    try:
        soak.start()
        soak.run()
        if not opt.lie:
            soak.try_the_judge()
        return soak.report(time.monotonic() - began)
    finally:
        if soak.cloud is not None:
            soak.cloud.terminate()
            soak.cloud.wait(20)
        shutil.rmtree(where, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
