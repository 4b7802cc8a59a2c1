# SPDX-License-Identifier: GPL-3.0-or-later
"""wait answers when it is so, at once if it is so already, or fails as soon as it cannot be; a re-exec loses nobody who waits. status says
with its exit status whether all is as wanted, and whether the file was changed."""

import json
import socket

from lab import FAILED, TIMED_OUT, USAGE, check, same, wait_for


def run(lab):
    config = lab.config()
    manager = lab.start(config)
    manager.ctl("wait", "web", "--timeout", "60s")
    same(manager.ctl("wait", "--for", "rolled", "web").text.strip(), "web: generation 1 serves", "words of rolled")
    same(manager.ctl("wait", "--for", "done", "web", code=FAILED).text.strip(), "web: not done: it does not end by itself, as restart: always has it", "words")
    manager.ctl("wait", "--for", "done", "bad", code=FAILED)
    manager.ctl("wait", "--for", "stopped", "web", "--timeout", "300ms", code=TIMED_OUT)
    manager.ctl("wait", "--for", "stopped", "web", "--no-wait", code=FAILED)
    manager.ctl("wait", "nobody", code=USAGE)
    manager.ctl("wait", "--for", "rain", "web", code=USAGE)
    check("later" in manager.ctl("wait", "--for", "ready", "later", "--no-wait", code=FAILED).text, "later waits for the job")
    # several at once, over a re-exec, and one that goes away
    waiting = ask(manager, {"id": 7, "command": "wait", "args": ["--for", "done", "job"]})
    gone = ask(manager, {"id": 8, "command": "wait", "args": ["--for", "done", "job"]})
    both = ask(manager, {"id": 9, "command": "wait", "args": ["--for", "ready", "later", "web"]})
    gone.close()
    same(manager.ctl("status", "--exit-code", code=FAILED).code, FAILED, "a job that failed, a program that waits")
    manager.ctl("reexec")
    lab.write("go", "")
    same(answer(waiting), {"request_id": 7, "message": "job: done", "code": 0}, "answer after the re-exec")
    same(answer(both)["code"], 0, "answer on two programs")
    manager.ctl("stop", "bad")
    manager.ctl("status", "--exit-code", "web", "job", "later")
    file_on_disk(lab, manager, config)
    show(lab, manager)
    manager.stop("TERM")


def file_on_disk(lab, manager, config):
    head = manager.ctl("status").text.splitlines()[0]
    check(" on %s, up since 20" % socket.gethostname() in head and head.endswith(config), head)
    check("was changed" not in manager.ctl("status").text, "nothing was changed")
    lab.edit("services.yaml", "retries: 1", "retries: 2")
    check("was changed since it was read" in manager.ctl("status").text, "status does not tell of the change")
    manager.ctl("reexec")
    check("was changed since it was read" in manager.ctl("status").text, "the next manager does not tell of the change")
    manager.ctl("reload", "web")
    check("was changed" not in manager.ctl("status").text, "all changes were those of web, which was reloaded")
    lab.edit("services.yaml", "boot=0.3", "broken=exit")
    manager.ctl("reload", code=FAILED)
    manager.ctl("wait", "--for", "rolled", "web", code=FAILED)
    same(manager.ctl("status", "--exit-code", "web", code=FAILED).code, FAILED, "the version that the file wants does not run")


def show(lab, manager):
    def shown_now():
        return json.loads(manager.ctl("show", "--json", "web").out)["data"]["programs"][0]

    shown = wait_for(lambda: [each for each in [shown_now()] if "processes" in each], "/proc is read in time")[0]
    check(shown["command"][0] == "python3" and shown["directory"] == lab.path("").rstrip("/"), shown)
    check(shown["processes"] >= 1 and shown["memory_bytes"] > 1 << 20, shown)
    text = manager.ctl("show", "web").text
    for word in ("command", "directory", "user", "log"):
        check("\n  %s " % word in text, lambda: "%s is not in %s" % (word, text))


def ask(manager, request):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(60)
    client.connect(manager.socket)
    client.sendall(json.dumps(request).encode() + b"\n")
    return client


def answer(client):
    with client, client.makefile("rb") as lines:
        return json.loads(lines.readline())
