# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever owns what a program is started with holds up that program alone: an interpreter with a lease on it, for which
the kernel makes execve wait up to 45 s; as root, one on a FUSE file system that is never answered, where KILL does not
reach. Whoever can lock a program's log file or its directory holds up what that writes. Status answers, others are
respawned, the manager replaces itself, is killed, and ends."""

import contextlib
import fcntl
import glob
import os
import signal
import time

from lab import check, read, same, wait_for
from unanswered import NOBODY, Unanswered, can_mount, list_for_ever, waits

NOT_YET = "does not execute its program yet"


def run(lab):
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    with open(script(lab, "interpreter", "/bin/sh", "exec sleep 1000"), "r+") as interpreter:
        script(lab, "leased", interpreter.name)
        lab.config()
        fcntl.fcntl(interpreter, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        began = time.monotonic()
        manager = lab.start()
        manager.wait_until_up("healthy", 2)
        answers_at_once(manager)
        same(manager.status()["leased"]["ready"], 0, "workers that were never executed and count as up")
        wait_for(lambda: manager.stderr().count("leased") and NOT_YET in manager.stderr(), "it is told of")
        respawns(manager)
        manager.ctl("reexec")
        answers_at_once(manager)
        same(manager.status()["leased"]["ready"], 0, "workers that were never executed, after a re-exec")
        check(time.monotonic() - began < 30, lambda: "too slow to say anything: the lease is soon broken")
    manager.wait_until_up("leased", 2)
    if can_mount(lab):
        closing(lab, manager)
        preparing(lab, manager)
        manager = for_ever(lab, manager)
        locked_logs(lab, manager)


def script(lab, name, interpreter, *lines):
    path = lab.path(name)
    with open(path, "w") as file:
        file.write("\n".join(("#!" + interpreter,) + lines) + "\n")
    os.chmod(path, 0o755)
    return path


def answers_at_once(manager):
    slowest = 0.0
    for _ in range(20):
        began = time.monotonic()
        manager.status()
        slowest = max(slowest, time.monotonic() - began)
    check(slowest < 10, lambda: "status took %.1f s" % slowest)


def respawns(manager):
    before = manager.ready_pids("healthy")[0]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: before not in manager.pids_of("healthy"), "another program is respawned")
    manager.wait_until_up("healthy", 2)


STANDS_STILL = "writes to %s have not returned for"
WRITER = """
import itertools, os, time
for number in itertools.count():
    os.write(1, b"line %d %s\\n" % (number, b"x" * 40))
    time.sleep(0.002)
"""


def locked_logs(lab, manager):
    """A program's user holds the lock of its log file, by a write from a page that is never read, and of the directory,
    by a listing into one: nobody else waits, and no line is lost, also where the manager replaces itself meanwhile."""
    mount, theirs = lab.path("pages"), lab.path("theirs")
    log = theirs + "/held.log"
    os.mkdir(mount)
    os.mkdir(theirs)
    open(log, "w").close()
    os.chown(theirs, NOBODY, NOBODY)
    os.chown(log, NOBODY, NOBODY)
    with open(lab.path("writer.py"), "w") as file:
        file.write(WRITER)
    kept = 'locked: { command: [python3, -IS, "%s"], user: nobody, logs: { to: "%s", max-size: 32KiB, keep: 1000 } }'
    plain = 'appends: { command: [sleep, "1000"], user: nobody, logs: "%s/plain.log" }' % theirs
    added = "programs:\n  %s\n  %s\n" % (kept % (lab.path("writer.py"), log), plain)
    lab.edit("services.yaml", "programs:\n", added)
    manager.ctl("reload")
    manager.wait_until_up("locked", 1)
    wait_for(lambda: len(lines_of(log)) > 100, "a log is written")
    for hold in (write_for_ever, list_for_ever):
        before = last(lines_of(log))
        with held(manager, mount, hold, log):  # meanwhile also who looks at the directory would wait
            answers_at_once(manager)
            respawns(manager)
            if hold is write_for_ever:
                os.kill(min(manager.pids_of("appends")), signal.SIGKILL)  # the next one's log is to be opened
                wait_for(lambda: "plain.log: it does not return" in manager.stderr(), "it alone is held up")
            manager.ctl("reexec")
            respawns(manager)
            answers_at_once(manager)
        wait_for(lambda: last(lines_of(log)) > before + 1000, "it is written again")
        check(glob.glob(log + "-*"), lambda: "the log was never put aside")
    complete(log)
    with held(manager, mount, list_for_ever, log):
        began = time.monotonic()
        manager.stop()
        check(time.monotonic() - began < 20, lambda: "a stop took %.1f s" % (time.monotonic() - began))
    complete(log)


@contextlib.contextmanager
def held(manager, mount, hold, log):
    told = manager.stderr().count(STANDS_STILL % log)
    with Unanswered(mount, Unanswered.READ) as pages:
        holder = pages.held_by(hold, log)
        wait_for(lambda: waits(holder), "the lock is held")
        wait_for(lambda: manager.stderr().count(STANDS_STILL % log) > told, "it is told of")
        yield
    os.waitpid(holder, 0)


def write_for_ever(page, log):
    with open(log, "r+b", 0) as file:
        os.pwrite(file.fileno(), page, 1 << 20)


def lines_of(log):
    """All whole lines, as they are while nothing is put aside."""
    while True:
        aside = sorted(glob.glob(log + "-*"))
        text = "".join(read(name) for name in aside + [log])
        if aside == sorted(glob.glob(log + "-*")):
            return [line for line in text.splitlines(True) if line.endswith("\n")]


def last(lines):
    return int(lines[-1].split()[1])


def complete(log):
    numbers = [int(line.split()[1]) for line in lines_of(log)]
    same(numbers, list(range(len(numbers))), "lines of a log that was held up")


def closing(lab, manager):
    """What a worker left executes another program and closes a file for ever: nobody may look at it meanwhile."""
    mount = lab.path("unclosed")
    os.mkdir(mount)
    with open(lab.path("closing.py"), "w") as file:
        file.write(CLOSING)
    with Unanswered(mount, Unanswered.FLUSH):
        program = 'closing: { command: [python3, -IS, "%s", "%s/file"], ack: { mode: manual, timeout: 1h } }'
        lab.edit("services.yaml", "programs:\n", "programs:\n  %s\n" % (program % (lab.path("closing.py"), mount)))
        manager.ctl("reload", "closing", "--no-wait")
        wait_for(lambda: os.path.exists(lab.path("closing.py.done")), "others of it have ended")
        answers_at_once(manager)
        respawns(manager)
        manager.ctl("stop", "closing", "--no-wait")
        answers_at_once(manager)


CLOSING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.open(sys.argv[1], os.O_RDONLY | os.O_CLOEXEC)
    open(sys.argv[0] + ".closing", "w").close()
    os.execv("/bin/sleep", ["sleep", "1000"])
while not os.path.exists(sys.argv[0] + ".closing"):
    time.sleep(0.01)
for _ in range(3):  # who loses its parent and ends is looked after
    if os.fork() == 0:
        if os.fork():
            os._exit(0)
        time.sleep(0.2)
        os._exit(0)
    time.sleep(0.4)
open(sys.argv[0] + ".done", "w").close()
time.sleep(1000)
"""


