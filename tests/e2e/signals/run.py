# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals to the manager: HUP reloads, some are passed on, INT, USR2 and TERM stop gracefully, QUIT at once, twice is faster."""

import fcntl
import os
import re
import signal
import threading
import time

from lab import alive, check, descriptors_of, get, same, wait_for, wait_for_none


def run(lab):
    lab.config()
    lab.config("deaf.yaml")
    passed_on_and_reload(lab)
    for name in ("TERM", "INT", "USR2"):
        graceful(lab, name)
    quit_at_once(lab)
    twice_is_faster(lab, "TERM")
    twice_is_faster(lab, "INT")
    stopping_ones_are_reached(lab)
    suspended(lab)
    lets_go_of_what_it_inherited(lab)


def start(lab, config="services.yaml", workers=2):
    manager = lab.start(config)
    manager.wait_until_up("deaf" if config == "deaf.yaml" else "web", workers)
    return manager


def passed_on_and_reload(lab):
    manager = start(lab)
    before = manager.worker_pids("web")
    for name in ("USR1", "TTIN", "TTOU", "CONT"):
        manager.send(name)
        for pid in before:
            wait_for(lambda: [f for f in lab.facts("signal-" + name) if f.pid == pid], "%s reaches worker %d" % (name, pid))
    same(manager.worker_pids("web"), before, "workers after USR1, TTIN, TTOU and CONT")
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    manager.send("HUP")
    workers = manager.wait_for_workers(2, "web", version="v2")
    check(not before & {worker.pid for worker in workers}, "HUP did not roll the changed program")
    manager.stop("TERM")
    lab.edit("services.yaml", "VERSION: v2", "VERSION: v1")


def graceful(lab, name):
    """A request in progress when the signal comes is answered; then the manager ends with status 0."""
    manager = start(lab)
    outcome = {}

    def ask():
        try:
            outcome["answer"] = get("127.0.0.1:%d" % lab.port())
        except Exception as problem:
            outcome["problem"] = problem

    client = threading.Thread(target=ask)
    client.start()
    # The connection is taken by a worker: established on its side, with the request read.
    wait_for(lambda: in_hands(manager, lab.port()), "a worker has the request")
    manager.stop(name)
    client.join(20)
    check("answer" in outcome, lambda: "%s lost the request in progress: %s" % (name, outcome.get("problem")))


def in_hands(manager, port):
    """Whether a worker has an accepted connection: a socket beyond its listener."""
    for worker in manager.workers("web"):
        try:
            targets = descriptors_of(worker.pid).values()
        except OSError:
            continue
        if len([target for target in targets if target.startswith("socket:")]) > 1:
            return True
    return False


def quit_at_once(lab):
    """QUIT: the workers are told, the manager does not wait for them."""
    manager = start(lab, "deaf.yaml")
    pids = manager.worker_pids("deaf")
    began = time.monotonic()
    manager.send("QUIT")
    manager.wait()
    took = time.monotonic() - began
    lab.say("QUIT: the manager was gone after %.2f s" % took)
    check(took < 20, lambda: "QUIT took %.1f s" % took)
    wait_for(
        lambda: all(not alive(pid) or [f for f in lab.facts("ignored-TERM") if f.pid == pid] for pid in pids),
        "each worker was told",
    )
    # The deaf ones outlive it: that is what "does not wait" means. They are ours to end.
    for pid in pids:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    check(not wait_for_none(lambda: [pid for pid in pids if alive(pid)], 5), "a worker survived KILL")


def twice_is_faster(lab, name):
    """The second time is the end of patience: workers that ignore TERM for a minute are killed."""
    manager = start(lab, "deaf.yaml")
    pids = manager.worker_pids("deaf")
    heard = {fact.pid for fact in lab.facts("ignored-TERM")}
    began = time.monotonic()
    manager.send(name)
    wait_for(lambda: pids <= {fact.pid for fact in lab.facts("ignored-TERM")} | heard, "the workers were told by TERM")
    check(manager.running(), "the manager did not wait for its workers")
    manager.send(name)
    same(manager.wait(20), 0, "exit status after the second " + name)
    took = time.monotonic() - began
    lab.say("%s twice: over after %.2f s" % (name, took))
    check(took < 15, lambda: "the second %s was no faster: %.1f s" % (name, took))
    check(not [pid for pid in pids if alive(pid)], "workers are left")


def stopping_ones_are_reached(lab):
    """A signal reaches workers that are stopping, and one of them by its pid; a second stop says what it waits for."""
    manager = start(lab, "deaf.yaml")
    first, second = sorted(manager.worker_pids("deaf"))
    manager.ctl("stop", "deaf", "--no-wait")
    wait_for(lambda: {first, second} <= {fact.pid for fact in lab.facts("ignored-TERM")}, "both are told")
    said = manager.ctl("signal", "KILL", "deaf:pid/%d" % first).out
    check(re.search(r"KILL sent to 1 worker: pid %d \(slot [01], stopping\)" % first, said), said)
    wait_for(lambda: not alive(first), "the one that was named is gone")
    check(alive(second), "one that was not named is gone too")
    asked = threading.Thread(target=lambda: again.append(manager.ctl("stop", "deaf").text))
    again = []
    asked.start()
    said = manager.ctl("signal", "KILL", "deaf").out
    check("KILL sent to 1 worker: pid %d" % second in said, said)
    asked.join(20)
    check(again, "the second stop has no answer")
    check("no worker" in manager.ctl("signal", "KILL", "deaf", code=1).text, "a signal for nobody")
    check("pid 1 is no worker" in manager.ctl("signal", "KILL", "deaf:pid/1", code=2).text, "a pid of nobody's")
    manager.stop("TERM")


def ready(manager, count):
    web = manager.status()["web"]
    return web if web["ready"] == count else None


def suspended(lab):
    """A worker that is stopped by a signal does not count, and goes when it is told."""
    manager = start(lab)
    pid = min(manager.worker_pids("web"))
    os.kill(pid, signal.SIGSTOP)
    web = wait_for(lambda: ready(manager, 1), "it is not counted")
    same(web["state"], "degraded", "state")
    check("stopped by SIGSTOP" in manager.ctl("show", "web").out, "show does not say it")
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: ready(manager, 2), "it counts again")
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: ready(manager, 1), "it is not counted")
    began = time.monotonic()
    manager.stop("TERM")
    took = time.monotonic() - began
    check(took < 15, "a worker that was stopped by a signal took %.1f s to go" % took)


def lets_go_of_what_it_inherited(lab):
    """A lock that the caller had taken is not held for as long as the manager lives."""
    with open(lab.write("lock", ""), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reader, writer = os.pipe()
        manager = lab.start("services.yaml", pass_fds=(lock.fileno(), writer))
        os.close(writer)
    with open(lab.path("lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    same(os.read(reader, 1), b"", "what is read from a pipe that the caller had left open")
    os.close(reader)
    manager.stop("TERM")
