# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker whose grandchildren lose their parent, one after the other, and end a little later."""

import os
import time

while True:
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.3)  # long enough to be seen on a busy machine
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(0.02)
