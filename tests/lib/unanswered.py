# SPDX-License-Identifier: GPL-3.0-or-later
"""A FUSE file system that does not answer, and processes of another user that hold locks with its pages as buffers."""

import ctypes
import mmap
import os
import signal
import struct
import time

from lab import check

NOBODY = 65534


def can_mount(lab):
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return os.geteuid() == 0
    except OSError as problem:
        lab.say("no FUSE here: %s" % problem)
        return False


def list_for_ever(page, file):
    """Holds the lock of the directory of a file."""
    directory = os.open(os.path.dirname(file), os.O_RDONLY)
    here = (ctypes.c_char * len(page)).from_buffer(page)
    ctypes.CDLL(None).syscall({"x86_64": 217}.get(os.uname().machine, 61), directory, here, len(page))


class Unanswered:
    """A FUSE file system with one file, which is never opened, or never closed."""

    LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH = 1, 2, 3, 14, 15, 18, 25
    INIT, INTERRUPT, FORGETS = 26, 36, 42

    def __init__(self, directory, what, late=0.0):
        self.directory = directory.encode()
        self.late = late
        self.unanswered = (what, self.FORGET, self.FORGETS, self.INTERRUPT)

    def __enter__(self):
        self.file = os.open("/dev/fuse", os.O_RDWR)
        self.libc = ctypes.CDLL(None, use_errno=True)
        options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % self.file
        failed = self.libc.mount(b"unanswered", self.directory, b"fuse", 0, options)
        check(not failed, lambda: "mount: %s" % os.strerror(ctypes.get_errno()))
        self.server = os.fork()
        if self.server == 0:
            try:
                self.serve()
            finally:
                os._exit(0)
        return self

    def __exit__(self, *_):
        self.libc.umount2(self.directory, 2)
        os.kill(self.server, signal.SIGKILL)
        os.waitpid(self.server, 0)
        os.close(self.file)  # the last one: whoever waits is told that it is over

    def asked(self):
        """How many wait: one request each."""
        return sum(1 for pid in os.listdir("/proc") if pid.isdigit() and named(pid, "einhyrn-birth") and waits(pid))

    def held_by(self, deed, *arguments):
        """Has something done with a page of it as a buffer, by a process of nobody's."""

        def done():
            file = os.open(os.path.join(self.directory, b"page"), os.O_RDONLY)
            deed(mmap.mmap(file, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE), *arguments)

        return self.as_nobody(done)

    def as_nobody(self, deed, *arguments):
        """Has something done by a process of nobody's; returns its pid."""
        child = os.fork()
        if child == 0:
            try:
                os.close(self.file)
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                deed(*arguments)
            finally:
                os._exit(0)
        return child

    def serve(self):
        while True:
            request = os.read(self.file, 1 << 17)
            _, what, number, node = struct.unpack_from("<IIQQ", request)
            if what in self.unanswered:
                continue
            if what == self.INIT:
                self.reply(number, struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 0, 0, 0, *[0] * 7))
            elif what == self.LOOKUP:
                time.sleep(self.late)
                self.reply(number, struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + self.attributes(2))
            elif what == self.GETATTR:
                self.reply(number, struct.pack("<QII", 0, 0, 0) + self.attributes(node))
            elif what == self.OPEN:
                self.reply(number, struct.pack("<QII", 1, 0, 0))
            else:
                self.reply(number, b"", 0 if what == self.RELEASE else 38)

    @staticmethod
    def attributes(node):
        mode = 0o40755 if node == 1 else 0o100755
        return struct.pack("<QQQQQQIIIIIIIIII", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def reply(self, number, body, error=0):
        os.write(self.file, struct.pack("<IiQ", 16 + len(body), -error, number) + body)


def named(pid, name):
    try:
        with open("/proc/%s/comm" % pid) as comm:
            return comm.read() == name + "\n"
    except OSError:
        return False


def waits(pid):
    try:
        with open("/proc/%s/wchan" % pid) as where:
            what = where.read()
            return any(word in what for word in ("request", "folio_wait", "page_wait"))
    except OSError:
        return False
