# SPDX-License-Identifier: GPL-3.0-or-later
"""Order: programs start when those before them are up and stop before them; what was set by hand outlives the manager."""

import json
import os

from lab import FAILED, LIB, check, programs_in, same, wait_for

ORDER = {"api": ["db"], "web": ["api", "cache"]}

# db: a worker that begins only when nobody holds it
HELD = """
import os, sys, time
while os.path.exists("%s"):
    time.sleep(0.01)
os.execv(sys.executable, [sys.executable, "-IS", "%s"] + sys.argv[1:])
"""


def run(lab):
    lab.write("db.py", HELD % (lab.path("hold"), os.path.join(LIB, "worker.py")))
    lab.config()
    manager = lab.start()
    for name, count in (("web", 2), ("api", 1), ("cache", 1), ("db", 1), ("idle", 4)):
        manager.wait_until_up(name, count)
    in_order(lab, 0)
    graph(manager)
    restart_touches_nobody(manager)
    stop_and_start(lab, manager)
    restart_in_order(lab, manager)
    failed_start(lab, manager)
    failed_restart(lab, manager)
    removed_and_added(lab, manager)
    by_hand(lab, manager)


def in_order(lab, since):
    """Nobody boots before all of those that it comes after are ready."""
    facts = [fact for fact in lab.facts() if fact.at > since]
    for name, others in ORDER.items():
        boots = [fact.at for fact in facts if fact.what == "boot" and fact.version == name]
        for other in others:
            ready = [fact.at for fact in facts if fact.what == "ready" and fact.version == other]
            if boots and ready:
                check(min(boots) >= ready[0], lambda: "%s booted before %s was ready" % (name, other))


def in_reverse(lab, since):
    """Nobody is told to go before all that come after it have gone."""
    facts = [fact for fact in lab.facts() if fact.at > since]
    for name, others in ORDER.items():
        gone = [fact.at for fact in facts if fact.what == "exit" and fact.version == name]
        check(gone, lambda: "%s did not go: %s" % (name, facts))
        for other in others:
            told = [fact.at for fact in facts if fact.what == "told" and fact.version == other]
            check(told and min(told) >= max(gone), lambda: "%s was told to go before %s had gone" % (other, name))


def last(lab):
    return max(fact.at for fact in lab.facts())


def graph(manager):
    text = manager.ctl("show", "--graph").text
    names = [line.split("  ")[0].rstrip() for line in text.splitlines()[1:] if line]
    check(any(line.startswith("`- api") for line in text.splitlines()), lambda: "api is not below db:\n" + text)
    check(any(line.startswith("   `- web") for line in text.splitlines()), lambda: "web is not below api:\n" + text)
    check("also after cache" in text, lambda: "the other one is not named:\n" + text)
    check("db" in names and "idle" in names, lambda: "not at the margin:\n" + text)
    data = manager.ctl("show", "--graph", "--json").json()
    after = {name: program.get("after", []) for name, program in programs_in(data).items()}
    same(after, {"web": ["api", "cache"], "api": ["db"], "cache": [], "db": [], "idle": []}, "after, as JSON")


def restart_touches_nobody(manager):
    before = manager.worker_pids("web") | manager.worker_pids("api")
    manager.ctl("restart", "db")
    manager.ctl("upgrade", "db")
    same(manager.worker_pids("web") | manager.worker_pids("api"), before, "those after db when it is restarted")


def stop_and_start(lab, manager):
    since = last(lab)
    manager.ctl("stop", "all")
    in_reverse(lab, since)
    since = last(lab)
    manager.ctl("start")
    in_order(lab, since)
    for name, count in (("web", 2), ("api", 1), ("db", 1)):
        manager.wait_until_up(name, count)
    # an order and no more: one that is stopped is not waited for
    manager.ctl("stop", "db", "api")
    text = manager.ctl("start", "api").text
    check("without db" in text, lambda: "nobody says so: " + text)
    manager.ctl("start", "db")


def restart_in_order(lab, manager):
    """Nobody is told to go before those that it comes after are up again; independent ones are at once."""
    before = manager.worker_pids()
    since = last(lab)
    answer = manager.ctl("restart", "all").text
    check("web: restarts when those that it comes after are up again" in answer, lambda: answer)
    in_order(lab, since)
    facts = [fact for fact in lab.facts() if fact.at > since]
    first = {}
    for fact in facts:
        first.setdefault((fact.what, fact.version), fact.at)
    for name, others in ORDER.items():
        for other in others:
            check(first["told", name] >= first["ready", other], lambda: "%s went before %s was back: %s" % (name, other, facts))
    check(first["told", "idle"] <= first["ready", "db"], "a program that comes after nobody waited")
    check(not before & manager.worker_pids(), "old workers remain")


