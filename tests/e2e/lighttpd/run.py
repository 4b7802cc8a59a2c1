# SPDX-License-Identifier: GPL-3.0-or-later
"""lighttpd by LISTEN_FDS, up when it says so, rolled under load: nothing is lost, kept connections are closed."""

from examples import roll_server

NEEDS = {"lighttpd": "lighttpd"}


def run(lab):
    roll_server(lab, "lighttpd.yaml", "web", 2, 8124, cuts=("kept",), told="INT", clients=4)
