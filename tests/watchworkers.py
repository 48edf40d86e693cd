#!/usr/bin/env python3
"""watchworkers.py CMD...: run CMD and look at the processes it starts: what
they may do and hold, and where the time goes.  Prints one line a process, then
"time OWN CHILDREN" in ticks."""
import os
import subprocess
import sys
import time

p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
seen = {}


def read(path):
    with open(path) as f:
        return f.read()


def look(pid):
    status = dict(s.split(":\t", 1) for s in
                  read("/proc/%s/status" % pid).splitlines() if ":\t" in s)
    if status["Seccomp"].strip() != "2":
        return
    fds = sorted(int(n) for n in os.listdir("/proc/%s/fd" % pid))
    if not fds:
        return  # it is just ending
    flags = [read("/proc/%s/fdinfo/%d" % (pid, n)).split("flags:\t")[1]
             .split()[0] for n in fds]
    limits = {s[:26].strip(): s[26:].split()[0]
              for s in read("/proc/%s/limits" % pid).splitlines()[1:]}
    seen[pid] = "worker seccomp=2 nnp=%s fds=%d modes=%s file=%s cpu=%s" % (
        status["NoNewPrivs"].strip(), len(fds),
        ",".join(str(int(f, 8) & 3) for f in flags),
        limits["Max file size"], limits["Max cpu time"])


stat = None
children = "/proc/%d/task/%d/children" % (p.pid, p.pid)
while os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
    try:
        for pid in read(children).split():
            look(pid)
    except (OSError, IndexError, KeyError):
        pass
    time.sleep(0.0005)
stat = read("/proc/%d/stat" % p.pid).rsplit(")", 1)[1].split()
p.wait()
for line in seen.values():
    print(line)
print("time", int(stat[11]), int(stat[13]))
sys.exit(p.returncode)
