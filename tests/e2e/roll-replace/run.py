# SPDX-License-Identifier: GPL-3.0-or-later
"""The old worker goes first, slot by slot: its siblings and the kernel's queue bridge the gap, so nothing is lost."""

from rolls import order_of_replace, roll_under_load


def run(lab):
    roll_under_load(lab)
    order_of_replace(lab)
