"""What soak.py knows of the service's records: each version's content and
when it can have been seen, since one writer alone changes them and writes
down what it does."""
import http.client
import json
import random
import threading
import time
from decimal import Decimal

FOREVER = float("inf")
EMPTY = (None, "", [])
USERS = ("CREATOR", "MODIFIER", "USER_SELECT", "ORGANIZATION_SELECT",
         "GROUP_SELECT", "STATUS_ASSIGNEE")
TEXTS = ["齋藤  翔太", "𠮷野家 🍣", "葛󠄀城", "ｶﾞｸｾｲ", "=1+1", "\"quoted\" \\",
         "a\u2028b", "*", "  ", "長い" * 300, "<b>&amp;</b>", "0012"]


def number(text):
    try:
        d = Decimal(text)
    except ArithmeticError:
        return text  # a date, a time, a duration
    text = format(d, "f") if d else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def stream_value(cell):
    """A cell of the service as the record stream must have it
    (seki-stream(5)); nothing of lib/ is used here."""
    kind, v = cell["type"], cell["value"]
    if kind == "SUBTABLE":
        return [dict({"$id": row["id"]}, **{
            k: stream_value(c) for k, c in row["value"].items()})
            for row in v]
    if kind == "FILE":
        return [{"name": f["name"], "size": f["size"],
                 "contentType": f["contentType"], "sha256": None} for f in v]
    if kind in USERS:
        many = v if isinstance(v, list) else [v]
        return [{"code": u["code"], "name": u["name"]} for u in many]
    if kind in ("CHECK_BOX", "MULTI_SELECT", "CATEGORY"):
        return v
    if v in EMPTY:
        return None
    return number(v) if kind in ("NUMBER", "CALC") else v


class Api:
    def __init__(self, host, port, token, app):
        self.conn = http.client.HTTPConnection(host, port, timeout=60)
        self.app = app
        self.headers = {"X-Cybozu-API-Token": token,
                        "Content-Type": "application/json"}

    def call(self, method, path, **body):
        """The answer; None when the service is busy, anything else is a
        mistake of ours."""
        headers = dict(self.headers)
        if method == "GET":
            method, headers["X-HTTP-Method-Override"] = "POST", "GET"
        self.conn.request(method, "/k/v1/" + path,
                          json.dumps(dict(body, app=self.app)), headers)
        r = self.conn.getresponse()
        text = r.read()
        if r.status == 429:
            return None
        if r.status != 200:
            raise SystemExit("soak: %s %s: %d %s" % (
                method, path, r.status, text.decode()))
        return json.loads(text)

    def records(self, query):
        while True:
            got = self.call("GET", "records.json", query=query)
            if got is not None:
                return got["records"]
            time.sleep(0.01)


class Version:
    __slots__ = ("revision", "record", "born", "dead")

    def __init__(self, record, born):
        self.revision = record["$revision"]["value"]
        self.record = {k: stream_value(c) for k, c in record.items()}
        self.born = born             # (not before, surely after)
        self.dead = (FOREVER, FOREVER)


class World:
    """Versions by id, oldest first.  Whoever holds the lock sees no half-done
    write."""

    def __init__(self, api, seed):
        self.api, self.rng = api, random.Random(seed)
        self.lock = threading.Lock()
        self.history = {}
        self.alive = []
        self.added = 0
        self.stop = threading.Event()
        last = 0
        while True:
            got = api.records("$id > %d order by $id asc limit 500" % last)
            if not got:
                break
            for r in got:
                self.seen(r, (0.0, 0.0))
            last = int(got[-1]["$id"]["value"])

    def seen(self, record, born):
        key = record["$id"]["value"]
        versions = self.history.setdefault(key, [])
        if versions:
            versions[-1].dead = born
        else:
            self.alive.append(key)
        versions.append(Version(record, born))

    # The writer.

    def content(self, new):
        rng = self.rng
        word = rng.choice(TEXTS)
        out = {"件名": word[:60], "相談内容": word + "\n" + word,
               "備考": rng.choice(TEXTS), "精密値": rng.choice(
                   ["", "12.5", "-0.5", str(rng.randrange(10 ** 20))]),
               "概算費用": str(rng.randrange(10 ** 6)),
               "相談区分": rng.sample(["いじめ", "学習", "家庭"],
                                     rng.randrange(4)),
               "相談日": rng.choice(["", "2026-04-01", "1000-01-01"]),
               "緊急度": rng.choice(["低", "中", "高"]),
               "家族": [{"value": {"家族氏名": {"value": rng.choice(TEXTS)}}}
                       for _ in range(rng.randrange(3))]}
        if new:
            self.added += 1
            out["受付番号"] = "S-%08d" % self.added
        else:
            for k in rng.sample(sorted(out), rng.randrange(8)):
                del out[k]
        return {k: {"value": v} for k, v in out.items()}

    def read_back(self, keys, before):
        got = self.api.records("$id in (%s) limit 500" % ",".join(keys))
        if len(got) != len(keys):
            raise SystemExit("soak: %d written, %d found" % (
                len(keys), len(got)))
        after = time.monotonic()
        for r in got:
            self.seen(r, (before, after))

    def add(self):
        n = self.rng.choice((1, 1, 2, 20))
        before = time.monotonic()
        got = self.api.call("POST", "records.json", records=[
            self.content(True) for _ in range(n)])
        if got is not None:
            self.read_back(got["ids"], before)

    def edit(self):
        keys = self.rng.sample(self.alive, self.rng.choice((1, 2, 10, 50)))
        before = time.monotonic()
        if self.api.call("PUT", "records.json", records=[
                {"id": k, "record": self.content(False)}
                for k in keys]) is not None:
            self.read_back(keys, before)

    def delete(self):
        if len(self.alive) < 1000:
            return
        keys = self.rng.sample(self.alive, self.rng.choice((1, 1, 3)))
        before = time.monotonic()
        if self.api.call("DELETE", "records.json", ids=keys) is None:
            return
        dead = (before, time.monotonic())
        for k in keys:
            self.history[k][-1].dead = dead
            self.alive.remove(k)

    def write_on(self, pause):
        """A thread: changes all the time, with quiet moments."""
        while not self.stop.is_set():
            with self.lock:
                self.rng.choice((self.add, self.edit, self.edit,
                                 self.delete))()
            self.stop.wait(self.rng.random() * pause)

    # The judge.

    def judge(self, got, begin, end, delta=False, deletes=False):
        """What is wrong with these records, {id: record}, as the app's
        content at moments from begin to end.  In a copy that a delta was put
        into, what was deleted during it may be as it was before, since the
        deletion comes with the next one, and without deletes never."""
        wrong = []
        for key, record in got.items():
            versions = self.history.get(key, [])
            fit = [v for v in versions
                   if v.revision == record.get("$revision")]
            if not fit:
                wrong.append("%s: revision %s never was" % (
                    key, record.get("$revision")))
                continue
            v = fit[0]
            if v.record != record:
                wrong.append("%s: %s differ" % (key, ", ".join(sorted(
                    k for k in set(record) | set(v.record)
                    if record.get(k, 0) != v.record.get(k, 0)))))
            elif v.born[0] > end or v.dead[1] < begin and not (
                    delta and versions[-1].dead[0] <= end and
                    (not deletes or versions[-1].dead[1] >= begin)):
                wrong.append("%s: revision %s was not then" % (
                    key, v.revision))
        for key, versions in self.history.items():
            if key not in got and versions[0].born[1] <= begin \
                    and versions[-1].dead[0] >= end:
                wrong.append("%s: missing" % key)
        return wrong
