# SPDX-License-Identifier: GPL-3.0-or-later
"""node on an inherited descriptor, rolled under load: nothing is lost."""

from examples import roll_example

NEEDS = {"node": "nodejs"}


def run(lab):
    roll_example(lab, "node.yaml", "web", 2, 8082)
