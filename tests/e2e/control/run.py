# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's commands: each does its work, to that program or slot alone, and its exit status tells the truth."""

import os
import socket
import stat

from lab import (
    BIN,
    CTL,
    DONE,
    FAILED,
    INVALID,
    NO_MANAGER,
    NOT_ALLOWED,
    TIMED_OUT,
    USAGE,
    answers,
    check,
    programs_in,
    same,
    wait_for,
)


def run(lab):
    lab.config()
    os.mkdir(lab.path("not"), 0o755)
    where = lab.path("not", "there", "c.sock")
    manager = lab.start(socket_path=where)
    for name, count in (("a", 2), ("b", 1), ("slow", 1)):
        manager.wait_until_up(name, count)
    same(oct(stat.S_IMODE(os.stat(os.path.dirname(where)).st_mode)), oct(0o700), "mode of the directory that we made")
    same(oct(stat.S_IMODE(os.stat(where).st_mode)), oct(0o640), "mode of the control socket")

    b = manager.worker_pids("b")
    statuses(lab, manager)
    programs(manager)
    slots(lab, manager)
    json_everywhere(manager)
    not_waiting(manager)
    usage(lab, manager)
    same(manager.worker_pids("b"), b, "workers of the program that no command named")
    live_socket(lab, manager)
    manager.ctl("die")
    same(manager.wait(), 0, "exit status after die")
    check(not os.path.exists(where), "the control socket is still there")
    manager.ctl("status", code=NO_MANAGER)
    stale_socket(lab)


def statuses(lab, manager):
    """Exit statuses 1, 3, 4, 5 and 6, and that a plain error is on stderr."""
    manager.ctl("scale", "hung", "1", "--timeout", "1s", code=TIMED_OUT)
    manager.ctl("scale", "hung", "0")
    result = lab.command(CTL, "-d", lab.path("nobody.sock"), "status")
    same(result.code, NO_MANAGER, "exit status without a manager")
    check("nobody.sock" in result.err and not result.out, lambda: "no word on stderr: %s" % result)
    for arguments, code in ((("services.yaml",), DONE), (("bad.yaml",), INVALID)):
        lab.write("bad.yaml", "programs:\n  web: { comand: x }\n")
        result = lab.command(BIN, "check", *arguments)
        same(result.code, code, "exit status of `check %s` (%s)" % (arguments[0], result))
    check("bad.yaml:2:10:" in result.text, lambda: "no place in %s" % result)
    if os.getuid() == 0:
        result = lab.command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", CTL, "-d", manager.socket, "status")
        same(result.code, NOT_ALLOWED, "exit status for another user (%s)" % result)


def programs(manager):
    """stop, start, restart, inc, dec, scale and upgrade of one program."""
    address = "127.0.0.1:%d" % manager.lab.port()
    before = manager.worker_pids("a")
    manager.ctl("stop", "a")
    same(manager.worker_pids("a"), set(), "workers of a stopped program")
    same(manager.status()["a"]["state"], "stopped", "state of a stopped program")
    manager.ctl("stop", "a")  # is so already
    manager.ctl("start", "a")
    started = manager.worker_pids("a")
    same(len(started), 2, "workers after start")
    check(answers(address), "start returned before the program answers")
    manager.ctl("start", "a")
    same(manager.worker_pids("a"), started, "workers after a second start")
    check(not before & started, "a stopped worker is back")
    manager.ctl("restart", "a")
    restarted = manager.worker_pids("a")
    check(len(restarted) == 2 and not restarted & started, lambda: "restart: %s, before %s" % (restarted, started))
    manager.ctl("inc", "a")
    manager.wait_for_workers(3, "a")
    check(restarted < manager.worker_pids("a"), "inc replaced workers")
    manager.ctl("dec", "a")
    manager.wait_for_workers(2, "a")
    manager.ctl("scale", "a", "4")
    manager.wait_for_workers(4, "a")
    manager.ctl("scale", "a", "2")
    kept = {worker.pid for worker in manager.wait_for_workers(2, "a")}
    manager.ctl("upgrade", "a")
    wait_for(lambda: not kept & manager.worker_pids("a"), "upgrade replaces all workers")
    manager.wait_for_workers(2, "a")
    manager.wait_until_up("a", 2)


