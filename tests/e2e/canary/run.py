# SPDX-License-Identifier: GPL-3.0-or-later
"""One new worker of four is watched under load: the rollout goes on, or back, and nothing is lost on either way."""

import os
import signal
import socket
import threading
import time

from lab import DONE, FAILED, answers, check, get, nothing_lost, same, wait_for

WORKERS = 4


def run(lab):
    lab.config()
    manager = lab.start(up=WORKERS)
    for command in ("promote", "abort"):
        result = manager.ctl(command, "web", code=FAILED)
        check("no rollout is under way" in result.text, lambda: str(result))
    load = lab.load()
    goes_on_by_itself(lab, manager)
    watch(lab, "2s", "1m")
    goes_back_when_it_ends(lab, manager)
    watch(lab, "1m", "until-promoted")
    is_aborted(lab, manager)
    is_taken_out_of_the_file(lab, manager)
    is_promoted(lab, manager)
    watch(lab, "until-promoted", "15s")
    outlives_a_reexec(lab, manager)
    manager = outlives_the_manager(lab, manager)
    nothing_lost(load.finish())
    goes_back_when_it_crashes(lab, manager)
    is_removed(lab, manager)


class Asked:
    """A command that somebody waits for meanwhile."""

    def __init__(self, manager, *arguments):
        self.answer = None
        self.thread = threading.Thread(target=self.ask, args=(manager, arguments))
        self.thread.start()

    def ask(self, manager, arguments):
        self.answer = manager.ctl(*arguments, code=None)

    def ends(self, code, *words):
        self.thread.join(60)
        check(self.answer is not None, "no answer to the reload")
        same(self.answer.code, code, "exit status of %s" % self.answer)
        for word in words:
            check(word in self.answer.text, lambda: "no '%s' in %s" % (word, self.answer))


def watch(lab, before, after):
    lab.edit("services.yaml", "watch: " + before, "watch: " + after)


def version(lab, before, after):
    lab.edit("services.yaml", "VERSION: %s " % before, "VERSION: %s " % after)


def rollout(manager):
    return manager.status()["web"]["rollout"]


def canary(manager, old, new, words):
    """Waits until one is watched, and only one is of the new version."""
    wait_for(lambda: words in rollout(manager), "status says " + words)
    seen = sorted(worker.version for worker in manager.wait_for_workers(WORKERS, "web"))
    same(seen, sorted([new] + [old] * (WORKERS - 1)), "versions while the canary is watched")
    check("canary: 1 of 4 on the new version" in rollout(manager), lambda: rollout(manager))


def all_are(manager, name):
    manager.wait_for_workers(WORKERS, "web", version=name)
    manager.wait_until_up("web", WORKERS)


def goes_on_by_itself(lab, manager):
    version(lab, "v0", "v1")
    reload = manager.ctl("reload", "web")
    for word in ("watched for 2s; promote or abort", "canary went well for 2s", "rolled to generation 2"):
        check(word in reload.text, lambda: "no '%s' in %s" % (word, reload))
    check(reload.seconds >= 2, lambda: "watched for no more than %.1f s" % reload.seconds)
    boots = sorted(fact.at for fact in lab.facts("boot") if fact.version == "v1")
    check(boots[1] - boots[0] >= 2, lambda: "the second came %.1f s after the canary" % (boots[1] - boots[0]))
    all_are(manager, "v1")


def goes_back_when_it_ends(lab, manager):
    """It leaves by itself, gracefully, so that nothing may be lost."""
    version(lab, "v1", "v2")
    reload = Asked(manager, "reload", "web")
    canary(manager, "v1", "v2", "watched for another")
    stay = {worker.pid for worker in manager.workers("web") if worker.version == "v1"}
    new = [worker.pid for worker in manager.workers("web") if worker.version == "v2"]
    os.kill(new[0], signal.SIGTERM)
    reload.ends(FAILED, "failed, old version kept: canary ended while it was watched: exit status 0")
    all_are(manager, "v1")
    check(stay <= manager.worker_pids("web"), "an old worker was replaced though it never had to be")
    version(lab, "v2", "v1")


def is_aborted(lab, manager):
    version(lab, "v1", "v3")
    reload = Asked(manager, "reload", "web")
    canary(manager, "v1", "v3", "until you promote or abort")
    result = manager.ctl("abort", "web")
    check("aborted; generation 2 serves" in result.text, lambda: str(result))
    same({worker.version for worker in manager.workers("web")}, {"v1"}, "versions when abort says that it is done")
    reload.ends(FAILED, "aborted by the operator, old version kept")
    same(get("127.0.0.1:%d" % lab.port())["version"], "v1", "version that answers")


