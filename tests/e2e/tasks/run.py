# SPDX-License-Identifier: GPL-3.0-or-later
"""A migration runs before a rollout, once and to a true end, whoever is killed; jobs are done or have failed."""

import os
import signal
import sqlite3

from lab import FAILED, alive, check, nothing_lost, read, same, wait_for

# What it does stands in RUNS before it does it: one line for each run.
MIGRATE = """#!/usr/bin/python3 -I
import os, sqlite3, sys, time
with open(os.environ["RUNS"], "a") as runs:
    print(os.getpid(), os.getcwd(), os.environ["VERSION"], os.environ["DRY_RUN"], time.monotonic(), file=runs)
if os.environ.get("HOLD"):
    while not os.path.exists(os.environ["HOLD"]):
        time.sleep(0.01)
%s
"""
GOOD = """
shop = sqlite3.connect(sys.argv[1])
shop.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY)")
shop.execute("ALTER TABLE orders ADD COLUMN %s TEXT")
shop.commit()
"""
BAD = """
try:
    sqlite3.connect(sys.argv[1]).execute("ALTER TABLE nowhere ADD COLUMN x TEXT")
except sqlite3.Error as problem:
    sys.exit(str(problem))
"""


def run(lab):
    lab.config()
    release(lab, 1, GOOD % "one")
    point(lab, 1)
    script(lab, "import", 'echo $$ >> %s; [ $(wc -l < %s) -gt 1 ]' % ((lab.path("imports"),) * 2))
    script(lab, "console", 'echo $$ > %s; until [ -e %s ]; do sleep 0.01; done; exit 42' % (lab.path("pid"), lab.path("go")))
    script(lab, "slow", "trap '' TERM; echo begin >> %s; sleep 2; echo end >> %s" % ((lab.path("order"),) * 2))
    manager = lab.start()
    manager.wait_until_up("web", 2)
    load = lab.load()
    jobs(lab, manager)
    good(lab, manager)
    bad_after(lab, manager)
    bad(lab, manager)
    aborted(lab, manager)
    renamed_in_the_middle(lab, manager)
    manager = killed_in_the_middle(lab, manager)
    replaced_in_the_middle(lab, manager)
    manager = job_over_a_kill(lab, manager)
    nothing_lost(load.finish())
    check(not records(lab), "records are left")


# ---- tools


def records(lab):
    return [name for name in os.listdir(lab.path("kept")) if name.startswith("run-")]

def script(lab, name, text):
    path = lab.write(name, "#!/bin/sh\n" + text + "\n")
    os.chmod(lab.path(name), 0o755)
    return path


def release(lab, number, migration):
    place = lab.path("releases", str(number))
    os.makedirs(place, exist_ok=True)
    for name, text in (("migrate", MIGRATE % migration), ("warm", "#!/bin/sh\necho $PWD $1 >> %s\n" % lab.path("warmed"))):
        with open(os.path.join(place, name), "w") as file:
            file.write(text)
        os.chmod(file.name, 0o755)


def point(lab, number):
    """As a deployment does it: a new link in the place of the old one."""
    fresh = lab.path("current.new")
    os.symlink(lab.path("releases", str(number)), fresh)
    os.replace(fresh, lab.path("current"))


def deploy(lab, number, migration, **env):
    release(lab, number, migration)
    point(lab, number)
    text = read(lab.path("services.yaml"))
    before = text[text.index("VERSION:") : text.index(", RUNS:")]
    more = "".join(", %s: %s" % each for each in env.items())
    lab.edit("services.yaml", before, "VERSION: v%d%s" % (number, more))


def runs(lab):
    return [line.split() for line in read(lab.path("runs")).splitlines()] if os.path.exists(lab.path("runs")) else []


def columns(lab):
    shop = sqlite3.connect(lab.path("shop.db"))
    found = [row[1] for row in shop.execute("PRAGMA table_info(orders)")]
    shop.close()
    return found


def ended(manager, name):
    return manager.status()[name]["state"]


# ---- rollouts


