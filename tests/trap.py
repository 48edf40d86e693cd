#!/usr/bin/env python3
"""A service that redirects some requests to another server.

usage: trap.py UPSTREAM STATUS PATTERN SEEN

Hands every request on to UPSTREAM (http://HOST:PORT), except those whose
"METHOD PATH" matches PATTERN: they are redirected with STATUS to a second
listener, which writes whatever connects to it into the file SEEN.  What was
redirected stands in SEEN.asked.  Prints its address.
"""
import http.client
import http.server
import re
import socket
import sys
import threading

upstream, status, pattern, seen = sys.argv[1:]
host, port = upstream[len("http://"):].rsplit(":", 1)


def trap():
    while True:
        conn, _ = other.accept()
        conn.settimeout(2)
        with open(seen, "ab") as f:
            f.write(b"connection: ")
            try:
                f.write(conn.recv(65536))
            except OSError:
                pass
        conn.close()


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = "%s %s" % (self.command, self.path.partition("?")[0])
        if re.search(pattern, what):
            with open(seen + ".asked", "a", encoding="utf-8") as f:
                f.write(what + "\n")
            self.send_response(int(status))
            self.send_header("Location", "http://localhost:%d%s" % (
                other.getsockname()[1], self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        up = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ("host", "connection")}
        up.request(self.command, self.path, body or None, headers)
        r = up.getresponse()
        data = r.read()
        up.close()
        self.send_response(r.status)
        self.send_header("Content-Type", r.getheader("Content-Type", ""))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def log_message(self, *_):
        pass


other = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=trap, daemon=True).start()
front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
print("http://localhost:%d" % front.server_address[1], flush=True)
front.serve_forever()
