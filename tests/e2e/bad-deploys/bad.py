# SPDX-License-Identifier: GPL-3.0-or-later
"""A version that is no good: it acknowledges if asked to, takes no connection, and ends by itself after a while.

    bad.py SECONDS [ACK_AFTER]
"""

import json
import os
import socket
import sys
import time


def main(seconds, ack=None):
    began = time.monotonic()
    if ack is not None:
        time.sleep(ack)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as manager:
            manager.connect(os.environ["EINHORN_SOCK_PATH"])
            manager.sendall(json.dumps({"command": "worker:ack", "pid": os.getpid()}).encode() + b"\n")
    time.sleep(max(0, began + seconds - time.monotonic()))
    sys.exit(3)


main(*map(float, sys.argv[1:]))
