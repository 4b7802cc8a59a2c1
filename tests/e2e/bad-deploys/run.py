# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions that end by themselves, under load: before any old worker goes, after their ack, and after their rollout."""

import re
import socket
import threading

from lab import FAILED, check, get, nothing_lost, same, wait_for

WORKERS = 4

# program: (seconds until the new version ends, seconds until its ack or None for no ack at all, how many old ones stay)
TRIED = {
    "early": (0.3, None, WORKERS),
    "soon": (1.5, None, WORKERS),
    "later": (4, None, WORKERS),
    "late": (7, None, WORKERS),
}
ACKED = {
    "acked": (2.5, 1, None),
    "after": (4, 0.1, None),
}


def run(lab):
    programs = {**TRIED, **ACKED}
    lab.write("services.yaml", "programs:\n" + "".join(program(lab, name, "worker.py") for name in programs))
    manager = lab.start(up=WORKERS * len(programs))
    for name in programs:
        manager.wait_until_up(name, WORKERS)
    before = {name: manager.worker_pids(name) for name in programs}
    loads = {name: lab.load("127.0.0.1:%d" % lab.port(name), clients=2, pause=20.0) for name in programs}
    lab.write("services.yaml", "programs:\n" + "".join(program(lab, name, "bad.py") for name in programs))
    elsewhere = moves(lab)
    plain = moves_plainly(lab)
    answers = reload_each(manager, programs)
    for name in TRIED:
        ends_on_trial(manager, name, answers[name], before[name])
        nothing_lost(loads[name].finish())
    ends_after_its_ack(manager, answers["acked"], before["acked"])
    nothing_lost(loads["acked"].finish())
    is_rolled_back(manager, answers["after"], before["after"])
    nothing_lost(loads["after"].finish())
    is_forgotten(lab, manager, programs)
    is_back_where_it_was(lab, elsewhere)
    wait_for(lambda: "rolled back to generation 1" in plain.status()["web"]["rollout"], "the older version is back")
    plain.wait_until_up("web", 1)
    check(get("127.0.0.1:%d" % lab.port("left")), "nobody answers where the older version is back")


def moves(lab):
    """Another manager, one of whose programs moves to other addresses, and another gets another name, each with a version
    that is up, and fails 15 s later."""
    one = "  %s:\n    command: [python3, -IS, %s]\n    env: { NAME: moved }\n    ack: { mode: manual }\n    bind: [%s]\n"

    def text(what, *addresses):
        return one % ("web", what, ", ".join(addresses))

    def other(name, what):
        return one % (name, what, '"127.0.0.1:@PORT_named@,r,n"')

    good = '"@LIB@/worker.py"'
    before = text(good, '"127.0.0.1:@PORT_old@,r,n"', '{ unix: "@DIR@/old.sock" }')
    lab.write("moved.yaml", lab.render("programs:\n" + before + other("shop", good)))
    manager = lab.start("moved.yaml", socket_path=lab.path("moved.ctl"))
    manager.wait_until_up("web", 1)
    bad = '"@ROOT@/tests/e2e/bad-deploys/bad.py", "15", "0.1"'
    after = text(bad, '"127.0.0.1:@PORT_new@,r,n"', '{ unix: "@DIR@/new.sock" }')
    lab.write("moved.yaml", lab.render("programs:\n" + after + other("store", bad)))
    manager.ctl("reload", "--confirm", "2m")
    check("unless it is confirmed" in manager.ctl("status").text, "status does not tell of the trial")
    manager.ctl("reexec")
    for address in (("127.0.0.1", lab.port("old")), lab.path("old.sock")):
        wait_for(lambda: not connects(address), "nobody waits for ever at %s, which was given up" % (address,))
    check("gave up" not in manager.stderr() and "rolled back" not in manager.stderr(), manager.tail)
    return manager


def moves_plainly(lab):
    """The same with one TCP address, and with the manager that has seen both versions: nothing else has it look for its sockets
    anew."""
    one = '  web:\n    command: [python3, -IS, %s]\n    env: { NAME: plain }\n    ack: { mode: manual }\n    bind: ["127.0.0.1:@PORT_%s@,r,n"]\n'
    lab.write("plain.yaml", lab.render("programs:\n" + one % ('"@LIB@/worker.py"', "left")))
    manager = lab.start("plain.yaml", socket_path=lab.path("plain.ctl"))
    manager.wait_until_up("web", 1)
    lab.write("plain.yaml", lab.render("programs:\n" + one % ('"@ROOT@/tests/e2e/bad-deploys/bad.py", "10", "0.1"', "reached")))
    manager.ctl("reload")
    wait_for(lambda: not connects(("127.0.0.1", lab.port("left"))), "the address that was given up refuses")
    return manager


def connects(address):
    with socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX) as client:
        client.settimeout(30)
        try:
            client.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True


