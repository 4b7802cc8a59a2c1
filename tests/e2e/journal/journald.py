# SPDX-License-Identifier: GPL-3.0-or-later
"""A small journald: takes entries of the native protocol at SOCKET, appends each as a line of JSON to FILE.

journald.py SOCKET FILE. Who sent it is as the kernel vouches for it, like the real one's _PID, _UID and _GID. While the
file FILE.deaf is there, it takes nothing.
"""

import json
import os
import socket
import struct
import sys
import time


def entry(data):
    """The fields of a datagram; see systemd.io/JOURNAL_NATIVE_PROTOCOL."""
    fields = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
            data = rest
        else:
            (length,) = struct.unpack("<Q", rest[:8])
            value, end, data = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert len(value) == length and end == b"\n", (name, length, rest)
        assert name.decode() not in fields, name
        fields[name.decode()] = value.decode("latin-1")
    return fields


def main():
    path, file = sys.argv[1:]
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    if os.path.exists(path):
        os.unlink(path)
    door.bind(path)
    os.chmod(path, 0o666)
    with open(file, "a") as book:
        while True:
            while os.path.exists(file + ".deaf"):
                time.sleep(0.01)
            data, more, _, _ = door.recvmsg(1 << 20, socket.CMSG_SPACE(12))
            pid, uid, gid = struct.unpack("3i", more[0][2])
            book.write(json.dumps({**entry(data), "_PID": pid, "_UID": uid, "_GID": gid}) + "\n")
            book.flush()


main()
