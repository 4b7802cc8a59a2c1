# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is up when its own ack says so, in each mode, and not before; nobody acks for another."""

import glob
import os
import signal
import socket
import time

from lab import check, environment_of, same, wait_for


def ready(status, program):
    return [w for w in status[program]["workers"] if str(w["state"]).lower() in ("ready", "up", "running")]


def run(lab):
    lab.config()
    manager = lab.start()
    for name, count in (("einhorn", 2), ("older", 1), ("child", 1), ("notify", 1), ("notifier", 1), ("nobody", 1), ("connect", 1)):
        manager.wait_until_up(name, count)
    for name, count in (("waiting", 5), ("gone", 1)):
        manager.wait_until_up(name, count)
    by_who_has_ended(lab, manager)
    check("refused" not in manager.stderr(), manager.tail)

    # What is alive is not yet up: the slow ones become so when their ack comes, and are the same workers then.
    first = {name: manager.worker_pids(name) for name in ("timer", "http")}
    manager.wait_until_up("timer", 1)
    took = time.monotonic() - manager.began
    check(took >= 3.0, lambda: "`timer: 3s` was called up %.1f s after the manager's start" % took)
    manager.wait_until_up("http", 1)
    serving = {fact.pid for fact in lab.facts("ready")}
    check(manager.worker_pids("http") <= serving, "`http` was called up before it served")
    same({name: manager.worker_pids(name) for name in first}, first, "workers of `timer` and `http`")

    # Never acks: stopped after the timeout, counted as a failed start, tried again.
    wait_for(lambda: len([f for f in lab.facts("told") if never(lab, f)]) >= 2, "the worker that never acks is stopped and replaced")
    # Each was spawned after the one before had been told to go, and given its time (a told worker notes it a little late).
    times = [manager.began] + [fact.at for fact in lab.facts("told") if never(lab, fact)]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    check(all(0.6 <= gap <= 30 for gap in gaps), lambda: "stopped after %s s, the ack timeout is 0.7 s" % gaps)
    same(ready(manager.status(), "never"), [], "workers of `never` that are up")

    foreign(lab, manager)
    last_words(manager)
    same(ready(manager.status(), "wrong"), [], "READY=1 made a `manual` program up")
    operator_only(lab, manager)


def by_who_has_ended(lab, manager):
    """A worker has a command say it, which is gone and reaped when the manager hears it."""
    wait_for(lambda: len(manager.status()["ended"]["workers"]) == 3, "the workers")
    os.kill(manager.pid, signal.SIGSTOP)
    try:
        lab.write("gate", "")
        wait_for(lambda: len(glob.glob(lab.path("said.*"))) == 3, "all commands have said it and ended")
    finally:
        os.kill(manager.pid, signal.SIGCONT)
    manager.wait_until_up("ended", 3)


def never(lab, fact):
    """Is the fact one of the program `never`? Its workers are the only silent ones that are told to go."""
    return fact.pid in {silent.pid for silent in lab.facts("silent")}


def talk(path, text):
    """Sends a line to a worker socket and returns what comes back until it is quiet or closed."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(path)
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while True:
                some = client.recv(4096)
                if not some:
                    break
                received += some
        except ConnectionResetError:
            pass
        return received


def foreign(lab, manager):
    """An ack in the name of a worker, from a process that is not that worker: refused, and logged with both pids."""
    victim = manager.workers("victim")[0]
    path = environment_of(victim.pid)["EINHORN_SOCK_PATH"]
    before = len(manager.stderr())
    talk(path, b'{"command":"worker:ack","pid":%d}\n' % victim.pid)

    def logged():
        lines = manager.stderr()[before:].splitlines()
        return [line for line in lines if "ack" in line.lower() and str(victim.pid) in line and str(os.getpid()) in line]

    wait_for(logged, "the log says who (pid %d) acked for whom (pid %d)" % (os.getpid(), victim.pid))
    same(ready(manager.status(), "victim"), [], "workers of `victim` that are up after a foreign ack")
    same(manager.worker_pids("victim"), {victim.pid}, "worker of `victim`")


def last_words(manager):
    """A worker that says much as it ends is no stranger, though it is dead when that is heard."""
    for _ in range(8):
        manager.ctl("restart", "leaver")
    check("may not ping" not in manager.stderr(), manager.tail)


def operator_only(lab, manager):
    """The worker socket takes acks and pings, not the operator's commands, nor garbage."""
    worker = manager.workers("einhorn")[0]
    path = environment_of(worker.pid)["EINHORN_SOCK_PATH"]
    for line in (b'{"id":1,"command":"die"}\n', b'{"id":1,"command":"stop","args":["einhorn"]}\n', b"\0\xff\n", b"{" * 200000):
        try:
            talk(path, line)
        except BrokenPipeError:
            pass  # hung up on: just as well
    same(len(ready(manager.status(), "einhorn")), 2, "workers of `einhorn` up after commands on the worker socket")
    check(worker.pid in manager.worker_pids("einhorn"), "a command on the worker socket had an effect")
