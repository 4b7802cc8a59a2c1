# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers each datagram with what it got and who it is; on TERM it takes no more."""

import os
import select
import signal
import socket


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
            messenger.connect("\0" + address[1:] if address[0] == "@" else address)
            messenger.send(text.encode())


def main():
    shared = socket.socket(fileno=int(os.environ["EINHORN_FD_0"]))
    wake_read, wake_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake_write, b"x"))
    me = b" pid=%d slot=%s" % (os.getpid(), os.environ.get("EINHORN_CHILD_INDEX", "-").encode())
    notify("READY=1")
    while True:
        ready, _, _ = select.select([shared, wake_read], [], [])
        if wake_read in ready:
            return
        try:
            datagram, sender = shared.recvfrom(65536)
        except BlockingIOError:
            continue
        shared.sendto(datagram + me, sender)


main()