def is_back_where_it_was(lab, manager):
    wait_for(lambda: "rolled back to generation 1" in manager.status()["web"]["rollout"], "the older version is back", 40.0)
    manager.wait_until_up("web", 1)
    wait_for(lambda: "rolled back to generation 1" in manager.status()["store"]["rollout"], "what had the other name is back", 30.0)
    manager.wait_until_up("store", 1)
    for address in ("127.0.0.1:%d" % lab.port("old"), lab.path("old.sock"), "127.0.0.1:%d" % lab.port("named")):
        check(get(address), "nobody answers at %s" % address)
    answer = manager.ctl("confirm", code=FAILED)
    for name in ("web", "store"):
        check(re.search(r"not confirmed, since it failed(.|\n)*\n%s: .*rolled back to generation 1" % name, answer.text), lambda: str(answer))
    check("unless it is confirmed" not in manager.ctl("status").text, "status awaits what is back already")
    answer = manager.ctl("confirm", code=FAILED)
    check("no reload waits to be confirmed" in answer.text, lambda: str(answer))


def program(lab, name, what):
    seconds, ack, _ = {**TRIED, **ACKED}[name]
    if what == "bad.py":
        words = '"@ROOT@/tests/e2e/bad-deploys/bad.py", "%g"' % seconds + ("" if ack is None else ', "%g"' % ack)
    else:
        words = '"@LIB@/worker.py", ack=%s' % ("none" if ack is None else "einhorn")
    return lab.render(
        "  %s:\n    command: [python3, -IS, %s]\n    env: { NAME: %s }\n    workers: %d\n" % (name, words, name, WORKERS)
        + '    bind: ["127.0.0.1:@PORT_%s@,r,n"]\n    stop: { signal: TERM, timeout: 15s }\n' % name
        + ("" if ack is None else "    ack: { mode: manual, timeout: 10s }\n")
        + ("    rollout: { max-surge: 4 }\n" if name == "after" else "")
    )


def reload_each(manager, programs):
    """All at once, a command for each program."""
    answers = {}

    def ask(name):
        answers[name] = manager.ctl("reload", name, code=None, within=120.0)

    threads = [threading.Thread(target=ask, args=(name,)) for name in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
    same(sorted(answers), sorted(programs), "programs whose reload was answered")
    return answers


def ends_on_trial(manager, name, answer, before):
    """No old worker is touched while the first new one is on trial."""
    same(answer.code, FAILED, "exit status of %s" % answer)
    check("failed, old version kept" in answer.text, lambda: "no verdict: %s" % answer)
    check("exit status 3; 4 of 4 old workers kept" in answer.text, lambda: "not all that it has to say: %s" % answer)
    same(manager.worker_pids(name), before, "workers of %s" % name)


def ends_after_its_ack(manager, answer, before):
    """It is found out in the middle: who is left of the old ones stays, the others are of the old version again."""
    same(answer.code, FAILED, "exit status of %s" % answer)
    told = re.search(r"(\d) of 4 old workers kept, (\d) w\w+ replaced and runs? the old version again", answer.text)
    check(told, lambda: "no true word of the old workers: %s" % answer)
    kept, replaced = int(told.group(1)), int(told.group(2))
    same(kept + replaced, WORKERS, "old workers in %s" % answer)
    check(kept >= 1 and replaced >= 1, lambda: "not in the middle: %s" % answer)
    serves_again(manager, "acked")
    same(len(manager.worker_pids("acked") & before), kept, "old workers that are still there")


def is_rolled_back(manager, answer, before):
    """All new ones were up at once; when most have ended, the version before comes back by itself."""
    if answer.code != FAILED:  # it may have waited for the last old one to go for so long
        check("rolled to generation 2" in answer.text, lambda: "another verdict: %s" % answer)
    words = r"generation 2 failed at \d\d:\d\d:\d\d \(exit status 3, [^)]*\), rolled back to generation 1"
    wait_for(lambda: re.search(words, manager.status()["after"]["rollout"]), "status says that it was rolled back", within=30.0)
    serves_again(manager, "after")
    same(len(manager.worker_pids("after") & before), 0, "workers from before the rollout")
    same(manager.status()["after"]["generation"], 1, "the generation that serves")


def serves_again(manager, name):
    def old():
        workers = manager.status()[name]["workers"]
        return len(workers) == WORKERS and all(w["state"] == "ready" and w["generation"] == 1 for w in workers)

    wait_for(old, "all workers of %s are of the old version" % name, within=30.0)


def is_forgotten(lab, manager, programs):
    """A reload of what serves has no failure to tell of; one of the bad version is told with its time."""
    check(re.search(r"failed at \d\d:\d\d:\d\d, old version kept", manager.status()["early"]["rollout"]), "no time in status")
    plan = manager.ctl("plan", code=10)
    check("early: failed before and is not tried again" in plan.text, lambda: "the plan would try again: %s" % plan)
    lab.write("services.yaml", "programs:\n" + "".join(program(lab, name, "worker.py") for name in programs))
    manager.ctl("reload")
    for name in programs:
        same(manager.status()[name]["rollout"], "", "what status says of the last rollout of %s" % name)
