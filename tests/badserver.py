#!/usr/bin/env python3
"""A record server on a raw socket that misbehaves in one way a run.

usage: badserver.py [--page N] [--log FILE] [--tls CERT KEY] [--set NAME=TEXT]
                    SAMPLES MODE

Serves the app of SAMPLES (form-fields.json, form-layout.json, app.json,
records.json, errors.json) at most N records a page, prints its address, and
does what MODE says with the records call.  The log gets a line a request:
method, path, and the names of the headers that hold secrets.
"""
import base64
import copy
import gzip
import json
import os
import re
import socket
import ssl
import sys
import threading
import time

opt = {"page": 500, "log": None, "tls": None, "to": "", "at": 1, "form": 0}
args = sys.argv[1:]
while args and args[0].startswith("--"):
    name = args.pop(0)[2:]
    if name == "tls":
        opt["tls"] = (args.pop(0), args.pop(0))
    elif name == "set":
        k, v = args.pop(0).split("=", 1)
        opt[k] = v
    else:
        opt[name] = args.pop(0)
samples, mode = args
count = {"records": 0, "fields": 0}
lock = threading.Lock()


def load(name):
    with open(os.path.join(samples, name), encoding="utf-8") as f:
        return json.load(f)


fields, layout, app = (load(n + ".json")
                       for n in ("form-fields", "form-layout", "app"))
records = sorted(load("records.json")["records"],
                 key=lambda r: int(r["$id"]["value"]))
errors = load("errors.json")


def numbered(n):
    return dict(records[1], **{"$id": {"type": "__ID__", "value": str(n)}})


# many=N: N made-up records, without those that gap=G divides.
if "many" in opt:
    records = [numbered(n) for n in range(1, int(opt["many"]) + 1)
               if n % int(opt.get("gap", 10 ** 9))]
JSON = "application/json;charset=utf-8"


def head(status, ctype, extra=""):
    return ("HTTP/1.1 %s X\r\nContent-Type: %s\r\n"
            "X-ConcurrencyLimit-Limit: 100\r\n%s%s" % (
                status, ctype, "Date: %s\r\n" % opt["date"]
                if "date" in opt else "", extra))


def whole(status, ctype, body, extra=""):
    if not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    return (head(status, ctype, extra) + "Content-Length: %d\r\n\r\n"
            % len(body)).encode() + body


def edited():
    """The records after what the file of edits says: {ID: {"time": …,
    "revision": …} or null for a deletion}, read anew each time."""
    try:
        with open(opt.get("edits", ""), encoding="utf-8") as f:
            edits = json.load(f)
    except OSError:
        return records
    got = {r["$id"]["value"]: r for r in records}
    for k, e in edits.items():
        if e is None:
            got.pop(k, None)
            continue
        r = copy.deepcopy(got.get(k) or numbered(k))
        r["更新日時"]["value"] = e["time"]
        r["$revision"]["value"] = e["revision"]
        got[k] = r
    return sorted(got.values(), key=lambda r: int(r["$id"]["value"]))


def meets(r, query):
    """The conditions of a delta."""
    since = re.search(r'更新日時 >= "([^"]+)"', query)
    until = re.search(r'更新日時 < "([^"]+)"', query)
    listed = re.search(r'\$id in \(([^)]*)\)', query)
    later = re.search(r'or \$id > (\d+)', query)
    time_, n = r["更新日時"]["value"], r["$id"]["value"]
    return ((not since or time_ >= since.group(1) or
             bool(later) and int(n) > int(later.group(1))) and
            (not until or time_ < until.group(1)) or
            bool(listed) and '"%s"' % n in listed.group(1))


def page(ask):
    last = re.search(r".*and \$id > (\d+)|^\$id > (\d+)",
                     ask.get("query", ""))
    upto = re.search(r"\$id <= (\d+)", ask.get("query", ""))
    limit = int(re.search(r"limit (\d+)", ask["query"]).group(1))
    match = [r for r in edited() if meets(r, ask.get("query", ""))]
    got = [r for r in match
           if (last is None or int(r["$id"]["value"]) >
               int(last.group(1) or last.group(2)))
           and (upto is None or int(r["$id"]["value"]) <= int(upto.group(1)))]
    if "$id desc" in ask["query"]:
        got.reverse()
    # With --page, a page counts as whole where it was cut.
    total = len(got) if int(opt["page"]) >= limit else \
        min(len(got), int(opt["page"]))
    got = copy.deepcopy(got[:min(limit, int(opt["page"]))])
    if "fields" in ask:
        got = [{k: v for k, v in r.items() if k in ask["fields"]}
               for r in got]
    return {"records": got,
            "totalCount": str(total) if ask.get("totalCount") else None}


