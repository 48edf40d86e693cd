#!/usr/bin/env python3
"""signalled.py SIGNAL FILE COMMAND...: run a command, send it the signal when
something stands under FILE, a glob pattern, and say how it ended: a signal's
name, or its status.  A shell cannot tell status 143 from SIGTERM, and lets
what runs in the background ignore SIGINT."""
import glob
import signal
import subprocess
import sys
import time

sig, pattern = signal.Signals["SIG" + sys.argv[1]], sys.argv[2]


def fresh():
    for s in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(s, signal.SIG_DFL)


run = subprocess.Popen(sys.argv[3:], preexec_fn=fresh)
for _ in range(1500):
    if glob.glob(pattern) or run.poll() is not None:
        break
    time.sleep(0.01)
run.send_signal(sig)
try:
    status = run.wait(20)
except subprocess.TimeoutExpired:
    run.kill()
    status = "still there"
print(signal.Signals(-status).name if isinstance(status, int) and status < 0
      else status)
