# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn by LISTEN_FDS and READY=1, rolled under load: nothing is lost."""

from examples import roll_example

NEEDS = {"gunicorn": "gunicorn"}


def run(lab):
    roll_example(lab, "gunicorn.yaml", "web", 2, 8083)
