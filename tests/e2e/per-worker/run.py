# SPDX-License-Identifier: GPL-3.0-or-later
"""Each slot has sockets of its own (per-worker): they survive their workers and the manager, and go when the slot does,
without a request being lost.

E2E_SCALES: how often down and up under load, default 4.
"""

import os
import signal
import socket
import time

from lab import FAILED, answers, check, get, nothing_lost, same, wait_for

SCALES = int(os.environ.get("E2E_SCALES", "4"))
FLOWS = 60


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 3)
    own = inodes(manager)
    each_has_its_own(lab, manager, own)

    load = lab.load(clients=16, pause=2.0)
    rolls(lab, manager, own)
    scales(lab, manager, own)
    holds(lab, manager)
    reexecs(lab, manager, own)
    manager = killed(lab, manager, own)
    scales(lab, manager, own)
    nothing_lost(load.finish())

    queue_survives(lab, manager)
    manager = killed_with_a_slot_empty(lab, manager)
    refuses_to_change(lab, manager)
    manager.stop()
    same(answers(address(lab)), None, "what answers when all is stopped")


def address(lab):
    return "127.0.0.1:%d" % lab.port("http")


def inodes_of(pid):
    """Of descriptors 3, 4 and 5: those that the worker has from us."""
    return tuple(os.stat("/proc/%d/fd/%d" % (pid, fd)).st_ino for fd in (3, 4, 5))


def inodes(manager):
    """By slot."""
    return {slot: inodes_of(pid) for slot, pid in by_slot(manager).items()}


def by_slot(manager):
    return {worker["slot"]: worker["pid"] for worker in manager.status()["web"]["workers"] if worker["pid"]}


def listeners(lab):
    """The inodes that the kernel has at the port."""
    port = ":%04X" % lab.port("http")
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return {int(row[9]) for row in rows if row[1].endswith(port) and row[3] == "0A"}


def each_has_its_own(lab, manager, own):
    same(sorted(own), [0, 1, 2], "slots")
    for at, what, different in ((0, "listeners", 3), (1, "datagram sockets", 3), (2, "shared listeners", 1)):
        same(len({each[at] for each in own.values()}), different, "different " + what)
    same(listeners(lab), {each[0] for each in own.values()}, "listeners in the kernel")
    slots = {get(address(lab))["slot"] for _ in range(60)}
    same(slots, {"0", "1", "2"}, "slots that answered")
    check("(per worker)" in manager.ctl("show", "web").out, "show does not say that the sockets are per worker")


def flows(lab):
    """Which slot answers each of many senders; None: nobody did."""
    found = []
    for client in flows.senders:
        client.send(b"x")
    for client in flows.senders:
        try:
            found.append(client.recv(999).split(b"slot=")[1].split()[0])
        except TimeoutError:
            found.append(None)
    return found


def senders(lab):
    made = []
    for _ in range(FLOWS):
        client = socket.socket(type=socket.SOCK_DGRAM)
        client.settimeout(30)
        client.connect(("127.0.0.1", lab.port("packets")))
        made.append(client)
    return made


def rolls(lab, manager, own):
    """A successor has the sockets of its slot, so that a flow stays where it is."""
    flows.senders = senders(lab)
    before = flows(lab)
    pids = manager.worker_pids("web")
    for more in ((), ("--fleet",)):
        manager.ctl("upgrade", "web", *more)
        wait_for(lambda: not pids & manager.worker_pids("web"), "the old workers are gone")
        pids = manager.wait_for_workers(3, "web") and manager.worker_pids("web")
        same(inodes(manager), own, "sockets after a roll")
    same(flows(lab), before, "slots of flows after rolls")


