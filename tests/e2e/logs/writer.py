# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that writes numbered lines: writer.py COUNT [PAUSE [WORDS]], then waits to be told to go.

Lines go out in pieces that end anywhere, as from a program that buffers by blocks. COUNT 0 writes without end. PAUSE is
in seconds after each piece. The file that PROGRESS names says how far it is.
"""

import os
import random
import signal
import sys
import time

count = int(sys.argv[1])
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
slot = os.environ["EINHORN_CHILD_INDEX"]
chance = random.Random(slot)
progress = os.environ.get("PROGRESS")


def line(number):
    return "line %s %d %d %s." % (slot, os.getpid(), number, "x" * (number * 7 % 120))


def write(text):
    data = text.encode()
    while data:
        data = data[os.write(1, data) :]


def main():
    number, text = 0, ""
    while count == 0 or number < count:
        while len(text) < 8192 and (count == 0 or number < count):
            text += line(number) + "\n"
            number += 1
        cut = len(text) if number == count else chance.randrange(1, len(text))
        write(text[:cut])
        text = text[cut:]
        if progress:
            with open(progress, "w") as file:
                file.write(str(number))
        if pause:
            time.sleep(pause)
    write(text)


main()
os.write(2, b"written\n")
signal.pause()
