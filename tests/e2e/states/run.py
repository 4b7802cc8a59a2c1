# SPDX-License-Identifier: GPL-3.0-or-later
"""States are true: a crash loop is called one and ends when a worker stays up; jobs are done or have failed, and what comes after
them waits for that; the last exit, the failures and the next try of each slot are told with their times."""

import calendar
import json
import os
import signal
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta

from lab import FAILED, check, read, same, wait_for


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("shot", 1)
    jobs(lab, manager)
    started_jobs(lab, manager)
    crash_loop(lab, manager)
    killed(lab)
    replaced(lab, manager)
    background(lab, manager)
    readiness(lab, manager)
    reloads(lab, manager)
    survives(lab, manager)


def status(lab):
    """What `status --json` tells, without a client for each question."""
    with urllib.request.urlopen("http://127.0.0.1:%d/status.json" % lab.port("pages")) as answer:
        return {program["name"]: program for program in json.load(answer)["data"]["programs"]}


def ready(lab, program):
    return [worker["pid"] for worker in status(lab)[program]["workers"] if worker["state"] == "ready"]


def moment(text):
    """Seconds since 1970; fails for what is no time as in RFC 3339."""
    whole, _, millis = text.partition(".")
    check(millis.endswith("Z") and len(millis) == 4, "%s is no time in UTC" % text)
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(millis[:-1]) / 1000


def ran(lab, name):
    try:
        return len(read(lab.path(name)).splitlines())
    except FileNotFoundError:
        return 0


def jobs(lab, manager):
    """What comes after a job waits for its end, although it counts as up after a second."""
    wait_for(lambda: status(lab)["job"]["state"] in ("running", "starting", "done"), "the job runs")
    wait_for(lambda: status(lab)["bad"]["state"] == "failed", "the bad job has failed")
    told = status(lab)
    bad = told["bad"]
    same(bad["last_exit"]["code"], 7, "exit status of the bad job")
    same(bad["last_exit"]["signal"], None, "signal of the bad job")
    check(abs(moment(bad["last_exit"]["at"]) - time.time()) < 60, "it ended at %s" % bad["last_exit"]["at"])
    same((bad["ready"], bad["wanted"]), (0, 1), "workers of the bad job")
    wait_for(lambda: status(lab)["never"]["state"] == "waiting", "what comes after the bad job waits")
    wait_for(lambda: "bad has failed" in status(lab)["never"]["note"], "and says why")
    wait_for(lambda: status(lab)["next"]["state"] == "running", "what comes after the job runs")
    same(ran(lab, "job-ran"), 1, "runs of the job when the next one began")
    told = status(lab)
    same(told["job"]["state"], "done", "state of the job")
    same((told["job"]["ready"], told["job"]["wanted"]), (0, 0), "workers of the job")
    same(told["fine"]["state"], "done", "state of what ended well on-failure")
    same(told["two"]["state"], "failed", "state of two workers of which one failed")
    same(told["missing"]["last_exit"]["code"], 127, "exit status of what is not there")
    check("command not found" in told["missing"]["note"], told["missing"]["note"])
    same([worker["state"] for worker in told["job"]["workers"]], ["finished"], "the slot of the job")


def started_jobs(lab, manager):
    """Who starts one is told how it ended, not that it runs."""
    manager.ctl("start", "job", "--no-wait")
    check("done, " in manager.ctl("start", "job").text, "a job that runs is not waited for")
    same(ran(lab, "job-ran"), 2, "runs of the job when its start was answered")
    result = manager.ctl("start", "slow", code=FAILED)
    check("exit status 5" in result.text, str(result))


def crash_loop(lab, manager):
    wait_for(lambda: status(lab)["loop"]["state"] == "crash-loop", "the loop is called one")
    wait_for(lambda: "next_try_at" in status(lab)["loop"], "it waits for its next try")
    loop = status(lab)["loop"]
    same(loop["last_exit"]["code"], 3, "exit status in the loop")
    check(loop["failures"] >= 3, "%d failures are a loop" % loop["failures"])
    check(moment(loop["failing_since"]) < moment(loop["last_exit"]["at"]), "the first failure came first: %s" % loop)
    check(300 <= loop["last_exit"]["lived_ms"] < 10000, "lived for %d ms" % loop["last_exit"]["lived_ms"])
    check("exit status 3" in loop["note"] and "failures in a row" in loop["note"], loop["note"])
    waiting = wait_for(lambda: [w for w in status(lab)["loop"]["workers"] if w["state"] == "waiting"], "its slot waits")[0]
    check("next try in" in waiting["note"] and "last_exit" in waiting, str(waiting))
    wait_for(lambda: status(lab)["loop"]["failures"] >= 6, "six failures")
    lines = [line for line in manager.stderr().splitlines() if " loop:0 " in line and "crash loop" in line]
    same(len(lines), 1, "lines on the crash loop: %s" % lines)
    check(" error " in lines[0] and "exit status 3" in lines[0], lines[0])


def killed(lab):
    """A kill is no crash: it is followed at once, every time."""
    for _ in range(5):
        victim = wait_for(lambda: ready(lab, "shot"), "a worker is up")[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: ready(lab, "shot") not in ([], [victim]), "another one is up")
    shot = status(lab)["shot"]
    same(shot["state"], "running", "state of what was killed")
    same(shot["last_exit"]["signal"], "SIGKILL", "signal")
    same(shot["last_exit"]["code"], None, "exit status of what was killed")
    same(shot["workers"][0]["restarts"], 5, "restarts")


