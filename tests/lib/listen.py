# SPDX-License-Identifier: GPL-3.0-or-later
"""Becomes a command that is passed descriptors as systemd does it: listen.py NAME=FD… -- COMMAND…

With `--no-getfd` first, pidfd_getfd(2) is refused to it and to all that come of it: a seccomp filter says EPERM.
With `--no-ptracer`, so is prctl(PR_SET_PTRACER)."""

import ctypes
import fcntl
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # EPERM
PIDFD_GETFD = 438
PRCTL = {"x86_64": 157, "aarch64": 167}[os.uname().machine]
PR_SET_PTRACER = 0x59616D61


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def refuse(call, argument=None):
    """Has the kernel refuse a system call, or only with that first argument."""
    steps = [(LOAD, 0, 0, 0), (EQUAL, 0, 1 if argument is None else 3, call)]
    if argument is not None:
        steps += [(LOAD, 0, 0, 16), (EQUAL, 0, 1, argument)]
    steps += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(Program(len(steps), code)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def main(words):
    command = words[words.index("--") + 1 :]
    words = words[: words.index("--")]
    if "--no-getfd" in words:
        refuse(PIDFD_GETFD)
    if "--no-ptracer" in words:
        refuse(PRCTL, PR_SET_PTRACER)
    passed = [word.rsplit("=", 1) for word in words if not word.startswith("--")]
    high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 3 + len(passed)) for _, fd in passed]
    for number, fd in enumerate(high, 3):
        os.dup2(fd, number)
    os.closerange(3 + len(passed), 1024)
    if passed:
        os.environ.update(
            LISTEN_FDS=str(len(passed)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=":".join(name for name, _ in passed)
        )
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
