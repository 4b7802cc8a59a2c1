# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 connections to the control socket, of the operator's own user and of another: the operator is answered all the while."""

import os
import re
import socket
import struct
import subprocess
import time

from lab import CTL, NOT_ALLOWED, PYTHON, check, nothing_lost, read, same, wait_for

COUNTS = {"silent": 3000, "byte": 2000, "half": 1500, "deaf": 1000, "follow": 1500, "quick": 1000}
MOST_CLIENTS = 512
USER = 1234567  # has no name; may look
# They take some 3 s, and 16 where ten others compete for each processor.
ALL_WITHIN = 60.0
ANSWER_WITHIN = 5.0
MOST_MEMORY = 60 * 1024  # KiB: the heap as large as it may get (32 MiB), classes and code; some 30 with no clients
STATUS = b'{"id":1,"command":"status"}\n'


def run(lab):
    lab.config(edit=lambda text: text.replace("@USER@", str(USER)))
    manager = lab.start()
    manager.wait_until_up("web", 2)
    load = lab.load()
    status(manager.socket)
    fds = min(measure(manager)["fds"] for _ in range(20))
    users = [None, None, None] if os.getuid() else [USER, None, USER, None]
    measured = []
    for user in users:
        everything(lab, manager, user, fds)
        wait_for(lambda: measure(manager)["fds"] <= fds, "the descriptors of the crowd are closed")
        measured.append(measure(manager))
        lab.say("after it: %(fds)d descriptors, %(threads)d threads, %(own)d KiB of its own" % measured[-1])
    before, after = measured[-2:]
    same(after["threads"], before["threads"], "threads of the manager")
    check(after["own"] < MOST_MEMORY, lambda: "the manager has %d KiB of its own after the crowds" % after["own"])
    check(len(manager.stderr()) < 100_000, lambda: "the crowd filled the log: %d bytes" % len(manager.stderr()))
    nothing_lost(load.finish())


def everything(lab, manager, user, fds):
    """One crowd: comes all at once, stays, goes."""
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as silent_for_long:
        silent_for_long.connect(manager.socket)
        silent_for_long.settimeout(ANSWER_WITHIN)
        crowds = [start(lab, manager, kind, count, user) for kind, count in COUNTS.items()]
        slowest, asked, most = 0.0, 0, 0
        while any(not said(crowd) for crowd in crowds):
            check(time.monotonic() - began < ALL_WITHIN, lambda: "not all have tried within %g s" % ALL_WITHIN)
            slowest = max(slowest, status(manager.socket))
            most = max(most, measure(manager)["fds"])
            asked += 1
        took = time.monotonic() - began
        check(asked >= 3, lambda: "status was asked %d times only while they came" % asked)
        for _ in range(20):  # now that the place is full of those who stay
            slowest = max(slowest, status(manager.socket))
        manager.ctl("status", within=10)
        manager.ctl("scale", "web", "3")
        manager.ctl("scale", "web", "2")
        most = max(most, measure(manager)["fds"])
        check(most > fds + MOST_CLIENTS // 2, lambda: "no crowd at all: %d descriptors, %d without it" % (most, fds))
        check(most <= fds + MOST_CLIENTS + 20, lambda: "%d descriptors, %d without the crowd" % (most, fds))
        if user:
            # whom another user's crowd does not push out, however long they were silent
            silent_for_long.sendall(STATUS)
            check(b'"code":0' in answer(silent_for_long), "the operator's idle client got no answer")
            result = lab.command(*who(user), CTL, "-d", manager.socket, "stop", "web")
            same(result.code, NOT_ALLOWED, "exit status of one of the crowd that wants more than to look (%s)" % result)
        for crowd in crowds:
            crowd.stdin.close()
            same(crowd.wait(10), 0, "exit status of a crowd")
            crowd.stdout.close()
    whose = "user %d" % user if user else "the operator's own user"
    figures = sum(COUNTS.values()), whose, took, asked, slowest * 1000, most
    lab.say("%d connections of %s in %.1f s; meanwhile %d times status, slowest %.0f ms; at most %d descriptors" % figures)


def who(user):
    return ["setpriv", "--reuid=%d" % user, "--regid=%d" % user, "--clear-groups"] if user else []


def start(lab, manager, kind, count, user):
    script = os.path.join(lab.folder, "clients.py")
    crowd = subprocess.Popen(
        [*who(user), PYTHON, "-IS", "-c", read(script), manager.socket, str(count), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=lab.environment(),
    )
    os.set_blocking(crowd.stdout.fileno(), False)
    return crowd


def said(crowd):
    """Whether all of it have tried."""
    if not hasattr(crowd, "done"):
        line = crowd.stdout.readline()
        check(line or crowd.poll() is None, lambda: "a crowd failed with status %s" % crowd.returncode)
        if line:
            crowd.done = True
    return hasattr(crowd, "done")


def status(path):
    """As long as it takes: who has said nothing yet may have to make room for a crowd of its own user, and asks again."""
    began = time.monotonic()
    while not asked(path):
        check(time.monotonic() < began + ANSWER_WITHIN, "status was not answered")
    return time.monotonic() - began


def asked(path):
    """Whether it was answered; false if it had to go before it had asked."""
    with socket.socket(socket.AF_UNIX) as client:
        # waits for room in the accept queue; with a timeout of Python's the kernel would say EAGAIN instead
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(ANSWER_WITHIN), 0))
        client.connect(path)
        client.settimeout(ANSWER_WITHIN)
        try:
            client.sendall(STATUS)
            begun = client.recv(1)
        except (BrokenPipeError, ConnectionResetError):
            return False
        check(not begun or b'"code":0' in answer(client), "status was not answered")
        return bool(begun)


def answer(client):
    received = b""
    while not received.endswith(b"\n"):
        some = client.recv(65536)
        check(some, lambda: "hung up on after %r" % received[:200])
        received += some
    return received


def measure(manager):
    text = read("/proc/%d/status" % manager.pid)
    own = re.search(r"^Pss_Anon: +(\d+)", read("/proc/%d/smaps_rollup" % manager.pid), re.MULTILINE)
    return {
        "fds": len(os.listdir("/proc/%d/fd" % manager.pid)),
        "threads": int(re.search(r"^Threads:\s+(\d+)", text, re.MULTILINE).group(1)),
        "own": int(own.group(1)),
    }
