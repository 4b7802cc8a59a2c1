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

TOGETHER = """
defaults: { ack: { timer: 50ms }, restart: never, stop: { signal: KILL } }
programs:
  shop:
    command: [python3, /tmp/eat.py]
    env: { SLOT: "${slot}" }
    workers: 3
    cgroup: { cpu: 90%, program: { memory-max: MOST, tasks: 20, io-weight: 50 } }
  bombs:
    command: [python3, /tmp/bomb.py]
    cgroup: { program: { tasks: 5 } }
  free: { command: [sleep, "1000"] }
"""


def main():
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("tmpfs", "/run")):
        os.makedirs(place, exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, place], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", GROUPS], check=True)
    say("Linux " + os.uname().release + ", controllers: " + read(GROUPS + "/cgroup.controllers").strip())
    write(GROUPS + "/cgroup.subtree_control", "+memory +cpu +pids +io")
    for name in ("service", "other"):
        os.mkdir(GROUPS + "/" + name)
        os.setxattr(GROUPS + "/" + name, "user.delegate", b"1")  # as systemd marks what it gave away
    os.mkdir(GROUPS + "/service/manager")
    limits_hold()
    limits_of_all_workers_hold()
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


# each takes what its file says, in pieces, and keeps it
EAT = """
import os, time
kept = []
while True:
    try:
        with open("/tmp/eat." + os.environ["SLOT"]) as file:
            wanted = int(file.read())
    except (OSError, ValueError):
        wanted = 0
    while len(kept) < wanted:
        kept.append(bytearray(os.urandom(4096) * 256))
    time.sleep(0.1)
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


def limits_of_all_workers_hold():
    write("/tmp/eat.py", EAT)
    if os.path.exists("/tmp/forked"):
        os.remove("/tmp/forked")
    weighed = weight_of_disks()
    manager = start("service/manager", TOGETHER.replace("MOST", "96MiB") if weighed else without_weight("96MiB"))
    workers = wait_for(lambda: groups_of(GROUPS + "/service"), "groups of the workers")
    whole = workers + "/program-shop"
    wait_for(lambda: "shop: 3 workers ready" in read("/tmp/manager.log"), "shop is up")
    same(read(whole + "/memory.max").strip(), str(96 << 20), "memory.max of all workers")
    same(read(whole + "/pids.max").strip(), "20", "pids.max of all workers")
    same(read(group(workers, "shop") + "/memory.max").strip(), "max", "memory.max of a worker")
    same(read(group(workers, "shop") + "/memory.oom.group").strip(), "1", "memory.oom.group of a worker")
    same(read(group(workers, "shop") + "/cpu.max").strip(), "90000 100000", "cpu.max of a worker")
    same(read(workers + "/program-free/memory.max").strip(), "max", "memory.max of a program without limits")
    say("limits of all workers are in the files of their program's group")
    wait_for(lambda: read("/tmp/forked"), "the bomb meets the bound of its program")
    same(read("/tmp/forked"), "4", "children of the bomb")
    say("a fork bomb ends at the 5 tasks of its program")

    # more at once, without a restart; then back to less than they have, never to be killed for it
    before = pids(whole)
    change = TOGETHER if weighed else without_weight("MOST")
    write("/tmp/services.yaml", change.replace("MOST", "200MiB"))
    plan = ctl("plan")
    check("cgroup.program.memory-max" in plan and "in place" in plan, "plan: " + plan)
    say("plan: " + next(line.strip() for line in plan.splitlines() if "cgroup.program" in line))
    ctl("reload")
    same(read(whole + "/memory.max").strip(), str(200 << 20), "memory.max after the reload")
    same(pids(whole), before, "workers after the reload")
    say("a change reaches workers that run")

    # the limit outlives the manager, and is the next one's to change
    manager.kill()
    manager.wait()
    same(read(whole + "/memory.max").strip(), str(200 << 20), "memory.max without a manager")
    write("/tmp/services.yaml", change.replace("MOST", "96MiB").replace(", tasks: 20", ""))
    manager = start("service/manager", read("/tmp/services.yaml"))
    wait_for(lambda: read(whole + "/memory.max").strip() == str(96 << 20), "the next manager sets the limit that is new")
    wait_for(lambda: read(whole + "/pids.max").strip() == "max", "the next manager takes away what is no limit any more")
    same(pids(whole), before, "workers of the next manager")
    ctl("reexec")
    same(read(whole + "/memory.max").strip(), str(96 << 20), "memory.max after the manager was replaced")
    same(pids(whole), before, "workers after the manager was replaced")
    say("the limit outlives kill -9, the next manager changes it, and it outlives reexec")

    # each has less than it may; together it is too much
    for slot in range(3):
        write("/tmp/eat.%d" % slot, "38")
    wait_for(lambda: "out of memory" in ctl("status", "shop"), "memory runs out for all together", 120)
    status = ctl("status", "shop")
    line = next(line.strip() for line in status.splitlines() if "out of memory" in line)
    check("out of memory of all workers together" in line, line)
    say("status: " + line)
    found = ctl("status", "--json", "shop").replace(" ", "")
    check('"oom":true' in found and '"oom_limit":"program"' in found, "JSON of status: " + found)
    survivors = pids(whole)
    same(len(survivors), 2, "workers that live on")
    check(survivors < before, "the others are others")
    same(read(group(workers, "shop") + "/memory.events").split("oom ")[1].split()[0], "0", "memory.events: oom of a worker that lives")
    say("one worker was killed, as one of all")

    # its own limit is told as its own, in a program that has one for all, too
    write("/tmp/services.yaml", OWN)
    ctl("reload")
    wait_for(lambda: "out of memory" in ctl("status", "own"), "memory runs out for one", 120)
    line = next(line.strip() for line in ctl("status", "own").splitlines() if "out of memory" in line)
    check("together" not in line, line)
    say("status: " + line)
    check(not os.path.exists(whole), "the group of a program that is no more is still there")

    manager.send_signal(signal.SIGTERM)
    same(manager.wait(60), 0, "exit status of the manager")
    check(not os.path.exists(workers), "groups are left behind")


OWN = """
defaults: { ack: { timer: 50ms }, restart: never, stop: { signal: KILL } }
programs:
  own:
    command: [python3, -c, "import time; time.sleep(1); kept = bytearray(256 << 20); time.sleep(1000)"]
    cgroup: { memory-max: 32MiB, program: { memory-max: 500MiB } }
  free: { command: [sleep, "1000"] }