def is_taken_out_of_the_file(lab, manager):
    """The file as it was before: the canary goes, and nobody else."""
    reload = Asked(manager, "reload")
    canary(manager, "v1", "v3", "until you promote or abort")
    stay = {worker.pid for worker in manager.workers("web") if worker.version == "v1"}
    version(lab, "v3", "v1")
    found = manager.ctl("--json", "plan", code=10).json()["data"]["programs"][0]
    same((found["change"], found["keys"]), ("back", [{"key": "env.VERSION", "before": "(hidden)", "after": "(hidden)", "hidden": True, "rolls": True}]), "the plan")
    result = manager.ctl("reload")
    check("rollout given up; generation 2 serves" in result.text, lambda: str(result))
    reload.ends(FAILED, "given up for an older definition that was asked for again")
    all_are(manager, "v1")
    check(stay <= manager.worker_pids("web"), "a worker was replaced that the rollout had not touched")
    manager.ctl("plan", code=DONE)
    version(lab, "v1", "v3")


def is_promoted(lab, manager):
    """A rollout that a signal began can be promoted as any other."""
    version(lab, "v3", "v4")
    manager.send("HUP")
    canary(manager, "v1", "v4", "until you promote or abort")
    result = manager.ctl("promote", "web")
    check("rolled to generation" in result.text, lambda: str(result))
    all_are(manager, "v4")


def outlives_a_reexec(lab, manager):
    version(lab, "v4", "v5")
    reload = Asked(manager, "reload", "web")
    canary(manager, "v4", "v5", "watched for another")
    began = time.monotonic()
    manager.ctl("reexec")
    canary(manager, "v4", "v5", "watched for another")
    reload.ends(DONE, "canary went well for 15s")
    took = time.monotonic() - began
    check(took < 30, lambda: "the watch took %.1f s, of 15" % took)
    all_are(manager, "v5")


def outlives_the_manager(lab, manager):
    version(lab, "v5", "v6")
    reload = Asked(manager, "reload", "web")
    canary(manager, "v5", "v6", "watched for another")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    reload.thread.join(60)
    manager = lab.start(socket_path=manager.socket)
    canary_found(manager)
    wait_for(lambda: "rolled to generation" in rollout(manager), "it goes on after the watch", within=30)
    manager.wait_until_up("web", WORKERS)
    wait_for(lambda: len(lab.pids()) >= WORKERS and get("127.0.0.1:%d" % lab.port())["version"] == "v6", "v6 answers")
    return manager


def canary_found(manager):
    """The next manager goes on with the same deadline, so there is less than the whole time left."""
    text = rollout(manager)
    check("canary: 1 of 4 on the new version, watched for another" in text, lambda: "after kill -9: " + text)


def goes_back_when_it_crashes(lab, manager):
    """Only what the crashed worker itself had open may be lost: no more than the clients had under way."""
    clients = 8
    load = lab.load(clients=clients)
    version(lab, "v6", "v7")
    # soon: the kernel may wake up the others, which were there first, for nearly all connections
    lab.edit("services.yaml", "broken=none", "broken=crash:5")
    reload = Asked(manager, "reload", "web")
    reload.ends(FAILED, "failed, old version kept: canary ended while it was watched")
    manager.wait_until_up("web", WORKERS)
    wait_for(lambda: get("127.0.0.1:%d" % lab.port())["version"] == "v6", "v6 answers")
    counts = load.finish()
    lost = counts["lost"] + counts["reset"]
    check(lost <= clients, lambda: "%d requests lost, though only one worker crashed" % lost)
    nothing_lost({**counts, "lost": 0, "reset": 0, "resent": 0})
    lab.say("the crash of a canary cost %d requests of its own" % lost)


def is_removed(lab, manager):
    """A program that goes from the file while its canary is watched: old and new finish what they have, and are gone."""
    lab.edit("services.yaml", "broken=crash:5", "broken=none")
    watch(lab, "15s", "1m")
    reload = Asked(manager, "reload")
    canary(manager, "v6", "v7", "watched for")
    begun = [halfway(lab) for _ in range(20)]
    lab.write("services.yaml", "programs: {}\n")
    same(manager.ctl("--json", "plan", code=10).json()["data"]["programs"][0]["change"], "removed", "the plan")
    told = len(lab.facts("told"))
    gone = Asked(manager, "reload")
    wait_for(lambda: len(lab.facts("told")) >= told + WORKERS, "old and new are told to go")
    check({finished(client) for client in begun} <= {"v6", "v7"}, "half a request was finished by somebody else")
    gone.ends(DONE, "1 changed")
    reload.ends(FAILED, "during the rollout")
    same(manager.workers("web"), [], "workers of a program that is gone")
    same(answers("127.0.0.1:%d" % lab.port()), None, "who answers for it")
    same(manager.status(), {}, "programs in status")


def halfway(lab):
    """A client that has sent half of its request to whoever accepted it."""
    client = socket.create_connection(("127.0.0.1", lab.port()), 10)
    client.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\n")
    return client


def finished(client):
    """Sends the rest; returns the version that answered."""
    with client:
        client.settimeout(10)
        client.sendall(b"\r\n")
        with client.makefile("rb") as answer:
            text = answer.read().decode()
    check(text.startswith("HTTP/1.1 200 "), lambda: "half a request was answered with %r" % text)
    return text.split("version=")[1].split()[0]
