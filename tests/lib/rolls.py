# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling restarts in a row under load, with two broken deploys in the middle, and the order checked afterwards.

The order is read from the workers' own journal (boot, ready, told, exit, in the kernel's monotonic
clock), not from what the manager reports.
"""

import os
import re
import signal
import time

from lab import FAILED, ROLLS, check, get, nothing_lost, same, wait_for

WORKERS = 4


def roll_under_load(lab, clients=8):
    """Rolls the program `web` of services.yaml E2E_ROLLS times; returns the counts of the load."""
    lab.config()
    manager = lab.start(up=WORKERS)
    load = lab.load(clients=clients)
    seconds = []
    current = "v0"
    for number in range(1, ROLLS + 1):
        if number == ROLLS // 2 + 1:
            broken_deploy(lab, manager, current, "exit")
            broken_deploy(lab, manager, current, "noack")
        new = "v%d" % number
        lab.edit("services.yaml", "VERSION: %s " % current, "VERSION: %s " % new)
        before = manager.worker_pids("web")
        result = manager.ctl("reload", "web")
        seconds.append(result.seconds)
        now = {worker.pid for worker in manager.wait_for_workers(WORKERS, "web", version=new)}
        check(not before & now, lambda: "roll %d: old workers remain: %s" % (number, before & now))
        current = new
    counts = load.finish()
    seconds.sort()
    lab.say(
        "%d rolls, each median %.2f s, longest %.2f s" % (ROLLS, seconds[len(seconds) // 2], seconds[-1])
    )
    nothing_lost(counts)
    expected = {"v%d" % number for number in range(ROLLS + 1)}
    same(sorted(set(counts["versions"]) - expected), [], "versions that must never answer")
    return counts


def broken_deploy(lab, manager, current, how):
    """A version that cannot come up: the old one stays, says so, and is what respawns use."""
    before = manager.worker_pids("web")
    lab.edit("services.yaml", "VERSION: %s " % current, "VERSION: bad-%s " % how)
    lab.edit("services.yaml", "broken=none", "broken=" + how)
    began = time.monotonic()
    result = manager.ctl("reload", "web", code=FAILED, within=60)
    took = time.monotonic() - began
    check(re.search(r"old version kept", result.text, re.IGNORECASE), lambda: "no word of the old version being kept: %s" % result)
    check("web" in result.text, lambda: "the program is not named: %s" % result)
    if how == "exit":
        seen = result.text + manager.stderr()
        check("no such table 'users'" in seen, lambda: "the worker's last words are nowhere: %s" % seen[-2000:])
    workers = manager.wait_for_workers(WORKERS, "web", version=current)
    if lab.name != "roll-replace":
        same({worker.pid for worker in workers}, before, "workers after the failed deploy")
    same(get("127.0.0.1:%d" % lab.port())["version"], current, "version that answers after the failed deploy")
    respawn_uses(lab, manager, current)
    lab.edit("services.yaml", "broken=" + how, "broken=none")
    lab.edit("services.yaml", "VERSION: bad-%s " % how, "VERSION: %s " % current)
    lab.say("broken deploy (%s): verdict after %.1f s" % (how, took))


def respawn_uses(lab, manager, version):
    """A worker that leaves by itself (gracefully, so that the load loses nothing) is followed by one of `version`."""
    wait_for(lambda: ups(lab) == WORKERS, "%d workers of the old version up" % WORKERS)
    victim = manager.workers("web")[0]
    lab.note("dismissed", victim.pid, victim.slot, victim.version)
    os.kill(victim.pid, signal.SIGTERM)
    wait_for(lambda: victim.pid not in manager.worker_pids("web"), "the dismissed worker is gone")
    manager.wait_for_workers(WORKERS, "web", version=version)
    wait_for(lambda: ups(lab) == WORKERS, "the dismissed worker's successor is up")


def ups(lab):
    """How many workers are up by the journal: ready, and neither told to go nor gone."""
    up = set()
    for fact in lab.facts():
        if fact.what == "ready":
            up.add(fact.pid)
        elif fact.what in ("told", "exit", "killed", "crash"):
            up.discard(fact.pid)
    return len(up)


def order_of_smooth(lab, surge=1):
    """No old worker was told to go before a ready successor existed, and never were there more than `surge` too many."""
    up, alive, dismissed = set(), set(), set()
    complete = False
    most = 0
    for fact in lab.facts():
        if fact.what == "boot":
            alive.add(fact.pid)
        elif fact.what == "ready":
            up.add(fact.pid)
            complete = complete or len(up) == WORKERS
        elif fact.what == "dismissed":
            dismissed.add(fact.pid)
        elif fact.what in ("told", "killed"):
            up.discard(fact.pid)
            expected = WORKERS - 1 if fact.pid in dismissed else WORKERS
            check(not complete or len(up) >= expected, lambda: "%s left only %d workers up" % (fact, len(up)))
        elif fact.what in ("exit", "broken"):
            alive.discard(fact.pid)
        most = max(most, len(alive))
    check(most <= WORKERS + surge, lambda: "%d workers at once" % most)


def order_of_fleet(lab):
    """All new workers were up before any old one was told to go."""
    facts = lab.facts()
    dismissed = {fact.pid for fact in facts if fact.what == "dismissed"}
    for number in range(1, ROLLS + 1):
        old, new = "v%d" % (number - 1), "v%d" % number
        ready = [fact.at for fact in facts if fact.what == "ready" and fact.version == new]
        told = [fact.at for fact in facts if fact.what == "told" and fact.version == old and fact.pid not in dismissed]
        check(len(ready) >= WORKERS, lambda: "only %d workers of %s were ever up" % (len(ready), new))
        same(len(told), WORKERS, "workers of %s told to go" % old)
        check(min(told) > ready[WORKERS - 1], lambda: "a worker of %s was told to go before %d of %s were up" % (old, WORKERS, new))


def order_of_replace(lab):
    """In each slot the old worker was gone before the new one started, and one slot at a time was empty."""
    facts = lab.facts()
    for number in range(1, ROLLS + 1):
        old, new = "v%d" % (number - 1), "v%d" % number
        for slot in map(str, range(WORKERS)):
            gone = [fact.at for fact in facts if fact.what == "exit" and fact.version == old and fact.slot == slot]
            came = [fact.at for fact in facts if fact.what == "boot" and fact.version == new and fact.slot == slot]
            check(gone and came, lambda: "slot %s was not replaced by %s" % (slot, new))
            check(came[0] > gone[-1], lambda: "slot %s: %s started before %s was gone" % (slot, new, old))
    up = set()
    complete = False
    for fact in facts:
        if fact.what == "ready":
            up.add(fact.pid)
            complete = complete or len(up) == WORKERS
        elif fact.what == "told":
            up.discard(fact.pid)
            check(not complete or len(up) >= WORKERS - 1, lambda: "%s left only %d workers up" % (fact, len(up)))
