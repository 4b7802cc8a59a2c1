# SPDX-License-Identifier: GPL-3.0-or-later
"""Starlet by SERVER_STARTER_PORT, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"plackup": "libplack-perl", "/usr/share/perl5/Plack/Handler/Starlet.pm": "starlet", "/usr/share/perl5/Server/Starter.pm": "libserver-starter-perl"}


def run(lab):
    roll_server(lab, "starlet.yaml", "web", 2, 8126, clients=4)
