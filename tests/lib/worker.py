#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker of the end-to-end tests: a small HTTP/1.1 server on inherited sockets that loses nothing.

It serves every socket it was given (EINHORN_FD_0 …): a stream socket speaks HTTP, a datagram socket
echoes. Listeners are shared with its siblings: it takes what it accepts and answers that to the end,
and leaves the rest of the kernel's queue to them. It never changes the flags of a listener, because
O_NONBLOCK belongs to the open file and so to all sharers; a blocking listener is served by blocking.

When it is told to go it stops accepting, finishes every request in progress, answers the next
request of each connection with `Connection: close`, gives silent connections `drain` seconds, and
exits 0.

Only cheap modules are imported: it is meant to be up within 30 ms (`python3 -IS worker.py`).

Options are `key=value` arguments:

    version=v1       what the body says (default: the environment variable VERSION, else v1)
    ack=einhorn      einhorn (JSON to EINHORN_SOCK_PATH) | yaml (the older one-line dialect) | notify
                     (READY=1 to NOTIFY_SOCKET) | child (einhorn, but sent by a child process) | fd (einhorn, on the
                     descriptor EINHORN_SOCK_FD, which is closed then) | log (a line on stdout) | none
    boot=0           seconds before it is up
    held=FILE        it is not up before that file exists
    work=0           seconds that a request takes
    gate=FILE        each request is noted (`asked`) and answered once that file exists
    drain=2          seconds that a silent connection is given after the order to go
    stop=TERM        the signal that means "go"
    note=USR1,HUP    signals that are only noted in the journal
    broken=…         (default: the environment variable BROKEN) exit (message on stderr, status 3, at boot) | noack (hangs: neither acks nor serves) | noterm
                     (ignores TERM) | stuck (hangs and ignores TERM) | careless (drops all its
                     connections when told to go) | ends:S (leaves after S seconds as if told to go, but with status 3) | crash:N (dies after N requests) | idler (closes
                     idle keep-alive connections at once when told to go)
    listen=all       all | the number of a descriptor, e.g. 0 for a socket on standard input

