# SPDX-License-Identifier: GPL-3.0-or-later
"""Jetty on descriptor 0, rolled under load: nothing is lost."""

from examples import example, roll_server
from lab import same

JARS = "/usr/share/java"
NEEDS = {"java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", JARS + "/jetty9-server.jar": "libjetty9-java"}


def run(lab):
    example(lab, "jetty.yaml")
    source, classes = "examples/workers/JettyHello.java", lab.path("tmp", "jetty-hello")
    jars = ":".join("%s/%s.jar" % (JARS, name) for name in ("jetty9-server", "jetty9-util", "servlet-api"))
    result = lab.command("javac", "-d", classes, "-cp", jars, source)
    same(result.code, 0, "exit status of javac (%s)" % result.text)
    roll_server(lab, "jetty.yaml", "web", 2, 8093)
