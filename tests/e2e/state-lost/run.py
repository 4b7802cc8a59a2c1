# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody removes what the manager wrote, while it runs or when it is gone: nobody loses a worker, or a request."""

import os
import shutil
import signal
import subprocess
import time

from lab import INVALID, alive, answers, check, descriptors_of, environment_of, get, nothing_lost, programs_in, read, same, wait_for

NAMES = {"web": 3, "sock": 1, "own": 2, "chosen": 1, "plain": 2}


def run(lab):
    lab.config()
    manager = lab.start()
    up(manager)
    loads = [lab.load(), lab.load("127.0.0.1:%d" % lab.port("own"), clients=4), lab.load(lab.path("web.sock"), clients=2)]
    while_it_runs(lab, manager)
    forger = forged(lab, manager)
    manager = all_gone(lab, manager)
    check(alive(forger.pid), "who merely said that it was a worker was killed")
    manager = some_gone(lab, manager)
    manager = another_definition(lab, manager)
    manager = under_another_name(lab, manager)
    manager = not_in_the_file(lab, manager)
    for load in loads:
        nothing_lost(load.finish())
    forger.kill()
    forger.wait()
    manager.stop()
    same(files(manager), set(), "state left behind")


def up(manager):
    """As the manager has it: all that it says of its programs is there."""
    wait_for(lambda: states(manager) == {name: "running" for name in NAMES}, "all programs run", 60, every=0.1)


def states(manager):
    programs = programs_in(manager.ask("status"))
    return {name: program["state"] for name, program in programs.items()}


def pids(manager):
    """The kernel's word for it: those that lead a group, and have the variables of a worker of ours."""
    found = {name: set() for name in NAMES}
    for pid in manager.lab.pids():
        name = environment_of(pid).get("NAME")
        if name in found and os.getpgid(pid) == pid and environment_of(pid).get("EINHYRNINGSINS_PID") == str(pid):
            found[name].add(pid)
    return found


def state(manager):
    return manager.socket + ".state"


def files(manager):
    """What the next manager needs; histories and facts outlive a manager and are written when something happens."""
    found = os.listdir(state(manager)) if os.path.isdir(state(manager)) else ()
    return {name for name in found if not name.startswith(("history-", "facts"))}


def removed(directory):
    """A file that was on its way back may be in the way, once."""
    try:
        shutil.rmtree(directory)
        return True
    except OSError:
        return False


def killed(lab, manager, meanwhile):
    """Workers that have lived for as long as they might take to come up are taken for up."""
    youngest = min(time.monotonic() - fact.at for fact in lab.facts("ready"))
    time.sleep(max(0, 8.2 - youngest))
    before = pids(manager)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    meanwhile()
    manager = lab.start(socket_path=manager.socket)
    up(manager)
    same(pids(manager), before, "workers")
    its = set(descriptors_of(manager.pid).values())
    for name in ("web", "sock", "own", "chosen"):
        check({descriptors_of(pid)[3] for pid in before[name]} <= its, "the manager has not the socket of " + name)
    check(answers("127.0.0.1:%d" % lab.port()), "nobody answers")
    return manager


def while_it_runs(lab, manager):
    """All of it is there again within moments, a file or the directory, though nothing else happens."""
    more = 3  # manager.json, notes, and the second name of the socket of sock
    whole = wait_for(lambda: len(files(manager)) == len(NAMES) + more and files(manager), "the state is written")
    for victim in ("manager.json", "program-web.json", "notes"):
        os.unlink(os.path.join(state(manager), victim))
        wait_for(lambda: files(manager) == whole, "%s is there again" % victim)
    wait_for(lambda: removed(state(manager)), "the directory can be removed")
    wait_for(lambda: files(manager) == whole, "the directory is there again")
    for word in ("manager.json", "notes", "the state directory"):
        check("%s was removed" % word in manager.stderr().replace(state(manager) + "/", "").replace(" " + state(manager), ""), manager.tail)
    subprocess.run(["rm", "-rf", os.path.dirname(manager.socket)], check=False)
    wait_for(lambda: files(manager) == whole and os.path.exists(manager.socket), "the directory above it is there again")
    other = lab.launch(lab.write("other.yaml", "state-dir: %s\nprograms: {}\n" % state(manager)), socket_path=lab.path("o.sock"))
    other.wait()
    other.wait_until_said("another manager uses the state directory")


