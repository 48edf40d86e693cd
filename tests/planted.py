#!/usr/bin/env python3
"""Planted secrets: watch a command while it runs, then look for them.

usage: planted.py run LOG COMMAND…       runs COMMAND and appends what /proc
                                         shows of it to LOG: arguments,
                                         environment, children, open files
       planted.py search SECRETS PATH…   looks for each line of SECRETS in all
                                         files below PATH, in whatever form

The search knows the text itself, base64 of it and of anything around it,
percent-encoding, hexadecimal, JSON escapes and UTF-16.  It prints file and
form, never the secret, and ends with 1 when anything was found, with 2 when
there was nothing to search.
"""
import base64
import os
import subprocess
import sys
import time
import urllib.parse


def forms(secret):
    raw = secret.encode()
    out = {"text": raw, "hexadecimal": raw.hex().encode(),
           "UTF-16": secret.encode("utf-16-le"),
           "escapes": "".join("\\u%04x" % ord(c) for c in secret).encode(),
           "escaped slashes": secret.replace("/", "\\/").encode(),
           "percent": urllib.parse.quote(secret, safe="").encode(),
           "percent of all": "".join("%%%02x" % b for b in raw).encode()}
    # Whatever stands before it, one of three shifts, without the characters
    # that its neighbours have a part in.
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        part = whole[-(-shift * 8 // 6):(shift + len(raw)) * 8 // 6]
        out["base64+%d" % shift] = part
        out["base64url+%d" % shift] = part.replace(b"+", b"-").replace(
            b"/", b"_")
        out["base64/+%d" % shift] = part.replace(b"/", b"\\/")
    return {k: v.lower() for k, v in out.items()}


def search(secrets, paths):
    with open(secrets, encoding="utf-8") as f:
        want = [(n, k, v) for n, line in enumerate(f.read().splitlines(), 1)
                for k, v in forms(line).items()]
    hits = files = 0
    for path in paths:
        names = [os.path.join(d, n) for d, _, ns in os.walk(path)
                 for n in ns] if os.path.isdir(path) else [path]
        for name in names:
            with open(name, "rb") as f:
                data = f.read().lower() + name.encode().lower()
            files += 1
            for n, form, text in want:
                if text in data:
                    print("%s: secret %d as %s" % (name, n, form))
                    hits += 1
    print("%d files" % files)
    return 2 if not files else 1 if hits else 0


def glance(pid):
    """What others may see of a running process."""
    out = []
    for name in ("cmdline", "environ", "task/%d/children" % pid):
        try:
            with open("/proc/%d/%s" % (pid, name), "rb") as f:
                out.append((name, f.read().replace(b"\0", b"\n")))
        except OSError:
            pass
    try:
        for fd in os.listdir("/proc/%d/fd" % pid):
            out.append(("fd", os.readlink("/proc/%d/fd/%s" % (
                pid, fd)).encode()))
    except OSError:
        pass
    return out


def run(log, command):
    p = subprocess.Popen(command)
    began, last, children = time.monotonic(), [], b""
    while p.poll() is None:
        now = glance(p.pid)
        # The environment holds what it was given until it is read, so the
        # last look counts, and none of the first moments.
        if time.monotonic() - began < 0.1:
            now = [x for x in now if x[0] != "environ"]
        last = now if any(n == "cmdline" and t for n, t in now) else last
        children += dict(now).get("task/%d/children" % p.pid, b"")
        time.sleep(0.005)
    with open(log, "ab") as f:
        for name, text in last:
            f.write(b"== " + name.encode() + b"\n" + text + b"\n")
        f.write(b"== children: " + (children or b"none") + b"\n")
    return p.returncode if p.returncode >= 0 else 128 - p.returncode


if sys.argv[1] == "run":
    sys.exit(run(sys.argv[2], sys.argv[3:]))
sys.exit(search(sys.argv[2], sys.argv[3:]))