def good(lab, manager):
    same(runs(lab), [], "a start is no rollout")
    deploy(lab, 2, GOOD % "two")
    plan = manager.ctl("plan", code=None).text
    check("runs web.before (./migrate" in plan and "then web.after" in plan, plan)
    manager.ctl("reload")
    found = runs(lab)
    same(len(found), 1, "runs of the migration")
    same(found[0][1:4], [lab.path("releases", "2"), "v2", "no"], "where it ran, and with what")
    same(columns(lab), ["id", "two"], "the table")
    first = min(fact.at for fact in lab.facts("boot") if fact.version == "v2")
    check(first > float(found[0][4]), "a worker was started before the migration ran")
    wait_for(lambda: os.path.exists(lab.path("warmed")) and read(lab.path("warmed")), "the task after the rollout")
    same(read(lab.path("warmed")).split(), [lab.path("releases", "2"), "--all"], "the task after it")


def bad_after(lab, manager):
    """The new version serves; that a task after its rollout failed is told wherever somebody asks."""
    lab.edit("services.yaml", "after: /bin/true", "after: /bin/false")
    manager.ctl("reload", "plain")
    wait_for(lambda: manager.status()["plain.after"]["state"] == "failed", "the end of the task")
    told = "plain.after failed: exit status 1; the new version serves"
    wait_for(lambda: told in manager.ctl("status", "plain").out, "what status says")
    why = manager.ctl("explain", "plain").text
    check("all its workers are well, but plain.after failed: 'explain plain.after' says why" in why, why)
    check("exit status 1" in manager.ctl("explain", "plain.after").text, "why the task failed")
    lab.edit("services.yaml", "after: /bin/false", "after: /bin/true")
    manager.ctl("reload", "plain")
    wait_for(lambda: "everything is well" in manager.ctl("explain", "plain").text, "the next rollout")


def bad(lab, manager):
    pids = manager.worker_pids("web")
    deploy(lab, 3, BAD)
    result = manager.ctl("reload", code=FAILED)
    check("web.before failed: exit status 1; no new worker was started; 2 of 2 old workers kept" in result.text, result.text)
    same(manager.worker_pids("web"), pids, "the workers")
    same(len(runs(lab)), 2, "runs")
    again = manager.ctl("reload", code=FAILED)
    check("not tried again" in again.text, again.text)
    same(len(runs(lab)), 2, "runs after a reload that tries nothing")
    manager.ctl("reload", "web", code=FAILED)
    same(len(runs(lab)), 3, "runs after a reload by name")
    same(manager.worker_pids("web"), pids, "the workers")
    newest = manager.ctl("--json", "history", "web").json()["data"]["programs"][0]["generations"][0]
    check("web.before failed: exit status 1" in newest["why"], str(newest))
    same(ended(manager, "web.before"), "failed", "the task")
    why = manager.ctl("explain", "web").text
    check("'explain web.before' has the last lines of the task" in why and "ack.timeout" not in why, why)
    check("until a rollout of web runs it" in manager.ctl("explain", "web.before").text, "what comes next for the task")
    by_hand = manager.ctl("explain", "console").text
    check("it is started by hand (start: manual)" in by_hand, by_hand)
    check("no such table: nowhere" in manager.stderr(), "what the migration said")


def aborted(lab, manager):
    pids = manager.worker_pids("web")
    deploy(lab, 4, GOOD % "four", HOLD=lab.path("never"))
    manager.ctl("reload", "--no-wait")
    wait_for(lambda: len(runs(lab)) == 4, "the migration")
    pid = int(runs(lab)[3][0])
    check(alive(pid), "it waits")
    same(ended(manager, "web.before"), "running", "the task")
    check("waits for the task web.before" in manager.ctl("status", "web").out, "what status says of the rollout")
    refused = manager.ctl("rollback", "web.before", code=FAILED)
    check("web.before: a task of web; it follows its rollouts; nothing was changed" in refused.text, refused.text)
    manager.ctl("abort", "web")
    wait_for(lambda: not alive(pid), "the end of the migration")
    same(manager.worker_pids("web"), pids, "the workers")