def without(doc, closing, *ids):
    left = [r for r in doc["records"] if r["$id"]["value"] not in ids]
    n = len(ids) if closing else len(doc["records"]) - len(left)
    doc["records"] = left
    doc["totalCount"] = str(int(doc["totalCount"]) - n)


def spoil(doc, closing, listing):
    """Modes that change the answer's content."""
    rec = doc["records"]
    # What was deleted, or came, between the pages and the look at the end.
    if mode == "vanish" and (closing or listing):
        without(doc, closing, *opt["ids"].split(","))
    elif mode == "unseen" and not listing:
        without(doc, closing, "3")
        if closing:
            doc["totalCount"] = "4"
    elif mode == "miscount" and closing:
        doc["totalCount"] = "4"
    elif mode == "missing" and rec:
        rec[-1].pop(opt["field"], None)
    elif mode == "missing-inner" and rec and not closing:
        for row in rec[0]["作業明細"]["value"]:
            del row["value"]["品目"]
    elif mode == "extra-key" and rec and not closing:
        doc["servedBy"] = {"host": "x", "type": 1}
        rec[0]["$extra"] = {"value": [1, {"a": None}]}
        rec[0]["note"] = "text"
        rec[0]["件名"]["lookup"] = True
    elif mode == "extra-field" and rec:
        rec[-1]["新項目"] = {"type": "SINGLE_LINE_TEXT", "value": "x"}
    elif mode == "type" and rec:
        rec[0]["件名"]["type"] = "NUMBER"
    elif mode == "shape" and rec:
        rec[0]["件名"]["value"] = {"a": "b"}
    elif mode == "value" and rec:
        rec[-1][opt["field"]]["value"] = opt["value"]
    elif mode == "reverse":
        rec.reverse()
    elif mode == "twice" and len(rec) > 1:
        rec[1] = rec[0]
    elif mode == "no-id" and rec:
        del rec[0]["$id"]
    elif mode == "early-end" and not closing and count["records"] > 1:
        doc["records"] = []
    elif mode == "dropped" and not closing:
        doc["records"] = [r for r in rec if r["$id"]["value"] != "3"]
    elif mode == "total" and closing:
        doc["totalCount"] = opt["value"]
    elif mode == "no-total" and closing:
        doc["totalCount"] = None
    elif mode == "no-page-total" and not closing:
        doc["totalCount"] = None
    elif mode == "no-list":
        del doc["records"]
    elif mode == "too-far" and rec and not closing:
        rec.append(numbered(10 ** 6))
    elif mode == "lost" and not closing:
        # Also for this page's own count: only the closing one tells.
        doc["records"] = [r for r in rec if r["$id"]["value"] != "1777"]
        if doc["totalCount"] is not None and len(doc["records"]) < len(rec):
            doc["totalCount"] = str(int(doc["totalCount"]) - 1)
    return doc


def error(name):
    e = errors[name]
    b = e["body"]
    return whole(e["status"], e["headers"]["Content-Type"],
                 b.encode() if isinstance(b, str) else b)


