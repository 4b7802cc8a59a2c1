# SPDX-License-Identifier: GPL-3.0-or-later
"""One new worker up, one old one told to go, and so on: under load nothing is refused, reset, lost or sent again."""

from rolls import order_of_smooth, roll_under_load


def run(lab):
    roll_under_load(lab)
    order_of_smooth(lab)
