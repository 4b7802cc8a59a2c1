# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is a shell that waits for what it started: whoever stops it lets that finish, over the death of a manager too."""

import ctypes
import os
import shutil
import signal
import threading
import time

from lab import alive, check, environment_of, get, nothing_lost, same, state_of, wait_for, wait_for_none

PR_SET_CHILD_SUBREAPER = 36


def run(lab):
    lab.config()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what loses its parent is ours, and nobody reaps it
    manager = lab.start()
    for name in ("web", "chain", "grouped", "stubborn", "crashing", "detached", "monitored", "deserting"):
        manager.wait_until_up(name, 2 if name == "web" else 1)
    rolled(lab, manager)
    crashed(lab, manager)
    grouped(lab, manager)
    elsewhere(lab, manager, "detached")
    elsewhere(lab, manager, "monitored")
    stubborn(lab, manager)
    signalled(lab, manager)
    replaced_meanwhile(lab, manager)
    manager = killed_meanwhile(lab, manager)
    manager = leader_died_unseen(lab, manager)
    manager = nothing_written(lab, manager)
    leader_died_at_birth(lab, manager)


def served(lab, name):
    """The processes that serve: pythons, not the shells."""
    return {pid for pid in lab.pids() if alive(pid) and environment_of(pid).get("NAME") == name and b"python3" in command(pid).split(b"\0")[0]}


