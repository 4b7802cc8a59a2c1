# SPDX-License-Identifier: GPL-3.0-or-later
"""An ASGI application, served by uvicorn on the manager's socket. It says itself when it is up."""

import os
import socket


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
            messenger.connect("\0" + address[1:] if address[0] == "@" else address)
            messenger.send(text.encode())


async def lifespan(receive, send):
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
            notify("READY=1")  # the socket has been listening all the time, so this is not too early
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    body = "Hello from version=%s pid=%d slot=%s\n" % (
        os.environ.get("VERSION", "v1"),
        os.getpid(),
        os.environ.get("EINHORN_CHILD_INDEX", "-"),
    )
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
