# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain Ruby server by einhorn's protocol, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"ruby": "ruby"}


def run(lab):
    roll_server(lab, "ruby.yaml", "web", 2, 8089)