def broken(ask):
    """Modes that send no whole, plain answer: bytes, or None."""
    doc = page(ask)
    body = json.dumps(doc, ensure_ascii=False).encode()
    if mode == "length":
        return (head(200, JSON) + "Content-Length: %d\r\n\r\n"
                % (len(body) + 9)).encode() + body
    if mode == "short-length":
        return (head(200, JSON) + "Content-Length: %d\r\n\r\n"
                % (len(body) - 9)).encode() + body
    if mode == "chunk":
        return (head(200, JSON) + "Transfer-Encoding: chunked\r\n\r\n"
                "%x\r\n" % len(body)).encode() + body + b"\r\n"
    if mode == "close":
        cut = body.rindex(b'"type"')
        return (head(200, JSON) + "\r\n").encode() + body[:cut]
    if mode == "close-brace":
        cut = body.rindex(b"}, {") + 1
        return (head(200, JSON) + "\r\n").encode() + body[:cut]
    if mode == "lengths":
        return (head(200, JSON) + "Content-Length: %d\r\nContent-Length: 7"
                "\r\n\r\n" % len(body)).encode() + body
    if mode == "html":
        return whole(200, "text/html", b"<html><title>Sign in</title></html>")
    if mode == "html-json":
        return whole(200, JSON, b"<html><title>Sign in</title></html>")
    if mode == "text-json":
        return whole(200, "text/plain", body)
    if mode == "trailing":
        return whole(200, JSON, body + b" {}")
    if mode == "utf8":
        return whole(200, JSON, body.replace("公園".encode(), b"\xe5\x85x"))
    if mode == "error-200":
        return whole(200, JSON, errors["token-mismatch"]["body"])
    if mode == "empty":
        return whole(200, JSON, b"")
    if mode == "nothing":
        return b""
    if mode == "garbage":
        return b"SSH-2.0-OpenSSH_9\r\n"
    if mode == "warning":
        return whole(200, JSON, body, "X-Cybozu-Warning: Filter aborted "
                     "because of too many search results\r\n")
    if mode == "redirect":
        return whole(opt["status"], JSON, b"", "Location: %s\r\n" % opt["to"])
    if mode == "gzip":
        return whole(200, JSON, gzip.compress(body),
                     "Content-Encoding: gzip\r\n")
    if mode == "headers":
        return whole(200, JSON, body, "X-Pad: %s\r\n" % ("a" * 8000) * 12)
    if mode == "echo":
        return whole(400, JSON, {"code": "CB_VA01", "id": "x",
                                 "message": "token " + opt["token"]})
    if mode == "escape":
        return whole(400, JSON, {"code": "CB_VA01", "id": "x",
                                 "message": "a\u001b[31m\u202eb"})
    if mode.startswith("error:"):
        return error(mode[6:])
    if mode.startswith("status:"):
        return whole(int(mode[7:]), "text/html", b"<html>x</html>")
    if mode == "at-503" and "$id > %s " % opt["from"] in ask["query"]:
        return whole(503, "text/html", b"<html>x</html>")
    if mode == "crowd" and "$id >" in ask["query"]:
        return crowd(whole(200, JSON, doc))
    if mode == "once-503" and count["records"] == 1:
        return whole(503, "text/html", b"<html>x</html>")
    if mode == "once-cut" and count["records"] == 2:
        return (head(200, JSON) + "Content-Length: %d\r\n\r\n"
                % len(body)).encode() + body[:-50]
    return None


def crowd(answer):
    """Says how many are served, and keeps the greatest number of ours."""
    with lock:
        count["now"] = count.get("now", 0) + 1
        count["most"] = max(count.get("most", 0), count["now"])
        most = count["most"]
        if count["records"] > 8:
            count["late"] = max(count.get("late", 0), count["now"])
        with open("most", "w", encoding="utf-8") as f:
            f.write("%d %d\n" % (most, count.get("late", 0)))
    for _ in range(40):
        if count["now"] > 2:
            break
        time.sleep(0.01)
    with lock:
        count["now"] -= 1
    return answer.replace(b"X-ConcurrencyLimit-Limit: 100", (
        "X-ConcurrencyLimit-Limit: 100\r\nX-ConcurrencyLimit-Running: %s"
        % opt["running"]).encode())


def slow(sock, ask):
    """Modes that never end; the client must."""
    if mode == "endless":
        sock.sendall((head(200, JSON) + "\r\n").encode() + b'{"records":[')
        for _ in range(4096):
            sock.sendall(b" " * 65536)
        return True
    if mode == "drip":
        sock.sendall((head(200, JSON) + "Content-Length: 9999\r\n\r\n"
                      ).encode())
        for _ in range(200):
            sock.sendall(b" ")
            time.sleep(0.5)
        return True
    if mode == "silent":
        time.sleep(100)
        return True
    if mode == "slow-page" and count["records"] > 1:
        time.sleep(100)
        return True
    return False


def attachment(query):
    key = query.partition("fileKey=")[2]
    text = json.dumps(records)
    size = int(re.search(r'"fileKey": "%s"[^}]*"size": "(\d+)"' % key,
                         text).group(1))
    if mode == "file-long":
        return whole(200, "text/plain", b"x" * (size + 5000000))
    if mode == "file-other" and query.startswith("fileKey="):
        return whole(302, "text/plain", b"", "Location: %s\r\n" % opt["to"])
    return whole(200, "text/plain", b"x" * size)


