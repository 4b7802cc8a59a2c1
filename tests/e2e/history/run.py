# SPDX-License-Identifier: GPL-3.0-or-later
"""The history says what each generation was, over the death of the manager; a rollback loses nothing, and stays."""

import os
import re
import shutil
import signal

from lab import FAILED, check, environment_of, nothing_lost, read, same, wait_for

USAGE = 2


def run(lab):
    shutil.copy("/bin/sleep", lab.path("tool"))
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("tool", 1)
    load = lab.load()

    deploys(lab, manager)
    rollback(lab, manager)
    refused(lab, manager)
    manager = killed(lab, manager)
    nothing_lost(load.finish())
    manager = stopped(lab, manager)
    back_to_the_file(manager)
    torn(lab, manager)


def history(manager, program="web"):
    programs = manager.ctl("--json", "history", program).json()["data"]["programs"]
    same([each["name"] for each in programs], [program], "the programs of the answer")
    return programs[0]


def told(manager, key, program="web"):
    """One thing of each generation, oldest first."""
    return [each[key] for each in reversed(history(manager, program)["generations"])]


def serves(version, manager):
    """All workers of web are of that version, also adopted ones, which are no children of this manager."""
    wait_for(
        lambda: [environment_of(pid).get("VERSION") for pid in manager.pids_of("web")] == [version] * 2,
        "two workers of %s" % version,
    )


def deploys(lab, manager):
    """v1, v2, a bad v3, v2 again."""
    lab.edit("services.yaml", "VERSION: v1", "VERSION: v2")
    manager.ctl("reload", env={"SUDO_USER": "ann"})
    lab.edit("services.yaml", "VERSION: v2", "VERSION: v3, BROKEN: exit")
    manager.ctl("reload", code=FAILED)
    lab.edit("services.yaml", "VERSION: v3, BROKEN: exit", "VERSION: v2")
    manager.ctl("upgrade", "web")
    found = history(manager)
    same([each["generation"] for each in found["generations"]], [4, 3, 2, 1], "generations, newest first")
    same(told(manager, "verdict"), ["rolled", "rolled", "failed", "rolled"], "verdicts")
    same(told(manager, "made_by"), ["start", "reload", "reload", "upgrade"], "what made them")
    same(told(manager, "changed"), [[], ["env.VERSION"], ["env.VERSION", "env.BROKEN"], []], "changed keys")
    same(told(manager, "serves"), [False, False, False, True], "which serves")
    by = told(manager, "asked_by")
    same(by[0], "the start", "who asked for the first")
    check(re.fullmatch(r"\S+ \(pid \d+, says sudo by ann\)", by[1]), by[1])
    check(re.fullmatch(r"\S+ \(pid \d+\)", by[3]), by[3])
    check("exit status 3" in told(manager, "why")[2], str(found))
    check("lived_ms" not in found["generations"][1] and "lived_ms" in found["generations"][2], str(found))
    text = manager.ctl("history").text
    check(re.search(r"(?m)^4 \*  -  +\S+[+-Z]\S* +upgrade +rolled", text), text)
    check("tool\n" in text, text)


def rollback(lab, manager):
    result = manager.ctl("rollback", "web")
    check("rolled to generation 5 (generation 1 again)" in result.text, lambda: str(result))
    serves("v1", manager)
    manager.ctl("reload")  # without its name
    stays(manager, 5)
    same(told(manager, "made_by")[-1], "rollback", "what made it")
    same(history(manager)["generations"][0]["repeats"], 1, "which it repeats")


def stays(manager, generation):
    serves("v1", manager)
    same(manager.status()["web"]["generation"], generation, "the generation")
    for command in ("status", "show", "plan", "history"):
        text = manager.ctl(command, *(() if command == "plan" else ("web",))).text
        check("rolled back to generation 1 by" in text and "'reload web' takes the file's" in text, command + ": " + text)
    check("the file says otherwise (env.VERSION)" in manager.ctl("plan").text, manager.ctl("plan").text)


def refused(lab, manager):
    before = manager.worker_pids("web")
    for words, code, why in (
        (("web", "9"), USAGE, "no generation 9"),
        (("web", "5"), FAILED, "generation 5 serves now"),
        (("web",), FAILED, "no good generation of another definition is recorded before generation 1"),
        (("all",), USAGE, "there is no rollback of all"),
        ((), USAGE, "needs a program"),
        (("web", "tool", "1"), USAGE, "a generation is one program's"),
        (("nobody",), USAGE, "no program 'nobody'"),
    ):
        result = manager.ctl("rollback", *words, code=code)
        check(why in result.text, lambda: "%s: %s" % (words, result))
    files(lab, manager)
    same(manager.worker_pids("web"), before, "workers of web")


def files(lab, manager):
    """What cannot be brought back is said before anything is started."""
    shutil.copy("/bin/sleep", lab.path("tool2"))
    lab.edit("services.yaml", lab.path("tool") + '"', lab.path("tool2") + '"')
    manager.ctl("reload", "tool")
    os.rename(lab.path("tool"), lab.path("moved"))
    result = manager.ctl("rollback", "tool", code=FAILED)
    check(lab.path("tool") + " is gone" in result.text and "nothing was changed" in result.text, lambda: str(result))
    check("is gone: cannot be rolled back to" in manager.ctl("history", "tool").text, manager.ctl("history", "tool").text)
    shutil.copy("/bin/sleep", lab.path("tool"))
    result = manager.ctl("rollback", "tool")
    check(lab.path("tool") + " was changed since generation 1 began" in result.text, lambda: str(result))
    check("was changed since" in manager.ctl("history", "tool").text, manager.ctl("history", "tool").text)
    manager.ctl("reload", "tool")


def killed(lab, manager):
    """The next manager knows all of it, and leaves the program on the rollback."""
    before = history(manager)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    same(without_ages(history(manager)), without_ages(before), "the history")
    manager.ctl("reload")
    stays(manager, 5)
    manager.ctl("reexec")
    same(without_ages(history(manager)), without_ages(before), "the history after a re-exec")
    manager.send("HUP")
    wait_for(lambda: "SIGHUP from" in manager.stderr(), "HUP is heard")
    stays(manager, 5)
    return manager


def without_ages(found):
    for each in found["generations"]:
        each.pop("lived_ms", None)
    return found


def stopped(lab, manager):
    before = history(manager)
    manager.stop()
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    same(without_ages(history(manager)), without_ages(before), "the history after a stop and a start")
    stays(manager, 5)
    return manager


def back_to_the_file(manager):
    manager.ctl("reload", "web")
    serves("v2", manager)
    check("rolled back to" not in manager.ctl("status").text, manager.ctl("status").text)
    check("unchanged" in manager.ctl("plan").text, manager.ctl("plan").text)
    same(told(manager, "made_by")[-2:], ["rollback", "reload"], "what made the last ones")


def torn(lab, manager):
    """A file that cannot be read is set aside with a word, and the manager starts."""
    manager.stop()
    kept = lab.path("kept")
    path = os.path.join(kept, "history-web.json")
    whole = read(path)
    with open(path, "w") as file:
        file.write(whole[: len(whole) // 2])
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    check("its history begins anew: cannot read %s" % path in manager.stderr(), manager.tail)
    check(os.path.exists(path + ".set-aside"), os.listdir(kept))
    wait_for(lambda: [each["generation"] for each in history(manager)["generations"]] == [1], "a new history")
