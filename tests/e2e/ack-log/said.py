# SPDX-License-Identifier: GPL-3.0-or-later
"""Says some lines when its gate (a file) is open, and lives on: said.py GATE stdout|stderr LINE[*COUNT]..."""

import os
import sys
import time

gate, where, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
os.write(1, b"booting\n")
while gate and not os.path.exists(gate):
    time.sleep(0.01)
for line in lines:
    text, _, count = line.partition("*")
    for _ in range(int(count or 1)):
        os.write(1 if where == "stdout" else 2, text.encode() + b"\n")
while True:
    time.sleep(1000)
