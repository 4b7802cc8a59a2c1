# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on a UNIX socket, rolled under load: nothing is lost, the file stays and is its owner's alone."""

import os

from examples import roll_server
from lab import same


def run(lab):
    path = lab.path("tmp", "einhyrningsins-hello.sock")
    roll_server(lab, "unix.yaml", "local", 2, path)
    same(oct(os.stat(path).st_mode & 0o777), oct(0o600), "permissions of the socket")
