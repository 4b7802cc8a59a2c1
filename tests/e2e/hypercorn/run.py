# SPDX-License-Identifier: GPL-3.0-or-later
"""hypercorn by fd://3, rolled under load: it cuts connections on which nothing is asked."""

from examples import roll_server

NEEDS = {"hypercorn": "python3-hypercorn"}


def run(lab):
    roll_server(lab, "hypercorn.yaml", "web", 2, 8122, cuts=("new", "kept"), clients=4)