def failed_restart(lab, manager):
    """db does not come back: those after it run on, and are told of; the others are restarted."""
    manager.wait_until_up("web", 2)
    before = {name: manager.worker_pids(name) for name in ("web", "api", "cache", "idle")}
    os.rename(lab.path("db.py"), lab.path("away"))
    answer = manager.ctl("restart", "all", code=FAILED).text
    check("api: not restarted, since db has failed; it is left as it is" in answer, lambda: answer)
    check("web: not restarted, since api was not either; it is left as it is" in answer, lambda: answer)
    for name in ("web", "api"):
        same(manager.worker_pids(name), before[name], "workers of %s, after one that failed" % name)
    for name in ("cache", "idle"):
        check(not before[name] & manager.worker_pids(name), lambda: "old workers of %s remain" % name)
    os.rename(lab.path("away"), lab.path("db.py"))
    manager.ctl("restart", "db")
    # who is stopped while it waits for its turn is not restarted
    since = last(lab)
    lab.write("hold", "")
    sent = manager.ctl("--no-wait", "restart", "db", "api")
    manager.ctl("stop", "api")
    os.remove(lab.path("hold"))
    manager.wait_until_up("db", 1)
    same(manager.status()["api"]["state"], "stopped", "state of a program that was stopped before its turn: %s" % sent)
    check(not [fact for fact in lab.facts() if fact.at > since and (fact.what, fact.version) == ("boot", "api")], "api booted")
    manager.ctl("start", "api")


def failed_start(lab, manager):
    """db does not come up: api and web do not start, say so, and start when db is up at last; nobody is stopped."""
    manager.ctl("stop", "web", "api", "db")
    idle = manager.worker_pids("idle")
    lab.edit("services.yaml", "boot=0.3]", "broken=exit]")
    manager.ctl("reload")
    text = manager.ctl("start", code=FAILED).text
    check("api: does not start: db has failed" in text, lambda: text)
    check("web: does not start: waits for api, and db has failed" in text, lambda: text)
    for name in ("api", "web"):
        same(manager.status()[name]["state"], "waiting", "state of " + name)
    check("does not start" in manager.status()["web"]["note"], lambda: manager.status()["web"])
    same(manager.worker_pids("idle"), idle, "those that run")
    lab.edit("services.yaml", "broken=exit]", "boot=0.1]")
    since = last(lab)
    manager.ctl("reload")
    manager.wait_until_up("web", 2)
    in_order(lab, since)


def removed_and_added(lab, manager):
    text = open(lab.path("services.yaml")).read()
    start, end = text.index("  web:"), text.index("  cache:")
    lab.write("services.yaml", text[:start] + text[end : text.index("  db:")] + text[text.index("  idle:") :])
    since = last(lab)
    manager.ctl("reload")
    facts = [fact for fact in lab.facts() if fact.at > since]
    exits = [fact.version for fact in facts if fact.what == "exit"]
    same(exits, ["web", "web", "api", "db"], "the order in which removed programs go")
    since = last(lab)
    lab.write("services.yaml", text)
    manager.ctl("reload")
    manager.wait_until_up("web", 2)
    in_order(lab, since)


def by_hand(lab, manager):
    """Stopped, scaled and held by hand: so it stays over a reload and the next managers, until a reset."""
    manager.ctl("stop", "cache")
    manager.ctl("scale", "web", "3")
    manager.ctl("stop", "idle:1", "idle:2")
    text = open(lab.path("services.yaml")).read()
    lab.write("services.yaml", text.replace("workers: 2", "workers: 4"))
    answer = manager.ctl("reload").text
    check("workers 3 (file: 4)" in answer, lambda: answer)
    kept(manager)
    file = lab.path("state", "intent.json")
    check(json.load(open(file))["programs"]["cache"] == {"stopped": True}, lambda: open(file).read())

    since = last(lab)
    manager.stop("INT")
    gone = [fact.version for fact in lab.facts("exit") if fact.at > since]
    check(gone.index("db") > gone.index("api"), lambda: "INT stops in the wrong order: %s" % gone)
    manager = again(lab, web=3, idle=2)
    kept(manager)
    check("stopped by the operator; file: runs" in manager.ctl("status").text, lambda: manager.ctl("status").text)
    manager.stop("TERM")

    with open(file, "r+") as torn:
        torn.truncate(20)
    manager = again(lab, web=4, cache=1, idle=4)
    manager.wait_until_said("cannot be read")
    check(os.path.exists(file + ".set-aside") and not os.path.exists(file), "the torn file is not set aside")

    manager.ctl("stop", "cache")
    manager.ctl("scale", "web", "1")
    manager.ctl("reload", "--reset")
    manager.wait_until_up("cache", 1)
    manager.wait_until_up("web", 4)
    wait_for(lambda: not os.path.exists(file), "nothing is set by hand any more, and the file is gone")
    manager.stop("TERM")


def again(lab, **counts):
    manager = lab.start()
    for name, count in counts.items():
        manager.wait_until_up(name, count)
    return manager


def kept(manager):
    status = manager.status()
    same(status["cache"]["state"], "stopped", "cache")
    same(status["cache"]["intent"], {"stopped": True}, "intent of cache")
    same((status["web"]["ready"], status["web"]["intent"]), (3, {"workers": 3}), "web")
    same((status["idle"]["ready"], status["idle"]["intent"]), (2, {"held": [1, 2]}), "idle")
