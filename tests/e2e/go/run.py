# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go server by LISTEN_FDS, built from the example, rolled under load: nothing is lost."""

import os

from examples import example, roll_server
from lab import same

NEEDS = {"go": "golang-go"}


def run(lab):
    example(lab, "go.yaml")
    offline = {"GOCACHE": lab.path("go-cache"), "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOPATH": lab.path("go-path")}
    source, built = "examples/workers/hello.go", lab.path("tmp", "hello-go")
    result = lab.command("go", "build", "-o", built, source, env=offline, within=240)
    same(result.code, 0, "exit status of go build (%s)" % result.err)
    same(os.access(built, os.X_OK), True, "hello-go is built")
    roll_server(lab, "go.yaml", "web", 2, 8092)
