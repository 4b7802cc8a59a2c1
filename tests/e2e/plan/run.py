# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan says what reload would do and does nothing; a reload is all or nothing, and can be on trial."""

import os

from lab import DONE, FAILED, INVALID, answers, check, environment_of, get, nothing_lost, read, same, wait_for

CHANGES = 10


def run(lab):
    lab.config()
    manager = lab.start()
    for program, count in (("web", 2), ("any", 1), ("other", 1)):
        manager.wait_until_up(program, count)
    load = lab.load()

    nothing_to_do(manager)
    says_and_does(lab, manager)
    renamed(lab, manager)
    all_or_nothing(lab, manager)
    on_trial(lab, manager)
    confirmed(lab, manager)
    settings(lab, manager)
    on_trial_without_a_manager(lab, manager)

    nothing_lost(load.finish())


def socket(manager, program, fd=3):
    return os.readlink("/proc/%d/fd/%d" % (manager.workers(program)[0].pid, fd))


def plan(manager, *arguments, code=CHANGES):
    return manager.ctl("--json", "plan", *arguments, code=code).json()["data"]


def words(found):
    return {program["name"]: program["change"] for program in found["programs"]}


def nothing_to_do(manager):
    result = manager.ctl("plan")
    check("nothing to do: 3 unchanged" in result.text, lambda: str(result))
    same(words(plan(manager, code=DONE)), dict.fromkeys(("web", "any", "other"), "unchanged"), "the plan")
    same(words(plan(manager, "web")), {"web": "rolled"}, "the plan of a program that is named")
    manager.ctl("plan", "nobody", code=2)


def says_and_does(lab, manager):
    before, journal = manager.worker_pids(), manager.ctl("show").text
    lab.edit("services.yaml", "NAME: web, VERSION: w1 }\n    workers: 2", "NAME: web, VERSION: w2, TOKEN: s3cret }\n    workers: 3")
    lab.edit("services.yaml", "VERSION: o1 }", "VERSION: o1 }\n    stop: { signal: TERM, timeout: 9s }")
    more = '  more:\n    command: [python3, -IS, "@LIB@/worker.py"]\n    env: { NAME: more, VERSION: m1 }\n'
    more += '    bind: [{ name: http, tcp: "127.0.0.1:@PORT_more@" }]\n    ack: { mode: manual }\n'
    lab.write("services.yaml", read(lab.path("services.yaml")) + lab.render(more))
    result = manager.ctl("plan", code=CHANGES)
    for line in (
        "* web: is rolled",
        "    env.TOKEN: (not set) -> (hidden)",
        "    env.VERSION: (hidden) -> (hidden)",
        "    workers: 2 -> 3",
        "~ other: changes in place",
        "    stop: {signal: TERM, timeout: 30s, then: [KILL], to: process} -> {signal: TERM, timeout: 9s, then: [KILL], to: process}",
        "+ more: new, 1 worker is started",
        "+ socket 127.0.0.1:%d opened: more/http" % lab.port("more"),
        "1 added, 1 unchanged, 1 in-place, 1 rolled, 3 sockets kept, 1 socket opened",
    ):
        check(line in result.text, lambda: "no %r in %s" % (line, result))
    check("s3cret" not in result.text, lambda: "a secret is shown: %s" % result)
    found = plan(manager)
    check("s3cret" not in str(found), lambda: "a secret is shown: %s" % found)
    same(words(found), {"web": "rolled", "any": "unchanged", "other": "in-place", "more": "added"}, "the plan")

    same(manager.worker_pids(), before, "workers after a plan")
    same(answers("127.0.0.1:%d" % lab.port("more")), None, "who answers at a socket that is only planned")

    old = {name: manager.worker_pids(name) for name in ("web", "any", "other")}
    manager.ctl("reload")
    check(not old["web"] & manager.worker_pids("web"), "old workers of a program that was to be rolled remain")
    same({name: manager.worker_pids(name) for name in ("any", "other")}, {name: old[name] for name in ("any", "other")}, "the rest")
    same(len(manager.wait_for_workers(3, "web", version="w2")), 3, "workers of web")
    same(get("127.0.0.1:%d" % lab.port("more"))["version"], "m1", "the new program answers")
    plan(manager, code=DONE)


