# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is up when a line of it matches, wherever its output goes, and over a re-exec and a kill -9 of the manager."""

import os
import shutil
import signal
import time

from lab import FAILED, alive, check, get, nothing_lost, read, same, wait_for

UP = "listening on 0 sockets\n"


def run(lab):
    lab.config()
    shutil.copy(os.path.join(lab.folder, "said.py"), lab.path("said.py"))
    manager = lab.start()
    for name, count in (("web", 3), ("nowhere", 1), ("file", 2), ("kept", 2), ("stock", 1)):
        manager.wait_until_up(name, count)
    ready = {fact.pid for fact in lab.facts("ready")}
    check(manager.pids_of("web") <= ready, "`web` was called up before it said so")
    get("127.0.0.1:%d" % lab.port("stock"))
    passed_on(lab, manager)
    hostile(lab, manager)
    never(lab, manager)

    load = lab.load()
    rolled(lab, manager)
    manager = replaced_and_killed(lab, manager)
    nothing_lost(load.finish())
    once_more(lab, manager)
    for each in lab.managers:
        if each.running():
            each.stop()
        said = read(each.stdout_path)
        check(set(said.splitlines()) <= {"listening on 1 socket", "booting", "up at last"}, "the manager's stdout: " + said)
        open(each.stdout_path, "w").close()


def passed_on(lab, manager):
    """What was waited for is not kept back from where it goes."""
    wait_for(lambda: read(manager.stdout_path).count("listening on 1 socket\n") == 3, "lines of `web` on the manager's stdout")
    wait_for(lambda: read(lab.path("file.log")) == 2 * UP, "lines in file.log")
    wait_for(lambda: sorted(read(lab.path("kept.log")).splitlines(True)) == ["kept:%d %s" % (i, UP) for i in (0, 1)], "lines in kept.log")
    check("Serving HTTP on" in read(lab.path("stock.log")), "what `stock` said")
    open(lab.path("errors.gate"), "w").close()
    manager.wait_until_up("errors", 1)
    wait_for(lambda: "\nit is up\n" in manager.stderr(), "its line on the manager's stderr")
    check("it is up" not in read(manager.stdout_path), "a line of stderr came out at stdout")


def hostile(lab, manager):
    """The others are looked after meanwhile, and it gets there."""
    victim = next(iter(manager.pids_of("kept")))
    began = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in manager.pids_of("kept"), "a death is seen")
    manager.wait_until_up("kept", 2)
    lab.say("a worker was replaced and up after %.1f s beside a hostile one" % (time.monotonic() - began))
    manager.wait_until_up("hostile", 1, within=180)
    same(manager.stderr().count("the search for its ack takes too long"), 1, "complaints in " + manager.stderr())
    wait_for(lambda: read(lab.path("hostile.log")).endswith("a\nfit\n"), "all that it said")
    same(read(lab.path("hostile.log")).count("\n"), 202, "lines of `hostile`")


def never(lab, manager):
    """A line that is nearly the one is none."""
    wait_for(lambda: read(lab.path("never.log")).count("booting\n") >= 2, "the worker that never matches is replaced")
    same(manager.ready_pids("never"), [], "workers of `never` that are up")


def rolled(lab, manager):
    before = manager.pids_of("web")
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    manager.ctl("reload", "web")
    after = manager.pids_of("web")
    check(not before & after, "workers of the old version are left")
    # A new expression needs no new workers; one that no worker will say makes the next rollout fail.
    moon = "VERSION: v2 }\n    ack: { mode: log, match: listening on the moon, timeout: 1s }"
    lab.edit("services.yaml", "VERSION: v2 }", moon)
    result = manager.ctl("plan", code=10)
    check("ack" in result.text, "the plan: " + result.text)
    manager.ctl("reload")
    same(manager.pids_of("web"), after, "workers after a change of ack.match")
    result = manager.ctl("upgrade", "web", code=FAILED)
    same(set(manager.ready_pids("web")), after, "workers after a rollout that failed: " + result.text)
    lab.edit("services.yaml", moon, "VERSION: v2 }")
    manager.ctl("reload")
    same(manager.pids_of("web"), after, "workers after the change was taken back")


def replaced_and_killed(lab, manager):
    late = {name: manager.pids_of(name) for name in ("late", "later")}
    web = manager.pids_of("web")
    manager.ctl("reexec")
    same(manager.ready_pids("late"), [], "workers of `late` that are up")
    open(lab.path("late.gate"), "w").close()
    manager.wait_until_up("late", 1)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    open(lab.path("later.gate"), "w").close()  # it says so while nobody listens
    following = lab.start(socket_path=manager.socket)
    following.wait_until_up("later", 1)
    following.wait_until_up("web", 3)
    for name, pids in late.items():
        same(following.pids_of(name), pids, "workers of " + name)
    same(following.pids_of("web"), web, "workers of web")
    wait_for(lambda: read(lab.path("later.log")).endswith("up at last\n"), "what it said")
    # What those write that were born under another manager comes out at this one's.
    before = read(following.stdout_path)
    victim = next(iter(web))
    os.kill(victim, signal.SIGTERM)
    wait_for(lambda: not alive(victim), "a worker ended")
    wait_for(lambda: len(read(following.stdout_path)) > len(before), "its successor said that it listens")
    following.wait_until_up("web", 3)
    return following


def once_more(lab, manager):
    """Adopted workers, and those of now, over another re-exec."""
    pids = manager.pids_of("web") | manager.pids_of("late")
    manager.ctl("reexec")
    same(manager.pids_of("web") | manager.pids_of("late"), pids, "workers after a re-exec")
    manager.ctl("upgrade", "web")
    check(not pids & manager.pids_of("web"), "workers of before the rollout are left")
