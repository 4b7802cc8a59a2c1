# SPDX-License-Identifier: GPL-3.0-or-later
"""200 programs of 5 workers: started, listed, rolled, changed and stopped by one manager. E2E_PROGRAMS sets the number."""

import os
import time

from lab import check, children_of, programs_in, read, same, wait_for

PROGRAMS = int(os.environ.get("E2E_PROGRAMS", "200"))
WORKERS = 5


def text(count):
    lines = ['defaults: { workers: %d, logs: "null", ack: { timer: 1ms }, rollout: { probation: 0s } }' % WORKERS, "programs:"]
    lines += ['  p%03d: { command: [sleep, infinity], env: { NUMBER: "%d" } }' % (number, number) for number in range(count)]
    return "\n".join(lines) + "\n"


def worker_processes(manager):
    """A thousand environments take long to read. A deputy of the manager, which it has for some seconds, is no worker."""
    return [pid for pid in children_of(manager) if read("/proc/%d/comm" % pid).strip() == "sleep"]


def run(lab):
    lab.write("services.yaml", text(PROGRAMS))
    began = time.monotonic()
    manager = lab.start()
    total = PROGRAMS * WORKERS

    def count():
        return len(worker_processes(manager.pid))

    wait_for(lambda: count() == total, "%d workers run" % total, 120, every=0.1)
    lab.say("%d programs, %d workers: running after %.1f s" % (PROGRAMS, total, time.monotonic() - began))
    wait_for(lambda: all(p["state"] == "running" for p in manager.status().values()), "all are called running", 60)

    result = manager.ctl("status")
    check(all("p%03d" % number in result.out for number in range(PROGRAMS)), "status does not list every program")
    lab.say("status: %.2f s" % result.seconds)
    shown = manager.ctl("show", "--json")
    pids = {worker["pid"] for program in programs_in(shown.json()).values() for worker in program["workers"]}
    same(pids, set(worker_processes(manager.pid)), "pids in the JSON of show")
    lab.say("show --json: %.2f s, %d bytes" % (shown.seconds, len(shown.out)))
    memory = [line.split()[1] for line in read("/proc/%d/smaps_rollup" % manager.pid).splitlines() if line.startswith("Pss:")]
    lab.say("manager: PSS %d MiB" % (int(memory[0]) // 1024))

    before = set(worker_processes(manager.pid))
    result = manager.ctl("upgrade", within=300)
    lab.say("upgrade of all: %.1f s" % result.seconds)
    wait_for(lambda: not before & set(worker_processes(manager.pid)), "all workers are new", 60, every=0.1)
    wait_for(lambda: count() == total, "%d workers run" % total, 60, every=0.1)

    before = set(worker_processes(manager.pid))
    lab.edit("services.yaml", 'NUMBER: "7" ', 'NUMBER: "seven" ')
    result = manager.ctl("reload")
    lab.say("reload with one change: %.2f s" % result.seconds)
    wait_for(lambda: len(before - set(worker_processes(manager.pid))) == WORKERS, "one program's workers are replaced", 30)
    wait_for(lambda: count() == total, "%d workers run" % total, 60, every=0.1)
    same(len(before & set(worker_processes(manager.pid))), total - WORKERS, "workers that were not touched")

    began = time.monotonic()
    manager.stop(within=120)
    lab.say("stop of all: %.1f s" % (time.monotonic() - began))
