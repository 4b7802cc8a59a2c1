# SPDX-License-Identifier: GPL-3.0-or-later
"""Says READY=1 as systemd-notify does: `wait`: and asks to be told when that was heard, by a descriptor; `go`: and is gone."""

import os
import select
import socket
import sys

line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
line.connect(os.environ["NOTIFY_SOCKET"])
line.send(b"READY=1")
if sys.argv[1] == "wait":
    mine, its = os.pipe()
    socket.send_fds(line, [b"BARRIER=1"], [its])
    os.close(its)
    poll = select.poll()
    poll.register(mine, 0)
    if not poll.poll(5000):
        sys.exit("nobody closed the descriptor that came with BARRIER=1")
