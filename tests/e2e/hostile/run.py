# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile clients of every door: the programs serve on, status answers all the while, and nothing is left of it."""

import os
import re
import socket
import struct
import threading
import time

from lab import BIN, check, environment_of, nothing_lost, read, same, wait_for

ROUNDS = int(os.environ.get("E2E_ROUNDS", "2"))
STATUS = b'{"id":1,"command":"status"}\n'


def run(lab):
    if os.geteuid() == 0:
        astray(lab)
    else:
        lab.say("not root; who could lead it astray is not looked at")
    lab.config()
    manager = lab.start()
    manager.wait_until_up("healthy", 2)
    load = lab.load()
    fds = status_and_measure(manager)["fds"]
    measured = []
    for _ in range(ROUNDS):
        everything(lab, manager)
        measured.append(settle(manager, fds))
        lab.say("%(fds)d descriptors, %(threads)d threads, %(pss)d KiB of its own" % measured[-1])
    # The first rounds load classes, compile code and let the heap grow, to 32 MiB at most: beyond that it is a leak.
    before, after = measured[-2:]
    check(after["fds"] <= fds, lambda: "descriptors of the manager: %d, before %d" % (after["fds"], fds))
    same(after["threads"], before["threads"], "threads of the manager")
    check(after["pss"] < 64 * 1024, lambda: "memory grew from %d to %d KiB" % (before["pss"], after["pss"]))
    log = manager.stderr()
    lab.say("log: %d bytes" % len(log))
    check(len(log) < 500_000, lambda: "hostile clients filled the log: %d bytes" % len(log))
    nothing_lost(load.finish())


USER = 61234


