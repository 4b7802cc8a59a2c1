# SPDX-License-Identifier: GPL-3.0-or-later
"""unicorn by LISTEN_FDS, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"unicorn": "unicorn"}


def run(lab):
    roll_server(lab, "unicorn.yaml", "web", 2, 8087)
