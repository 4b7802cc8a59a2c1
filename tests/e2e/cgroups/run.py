# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons that hide their descent are ended with their worker by the next manager too, when the first one was killed."""

import os
import shutil
import signal

from lab import alive, all_pids, check, command_of, environment_of, read, same, wait_for


def run(lab):
    shutil.copy(os.path.join(os.path.dirname(lab.folder), "faults", "odd.py"), lab.path("odd.py"))
    lab.config()
    manager = lab.start()
    daemons = wait_for(lambda: len(hidden(lab)) == 2 and hidden(lab), "two daemons without environment")
    workers = {name: min(manager.pids_of(name)) for name in ("first", "second")}
    groups = {name: group_of(pid) for name, pid in workers.items()}
    if not all("/einhyrningsins-" in group for group in groups.values()):
        lab.say("the manager may make no control groups here")
        for pid in daemons:
            os.kill(pid, signal.SIGKILL)
        return
    what_checks_leave(lab, manager)
    dies = next(pid for pid in daemons if group_of(pid) == groups["first"])
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.kill(workers["first"], signal.SIGKILL)
    wait_for(lambda: not alive(workers["first"]), "a worker dies while there is no manager")
    check(alive(dies), "its daemon died with it")

    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("first", 1)
    same(manager.pids_of("second"), {workers["second"]}, "the worker that lived on")
    wait_for(lambda: not alive(dies), "the daemon of the worker that died meanwhile is gone")
    manager.ctl("reexec")
    same(group_of(workers["second"]), groups["second"], "control group of an adopted worker")
    manager.ctl("stop", "all")
    wait_for(lambda: not hidden(lab), "no daemon is left")
    directory = next(line.split()[4] for line in read("/proc/self/mountinfo").splitlines() if " - cgroup2 " in line)
    parent = directory + os.path.dirname(os.path.dirname(groups["second"]))
    manager.stop()
    check(not os.path.exists(parent), "control groups are left behind")
    same(left_by_checks(lab), [], "what checks left")


def what_checks_leave(lab, manager):
    """Each leaves a daemon without environment, in a session of its own."""
    manager.wait_until_up("checked", 1)
    one = wait_for(lambda: left_by_checks(lab), "a check leaves a daemon", 5)[0]
    wait_for(lambda: not alive(one), "it ends with the check")
    check(len(left_by_checks(lab)) <= 1, lambda: "there are %d of them" % len(left_by_checks(lab)))


def left_by_checks(lab):
    command = "sleep 1000%d" % lab.port("mark")
    return [pid for pid in all_pids() if command_of(pid).strip() == command and alive(pid)]


def hidden(lab):
    command = lab.path("odd.py") + " deaf"
    return [pid for pid in all_pids() if command in command_of(pid) and alive(pid) and not environment_of(pid)]


def group_of(pid):
    return next((line[3:] for line in read("/proc/%d/cgroup" % pid).splitlines() if line.startswith("0::")), "")
