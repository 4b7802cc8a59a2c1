# SPDX-License-Identifier: GPL-3.0-or-later
"""Deaths: replaced at once, then ever later; commands that cannot run are named and not spun on; KILL for the deaf; giving up."""

import os
import time

from lab import FAILED, answers, check, same, wait_for

MOST_LATENCY = 1.0
NAMES = {"missing": "ENOENT", "unknown": "ENOENT", "forbidden": "EACCES", "homeless": "ENOENT"}


def run(lab):
    lab.config()
    lab.write("not-executable", "#!/bin/sh\nexit 0\n")
    os.chmod(lab.path("not-executable"), 0o644)
    manager = lab.start()
    manager.wait_until_up("web", 2)
    began = time.monotonic()
    healthy = manager.worker_pids("web")

    backs_off(lab)
    cannot_start(lab, manager)
    gives_up(lab, manager)
    same(manager.worker_pids("web"), healthy, "healthy workers beside the ill")
    replaced_at_once(lab, manager)
    stop_beats_the_crash_loop(lab, manager)
    deaf_meets_kill(lab, manager)
    check(answers("127.0.0.1:%d" % lab.port()), "the healthy program does not answer")
    # All of them were tried with growing delays, at most one a second in the end.
    for name, code in NAMES.items():
        lines = [line for line in manager.stderr().splitlines() if name in line and code in line]
        most = 2 * (6 + (time.monotonic() - began))
        check(len(lines) <= most, lambda: "%d lines on %s in %.1f s: it spins" % (len(lines), name, time.monotonic() - began))


def backs_off(lab):
    """Deaths before the ack: 100 ms, 200 ms, 400 ms, 800 ms, then 1 s; never less than asked, never much more."""
    boots = wait_for(lambda: versions(lab, "boot", "loop")[7:] and versions(lab, "boot", "loop"), "eight starts of the crash loop", 30)
    ends = versions(lab, "broken", "loop")
    delays = [round(boot.at - end.at, 3) for end, boot in zip(ends, boots[1:])]
    lab.say("crash loop: delays %s s" % " ".join("%.2f" % delay for delay in delays))
    # The first replacement may come at once or after the first delay.
    at_once = [0.0, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    after_first = [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]
    check(
        fits(delays, at_once) or fits(delays, after_first),
        lambda: "delays are %s, expected about %s or %s" % (delays, at_once, after_first),
    )


def fits(delays, asked):
    """Never (but for jitter) less than asked, and not much more: a busy machine is late, it is never early."""
    return all(0.8 * least - 0.01 <= found <= 1.25 * least + 2.0 for found, least in zip(delays, asked))


def versions(lab, what, version):
    return [fact for fact in lab.facts(what) if fact.version == version]


def cannot_start(lab, manager):
    """A command that cannot be executed is reported with program, path and errno."""
    for name, code in NAMES.items():
        wait_for(
            lambda: [line for line in manager.stderr().splitlines() if name in line and code in line],
            "the log says %s of %s" % (code, name),
        )
    text = manager.stderr()
    for path in ("no-such-program", "e2e-no-such-command-on-path", "not-executable", "no-such-directory"):
        check(path in text, lambda: "the log does not name %s" % path)
    status = manager.status()
    for name in NAMES:
        check(str(status[name]["state"]).lower() not in ("running", "ready"), lambda: "%s is called %s" % (name, status[name]["state"]))


def gives_up(lab, manager):
    """After three deaths within the time nobody is started until the operator asks."""
    wait_for(lambda: manager.status()["hopeless"]["state"] == "failed", "the hopeless program is marked failed")
    deaths = len(versions(lab, "broken", "hopeless"))
    same(deaths, 3, "deaths before giving up")
    manager.ctl("start", "hopeless", code=FAILED, within=40)
    wait_for(lambda: len(versions(lab, "broken", "hopeless")) > deaths, "start tries again")
    wait_for(lambda: manager.status()["hopeless"]["state"] == "failed", "the hopeless program is marked failed again")


def replaced_at_once(lab, manager):
    latencies = []
    for turn in range(8):  # five in a row in one slot would be a crash loop
        victim = manager.workers("web")[turn % 2]
        lab.kill(victim)
        killed = lab.facts("killed")[-1].at
        boot = wait_for(
            lambda: [fact for fact in lab.facts("boot") if fact.at > killed and fact.pid in manager.worker_pids("web")],
            "a killed worker is replaced",
        )[0]
        same(boot.slot, str(victim.slot), "slot of the replacement")
        latencies.append(boot.at - killed)
        # Up in the manager's eyes too: who dies before its ack has come is a failed start, with a growing delay.
        manager.wait_until_up("web", 2)
    latencies.sort()
    lab.say("kill -9 to the next worker's first line: median %.0f ms, longest %.0f ms" % (1000 * latencies[4], 1000 * latencies[-1]))
    check(latencies[4] <= MOST_LATENCY, lambda: "a killed worker is replaced after %.1f s" % latencies[4])


def stop_beats_the_crash_loop(lab, manager):
    manager.ctl("stop", "loop")
    stopped = time.monotonic()
    same(manager.status()["loop"]["state"], "stopped", "state of the stopped crash loop")
    # Longer than the longest delay: had it been scheduled, it would start now.
    wait_for(lambda: time.monotonic() > stopped + 2.0, "two seconds")
    late = [fact for fact in versions(lab, "boot", "loop") if fact.at > stopped]
    same(late, [], "starts after stop")


def deaf_meets_kill(lab, manager):
    manager.wait_until_up("deaf", 1)
    pid = manager.workers("deaf")[0].pid
    took = manager.ctl("stop", "deaf").seconds
    check(pid not in manager.worker_pids("deaf"), "the deaf worker is still there")
    check([fact for fact in lab.facts("ignored-TERM") if fact.pid == pid], "it was not told by TERM first")
    check(0.9 <= took <= 20, lambda: "TERM, 1 s, KILL took %.1f s" % took)
