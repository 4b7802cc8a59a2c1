# SPDX-License-Identifier: GPL-3.0-or-later
"""All new workers up before any old one is told to go: under load nothing is refused, reset, lost or sent again."""

from rolls import order_of_fleet, roll_under_load


def run(lab):
    roll_under_load(lab)
    order_of_fleet(lab)
