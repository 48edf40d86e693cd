#!/usr/bin/env python3
"""An office proxy: CONNECT to any name goes to the same port of this host.

usage: proxy.py [--auth basic,digest] [--login FILE] [--refuse STATUS]
                [--echo] LOG

With --auth it wants to be signed in to in one of these ways, with the
NAME:PASSWORD of FILE.  --refuse answers every CONNECT with that status.
--echo says back in a refusal what it was told.  LOG gets a line a request:
target, status, way.  Prints its port.
"""
import argparse
import base64
import hashlib
import re
import socket
import sys
import threading

p = argparse.ArgumentParser()
p.add_argument("--auth", default="")
p.add_argument("--login")
p.add_argument("--refuse", type=int, default=0)
p.add_argument("--echo", action="store_true")
p.add_argument("log")
opt = p.parse_args()
ways = [w for w in opt.auth.split(",") if w]
NONCE = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
login = ""
if opt.login:
    with open(opt.login, encoding="utf-8") as f:
        login = f.read().rstrip("\n")
lock = threading.Lock()


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def digest_ok(header, target):
    got = {k: a or b for k, a, b in re.findall(
        r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', header)}
    name, _, password = login.partition(":")
    want = md5(":".join((
        md5(":".join((name, "seki", password))), NONCE, got.get("nc", ""),
        got.get("cnonce", ""), "auth", md5("CONNECT:" + target))))
    return got.get("response") == want and \
        got.get("username", "").replace("\\\\", "\\") == name


def way_of(header, target):
    """By which way the request is let through, or None."""
    if not ways:
        return "open"
    if header.startswith("Basic ") and "basic" in ways and \
            base64.b64decode(header[6:]).decode() == login:
        return "basic"
    if header.startswith("Digest ") and "digest" in ways and \
            digest_ok(header[7:], target):
        return "digest"
    return None


def refusal(status, header):
    extra = ""
    if status == 407:
        if "basic" in ways:
            extra += 'Proxy-Authenticate: Basic realm="seki"\r\n'
        if "digest" in ways:
            extra += 'Proxy-Authenticate: Digest realm="seki", qop="auth", ' \
                'nonce="%s", algorithm=MD5\r\n' % NONCE
    said = header if opt.echo else ""
    return ("HTTP/1.1 %d %s\r\n%sX-Said: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (status, said or "No", extra, said, len(said), said)).encode()


def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(conn):
    try:
        talk(conn)
    except OSError:
        pass
    conn.close()


def talk(conn):
    f = conn.makefile("rb", 0)
    while True:
        line = f.readline().decode("latin-1").split()
        if len(line) < 2:
            break
        header = ""
        while True:
            h = f.readline().decode("latin-1").rstrip("\r\n")
            if not h:
                break
            k, _, v = h.partition(":")
            if k.lower() == "proxy-authorization":
                header = v.strip()
        way = way_of(header, line[1]) if line[0] == "CONNECT" else None
        status = opt.refuse or (200 if way else 407)
        with lock, open(opt.log, "a", encoding="utf-8") as log:
            log.write("%s %s %d %s\n" % (line[0], line[1], status,
                                         way or header.split(" ")[0] or "-"))
        if status != 200:
            conn.sendall(refusal(status, header))
            continue
        up = socket.create_connection(
            ("127.0.0.1", int(line[1].rsplit(":", 1)[1])))
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=pump, args=(up, conn), daemon=True).start()
        pump(conn, up)
        break


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    c, _ = listener.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
