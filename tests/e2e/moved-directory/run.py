# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory that the manager was started in is moved, replaced and removed: what counts is what has its name."""

import os
import shutil

from lab import FAILED, INVALID, check, get, nothing_lost, read, same, wait_for


def run(lab):
    lab.config()
    release(lab, "app", "v1")
    manager = start_in(lab, lab.path("app"))
    load = lab.load()
    replaced(lab, manager)
    gone(lab, manager)
    through_a_link(lab)
    nothing_lost({**load.finish(), "reset": 0, "lost": 0, "resent": 0})  # of the workers that were killed
    manager.stop()


def release(lab, name, version):
    os.makedirs(lab.path(name))
    shutil.copy(os.path.join(lab.lib, "worker.py"), lab.path(name, "worker.py"))
    text = read(lab.path("services.yaml")).replace("VERSION: v1", "VERSION: " + version)
    lab.write(os.path.join(name, "services.yaml"), text)


def start_in(lab, directory):
    """With a relative name, as a person would; `sh` says in PWD how that person got there."""
    socket = lab.path("%s.sock" % os.path.basename(directory))
    through = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', directory)
    manager = lab.start(through=through, classic=("-c", "services.yaml", "-d", socket), socket_path=socket)
    manager.wait_until_up("web", 2)
    return manager


def replaced(lab, manager):
    """Deployed by renaming: plan and reload read the file that has the name now, and workers start where it is."""
    release(lab, "app.new", "v2")
    os.rename(lab.path("app"), lab.path("app.old"))
    os.rename(lab.path("app.new"), lab.path("app"))
    plan = manager.ctl("plan", code=10)
    check("VERSION" in plan.text, lambda: "the plan does not see the new file: %s" % plan)
    manager.ctl("reload")
    same(get("127.0.0.1:%d" % lab.port())["version"], "v2", "version that answers")
    shutil.rmtree(lab.path("app.old"))
    replaces_itself(lab, manager)
    respawns(lab, manager, lab.path("app"))


def replaces_itself(lab, manager):
    wait_for(lambda: len(manager.pids_of("web")) == 2, "nobody is on the way out")
    before = manager.pids_of("web")
    manager.ctl("reexec")
    same(manager.pids_of("web"), before, "workers over a reexec")


def respawns(lab, manager, where):
    victim = manager.workers("web")[0]
    lab.kill(victim)
    wait_for(lambda: victim.pid not in manager.pids_of("web"), "its death is seen")
    manager.wait_until_up("web", 2)
    born = max(manager.workers("web"), key=lambda worker: worker.pid)
    same(os.readlink("/proc/%d/cwd" % born.pid), os.path.realpath(where), "directory of the worker that came after it")


def gone(lab, manager):
    """Nothing has the name: that is said, what runs goes on, and the manager can be replaced all the same."""
    os.rename(lab.path("app"), lab.path("away"))
    for command, code in (("plan", INVALID), ("reload", INVALID)):
        result = manager.ctl(command, code=code)
        check("%s: " % lab.path("app/services.yaml") in result.text.replace(":1:1", ""), lambda: "the file is not named: %s" % result)
        check("no such file" in result.text, lambda: "not the reason: %s" % result)
    replaces_itself(lab, manager)
    shutil.copytree(lab.path("away"), lab.path("app"))
    shutil.rmtree(lab.path("away"))
    same(manager.ctl("plan").text.count("VERSION"), 0, "changes of VERSION in the plan")
    replaces_itself(lab, manager)


def through_a_link(lab):
    """Started in `current`, which points to another release by the time: the first one may be removed."""
    first = lab.port()
    lab.ports["http"] = lab.port("second")
    lab.config()
    release(lab, "r1", "v1")
    release(lab, "r2", "v1")
    os.symlink("r1", lab.path("current"))
    manager = start_in(lab, lab.path("current"))
    os.symlink("r2", lab.path("next"))
    os.rename(lab.path("next"), lab.path("current"))
    shutil.rmtree(lab.path("r1"))
    respawns(lab, manager, lab.path("r2"))
    lab.edit("r2/services.yaml", "workers: 2", "workers: 3")
    replaces_itself(lab, manager)
    manager.ctl("reload")
    manager.wait_until_up("web", 3)
    manager.stop()
    lab.ports["http"] = first
