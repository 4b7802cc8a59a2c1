# SPDX-License-Identifier: GPL-3.0-or-later
"""uvicorn by --fd, rolled under load."""

from examples import roll_server

NEEDS = {"uvicorn": "uvicorn"}


def run(lab):
    roll_server(lab, "uvicorn.yaml", "web", 2, 8088, cuts=("new", "kept"))
