#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load tool of the end-to-end tests: closed-loop HTTP clients that account for every single request.

    load.py [--clients 8] [--seconds S | until standard input ends] [--pause MS] [--timeout S] [--fastcgi SCRIPT] ADDRESS

ADDRESS is HOST:PORT, [V6]:PORT, a path, or @NAME for an abstract UNIX socket. Odd clients open a
connection for each request, even ones keep theirs. With --fastcgi the requests are FastCGI's, for that
script, each on a connection of its own (a process that serves it can serve no other). One thread, one selector: the generator is
bounded by its own pauses, not by the machine, so that workers have room to start.

Each request ends in exactly one of these, and the sum is checked:

    answered    a whole answer with status 200
    refused     the connection was not accepted (ECONNREFUSED; on a UNIX socket ENOENT and EAGAIN too)
    reset       ECONNRESET or EPIPE
    lost        the connection ended before the answer did
    timed_out   no whole answer within --timeout
    bad_status  an answer, but not a good one

Counted apart: `resent`, a request that met a kept connection which the server was closing, before
any byte of an answer. RFC 9112 9.3.1 lets a client send it again, and so does this one, on a new
connection. A server that drains well causes none.

The last line on standard output is JSON, the one before it is for people; on standard error goes
`running` once every client has had an answer. Status: 0 nothing was lost, 1 something was, 2 usage,
3 the sum is wrong (a bug of this tool).
"""

import array
import errno
import json
import random
import selectors
import socket
import struct
import sys
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: e2e\r\n%s\r\n"
FAILURES = ("refused", "reset", "lost", "timed_out", "bad_status")


def parse_address(text):
    if text.startswith("@"):
        return socket.AF_UNIX, "\0" + text[1:]
    if "/" in text:
        return socket.AF_UNIX, text
    host, port = text.rsplit(":", 1)
    if host.startswith("["):
        return socket.AF_INET6, (host[1:-1], int(port))
    return socket.AF_INET, (host, int(port))


def fastcgi_request(script):
    """A whole GET as a FastCGI client without FCGI_KEEP_CONN writes it."""
    variables = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script, "SERVER_PROTOCOL": "HTTP/1.1"}
    pairs = b"".join(
        struct.pack("!BB", len(name), len(value)) + (name + value).encode() for name, value in variables.items()
    )
    records = ((1, struct.pack("!HB5x", 1, 0)), (4, pairs), (4, b""), (5, b""))
    return b"".join(struct.pack("!BBHHBx", 1, kind, 1, len(text), 0) + text for kind, text in records)


def fastcgi_answer(received):
    """What the script has written, or None before the record that ends the request."""
    text, at = b"", 0
    while len(received) - at >= 8:
        _, kind, _, size, padding = struct.unpack_from("!BBHHB", received, at)
        if len(received) - at < 8 + size + padding:
            return None
        if kind == 6:
            text += received[at + 8 : at + 8 + size]
        if kind == 3:
            return text
        at += 8 + size + padding
    return None


class Counts:
    def __init__(self):
        self.sent = self.answered = self.resent = self.connections = 0
        self.failures = dict.fromkeys(FAILURES, 0)
        self.latencies = array.array("d")
        self.versions = {}
        self.pids = set()
        self.first_failures = []
        self.longest_at = 0.0

    def failed(self, kind, why, began, now):
        self.failures[kind] += 1
        if len(self.first_failures) < 2000:
            self.first_failures.append({"began": round(began, 6), "at": round(now, 6), "kind": kind, "why": why})


class Client:
    """One client: at any moment waiting for its pause to end, connecting, or waiting for an answer."""

    def __init__(self, load, number):
        self.load = load
        self.number = number
        self.keep = number % 2 == 0 and not load.fastcgi
        self.socket = None
        self.events = 0
        self.connected = False
        self.reused = False
        self.busy = False
        self.received = b""
        self.to_send = b""
        self.began = self.deadline = 0.0
        self.next_at = 0.0
        self.served = 0

    # Sockets

    def watch(self, events):
        if events == self.events:
            return
        if not self.events:
            self.load.selector.register(self.socket, events, self)
        elif not events:
            self.load.selector.unregister(self.socket)
        else:
            self.load.selector.modify(self.socket, events, self)
        self.events = events

    def drop(self):
        if self.socket is not None:
            self.watch(0)
            self.socket.close()
            self.socket = None
        self.connected = False

    # A request

    def begin(self, now):
        self.busy = True
        self.began = now
        self.deadline = now + self.load.timeout
        self.load.counts.sent += 1
        self.reused = self.socket is not None
        self.attempt()

    def attempt(self):
        self.received = b""
        self.to_send = self.load.fastcgi or REQUEST % (b"" if self.keep else b"Connection: close\r\n")
        if self.socket is not None:
            self.send()
            return
        self.load.counts.connections += 1
        self.socket = socket.socket(self.load.family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        problem = self.socket.connect_ex(self.load.address)
        if problem in (0, errno.EINPROGRESS):
            self.watch(selectors.EVENT_WRITE)
        else:
            self.connect_failed(problem)

    def connect_failed(self, problem):
        kind = "refused"
        if problem in (errno.ECONNRESET, errno.EPIPE):
            kind = "reset"
        elif problem not in (errno.ECONNREFUSED, errno.ENOENT, errno.EAGAIN):
            kind = "lost"
        self.fail(kind, "connect: " + errno.errorcode.get(problem, str(problem)))

    def ready(self):
        if not self.busy:
            self.idle_end()
        elif not self.connected:
            problem = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem:
                self.connect_failed(problem)
            else:
                self.connected = True
                self.send()
        elif self.to_send:
            self.send()
        else:
            self.receive()

    def idle_end(self):
        # The server ended a kept connection while nothing was asked of it: nobody has lost anything yet.
        try:
            unexpected = self.socket.recv(1)
        except OSError:
            unexpected = b""
        if unexpected:
            self.load.counts.failed("bad_status", "bytes that nobody asked for", self.began, time.monotonic())
        self.drop()
        self.load.counts.resent += 1

    def send(self):
        try:
            sent = self.socket.send(self.to_send)
        except BlockingIOError:
            sent = 0
        except OSError as problem:
            self.broken("reset", "send: " + errno.errorcode.get(problem.errno, str(problem)))
            return
        self.to_send = self.to_send[sent:]
        self.watch(selectors.EVENT_WRITE if self.to_send else selectors.EVENT_READ)

    def receive(self):
        try:
            received = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as problem:
            self.broken("reset", "receive: " + errno.errorcode.get(problem.errno, str(problem)))
            return
        if not received:
            self.broken("lost", "end of the connection after %d bytes of an answer" % len(self.received))
            return
        self.received += received
        self.whole()

    def whole(self):
        if self.load.fastcgi:
            text = fastcgi_answer(self.received)
            if text is not None:
                head, _, body = text.partition(b"\r\n\r\n")
                found = b"\nstatus:" not in b"\n" + head.lower()
                self.answered(b"HTTP/1.0 200 OK" if found else head, {}, body)
            return
        head, blank, rest = self.received.partition(b"\r\n\r\n")
        if not blank:
            return
        lines = head.split(b"\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip()
        if b"content-length" in fields:
            size = int(fields[b"content-length"])
            if len(rest) < size:
                return
            body = rest[:size]
        elif fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            if not rest.endswith(b"0\r\n\r\n"):
                return
            body = rest
        else:
            self.fail("bad_status", "neither a length nor chunks: %r" % head[:80])
            return
        self.answered(lines[0], fields, body)

    def answered(self, status, fields, body):
        now = time.monotonic()
        if b" 200 " not in status + b" ":
            self.fail("bad_status", status.decode("latin-1"))
            return
        counts = self.load.counts
        counts.answered += 1
        self.served += 1
        latency = now - self.began
        if not counts.latencies or latency > counts.longest_at:
            counts.longest_at = latency
        counts.latencies.append(latency)
        self.seen(body, now)
        said = fields.get(b"connection", b"").lower()
        if not self.keep or said == b"close" or (status.startswith(b"HTTP/1.0") and said != b"keep-alive"):
            self.drop()
        self.pause(now)

    def seen(self, body, now):
        words = dict(word.split("=", 1) for word in body.decode("latin-1").split() if "=" in word)
        version = words.get("version")
        if version is not None:
            entry = self.load.counts.versions.setdefault(version, {"count": 0, "first": now, "last": now})
            entry["count"] += 1
            entry["last"] = now
        if "pid" in words:
            self.load.counts.pids.add(words["pid"])

    def broken(self, kind, why):
        if self.reused and not self.received:
            self.load.counts.resent += 1
            self.reused = False
            self.drop()
            self.attempt()
            return
        self.fail(kind, why)

    def fail(self, kind, why):
        now = time.monotonic()
        self.load.counts.failed(kind, why, self.began, now)
        self.drop()
        self.pause(now)

    def pause(self, now):
        self.busy = False
        self.next_at = now + self.load.pause * self.load.random.uniform(0.5, 1.5)


class Load:
    def __init__(self, address, clients=8, pause=0.004, timeout=30.0, seed=1, fastcgi=None):
        self.fastcgi = fastcgi_request(fastcgi) if fastcgi else None
        self.family, self.address = parse_address(address)
        self.pause = pause
        self.timeout = timeout
        self.random = random.Random(seed)
        self.counts = Counts()
        self.selector = selectors.DefaultSelector()
        self.clients = [Client(self, number) for number in range(clients)]

    def run(self, until):
        """Runs until `until(now)` says so, then lets each request in progress come to its end."""
        announced = False
        start = time.monotonic()
        while True:
            now = time.monotonic()
            ending = until(now)
            soonest = now + 0.05
            active = 0
            for client in self.clients:
                if client.busy:
                    active += 1
                    if now >= client.deadline:
                        client.fail("timed_out", "no whole answer within %g s" % self.timeout)
                elif not ending:
                    if now >= client.next_at:
                        client.begin(now)
                    else:
                        soonest = min(soonest, client.next_at)
            if ending and not active:
                break
            for key, _ in self.selector.select(max(0.0, soonest - time.monotonic())):
                if isinstance(key.data, Client):
                    key.data.ready()
                else:
                    key.data()
            if not announced and all(client.served for client in self.clients):
                announced = True
                print("running", file=sys.stderr, flush=True)
        for client in self.clients:
            client.drop()
        return self.result(time.monotonic() - start)

    def result(self, seconds):
        counts = self.counts
        ordered = sorted(counts.latencies)
        result = {"seconds": round(seconds, 3), "sent": counts.sent, "answered": counts.answered}
        result.update(counts.failures)
        result.update(
            resent=counts.resent,
            connections=counts.connections,
            median_ms=round(1000 * ordered[len(ordered) // 2], 3) if ordered else None,
            longest_ms=round(1000 * ordered[-1], 3) if ordered else None,
            workers_seen=len(counts.pids),
            versions=counts.versions,
            first_failures=counts.first_failures,
        )
        return result


def summary(result):
    parts = ["%d sent" % result["sent"], "%d answered" % result["answered"]]
    parts += ["%d %s" % (result[kind], kind.replace("_", " ")) for kind in FAILURES + ("resent",)]
    if result["answered"]:
        parts.append("median %.1f ms, longest %.1f ms" % (result["median_ms"], result["longest_ms"]))
    parts.append("%d workers, %d versions, %.1f s" % (result["workers_seen"], len(result["versions"]), result["seconds"]))
    return ", ".join(parts)


def accounted(result):
    return result["sent"] == result["answered"] + sum(result[kind] for kind in FAILURES)


def main(arguments):
    import argparse

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, help="default: until standard input ends")
    parser.add_argument("--pause", type=float, default=4.0, help="mean pause of a client between requests, ms")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fastcgi", metavar="SCRIPT", help="the path of a script at the server")
    asked = parser.parse_args(arguments)
    load = Load(asked.address, asked.clients, asked.pause / 1000, asked.timeout, asked.seed, asked.fastcgi)
    if asked.seconds is not None:
        end = time.monotonic() + asked.seconds
        result = load.run(lambda now: now >= end)
    else:
        ended = []

        def on_input():
            if not sys.stdin.buffer.raw.read(4096):
                ended.append(True)
                load.selector.unregister(sys.stdin)

        load.selector.register(sys.stdin, selectors.EVENT_READ, on_input)
        result = load.run(lambda now: bool(ended))
    print(summary(result))
    print(json.dumps(result))
    if not accounted(result):
        return 3
    return 1 if any(result[kind] for kind in FAILURES) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
