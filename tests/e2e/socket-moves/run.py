# SPDX-License-Identifier: GPL-3.0-or-later
"""A socket goes from one program to another, and a program gets another name, only when the receiver serves."""

import os
import signal

from lab import DONE, FAILED, check, get, nothing_lost, read, same, wait_for

CHANGES = 10

X = '    bind: [{ name: http, tcp: "127.0.0.1:%d" }]\n'


def run(lab):
    lab.config()
    manager = lab.start()
    for program in ("a", "b"):
        manager.wait_until_up(program, 2)
    at_x = lab.load("127.0.0.1:%d" % lab.port("x"), clients=2)
    at_y = lab.load("127.0.0.1:%d" % lab.port("y"), clients=2)
    good = read(lab.path("services.yaml"))

    moved_in_vain(lab, manager, good)
    removed_in_vain(lab, manager, good)
    swapped_in_vain(lab, manager, good)
    renamed_in_vain(lab, manager, good)
    alone(lab, manager, good)
    stopped_receiver(lab, manager, good)
    manager = killed_in_the_middle(lab, manager, good)
    for load in (at_x, at_y):
        nothing_lost(load.finish())

    moved(lab, manager)
    swapped(lab, manager)
    renamed(lab, manager)
    renamed_by_hand(lab, manager)
    timed(lab, manager)


def who(lab, name):
    return get("127.0.0.1:%d" % lab.port(name))["version"][0]


def definition(lab, name, ports, broken=""):
    sockets = ", ".join('{ name: %s, tcp: "127.0.0.1:%d" }' % (port, lab.port(port)) for port in ports)
    return lab.render(
        '  %s:\n    command: [python3, -IS, "@LIB@/worker.py"]\n    env: { NAME: %s, VERSION: %s2, BROKEN: "%s" }\n' % (name, name, name, broken)
        + "    workers: 2\n    bind: [%s]\n    ack: { mode: manual, timeout: %s }\n    rollout: { retries: 1 }\n" % (sockets, "1s" if broken else "15s")
    )


def file(lab, *definitions):
    lab.write("services.yaml", "programs:\n" + "".join(definitions))


def in_vain(lab, manager, good, *said):
    """A reload that fails: the workers that were there are there, and the file is put back."""
    before = manager.worker_pids()
    result = manager.ctl("reload", code=FAILED)
    for words in said:
        check(words in result.text, lambda: "no %r in %s" % (words, result))
    wait_for(lambda: manager.worker_pids() == before, "the workers that were there, and no others")
    same(who(lab, "x"), "a", "who serves x")
    same(who(lab, "y"), "b", "who serves y")
    lab.write("services.yaml", good)
    manager.ctl("plan")
    manager.ctl("reload")
    same(manager.worker_pids(), before, "workers when the file is as it was")


def moved_in_vain(lab, manager, good):
    file(lab, definition(lab, "a", []), definition(lab, "b", "yx", "noack"))
    plan = manager.ctl("plan", code=CHANGES)
    check("gives 127.0.0.1:%d to b when b serves" % lab.port("x") in plan.text, lambda: str(plan))
    in_vain(lab, manager, good, "b: failed, old version kept", "a: stays as it is: b, which was to take over 127.0.0.1:%d" % lab.port("x"))
    manager.wait_until_said("stays as it is: b, which was to take over")


def removed_in_vain(lab, manager, good):
    file(lab, definition(lab, "b", "yx", "exit"))
    in_vain(lab, manager, good, "a: stays as it is: b")


def swapped_in_vain(lab, manager, good):
    for broken in ("ab", "ba"):
        brokens = {broken[0]: "noack", broken[1]: ""}
        file(lab, definition(lab, "a", "y", brokens["a"]), definition(lab, "b", "x", brokens["b"]))
        in_vain(lab, manager, good, "%s: stays as it is: %s" % (broken[1], broken[0]))


def renamed_in_vain(lab, manager, good):
    www = definition(lab, "www", "x").replace('[python3, -IS, "%s/worker.py"]' % lab.lib, "[/bin/false]")
    file(lab, www, good[good.index("  b:\n"):])
    plan = manager.ctl("plan", code=CHANGES)
    check("renamed a -> www" in plan.text, lambda: str(plan))
    in_vain(lab, manager, good, "a: stays as it is: www", "www: did not come up")
    check("www" not in manager.status(), "the program that did not come up is still there")


def alone(lab, manager, good):
    file(lab, definition(lab, "a", []), definition(lab, "b", "yx"))
    before = manager.worker_pids()
    result = manager.ctl("reload", "a", code=FAILED)
    check("reload a b" in result.text and "nothing was changed" in result.text, lambda: str(result))
    same(manager.worker_pids(), before, "workers")
    lab.write("services.yaml", good)


