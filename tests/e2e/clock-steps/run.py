# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock on the wall is set forward and back under the manager: no wait ends early, and none gets longer.

libfaketime (the one for threads) moves the wall clock of the manager alone, and leaves the one that never goes back as it is.
It opens and closes a file each time the time is asked for, on any thread of the manager's JVM, and no number may get lost in that.
"""

import glob
import os
import re
import signal
import time

from lab import check, nothing_lost, same, wait_for

FOUND = os.environ.get("FAKETIME_LIB") or next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
NEEDS = {FOUND or "/usr/lib/faketime/libfaketimeMT.so.1": "libfaketime"}


def run(lab):
    lab.config()
    set_clock(lab, "+0")
    manager = lab.start(
        env={
            "LD_PRELOAD": FOUND,
            "FAKETIME_TIMESTAMP_FILE": lab.path("clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
        }
    )
    manager.wait_until_up("web", 2)
    manager.wait_until_up("stuck", 1)
    load = lab.load()
    before = manager.worker_pids("web")
    check(not steps(manager), lambda: "the clock stepped before it was set: %s" % steps(manager))
    forward(lab, manager)
    same(manager.worker_pids("web"), before, "workers after the clock was set forward by ten days")
    back(lab, manager)
    same(manager.worker_pids("web"), before, "workers after the clock was set back by twenty days")
    nothing_lost(load.finish())


def set_clock(lab, offset):
    lab.write("clock", offset + "\n")


def days(manager):
    return [line[:10] for line in manager.stderr().splitlines() if re.match(r"\d{4}-\d\d-\d\dT", line)]


def steps(manager):
    """How often the days in the manager's log step by more than one."""
    numbers = [int(time.mktime(time.strptime(day, "%Y-%m-%d")) // 86400) for day in days(manager)]
    return [(one, next_one) for one, next_one in zip(numbers, numbers[1:]) if abs(one - next_one) > 5]


def forward(lab, manager):
    """max-age, watchdog, and a reload on trial, all of an hour or a minute: none is over because ten days have passed."""
    lab.edit("services.yaml", "max-age: 2s, keep: 2", "max-age: 2s, keep: 3")
    manager.ctl("reload", "--confirm", "1m")
    set_clock(lab, "+10d")
    seen(manager, 1)
    took(lab, "stop of a stuck worker", 1.0, lambda: manager.ctl("restart", "stuck"))
    manager.ctl("confirm")  # it has not gone back
    check("was not confirmed in time" not in manager.stderr(), "the reload went back at once")


def back(lab, manager):
    """What is due in a second is due in a second, not in twenty days."""
    lab.edit("services.yaml", "max-age: 2s, keep: 3", "max-age: 2s, keep: 2")
    manager.ctl("reload", "--confirm", "2s")
    set_clock(lab, "-10d")
    seen(manager, 2)
    wait_for(lambda: "was not confirmed in time" in manager.stderr(), "the reload goes back")
    took(lab, "stop of a stuck worker", 1.0, lambda: manager.ctl("restart", "stuck"))
    took(lab, "start of one that never acknowledges", 1.0, lambda: manager.ctl("restart", "late", code=None))
    victim = manager.worker_pids("stuck").pop()
    os.kill(victim, signal.SIGKILL)
    manager.wait_for_workers(1, "stuck")
    manager.wait_until_up("stuck", 1)
    aside = set(glob.glob(lab.path("chatty.log*")))
    wait_for(lambda: len(set(glob.glob(lab.path("chatty.log*"))) - aside) > 1, "the log is put aside by age, and again")
    status = manager.status()
    ages = [worker["age_ms"] for program in status.values() for worker in program["workers"] if worker["pid"]]
    check(all(0 <= age < 86_400_000 * 30 for age in ages), lambda: "ages of workers: %s" % ages)


def seen(manager, count):
    """The manager has seen that the clock was set: its log says so."""

    def stepped():
        manager.ctl("scale", "late", "0")
        manager.ctl("scale", "late", "1", "--no-wait")
        return len(steps(manager)) >= count

    wait_for(stepped, "a line of the log has the new date", 20)


def took(lab, what, least, deed):
    began = time.monotonic()
    deed()
    seconds = time.monotonic() - began
    lab.say("%s: %.1f s" % (what, seconds))
    check(least * 0.9 <= seconds < 20, lambda: "%s: %.1f s" % (what, seconds))
