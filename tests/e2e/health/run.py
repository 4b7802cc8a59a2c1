# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is ill, silent, old or large is replaced, the new one first where it may be, and nobody else; nothing is lost."""

import os
import re
import shutil
import signal
import time

from lab import check, children_of, command_of, nothing_lost, same, wait_for


def run(lab):
    shutil.copy(os.path.join(lab.folder, "pings.py"), lab.path("pings.py"))
    lab.config()
    manager = lab.start()
    for name, count in (("ill", 2), ("shared", 2), ("dog", 2), ("einhorn-dog", 1), ("old", 2), ("large", 1)):
        manager.wait_until_up(name, count)
    first = {name: manager.ready_pids(name) for name in manager.status()}
    loads = [lab.load("127.0.0.1:%d" % lab.port(name), clients=2) for name in ("ill", "old")]
    acks(lab, manager)
    ill(lab, manager, first["ill"])
    shared(lab, manager, first["shared"])
    watchdog(lab, manager, first)
    old(manager, first["old"])
    large(manager, first["large"][0])
    same(manager.ready_pids("slim"), first["slim"], "a worker within its memory")
    same(manager.ready_pids("hanging-check"), first["hanging-check"], "a worker whose check hangs, but not often enough")
    same(manager.ready_pids("shared"), first["shared"], "workers that share a socket")
    for load in loads:
        nothing_lost(load.finish())
    checks = [pid for pid in lab.pids() if re.search("sleep 100[12]", command_of(pid))]
    check(len(checks) <= 3, lambda: "%d checks are left behind" % len(checks))


def touch(lab, name):
    open(lab.path(name), "w").close()


def note(manager, program):
    return manager.status()[program]["note"]


def log(manager, pattern):
    wait_for(lambda: re.search(pattern, manager.stderr()), "the log says " + pattern)


def acks(lab, manager):
    """Neither is up before its ack."""
    same([manager.ready_pids(name) for name in ("pipe", "command")], [[], []], "workers that are up before their ack")
    pids = {name: manager.pids_of(name) for name in ("pipe", "command")}
    touch(lab, "pipe-up")
    touch(lab, "command-up")
    for name in pids:
        manager.wait_until_up(name, 1)
        same(set(manager.ready_pids(name)), pids[name], "workers of " + name)


def ill(lab, manager, before):
    """The new one is up before the old one is told to go; the other one stays."""
    touch(lab, "ill-%d" % before[0])
    wait_for(lambda: before[0] not in manager.pids_of("ill"), "the ill worker is gone")
    same(len(manager.ready_pids("ill")), 2, "ready workers of `ill`")
    check(before[1] in manager.ready_pids("ill"), "the one that was well was replaced too")
    log(manager, r"pid %d: to be replaced: not well: 2 health checks in a row failed" % before[0])
    told = [fact for fact in lab.facts("told") if fact.pid == before[0]]
    new = [fact for fact in lab.facts("ready") if fact.pid in manager.ready_pids("ill") and fact.pid not in before]
    check(told and new and new[0].at < told[0].at, lambda: "told %s, new %s" % (told, new))


def shared(lab, manager, before):
    """Nobody answers: the program is marked, nobody is blamed."""
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: "shared: is not well" in manager.stderr(), "the program is marked")
        wait_for(lambda: "stopped by SIGSTOP" in note(manager, "shared"), "the note says what its workers are")
        same(sorted(manager.pids_of("shared")), before, "workers of `shared`")
    finally:
        for pid in before:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: note(manager, "shared") == "", "the program is well again")


def watchdog(lab, manager, first):
    """Silence for 1.5 s is the end; so is despair. The others are not touched."""
    mute, lives = first["dog"]
    touch(lab, "mute-%d" % mute)
    touch(lab, "despair-%d" % first["einhorn-dog"][0])
    wait_for(lambda: first["einhorn-dog"][0] not in manager.pids_of("einhorn-dog"), "the worker that despairs is gone")
    log(manager, r"einhorn-dog:0 pid \d+: said that it hangs; replaced at once")
    manager.wait_until_up("einhorn-dog", 1)
    [second] = manager.ready_pids("einhorn-dog")
    touch(lab, "mute-%d" % second)
    for name, pid in (("dog", mute), ("einhorn-dog", second)):
        wait_for(lambda: pid not in manager.pids_of(name), "the silent worker of %s is gone" % name)
        log(manager, r"%s:\d pid %d: gave no sign of life for 1.5s; replaced at once" % (name, pid))
    manager.wait_until_up("dog", 2)
    check(lives in manager.ready_pids("dog"), "the one that gives signs of life was replaced")


def old(manager, before):
    wait_for(lambda: not set(before) & manager.pids_of("old"), "the old ones are gone")
    log(manager, r"old:\d pid %d: to be replaced: max-age of 2s is near" % before[0])
    check(manager.status()["old"]["ready"] >= 2, "fewer ready workers than wanted")


def large(manager, before):
    log(manager, r"large:0 pid %d: to be replaced: uses \d+(\.\d)? MiB, allowed are 60 MiB" % before)
    wait_for(lambda: before not in manager.pids_of("large"), "the large worker is gone")
