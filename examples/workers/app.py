# SPDX-License-Identifier: GPL-3.0-or-later
"""A WSGI application, served by gunicorn on the manager's socket."""

import os


def application(environ, start_response):
    body = "Hello from version=%s pid=%d slot=%s\n" % (
        os.environ.get("VERSION", "v1"),
        os.getpid(),
        os.environ.get("EINHORN_CHILD_INDEX", "-"),
    )
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body.encode()]