def answer(sock, method, path, body):
    url, _, query = path.partition("?")
    if "all" in opt:
        return error(opt["all"]) if opt["all"] in errors else whole(
            200, "text/html", b"<html>Sign in</html>")
    if url.endswith("/app/form/fields.json"):
        count["fields"] += 1
        doc = copy.deepcopy(fields)
        if mode == "form-moved" and count["fields"] > 1:
            doc["revision"] = "43"
        if mode == "new-type":
            doc["properties"]["件名"]["type"] = "HOLOGRAM"
        if mode == "hidden-form":
            del doc["properties"]["件名"]
        return whole(200, JSON, doc)
    if url.endswith("/app/form/layout.json"):
        doc = copy.deepcopy(layout)
        if mode == "layout-moved":
            doc["revision"] = "43"
        return whole(200, JSON, doc)
    if url.endswith("/app.json"):
        doc = dict(app, appId="12") if mode == "other-app" else app
        return whole(200, JSON, doc)
    if url.endswith("/file.json"):
        return attachment(query)
    if not url.endswith("/records.json"):
        return whole(404, "text/html", b"<html>no</html>")
    ask = json.loads(body)
    closing = "asc limit" not in ask["query"]
    # How far the ids go, asked before the first page: in order, unless
    # opening=1 wants it spoilt too.
    opening = "$id desc" in ask["query"] and not count.get("pages")
    count["pages"] = 0 if closing else count.get("pages", 0) + 1
    if opening and "opening" not in opt:
        return whole(200, JSON, page(ask))
    count["records"] += 1
    if count["records"] >= int(opt["at"]):
        if slow(sock, ask):
            return b""
        raw = broken(ask)
        if raw is not None:
            return raw
    return whole(200, JSON, spoil(
        page(ask), closing, not closing and ask.get("fields") == ["$id"]))


def request(f):
    line = f.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers = {}
    while True:
        h = f.readline().decode("latin-1").rstrip("\r\n")
        if not h:
            break
        k, _, v = h.partition(":")
        headers[k.lower()] = v.strip()
    body = f.read(int(headers.get("content-length", 0)))
    return line[0], line[1], headers, body


SECRETS = (("x-cybozu-api-token", "token"),
           ("x-cybozu-authorization", "login"), ("authorization", "basic"))


def refused(headers):
    """user= and basic= are NAME:PASSWORD that must come."""
    for name, key, before in (("user", "x-cybozu-authorization", ""),
                              ("basic", "authorization", "Basic ")):
        want = before + base64.b64encode(
            str(opt.get(name, "")).encode()).decode()
        if name in opt and headers.get(key) != want:
            said = json.dumps({"code": "CB_WA01", "id": "x",
                               "message": headers.get(key, "")})
            if "escape" in opt:  # as some servers write a slash, and more
                said = said.replace("/", "\\/").replace("5", "\\u0035")
            return whole(401, JSON, said.encode())
    return None


def serve(sock):
    try:
        if opt["tls"]:
            sock = context.wrap_socket(sock, server_side=True)
        f = sock.makefile("rb")
        first = True
        while True:
            r = request(f)
            if r is None:
                break
            # A new pull begins, with the form, on a new connection.
            if first and "/app/form/fields.json" in r[1]:
                count["pages"] = 0
            first = False
            method, path, headers, body = r
            if opt["log"]:
                with lock, open(opt["log"], "a", encoding="utf-8") as log:
                    log.write("%s %s %s %s\n" % (
                        method, path, "+".join(
                            v for k, v in SECRETS if k in headers) or "-",
                        body.decode()))
            out = refused(headers) or answer(sock, method, path, body)
            sock.sendall(out)
            if b"Content-Length" not in out or mode in (
                    "length", "short-length", "lengths", "once-cut"):
                break
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        sock.close()


listener = socket.create_server(("127.0.0.1", 0))
if opt["tls"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*opt["tls"])
    if "client" in opt:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(opt["client"])
    if mode == "tls1":
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
print("%s://localhost:%d" % ("https" if opt["tls"] else "http",
                             listener.getsockname()[1]), flush=True)
while True:
    conn, _ = listener.accept()
    threading.Thread(target=serve, args=(conn,), daemon=True).start()
