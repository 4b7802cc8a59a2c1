# SPDX-License-Identifier: GPL-3.0-or-later
"""A manager that may not take its sockets back out of its workers, since they are another user's: told without a keeper,
done with one."""

import ctypes
import os
import shutil
import signal

from lab import FAILED, PYTHON, alive, answers, check, descriptors_of, nothing_lost, read, same, wait_for

PR_CAPBSET_DROP = 24
CAP_SYS_PTRACE = 19


def run(lab):
    if os.geteuid() != 0:
        lab.say("only root has workers of other users")
        return
    lab.config()
    shared, own = ('bind: [%s]' % text for text in ('"127.0.0.1:%d"', '{ tcp: "127.0.0.1:%d", per-worker: true }'))
    lab.edit("services.yaml", shared % lab.port(), own % lab.port())
    gone = refused(lab)
    os.unlink(gone.socket)
    shutil.rmtree(gone.socket + ".state")
    lab.edit("services.yaml", own % lab.port(), shared % lab.port())
    first = refused(lab)
    lab.edit("services.yaml", "keeper: false", "keeper: true")
    manager = start(lab, socket_path=first.socket)
    manager.wait_until_up("web", 2)
    load = lab.load()
    manager = killed(lab, manager)
    manager = sockets_come(lab, manager)
    manager = killed_at_birth(lab, manager)
    manager = keeper_dies(lab, manager)
    manager = reexec(lab, manager)
    nothing_lost(load.finish())
    last = keeper_of(manager)
    manager.stop()
    yama(lab)
    wait_for(lambda: not alive(last), "the keeper ends with the manager")
    left = [name for name in os.listdir(manager.socket + ".state") if not name.startswith(("facts", "history-"))]
    same(left, [], "files in the state directory besides those for people")


def without_ptrace():
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)


def start(lab, **more):
    return lab.start(before_exec=without_ptrace, **more)


def keeper_of(manager):
    return int((read(manager.socket + ".state/keeper") or "0").split()[0])


def sockets_of(pid):
    return {link for link in descriptors_of(pid).values() if link.startswith("socket:")}


def refused(lab):
    """Nothing happens to the workers, and they go on serving."""
    manager = start(lab)
    manager.wait_until_up("web", 2)
    pids = manager.pids_of("web")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    other = lab.launch(socket_path=manager.socket, before_exec=without_ptrace)
    same(other.wait(), FAILED, "exit status of a manager that may not have the sockets")
    for word in ("may not take it from them", "CAP_SYS_PTRACE", "control.keeper: true"):
        other.wait_until_said(word)
    check(all(alive(pid) for pid in pids) and answers("127.0.0.1:%d" % lab.port()), "the workers no longer serve")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in pids), "the workers are gone")
    return manager


def yama(lab):
    """The keeper, and it alone, lets its user's processes trace it: whoever refuses that is told of, and workers run."""
    listen = [PYTHON, "-IS", os.path.join(lab.lib, "listen.py"), "--no-ptracer", "--"]
    manager = lab.start(through=listen)
    manager.wait_until_up("web", 2)
    said = "cannot start a keeper of the sockets: prctl: operation not permitted"
    wait_for(lambda: said in manager.stderr(), "the keeper does not ask for it")
    manager.stop()


def killed(lab, manager):
    """The next manager has the same workers and the same sockets, and a keeper of its own."""
    pids = manager.pids_of("web")
    before = wait_for(lambda: keeper_of(manager), "a keeper")
    sockets = wait_for(lambda: sockets_of(before), "the keeper's sockets")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = start(lab, socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    same(manager.pids_of("web"), pids, "workers")
    check(sockets <= sockets_of(manager.pid), "the manager has not the sockets of the keeper")
    wait_for(lambda: not alive(before), "the keeper of the manager before has ended")
    check(alive(keeper_of(manager)), "there is no new keeper")
    return manager


def sockets_come(lab, manager):
    before = keeper_of(manager)
    count = len(sockets_of(before))
    with open(lab.path("services.yaml"), "a") as file:
        file.write("  more: { command: [sleep, '60'], ack: { mode: timer, after: 10ms }, bind: ['127.0.0.1:%d'] }\n" % lab.port("more"))
    manager.ctl("reload")
    wait_for(lambda: keeper_of(manager) != before and not alive(before), "another keeper")
    same(len(sockets_of(keeper_of(manager))), count + 1, "sockets of the keeper")
    return killed(lab, manager)


def killed_at_birth(lab, manager):
    """The first that a program's first worker does is to kill the manager, and then it is another user's: by then the keeper
    has its socket."""
    killer = manager.killed_by_a_birth("setpriv --reuid=65534 python3 -IS @LIB@/worker.py ack=none", "{ mode: timer, after: 10ms }")
    following = start(lab, socket_path=manager.socket)
    following.wait_until_up("killer", 1)
    same(following.pids_of("killer"), {killer}, "workers of the program that was new")
    check(answers("127.0.0.1:%d" % lab.port("killer")), "nobody answers")
    return following


def keeper_dies(lab, manager):
    before = keeper_of(manager)
    wait_for(lambda: age(before) > 1.2, "it is a second old")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: keeper_of(manager) != before and alive(keeper_of(manager)), "another keeper")
    manager.wait_until_said("(pid %d) died; replaced" % before)
    wait_for(lambda: not os.path.exists("/proc/%d" % before), "the dead one is reaped")
    return killed(lab, manager)


def age(pid):
    """In seconds."""
    ticks = int(read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[19])
    return float(read("/proc/uptime").split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


def reexec(lab, manager):
    before = keeper_of(manager)
    manager.ctl("reexec")
    wait_for(lambda: keeper_of(manager) != before and not alive(before), "the keeper of the manager in its new form")
    return killed(lab, manager)
