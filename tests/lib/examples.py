# SPDX-License-Identifier: GPL-3.0-or-later
"""The example configurations as they are shipped, on ports and in directories of the lab's own."""

import os
import re
import shutil
import signal

from lab import ROLLS, ROOT, alive, answers, check, nothing_lost, same, wait_for

FAILURES = ("refused", "reset", "lost", "timed_out", "bad_status")


def example(lab, name):
    """Copies examples/ into the lab; returns the file's name there. Each port is replaced by a free one, /tmp by a
    directory of the lab."""
    shutil.copytree(os.path.join(ROOT, "examples"), lab.path("examples"), dirs_exist_ok=True)
    os.makedirs(lab.path("tmp"), exist_ok=True)
    for directory, _, names in os.walk(lab.path("examples")):
        for each in names:
            with open(os.path.join(directory, each)) as file:
                text = file.read()
            text = re.sub(r"127\.0\.0\.1:(\d+)", lambda found: own(lab, found.group(1)), text)
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


def roll_example(lab, name, program, count, port, clients=8, rolls=ROLLS):
    """Serves an example under load, rolled smoothly and then by fleet, so many times each: nothing is lost."""
    manager, address = serve(lab, name, program, count, port)
    for arguments in ((), ("--fleet",)):
        nothing_lost(roll(lab, manager, program, lab.load(address, clients=clients), rolls, *arguments))
    manager.wait_for_workers(count)


def roll_server(lab, name, program, count, port, resent=False, seen_loss=None, told="TERM", asked=None, **load):
    """Serves an example under load and rolls it ten times.

    Nothing is lost, and no request has to be sent again unless the server is known for that (`resent`). A server that
    loses requests itself (`seen_loss`: their kinds) may lose those, and has to lose the same when one worker is told to
    go by hand, by the signal `told`: so it is not the manager's doing.
    """
    manager, address = serve(lab, name, program, count, port, asked)
    rolls = min(ROLLS, 10)
    counts = roll(lab, manager, program, lab.load(address, **load), rolls)
    own_faults = tuple(seen_loss or ()) + (("resent",) if resent else ())
    nothing_lost({**counts, **dict.fromkeys(seen_loss or (), 0)}, resent=not resent)
    if any(counts[kind] for kind in own_faults):
        loss_is_its_own(lab, manager, program, count, address, told, own_faults, load)
    manager.wait_until_up(program, count)
    same(len(manager.pids_of(program)), count, "workers at the end")


def loss_is_its_own(lab, manager, program, count, address, told, kinds, more):
    """Tells single workers to go, by hand and gracefully, until the same loss is seen with no rollout at all."""
    for _ in range(12):
        load = lab.load(address, **more)
        for _ in range(5):
            victim = min(manager.pids_of(program))
            os.kill(victim, getattr(signal, "SIG" + told))
            wait_for(lambda: not alive(victim), "the worker told by hand is gone", 30)
            manager.wait_until_up(program, count)
        counts = load.finish()
        others = [kind for kind in FAILURES if counts[kind] and kind not in kinds]
        check(not others, lambda: "a worker stopped by hand lost %s: %s" % (others, counts["first_failures"][:5]))
        if any(counts[kind] for kind in kinds):
            lab.say("workers stopped by hand: " + ", ".join("%d %s" % (counts[kind], kind) for kind in kinds))
            return
    check(False, "the loss of the rolls is never seen when workers are stopped by hand: it is not the server's own")
