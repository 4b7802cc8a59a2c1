# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever may list a directory holds its lock for as long as they like, by a listing into a page of a FUSE file system that
is never read, and has all who look for a new name there wait too, by asking to make one. A socket in such a directory that
is to be bound, made again or removed, the rotation of a log, and the pid file are held up; nothing else is."""

import contextlib
import os
import signal
import socket
import time

from lab import check, read, same, wait_for
from unanswered import NOBODY, Unanswered, can_mount, list_for_ever, waits

HELD = "it does not return: somebody holds the file or its directory"
SLOWEST = 5.0  # on a machine with nothing else to do it is less than 0.1 s
WRITER = """
import itertools, os, time
for number in itertools.count():
    os.write(1, b"line %d %s\\n" % (number, b"x" * 40))
    time.sleep(0.002)
"""


def run(lab):
    if not can_mount(lab):
        return
    for name, owner in (("listed", 0), ("theirs", NOBODY), ("pages", 0)):
        os.mkdir(lab.path(name), 0o755)
        os.chown(lab.path(name), owner, owner)
    lab.write("writer.py", WRITER)
    lab.config()
    manager = lab.start(arguments=("-e", lab.path("listed", "pid")))
    for program in ("healthy", "listed", "theirs", "over", "writes"):
        manager.wait_until_up(program, 1)
    same(read(lab.path("listed", "pid")), "%d\n" % manager.pid, "the pid file")
    for name in ("listed", "theirs"):
        reached(lab.path(name, "web.sock"))
        removed(lab, manager, name)
    bound(lab, manager)
    closed(lab, manager)
    rotated(lab, manager)
    replaced(lab, manager)
    ended(lab, manager)


def removed(lab, manager, name):
    """The file of a socket is removed, and its directory held before the manager sees to it."""
    path = lab.path(name, "web.sock")
    again = "%s was removed; made it again" % path
    os.kill(manager.pid, signal.SIGSTOP)
    try:
        os.unlink(path)
        with held(lab, path):
            os.kill(manager.pid, signal.SIGCONT)
            wait_for(lambda: path + " cannot be looked at: " in manager.stderr(), "it is told of")
            check(HELD in manager.stderr(), lambda: manager.tail())
            others_do_well(manager)
            wait_for(lambda: "cannot be looked at" in manager.ctl("status").text, "status says so")
            check(again not in manager.stderr(), lambda: manager.tail())
    finally:
        os.kill(manager.pid, signal.SIGCONT)
    wait_for(lambda: again in manager.stderr(), "it is made again")
    reached(path)
    wait_for(lambda: "cannot be looked at" not in manager.ctl("status").text, "status says no more of it")


def bound(lab, manager):
    """A reload that adds a socket there is refused, and goes well later."""
    path = lab.path("listed", "new.sock")
    lab.edit("services.yaml", "programs:\n", 'programs:\n  added: { command: [sleep, "1000"], bind: ["unix:%s"] }\n' % path)
    check(not os.path.exists(path), path)  # so that the kernel knows, and who only looks for it does not wait
    with held(lab, path):
        refused = manager.ctl("reload", code=None)
        check(refused.code != 0 and "cannot bind" in refused.text and HELD in refused.text, refused)
        status_answers(manager)
    wait_for(lambda: manager.ctl("reload", code=None).code == 0, "a reload when nobody holds it")
    manager.wait_until_up("added", 1)
    reached(path)
    same(owner_of(path), manager.pid, "the process that listens there, as a client sees it")


def closed(lab, manager):
    """A socket that is closed meanwhile is, and its file goes as soon as it can."""
    path = lab.path("listed", "over.sock")
    text = read(lab.path("services.yaml"))
    over = text[text.index("  over:\n") : text.index("  writes:\n")]
    lab.edit("services.yaml", over, "")
    with held(lab, path):
        manager.ctl("reload")
        wait_for(lambda: "the file %s may stay: " % path in manager.stderr(), "it is told of")
        status_answers(manager)
    wait_for(lambda: not os.path.exists(path), "the file is removed")


def rotated(lab, manager):
    """The log grows past its size and loses nothing; to put it aside is tried again a minute later."""
    log = lab.path("listed", "out.log")
    with held(lab, log):
        failed = "cannot put %s aside and goes on in it: it does not return" % log
        wait_for(lambda: failed in manager.stderr(), "it is told of")
        size = os.path.getsize(log)
        wait_for(lambda: os.path.getsize(log) > size + 4000, "it is written all the same")
        others_do_well(manager)


def replaced(lab, manager):
    with held(lab, lab.path("listed", "pid")):
        manager.ctl("reexec")
        others_do_well(manager)
    manager.wait_until_up("listed", 1)


def ended(lab, manager):
    with held(lab, lab.path("listed", "web.sock")):
        began = time.monotonic()
        manager.stop()
        check(time.monotonic() - began < 20, lambda: "a stop took %.1f s" % (time.monotonic() - began))
    wait_for(lambda: not waiting(), "who waited is done")
    for name in ("listed", "theirs"):
        for left in os.listdir(lab.path(name)):
            if left.endswith(".sock") or left.startswith("."):
                os.unlink(lab.path(name, left))
    complete(lab)


def complete(lab):
    logs = sorted(name for name in os.listdir(lab.path("listed")) if name.startswith("out.log"))
    logs.append(logs.pop(0))  # the present one
    text = "".join(read(lab.path("listed", name)) for name in logs)
    numbers = [int(line.split()[1]) for line in text.splitlines(True) if line.endswith("\n")]
    same(numbers, list(range(len(numbers))), "lines of the log")


@contextlib.contextmanager
def held(lab, file):
    with Unanswered(lab.path("pages"), Unanswered.READ) as pages:
        holder = pages.held_by(list_for_ever, file)
        wait_for(lambda: waits(holder), "the lock is held")
        asks = pages.as_nobody(os.mkdir, os.path.join(os.path.dirname(file), "any"))
        wait_for(lambda: state(asks) == "D", "who asks for a name waits")
        yield
    os.waitpid(holder, 0)
    os.waitpid(asks, 0)


def state(pid):
    return read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[0]


def waiting():
    """Deputies that are in a call."""
    found = []
    for pid in os.listdir("/proc"):
        try:
            found += [pid] if pid.isdigit() and read("/proc/%s/comm" % pid) == "einhyrn-deputy\n" else []
        except OSError:
            pass
    return found


def status_answers(manager):
    slowest = 0.0
    for _ in range(20):
        began = time.monotonic()
        manager.ask("status")
        slowest = max(slowest, time.monotonic() - began)
    manager.lab.say("slowest status %.0f ms" % (slowest * 1000))
    check(slowest < SLOWEST, lambda: "status took %.1f s" % slowest)


def others_do_well(manager):
    status_answers(manager)
    before = manager.ready_pids("healthy")[0]
    began = time.monotonic()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: before not in manager.pids_of("healthy"), "another program is respawned")
    manager.wait_until_up("healthy", 1)
    manager.lab.say("respawn %.0f ms" % ((time.monotonic() - began) * 1000))


def reached(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def owner_of(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return int.from_bytes(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], "little")
