# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager as a service of systemd: what it says and when, sockets that are kept for the next manager, reloads,
re-exec and kill -9 under it. systemd is a small one in Python, see lib/systemd.py; nobody may take anything out of a
process by pidfd_getfd(2)."""

import os
import shutil
import signal
import socket
import time

from lab import FAILED, INVALID, alive, answers, check, descriptors_of, environment_of, get, nothing_lost, read, same, wait_for
from systemd import Systemd

NO_GETFD = "--no-getfd"


def run(lab):
    lab.config()
    full(lab)
    cannot_start(lab)
    nobody(lab)
    activated(lab)
    systemd = Systemd(lab, watchdog=2.0)
    manager = comes_up(lab, systemd)
    workers_hear_nothing(manager, systemd)
    pings(systemd)
    reloads(lab, manager, systemd)
    manager = killed(lab, manager, systemd)
    reexec(lab, manager, systemd)
    manager = all_killed(lab, manager, systemd)
    manager = state_lost(lab, manager, systemd)
    manager = file_changed(lab, manager, systemd)
    stops(lab, manager, systemd)
    same(systemd.strangers, [], "messages of other processes than the manager")
    systemd.close()


def sockets_of(pid):
    return {int(link[8:-1]) for link in descriptors_of(pid).values() if link.startswith("socket:[")}


def comes_up(lab, systemd):
    """READY=1 comes when the sockets are bound, answered for by the control socket, and safe with systemd."""
    manager = systemd.start()
    wait_for(lambda: systemd.all("READY"), "READY=1", 30)
    with socket.create_connection(("127.0.0.1", lab.port())), socket.socket(socket.AF_UNIX) as control:
        control.connect(manager.socket)
    same(systemd.words("WATCHDOG")[:3], ["FDSTORE", "FDSTORE", "READY"], "what is said first")
    wait_for(lambda: systemd.status() == "2 programs, 3 of 3 workers up", "its STATUS=")
    check(systemd.inodes() <= sockets_of(manager.pid), "what systemd keeps is not what the manager has")
    same(sorted(name.split("-", 2)[2] for name in systemd.store), sorted(names(lab)), "names")
    return manager


def names(lab, http="http"):
    return ["127.0.0.1_%d" % lab.port(http), "unix_%s/file.sock" % lab.dir]


def workers_hear_nothing(manager, systemd):
    for worker in manager.workers():
        env = environment_of(worker.pid)
        check(env["NOTIFY_SOCKET"] != systemd.address, "a worker has the manager's NOTIFY_SOCKET")
        for name in ("FDSTORE", "WATCHDOG_USEC", "WATCHDOG_PID"):
            check(name not in env, lambda: "a worker has %s" % name)


def pings(systemd):
    """From the loop, at half the time that is allowed; a machine that is busy may let it wait a little."""
    before = len(systemd.all("WATCHDOG"))
    wait_for(lambda: len(systemd.all("WATCHDOG")) >= before + 3, "signs of life")
    times = [at for at, _ in systemd.all("WATCHDOG")]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    check(min(gaps) > 0.5 and max(gaps) < 1.9, lambda: "times between signs of life: %s" % gaps)


def reloads(lab, manager, systemd):
    """RELOADING=1 at its begin, READY=1 when all is rolled, or when it is refused."""
    mark = len(systemd.heard)
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    manager.send("HUP")
    reloading, ready = episode(systemd, mark)
    check(began * 1e6 <= int(reloading[1]["MONOTONIC_USEC"]) <= reloading[0] * 1e6 + 1, "MONOTONIC_USEC is not of its begin")
    new = [fact.at for fact in lab.facts("ready") if fact.version == "v2"]
    check(len(new) == 2 and reloading[0] < new[0] and new[-1] < ready[0], "READY=1 before all was rolled")
    same(get("127.0.0.1:%d" % lab.port())["version"], "v2", "version")
    mark = len(systemd.heard)
    lab.edit("services.yaml", "workers: 2", "workers: two")
    manager.send("HUP")
    episode(systemd, mark)
    lab.edit("services.yaml", "workers: two", "workers: 2")
    mark = len(systemd.heard)
    manager.ctl("reload")  # nothing changed
    episode(systemd, mark)
    mark = len(systemd.heard)
    with open(lab.path("services.yaml"), "a") as file:
        file.write("  more: { command: [sleep, '60'], ack: { timer: 10ms }, bind: ['127.0.0.1:%d'] }\n" % lab.port("more"))
    manager.ctl("reload")
    episode(systemd, mark)
    same(len(systemd.store), 3, "sockets that systemd keeps")
    text = "".join(line for line in read(lab.path("services.yaml")).splitlines(True) if "more:" not in line)
    lab.write("services.yaml", text)
    manager.ctl("reload")
    wait_for(lambda: len(systemd.store) == 2, "what is closed is given up")


def episode(systemd, mark):
    """The RELOADING=1 and the READY=1 of one reload."""

    def both():
        found = [message for message in systemd.heard[mark:] if "RELOADING" in message[1] or "READY" in message[1]]
        return found if len(found) >= 2 else None

    found = wait_for(both, "RELOADING=1 and READY=1")
    same([next(iter(fields)) for _, fields in found], ["RELOADING", "READY"], "what is said of a reload")
    return found


def killed(lab, manager, systemd):
    """The next manager is passed the sockets, and needs to take nothing out of the workers."""
    load = lab.load()
    pids, kept = manager.pids_of("web"), systemd.inodes()
    for _ in range(3):
        os.kill(manager.pid, signal.SIGKILL)
        manager.process.wait()
        manager = systemd.up(NO_GETFD, socket_path=manager.socket)
        manager.wait_until_up("web", 2)
        same(manager.pids_of("web"), pids, "workers")
        check(kept <= sockets_of(manager.pid), "the manager has other sockets")
        same(systemd.inodes(), kept, "sockets that systemd keeps")
        same(leaked(manager, systemd.inodes()), [], "descriptors as they were passed")
    nothing_lost(load.finish())
    return manager


def leaked(manager, kept):
    """Descriptors of the manager as they were passed: a program it becomes would have them."""
    found = []
    for fd, link in descriptors_of(manager.pid).items():
        if link in ["socket:[%d]" % inode for inode in kept]:
            flags = read("/proc/%d/fdinfo/%d" % (manager.pid, fd)).split("flags:")[1].split()[0]
            found += [] if int(flags, 8) & os.O_CLOEXEC else [fd]
    return found


def reexec(lab, manager, systemd):
    """The same process goes on telling, and keeps what is kept."""
    kept, mark = systemd.inodes(), len(systemd.heard)
    descriptors = len(os.listdir("/proc/%d/fd" % manager.pid))
    manager.ctl("reexec")
    wait_for(lambda: any("READY" in fields for _, fields in systemd.heard[mark:]), "READY=1")
    same(systemd.inodes(), kept, "sockets that systemd keeps")
    count = len(os.listdir("/proc/%d/fd" % manager.pid))
    check(count < descriptors + 5, lambda: "descriptors before and after: %d, %d" % (descriptors, count))
    same([name for name in environment_of(manager.pid) if name.startswith("LISTEN_")], [], "LISTEN_… of the manager")
    same(leaked(manager, systemd.inodes()), [], "descriptors as they were passed")
    mark = len(systemd.heard)
    manager.ctl("upgrade", "web")
    workers_hear_nothing(manager, systemd)
    lab.edit("services.yaml", "VERSION: v2", "VERSION: v3")
    manager.ctl("reload")
    wait_for(lambda: any("RELOADING" in fields for _, fields in systemd.heard[mark:]), "RELOADING=1")
    before = len(systemd.all("WATCHDOG"))
    wait_for(lambda: len(systemd.all("WATCHDOG")) > before, "signs of life")


def kill_all(manager):
    pids = [manager.pid, *(pid for name in ("web", "file") for pid in manager.pids_of(name))]
    os.kill(manager.pid, signal.SIGSTOP)  # or it would start others
    for pid in reversed(pids):
        os.kill(pid, signal.SIGKILL)
    manager.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids), "all are gone")


def all_killed(lab, manager, systemd):
    """Nobody is left who has the sockets, but systemd: who connects meanwhile waits and is answered."""
    kept = systemd.inodes()
    kill_all(manager)
    waiting = [socket.create_connection(("127.0.0.1", lab.port()), 30) for _ in range(20)]
    manager = systemd.up(NO_GETFD, socket_path=manager.socket)
    answered(waiting)
    check(kept <= sockets_of(manager.pid), "the manager has other sockets")
    same(systemd.inodes(), kept, "sockets that systemd keeps")
    check(answers(lab.path("file.sock")), "the UNIX socket is not reached")
    return manager


def answered(waiting):
    for client in waiting:
        client.settimeout(20)
        client.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\nConnection: close\r\n\r\n")
    for client in waiting:
        check(client.recv(65536).startswith(b"HTTP/1.1 200"), "who connected meanwhile is not answered")
        client.close()


def state_lost(lab, manager, systemd):
    """What the manager wrote down is gone too: where they are bound tells which sockets they are."""
    kept = systemd.inodes()
    kill_all(manager)
    shutil.rmtree(manager.socket + ".state")
    waiting = [socket.create_connection(("127.0.0.1", lab.port()), 30)]
    manager = systemd.up(NO_GETFD, socket_path=manager.socket)
    answered(waiting)
    check(kept <= sockets_of(manager.pid), "the manager has other sockets")
    return manager


def file_changed(lab, manager, systemd):
    """What no program binds any more is closed, said, and given up."""
    kill_all(manager)
    shutil.rmtree(manager.socket + ".state")
    lab.edit("services.yaml", "127.0.0.1:%d" % lab.port(), "127.0.0.1:%d" % lab.port("other"))
    manager = systemd.up(NO_GETFD, socket_path=manager.socket)
    wait_for(lambda: sorted(name.split("-", 2)[2] for name in systemd.store) == sorted(names(lab, "other")), "the new sockets")
    check(systemd.inodes() <= sockets_of(manager.pid), "what systemd keeps is not what the manager has")
    manager.wait_until_said("(127.0.0.1:%d), which no program binds; closed" % lab.port())
    same(leaked(manager, systemd.inodes()), [], "descriptors as they were passed")
    return manager


def stops(lab, manager, systemd):
    """It asks for time while a worker does not go, and leaves nothing with systemd."""
    lab.edit("services.yaml", "    workers: 2", "    workers: 2\n    stop: { signal: WINCH, timeout: 1s }")
    lab.edit("services.yaml", "VERSION: v3", "VERSION: v4")
    mark = len(systemd.heard)
    manager.ctl("reload")
    manager.wait_until_up("web", 2)
    check(any("EXTEND_TIMEOUT_USEC" in fields for _, fields in systemd.heard[mark:]), "the reload does not ask for time")
    mark = len(systemd.heard)
    manager.stop("INT")
    said = [next(iter(fields)) for _, fields in systemd.heard[mark:]]
    check("STOPPING" in said and "READY" not in said[said.index("STOPPING") :], lambda: "what is said of a stop: %s" % said)
    check("EXTEND_TIMEOUT_USEC" in said, lambda: "it does not ask for time: %s" % said)
    wait_for(lambda: not systemd.store, "nothing is kept")


def full(lab):
    """systemd does not read: everything goes on, and is told when it does."""
    systemd = Systemd(lab, "@einhyrningsins-")
    systemd.deaf()
    manager = systemd.start()
    manager.wait_until_answering()
    manager.wait_until_up("web", 2)
    check(answers("127.0.0.1:%d" % lab.port()), "the workers do not serve")
    for _ in range(20):
        manager.ctl("reload")
    same(len(systemd.heard), 0, "messages that were read")
    systemd.listens.set()
    wait_for(lambda: systemd.status() == "2 programs, 3 of 3 workers up", "the newest STATUS=")
    same(systemd.words()[:2], ["FDSTORE", "FDSTORE"], "what is said first")
    same(systemd.words("STATUS", "EXTEND_TIMEOUT_USEC")[-1], "READY", "what is said last")
    systemd.deaf()
    manager.stop()
    systemd.close()


def cannot_start(lab):
    """It was never up, whatever the reason."""
    systemd = Systemd(lab)
    with socket.create_server(("127.0.0.1", lab.port())):
        same(systemd.start().wait(), FAILED, "exit status where a socket is somebody else's")
    lab.edit("services.yaml", "workers: 2", "workers: two")
    same(systemd.start().wait(), INVALID, "exit status of an invalid file")
    lab.edit("services.yaml", "workers: two", "workers: 2")
    lab.edit("services.yaml", "127.0.0.1:%d" % lab.port(), "nobody.invalid:80")
    same(systemd.start().wait(), FAILED, "exit status where a host name is not known, or not yet")
    lab.edit("services.yaml", "nobody.invalid:80", "127.0.0.1:%d" % lab.port())
    same(systemd.words(), [], "what is said by one that cannot start")
    systemd.close()


def nobody(lab):
    """A NOTIFY_SOCKET that is not there is said once; sockets of nobody's are as if they were not passed."""
    manager = lab.start(env={"NOTIFY_SOCKET": lab.path("none"), "LISTEN_PID": "1", "LISTEN_FDS": "3"})
    manager.wait_until_up("web", 2)
    for _ in range(3):
        manager.ctl("reload")
    manager.stop()
    same(manager.stderr().count("cannot tell the service manager"), 1, "complaints")


def activated(lab):
    """Sockets of socket units are used where a program binds the same, others closed."""
    systemd = Systemd(lab)
    for unit, port in (("web.socket", lab.port()), ("stray.socket", lab.port("stray"))):
        bound = socket.create_server(("127.0.0.1", port))
        systemd.units[unit] = bound.detach()
    inode = os.fstat(systemd.units["web.socket"]).st_ino
    manager = systemd.up()
    check(inode in sockets_of(manager.pid), "the socket of web.socket is not used")
    manager.wait_until_said("'stray.socket' (127.0.0.1:%d), which no program binds; closed" % lab.port("stray"))
    check(os.fstat(systemd.units["stray.socket"]).st_ino not in sockets_of(manager.pid), "the stray socket is not closed")
    manager.wait_until_up("web", 2)
    same(get("127.0.0.1:%d" % lab.port())["version"], "v1", "version")
    manager.stop()
    systemd.close()
