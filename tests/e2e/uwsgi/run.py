# SPDX-License-Identifier: GPL-3.0-or-later
"""uWSGI by fd://3 and READY=1, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"uwsgi": "uwsgi-core", "/usr/lib/uwsgi/plugins/python3_plugin.so": "uwsgi-plugin-python3"}


def run(lab):
    roll_server(lab, "uwsgi.yaml", "web", 2, 8121, told="HUP", clients=4)
