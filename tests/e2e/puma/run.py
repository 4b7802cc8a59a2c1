# SPDX-License-Identifier: GPL-3.0-or-later
"""puma by LISTEN_FDS, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"puma": "puma"}


def run(lab):
    roll_server(lab, "puma.yaml", "web", 2, 8086, cuts=("new", "kept"))
