# SPDX-License-Identifier: GPL-3.0-or-later
"""The example configurations as they are shipped, on ports and in directories of the lab's own."""

import contextlib
import os
import re
import shutil
import signal
import socket

from lab import ROLLS, ROOT, alive, answers, check, nothing_lost, read, same, wait_for
from load import parse_address


def example(lab, name):
    """Copies examples/ into the lab; returns the file's name there. Each port is replaced by a free one, /tmp by a
    directory of the lab."""
    shutil.copytree(os.path.join(ROOT, "examples"), lab.path("examples"), dirs_exist_ok=True)
    os.makedirs(lab.path("tmp"), exist_ok=True)
    for directory, _, names in os.walk(lab.path("examples")):
        for each in names:
            with open(os.path.join(directory, each)) as file:
                text = file.read()
            if each in ("nginx.yaml", "inetd.yaml"):  # ten seconds for each roll would prove nothing more
                text = re.sub(r"(?m)^( +)(ack: \{ timer: .*)$", r"\1\2\n\1rollout: { probation: 0s }", text)
            text = re.sub(r"127\.0\.0\.1:(\d+)", lambda found: own(lab, found.group(1)), text)
            text = re.sub(r"(\bport\s*[:=]\s*)(\d{4})\b", lambda found: found[1] + own(lab, found[2]).split(":")[1], text)
            lab.write(os.path.relpath(os.path.join(directory, each), lab.dir), re.sub(r"(?<!\w)/tmp\b", lab.path("tmp"), text))
    return "examples/configs/" + name


def own(lab, port):
    return "127.0.0.1:%d" % lab.port("port" + port)


def serve(lab, name, program, count, port, asked=None):
    """Starts an example and waits until it answers at its port (a number as the file has it, or an address), or to
    what asks it."""
    config = example(lab, name)
    address = own(lab, str(port)) if isinstance(port, int) else port
    manager = lab.start(config)
    wait_for(asked or (lambda: answers(address)), address + " answers", 30)
    manager.wait_until_up(program, count)
    return manager, address


def roll(lab, manager, program, load, rolls, *arguments):
    """Rolls so many times while a load runs, each time to the end of the old workers; returns the load's counts."""
    for _ in range(rolls):
        before = manager.pids_of(program)
        manager.ctl("upgrade", program, *arguments)
        wait_for(lambda: not any(map(alive, before)), "the old workers are gone", 30)
    counts = load.finish()
    check(counts["workers_seen"] >= rolls, lambda: "only %d workers ever answered" % counts["workers_seen"])
    return counts


def roll_example(lab, name, program, count, port, clients=8):
    """Serves an example under load, rolled smoothly and then by fleet, half of the rolls each: nothing is lost."""
    manager, address = serve(lab, name, program, count, port)
    for arguments in ((), ("--fleet",)):
        nothing_lost(roll(lab, manager, program, lab.load(address, clients=clients), (ROLLS + 1) // 2, *arguments))
    manager.wait_for_workers(count)


def roll_server(lab, name, program, count, port, cuts=(), told="TERM", asked=None, **load):
    """Serves an example under load and rolls it E2E_ROLLS times: nothing is lost.

    Some servers, told to go, cut connections on which nothing is asked just then. `cuts` says which: "kept" ones, on
    which something was asked before, so that a client may have to send a request again; "new" ones, and then a request
    that is on its way is lost. That is allowed here, but then the same has to happen with no rollout at all, when
    workers are told to go by hand, by the signal `told`.
    """
    manager, address = serve(lab, name, program, count, port, asked)
    counts = roll(lab, manager, program, lab.load(address, **load), ROLLS)
    forgiven = {"lost": 0, "reset": 0} if "new" in cuts else {}
    nothing_lost({**counts, **forgiven}, resent="kept" not in cuts)
    if cuts:
        cut = cut_by_hand(lab, manager, program, count, address, told, cuts)
        check(all(cut[kind] for kind in cuts), lambda: "told by hand the server cut %s, not %s: the loss is not its own" % (cut, cuts))
    manager.wait_until_up(program, count)
    same(len(manager.pids_of(program)), count, "workers at the end")


def cut_by_hand(lab, manager, program, count, address, told, wanted):
    """How many of the connections on which nothing is asked end when all workers are told to go, with no rollout,
    until all kinds that are wanted are seen."""
    cut = {"new": 0, "kept": 0}
    clients = []
    with contextlib.ExitStack() as all_closed:
        for kind in ["new", "kept"] * 10:
            client = all_closed.enter_context(socket.create_connection(parse_address(address)[1], 10))
            if kind == "kept":
                client.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\n\r\n")
                check(client.recv(65536), "no answer before the workers were told to go")
            clients.append((client, kind))
        wait_for(lambda: not waiting(address), "all connections are accepted")
        before = manager.pids_of(program)
        for pid in before:
            os.kill(pid, getattr(signal, "SIG" + told))

        def seen():
            for client, kind in clients:
                if client.fileno() >= 0 and ended(client):
                    cut[kind] += 1
                    client.close()
            return all(cut[kind] for kind in wanted) or not any(map(alive, before))

        wait_for(seen, "connections are cut, or the workers told by hand are gone", 40)
    wait_for(lambda: not any(map(alive, before)), "the workers told by hand are gone", 40)
    manager.wait_until_up(program, count)
    lab.say("workers told by hand: of 10 each they cut %(new)d new and %(kept)d kept connections" % cut)
    return cut


def waiting(address):
    """How many connections wait to be accepted at a port of 127.0.0.1."""
    wanted = "0100007F:%04X" % parse_address(address)[1][1]
    rows = [line.split() for line in read("/proc/net/tcp").splitlines()]
    return sum(int(row[4].split(":")[1], 16) for row in rows if row[1] == wanted and row[3] == "0A")


def ended(client):
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return True
    except ConnectionResetError:
        return True
    except BlockingIOError:
        return False
