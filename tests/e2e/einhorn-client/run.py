# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of einhorn at the control socket, in YAML: commands, progress, state, refusals; and workers that ack in it."""

import json
import os
import socket
import subprocess
import threading
import time

from lab import answers, check, same, wait_for

NEEDS = {"ruby": "ruby"}


class Einhornsh:
    """A conversation on one connection; ids are counted as einhornsh counts them."""

    def __init__(self, lab, manager):
        self.process = subprocess.Popen(
            ["ruby", "--disable-gems", os.path.join(lab.folder, "client.rb"), manager.socket],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=lab.environment(),
            text=True,
        )
        self.watch = threading.Timer(120, self.process.kill)  # a reply that never comes ends the scenario
        self.watch.start()
        self.id = 0

    def send(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, lambda: "no reply to %s" % request)
        return json.loads(line)

    def ask(self, command, *args):
        """As a person types it: with an id, and args that may be none. Returns progress and outcome."""
        self.id += 1
        replies = self.send({"id": self.id, "command": command, "args": list(args)})
        same([reply["request_id"] for reply in replies], [self.id] * len(replies), "ids of the replies to %s" % command)
        return replies

    def end(self, command, *args, code=0):
        reply = self.ask(command, *args)[-1]
        same(reply["code"], code, "code of the reply to %s %s (%s)" % (command, args, reply["message"]))
        return reply["message"]

    def close(self):
        self.watch.cancel()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def run(lab):
    lab.config(edit=lambda text: text.replace("@HERE@", lab.folder))
    manager = lab.start()
    # up by no other way than its ack in YAML
    manager.wait_until_up("web", 2)
    manager.wait_until_up("api", 1)
    check(answers("127.0.0.1:%d" % lab.port()), "the worker in Ruby does not answer")
    shell = Einhornsh(lab, manager)
    try:
        greetings(shell, manager)
        state(shell, lab, manager)
        workers(shell, manager)
        upgrades(shell, lab, manager)
        signals(shell, lab, manager)
        refusals(shell, manager)
        mixed(manager)
        death(shell, manager)
    finally:
        shell.close()


def greetings(shell, manager):
    hello = shell.send({"command": "ehlo", "user": "gdb"})
    same(len(hello), 1, "replies to a request without an id")
    check("request_id" not in hello[0] and "Welcome, gdb!" in hello[0]["message"], lambda: str(hello))
    check(str(manager.pid) in hello[0]["message"], lambda: "the greeting has not the manager's pid: %s" % hello)
    for word in ("upgrade_fleet", "set_workers", "louder"):
        check(word in shell.end("help"), lambda: "help does not tell of %s" % word)
    check("debug" in shell.end("louder"), "louder is not debug")
    same([shell.end("quieter").split()[-1] for _ in range(4)], ["info", "warn", "error", "error"], "levels by quieter")
    same([shell.end("louder").split()[-1] for _ in range(2)], ["warn", "info"], "levels by louder")


def children(shell):
    return shell.ask("state")[-1]["loaded"][":state"][":children"]


def state(shell, lab, manager):
    loaded = shell.ask("state")[-1]["loaded"][":state"]
    found = loaded[":children"]
    same({int(pid) for pid in found}, manager.worker_pids(), "children in the state")
    for pid, child in found.items():
        same(child[":type"], ":worker", "type")
        same(child[":acked"], True, "acked")
        same(child[":signaled"], [], "signaled")
        same(child[":version"], 1, "version")
        same(child[":last_signaled_at"], None, "last_signaled_at")
        check(child[":spinup_time"].startswith("Time "), lambda: "spinup_time is no time: %s" % child)
    same(sorted(child[":index"] for child in found.values() if child[":program"] == "web"), [0, 1], "indexes of web")
    same(loaded[":config"][":number"], 3, "number of workers")
    same(loaded[":bound_ports"], [lab.port()], "bound ports")
    same(loaded[":socket_path"], manager.socket, "socket path")
    same((loaded[":respawn"], loaded[":upgrading"], loaded[":verbosity"]), (True, False, 1), "respawn, upgrading, verbosity")
    same(sorted(loaded[":programs"]), ["api", "web"], "programs")
    same((loaded[":versions"], loaded[":sockets"], loaded[":last_upgraded"]), ({}, {}, None), "versions, sockets, last_upgraded")
    same(loaded[":bind"], [["127.0.0.1", lab.port(), ["r", "n"]]], "bind")
    pings(shell, found)
    text = manager.ctl("state").out
    check(text.startswith("---\n:state:\n  :children:\n"), lambda: "einhyrningsinsctl state printed %s" % text)


def pings(shell, before):
    """The workers in Ruby ping once they are up, with something as their request's id; those in Python never do."""
    for pid, child in before.items():
        ruby = child[":program"] == "web"
        same(":pinged_at" in child, ruby, "whether %s of %s pinged" % (pid, child[":program"]))
        if ruby:
            check(child[":pinged_at"].startswith("Time "), lambda: "pinged_at is no time: %s" % child)
            same(child[":pinged_request_id"], "begun %s" % pid, "pinged_request_id")