"""


def without_weight(most):
    return TOGETHER.replace("MOST", most).replace(", io-weight: 50", "")


def weight_of_disks():
    """Whether the kernel has io.weight; where it has not, a worker with one is not started, and that is said."""
    text = LIMITS.split("  calm:")[0] + '  heavy: { command: [sleep, "1000"], cgroup: { io-weight: 50 } }\n  free: { command: [sleep, "1000"] }\n'
    manager = start("service/manager", text)
    workers = wait_for(lambda: groups_of(GROUPS + "/service"), "groups of the workers")
    file = next((f for f in ("io.weight", "io.bfq.weight") if os.path.exists(GROUPS + "/other/" + f)), None)
    if file:
        value = wait_for(lambda: read(group(workers, "heavy") + "/" + file).split(), file)
        same(value[-1], "50", file)
        say("a share of the disks is in " + file)
    else:
        line = wait_for(lambda: next((l for l in read("/tmp/manager.log").splitlines() if "heavy" in l and "io.weight" in l), None), "no io.weight")
        check("io.bfq.weight" in line, line)
        say("log: " + line)
    manager.send_signal(signal.SIGTERM)
    same(manager.wait(60), 0, "exit status of the manager")
    return file is not None


def pids(whole):
    found = set()
    for folder, _, _ in os.walk(whole):
        found |= set(read(folder + "/cgroup.procs").split())
    return found


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
        if os.path.basename(folder) == "program-free" and any(n.startswith("free:") for n in names):
            return os.path.dirname(folder)
    return None


def group(workers, name):
    whole = workers + "/program-" + name
    found = os.scandir(whole) if os.path.exists(whole) else ()
    return next((e.path for e in found if e.name.startswith(name + ":")), workers + "/missing")


def used(path):
    return int(read(path + "/cpu.stat").split()[1])


def ctl(*words):
    return subprocess.run([BIN + "einhyrningsinsctl", "-d", "/run/e.sock", *words], capture_output=True, text=True, env=ENV).stdout


def wait_for(fact, what, within=60.0):
    """An emulated machine on a busy one is slow: nothing is late before three times as long."""
    within *= 3
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
