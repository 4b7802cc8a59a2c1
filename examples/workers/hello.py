# SPDX-License-Identifier: GPL-3.0-or-later
"""A threaded web server on an inherited socket, Python's standard library only.

It says that it is up by READY=1 to NOTIFY_SOCKET and goes gracefully on TERM: it takes no more
connections, finishes what it has, and exits.
"""

import http.server
import os
import select
import signal
import socket
import threading


class Hello(http.server.BaseHTTPRequestHandler):
    # HTTP/1.0: one request a connection, so nothing is ever pending on an idle one.
    timeout = 10  # seconds for a client to say what it wants

    def do_GET(self):
        body = "Hello from version=%s pid=%d slot=%s\n" % (
            os.environ.get("VERSION", "v1"),
            os.getpid(),
            os.environ.get("EINHORN_CHILD_INDEX", "-"),
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for the requests in progress


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.connect("\0" + address[1:] if address[0] == "@" else address)
        messenger.send(text.encode())


def main():
    server = Server(("", 0), Hello, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(os.environ["EINHORN_FD_0"]))
    server.server_name, server.server_port = "localhost", 0
    told = threading.Event()
    wake_read, wake_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: (told.set(), os.write(wake_write, b"x")))
    notify("READY=1")
    while not told.is_set():
        # `bind` has the flag n: a sibling may be quicker, and accept() must not wait then.
        ready, _, _ = select.select([server.socket, wake_read], [], [])
        if server.socket in ready:
            server._handle_request_noblock()
    notify("STOPPING=1")
    server.server_close()


main()
