# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions: a program waits for a job that is done; it is restarted with another, over a kill -9, and loses nothing."""

import os
import signal

from lab import CTL, FAILED, LIB, check, nothing_lost, programs_in, same, wait_for

# A worker that begins only when nobody holds it.
HELD = """
import os, sys, time
while os.path.exists("%s"):
    time.sleep(0.01)
os.execv(sys.executable, [sys.executable, "-IS", "%s"] + sys.argv[1:])
"""


def run(lab):
    lab.write("cache.py", HELD % (lab.path("hold"), os.path.join(LIB, "worker.py")))
    migrate(lab, "exit 3")
    lab.write("hold", "")
    lab.config()
    manager = lab.start()
    started_is_not_ready(lab, manager)
    waits_for_the_job(lab, manager)
    once(manager)
    groups(lab, manager)
    load = lab.load()
    restarted_with(manager)
    crash_is_no_restart(manager)
    manager = over_a_kill(lab, manager)
    removed(lab, manager)
    nothing_lost(load.finish())


def migrate(lab, text):
    lab.write("migrate", "#!/bin/sh\n" + text + "\n")
    os.chmod(lab.path("migrate"), 0o755)


def started_is_not_ready(lab, manager):
    """early runs although cache is not ready yet."""
    wait_for(lambda: manager.status()["early"]["state"] == "running", "early runs")
    check(manager.status()["cache"]["state"] == "starting", lambda: manager.status()["cache"])
    os.remove(lab.path("hold"))
    manager.wait_until_up("cache", 1)


def waits_for_the_job(lab, manager):
    state = manager.status()["web"]
    same(state["state"], "waiting", "state of one whose job was not run")
    text = manager.ctl("explain", "web").text
    check("'start migrate' runs it" in text, lambda: text)
    text = manager.ctl("start", "web", code=FAILED).text
    check("migrate waits to be started by hand" in text, lambda: text)
    manager.ctl("start", "migrate", code=FAILED)
    wait_for(lambda: "migrate has failed" in manager.ctl("status", "web").text, "status says what failed")
    text = manager.ctl("explain", "web").text
    check("'start migrate' runs it again" in text, lambda: text)
    migrate(lab, "exit 0")
    manager.ctl("start", "migrate")
    manager.wait_until_up("web", 2)


def rolled(manager, before):
    wait_for(lambda: len(manager.ready_pids("web")) == 2 and not before & set(manager.pids_of("web")), "web is restarted")


def groups(lab, manager):
    """A name for several programs, in commands and in after; a reload changes it at once."""
    check(set(programs_in(manager.ctl("status", "shop", "--json").json())) == {"web", "cache"}, "status of a group")
    manager.ctl("wait", "shop", "--for", "ready")
    words = lab.command(CTL, "complete", "einhyrningsinsctl", "-d", manager.socket, "stop", "s").text
    check("shop\tgroup" in words, lambda: words)
    text = manager.ctl("stop", "shop:0", code=2).text
    check("shop is a group" in text, lambda: text)
    lab.edit("services.yaml", "shop: [web, cache]", "sleepers: [early]")
    text = manager.ctl("plan", code=10).text
    check("groups" in text, lambda: text)
    manager.ctl("reload", "sleepers")  # as the file has it
    manager.ctl("status", "sleepers", code=2)
    manager.ctl("reload")
    manager.ctl("status", "sleepers")
    manager.ctl("status", "shop", code=2)


def restarted_with(manager):
    for command in ("restart", "upgrade"):
        before = set(manager.pids_of("web"))
        manager.ctl(command, "cache")
        rolled(manager, before)
        manager.ctl("wait", "web", "--for", "rolled")
    text = manager.ctl("history", "web").text
    check("restart-with" in text, lambda: text)


def once(manager):
    """A restart of both restarts web once."""
    generation = manager.status()["web"]["generation"]
    manager.ctl("restart", "cache", "web")
    same(manager.status()["web"]["generation"], generation, "generation after a restart of both")


def crash_is_no_restart(manager):
    before = set(manager.pids_of("web"))
    old = manager.worker_pids("cache")
    os.kill(next(iter(old)), signal.SIGKILL)
    wait_for(lambda: manager.ready_pids("cache") and not old & manager.worker_pids("cache"), "cache is back")
    manager.ctl("stop", "cache")
    manager.ctl("start", "cache")
    same(set(manager.pids_of("web")), before, "workers of web after a crash of cache, and a stop and a start")


def over_a_kill(lab, manager):
    """The restart of cache is under way when its manager is killed; the next one goes on with it, and with web."""
    before = set(manager.pids_of("web"))
    lab.write("hold", "")
    manager.ctl("--no-wait", "restart", "cache")
    wait_for(lambda: manager.status()["cache"]["state"] == "starting", "cache is held")
    os.kill(manager.pid, signal.SIGKILL)
    manager.wait()
    manager = lab.start(socket_path=manager.socket)
    same(set(manager.pids_of("web")), before, "workers of web before cache is up")
    manager.ctl("reexec")
    os.remove(lab.path("hold"))
    rolled(manager, before)
    manager.ctl("wait", "web", "--for", "rolled")
    return manager


def removed(lab, manager):
    """What is waited for is removed: then nobody waits for it."""
    manager.ctl("stop", "early", "cache")
    lab.edit("services.yaml", "when: started }", "when: ready }")
    manager.ctl("reload")
    text = manager.ctl("start", "early", code=FAILED).text
    check("cache was stopped" in text, lambda: text)
    lab.edit("services.yaml", "    after: { program: cache, when: ready }\n", "")
    manager.ctl("reload")
    wait_for(lambda: manager.status()["early"]["state"] == "running", "early runs")
    manager.ctl("start", "cache")
