# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn with uvicorn workers by LISTEN_FDS and READY=1, rolled under load."""

from examples import roll_server

NEEDS = {"gunicorn": "gunicorn", "uvicorn": "uvicorn"}


def run(lab):
    roll_server(lab, "gunicorn-uvicorn.yaml", "web", 2, 8123, cuts=("new", "kept"), clients=4)
