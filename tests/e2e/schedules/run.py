# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs run by their schedules, once for each time, whoever is killed and however the clock is set; what was missed is said.

libfaketime (the one for threads) moves the wall clock of the manager alone, as in clock-steps."""

import glob
import os
import signal
import time

from lab import check, read, same, wait_for

FOUND = os.environ.get("FAKETIME_LIB") or next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
NEEDS = {FOUND or "/usr/lib/faketime/libfaketimeMT.so.1": "libfaketime"}

# 02:29:58 in Berlin, on a day without a change of the clock.
NIGHT = 1768440598

JOB = """#!/bin/sh
echo "$NAME" >> @DIR@/runs
while [ -e @DIR@/hold-$NAME ]; do sleep 0.05; done
[ ! -e @DIR@/fail-$NAME ]
"""


def run(lab):
    lab.write("job", lab.render(JOB))
    os.chmod(lab.path("job"), 0o755)
    lab.config()
    lab.write("hold-often", "")
    lab.write("hold-queues", "")
    lab.write("fail-nightly", "")
    lab.write("runs", "")
    clock(lab, NIGHT - 30)
    manager = start(lab)
    check("next run 2026" not in note(manager, "nightly") and "next run 01:30:00" in note(manager, "nightly"), note(manager, "nightly"))
    clock(lab, NIGHT)
    at_its_time(lab, manager)
    manager = killed(lab, manager)
    overlapping(lab, manager)
    forward_and_back(lab, manager)
    stopped(lab, manager)


def clock(lab, epoch):
    """Sets the manager's clock, which goes on from there."""
    lab.write("clock", "%+d\n" % (epoch - time.time()))


def start(lab, before=None):
    fake = {"FAKETIME_TIMESTAMP_FILE": lab.path("clock"), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    socket = before.socket if before else None
    return lab.start(socket_path=socket, env={"LD_PRELOAD": FOUND, "FAKETIME_DISABLE_SHM": "1", "NO_FAKE_STAT": "1", "TZ": "UTC", **fake})


def runs(lab, name):
    return read(lab.path("runs")).split().count(name)


def has_run(lab, manager, name, times):
    def look():
        manager.status()  # it looks at the clock at once
        return runs(lab, name) >= times

    wait_for(look, "%s runs for the time no. %d" % (name, times), 30, every=0.1)
    same(runs(lab, name), times, "runs of " + name)


def at_its_time(lab, manager):
    has_run(lab, manager, "nightly", 1)
    has_run(lab, manager, "often", 1)
    has_run(lab, manager, "queues", 1)
    same(runs(lab, "hourly"), 0, "runs of what is not due")
    wait_for(lambda: manager.status()["nightly"]["state"] == "failed", "its failure is said")
    check("next run 2026-01-16 01:30:00" in note(manager, "nightly"), note(manager, "nightly"))
    same(manager.ctl("explain", "nightly", "--json").json()["data"]["explanations"][0]["next_at"], "2026-01-16T01:30:00.000Z", "next run")


def note(manager, name):
    return manager.status()[name]["note"]


def killed(lab, manager):
    """In the middle of a run: it goes on, and none begins anew for the same time."""
    before = manager.pids_of("often")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = start(lab, manager)
    wait_for(lambda: manager.pids_of("often") == before, "the run is taken over")
    for name in ("nightly", "often", "queues"):
        same(runs(lab, name), 1, "runs of " + name)
    return manager


def overlapping(lab, manager):
    clock(lab, NIGHT + 63)
    wait_for(lambda: manager.status() and "often: due, but it still runs: skipped" in manager.stderr(), "a run is skipped")
    check("queues: due, but it still runs: waits for its end" in manager.stderr(), manager.tail)
    os.unlink(lab.path("hold-often"))
    os.unlink(lab.path("hold-queues"))
    has_run(lab, manager, "queues", 2)
    check("what it left in its process group" not in manager.stderr(), manager.tail)
    wait_for(lambda: manager.status()["often"]["state"] == "done", "it is done")
    same(runs(lab, "often"), 1, "runs of often")


def forward_and_back(lab, manager):
    clock(lab, NIGHT + 5 * 3600)
    has_run(lab, manager, "hourly", 1)
    check("hourly: 5 runs were missed; it runs once now" in manager.stderr(), manager.tail)
    often = runs(lab, "often")
    clock(lab, NIGHT + 4 * 3600)
    for _ in range(5):
        manager.status()
        time.sleep(0.1)
    same((runs(lab, "hourly"), runs(lab, "often")), (1, often), "runs after the clock was set back by an hour")


def stopped(lab, manager):
    manager.stop("TERM")
    clock(lab, NIGHT + 3 * 86400 + 7200)
    manager = start(lab, manager)
    has_run(lab, manager, "hourly", 2)
    check("nightly: 3 runs were missed; catch-up is false" in manager.stderr(), manager.tail)
    same((runs(lab, "nightly"), manager.stderr().count("often: 1000 runs were missed")), (1, 1), "runs of nightly, words of often")
    manager.stop("TERM")
