# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults from outside and odd workers: each is survived, the other programs serve on, nothing is left of it."""

import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import time

from lab import alive, all_pids, check, children_of, command_of, environment_of, get, nothing_lost, read, same, session_of, state_of, wait_for

PIPE_BYTES = 64 * 1024
ODD = ("deaf", "closes_everything", "another_user", "forks_twice", "family_of_daemons", "acks_without_end")


def run(lab):
    shutil.copy(lab.folder + "/odd.py", lab.path("odd.py"))
    lab.config()
    manager = lab.start()
    manager.wait_until_up("steady", 2)
    load = lab.load()
    removed_sockets(lab, manager)
    stopped_manager(lab, manager)
    steady = manager.worker_pids("steady")
    stopped_worker(manager)
    odd_workers(lab, manager)
    hidden_daemon(lab, manager)
    no_descriptors_left(lab, manager)
    same(manager.worker_pids("steady"), steady, "the other program's workers")
    nothing_lost(load.finish())
    cgroups = cgroups_of(manager)
    manager.stop()
    check(not cgroups or not os.path.exists(cgroups), "control groups are left behind")
    nobody_reads_the_log(lab)


def removed_sockets(lab, manager):
    """Somebody cleans up too well; whoever asks after that is answered, and new workers can acknowledge."""
    before = open_descriptors(manager)
    for remove in (os.unlink, lambda path: shutil.rmtree(os.path.dirname(path), ignore_errors=True)):
        remove(manager.socket)
        manager.wait_until_answering(5)
        manager.ctl("status")
    environment = environment_of(manager.workers("steady")[0].pid)
    doors = [environment["EINHORN_SOCK_PATH"], environment["NOTIFY_SOCKET"]]
    shutil.rmtree(os.path.dirname(doors[0]), ignore_errors=True)  # it is made again meanwhile
    wait_for(lambda: all(os.path.exists(path) for path in doors), "the worker sockets are made again")
    manager.ctl("upgrade", "steady")
    wait_for(lambda: open_descriptors(manager) == before, "as many descriptors of the manager as before")


def open_descriptors(manager):
    """Counted when no deputy of the manager is left, which it has for some seconds."""

    def deputies():
        return [pid for pid in children_of(manager.pid) if read("/proc/%d/comm" % pid).strip() == "einhyrn-deputy"]

    wait_for(lambda: not deputies(), "the end of the deputies")
    return len(os.listdir("/proc/%d/fd" % manager.pid))


def stopped_manager(lab, manager):
    """A manager that stands still holds nobody up, and takes up what happened meanwhile."""
    manager.send("STOP")
    wait_for(lambda: state_of(manager.pid) == "T", "the manager stands still")
    victim = manager.workers("odd")[0]
    os.kill(victim.pid, signal.SIGKILL)
    for _ in range(20):
        get("127.0.0.1:%d" % lab.port())
    manager.send("CONT")
    wait_for(lambda: manager.worker_pids("odd") - {victim.pid}, "a worker in place of the one that was killed meanwhile")
    manager.wait_until_up("odd", 1)


def stopped_worker(manager):
    """One that stands still does not hear TERM; it is ended all the same."""
    worker = manager.workers("odd")[0]
    os.kill(worker.pid, signal.SIGSTOP)
    manager.ctl("stop", "odd")
    check(not alive(worker.pid), "a stopped worker is still there")
    manager.ctl("start", "odd")


def odd_workers(lab, manager):
    was = "deaf"
    for odd in ODD:
        if odd != was:
            lab.edit("services.yaml", '"%s"' % was, '"%s"' % odd)
            was = odd
            manager.ctl("reload")
        pids = wait_for(lambda: manager.pids_of("odd"), "a worker that " + odd)
        if odd == "family_of_daemons":
            wait_for(lambda: len(odd_ones(lab)) == 4, "the whole family")
        before = time.monotonic()
        manager.ctl("status")
        check(time.monotonic() - before < 20, "status takes long beside a worker that " + odd)
        manager.ctl("restart", "odd")
        check(not any(alive(pid) for pid in pids), "a worker that %s is still there" % odd)
    manager.ctl("stop", "odd")
    wait_for(lambda: not odd_ones(lab), "nothing is left of odd workers")


