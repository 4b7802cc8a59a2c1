# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager replaces itself: nobody who asks a worker or the manager notices, and what was under way goes on.

E2E_REEXECS: how often under load, default 3.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import threading

import lab as library
from lab import CTL, FAILED, alive, check, environment_of, get, nothing_lost, parent_of, read, same, wait_for

REEXECS = int(os.environ.get("E2E_REEXECS", "3"))
BIN = library.BIN


def run(lab):
    lab.config()
    lab.write("go", "")
    os.mkdir(lab.path("opt"))
    launcher = lab.path("opt", "einhyrningsins")
    os.symlink(BIN, launcher)
    library.BIN = launcher
    try:
        manager = lab.start()
    finally:
        library.BIN = BIN
    manager.wait_until_up("web", 3)
    load = lab.load()
    before = manager.worker_pids("web")
    slow = wait_for(lambda: manager.worker_pids("slow"), "the slow worker is there")
    events = subprocess.Popen(
        [CTL, "-d", manager.socket, "events"], env=lab.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        replaced(lab, manager)
        same(manager.worker_pids("web"), before, "workers after so many replacements")
        same(manager.worker_pids("slow"), slow, "the slow worker, which said only then that it is up")
        manager.wait_until_up("slow", 1)
        refused(lab, manager, launcher, before)
        during_a_rollout(lab, manager, before)
        dead_meanwhile(lab, manager)
        newer(manager, launcher)
    finally:
        events.terminate()
    check("web" in events.communicate()[0], "who follows events has seen none")
    nothing_lost(load.finish())
    manager.stop()
    check(not os.path.exists(lab.path("slow.sock")), "the socket's file is left")


def away(result):
    return int(re.search(r"away for (\d+) ms", result.text).group(1))


def replaced(lab, manager):
    """Several times under load: the same process, the same workers, and they are still its children."""
    began = manager.status()["broken"]
    pid, times, started = manager.pid, [], starttime(manager.pid)
    for _ in range(REEXECS):
        image = os.readlink("/proc/%d/exe" % pid)
        result = manager.ctl("reexec")
        check("pid %d" % pid in result.text, lambda: "not that process: %s" % result)
        times.append(away(result))
        same((starttime(pid), os.readlink("/proc/%d/exe" % pid)), (started, image), "the manager")
        check(all(parent_of(worker) == pid for worker in manager.worker_pids("web")), "workers are not its children any more")
    lab.say("away for %d ms (median of %d), at most %d" % (statistics.median(times), len(times), max(times)))
    after = manager.status()["broken"]
    check({began["state"], after["state"]} <= {"backing-off", "crash-loop"}, "what backs off is %s, then %s" % (began["state"], after["state"]))


def starttime(pid):
    return read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[19]


def refused(lab, manager, launcher, before):
    """A new program that does not start, or that is gone when it is needed: the old one goes on."""
    for script, why in (
        ("#!/bin/sh\necho 'no such library' >&2\nexit 3\n", "exit status 3: no such library"),
        ("#!/bin/sh\nkill -9 $$\n", "killed by signal 9"),
        ("#!/nonexistent\n", "cannot be started"),
        ("", "exec format error"),
        ("#!/bin/sh\n", "has not read the state"),
        ("#!/bin/sh\necho cut off\n", "install it again: cut off"),
        ("#!/bin/sh\ncat <&3 >/dev/null\n", "has not read the state"),
        ('#!/bin/sh\nrm "$0"\nexec "%s" "$@"\n' % BIN, "no such file"),
        ('#!/bin/sh\nmv "$0" "$0.1"; echo "#!/bin/false" >"$0"; chmod +x "$0"\nexec "%s" "$@"\n' % BIN, "another file since"),
    ):
        os.unlink(launcher)
        lab.write("opt/einhyrningsins", script)
        os.chmod(launcher, 0o755)
        result = manager.ctl("reexec", code=FAILED)
        check("goes on" in result.text and why in result.text, lambda: "not the reason: %s" % result)
        if not os.path.exists(launcher):
            os.symlink(BIN, launcher)
    os.unlink(launcher)
    os.symlink("/bin/true", launcher)
    result = manager.ctl("reexec", code=FAILED)
    check("opt/einhyrningsins ended with exit status 0 and has not read the state" in result.text, lambda: "not the reason: %s" % result)
    same(manager.worker_pids("web"), before, "workers after refusals")
    result = manager.ctl("status")
    check("web" in result.out, lambda: str(result))


def during_a_rollout(lab, manager, before):
    """Who waits for a rollout is told by the next manager what came of it."""
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    os.unlink(lab.path("go"))
    with socket.socket(socket.AF_UNIX) as client, socket.socket(socket.AF_UNIX) as half:
        client.settimeout(20)
        client.connect(manager.socket)
        half.connect(manager.socket)
        half.sendall(b'{"id":9,"comm')
        client.sendall(b'{"id":8,"command":"reload"}\n')
        wait_for(lambda: any(worker.version == "v2" for worker in manager.workers("web")), "the rollout begins")
        launcher = lab.path("opt", "einhyrningsins")
        os.unlink(launcher)
        os.symlink(BIN, launcher)
        manager.ctl("reexec")
        check(all(map(alive, before)), "the rollout did not wait for its first worker")
        lab.write("go", "")
        replies = b""
        while b'"code"' not in replies:
            some = client.recv(65536)
            check(some, lambda: "hung up: %r" % replies)
            replies += some
        last = json.loads(replies.splitlines()[-1])
        same((last["request_id"], last["code"]), (8, 0), "what came of the rollout (%r)" % replies)
        half.settimeout(30)
        half.sendall(b'and":"version"}\n')
        same(json.loads(half.recv(4096))["request_id"], 9, "reply to what was asked of two managers")
    manager.wait_for_workers(3, "web", version="v2")
    same(get("127.0.0.1:%d" % lab.port())["version"], "v2", "version that answers")


def dead_meanwhile(lab, manager):
    """A worker that dies while no manager looks is replaced, and its exit status is known."""
    victim = manager.workers("slow")[0]
    done = threading.Thread(target=manager.ctl, args=("reexec",))
    done.start()
    wait_for(lambda: "gives way" in manager.stderr().splitlines()[-1], "the manager gives way", every=0.001)
    lab.kill(victim)
    done.join()
    wait_for(lambda: "slow:0 pid %d: killed by SIGKILL" % victim.pid in manager.stderr(), "the death is seen")
    born = wait_for(lambda: manager.worker_pids("slow") - {victim.pid}, "another one is born").pop()
    ours = sorted(name for name in environment_of(born) if name.startswith("EINHYRNINGSINS_"))
    same(ours, ["EINHYRNINGSINS_DEFINITION", "EINHYRNINGSINS_PID", "EINHYRNINGSINS_WORKER"], "our variables in a worker of the new manager")


def newer(manager, launcher):
    """What the launcher is by then is what comes."""
    os.unlink(launcher)
    with open(launcher, "w") as script:
        script.write('#!/bin/sh\nEINHYRNINGSINS_JAVA_OPTS=-Xmx48m exec "%s" "$@"\n' % BIN)
    os.chmod(launcher, 0o755)
    manager.ctl("reexec")
    check("-Xmx48m" in read("/proc/%d/cmdline" % manager.pid), "the new launcher was not used")
