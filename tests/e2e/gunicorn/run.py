# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn by LISTEN_FDS and READY=1, rolled under load: nothing is lost. A broken application never takes over."""

from examples import roll_example
from lab import FAILED, get, same

NEEDS = {"gunicorn": "gunicorn"}


def run(lab):
    roll_example(lab, "gunicorn.yaml", "web", 2, 8083)
    lab.edit("examples/workers/app.py", "def application(", "def application_is_gone(")
    lab.managers[0].noise_allowed = True  # gunicorn says why, at length
    lab.managers[0].ctl("upgrade", "web", code=FAILED)
    same(get("127.0.0.1:%d" % lab.port("port8083"))["version"], "v1", "who answers after the broken deploy")
