# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager is killed with -9: its workers go on serving, and the next manager goes on with them."""

import json
import os
import re
import shutil
import signal
import threading

from lab import FAILED, INVALID, alive, answers, check, environment_of, get, nothing_lost, read, same, wait_for


def run(lab):
    lab.config()
    at_birth(lab)
    after_an_end(lab)
    manager = lab.start()
    manager.wait_until_up("web", 3)
    manager.wait_until_up("quiet", 1)
    second_is_refused(lab, manager)
    load = lab.load()
    before = {name: manager.pids_of(name) for name in ("web", "quiet")}

    manager = at_rest(lab, manager, before)
    manager = one_died_meanwhile(lab, manager)
    manager = at_the_first_birth(lab, manager)
    manager = in_a_rollout(lab, manager)
    others = "others of it live"  # a zombie that is its parent's to reap is nobody
    check(others not in manager.stderr(), manager.tail)
    manager = stopped_stays_stopped(lab, manager)
    manager = said_meanwhile(lab, manager)
    manager = file_broken_meanwhile(lab, manager)
    nothing_lost({**load.finish(), "reset": 0, "lost": 0, "resent": 0})  # of the worker that was killed
    torn(lab, manager)


def killed(lab, manager, meanwhile=None):
    """Kills the manager as nothing else could, and starts another."""
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    if meanwhile:
        meanwhile()
    return lab.start(socket_path=manager.socket)


def at_birth(lab):
    """Whoever is killed as soon as it answers has written down whom it started; where, a file with problems says too."""
    text = 'state-dir: kept\nprograms: { sleepers: { command: [sleep, "1000"], env: { NAME: sleepers }, workers: 3%s } }\n'
    lab.write("birth.yaml", text % "")
    first = lab.start("birth.yaml", socket_path=lab.path("b.sock"))
    first.ask("version")
    os.kill(first.pid, signal.SIGKILL)
    first.process.wait()
    born = sorted(pid for pid in lab.pids() if environment_of(pid).get("NAME") == "sleepers" and alive(pid))
    lab.write("birth.yaml", text % ", env-file: gone")
    second = lab.start("birth.yaml", socket_path=first.socket)
    second.wait_until_up("sleepers", 3)
    same((sorted(second.pids_of("sleepers")), len(born)), (born, 3), "workers of a manager that was killed when it first answered")
    second.stop()


def second_is_refused(lab, manager):
    other = lab.launch(socket_path=manager.socket)
    same(other.wait(), FAILED, "exit status of a second manager")
    other.wait_until_said("is held by pid %d" % manager.pid)
    other = lab.launch(lab.write("other.yaml", "state-dir: %s.state\nprograms: {}\n" % manager.socket), socket_path=lab.path("o.sock"))
    same(other.wait(), FAILED, "exit status of another one with the same state directory")
    other.wait_until_said("another manager uses the state directory")


def after_an_end(lab):
    """How a job ended is noted before anybody hears of it: here nothing else can be written down afterwards."""
    job = 'job: { command: [sh, -c, "read line <%s; exit %d"], restart: never, ack: { timer: 100ms } }'
    for status, state in ((0, "done"), (7, "failed")):
        gate = lab.path("gate%d" % status)
        os.mkfifo(gate)
        lab.write("end.yaml", "programs: { %s }\n" % (job % (gate, status)))
        first = lab.start("end.yaml", socket_path=lab.path("e%d.sock" % status))
        first.wait_until_up("job", 1)
        image = first.socket + ".state/program-job.json"
        wait_for(lambda: json.loads(read(image))["body"]["processes"], "the job is written down")
        os.makedirs(image + ".new/full")  # where the next image would be written
        with open(gate, "w") as go:
            go.write("\n")
        wait_for(lambda: first.status()["job"]["state"] == state, "the job has ended as '%s'" % state)
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait()
        shutil.rmtree(image + ".new")
        second = lab.start("end.yaml", socket_path=first.socket)
        same(second.status()["job"]["state"], state, "the state of the job after its manager was killed")
        second.wait_until_said("exit status %d" % status)
        second.stop()


def at_rest(lab, manager, before):
    next_one = killed(lab, manager, lambda: check(answers("127.0.0.1:%d" % lab.port()), "nobody answers"))
    for name, pids in before.items():
        next_one.wait_until_up(name, len(pids))
        same(next_one.pids_of(name), pids, "workers of " + name)
    text = next_one.ctl("show", "web").out
    same(text.count("adopted"), 3, "workers called adopted in " + text)
    next_one.wait_until_up("late", 1)
    return next_one


def one_died_meanwhile(lab, manager):
    """And another one later: both are replaced."""
    victims = sorted(manager.pids_of("web"))[:2]

    def dies():
        os.kill(victims[0], signal.SIGKILL)
        wait_for(lambda: not alive(victims[0]), "a worker is dead")

    manager = killed(lab, manager, dies)
    found = r"1 had ended meanwhile|pid %d: (killed by SIGKILL|ended, nobody knows how)" % victims[0]  # a zombie perhaps
    wait_for(lambda: re.search(found, manager.stderr()), "what was found is said")
    manager.wait_until_up("web", 3)
    os.kill(victims[1], signal.SIGKILL)
    wait_for(lambda: victims[1] not in manager.pids_of("web"), "the death of an adopted worker is seen", every=0.2)
    manager.wait_until_up("web", 3)
    check(re.search(r"pid %d: (killed by SIGKILL|ended, nobody knows how); replaced" % victims[1], manager.stderr()), manager.tail)
    return manager


