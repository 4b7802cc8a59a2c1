#!/usr/bin/python3 -u
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first process of the machine that run boots: what limits of control groups do. Ends it with a reset."""

import os
import signal
import subprocess
import time
import traceback

GROUPS = "/sys/fs/cgroup"
BIN = "/einhyrningsins/bin/"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"}

LIMITS = """
defaults: { ack: { timer: 50ms }, restart: never, stop: { signal: KILL } }
programs:
  calm:
    command: [sleep, "1000"]
    cgroup: { memory-max: 64MiB, memory-high: 48MiB, cpu: 50%, tasks: 7 }
  hog:
    command: [python3, -c, "import time; time.sleep(1); kept = bytearray(256 << 20); time.sleep(1000)"]
    cgroup: { memory-max: 32MiB }
  bomb:
    command: [python3, /tmp/bomb.py]
    cgroup: { tasks: 5 }
  busy:
    command: [sh, -c, "while :; do :; done"]
    cgroup: { cpu: 20% }
  free: { command: [sleep, "1000"] }
"""


def main():
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("tmpfs", "/run")):
        os.makedirs(place, exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, place], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", GROUPS], check=True)
    say("Linux " + os.uname().release + ", controllers: " + read(GROUPS + "/cgroup.controllers").strip())
    write(GROUPS + "/cgroup.subtree_control", "+memory +cpu +pids")
    for name in ("service", "other"):
        os.mkdir(GROUPS + "/" + name)
        os.setxattr(GROUPS + "/" + name, "user.delegate", b"1")  # as systemd marks what it gave away
    os.mkdir(GROUPS + "/service/manager")
    limits_hold()
    without_a_part_of_its_own()
    say("all of it holds", "")


BOMB = """
import os, time
forked = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(1000)
        forked += 1
except BlockingIOError:
    with open("/tmp/forked", "w") as file:
        file.write(str(forked))
    time.sleep(1000)
"""


def limits_hold():
    write("/tmp/bomb.py", BOMB)
    manager = start("service/manager", LIMITS)
    workers = wait_for(lambda: groups_of(GROUPS + "/service"), "groups of the workers")
    for name, file, value in (
        ("calm", "memory.max", str(64 << 20)),
        ("calm", "memory.high", str(48 << 20)),
        ("calm", "memory.oom.group", "1"),
        ("calm", "cpu.max", "50000 100000"),
        ("calm", "pids.max", "7"),
        ("free", "memory.max", "max"),
    ):
        found = wait_for(lambda: read(group(workers, name) + "/" + file).strip(), file)
        same(found, value, name + ": " + file)
    say("limits are in the groups' files, and only in those that have some")
    status = wait_for(lambda: "out of memory" in ctl("status", "hog") and ctl("status", "hog"), "hog is out of memory", 120)
    say("status: " + next(line.strip() for line in status.splitlines() if "out of memory" in line))
    check('"oom":true' in ctl("status", "--json", "hog").replace(" ", ""), "the JSON of status does not say that hog is out of memory")
    log = read("/tmp/manager.log")
    say("log: " + next(line for line in log.splitlines() if "hog" in line and "out of memory" in line))
    wait_for(lambda: read("/tmp/forked"), "the bomb meets its bound")
    same(read("/tmp/forked"), "4", "children of the bomb")
    same(read(group(workers, "bomb") + "/pids.current").strip(), "5", "pids.current of the bomb")
    say("a fork bomb ends at its 5 tasks")
    before, began = used(group(workers, "busy")), time.monotonic()
    time.sleep(10)
    share = (used(group(workers, "busy")) - before) / (time.monotonic() - began) / 1e6
    check(0.05 < share < 0.3, "a worker with 20%% of a processor took %.0f%%" % (100 * share))
    say("a worker with 20%% of a processor takes %.0f%%" % (100 * share))
    manager.send_signal(signal.SIGTERM)
    same(manager.wait(60), 0, "exit status of the manager")


def without_a_part_of_its_own():
    """Where the manager is in the group that is to be divided, a worker with limits is not started, and that is said."""
    manager = start("other", LIMITS)
    wait_for(lambda: "DelegateSubgroup=" in read("/tmp/manager.log"), "the manager says what it lacks")
    say("log: " + next(line for line in read("/tmp/manager.log").splitlines() if "DelegateSubgroup=" in line))
    wait_for(lambda: "free: 1 worker ready" in read("/tmp/manager.log"), "who has no limits runs")
    folder = wait_for(lambda: groups_of(GROUPS + "/other"), "and has a group all the same")
    check(read(group(folder, "free") + "/cgroup.procs").strip(), "its worker is in its group")
    say("who has no limits runs in a group of its own all the same")
    manager.send_signal(signal.SIGTERM)
    same(manager.wait(60), 0, "exit status of the manager")


def start(where, text):
    write("/tmp/services.yaml", text)

    def move():
        write(GROUPS + "/" + where + "/cgroup.procs", "0")

    with open("/tmp/manager.log", "w") as log:
        command = [BIN + "einhyrningsins", "-c", "/tmp/services.yaml", "-d", "/run/e.sock"]
        manager = subprocess.Popen(command, stderr=log, env=ENV, preexec_fn=move)
    wait_for(lambda: "free" in ctl("status"), "the manager answers", 120)
    return manager


def groups_of(below):
    for folder, names, _ in os.walk(below):
        if os.path.basename(folder).startswith("einhyrningsins-") and any(n.startswith("free:") for n in names):
            return folder
    return None


def group(workers, name):
    return next((e.path for e in os.scandir(workers) if e.name.startswith(name + ":")), workers + "/missing")


def used(path):
    return int(read(path + "/cpu.stat").split()[1])


def ctl(*words):
    return subprocess.run([BIN + "einhyrningsinsctl", "-d", "/run/e.sock", *words], capture_output=True, text=True, env=ENV).stdout


def wait_for(fact, what, within=60.0):
    end = time.monotonic() + within
    while True:
        try:
            found = fact()
        except OSError:
            found = None
        if found:
            return found
        check(time.monotonic() < end, what + ": not within %g s" % within)
        time.sleep(0.2)


def check(kept, what):
    if not kept:
        raise AssertionError(what)


def same(found, expected, what):
    check(found == expected, "%s: expected %s, found %s" % (what, expected, found))


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def say(text, before="  "):
    os.write(1, (before + text + "\n").encode())


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        say(traceback.format_exc(), "FAIL ")
        if os.path.exists("/tmp/manager.log"):
            say(read("/tmp/manager.log"), "")
    os.sync()
    write("/proc/sys/kernel/sysrq", "1")
    write("/proc/sysrq-trigger", "b")
    time.sleep(60)