What it does it notes in the file E2E_JOURNAL, one line a fact: monotonic time, fact, pid, slot,
version. A fact `ready` is noted before the ack is sent (`silent`: none will be), `told`
when the order to go is seen, `exit` just before the end.
"""

import os
import select
import signal
import socket
import sys
import time

LONGEST_REQUEST = 65536
LINGER_SECONDS = 2.0
FIRST_REQUEST_SECONDS = 10.0

options = dict(argument.split("=", 1) for argument in sys.argv[1:])
version = options.get("version") or os.environ.get("VERSION") or "v1"
slot = os.environ.get("EINHORN_CHILD_INDEX", "-")
pid = os.getpid()
broken = options.get("broken") or os.environ.get("BROKEN", "")
gate = options.get("gate")
work_seconds = float(options.get("work", "0.01" if gate else "0"))
drain_seconds = float(options.get("drain", "2"))

journal = -1
if os.environ.get("E2E_JOURNAL"):
    journal = os.open(os.environ["E2E_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)


def note(fact):
    if journal >= 0:
        os.write(journal, b"%.6f %s %d %s %s\n" % (time.monotonic(), fact.encode(), pid, slot.encode(), version.encode()))


class Connection:
    __slots__ = ("socket", "name", "incoming", "outgoing", "served", "deadline", "work_until", "last", "lingering")

    def __init__(self, sock, name, now):
        self.socket = sock
        self.name = name
        self.incoming = b""
        self.outgoing = b""
        self.served = 0
        self.deadline = now + FIRST_REQUEST_SECONDS  # given up when silent for so long; 0: never
        self.work_until = 0.0  # an answer is due then; 0: none is
        self.last = False  # the answer under way is the last one
        self.lingering = False  # our side is closed, the client's is not

    def busy(self):
        return self.work_until or self.outgoing or self.incoming


class Loop:
    def __init__(self):
        self.poll = select.epoll()
        self.connections = {}
        self.listeners = {}
        self.datagrams = {}
        self.adopted = []  # (socket, name) from the accepting thread
        self.began = time.monotonic()
        self.told = False
        self.told_at = 0.0  # when we began to leave; the order may come at any moment, this is set in the loop
        self.finished_accepting = False
        self.requests = 0
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        self.poll.register(self.wake_read, select.EPOLLIN)

    def wake(self):
        try:
            os.write(self.wake_write, b"x")
        except BlockingIOError:
            pass

    def listen(self, sock, name):
        if sock.type == socket.SOCK_DGRAM:
            self.datagrams[sock.fileno()] = (sock, name)
        else:
            self.listeners[sock.fileno()] = (sock, name)
        self.poll.register(sock.fileno(), select.EPOLLIN)

    def run(self):
        leaving = False
        while True:
            for fd, _ in self.poll.poll(self.patience()):
                self.readable(fd)
            for sock, name in self.take_adopted():
                self.adopt(sock, name)
            if broken.startswith("ends:") and time.monotonic() > self.began + float(broken[5:]):
                self.told = True
            if self.told and not leaving:
                leaving = True
                self.stop_accepting()
            self.deadlines(time.monotonic())
            if leaving and self.finished_accepting and not self.connections and not self.adopted:
                return

    def take_adopted(self):
        taken = []
        while self.adopted:
            taken.append(self.adopted.pop(0))
        return taken

    def patience(self):
        return 0.02 if self.connections and (self.told or work_seconds) else 0.5

    def readable(self, fd):
        if fd == self.wake_read:
            try:
                os.read(fd, 512)
            except BlockingIOError:
                pass
        elif fd in self.listeners:
            self.accept(*self.listeners[fd])
        elif fd in self.datagrams:
            self.echo(*self.datagrams[fd])
        elif fd in self.connections:
            self.advance(self.connections[fd])

    def echo(self, sock, name):
        try:
            text, sender = sock.recvfrom(2048, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        sock.sendto(body(name) + text, sender)

    def accept(self, sock, name):
        # One at a time: leaves work to the siblings, and is safe if the listener is blocking and ours alone.
        try:
            accepted, _ = sock.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.adopt(accepted, name)

    def adopt(self, sock, name):
        sock.setblocking(False)
        connection = Connection(sock, name, time.monotonic())
        self.connections[sock.fileno()] = connection
        self.poll.register(sock.fileno(), select.EPOLLIN)
        self.advance(connection)

    def stop_accepting(self):
        self.told_at = time.monotonic()
        for fd in list(self.listeners) + list(self.datagrams):
            self.poll.unregister(fd)
        self.listeners.clear()
        self.datagrams.clear()
        if broken == "careless":
            for connection in list(self.connections.values()):
                # An immediate reset, as of a process that dies with requests in its hands.
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close(connection)
        if broken == "idler":
            for connection in list(self.connections.values()):
                if connection.served and not connection.busy():
                    self.close(connection)

    def advance(self, connection):
        if connection.outgoing:
            self.flush(connection)
            return
        try:
            received = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.close(connection)
            return
        if not received:
            self.close(connection)
            return
        if connection.lingering:
            return
        connection.incoming += received
        if b"\r\n\r\n" in connection.incoming:
            self.request(connection)
        elif len(connection.incoming) > LONGEST_REQUEST:
            self.close(connection)

    def request(self, connection):
        head, connection.incoming = connection.incoming.split(b"\r\n\r\n", 1)
        connection.last = b"connection: close" in head.lower()
        connection.deadline = 0.0
        if gate:
            note("asked")
        if work_seconds:
            connection.work_until = time.monotonic() + work_seconds
        else:
            self.answer(connection)

    def answer(self, connection):
        self.requests += 1
        if broken.startswith("crash:") and self.requests > int(broken[6:]):
            note("crash")
            os._exit(70)
        connection.work_until = 0.0
        connection.last = connection.last or self.told
        text = body(connection.name)
        connection.outgoing = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n%s" % (
            len(text),
            b"Connection: close\r\n" if connection.last else b"",
            text,
        )
        connection.served += 1
        self.flush(connection)

    def flush(self, connection):
        try:
            sent = connection.socket.send(connection.outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close(connection)
            return
        connection.outgoing = connection.outgoing[sent:]
        if connection.outgoing:
            self.poll.modify(connection.socket.fileno(), select.EPOLLOUT)
            return
        self.poll.modify(connection.socket.fileno(), select.EPOLLIN)
        if connection.last:
            # Closing with unread bytes would reset what we just sent: half-close, then wait for the client's end.
            connection.lingering = True
            connection.deadline = time.monotonic() + LINGER_SECONDS
            try:
                connection.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.close(connection)

    def deadlines(self, now):
        for connection in list(self.connections.values()):
            if connection.work_until and (now < connection.work_until or (gate and not os.path.exists(gate))):
                continue
            if connection.work_until:
                self.answer(connection)
            elif connection.deadline and now >= connection.deadline:
                self.close(connection)
            elif self.told_at and not connection.busy() and not connection.lingering:
                if now >= self.told_at + drain_seconds:
                    note("gave-up-idle")
                    self.close(connection)

    def close(self, connection):
        del self.connections[connection.socket.fileno()]
        connection.socket.close()


def body(name):
    return b"version=%s pid=%d slot=%s socket=%s\n" % (version.encode(), pid, slot.encode(), name.encode())


def accept_blocking(loop, sock, name):
    """Accepts on a blocking listener until told to go, without ever losing what it accepted.

    Python's own accept() resumes after a signal, and a handler that raises could fall between the
    system call and the assignment of its result. So libc's is called: EINTR means that nothing was
    accepted. A signal that comes just before the call would be missed: the handler arms a timer that
    repeats.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    while not loop.told:
        fd = libc.accept4(sock.fileno(), None, None, os.O_CLOEXEC)
        if fd >= 0:
            loop.adopted.append((socket.socket(fileno=fd), name))
            loop.wake()
    signal.setitimer(signal.ITIMER_REAL, 0)
    loop.finished_accepting = True
    loop.wake()