def at_the_first_birth(lab, manager):
    """The first that a new program's first worker does is to kill the manager, in the middle of the reload that brought it."""
    good = read(lab.path("services.yaml"))
    killer = manager.killed_by_a_birth("python3 -IS @LIB@/worker.py held=@DIR@/held", "{ mode: manual, timeout: 10s }")
    manager = lab.start(socket_path=manager.socket)
    manager.ask("version")  # it hears its workers again
    check("is not all there" not in manager.stderr(), "what the program is was not written down before its first birth")
    lab.write("held", "")
    manager.wait_until_up("killer", 1)
    same(manager.pids_of("killer"), {killer}, "workers of the program that was new")
    same(get("127.0.0.1:%d" % lab.port("killer"))["pid"], str(killer), "who answers")
    manager.wait_until_up("behind", 9)
    lab.write("services.yaml", good)
    manager.ctl("reload")
    check("killer" not in manager.status(), "the program is still there")
    return manager


def in_a_rollout(lab, manager):
    """Which goes on by itself; the answer nobody gets, the result everybody."""
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    asked = threading.Thread(target=lambda: manager.ctl("reload", code=None))
    asked.start()
    wait_for(lambda: any(fact.version == "v2" for fact in lab.facts("ready")), "the first new worker")
    manager = killed(lab, manager)
    asked.join()
    wait_for(lambda: "rolled to generation" in manager.stderr(), "the rollout comes to its end", 30)
    manager.wait_until_up("web", 3)
    same(get("127.0.0.1:%d" % lab.port())["version"], "v2", "version that answers")
    versions = {fact.pid: fact.version for fact in lab.facts("ready")}
    same({versions[pid] for pid in manager.pids_of("web")}, {"v2"}, "versions of the workers")
    return manager


def said_meanwhile(lab, manager):
    """A worker says on its pipe that it is up while there is no manager: it lives on, and the next one hears it."""
    manager.ctl("scale", "piped", "1", "--no-wait")
    born = wait_for(lambda: manager.pids_of("piped"), "a worker that is not up yet")

    def says():
        open(lab.path("piped.gate"), "w").close()
        wait_for(lambda: os.path.exists(lab.path("piped.said")), "it has said so, and was not ended for it")

    manager = killed(lab, manager, says)
    manager.wait_until_up("piped", 1)
    same(manager.pids_of("piped"), born, "the worker that said it is up while there was no manager")
    manager.ctl("reexec")
    same(manager.pids_of("piped"), born, "the same after a re-exec")
    manager.ctl("scale", "piped", "0")
    return manager


def file_broken_meanwhile(lab, manager):
    """The workers are looked after as before, until the file can be read again."""
    before = manager.pids_of("web")
    good = read(lab.path("services.yaml"))
    lab.edit("services.yaml", "workers: 3", "workers: three")
    for _ in range(2):
        manager = killed(lab, manager)
        manager.wait_until_up("web", 3)
        same(manager.pids_of("web"), before, "workers")
        check('found "three"' in manager.stderr() and "running the previous configuration" in manager.stderr(), manager.tail)
    manager.ctl("reload", code=INVALID)
    lab.write("services.yaml", good.replace("workers: 3", "workers: 4").replace("VERSION: v2", "VERSION: v3"))
    manager.ctl("reload")
    manager.wait_until_up("web", 4)
    same(get("127.0.0.1:%d" % lab.port())["version"], "v3", "version that answers")
    lab.write("services.yaml", good)
    manager.ctl("reload")
    lab.edit("services.yaml", "workers: 3", "workers: three")
    other = lab.launch(socket_path=lab.path("o.sock"))
    same(other.wait(), INVALID, "exit status where there is nothing to go on with")
    other = lab.launch(socket_path=manager.socket)
    same(other.wait(), INVALID, "exit status where another manager runs")
    lab.write("services.yaml", good)
    return manager


def stopped_stays_stopped(lab, manager):
    manager.ctl("stop", "quiet")
    manager = killed(lab, manager)
    same(manager.status()["quiet"]["state"], "stopped", "state of what the operator had stopped")
    manager.ctl("start", "quiet")
    check(os.path.exists(lab.path("quiet.sock")), "its socket is gone")
    return manager


def torn(lab, manager):
    """A state file that is none is set aside, and said."""
    workers = [pid for name in ("web", "quiet", "late") for pid in manager.pids_of(name)]
    state = manager.socket + ".state"
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(map(alive, workers)), "nobody of before is left")
    whole = read(os.path.join(state, "manager.json"))
    for text, why in (
        (whole[: len(whole) // 2], "cut off"),
        ("", "no JSON"),
        (re.sub(r'"format":\d+', '"format":999', whole), "its format is 999"),
        (whole.replace('"bootId":"', '"bootId":"x'), "of an earlier boot"),
    ):
        with open(os.path.join(state, "manager.json"), "w") as file:
            file.write(text)
        manager = lab.start(socket_path=manager.socket)
        manager.wait_until_up("web", 3)
        manager.wait_until_said(why)
        manager.stop()
    left = sorted(name for name in os.listdir(state) if not name.startswith(("facts", "history-")))
    same(left, ["manager.json.set-aside"], "files in the state directory")
    check(json.loads(read(os.path.join(state, left[0])))["format"] == 999, "what was set aside is not what was there")
