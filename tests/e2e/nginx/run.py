# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx by NGINX="3;", rolled under load: nothing is lost, kept connections may be closed."""

from examples import roll_server

NEEDS = {"nginx": "nginx-light"}


def run(lab):
    roll_server(lab, "nginx.yaml", "web", 2, 8084, cuts=("kept",), told="QUIT")