def astray(lab):
    """A program's user puts links where root's manager goes: it neither writes nor reads what that user could not."""
    home, etc, state = lab.path("home"), lab.path("etc"), lab.path("state")
    for folder in (home, home + "/mine", etc, state):
        os.mkdir(folder)
        os.chmod(folder, 0o755)
    lab.write("etc/secret", "not a variable of yours\n")
    os.chmod(etc + "/secret", 0o600)
    for name, target in (("log", etc), ("env", etc + "/secret"), ("pid", etc + "/secret")):
        os.symlink(target, os.path.join(home, name))
    for folder, _, names in os.walk(home):
        for name in [folder] + [os.path.join(folder, name) for name in names]:
            os.lchown(name, USER, USER)
    done = lab.command(BIN, "check", lab.config("leak.yaml"))
    check(done.code != 0 and "not a variable" not in done.text and "symbolic link" in done.text, str(done))
    manager = lab.start(lab.config("astray.yaml"), arguments=("-e", home + "/pid"))
    wait_for(lambda: "said" in read(home + "/plain.log"), "the log in the user's directory is written")
    wait_for(lambda: "evil" in read(home + "/mine/kept"), "the kept log in the user's directory is written")
    as_user(lambda: (os.rename(home + "/mine", home + "/was"), os.symlink(etc, home + "/mine")))
    wait_for(lambda: "symbolic link of uid %d" % USER in manager.stderr(), "the log says who made the link")
    wait_for(lambda: manager.status()["linked"]["state"] != "running", "what has no log does not run")
    same(os.listdir(etc), ["secret"], "files where the links lead")
    same(read(etc + "/secret"), "not a variable of yours\n", "the secret")
    same(read(home + "/pid"), "%d\n" % manager.pid, "the pid file")
    for name in os.listdir(state):
        same(os.stat(os.path.join(state, name)).st_mode & 0o077, 0, "who else may read " + name)
    check(not os.path.exists("/tmp/.java_pid%d" % manager.pid), "the JVM left something in /tmp")
    for host, status in (("evil.example", b"421"), (os.uname().nodename, b"200"), ("shop.example:1", b"200")):
        with socket.create_connection(("127.0.0.1", lab.port("pages")), 5) as client:
            client.sendall(b"GET /status.json HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
            same(client.recv(4096).split()[1], status, "status for " + host)
    manager.stop(within=20)


def as_user(act):
    """Does it in a process of that user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgid(USER)
            os.setgroups([])
            os.setuid(USER)
            act()
            os._exit(0)
        finally:
            os._exit(1)
    same(os.waitpid(child, 0)[1], 0, "what the user does")


def everything(lab, manager):
    worker = environment_of(manager.workers("rude")[0].pid)
    ack, notify = worker["EINHORN_SOCK_PATH"], worker["NOTIFY_SOCKET"]
    longest = 0.0
    for attack in (
        lambda: crowd(manager.socket, 600, b""),
        lambda: crowd(manager.socket, 600, b'{"id":1,"comm'),
        lambda: crowd(manager.socket, 300, b"x" * 60_000),
        lambda: crowd(manager.socket, 200, b'{"id":1,"command":"events"}\n'),
        lambda: crowd(manager.socket, 20, STATUS * 3000),
        lambda: crowd(manager.socket, 5, b"\n" * 500_000),
        lambda: endless(manager.socket, 100_000_000),
        lambda: half_and_gone(manager.socket, 300),
        lambda: crowd(ack, 600, b'{"command":"worker:'),
        lambda: crowd(ack, 50, b"\n" * 100_000),
        lambda: crowd(ack, 50, b'{"command":"worker:ack","pid":1}\n' * 1000),
        lambda: endless(ack, 20_000_000),
        lambda: flood(notify, b"STATUS=" + b"\x1b]0;x\x07" * 200, 20_000),
        lambda: flood(notify, b"EXTEND_TIMEOUT_USEC=99999999999999999999\nWATCHDOG=1", 5_000),
        lambda: flood(notify, b"x" * 8192, 5_000),
        lambda: hung_probe(lab, manager),
    ):
        longest = max(longest, under(manager, attack))
    doors = (manager.socket, ack, lab.path("http.sock"))
    for path, kind in [(door, socket.SOCK_STREAM) for door in doors] + [(notify, socket.SOCK_DGRAM)]:
        took = under(manager, lambda: lingering(path, kind))
        check(took < 5, lambda: "who passed a descriptor that lingers held the manager up for %.1f s" % took)
    same(manager.status()["healthy"]["state"], "running", "state of the healthy program")
    same(manager.status()["rude"]["workers"][0]["state"], "starting", "state of the worker that strangers spoke for")
    lab.say("slowest status during an attack: %.0f ms" % (longest * 1000))


def under(manager, attack):
    """Runs the attack in a thread; status must answer all the while. Returns the slowest answer's time."""
    failures = []

    def guarded():
        try:
            attack()
        except Exception as problem:  # shown below, by who can end the scenario
            failures.append(problem)

    thread = threading.Thread(target=guarded)
    thread.start()
    longest, again = 0.0, True
    while again:
        again = thread.is_alive()
        longest = max(longest, status(manager.socket))
        time.sleep(0.02)
    thread.join()
    check(not failures, lambda: "the attack itself failed: %r" % failures)
    return longest


def connect(path):
    """Waits for room in the accept queue, as who connects mostly does (but no longer than 5 s)."""
    client = socket.socket(socket.AF_UNIX)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
    client.connect(path)
    client.settimeout(30)
    return client


def status(path):
    """As long as it takes: who has said nothing yet may have to make room for a crowd of its own user, and asks again."""
    began = time.monotonic()
    received = b""
    while not received and time.monotonic() < began + 5:
        received = asked(path)
    check(b'"code":0' in received, lambda: "status: %r" % received[:200])
    return time.monotonic() - began


def asked(path):
    with connect(path) as client:
        received = b""
        try:
            client.sendall(STATUS)
            while not received.endswith(b"\n"):
                some = client.recv(65536)
                check(some or not received, lambda: "status was not answered to its end: %r" % received)
                if not some:
                    break
                received += some
        except (BrokenPipeError, ConnectionResetError):
            check(not received, lambda: "status was cut: %r" % received)
        return received


def crowd(path, count, words):
    """So many clients that write, never read, and stay for a moment."""
    clients = []
    try:
        for _ in range(count):
            client = connect(path)
            clients.append(client)
            client.setblocking(False)
            push(client, words)
        time.sleep(0.1)
    finally:
        for client in clients:
            client.close()


def push(client, words):
    """Writes as much as the other side takes within a moment."""
    end = time.monotonic() + 0.05
    while words and time.monotonic() < end:
        try:
            words = words[client.send(words) :]
        except BlockingIOError:
            time.sleep(0.002)
        except (BrokenPipeError, ConnectionResetError):
            return


def endless(path, count):
    """One line of so many bytes, and then the end."""
    with connect(path) as client:
        chunk = b"a" * (1 << 20)
        try:
            for _ in range(count >> 20):
                client.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # hung up on: just as well


def half_and_gone(path, count):
    for number in range(count):
        with connect(path) as client:
            client.sendall(STATUS[: number % len(STATUS)])


def flood(path, text, count):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        for _ in range(count):
            client.sendto(text, path)


def lingering(path, kind):
    """Passes the last descriptor of a connection that waits for 4 s when it is closed, since nobody reads what it sends."""
    with socket.socket() as listener, socket.socket(socket.AF_UNIX, kind) as line:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        mine = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 4))
        mine.setblocking(False)
        push(mine, b"x" * 10_000_000)
        with theirs, mine:
            line.connect(path)
            try:
                socket.send_fds(line, [b"STATUS=passed\n"], [mine.fileno()])
            except (PermissionError, BrokenPipeError):
                return  # refused: just as well
            mine.close()
            time.sleep(1.5)


def hung_probe(lab, manager):
    """What a probe asks accepts and says nothing: neither does the manager wait, nor does it ask twice at once."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", lab.port("mute")))
        server.listen(50)
        server.settimeout(30)
        client, _ = server.accept()
        with client:
            server.settimeout(0.5)
            try:
                server.accept()
                check(False, "a second probe while the first has no answer")
            except TimeoutError:
                pass


def measure(manager):
    text = read("/proc/%d/status" % manager.pid)
    # its own alone: what it shares with other managers is divided among as many as there are at the moment
    pss = re.search(r"^Pss_Anon: +(\d+)", read("/proc/%d/smaps_rollup" % manager.pid), re.MULTILINE)
    return {
        "fds": len(os.listdir("/proc/%d/fd" % manager.pid)),
        "threads": int(re.search(r"^Threads:\s+(\d+)", text, re.MULTILINE).group(1)),
        "pss": int(pss.group(1)),
    }


def status_and_measure(manager):
    """When all is loaded that a first client makes the manager load; the probe of `mute` has no descriptor most of the time."""
    status(manager.socket)
    return min((measure(manager) for _ in range(20)), key=lambda found: found["fds"])


def settle(manager, fds):
    """Measures when the last clients' ends have been seen."""
    wait_for(lambda: measure(manager)["fds"] <= fds, "the descriptors of clients that have gone are closed")
    return measure(manager)