def renamed(lab, manager):
    """A program, a socket, a socket whose port the kernel chose, and one that goes to another program."""
    web, first = socket(manager, "web"), socket(manager, "any")
    address = manager.status()["any"]["sockets"][0]["address"]
    lab.edit("services.yaml", "  web:\n", "  www:\n")
    lab.edit("services.yaml", "NAME: web,", "NAME: www,")
    lab.edit("services.yaml", "name: first", "name: second")
    found = plan(manager)
    same(words(found), {"www": "added", "any": "rolled", "other": "unchanged", "more": "unchanged", "web": "removed"}, "the plan")
    kept = {(socket["from"], socket["to"]) for socket in found["sockets"] if socket["change"] == "kept"}
    check({("web/http", "www/http"), ("any/first", "any/second")} <= kept, lambda: "kept: %s" % kept)
    manager.ctl("reload")
    same(socket(manager, "www"), web, "the socket of a renamed program")
    same(socket(manager, "any"), first, "the renamed socket whose port the kernel chose")
    same(manager.status()["any"]["sockets"][0], {"name": "second", "address": address}, "what status says of it")
    manager.wait_for_workers(0, "web")

    other = socket(manager, "other")
    bind = '    bind: [{ name: http, tcp: "127.0.0.1:%d" }]\n' % lab.port("other")
    lab.edit("services.yaml", bind, "")
    lab.edit("services.yaml", 'tcp: "127.0.0.1:0" }', 'tcp: "127.0.0.1:0" }, { name: moved, tcp: "127.0.0.1:%d" }' % lab.port("other"))
    manager.ctl("reload")
    same(socket(manager, "any", 4), other, "the socket that another program has now")
    plan(manager, code=DONE)


def all_or_nothing(lab, manager):
    good, before = read(lab.path("services.yaml")), manager.worker_pids()
    free = "127.0.0.1:%d" % lab.port("free")
    lab.edit("services.yaml", "VERSION: w2", "VERSION: w3")
    lab.edit("services.yaml", 'name: second, ', 'name: free, tcp: "%s" }, { name: second, ' % free)

    def refused(why, *arguments, planned=True):
        for command in (("plan",) + arguments, ("reload",) + arguments)[0 if planned else 1:]:
            result = manager.ctl(*command, code=FAILED)
            check(why in result.text, lambda: "no %r in %s" % (why, result))
        check("nothing was changed" in result.text, lambda: str(result))
        same(manager.worker_pids(), before, "workers after a reload that was refused")
        same(answers(free), None, "who answers at a socket of a reload that was refused")

    with_new = read(lab.path("services.yaml"))
    for program, why in (
        ("command: ./missing", "'new': command ./missing: "),
        ("command: no-such-program-anywhere", "'new': command no-such-program-anywhere: "),
        ("command: /bin/true\n    directory: /nonexistent", "'new': directory /nonexistent: "),
    ):
        lab.write("services.yaml", with_new + "  new:\n    %s\n" % program)
        refused(why)
    lab.write("services.yaml", with_new + "  new:\n    command: /bin/true\n    bind: unix:/nonexistent/x\n")
    refused("cannot bind socket", planned=False)
    lab.write("services.yaml", with_new + '  new:\n    command: /bin/true\n    user: "65533"\n    group: nobody-has-this-name\n')
    manager.ctl("plan", code=INVALID)

    wide = with_new.replace("127.0.0.1:%d" % lab.port(), "0.0.0.0:%d" % lab.port())
    lab.write("services.yaml", wide)
    refused("we hold 127.0.0.1:%d ourselves, socket 'http' of 'www'" % lab.port())
    lab.write("services.yaml", good)
    plan(manager, code=DONE)


def on_trial(lab, manager):
    good = read(lab.path("services.yaml"))
    www, more = socket(manager, "www"), socket(manager, "more")
    same_ones = manager.worker_pids("other")
    lab.edit("services.yaml", "VERSION: w2", "VERSION: w4")
    lab.write("services.yaml", read(lab.path("services.yaml")).split("  more:\n")[0])
    manager.ctl("reload", "--confirm", "0s", code=2)
    result = manager.ctl("reload", "--confirm", "5s")
    check("goes back in 5s unless confirmed" in result.text, lambda: str(result))
    left = manager.ctl("--json", "status").json()["data"].get("confirm_ms", -1)
    check(0 <= left <= 5000, lambda: "confirm_ms: %s" % left)
    check("unless it is confirmed" in manager.ctl("status").text, "status does not tell")
    refused = manager.ctl("reload", code=FAILED)
    check("waits to be confirmed" in refused.text, lambda: str(refused))
    wait_for(lambda: "was not confirmed in time" in manager.stderr(), "it goes back")
    manager.wait_for_workers(3, "www", version="w2")
    manager.wait_for_workers(1, "more")
    same((socket(manager, "www"), socket(manager, "more")), (www, more), "sockets after it went back")
    same(manager.worker_pids("other"), same_ones, "workers of a program that never changed")
    manager.wait_until_up("www", 3)
    wait_for(lambda: "generation" in manager.status()["www"]["rollout"], "rolled back")
    manager.ctl("confirm", code=FAILED)
    plan(manager)  # the file still says the other thing
    lab.write("services.yaml", good)
    wait_for(lambda: manager.ctl("plan", code=None).code == DONE, "all is as before")


