# SPDX-License-Identifier: GPL-3.0-or-later
"""The load tool sees losses: with the order broken on purpose it must count some, of each kind.

Without this the scenarios that promise "nothing lost" would prove nothing.
"""

import time

from lab import check, wait_for

WORKERS = 4


def failures(counts):
    return sum(counts[kind] for kind in ("refused", "reset", "lost", "timed_out", "bad_status"))


def run(lab):
    lab.config()
    manager = lab.start(up=WORKERS)

    # A hard restart of workers that drop their requests when told to go.
    load = lab.load()
    for _ in range(5):
        before = manager.worker_pids("web")
        manager.ctl("restart", "web")
        wait_for(lambda: not before & manager.worker_pids("web"), "the old workers are gone")
        manager.wait_for_workers(WORKERS, "web")
    counts = load.finish()
    check(counts["reset"] + counts["lost"] > 0, "a hard restart of careless workers lost nothing: the load tool is blind")

    # A rolling restart of the same: the manager's order is right, the worker's is not.
    load = lab.load()
    for _ in range(3):
        manager.ctl("upgrade", "web")
    counts = load.finish()
    check(failures(counts) + counts["resent"] > 0, "careless workers lost nothing in a rolling restart")

    # Workers that drop their idle connections: no request is lost, but some had to be sent again.
    lab.edit("services.yaml", "broken=careless", "broken=idler")
    manager.ctl("reload", "web")
    manager.wait_for_workers(WORKERS, "web")
    load = lab.load(pause=20)
    for _ in range(3):
        manager.ctl("upgrade", "web")
    counts = load.finish()
    check(counts["resent"] > 0, "closed idle connections were not noticed")

    # Crashes: what the dead had in their hands is gone.
    load = lab.load()
    for _ in range(8):
        manager.wait_until_up("web", WORKERS)
        ready = set(manager.ready_pids("web"))  # one that is still leaving may be gone before it is killed
        for worker in manager.workers("web"):
            if worker.pid in ready:
                lab.kill(worker)
    counts = load.finish()
    check(counts["reset"] + counts["lost"] > 0, "killed workers lost nothing: the load tool is blind")

    # No listener at all.
    load = lab.load()
    manager.stop()
    refused_since = time.monotonic()
    wait_for(lambda: time.monotonic() - refused_since > 0.3, "some requests after the end")
    counts = load.finish()
    check(counts["refused"] > 0, "connections to nobody were not counted as refused")
