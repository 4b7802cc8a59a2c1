# SPDX-License-Identifier: GPL-3.0-or-later
"""A small systemd: hears what its service says by sd_notify(3), keeps the sockets that it is given, and passes them to
the next run of it. It believes the main process alone (NotifyAccess=main)."""

import array
import os
import socket
import struct
import threading
import time

from lab import PYTHON, check, wait_for


class Systemd:
    def __init__(self, lab, name="notify", most=64, watchdog=None):
        self.lab, self.most, self.watchdog = lab, most, watchdog
        self.address = lab.path(name) if not name.startswith("@") else name + lab.mark
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.address.replace("@", "\0", 1))
        self.heard = []  # (time, fields), oldest first
        self.strangers = []
        self.store = {}  # by FDNAME, as long as it is kept
        self.units = {}  # of socket units: passed too, first
        self.main = None
        self.listens = threading.Event()
        self.listens.set()
        self.waits = threading.Event()
        self.over = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def close(self):
        self.over = True
        self.listens.set()
        self.full()  # the reader may be waiting for something
        self.reader.join()
        self.socket.close()
        if self.address.startswith("/"):
            os.unlink(self.address)
        for fd in [*self.store.values(), *self.units.values()]:
            os.close(fd)

    def send(self, text):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(text, self.address.replace("@", "\0", 1))

    def deaf(self):
        """Reads nothing more until `listens` is set, and there is no room for more."""
        self.listens.clear()
        self.waits.clear()
        self.send(b"STATUS=deaf")  # the reader may be waiting for one
        self.waits.wait()
        while not self.full():
            pass

    def full(self):
        """Whether there is no room; what there was is less then."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(b"STATUS=full", self.address.replace("@", "\0", 1))
                return False
            except BlockingIOError:
                return True

    # The service

    def start(self, *listen, **more):
        """Starts the manager with all that is kept for it; `listen` are options of listen.py."""
        env = {"NOTIFY_SOCKET": self.address, "FDSTORE": str(self.most)}
        if self.watchdog:
            env["WATCHDOG_USEC"] = str(int(self.watchdog * 1e6))
        passed = {**self.units, **self.store}
        through = [PYTHON, "-IS", os.path.join(self.lab.lib, "listen.py"), *listen]
        through += ["%s=%d" % pair for pair in passed.items()] + ["--"]
        manager = self.lab.launch(env=env, through=through, pass_fds=tuple(passed.values()), **more)
        self.main = manager.pid
        return manager

    def up(self, *listen, **more):
        """Starts it and waits until it is up."""
        before = len(self.all("READY"))
        manager = self.start(*listen, **more)
        wait_for(lambda: len(self.all("READY")) > before, "READY=1", 30)
        return manager

    # What it says

    def read(self):
        while not self.over:
            text, control, _, _ = self.socket.recvmsg(4096, 4096)
            at = time.monotonic()
            fds, pid = array.array("i"), None
            for level, kind, data in control:
                if kind == socket.SCM_RIGHTS:
                    fds.frombytes(data[: len(data) - len(data) % 4])
                elif kind == 2:  # SCM_CREDENTIALS
                    pid = struct.unpack("iII", data[:12])[0]
            if pid == os.getpid():
                self.waits.set()
                self.listens.wait()
                continue
            fields = dict(line.split("=", 1) for line in text.decode().splitlines())
            if pid != self.main:
                self.strangers.append((pid, fields))
            self.take(fields, fds)
            self.heard.append((at, fields))

    def take(self, fields, fds):
        name = fields.get("FDNAME")
        if "FDSTORE" in fields:
            check(len(fds) == 1 and name and ":" not in name and len(name) <= 255, "a wrong FDSTORE: %s" % fields)
            known = any(os.fstat(fd).st_ino == os.fstat(fds[0]).st_ino for fd in self.store.values())
            if known or len(self.store) >= self.most:
                os.close(fds[0])
            else:
                self.store[name] = fds[0]
        elif "FDSTOREREMOVE" in fields:
            if name in self.store:
                os.close(self.store.pop(name))

    def all(self, field):
        return [(at, fields) for at, fields in list(self.heard) if field in fields]

    def words(self, *ignored):
        """What was said, in order, each by its first field's name."""
        return [word for word in (next(iter(fields)) for _, fields in list(self.heard)) if word not in ignored]

    def status(self):
        said = self.all("STATUS")
        return said[-1][1]["STATUS"] if said else ""

    def inodes(self):
        return {os.fstat(fd).st_ino for fd in list(self.store.values())}
