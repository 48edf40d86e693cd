"""A proxy on loopback that spoils answers on their way, for soak.py: one
listener for each replica, so that the service's name stays the same, and for
each pull a plan of what may go wrong with a request."""
import gzip
import http.client
import json
import random
import socket
import struct
import threading
import time

JSON = "application/json;charset=utf-8"
HTML = "text/html"
PAGE = b"<html><title>Sign in</title></html>"


class Answer:
    """What goes back: the body, and how it is sent."""

    def __init__(self, status, ctype, body, extra=()):
        self.status, self.ctype, self.body = status, ctype, body
        self.extra = list(extra)
        self.length = None  # what is said, when it is not the truth
        self.pieces = 1
        self.end = None     # "close" or "reset" after the body
        self.spared = False

    def doc(self):
        return json.loads(self.body)

    def put(self, doc):
        self.body = json.dumps(doc, ensure_ascii=False).encode()


def refusal(status, code):
    def fault(a):
        a.status, a.ctype = status, JSON
        a.put({"code": code, "id": "x", "message": "made up"})
    return fault


def page(status):
    def fault(a):
        a.status, a.ctype, a.body = status, HTML, PAGE
    return fault


def cut(a):
    a.length = len(a.body)
    a.body = a.body[:len(a.body) // 2]
    a.end = "close"


def reset(a):
    cut(a)
    a.end = "reset"


def drop(a):
    a.status, a.end = None, "close"


def slow(a):
    a.pieces = 15


def packed(a):
    a.body = gzip.compress(a.body, 1)
    a.extra.append("Content-Encoding: gzip")


def extra(a):
    doc = a.doc()
    doc["newKey"] = {"type": "x", "value": [1, None]}
    a.put(doc)


def short(a):
    a.body = a.body[:len(a.body) // 2]


def tail(a):
    a.body += b"{}"


def warning(a):
    a.extra.append("X-Cybozu-Warning: Filter aborted because of too many "
                   "search results")


def rows(change):
    def fault(a):
        doc = a.doc()
        if doc.get("records"):
            change(doc["records"])
            a.put(doc)
        else:
            a.spared = True
    return fault


def swap(r):
    r[0], r[-1] = r[-1], r[0]
    if len(r) == 1:
        r.append(r[0])


def hide(r):
    del r[0]["件名" if "件名" in r[0] else "$id"]


def lie(r):
    """What no client can notice: the stream must fail the judge."""
    if "件名" in r[-1]:
        r[-1]["件名"]["value"] += "x"


def count(n):
    def fault(a):
        doc = a.doc()
        if doc.get("totalCount") is None:
            a.spared = True
            return
        doc["totalCount"] = str(max(0, int(doc["totalCount"]) + n))
        a.put(doc)
    return fault


# Name: what it does, which answers it can spoil ("page": those with records of
# the pull), and how a pull may end when it does not go well: the (status,
# reason) pairs that the manual gives for it, beside 75 moved.
BUSY = {(75, "busy")}
LINE = {(75, "network")}
ODD = {(69, "protocol")}
TRANSIENT = {
    "429": (refusal(429, "GAIA_TO04"), "any", BUSY),
    "502": (page(502), "any", BUSY),
    "503": (page(503), "any", BUSY),
    "504": (page(504), "any", BUSY),
    "520-page": (page(520), "any", BUSY),
    "cut": (cut, "any", LINE),
    "reset": (reset, "any", LINE),
    "drop": (drop, "any", LINE),
}
HARMLESS = {
    "slow": (slow, "any", set()),
    "extra": (extra, "any", set()),
}
FATAL = {
    "520": (refusal(520, "GAIA_RE18"), "any", BUSY),
    "500": (page(500), "any", BUSY),
    "401": (refusal(401, "CB_WA01"), "any", {(77, "credentials")}),
    "403": (refusal(403, "GAIA_NO01"), "any", {(77, "permission")}),
    "400": (refusal(400, "CB_VA01"), "any", {(69, "refused")}),
    "html": (page(200), "any", ODD),
    # which a client on the same host did not ask for
    "gzip": (packed, "any", ODD),
    # half a document, wherever it was cut
    "short": (short, "any", LINE | ODD),
    "tail": (tail, "any", ODD),
    "warning": (warning, "page", {(69, "refused")}),
    "twice": (rows(lambda r: r.insert(0, r[0])), "page", ODD),
    "swapped": (rows(swap), "page", ODD),
    "missing": (rows(lambda r: r.pop(len(r) // 2)), "page", set()),
    "none": (rows(lambda r: r.clear()), "page", set()),
    "hidden": (rows(hide), "page", {(77, "permission")} | ODD),
    "more": (count(1), "any", set()),
    "fewer": (count(-1), "any", set()),
}
LIE = {"lie": (rows(lie), "page", set())}
FAULTS = {**TRANSIENT, **HARMLESS, **FATAL, **LIE}


class Plan:
    """Each answer is spoilt with this chance by one of these faults, most of
    them at most; done says which were."""

    def __init__(self, rng, faults, chance, most):
        self.rng, self.faults = rng, list(faults)
        self.chance, self.most = chance, most
        self.done = []
        self.lock = threading.Lock()

    def spoil(self, a, kind):
        with self.lock:
            if len(self.done) >= self.most or a.status != 200 or \
                    self.rng.random() >= self.chance:
                return
            name = self.rng.choice(self.faults)
            change, where, _ = FAULTS[name]
            if where == "page" and kind != "page":
                return
            change(a)
            if not a.spared:
                self.done.append(name)


class Proxy:
    def __init__(self, upstream):
        self.upstream = upstream  # host, port
        self.plan = Plan(random.Random(0), [], 0, 0)
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://localhost:%d" % self.sock.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        up = http.client.HTTPConnection(*self.upstream, timeout=60)
        try:
            f = conn.makefile("rb")
            while self.one(conn, f, up):
                pass
        except OSError:
            pass
        finally:
            up.close()
            conn.close()

    def one(self, conn, f, up):
        line = f.readline().decode("latin-1").split()
        if len(line) < 2:
            return False
        headers = {}
        while True:
            h = f.readline().decode("latin-1").rstrip("\r\n")
            if not h:
                break
            k, _, v = h.partition(":")
            headers[k.lower()] = v.strip()
        body = f.read(int(headers.get("content-length", 0)))
        for k in ("host", "accept-encoding"):
            headers.pop(k, None)
        up.request(line[0], line[1], body or None, headers)
        r = up.getresponse()
        a = Answer(r.status, r.getheader("Content-Type"), r.read(),
                   ["Date: " + r.getheader("Date", "")])
        self.plan.spoil(a, "page" if b"$id >" in body else "other")
        return send(conn, a)


def send(conn, a):
    """Whether the connection goes on."""
    if a.status is not None:
        head = "HTTP/1.1 %d X\r\nContent-Type: %s\r\n%s" \
            "Content-Length: %d\r\n\r\n" % (
                a.status, a.ctype, "".join(e + "\r\n" for e in a.extra),
                len(a.body) if a.length is None else a.length)
        conn.sendall(head.encode())
        step = len(a.body) // a.pieces + 1
        for at in range(0, len(a.body), step):
            conn.sendall(a.body[at:at + step])
            if a.pieces > 1:
                time.sleep(0.01)
    if a.end == "reset":
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    elif a.end == "close":
        conn.shutdown(socket.SHUT_RDWR)
    return a.end is None
