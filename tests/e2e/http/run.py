# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics and the status page: what they say is true, over re-exec and recovery; who asks slowly, without end or for nonsense
costs the manager nothing; a change of the address is part of the reload."""

import json
import os
import re
import signal
import socket
import threading
import time

from lab import FAILED, check, read, same, wait_for

NEEDS = {"curl": "curl", "promtool": "prometheus"}

MOST_CLIENTS = 64


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("crowd", 30)
    pages(lab, manager)
    counts(lab, manager)
    readiness(lab, manager)
    hostile(lab, manager)
    reexec(lab, manager)
    manager = recovery(lab, manager)
    addresses(lab, manager)


# asking


def connect(lab, name="pages"):
    client = socket.create_connection(("127.0.0.1", lab.port(name)), 10)
    client.settimeout(30)
    return client


def rest(client):
    received = b""
    while True:
        some = client.recv(65536)
        if not some:
            return received
        received += some


def ask(lab, path, method="GET", headers="", name="pages"):
    """Status, head and body of one request."""
    with connect(lab, name) as client:
        client.sendall(("%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (method, path, headers)).encode())
        head, _, body = rest(client).partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body.decode()


def metrics(lab, name="pages"):
    status, _, body = ask(lab, "/metrics", name=name)
    same(status, 200, "status of /metrics")
    found = {}
    for line in body.splitlines():
        if not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            check(series not in found, "%s is there twice" % series)
            found[series] = float(value)
    return found


def exits(lab, cause, how, program="web"):
    return metrics(lab).get('einhyrningsins_worker_exits_total{cause="%s",exit="%s",program="%s"}' % (cause, how, program), 0)


def of_web(lab, name, more=""):
    return metrics(lab)['einhyrningsins_%s{program="web"%s}' % (name, more)]


# what is said


def pages(lab, manager):
    same(ask(lab, "/healthz")[0], 200, "status of /healthz")
    status, head, body = ask(lab, "/")
    check(status == 200 and "text/html" in head and "30 of 30" in body, head + body)
    for forbidden in ("<script", "http://", "https://", "src="):
        check(forbidden not in body, "%s is in the status page" % forbidden)
    told = json.loads(ask(lab, "/status.json")[2])
    asked = manager.ctl("status", "--json").json()
    same(sorted(told), sorted(asked), "keys of the JSON")
    same(
        [(p["name"], p["state"], [w["pid"] for w in p["workers"]]) for p in told["data"]["programs"]],
        [(p["name"], p["state"], [w["pid"] for w in p["workers"]]) for p in asked["data"]["programs"]],
        "programs in the JSON",
    )
    same(ask(lab, "/", method="HEAD")[2], "", "body of a HEAD")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        status, head, _ = ask(lab, "/metrics", method=method, headers="Content-Length: 0\r\n")
        check(status == 405 and "Allow: GET, HEAD" in head, head)
    for path in ("/x", "/../etc/passwd", "//", "/metrics/", "*"):
        same(ask(lab, path)[0], 404, "status of %s" % path)
    well_formed(lab)


def well_formed(lab):
    text = lab.command("curl", "-fsS", "http://127.0.0.1:%d/metrics" % lab.port("pages"))
    same(text.code, 0, "curl: %s" % text)
    checked = lab.command("promtool", "check", "metrics", stdin=text.out)
    check(checked.code == 0 and not checked.text.strip(), lambda: str(checked))
    open_metrics = lab.command(
        "curl", "-fsS", "-H", "Accept: application/openmetrics-text", "http://127.0.0.1:%d/metrics" % lab.port("pages")
    )
    check(open_metrics.out.endswith("# EOF\n"), "this is not OpenMetrics: %s" % open_metrics.out[-200:])


def counts(lab, manager):
    """Each thing once, and as the kernel knows it."""
    same(of_web(lab, "worker_starts_total"), 2, "starts")
    same(of_web(lab, "worker_ack_seconds_count"), 2, "acks")
    manager.ctl("status")
    worker = manager.workers("web")[0]
    lab.kill(worker)
    wait_for(lambda: of_web(lab, "worker_ack_seconds_count") == 3, "the third ack is counted")
    same(exits(lab, "own", "SIGKILL"), 1, "deaths by SIGKILL")
    same(of_web(lab, "worker_starts_total"), 3, "starts after a death")
    same(of_web(lab, "slot_restarts_total", ',slot="%d"' % worker.slot), 1, "restarts of the slot")
    manager.ctl("upgrade", "web")
    same(of_web(lab, "rollout_duration_seconds_count", ',result="succeeded"'), 1, "rollouts")
    same(of_web(lab, "program_generation"), 2, "generation")
    wait_for(lambda: exits(lab, "retired", "success") + exits(lab, "retired", "SIGTERM") == 2, "two workers retired")
    now = metrics(lab)
    for worker in manager.workers("web"):
        resident = int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % worker.pid).read()).group(1)) * 1024
        told = now['einhyrningsins_worker_resident_memory_bytes{program="web",slot="%d"}' % worker.slot]
        check(abs(told - resident) < 0.2 * resident, "resident memory: %d told, %d by the kernel" % (told, resident))
    check(0 < now["process_open_fds"] - len(os.listdir("/proc/%d/fd" % manager.pid)) + 10 < 20, "open descriptors are wrong")


def readiness(lab, manager):
    same(ask(lab, "/readyz")[0], 200, "readiness")
    manager.ctl("stop", "crowd")
    same(ask(lab, "/readyz")[0], 200, "readiness when a program is stopped on purpose")
    manager.ctl("start", "crowd")
    with open(lab.path("services.yaml"), "a") as file:
        file.write("  broken: { command: ['false'], workers: 1 }\n")
    manager.ctl("reload", code=None)
    status, _, body = ask(lab, "/readyz")
    check(status == 503 and "broken is " in body and "web" not in body, body)
    wait_for(lambda: metrics(lab)['einhyrningsins_worker_failed_starts_total{program="broken"}'] >= 2, "failed starts are counted")
    check(ask(lab, "/healthz")[0] == 200, "health is not readiness")
    lab.config()
    manager.ctl("reload")
    wait_for(lambda: ask(lab, "/readyz")[0] == 200, "ready again")
    check("broken" not in ask(lab, "/metrics")[2], "a program that is gone has metrics")


# who means harm


def hostile(lab, manager):
    threads = len(os.listdir("/proc/%d/task" % manager.pid))
    files = len(os.listdir("/proc/%d/fd" % manager.pid))
    silent = [connect(lab) for _ in range(1000)]
    prompt(lab, manager, "1,000 silent connections")
    check(len(os.listdir("/proc/%d/fd" % manager.pid)) <= files + MOST_CLIENTS + 2, "the manager holds all that connect")
    slow(lab, manager)
    huge(lab)
    deaf = [connect(lab) for _ in range(60)]
    for client in deaf:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    prompt(lab, manager, "60 clients that do not read")
    flood(lab, manager)
    for client in silent + deaf:
        client.close()
    nonsense(lab)
    wait_for(lambda: len(os.listdir("/proc/%d/fd" % manager.pid)) <= files, "all connections are gone")
    wait_for(lambda: len(os.listdir("/proc/%d/task" % manager.pid)) <= threads, "the thread that made pages is gone")


def prompt(lab, manager, among):
    """A scrape is answered among them, and the manager does its work."""
    began = time.monotonic()
    metrics(lab)
    scraped = time.monotonic()
    worker = manager.workers("web")[0]
    lab.kill(worker)
    wait_for(lambda: worker.pid not in manager.pids_of("web"), "a death is seen among " + among)
    lab.say("among %s: a scrape %.0f ms, a death %.0f ms" % (among, (scraped - began) * 1e3, (time.monotonic() - scraped) * 1e3))
    manager.wait_until_up("web", 2)


def slow(lab, manager):
    """A byte a second is not enough: the head has to be there after five."""
    with connect(lab) as client:
        began = time.monotonic()
        client.settimeout(1)
        answer = b""
        for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n":
            try:
                client.sendall(bytes([byte]))
                answer = client.recv(65536)
                break
            except socket.timeout:
                pass
    check(b" 408 " in answer and 4 < time.monotonic() - began < 30, "after %.1f s: %r" % (time.monotonic() - began, answer[:100]))


def huge(lab):
    """It is answered, and the answer arrives although a megabyte is unread."""
    with connect(lab) as client:
        try:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000)
        except OSError:
            pass  # it may be closed before all is written
        try:
            answer = rest(client)
        except OSError:
            answer = b" 431 "
    check(b" 431 " in answer[:40], answer[:100])


def flood(lab, manager):
    """Who asks without end slows down himself."""
    over = threading.Event()

    def ask_on():
        while not over.is_set():
            try:
                ask(lab, "/metrics")
            except (OSError, IndexError):
                pass

    threads = [threading.Thread(target=ask_on, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    prompt(lab, manager, "8 clients that ask without end")
    over.set()
    for thread in threads:
        thread.join(30)


def nonsense(lab):
    for text in (b"\0" * 100 + b"\n\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"a b\r\n\r\n"):
        with connect(lab) as client:
            client.sendall(text)
            status = rest(client).split()[1]
        check(status in (b"400", b"505"), "%r got %r" % (text[:20], status))
    same(ask(lab, "/healthz")[0], 200, "health after nonsense")


# one manager after another


def listeners(pid, port):
    wanted = ":%04X" % port
    return [line.split()[9] for line in open("/proc/%d/net/tcp" % pid) if line.split()[1].endswith(wanted) and line.split()[3] == "0A"]


def reexec(lab, manager):
    all_ready(manager)
    before = metrics(lab)
    inode = listeners(manager.pid, lab.port("pages"))
    refused = []
    over = threading.Event()

    def knock():
        while not over.is_set():
            try:
                connect(lab).close()
            except ConnectionRefusedError as e:
                refused.append(e)
            except TimeoutError:
                pass  # the queue was full: who knocks without pause fills it while one manager follows the other

    knocking = threading.Thread(target=knock, daemon=True)
    knocking.start()
    manager.ctl("reexec")
    over.set()
    knocking.join(10)
    same(refused, [], "refused connections")
    same(listeners(manager.pid, lab.port("pages")), inode, "inode of the listener")
    after = metrics(lab)
    same(after["einhyrningsins_reexecs_total"], 1, "re-execs")
    same_counts(before, after)


def all_ready(manager):
    """No start or ack is under way that would be counted a moment later."""

    def whole(program):
        return program["ready"] == program["wanted"] == len(program["workers"])

    wait_for(lambda: all(whole(each) for each in manager.status().values()), "all workers are ready")


def same_counts(before, after):
    for name in before:
        if re.match("einhyrningsins_worker_(starts|exits|failed|ack|slot)|einhyrningsins_rollout", name):
            same(after[name], before[name], name)


def written(manager, program):
    return json.loads(read(manager.socket + ".state/program-%s.json" % program))["body"]["counters"]


def recovery(lab, manager):
    all_ready(manager)
    before = metrics(lab)
    for program in ("web", "crowd"):
        starts = before['einhyrningsins_worker_starts_total{program="%s"}' % program]
        wait_for(lambda: written(manager, program)["starts"] == starts, "the counts of %s are written down" % program)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    after = metrics(lab)
    same((after["einhyrningsins_recoveries_total"], after["einhyrningsins_reexecs_total"]), (1, 1), "recoveries and re-execs")
    same_counts(before, after)
    return manager


# other addresses


def addresses(lab, manager):
    taken = socket.create_server(("127.0.0.1", lab.port("taken")))
    lab.edit("services.yaml", ":%d\" }" % lab.port("pages"), ":%d\" }" % lab.port("taken"))
    result = manager.ctl("reload", code=FAILED)
    check("cannot bind http to 127.0.0.1:%d" % lab.port("taken") in result.text and "nothing was changed" in result.text, str(result))
    same(ask(lab, "/healthz")[0], 200, "health at the old address")
    taken.close()
    manager.ctl("reload")
    same(ask(lab, "/healthz", name="taken")[0], 200, "health at the new address")
    same(listeners(manager.pid, lab.port("pages")), [], "the old listener")
    lab.edit("services.yaml", "\"127.0.0.1:%d\" }" % lab.port("taken"), '{ unix: "%s", mode: "0600" } }' % lab.path("http.sock"))
    manager.ctl("reload")
    same(os.stat(lab.path("http.sock")).st_mode & 0o777, 0o600, "mode of the socket")
    result = lab.command("curl", "-fsS", "--unix-socket", lab.path("http.sock"), "http://localhost/readyz")
    same(result.code, 0, "curl: %s" % result)
    lab.edit("services.yaml", 'mode: "0600"', 'mode: "0660"')
    manager.ctl("reload")
    same(os.stat(lab.path("http.sock")).st_mode & 0o777, 0o660, "mode of the socket after a reload")
    os.unlink(lab.path("http.sock"))
    # the file is there a moment before it has its mode, and has that before anybody can connect
    wait_for(lambda: lab.command("curl", "-fsS", "--unix-socket", lab.path("http.sock"), "http://localhost/readyz").code == 0, "the socket is there again")
    same(os.stat(lab.path("http.sock")).st_mode & 0o777, 0o660, "mode of the socket that was made again")
    text = re.sub("(?m)^http:.*\n", "", open(lab.path("services.yaml")).read())
    lab.write("services.yaml", text)
    manager.ctl("reload")
    check(not os.path.exists(lab.path("http.sock")), "the socket is left behind")