def confirmed(lab, manager):
    lab.edit("services.yaml", "VERSION: w2", "VERSION: w5")
    lab.write("services.yaml", read(lab.path("services.yaml")).split("  more:\n")[0])
    manager.ctl("reload", "--confirm", "30s")
    manager.send("HUP")
    wait_for(lambda: "cannot reload" in manager.stderr() and "waits to be confirmed" in manager.stderr(), "HUP is refused")
    same(answers("127.0.0.1:%d" % lab.port("more")), None, "nobody answers for a program that is gone")
    lab.edit("services.yaml", "VERSION: w5", "VERSION: w6")
    manager.ctl("reload", "--confirm", "30s")
    manager.ctl("confirm")
    check("confirm_ms" not in manager.ctl("--json", "status").json()["data"], "status still waits")
    manager.wait_for_workers(3, "www", version="w6")
    plan(manager, code=DONE)
    manager.ctl("reload")


def settings(lab, manager):
    """What is no program's: what a reload takes over, and what only another manager would."""
    good = read(lab.path("services.yaml"))
    page = "127.0.0.1:%d" % lab.port("page")
    new = 'control: { socket: other.sock, mode: "0660" }\nlog: { level: debug }\nhttp: { bind: "%s" }\n' % page
    lab.write("services.yaml", new + "state-dir: elsewhere\n" + good)
    changed = {
        'control.mode: "0600" -> "0660"',
        "log.level: info -> debug",
        'http.bind: (not set) -> {tcp: "%s"}' % page,
    }
    waiting = "state-dir: (not set) -> %s" % lab.path("elsewhere")
    at_start = "takes effect when the manager is stopped and started again, not by a reexec"

    text = manager.ctl("plan", code=CHANGES).text
    for line in changed:
        check("~ " + line in text, lambda: "no %r in %s" % (line, text))
    check("%s\n    (%s)" % (waiting, at_start) in text and "3 settings changed" in text, lambda: text)
    check("control.socket" not in text, lambda: "the option -d wins, and yet: %s" % text)
    found = {setting["key"]: setting["at_start"] for setting in plan(manager)["settings"]}
    same(found, {"control.mode": False, "log.level": False, "http.bind": False, "state-dir": True}, "settings of the plan")
    same(plan(manager, "www")["settings"], [], "settings of the plan of one program")
    same(answers(page), None, "who answers at a page that is only planned")

    manager.ctl("reload", "--confirm", "4s")
    check(answers(page) is not None, "nobody answers at the page")
    wait_for(lambda: answers(page) is None, "a reload of nothing but settings goes back")

    result = manager.ctl("reload")
    for line in changed | {waiting + "; " + at_start}:
        check(line in result.text, lambda: "no %r in %s" % (line, result))
    for _ in range(2):
        text = manager.ctl("plan", code=DONE).text
        check(waiting in text and "nothing to do" in text, lambda: text)
        manager.ctl("reexec")
    check(not os.path.exists(lab.path("elsewhere")), "a state directory that was to wait is used")
    manager.ctl("quieter")
    check("~ log.level: info -> debug" in manager.ctl("plan", code=CHANGES).text, "what a reload does to the log is not said")
    lab.write("services.yaml", good)
    manager.ctl("reload")
    same(plan(manager, code=DONE)["settings"], [], "settings that change when all is as the file says")


def on_trial_without_a_manager(lab, manager):
    """A re-exec, a kill -9 and another manager: what was not confirmed goes back, what was confirmed stays."""
    good = read(lab.path("services.yaml"))
    lab.edit("services.yaml", "VERSION: w6", "VERSION: w7")
    manager.ctl("reload", "--confirm", "20s")
    manager.ctl("reexec")
    left = manager.ctl("--json", "status").json()["data"].get("confirm_ms", -1)
    check(0 <= left <= 20000, lambda: "confirm_ms after reexec: %s" % left)
    manager.process.kill()
    manager.process.wait()
    again = lab.start(socket_path=manager.socket)
    later = again.ctl("--json", "status").json()["data"].get("confirm_ms", -1)
    check(0 <= later < left, lambda: "confirm_ms after a kill: %s" % later)
    adopted(again, "w7")
    wait_for(lambda: "was not confirmed in time" in again.stderr(), "it goes back", 40)
    adopted(again, "w6")
    again.ctl("reload", "--confirm", "1m")
    again.ctl("confirm")
    again.process.kill()
    again.process.wait()
    last = lab.start(socket_path=manager.socket)
    check("confirm_ms" not in last.ctl("--json", "status").json()["data"], "it waits for what was confirmed")
    adopted(last, "w7")
    lab.write("services.yaml", good)
    last.ctl("reload")


def adopted(manager, version):
    """Workers that were taken over are no children of the manager."""

    def settled():
        return [environment_of(pid).get("VERSION") for pid in manager.pids_of("www")] == [version] * 3

    wait_for(settled, "three workers of version " + version)
