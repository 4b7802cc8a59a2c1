# SPDX-License-Identifier: GPL-3.0-or-later
"""Jetty on descriptor 0, rolled under load: nothing is lost."""

from examples import roll_server

NEEDS = {"java": "openjdk-17-jdk-headless", "/usr/share/java/jetty9-server.jar": "libjetty9-java"}


def run(lab):
    roll_server(lab, "jetty.yaml", "web", 2, 8093)
