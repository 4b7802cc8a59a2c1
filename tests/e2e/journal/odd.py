# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes all that a journal may have trouble with, then waits."""

import os
import signal

PIECES = [
    b"plain = words\n",
    b"<3>an error\n",
    b"<9>no level\n",
    b"\n",
    b"bytes \0\x01\xff\xfe\t\r=\n",
    b"MESSAGE\nPRIORITY=0\n",
    b"z" * 30000 + b"\n",
    b"y" * 150000 + b"\n",
    b"up\n",
]
for piece in PIECES:
    while piece:
        piece = piece[os.write(1, piece) :]
os.write(2, b"to the other one\n")
os.write(1, b"no end")
signal.pause()
