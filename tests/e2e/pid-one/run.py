# SPDX-License-Identifier: GPL-3.0-or-later
"""As PID 1 of a container: orphans are reaped, signals are heard, everything stops in order and the exit status is right."""

import os
import shutil
import signal
import subprocess
import time

import lab as lib
from lab import BIN, CTL, check, get, nothing_lost, same, state_of, wait_for

NEEDS = {"unshare": "util-linux"}


def run(lab):
    if os.geteuid() != 0:
        lab.say("not root: namespaces are not to be had")
        return
    shutil.copy(lab.folder + "/orphans.py", lab.path("orphans.py"))
    lab.config()
    outside, first = launch(lab)
    try:
        load = lab.load()
        wait_for(lambda: zombies_seen(first) >= 0 and orphans(first) > 0, "an orphan is the manager's child")
        end = time.monotonic() + 2
        most = 0
        while time.monotonic() < end:
            most = max(most, zombies_seen(first))
            time.sleep(0.01)
        lab.say("at most %d unreaped at once" % most)
        check(most < 40, lambda: "%d zombies: orphans are not reaped" % most)
        ctl(lab, "upgrade", "web")
        nothing_lost(load.finish())
        os.kill(first, signal.SIGTERM)
        same(outside.wait(30), 0, "exit status of the namespace")
    finally:
        outside.kill()
        outside.wait()
    check("everything is stopped" in lib.read(lab.path("stderr")), "it stopped everything")


def launch(lab):
    """The manager as the first process of a new pid namespace; that one's parent, and its pid out here."""
    with open(lab.path("stderr"), "w") as err:
        outside = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", BIN]
            + ["-c", lab.path("services.yaml"), "-d", lab.path("control", "c.sock")],
            stdin=subprocess.DEVNULL,
            stdout=err,
            stderr=err,
            env=lab.environment(),
            cwd=lab.dir,
            start_new_session=True,
        )
    wait_for(lambda: answers(lab), "both workers serve: " + lib.read(lab.path("stderr")))
    first = lib.children_of(outside.pid)[0]
    same(namespace_pid(first), "1", "the manager's pid in its namespace")
    return outside, first


def answers(lab):
    try:
        return get("127.0.0.1:%d" % lab.port())
    except OSError:
        return False


def namespace_pid(pid):
    line = [line for line in lib.read("/proc/%d/status" % pid).splitlines() if line.startswith("NSpid:")]
    return line[0].split()[-1]


def orphans(first):
    return len([pid for pid in lib.children_of(first) if "orphans" in lib.command_of(pid)]) - 1


def zombies_seen(first):
    return len([pid for pid in lib.children_of(first) if state_of(pid) == "Z"])


def ctl(lab, *arguments):
    return lab.command(CTL, "-d", lab.path("control", "c.sock"), *arguments)