def command(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read()
    except OSError:
        return b""


class Requests:
    """Some, each in the hands of a worker when this returns, and answered when they may be."""

    def __init__(self, lab, port, count=3):
        self.lab = lab
        self.answers = []
        self.problems = []
        before = len(lab.facts("asked"))
        self.threads = [threading.Thread(target=self.ask, args=("127.0.0.1:%d" % lab.port(port),)) for _ in range(count)]
        for thread in self.threads:
            thread.start()
        wait_for(lambda: len(lab.facts("asked")) == before + count, "requests are under way")

    def ask(self, address):
        try:
            self.answers.append(get(address, timeout=30))
        except Exception as problem:
            self.problems.append(repr(problem))

    def all_answered(self, what):
        self.lab.write("gate", "")
        for thread in self.threads:
            thread.join(30)
        os.remove(self.lab.path("gate"))
        same((len(self.answers), self.problems), (len(self.threads), []), what)


def rolled(lab, manager):
    load = lab.load()
    before = served(lab, "web")
    for version in ("v2", "v3"):
        lab.edit("services.yaml", "VERSION: v" + str(int(version[1]) - 1), "VERSION: " + version)
        manager.ctl("reload")
        same(get("127.0.0.1:%d" % lab.port())["version"], version, "version that answers")
    nothing_lost(load.finish())
    check(not before & served(lab, "web"), "old workers are left")
    check("others of it live: TERM sent to them, KILL in 1m" in manager.stderr(), manager.tail)
    check("has not gone" not in manager.stderr(), manager.tail)


def crashed(lab, manager):
    """A shell that ends by itself is replaced at once; what it leaves is ended."""
    (left,) = served(lab, "crashing")
    (shell,) = manager.pids_of("crashing")
    os.kill(shell, signal.SIGKILL)
    wait_for(lambda: not alive(left), "what the shell left is ended")
    manager.wait_until_up("crashing", 1)


def grouped(lab, manager):
    """Where the shell ignores the signal, the group is told."""
    requests = Requests(lab, "grouped")
    (server,) = served(lab, "grouped")
    manager.ctl("stop", "grouped", "--no-wait")
    wait_for(lambda: any(fact.pid == server for fact in lab.facts("told")), "the server is told to go")
    requests.all_answered("answers of a group that was told to go")
    manager.ctl("stop", "grouped")


def elsewhere(lab, manager, name):
    """What is in a session or process group of its own is told too, and killed only at the end; the verdict counts it."""
    requests = Requests(lab, name)
    (server,) = served(lab, name)
    (shell,) = manager.pids_of(name)
    check(os.getpgid(server) != os.getpgid(shell), "the server is in the worker's process group")
    manager.ctl("upgrade", name, "--no-wait")
    wait_for(lambda: any(fact.pid == server for fact in lab.facts("told")), "the server is told to go")
    check("stopping" in manager.ctl("show", name).out, "a worker whose server lives is not stopping")
    requests.all_answered("answers of a server elsewhere that was told to go")
    wait_for(lambda: "rolled to generation 2" in manager.ctl("status", name).out, "it is rolled")
    check("killed" not in manager.ctl("status", name).out, lambda: manager.ctl("status", name))


def stubborn(lab, manager):
    """KILL comes at the end of the time, not before, wherever the process is; the verdict counts it."""
    (deserter,) = served(lab, "deserting")
    manager.ctl("upgrade", "deserting")
    check(not alive(deserter), "a process elsewhere outlived KILL")
    status = manager.ctl("status", "deserting").out
    check("1 old worker did not end in time and was killed" in manager.stderr(), lambda: status)
    (pid,) = served(lab, "stubborn")
    began = time.monotonic()
    manager.ctl("stop", "stubborn")
    took = time.monotonic() - began
    check(1.4 < took < 20, "a process that ignores TERM was gone after %.2f s" % took)
    check(not alive(pid), "a process outlived KILL")
    check("the rest of it has not gone; KILL sent" in manager.stderr(), manager.tail)


def under_way(lab, manager):
    """A restart of `chain` whose shells are gone while requests are open."""
    (shell,) = manager.pids_of("chain")
    (server,) = served(lab, "chain")
    requests = Requests(lab, "chain")
    manager.ctl("upgrade", "chain", "--no-wait")
    wait_for(lambda: not alive(shell), "the shell is gone")
    wait_for(lambda: any(fact.pid == server for fact in lab.facts("told")), "its server is told to go")
    check(alive(server), "the server did not finish what was open")
    return requests, server


def finished(lab, manager, requests, server, what):
    requests.all_answered(what)
    wait_for_none(lambda: [server] if alive(server) else [], 30)
    manager.wait_until_up("chain", 1)
    wait_for(lambda: len(served(lab, "chain")) == 1, "one server is left")
    wait_for(lambda: manager.ctl("show", "chain").out.count("stopping") == 0, "the manager sees that it has gone")


def signalled(lab, manager):
    """A signal that a shell dies of is for what it started too: that has the time of a stop, and the shell is replaced at once."""
    (server,) = served(lab, "chain")
    requests = Requests(lab, "chain")
    manager.ctl("signal", "TERM", "chain")
    wait_for(lambda: any(fact.pid == server for fact in lab.facts("told")), "the server is told to go")
    wait_for(lambda: len(served(lab, "chain")) == 2, "the shell is replaced while its server finishes")
    finished(lab, manager, requests, server, "answers of a server whose shell was sent TERM")


def replaced_meanwhile(lab, manager):
    requests, server = under_way(lab, manager)
    manager.ctl("reexec")
    check("stopping" in manager.ctl("show", "chain").out, "the next manager does not know who is stopping")
    finished(lab, manager, requests, server, "answers while the manager was replaced")


def killed_meanwhile(lab, manager):
    requests, server = under_way(lab, manager)
    stopped = min(served(lab, "web"))
    os.kill(stopped, signal.SIGSTOP)  # the kernel hangs up process groups that are stopped and orphaned
    wait_for(lambda: state_of(stopped) == "T", "a server is stopped")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.kill(stopped, signal.SIGCONT)
    check(len(served(lab, "web")) == 2 and alive(stopped), "a stopped worker did not survive the manager")
    following = lab.start(socket_path=manager.socket)
    check("stopping" in following.ctl("show", "chain").out, "the next manager does not know who is stopping")
    finished(lab, following, requests, server, "answers while the manager was killed")
    return following


def without_its_leader(lab, manager, shell, server, meanwhile=lambda: None):
    """The next manager, while the dead shell is a process that nobody reaps; what it left is told to go, a new one serves."""
    requests = Requests(lab, "chain")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.kill(shell, signal.SIGTERM)
    wait_for(lambda: state_of(shell) == "Z", "the shell has ended, and is not reaped")
    meanwhile()
    following = lab.start(socket_path=manager.socket)
    wait_for(lambda: any(fact.pid == server for fact in lab.facts("told")), "what the shell left is told to go")
    following.wait_until_up("chain", 1)
    check(alive(server), "what the shell left did not finish what was open")
    more = Requests(lab, "chain", 1)
    same([fact.pid for fact in lab.facts("asked")][-1:], list(served(lab, "chain") - {server}), "who serves")
    finished(lab, following, requests, server, "answers of what a shell left while there was no manager")
    more.all_answered("answers of the new worker")
    same(state_of(shell), "Z", "state of the shell")
    return following


def leader_died_unseen(lab, manager):
    """Nobody knows whether it was told to go: what it left may finish, and a new one is there at once."""
    (shell,), (server,) = manager.pids_of("chain"), served(lab, "chain")
    return without_its_leader(lab, manager, shell, server)


def nothing_written(lab, manager):
    """The same where nothing is left of what the manager wrote: the socket is found in what the shell left."""
    (shell,), (server,) = manager.pids_of("chain"), served(lab, "chain")
    manager = without_its_leader(lab, manager, shell, server, lambda: shutil.rmtree(manager.socket + ".state"))
    check("is not all there" in manager.stderr(), manager.tail)
    return manager


def leader_died_at_birth(lab, manager):
    """Of the worker nothing but its birth was noted, since the disk was full, as it were."""
    in_the_way = os.path.join(manager.socket + ".state", "program-chain.json.new")
    wait_for(lambda: made(in_the_way), "a directory is where the state would be written")
    (before,) = manager.pids_of("chain")
    manager.ctl("restart", "chain")
    (shell,), (server,) = manager.pids_of("chain"), served(lab, "chain")
    check(shell != before and "cannot save recovery state" in manager.stderr(), manager.tail)
    without_its_leader(lab, manager, shell, server, lambda: shutil.rmtree(in_the_way))


def made(directory):
    """A file that is being written may be there for a moment."""
    try:
        os.makedirs(os.path.join(directory, "full"))
        return True
    except FileExistsError:
        return False