def forged(lab, manager):
    """A child of a worker has its variables; somebody else may have copied them. Neither is a worker."""
    worker = manager.workers("plain")[0]
    env = environment_of(worker.pid)
    return subprocess.Popen(["/bin/sleep", "1000"], env=env, start_new_session=True)


def all_gone(lab, manager):
    """Killed, and nothing is left of what it wrote: workers and sockets are found by what the workers carry."""
    manager = killed(lab, manager, lambda: shutil.rmtree(state(manager)))
    text = manager.stderr()
    for word in ("goes on for a manager that is gone: 9 workers adopted", "not all there (manager.json", "Not known any more"):
        check(word in text, lambda: "%r is not said: %s" % (word, text))
    victim = manager.workers("web")  # adopted ones are nobody's children
    same(victim, [], "children of the new manager")
    return manager


def some_gone(lab, manager):
    """One file of all, or one that is cut off."""

    def without(name):
        return lambda: os.unlink(os.path.join(state(manager), name))

    def cut(name):
        def half():
            path = os.path.join(state(manager), name)
            text = read(path)
            with open(path, "w") as file:
                file.write(text[: len(text) // 2])

        return half

    for damage, word in ((without("manager.json"), "manager.json"), (without("program-web.json"), "program-web.json"), (cut("program-own.json"), "program-own.json")):
        manager = killed(lab, manager, damage)
        check("is not all there" in manager.stderr() and word in manager.stderr(), lambda: "%s is not named: %s" % (word, manager.tail()))
    return manager


def another_definition(lab, manager):
    """Workers that were born as the file has it no more are replaced, as a reload would."""
    before = pids(manager)

    def both():
        shutil.rmtree(state(manager))
        lab.edit("services.yaml", "NAME: web, VERSION: v1", "NAME: web, VERSION: v2")

    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    both()
    manager = lab.start(socket_path=manager.socket)
    wait_for(lambda: "rolled to generation" in manager.stderr(), "the rollout", 30)
    same(get("127.0.0.1:%d" % lab.port())["version"], "v2", "version that answers")
    up(manager)
    after = pids(manager)
    check(not before["web"] & after["web"], "workers of the older definition are left")
    del before["web"], after["web"]
    same(after, before, "the other workers")
    return manager


def under_another_name(lab, manager):
    """A program has another name by then, and another one the socket of a third: both go on serving, and are handed over."""
    good = read(lab.path("services.yaml"))
    other = good.replace("  web:", "  www:").replace("bind: [{ name: http, unix:", "after: [www]\n    bind: [{ name: http, unix:")
    other = other.replace("  sock:", "  sock:\n    command: [sleep, '1000']\n    ack: { mode: timer, after: 10ms }\n    rollout: { probation: 0s }\n  taker:")
    manager = killed_with(lab, manager, other)
    wait_for(lambda: states(manager).keys() == {"www", "sock", "taker", "own", "chosen", "plain"}, "the programs of the file", 30, every=0.1)
    wait_for(lambda: set(states(manager).values()) == {"running"}, "all programs run", 60, every=0.1)
    check("another process has it" not in manager.stderr(), manager.tail)
    manager = killed_with(lab, manager, good)
    up(manager)
    return manager


def killed_with(lab, manager, text):
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    shutil.rmtree(state(manager))
    lab.write("services.yaml", text)
    return lab.start(socket_path=manager.socket)


def not_in_the_file(lab, manager):
    """What the file has no more is stopped; a broken file is no reason to touch anybody."""
    gone = pids(manager)["plain"]
    good = read(lab.path("services.yaml"))
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    shutil.rmtree(state(manager))
    lab.write("services.yaml", good.replace("workers: 3", "workers: three"))
    other = lab.launch(socket_path=manager.socket)
    same(other.wait(), INVALID, "exit status with a file that has problems")
    check(all(map(alive, gone)), "workers died")
    lab.write("services.yaml", good[: good.index("  plain:")])
    manager = lab.start(socket_path=manager.socket)
    wait_for(lambda: not any(map(alive, gone)), "what the file has no more is stopped")
    check("no longer in the file" in manager.stderr(), manager.tail)
    return manager