def workers(shell, manager):
    before = manager.worker_pids()
    shell.end("inc")  # every program: no name was given
    same((len(children(shell)), len(manager.worker_pids())), (5, 5), "workers after inc")
    check(before < manager.worker_pids(), "inc replaced workers")
    shell.end("dec")
    wait_for(lambda: len(manager.worker_pids()) == 3, "dec takes one of each program")
    shell.end("set_workers", "api", "2")
    same(len(manager.ready_pids("api")), 2, "workers of api")
    shell.end("set_workers", "3")
    same([len(manager.ready_pids(name)) for name in ("web", "api")], [3, 3], "workers after set_workers 3")
    shell.end("set_workers", "api", "1")
    wait_for(lambda: len(manager.worker_pids()) == 4, "api has one worker")


def upgrades(shell, lab, manager):
    for command in ("upgrade", "upgrade_fleet"):
        load = lab.load(clients=2)
        before = manager.worker_pids()
        began = int(time.time())
        replies = shell.ask(command)
        check(len(replies) > 3, lambda: "no progress of %s: %s" % (command, replies))
        check(all(reply["wait"] is True and "code" not in reply for reply in replies[:-1]), lambda: str(replies))
        same((replies[-1].get("code"), "wait" in replies[-1]), (0, False), "end of %s" % command)
        load.finish()
        check(not before & manager.worker_pids(), lambda: "%s left workers" % command)
        upgraded = shell.ask("state")[-1]["loaded"][":state"][":last_upgraded"]
        check(float(upgraded.split()[1]) >= began, lambda: "last_upgraded is %s after %s, begun at %s" % (upgraded, command, began))
        same({child[":version"] for child in children(shell).values()}, {2 if command == "upgrade" else 3}, "versions")
    # a client without ids reads one reply, and goes on with something else
    before = manager.worker_pids()
    same(shell.send({"command": "upgrade"}), [{"message": "upgrade: accepted", "code": 0}], "replies to upgrade without an id")
    same(len(shell.send({"command": "state"})), 1, "replies to state without an id")
    wait_for(lambda: not before & manager.worker_pids() and len(manager.worker_pids()) == 4, "the upgrade comes to its end", 30)
    manager.wait_until_up("web", 3)
    same(len(shell.ask("reload")) > 0, True, "replies to reload")


def signals(shell, lab, manager):
    workers = manager.worker_pids()
    check("USR1 sent to 3 workers" in shell.end("signal", "SIGUSR1"), "signal does not say what it did")

    def noted():
        ruby = {int(name.split(".")[1]) for name in os.listdir(lab.dir) if name.startswith("USR1.")}
        return ruby | {fact.pid for fact in lab.facts("signal-USR1")}

    wait_for(lambda: workers <= noted(), "USR1 arrives at every worker of every program")
    same(shell.send({"command": "signal", "args": ["USR1"]})[0]["code"], 0, "code of signal without an id")
    check("'NOPE' is no signal" in shell.end("signal", "NOPE", code=2), "NOPE is a signal")


def refusals(shell, manager):
    before = manager.status()
    check("'config' is not taken" in shell.end("config", "{number: 17}", code=2), "config was taken")
    check("unknown command 'fly'" in shell.end("fly", code=2), "fly is known")
    check("no program 'nobody'" in shell.end("upgrade", "nobody", code=2), "nobody is known")
    check("no command" in shell.send({"id": 77})[0]["message"], "a request without a command")
    twice = "x" * 3
    text = shell.end("signal", "100%", "two\nlines", twice, "a: b", "{", "é🦄", code=2)
    check("'100%' is no signal" in text, lambda: text)
    same([len(p["workers"]) for p in manager.status().values()], [len(p["workers"]) for p in before.values()], "workers")


def mixed(manager):
    """Each request is answered in its own dialect, on one connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(manager.socket)
        replies = client.makefile("rb")
        for request, reply in (
            (b'{"id":1,"command":"ehlo"}\n', b'{"request_id":1,"message":"Welcome'),
            (b"---%0Aid: 2%0Acommand: version%0A\n", b'---%0Amessage: "'),
            (b'\n\n{"id":"a","command":"help"}\n', b'{"request_id":"a","message":"You are speaking'),
            (b"--- {id: a, command: *x}\n", b'---%0Amessage: "aliases are not taken"%0A'),
            (b"--- !ruby/object:Gem::Installer {}\n", b'---%0Amessage: "tags are not taken'),
            (b"nonsense\n", b'{"request_id":null,"message":"not a JSON object'),
        ):
            client.sendall(request)
            line = replies.readline()
            check(line.startswith(reply), lambda: "%s was answered by %s" % (request, line))


def death(shell, manager):
    shell.end("die", "TERM")
    same(manager.wait(), 0, "exit status after die")