def sockets():
    wanted = options.get("listen", "all")
    if wanted != "all":
        return [(socket.socket(fileno=int(wanted)), "fd" + wanted)]
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    found = []
    for index in range(int(os.environ.get("EINHORN_FD_COUNT", "0"))):
        fd = int(os.environ["EINHORN_FD_%d" % index])
        found.append((socket.socket(fileno=fd), names[index] if index < len(names) else str(index)))
    return found


def acknowledge(how):
    if how == "none":
        return
    if how == "notify":
        address = os.environ["NOTIFY_SOCKET"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messenger:
            messenger.connect("\0" + address[1:] if address.startswith("@") else address)
            messenger.send(b"READY=1\nSTATUS=serving version %s" % version.encode())
        return
    if how == "log":
        count = os.environ.get("EINHORN_FD_COUNT", "0")
        os.write(1, b"listening on %s socket%s\n" % (count.encode(), b"" if count == "1" else b"s"))
        return
    child = os.fork() if how == "child" else 0
    if child:
        os.waitpid(child, 0)
        return
    line = b'{"command":"worker:ack","pid":%d}\n' % pid
    if how == "yaml":
        line = b"---%%20{command:%%20%%22worker:ack%%22,%%20pid:%%20%d}%%0A\n" % pid
    if how == "fd":
        line_fd = int(os.environ["EINHORN_SOCK_FD"])
        os.write(line_fd, line)
        os.close(line_fd)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as messenger:
        messenger.settimeout(10)
        messenger.connect(os.environ["EINHORN_SOCK_PATH"])
        messenger.sendall(line)
        if how == "child":
            messenger.shutdown(socket.SHUT_WR)
            while messenger.recv(4096):
                pass  # the credentials of a sender that is gone could not be traced to us any more
    if how == "child":
        os._exit(0)


def main():
    note("boot")
    loop = Loop()

    def told(_signal, _frame):
        if not loop.told:
            note("told")
        loop.told = True
        loop.wake()
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)

    signal.signal(signal.SIGALRM, lambda _signal, _frame: None)
    signal.signal(getattr(signal, "SIG" + options.get("stop", "TERM")), told)
    if broken in ("noterm", "stuck"):
        signal.signal(signal.SIGTERM, lambda _signal, _frame: note("ignored-TERM"))
    for name in filter(None, options.get("note", "").split(",")):
        signal.signal(getattr(signal, "SIG" + name), lambda _signal, _frame, name=name: note("signal-" + name))

    if broken == "exit":
        sys.stderr.write("worker %s: cannot start: no such table 'users'\n" % version)
        note("broken")
        sys.exit(3)
    boot_until = time.monotonic() + float(options.get("boot", "0"))
    held = options.get("held")
    while not loop.told and (time.monotonic() < boot_until or held and not os.path.exists(held)):
        select.select([], [], [], 0.02)
    if loop.told:
        note("exit")
        os._exit(0)

    given = [] if broken in ("noack", "stuck") else sockets()
    blocking = [(s, n) for s, n in given if s.type == socket.SOCK_STREAM and os.get_blocking(s.fileno())]
    if len(blocking) != 1:
        blocking = []
    for sock, name in given:
        if (sock, name) not in blocking:
            loop.listen(sock, name)
    if broken in ("noack", "stuck"):
        note("silent")
    else:
        note("ready")
        try:
            acknowledge(options.get("ack", "einhorn"))
        except OSError as problem:  # the manager is gone or going
            sys.stderr.write("worker %s: cannot ack: %s\n" % (version, problem))
            os._exit(1)

    if blocking:
        import threading

        server = threading.Thread(target=loop.run)
        server.start()
        accept_blocking(loop, *blocking[0])
        server.join()
    else:
        loop.finished_accepting = True
        loop.run()
    note("exit")
    sys.stdout.flush()
    os._exit(3 if broken.startswith("ends:") else 0)


main()