def slots(lab, manager):
    """PROGRAM:SLOT is about that slot alone."""
    before = {worker.slot: worker.pid for worker in manager.wait_for_workers(2, "a")}
    manager.ctl("restart", "a:1")
    after = {worker.slot: worker.pid for worker in manager.wait_for_workers(2, "a")}
    same(after[0], before[0], "pid of slot 0 after restart a:1")
    check(after[1] != before[1], "slot 1 was not restarted")
    manager.ctl("signal", "USR1", "a:0")
    wait_for(lambda: [fact for fact in lab.facts("signal-USR1") if fact.pid == after[0]], "the signal arrives in slot 0")
    manager.ctl("signal", "WINCH", "a")
    for pid in after.values():
        wait_for(lambda: [fact for fact in lab.facts("signal-WINCH") if fact.pid == pid], "the signal arrives in each slot")
    same({fact.pid for fact in lab.facts("signal-USR1")}, {after[0]}, "workers that got USR1")
    same({fact.pid for fact in lab.facts("signal-WINCH")}, set(after.values()), "workers that got WINCH")


def json_everywhere(manager):
    status = programs_in(manager.ctl("status", "--json").json())
    same(sorted(status), ["a", "b", "hung", "slow"], "programs in the JSON of status")
    shown = programs_in(manager.ctl("show", "a", "--json").json())
    same(sorted(worker["pid"] for worker in shown["a"]["workers"]), sorted(manager.worker_pids("a")), "pids in the JSON of show")
    old = shown["a"]["generation"]
    [outcome] = manager.ctl("upgrade", "a", "--json").json()["data"]["outcomes"]
    same((outcome["program"], outcome["result"], outcome["from"], outcome["to"]), ("a", "done", old, old + 1), "outcome as data")
    check(outcome["took_ms"] > 0 and "failed_slot" not in outcome, outcome)
    for arguments, code in (
        (("signal", "USR1", "a:0"), DONE),
        (("stop", "no-such-program"), None),
        (("version",), DONE),
    ):
        result = manager.ctl(*arguments, "--json", code=code)
        check(isinstance(result.json(), dict), lambda: "no JSON object: %s" % result)


def not_waiting(manager):
    """--no-wait returns when it has begun: the slow program's old worker is still the only one up then."""
    before = manager.worker_pids("slow")
    manager.ctl("upgrade", "slow", "--no-wait")
    same(manager.ready_pids("slow"), sorted(before), "workers up when --no-wait returns")
    wait_for(lambda: len(manager.worker_pids("slow") - before) == 1, "the rollout goes on")
    wait_for(lambda: not before & manager.worker_pids("slow"), "the rollout comes to its end")
    manager.wait_until_up("slow", 1)
    waited = manager.ctl("upgrade", "slow")
    check(waited.seconds >= 2, lambda: "upgrade returned after %.1f s, before the new worker could be up" % waited.seconds)


def usage(lab, manager):
    for arguments in (("frobnicate",), ("scale", "a"), ("scale", "a", "many"), ("status", "--frobnicate"), ("signal", "NOPE", "a")):
        result = manager.ctl(*arguments, code=USAGE)
        check(result.err and not result.out, lambda: "usage errors belong on stderr: %s" % result)
    for arguments in (("stop", "no-such-program"), ("restart", "a:77")):
        result = manager.ctl(*arguments, code=None)
        check(result.code in (FAILED, USAGE), lambda: "expected an exit status of 1 or 2: %s" % result)
        check(arguments[1].split(":")[0] in result.text, lambda: "not named: %s" % result)
    result = lab.command(BIN, "--frobnicate")
    same(result.code, USAGE, "exit status of the manager with an unknown option (%s)" % result)


def live_socket(lab, manager):
    """A second manager on the same control socket says who has it, and does not disturb the first."""
    lab.config("second.yaml")
    second = lab.launch("second.yaml", socket_path=manager.socket)
    code = second.wait(30)
    check(code not in (0, None), "the second manager ended with status 0")
    text = second.stderr()
    check(manager.socket in text and str(manager.pid) in text, lambda: "it does not say who has the socket: %s" % text)
    check(manager.running(), "the first manager is gone")
    manager.ctl("status")
    same([fact for fact in lab.facts("boot") if fact.version == "z"], [], "workers of the second manager")


def stale_socket(lab):
    """What a dead manager left is replaced."""
    directory = lab.path("stale")
    os.mkdir(directory, 0o700)
    path = os.path.join(directory, "c.sock")
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.listen(1)
    left.close()
    manager = lab.start("second.yaml", socket_path=path)
    manager.wait_until_up("z", 1)
    same(oct(stat.S_IMODE(os.stat(path).st_mode)), oct(0o600), "default mode of the control socket")
