#!/usr/bin/env python3
"""A service that gives other answers to some requests.

usage: spoil.py UPSTREAM WHEN PATTERN STATUS PROGRAM

Hands every request on to UPSTREAM (http://HOST:PORT).  Of those whose "METHOD
PATH" matches PATTERN the answer is `doc` as PROGRAM (Python) leaves it, with
STATUS: with WHEN after `doc` begins as UPSTREAM's answer, with WHEN instead as
{} and UPSTREAM hears nothing; `sent` is what was asked.  Prints its address.
"""
import http.client
import http.server
import json
import re
import sys

upstream, when, pattern, status, program = sys.argv[1:]
host, port = upstream[len("http://"):].rsplit(":", 1)


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def ask(self, body):
        up = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ("host", "connection")}
        up.request(self.command, self.path, body or None, headers)
        r = up.getresponse()
        got = r.status, r.getheader("Content-Type", ""), r.read()
        up.close()
        return got

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = "%s %s" % (self.command, self.path.partition("?")[0])
        if "X-HTTP-Method-Override" in self.headers:
            what = "GET " + what
        if re.match(pattern, what):
            names = {"doc": {}}
            if body.startswith(b"{"):
                names["sent"] = json.loads(body)
            if when == "after":
                names["doc"] = json.loads(self.ask(body)[2])
            exec(program, names)
            got = (int(status), "application/json;charset=utf-8",
                   json.dumps(names["doc"]).encode())
        else:
            got = self.ask(body)
        self.send_response(got[0])
        self.send_header("Content-Type", got[1])
        self.send_header("Content-Length", str(len(got[2])))
        self.end_headers()
        self.wfile.write(got[2])

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def log_message(self, *_):
        pass


front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
print("http://localhost:%d" % front.server_address[1], flush=True)
front.serve_forever()