def scales(lab, manager, own):
    """Who is in the queue of a listener that goes is served before; the others keep theirs."""
    before = flows(lab)
    began = time.monotonic()
    for _ in range(SCALES):
        manager.ctl("dec", "web")
        wait_for(lambda: len(listeners(lab)) == 2, "two listeners are left")
        same({slot: inodes(manager)[slot] for slot in (0, 1)}, {slot: own[slot] for slot in (0, 1)}, "sockets that stay")
        manager.ctl("inc", "web")
        manager.wait_until_up("web", 3)
        same(len(listeners(lab)), 3, "listeners after growing")
        check(inodes(manager)[2][0] != own[2][0], "the third slot has an old listener")
    after = flows(lab)
    own.update(inodes(manager))
    check(None not in after, "a flow is not answered after scaling")
    same(after, before, "slots of flows after scaling down and up")
    lab.say("%d times down and up, %.2f s each" % (SCALES, (time.monotonic() - began) / SCALES))


def holds(lab, manager):
    """Nobody is sent to a slot that the operator has stopped; nobody waits for it to be started."""
    manager.ctl("stop", "web:1")
    same({get(address(lab))["slot"] for _ in range(60)}, {"0", "2"}, "slots that answer while one is stopped")
    manager.ctl("start", "web:1")
    manager.wait_until_up("web", 3)
    wait_for(lambda: get(address(lab))["slot"] == "1", "the slot that was stopped answers")


def reexecs(lab, manager, own):
    pids = manager.worker_pids("web")
    manager.ctl("reexec")
    same(manager.worker_pids("web"), pids, "workers after a re-exec")
    same(inodes(manager), own, "sockets after a re-exec")


def restarted(lab, manager):
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    return lab.start(socket_path=manager.socket)


def killed(lab, manager, own):
    before = inodes(manager)
    pids = manager.pids_of("web")
    manager = restarted(lab, manager)
    manager.wait_until_up("web", 3)
    same(manager.pids_of("web"), pids, "workers after the manager was killed")
    same(inodes(manager), before, "sockets after the manager was killed")
    same(listeners(lab), {each[0] for each in before.values()}, "listeners after the manager was killed")
    return manager


def queue_survives(lab, manager):
    """Whoever waits at a worker that is killed before it accepts is served by the next one in its slot."""
    pid = by_slot(manager)[1]
    before = inodes_of(pid)
    os.kill(pid, signal.SIGSTOP)
    waiting = []
    for _ in range(40):
        client = socket.create_connection(("127.0.0.1", lab.port("http")), timeout=10)
        client.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\nConnection: close\r\n\r\n")
        waiting.append(client)
    os.kill(pid, signal.SIGKILL)
    slots = []
    for client in waiting:
        with client, client.makefile("rb") as answer:
            slots.append(answer.read().split(b"slot=")[1].split()[0])
    check(slots.count(b"1") > 0, "nobody had come to the slot whose worker was killed")
    lab.say("%d of 40 waited in the queue of a worker that was killed; all 40 answered" % slots.count(b"1"))
    manager.wait_until_up("web", 3)
    same(inodes_of(by_slot(manager)[1]), before, "sockets of the successor")


def killed_with_a_slot_empty(lab, manager):
    """A slot whose worker is gone when the manager is killed has lost its own sockets, and gets others."""
    before = inodes(manager)
    pid = by_slot(manager)[0]
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.kill(pid, signal.SIGKILL)
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 3)
    after = inodes(manager)
    same([after[slot] for slot in (1, 2)], [before[slot] for slot in (1, 2)], "sockets of slots whose workers live")
    check(after[0][:2] != before[0][:2], "the lost sockets are there")
    same(after[0][2], before[0][2], "the shared listener")
    load = lab.load(clients=16, pause=2.0)
    manager.ctl("scale", "web", "1")
    wait_for(lambda: listeners(lab) == {after[0][0]}, "one listener is left")
    manager.ctl("scale", "web", "3")
    manager.wait_until_up("web", 3)
    nothing_lost(load.finish())
    return manager


def refuses_to_change(lab, manager):
    before = inodes_of(by_slot(manager)[2])
    lab.edit("services.yaml", "per-worker: true, non", "non", count=2)
    result = manager.ctl("reload", code=FAILED)
    check("cannot change per-worker of socket 'http'" in result.text, lambda: "no word of it: %s" % result)
    same(inodes_of(by_slot(manager)[2]), before, "sockets after a reload that was refused")