def stopped_receiver(lab, manager, good):
    extra = definition(lab, "c", [])
    lab.write("services.yaml", good + extra)
    manager.ctl("reload")
    manager.ctl("stop", "c")
    before = manager.worker_pids()
    file(lab, definition(lab, "a", []), good[good.index("  b:\n"):], definition(lab, "c", "x"))
    result = manager.ctl("reload", code=FAILED)
    check("a: stays as it is: c, which was to take over 127.0.0.1:%d from a, is stopped" % lab.port("x") in result.text, lambda: str(result))
    same(manager.worker_pids(), before, "workers")
    result = manager.ctl("start", "c")
    check("c: 127.0.0.1:%d is served by a as well until that is reloaded: reload a" % lab.port("x") in result.text, lambda: str(result))
    manager.ctl("stop", "c")
    lab.write("services.yaml", good)
    manager.ctl("reload")


def killed_in_the_middle(lab, manager, good):
    """Who had the socket has it, whatever becomes of the manager that hands it over."""
    before = manager.worker_pids()
    slow = definition(lab, "b", "yx").replace('worker.py"]', 'worker.py", boot=60]').replace("timeout: 15s", "timeout: 90s")
    file(lab, definition(lab, "a", []), slow)
    manager.ctl("reload", "--no-wait")
    wait_for(lambda: len(manager.worker_pids()) > len(before), "the first new worker")
    manager.ctl("reexec")
    same(who(lab, "x"), "a", "who serves x after a reexec")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start(socket_path=manager.socket)
    same(who(lab, "x"), "a", "who serves x after another manager came")
    lab.write("services.yaml", good)
    manager.ctl("reload")
    same({worker["pid"] for program in "ab" for worker in manager.status()[program]["workers"]}, before, "the workers that were there")
    return manager


def moved(lab, manager):
    file(lab, definition(lab, "a", []), definition(lab, "b", "yx"))
    manager.ctl("reload")
    same((who(lab, "x"), who(lab, "y")), ("b", "b"), "who serves")
    manager.ctl("plan")


def swapped(lab, manager):
    file(lab, definition(lab, "a", "x"), definition(lab, "b", "y"))
    manager.ctl("reload")
    same((who(lab, "x"), who(lab, "y")), ("a", "b"), "who serves when x is back")
    file(lab, definition(lab, "a", "y"), definition(lab, "b", "x"))
    plan = manager.ctl("plan", code=CHANGES)
    check("exchanges sockets with others" in plan.text, lambda: str(plan))
    manager.ctl("reload")
    same((who(lab, "x"), who(lab, "y")), ("b", "a"), "who serves after an exchange")
    manager.ctl("plan")


def renamed(lab, manager):
    """The name that is left goes to another program at once."""
    file(lab, definition(lab, "n", "y"), definition(lab, "b", "x"), definition(lab, "a", ["z"]))
    manager.ctl("reload")
    same([who(lab, name) for name in "xyz"], ["b", "n", "a"], "who serves")
    file(lab, definition(lab, "m", "y"), definition(lab, "c", "x"), definition(lab, "a", ["z"]))
    manager.ctl("reload", "c")
    same(sorted(manager.status()), ["a", "c", "n"], "programs when one was named by its new name")
    manager.ctl("reload")
    same([who(lab, name) for name in "xyz"], ["c", "m", "a"], "who serves after two renames")
    same(sorted(manager.status()), ["a", "c", "m"], "programs")
    manager.ctl("plan")


def renamed_by_hand(lab, manager):
    """What was scaled and stopped by hand stays so under another name, and it is said."""

    def named(c, a):
        file(lab, definition(lab, "m", "y"), definition(lab, c, "x"), definition(lab, a, ["z"]))

    manager.ctl("scale", "c", "3")
    manager.ctl("stop", "c:0")
    manager.ctl("stop", "a")
    named("d", "e")
    plan = manager.ctl("plan", code=CHANGES).text
    check("+ e: new, 0 workers are started" in plan and "is stopped, as a was, and stays so" in plan, lambda: plan)
    result = manager.ctl("reload")
    check("d: stays as c was set by hand: workers 3 (file: 2); slot 0 stopped by the operator" in result.text, lambda: str(result))
    programs = manager.status()
    same([(programs[name]["state"], programs[name]["ready"]) for name in "de"], [("running", 2), ("stopped", 0)], "what runs under the new names")
    manager.ctl("plan")
    named("c", "a")
    manager.ctl("reload", "--reset")
    programs = manager.status()
    same([programs[name]["ready"] for name in "ca"], [2, 2], "workers when what was set by hand is forgotten")


def timed(lab, manager):
    """The one that gives comes first in the file, and nothing but time passes: it is told when the other's time is over."""

    def timer(name, ports):
        return definition(lab, name, ports).replace("mode: manual, timeout: 15s", "timer: 300ms").replace("retries: 1", "probation: 0s, rollback-within: 0")

    file(lab, timer("a", []), timer("m", "yz"), definition(lab, "c", "x"))
    result = manager.ctl("reload", "--timeout", "20s")
    check("a: rolled to generation" in result.text, lambda: str(result))
    same([who(lab, name) for name in "xyz"], ["c", "m", "m"], "who serves after a move that time alone decides")
