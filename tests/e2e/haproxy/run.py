# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy on fd@3, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"haproxy": "haproxy"}


def run(lab):
    roll_server(lab, "haproxy.yaml", "web", 2, 8085)
