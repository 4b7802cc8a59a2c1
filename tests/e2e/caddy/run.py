# SPDX-License-Identifier: GPL-3.0-or-later
"""Caddy on fd/3, rolled under load: nothing is lost. One older than 2.9, such as Debian's, does not know fd/ and says so.

CADDY names another caddy than that of PATH.
"""

import os
import re

from examples import example, roll_server
from lab import check, wait_for

NEEDS = {os.environ.get("CADDY", "caddy"): "caddy"}


def run(lab):
    if "CADDY" in os.environ:
        os.symlink(os.path.abspath(os.environ["CADDY"]), lab.path("bin", "caddy"))
    version = tuple(map(int, re.findall(r"\d+", lab.command("caddy", "version").out)[:2]))
    if version >= (2, 9):
        roll_server(lab, "caddy.yaml", "web", 2, 8094, cuts=("kept",))
        return
    lab.say("caddy %d.%d does not know fd/" % version)
    manager = lab.start(example(lab, "caddy.yaml"))
    wait_for(lambda: "ended before it was up" in manager.stderr(), "the manager says that Caddy does not come up", 30)
    check(re.search(r"unknown network|fd/3", manager.stderr()), "Caddy does not say why")
    check(not manager.ready_pids("web"), "something is up")