def renamed_in_the_middle(lab, manager):
    """A task that ignores SIGTERM, of a program that is renamed or has it taken away and given back, never runs twice at once."""
    edited = lab.path("order")
    lab.edit("services.yaml", 'V: "1"', 'V: "2"')
    manager.ctl("reload", "old", "--no-wait")
    wait_for(lambda: os.path.exists(edited), "the task")
    lab.edit("services.yaml", "  old:", "  new:")
    manager.ctl("reload", "--no-wait")
    wait_for(lambda: "new" in manager.status() and len(read(edited).split()) >= 3, "the task of the new name")
    same(read(edited).split()[:3], ["begin", "end", "begin"], "one after the other")
    task = ', before: "%s"' % lab.path("slow")
    lab.edit("services.yaml", task, "")
    manager.ctl("reload", "--no-wait")
    text = read(lab.path("services.yaml")).replace('V: "2"', 'V: "3"').replace('probation: 0s }', 'probation: 0s%s }' % task)
    lab.write("services.yaml", text)
    manager.ctl("reload")
    same(read(edited).split(), ["begin", "end"] * 3, "one after the other")


def killed_in_the_middle(lab, manager):
    """Its end comes while there is no manager: the next one knows it."""
    for number, migration, verdict in ((5, GOOD % "five", "rolled"), (6, BAD, "failed")):
        hold = lab.path("hold%d" % number)
        deploy(lab, number, migration, HOLD=hold)
        before = len(runs(lab))
        manager.ctl("reload", "--no-wait")
        wait_for(lambda: len(runs(lab)) == before + 1, "the migration")
        pid = int(runs(lab)[-1][0])
        os.kill(manager.pid, signal.SIGKILL)
        manager.wait()
        lab.write(hold, "")
        wait_for(lambda: not alive(pid), "the end of the migration")
        manager = lab.start(socket_path=manager.socket)
        wait_for(lambda: verdict in outcome(manager, number), "the rollout of release %d" % number)
        same(len(runs(lab)), before + 1, "it ran once")
    same(columns(lab)[-1], "five", "the table")
    return manager


def outcome(manager, number):
    generations = manager.ctl("--json", "history", "web").json()["data"]["programs"][0]["generations"]
    found = [each["verdict"] for each in generations if str(each.get("release")) == str(number)]
    return found[0] if found else ""


def replaced_in_the_middle(lab, manager):
    hold = lab.path("hold7")
    deploy(lab, 7, GOOD % "seven", HOLD=hold)
    before = len(runs(lab))
    manager.ctl("reload", "--no-wait")
    wait_for(lambda: len(runs(lab)) == before + 1, "the migration")
    manager.ctl("reexec")
    same(ended(manager, "web.before"), "running", "the task after the re-exec")
    lab.write(hold, "")
    wait_for(lambda: outcome(manager, 7) == "rolled", "the rollout")
    same(len(runs(lab)), before + 1, "it ran once")
    same(columns(lab)[-1], "seven", "the table")


# ---- jobs


def jobs(lab, manager):
    wait_for(lambda: ended(manager, "import") == "done", "the import, at its second try")
    same(len(read(lab.path("imports")).splitlines()), 2, "tries")
    same(ended(manager, "hangs"), "stopped", "a job that is started by hand")
    late = manager.ctl("start", "hangs", code=FAILED)
    check("timed out after 300ms" in late.text, late.text)
    same(ended(manager, "hangs"), "failed", "a job that takes too long")
    wait_for(lambda: not manager.pids_of("hangs"), "the end of all that it started")
    wait_for(lambda: not records(lab), "the end of the records of jobs, those that were killed too")
    manager.ctl("start", "heard", "--no-wait")
    wait_for(lambda: os.path.exists(lab.path("waits")), "the job")
    manager.ctl("signal", "USR1", "heard")
    wait_for(lambda: "exit status 7" in manager.ctl("show", "heard").text, "what it does on a signal")
    manager.ctl("start")
    manager.ctl("wait", "--for", "ready", "--timeout", "10s")
    check(not os.path.exists(lab.path("pid")), "`start` for all starts a job that is started by hand")
    same(runs(lab), [], "`start` for all runs no task")


def job_over_a_kill(lab, manager):
    manager.ctl("start", "console", "--no-wait")
    wait_for(lambda: os.path.exists(lab.path("pid")) and read(lab.path("pid")), "the console")
    pid = int(read(lab.path("pid")))
    os.kill(manager.pid, signal.SIGKILL)
    manager.wait()
    lab.write("go", "")
    wait_for(lambda: not alive(pid), "its end")
    manager = lab.start(socket_path=manager.socket)
    wait_for(lambda: ended(manager, "console") == "failed", "the state of the job")
    check("exit status 42" in manager.ctl("show", "console").text, "its exit status")
    same(read(lab.path("pid")).strip(), str(pid), "it ran once")
    return manager