def replaced(lab, manager):
    """A replacement for its health is counted, and told."""
    lab.write("sick", "")
    wait_for(lambda: status(lab)["ill"]["workers"][0]["restarts"] > 0, "the ill worker is replaced")
    os.remove(lab.path("sick"))
    wait_for(lambda: status(lab)["ill"]["state"] == "running", "it is well")
    ill = status(lab)["ill"]
    check("replaced" in ill["note"] and "not well" in ill["note"] and "Z" in ill["note"], ill["note"])


def background(lab, manager):
    """Who puts himself into the background is told what to do."""
    wait_for(lambda: "run it in the foreground" in status(lab)["daemon"]["note"], "the note helps")
    daemon = status(lab)["daemon"]
    check("left behind" in daemon["note"], daemon["note"])
    same(daemon["last_exit"]["left_behind"], 1, "processes left behind")
    check("run it in the foreground" in manager.stderr(), "the log does not help")


def readiness(lab, manager):
    try:
        urllib.request.urlopen("http://127.0.0.1:%d/readyz" % lab.port("pages"))
        check(False, "ready, although programs failed")
    except urllib.error.HTTPError as answer:
        same(answer.code, 503, "status of /readyz")
        told = answer.read().decode().splitlines()
    for line in ("bad is failed", "two is failed", "loop is crash-loop", "never is waiting"):
        check(line in told, "%s is not told: %s" % (line, told))
    for name in ("job", "fine", "next", "shot"):
        check(not any(line.startswith(name + " ") for line in told), "%s is not ready: %s" % (name, told))
    page = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % lab.port("pages")).read().decode()
    for name, state in (("loop", "crash-loop"), ("job", "done"), ("bad", "failed")):
        check('program_state{program="%s",state="%s"} 1' % (name, state) in page, "%s is not %s in the metrics" % (name, state))


def reloads(lab, manager):
    """A job runs once for each change of it, and not for others."""
    same(ran(lab, "bad-ran"), 1, "runs of the bad job")
    manager.ctl("reload")
    same(ran(lab, "bad-ran"), 1, "runs of the bad job after a reload that changes nothing")
    lab.edit("services.yaml", "sleep 0.3; exit 7", "sleep 0.2; exit 7")
    result = manager.ctl("reload", code=FAILED)
    check("exit status 7" in result.text, str(result))
    same(ran(lab, "bad-ran"), 2, "runs of the bad job after its change")
    same(status(lab)["bad"]["state"], "failed", "state of the bad job")
    lab.edit("services.yaml", "sleep 0.2; exit 7", "sleep 0.1; exit 0")
    manager.ctl("reload")
    same(ran(lab, "bad-ran"), 3, "runs of the mended job")
    wait_for(lambda: status(lab)["bad"]["state"] == "done", "the mended job is done")
    wait_for(lambda: status(lab)["never"]["state"] == "running", "what comes after it runs at last")
    lab.edit("services.yaml", 'shot: { command: [sleep, "1000"]', 'shot: { command: [sleep, "1000"], workers: 0')
    check("1 worker is stopped" in manager.ctl("plan", code=None).text, "the plan does not say that a worker is stopped")
    lab.edit("services.yaml", "workers: 0", "workers: 1")
    check("1 rolled as asked, 0 changed" in manager.ctl("reload", "shot").text, "a reload by name says that something changed")


def survives(lab, manager):
    """The next manager knows it all, and a mended loop ends."""
    before = status(lab)
    manager.ctl("reexec")
    after = status(lab)
    for name in ("job", "bad", "two", "fine", "loop"):
        same(after[name]["state"], before[name]["state"], "state of %s after a re-exec" % name)
    # which of the two ended last is not known; the time is reckoned anew each time, by two clocks
    first, then = (found["two"]["last_exit"] for found in (before, after))
    same(then["code"], first["code"], "the last exit after a re-exec")
    apart = abs(datetime.fromisoformat(then["at"][:-1]) - datetime.fromisoformat(first["at"][:-1]))
    check(apart <= timedelta(milliseconds=2), lambda: "the last exit was at %s, after a re-exec at %s" % (first["at"], then["at"]))
    same(ran(lab, "bad-ran"), 3, "runs of the bad job after a re-exec")
    lab.edit("services.yaml", "sleep 0.4; exit 3", "sleep 1000")
    manager.ctl("reload", "loop")
    wait_for(lambda: status(lab)["loop"]["state"] == "running", "the mended loop runs")
    manager.wait_until_said("crash loop over")
    killed_when_a_job_has_ended(lab, manager)


def killed_when_a_job_has_ended(lab, manager):
    """How it ended cannot be found out afterwards."""
    lab.edit("services.yaml", "sleep 0.1; exit 0", "sleep 0.5; exit 0")
    manager.ctl("reload", "bad")
    wait_for(lambda: manager.status()["bad"]["state"] == "done", "it has run again")
    manager.ctl("restart", "bad", "--no-wait")
    wait_for(lambda: ran(lab, "bad-ran") == 5, "it runs once more")
    wait_for(lambda: manager.status()["bad"]["state"] == "done", "it is done", every=0)  # the sooner, the harder
    os.kill(manager.pid, signal.SIGKILL)
    manager.wait()
    manager = lab.start(socket_path=manager.socket)
    same(manager.status()["bad"]["state"], "done", "state of a job that had done its work when the manager was killed")
    same(ran(lab, "bad-ran"), 5, "runs of the job")