def hidden_daemon(lab, manager):
    """What has hidden its descent in every way is found by its control group, where there are such."""
    parent = cgroups_of(manager)
    if not parent:
        lab.say("the manager may make no control groups here: a daemon that hides is not looked for")
        return
    lab.edit("services.yaml", '"%s"' % ODD[-1], '"hides"')
    manager.ctl("reload")
    manager.ctl("start", "odd")
    worker = manager.workers("odd")[0].pid
    daemon = wait_for(lambda: [pid for pid in deaf_ones(lab) if not environment_of(pid)], "a daemon without environment")[0]
    check(session_of(daemon) != session_of(worker), "the daemon is in its worker's session")
    group = "%s/program-odd/%s" % (parent, environment_of(worker)["EINHYRNINGSINS_WORKER"])
    members = lambda: {int(pid) for pid in read(group + "/cgroup.procs").split()}
    wait_for(lambda: members() == {daemon, worker}, "both are in the worker's control group, and nobody else")
    manager.ctl("stop", "odd")
    wait_for(lambda: not deaf_ones(lab), "the daemon is gone")
    wait_for(lambda: not os.path.exists(group), "its control group is gone")
    check("sent to pid %d, which it has in another process group" % daemon in manager.stderr(), "nothing is said of the daemon")


def deaf_ones(lab):
    command = lab.path("odd.py") + " deaf"
    return [pid for pid in all_pids() if command in command_of(pid) and alive(pid)]


def cgroups_of(manager):
    """The directory of its workers' control groups; None if it has none."""
    worker = manager.workers("steady")[0].pid
    group = [line[3:] for line in read("/proc/%d/cgroup" % worker).splitlines() if line.startswith("0::")]
    mounts = [line.split() for line in read("/proc/self/mountinfo").splitlines() if " - cgroup2 " in line]
    if not group or not mounts or "/einhyrningsins-" not in group[0]:
        return None
    return mounts[0][4] + os.path.dirname(os.path.dirname(group[0]))


def odd_ones(lab):
    return [pid for pid in lab.pids() if "odd.py" in command_of(pid)]


def no_descriptors_left(lab, manager):
    """Where the table of descriptors is full, a start fails with the reason, and is tried again."""
    limit = resource.prlimit(manager.pid, resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(manager.socket)
        replies = client.makefile()
        client.sendall(b'{"id":1,"command":"version"}\n')
        replies.readline()
        used = {int(name) for name in os.listdir("/proc/%d/fd" % manager.pid)}
        free = min(set(range(4096)) - used)
        resource.prlimit(manager.pid, resource.RLIMIT_NOFILE, (free, limit[1]))
        client.sendall(b'{"id":2,"command":"start","args":["odd"]}\n')
        answer = replies.readline()
        while '"wait":true' in answer:
            answer = replies.readline()
    lab.say(json.loads(answer)["message"].splitlines()[0])
    check("too many open files" in answer and '"code":0' not in answer, lambda: "start without descriptors: %s" % answer)
    get("127.0.0.1:%d" % lab.port())
    resource.prlimit(manager.pid, resource.RLIMIT_NOFILE, limit)
    manager.wait_until_up("odd", 1)
    manager.ctl("stop", "odd")


def nobody_reads_the_log(lab):
    """The manager's standard error is a pipe that is full: everything goes on, and the loss is told when it is read."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    manager = lab.start(before_exec=lambda: os.dup2(writer, 2))
    os.close(writer)
    manager.wait_until_up("steady", 2)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(manager.socket)
        replies = client.makefile()
        for number in range(4000):
            client.sendall(json.dumps({"id": number, "command": "scale", "args": ["steady", "2"]}).encode() + b"\n")
            while '"wait":true' in replies.readline().replace(" ", ""):
                pass
    manager.ctl("status")
    lines = []
    log = os.fdopen(reader, errors="replace")
    while not any("of the log lost here" in line for line in lines[-1:]):
        lines.append(log.readline())
    lab.say(lines[-1].strip())
    manager.send("TERM")
    rest = log.read()  # to its end: nobody else has the pipe when the manager is gone
    same(manager.wait(), 0, "exit status")
    check("everything is stopped" in rest, lambda: "the last lines of the log: %r" % rest[-300:])
