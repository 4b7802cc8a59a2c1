# SPDX-License-Identifier: GPL-3.0-or-later
"""h2o by SERVER_STARTER_PORT, up when it says so, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"h2o": "h2o"}


def run(lab):
    roll_server(lab, "h2o.yaml", "web", 2, 8125, clients=4)
