# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that does what no worker should; which of it, says its argument."""

import json
import os
import signal
import socket
import sys
import time


def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def closes_everything():
    os.closerange(0, 1024)


def another_user():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def forks_twice():
    """The classic daemon, but in its worker's process group."""
    if os.fork() == 0:
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.pause()
        os._exit(0)


def family_of_daemons():
    """Three generations, each in a session of its own and deaf: nothing of it is in its worker's process group."""
    for _ in range(3):
        if os.fork() > 0:
            break
        os.setsid()
        deaf()
    if os.getsid(0) != os.getpid():
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def hides():
    """A daemon with nothing that says whose it is: no parent, no session, no group, no environment of its worker."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.alarm(60)  # whatever else becomes of it
            os.execve(sys.executable, [sys.executable, "-IS", __file__, "deaf"], {})
        os._exit(0)


def acks_without_end():
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(os.environ["EINHORN_SOCK_PATH"])
        line = json.dumps({"command": "worker:ack", "pid": os.getpid()}).encode() + b"\n"
        end = time.monotonic() + 2
        while time.monotonic() < end:
            for _ in range(10):
                door.sendall(line)
            time.sleep(0.01)


{name: act for name, act in list(globals().items()) if callable(act)}[sys.argv[1]]()
while True:
    signal.pause()
