# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that gives signs of life, by NOTIFY_SOCKET or as einhorn's workers do, until there is a file mute-PID."""

import os
import socket
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
pid = os.getpid()
if os.environ.get("WATCHDOG_PID") != str(pid) or os.environ.get("WATCHDOG_USEC") != "1500000":
    sys.exit("not told of the watchdog")


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.sendto(text, os.environ["NOTIFY_SOCKET"])


def einhorn(command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.connect(os.environ["EINHORN_SOCK_PATH"])
        door.sendall(b'{"command":"worker:%s","pid":%d}\n' % (command, pid))


if sys.argv[1] == "notify":
    notify(b"READY=1")
else:
    einhorn(b"ack")
while True:
    if not os.path.exists(os.path.join(here, "mute-%d" % pid)):
        if sys.argv[1] == "notify":
            notify(b"WATCHDOG=1")
        else:
            einhorn(b"ping")
    if os.path.exists(os.path.join(here, "despair-%d" % pid)):
        notify(b"WATCHDOG=trigger")
    time.sleep(0.2)
