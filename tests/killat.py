#!/usr/bin/env python3
"""killat.py [-s SIGNAL] N COMMAND...: run a command and kill it (SIGKILL) when
it is about to make its Nth call that changes files; another signal reaches it
after that call.  Exit: 128 and the signal when that ended it, else the
command's own status: it made fewer such calls.  Needs no hook in the command:
the calls are seen with ptrace."""
import contextlib
import ctypes
import os
import platform
import signal
import struct
import sys

CALLS = {
    # write, pwrite64, openat, open, fsync, fdatasync, ftruncate, rename*,
    # link*, unlink*, mkdir*
    "x86_64": {1, 18, 257, 2, 74, 75, 77, 82, 264, 316, 86, 265, 87, 263, 83,
               258},
    "aarch64": {64, 68, 56, 82, 83, 46, 38, 276, 37, 35, 34},
}
TRACEME, CONT, SYSCALL, SETOPTIONS, SYSCALL_INFO = 0, 7, 24, 0x4200, 0x420E
SYSGOOD, EXITKILL = 1, 0x100000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]


def ptrace(request, pid, addr=0, data=0):
    if libc.ptrace(request, pid, addr, data) == -1:
        raise OSError(ctypes.get_errno(), "ptrace")


def entered(pid):
    """The number of the call that begins, or None at its end."""
    info = ctypes.create_string_buffer(88)
    ptrace(SYSCALL_INFO, pid, len(info), ctypes.addressof(info))
    if info.raw[0] != 1:
        return None
    return struct.unpack_from("=Q", info.raw, 24)[0]


def child(send, command):
    # Under nohup, or in the background of a script, some are ignored.
    if send != signal.SIGKILL:
        signal.signal(send, signal.SIG_DFL)
    ptrace(TRACEME, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.execvp(command[0], command)


def run(send, n, command):
    calls = CALLS[platform.machine()]
    pid = os.fork()
    if pid == 0:
        child(send, command)
    os.waitpid(pid, 0)
    ptrace(SETOPTIONS, pid, 0, SYSGOOD | EXITKILL)
    seen, started, deliver = 0, False, 0
    while True:
        if seen < n:
            ptrace(SYSCALL, pid, 0, deliver)
        elif send != signal.SIGKILL:
            # Another of its threads may have taken the signal already.
            with contextlib.suppress(ProcessLookupError):
                ptrace(CONT, pid, 0, deliver)
        deliver = 0
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        if os.WIFSIGNALED(status):
            return 128 + os.WTERMSIG(status)
        sig = os.WSTOPSIG(status)
        if sig == signal.SIGTRAP:  # exec has happened
            started = True
        elif sig != signal.SIGTRAP | 0x80:
            deliver = sig
        elif started and entered(pid) in calls:
            seen += 1
            if seen == n:
                # To this thread: another could take it after the end.
                libc.tgkill(pid, pid, send)


args, kind = sys.argv[1:], signal.SIGKILL
if args[0] == "-s":
    kind = signal.Signals["SIG" + args[1]]
    args = args[2:]
sys.exit(run(kind, int(args[0]), args[1:]))
