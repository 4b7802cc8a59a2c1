# SPDX-License-Identifier: GPL-3.0-or-later
"""The example configurations as they are shipped, on ports of the lab's own."""

import os
import re
import shutil

from lab import ROLLS, ROOT, check, nothing_lost, wait_for, answers


def example(lab, name):
    """Copies examples/ into the lab, with each port replaced by a free one; returns the file's name there."""
    shutil.copytree(os.path.join(ROOT, "examples"), lab.path("examples"), dirs_exist_ok=True)
    relative = "examples/configs/" + name
    with open(lab.path(relative)) as file:
        text = file.read()
    text = re.sub(r"127\.0\.0\.1:(\d+)", lambda found: "127.0.0.1:%d" % lab.port("port" + found.group(1)), text)
    lab.write(relative, text)
    return relative


def roll_example(lab, name, program, count, port, clients=8, rolls=ROLLS):
    """Serves an example under load, rolled smoothly and then by fleet, so many times each: nothing is lost."""
    config = example(lab, name)
    address = "127.0.0.1:%d" % lab.port("port%d" % port)
    manager = lab.start(config)
    wait_for(lambda: answers(address), address + " answers", 30)
    manager.wait_until_up(program, count)
    for arguments in ((), ("--fleet",)):
        load = lab.load(address, clients=clients)
        for _ in range(rolls):
            before = manager.worker_pids()
            manager.ctl("upgrade", program, *arguments)
            wait_for(lambda: not before & manager.worker_pids(), "the old workers are gone", 30)
        counts = load.finish()
        nothing_lost(counts)
        check(counts["workers_seen"] > rolls, lambda: "only %d workers ever answered" % counts["workers_seen"])
    manager.wait_for_workers(count)
