# SPDX-License-Identifier: GPL-3.0-or-later
"""A crash loop, a missing command and a stuck worker do not slow the manager's care for a healthy program."""

import time

from lab import ScenarioFailed, check, nothing_lost, read, same, wait_for

TIMES = 15
# Generous: the neighbours also cost processor time, of which a test machine may have little.
MOST_RATIO = 10.0
SLACK_SECONDS = 0.5


def run(lab):
    lab.config()
    lab.config("sick.yaml")
    alone = measure(lab, "services.yaml", False)
    beside = measure(lab, "sick.yaml", True)
    for what in alone:
        ratio = beside[what] / alone[what]
        lab.say("%s: alone %.1f ms, beside the ill %.1f ms, ratio %.2f" % (what, 1000 * alone[what], 1000 * beside[what], ratio))
        check(
            beside[what] <= MOST_RATIO * alone[what] + SLACK_SECONDS,
            lambda: "%s is %.1f times slower beside ill programs" % (what, ratio),
        )


def measure(lab, config, sick):
    """Medians of kill to ready successor, and of `status`, while the healthy program is under load."""
    ready = len(lab.facts("ready"))
    manager = lab.start(config, up=ready + 2)
    if sick:
        wait_for(lambda: read(lab.path("loops")).count("again") > 10, "the crash loop goes round", 30)
        wait_for(lambda: len([f for f in lab.facts("boot") if f.version == "stuck"]) > 4, "the stuck one goes round", 30)
    load = lab.load(clients=4)
    manager.wait_until_up("healthy", 2)
    statuses = sorted(manager.ctl("status").seconds for _ in range(TIMES))
    nothing_lost(load.finish())

    respawns = []
    for _ in range(TIMES):
        victim = manager.workers("healthy")[0]
        killed = time.monotonic()  # before it is: the successor may be ready before we go on
        lab.kill(victim)
        successor = respawned(lab, manager, victim, killed)
        respawns.append(successor.at - killed)
        # Up in the manager's eyes too: who dies before its ack has come is a failed start, with a growing delay.
        manager.wait_until_up("healthy", 2)
    respawns.sort()
    same(len(manager.workers("healthy")), 2, "healthy workers")
    manager.stop(within=60)
    return {"respawn, killed to ready": respawns[TIMES // 2], "status": statuses[TIMES // 2]}


def respawned(lab, manager, victim, killed):
    """The fact that the successor of a worker is ready."""

    def ready(fact):
        return fact.at > killed and fact.slot == str(victim.slot) and fact.version == victim.version

    try:
        return wait_for(lambda: [fact for fact in lab.facts("ready") if ready(fact)], "the successor is ready")[0]
    except ScenarioFailed:
        # the end of the log is of the ill ones
        log = [line for line in manager.stderr().splitlines() if "healthy" in line]
        lab.say("%s was killed at %.3f; of its program the log says:\n%s" % (victim, killed, "\n".join(log[-12:])))
        raise
