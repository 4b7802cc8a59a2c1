# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker whose last deed is a notification."""

import os
import signal
import socket

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))


def leave(*_):
    notify.send(b"STOPPING=1\nSTATUS=gone")
    os._exit(0)


signal.signal(signal.SIGTERM, leave)
notify.send(b"READY=1")
while True:
    signal.pause()
