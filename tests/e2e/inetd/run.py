# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on descriptor 0, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"perl": "perl"}


def run(lab):
    roll_server(lab, "inetd.yaml", "web", 3, 8095)