def preparing(lab, manager):
    """What is done before a worker is born, in directories of somebody who never answers, or late."""
    mount = lab.path("prepared")
    os.mkdir(mount)
    for name in ("key", "data"):
        open(mount + "/" + name, "w").close()
    wanted = {
        "made": "directories: [%s/made]" % mount,
        "secret": "credentials: { key: %s/key }" % mount,
        "boxed": "sandbox: { read: [%s/data] }" % mount,
    }
    programs = "".join("  %s: { command: [sleep, infinity], %s }\n" % each for each in wanted.items())
    lab.edit("services.yaml", "programs:\n", "programs:\n" + programs)
    manager.ctl("reload", *wanted)
    with Unanswered(mount, Unanswered.LOOKUP):
        for name in wanted:
            os.kill(manager.ready_pids(name)[0], signal.SIGKILL)
        for name in wanted:
            wait_for(lambda: said(manager, name, NOT_YET), name + " is told of")
        answers_at_once(manager)
        respawns(manager)
        for name in wanted:
            same(manager.status()[name]["ready"], 0, "ready workers of " + name)
        manager.ctl("restart", "boxed", "--no-wait")
        answers_at_once(manager)
    for name, key in (("made", "directories: "), ("secret", "credentials: "), ("boxed", "sandbox: ")):
        wait_for(lambda: said(manager, name, key), name + " says why")
        manager.wait_until_up(name, 1)
    with Unanswered(mount, Unanswered.READ, late=0.3):
        os.kill(manager.ready_pids("boxed")[0], signal.SIGKILL)
        before = manager.stderr().count("sandbox: ")
        manager.wait_until_up("boxed", 1)
        same(manager.stderr().count("sandbox: "), before, "births of boxed that failed since an answer came late")
    manager.ctl("stop", *wanted)


def said(manager, program, what):
    return any(program + ":0" in line and what in line for line in manager.stderr().splitlines())


def for_ever(lab, manager):
    """An interpreter that is never opened, under a manager that is replaced, killed and replaced again."""
    mount = lab.path("mount")
    os.mkdir(mount)
    script(lab, "frozen", mount + "/interpreter")
    with Unanswered(mount, Unanswered.OPEN) as server:
        lab.edit("services.yaml", "programs:\n", 'programs:\n  frozen: { command: ["%s"], workers: 2 }\n' % lab.path("frozen"))
        manager.ctl("reload", "frozen", "--no-wait")
        wait_for(lambda: server.asked() >= 2, "both wait for the interpreter")
        answers_at_once(manager)
        respawns(manager)
        manager.ctl("reexec")
        respawns(manager)
        os.kill(manager.pid, signal.SIGKILL)
        manager.wait(10)
        manager = lab.start(socket_path=manager.socket)
        manager.wait_until_up("healthy", 2)
        respawns(manager)
        same(manager.status()["frozen"]["ready"], 0, "workers that were never executed, after a kill -9")
    wait_for(lambda: manager.status()["frozen"]["workers"][0]["restarts"] > 0, "what was held up has failed")
    return manager
