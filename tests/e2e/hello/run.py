# SPDX-License-Identifier: GPL-3.0-or-later
"""The first example: starts, answers, rolls, shows its status, stops with exit status 0, leaves nothing behind."""

from examples import example, roll
from lab import ROLLS, answers, check, get, nothing_lost, same, wait_for

NEEDS = {"java": "openjdk-17-jdk-headless"}


def run(lab):
    config = example(lab, "hello.yaml")
    address = "127.0.0.1:%d" % lab.port("port8080")
    manager = lab.start(config)
    wait_for(lambda: answers(address), address + " answers", 60)
    same(get(address)["version"], "v1", "version")
    manager.wait_until_up("hello", 2)
    workers = manager.workers()
    same(len(workers), 2, "workers")
    same(manager.ready_pids("hello"), sorted(worker.pid for worker in workers), "pids that status calls ready")
    listed = manager.ctl("status")
    check("hello" in listed.out and "2/2" in listed.out, lambda: "the program is not in %s" % listed)
    shown = manager.ctl("show")
    for worker in workers:
        check(str(worker.pid) in shown.out, lambda: "pid %d is not in %s" % (worker.pid, shown))

    load = lab.load(address)
    lab.edit(config, "VERSION: v1", "VERSION: v2")
    manager.ctl("reload", "hello")
    wait_for(lambda: not manager.worker_pids() & {worker.pid for worker in workers}, "the old workers are gone", 30)
    nothing_lost(roll(lab, manager, "hello", load, min(ROLLS, 10) // 4))
    same(get(address)["version"], "v2", "version after the reload")

    manager.stop("TERM")
    check(answers(address) is None, "somebody still answers after the end")
