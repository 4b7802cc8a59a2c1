# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark knows of processes: what workers report, what /proc says, and that none is left."""

import collections
import contextlib
import ctypes
import fcntl
import os
import select
import signal
import time

PR_SET_CHILD_SUBREAPER = 36
F_SETPIPE_SZ = 1031


class Trouble(Exception):
    """A measurement that could not be made, in words."""


class Worker:
    """One worker process; moments are CLOCK_MONOTONIC nanoseconds by its own clock."""

    def __init__(self, pid, executing):
        self.pid, self.executing, self.ready, self.left = pid, executing, None, None


class Report:
    """The FIFO on which workers say "exec", "ready" and "exit"; only those tagged "web" are counted."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.fcntl(self.fd, F_SETPIPE_SZ, 1 << 20)
        self.poll = select.poll()
        self.poll.register(self.fd, select.POLLIN)
        self.rest = b""
        self.forget()

    def forget(self):
        self.read(0)
        self.workers = {}
        self.ready_ever = []

    def read(self, seconds):
        if not self.poll.poll(max(0, seconds) * 1000):
            return
        with contextlib.suppress(BlockingIOError):
            while True:
                self.rest += os.read(self.fd, 1 << 16)
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            self.heard(*line.decode().split())

    def heard(self, what, tag, pid, moment):
        if tag != "web":
            return
        pid, moment = int(pid), int(moment)
        if what == "exec":
            self.workers[pid] = Worker(pid, moment)
        elif pid not in self.workers:
            return
        elif what == "ready":
            self.workers[pid].ready = moment
            self.ready_ever.append(self.workers[pid])
        elif what == "exit":
            self.workers[pid].left = moment

    def wait_for(self, fact, seconds, otherwise, check=lambda: None):
        end = time.monotonic() + seconds
        self.read(0)
        while not fact():
            if time.monotonic() > end:
                raise Trouble(f"gave up after {seconds} s: {otherwise()}")
            check()
            self.read(min(0.5, end - time.monotonic()))

    def started(self):
        return [w for w in self.workers.values() if w.ready]

    def serving(self):
        self.read(0)
        return [w for w in self.workers.values() if w.ready and not w.left]

    def count_ready(self):
        return len(self.serving())

    def kill(self, worker):
        """Kills it for good; the moment just before."""
        before = time.monotonic_ns()
        os.kill(worker.pid, signal.SIGKILL)
        worker.left = before
        return before


class Processes:
    """The processes below this one, who is made the reaper of all orphans, so that none can be lost."""

    def __init__(self):
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise Trouble("cannot become the reaper of orphans (prctl)")

    def parents(self):
        """From pid to parent, zombies left out."""
        found = {}
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/stat") as stat:
                    state, parent = stat.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state not in "ZX":
                found[int(name)] = int(parent)
        return found

    def below(self, root):
        """All descendants of a process that are alive."""
        children = collections.defaultdict(list)
        for pid, parent in self.parents().items():
            children[parent].append(pid)
        found, todo = [], [root]
        while todo:
            todo.extend(children[todo[0]])
            found.extend(children[todo.pop(0)])
        return found

    def reap(self, spare=None):
        """Takes the exit statuses of orphans; `spare` is left to its own Popen."""
        while True:
            try:
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if dead is None or dead.si_pid == spare:
                return
            os.waitpid(dead.si_pid, 0)

    def none_left(self):
        end = time.monotonic() + 10
        while left := self.below(os.getpid()):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()
            if time.monotonic() > end:
                raise Trouble(f"processes {left} cannot be killed")
            time.sleep(0.005)
        self.reap()

    def switches(self, pids):
        """Voluntary context switches, that is wakeups, of every thread: from "process/thread tid" to count."""
        found = {}
        for pid in pids:
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/status") as status:
                        fields = dict(line.split(":", 1) for line in status.read().splitlines() if ":" in line)
                    found[f"'{fields['Name'].strip()}' ({task})"] = int(fields["voluntary_ctxt_switches"])
        return found

    def pss_mib(self, pids):
        total = 0
        for pid in pids:
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as rollup:
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return total / 1024
