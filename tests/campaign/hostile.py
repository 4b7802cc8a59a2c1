#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program whose user is hostile: its files, its descriptors and its words are used against the manager.

The campaign imports it for the table of attacks; the worker runs it (`hostile.py DIRECTORY`). The worker does what
DIRECTORY/attack names, each attack in a child of its own, so that the kernel and the manager see a process of this
program do it. Attacks last for a few seconds, or until the worker is ended.
"""

import fcntl
import os
import signal
import socket
import struct
import sys
import time

LASTS = 3.0
BOMB = 150
VICTIM = "victim"


def say(words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(1)
        line.connect(os.environ["NOTIFY_SOCKET"])
        line.send(words)


def flood(words, pause=0.0):
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        try:
            say(words)
        except OSError:
            time.sleep(0.01)
        time.sleep(pause)


def lease(name):
    """Nobody may open the file while a write lease is held on it, and who asks for it back is not answered."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    file = os.open(name, os.O_RDWR)
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:  # open elsewhere, or broken
            pass
        time.sleep(0.01)


def lease_on_the_program():
    lease("program")


def lease_on_the_interpreter():
    lease("interpreter")


def lease_on_the_variables():
    lease("env")


def lease_on_the_log():
    lease("log/out.log")


def fifo(name):
    """A reader and a writer of it wait for each other for ever."""
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        try:
            os.unlink(name)
        except OSError:
            pass
        try:
            os.mkfifo(name)
        except OSError:
            pass
        time.sleep(0.05)


def fifo_as_log():
    fifo("log/out.log")


def fifo_as_variables():
    fifo("env")


def fifo_as_program():
    fifo("program")


def link_swaps():
    """The directory of the log is a link to somebody else's, now and then; and the log is one to somebody else's file."""
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        for away, link in (("log", "../" + VICTIM), ("log/out.log", "../../" + VICTIM + "/out.log"), ("env", "../" + VICTIM + "/secret")):
            try:
                os.rename(away, away + ".away")
                os.symlink(link, away)
                time.sleep(0.001)
                os.unlink(away)
                os.rename(away + ".away", away)
            except OSError:
                pass


def hard_links():
    """The log is another name of somebody else's file, where the kernel lets it."""
    try:
        os.rename("log/out.log", "log/away")
        os.link("../" + VICTIM + "/out.log", "log/out.log")
    except OSError:
        pass
    time.sleep(LASTS)


def lingering_descriptors():
    """Each is the last of a connection that waits for 4 s when it is closed, since nobody reads what it sends."""
    doors = ((os.environ["NOTIFY_SOCKET"], socket.SOCK_DGRAM), (os.environ["EINHORN_SOCK_PATH"], socket.SOCK_STREAM))
    for path, kind in doors * 5:
        with socket.socket() as listener, socket.socket(socket.AF_UNIX, kind) as line:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            mine = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 4))
            mine.setblocking(False)
            try:
                while True:
                    mine.send(b"x" * 100_000)
            except BlockingIOError:
                pass
            with theirs, mine:
                try:
                    line.connect(path)
                    socket.send_fds(line, [b"STATUS=passed\n"], [mine.fileno()])
                except OSError:
                    pass
                mine.close()
                time.sleep(0.3)


def extensions_without_end():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    flood(b"EXTEND_TIMEOUT_USEC=86400000000", 0.01)


def words_without_end():
    flood(b"READY=1\nSTATUS=" + b"\x1b]0;x\x07\xe2\x80\xae" * 200 + b"\nWATCHDOG=1\nRELOADING=1\nMAINPID=1\nSTOPPING=1")


def fork_bomb():
    """In sessions of their own, deaf to TERM, and with children of their own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for number in range(BOMB):
        if os.fork() == 0:
            if number % 2:
                os.setsid()
            if number % 10 == 0:
                os.fork()
            time.sleep(120)
            os._exit(0)
    time.sleep(LASTS)


def a_line_without_end():
    for _ in range(100):
        os.write(1, b"x" * (1 << 20))


def many_lines():
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        os.write(1, b"x\n" * 30_000)


def stands_still():
    os.kill(os.getppid(), signal.SIGSTOP)


def ends_at_once():
    os.kill(os.getppid(), signal.SIGKILL)


def connections_without_words():
    lines = []
    for _ in range(300):
        line = socket.socket(socket.AF_UNIX)
        line.setblocking(False)
        try:
            line.connect(os.environ["EINHORN_SOCK_PATH"])
            line.send(b'{"command":"worker:')
        except OSError:
            pass
        lines.append(line)
    time.sleep(LASTS)


ATTACKS = [
    lease_on_the_program,
    lease_on_the_interpreter,
    lease_on_the_variables,
    lease_on_the_log,
    fifo_as_log,
    fifo_as_variables,
    fifo_as_program,
    link_swaps,
    hard_links,
    lingering_descriptors,
    extensions_without_end,
    words_without_end,
    fork_bomb,
    a_line_without_end,
    many_lines,
    stands_still,
    ends_at_once,
    connections_without_words,
]


def serve(directory):
    """Does what the file names, once each time its text changes."""
    os.chdir(directory)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say(b"READY=1")
    done = read("attack")
    while True:
        wanted = read("attack")
        if wanted != done:
            done = wanted
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                dict((attack.__name__, attack) for attack in ATTACKS)[wanted.split()[0]]()
                os._exit(0)
        time.sleep(0.02)


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    serve(sys.argv[1])
