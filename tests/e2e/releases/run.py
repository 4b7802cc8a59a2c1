# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases behind a link: a version is what its workers ran, wherever the link points meanwhile; also over a re-exec, kill -9
of the manager, and on the classic command line. A release that failed is not tried again unasked."""

import glob
import json
import os
import shutil
import signal

from lab import DONE, FAILED, ROOT, check, environment_of, get, nothing_lost, read, same, wait_for

CHANGES = 10
SERVER = "#!/bin/sh\n%s\nexec python3 -IS %s/tests/lib/worker.py version=%s \"$@\"\n"


def run(lab):
    for name in ("41", "42", "43", "44", "45"):
        release(lab, name)
    os.mkdir(lab.path("tools"))
    for name in ("tool-1", "tool-2"):
        shutil.copy("/bin/sleep", lab.path("tools", name))
    point(lab, "tools/tool-1", "bin/tool")
    point(lab, "releases/41")
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("file", 1)
    manager.wait_until_up("argument", 1)
    runs(lab, manager, "41")
    a_link_that_moves_is_nothing_to_those_that_run(lab, manager)
    a_release_that_fails_is_not_tried_again_unasked(lab, manager)
    manager = the_next_manager_knows_what_ran(lab, manager)
    a_good_release_is_rolled(lab, manager)
    manager = the_workers_of_a_manager_that_noted_no_release_are_not_rolled(lab, manager)
    an_upgrade_takes_what_the_link_points_at(lab, manager)
    the_file_itself_may_be_the_link(lab, manager)
    a_release_that_is_gone_is_told(lab, manager)
    manager.stop()
    a_command_line_follows_the_directory_it_was_started_in(lab)


def release(lab, name, before="true"):
    os.makedirs(lab.path("releases", name), exist_ok=True)
    script(lab, name, before)
    check_path = lab.write("releases/%s/check" % name, '#!/bin/sh\necho "$0 $1 in $PWD" >>%s\n' % lab.path("checks"))
    os.chmod(check_path, 0o755)
    for file, text in (("web.env", "RELEASE=%s\n" % name), ("web.conf", ""), ("app.py", "import time\nprint('up', flush=True)\ntime.sleep(1000)\n")):
        lab.write("releases/%s/%s" % (name, file), text)


def script(lab, name, before):
    path = lab.write("releases/%s/server" % name, SERVER % (before, ROOT, name))
    os.chmod(path, 0o755)


def point(lab, target, link="current"):
    """As ln -sfn does not: without a moment in which there is no link."""
    os.symlink(os.path.join(lab.path(), target), lab.path("link.new"))
    os.replace(lab.path("link.new"), lab.path(link))


def runs(lab, manager, name, program="web"):
    """All its workers run from that release, by the kernel's word, and status says so."""
    place = lab.path("releases", name)
    for worker in manager.workers(program):
        same(os.readlink("/proc/%d/cwd" % worker.pid), place, "directory of a worker of release " + name)
        words = read("/proc/%d/cmdline" % worker.pid).split("\0")
        check("conf=%s/web.conf" % place in words and "release=" + name in words, words)
        env = environment_of(worker.pid)
        same(env["RELEASE"], name, "variable of the release's env-file")
        same(env["HOME_OF"], "%s/x:%s" % (place, place), "variable with the link's path")
    status = manager.status()[program]
    same(status["release"], name, "release in status")
    same({worker["release"] for worker in status["workers"]}, {name}, "releases of the workers in status")


def kill_one(manager, program="web", count=2):
    before = manager.pids_of(program)
    victim = sorted(before)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: manager.pids_of(program) - before, "a worker in the place of the one that was killed")
    manager.wait_until_up(program, count)


def a_link_that_moves_is_nothing_to_those_that_run(lab, manager):
    script(lab, "42", "echo broken >&2; exit 3")
    point(lab, "releases/42")
    lab.write("checks", "")
    kill_one(manager)
    runs(lab, manager, "41")
    same(get("127.0.0.1:%d" % lab.port("http"))["version"], "41", "what is served")
    kill_one(manager, "argument", 1)
    words = read("/proc/%d/cmdline" % manager.workers("argument")[0].pid)
    check(lab.path("releases/41/app.py") in words, words)
    manager.ctl("restart", "web")
    runs(lab, manager, "41")
    place = lab.path("releases/41")
    wait_for(lambda: read(lab.path("checks")), "a health check is made")
    same(set(read(lab.path("checks")).splitlines()), {"%s/check 41 in %s" % (place, place)}, "what checks the health of release 41")


def a_release_that_fails_is_not_tried_again_unasked(lab, manager):
    plan = manager.ctl("plan", code=CHANGES)
    check("release: 41 -> 42" in plan.out, plan)
    load = lab.load()
    result = manager.ctl("reload", "web", code=FAILED)
    check("old version kept" in result.text and "exit status 3" in result.text, result)
    runs(lab, manager, "41")
    births = manager.stderr().count("rolling to generation")
    result = manager.ctl("reload", code=FAILED)
    check("web: release 42" in result.text and "not tried again" in result.text and "`reload web` does" in result.text, result)
    same(manager.stderr().count("web: rolling to generation"), births, "rollouts of web")
    check("failed before and is not tried again" in manager.ctl("plan", code=CHANGES).out, "plan says what reload does")
    check("argument: rolled" in result.text, lambda: "the others are rolled: %s" % result)
    nothing_lost(load.finish())
    result = manager.ctl("reload", "web", code=FAILED)
    check("exit status 3" in result.text, result)


def the_next_manager_knows_what_ran(lab, manager):
    manager.ctl("reexec")
    manager.wait_until_answering()
    kill_one(manager)
    runs(lab, manager, "41")
    before = manager.worker_pids("web")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    same(manager.pids_of("web"), before, "workers of web after kill -9 of the manager")
    runs_adopted(lab, manager, before, "41")
    os.kill(sorted(before)[0], signal.SIGKILL)
    wait_for(lambda: manager.worker_pids("web"), "a worker of the new manager")
    manager.wait_until_up("web", 2)
    runs(lab, manager, "41")
    return manager


def the_workers_of_a_manager_that_noted_no_release_are_not_rolled(lab, manager):
    """As an older one did. The kernel says where they run: below the link, and as which file. Of a script it says too little."""
    before = {name: manager.pids_of(name) for name in ("web", "file")}
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    stripped = 0
    for path in glob.glob(os.path.join(os.path.dirname(manager.socket), "*", "program-*.json")):
        state = json.loads(read(path))
        stripped += strip(state)
        with open(path, "w") as file:
            json.dump(state, file)
    check(stripped >= 3, "releases in the state: %d" % stripped)
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    manager.wait_until_up("argument", 1)
    same({name: manager.pids_of(name) for name in before}, before, "workers of a manager that noted no release")
    runs(lab, manager, "43")
    manager.ctl("plan", code=DONE)
    return manager


def strip(value):
    """Takes the releases out; returns how many there were."""
    if isinstance(value, list):
        return sum(strip(each) for each in value)
    if not isinstance(value, dict):
        return 0
    found = isinstance(value.get("release"), dict)
    if found:
        del value["release"]
    return found + sum(strip(each) for each in value.values())


def runs_adopted(lab, manager, pids, name):
    for pid in pids:
        same(os.readlink("/proc/%d/cwd" % pid), lab.path("releases", name), "directory of an adopted worker")
    same(manager.status()["web"]["release"], name, "release in status")


def a_good_release_is_rolled(lab, manager):
    point(lab, "releases/43")
    load = lab.load()
    result = manager.ctl("reload", "web")
    check("(release 43)" in result.text, result)
    runs(lab, manager, "43")
    nothing_lost(load.finish())
    check("RELEASE" in manager.ctl("status").out.splitlines()[-4] or "43" in manager.ctl("status").out, "status names the release")


def an_upgrade_takes_what_the_link_points_at(lab, manager):
    point(lab, "releases/44")
    os.rename(lab.path("releases/44/server"), lab.path("releases/44/server.away"))
    result = manager.ctl("upgrade", "web", code=FAILED)
    check("nothing was rolled" in result.text and "ENOENT" in result.text, result)
    runs(lab, manager, "43")
    os.rename(lab.path("releases/44/server.away"), lab.path("releases/44/server"))
    manager.ctl("upgrade", "web:0")
    same(manager.status()["web"]["release"], "43", "release after one slot was rolled as it is")
    result = manager.ctl("upgrade", "web")
    check("(release 44)" in result.text, result)
    for worker in manager.workers("web"):
        same(os.readlink("/proc/%d/cwd" % worker.pid), lab.path("releases/44"), "directory after the upgrade")


def the_file_itself_may_be_the_link(lab, manager):
    def pid():
        return next(iter(manager.pids_of("file")))

    def executed():
        return os.readlink("/proc/%d/exe" % pid())

    same(executed(), lab.path("tools/tool-1"), "file that is executed")
    same(read("/proc/%d/cmdline" % pid()).split("\0")[0], lab.path("bin/tool"), "its own name")
    point(lab, "tools/tool-2", "bin/tool")
    kill_one(manager, "file", 1)
    same(executed(), lab.path("tools/tool-1"), "file that is executed after the link has moved")
    manager.ctl("reload", "file")
    same(executed(), lab.path("tools/tool-2"), "file that is executed after a reload")


def a_release_that_is_gone_is_told(lab, manager):
    point(lab, "releases/45")
    shutil.rmtree(lab.path("releases/44"))
    os.kill(sorted(manager.worker_pids("web"))[0], signal.SIGKILL)
    manager.wait_until_said("is gone: is rolled to what its link points at now")
    check("its release %s is gone" % lab.path("releases/44") in manager.stderr(), manager.tail)
    wait_for(lambda: manager.status()["web"]["release"] == "45", "it is rolled by itself")
    manager.wait_until_up("web", 2)
    for worker in manager.workers("web"):
        same(os.readlink("/proc/%d/cwd" % worker.pid), lab.path("releases/45"), "directory after it was rolled by itself")


def a_command_line_follows_the_directory_it_was_started_in(lab):
    point(lab, "releases/43")
    socket_path = lab.path("classic", "c.sock")
    line = 'cd "%s" && exec "$0" "$@"' % lab.path("current")
    words = ("-m", "-n", "1", "-d", socket_path, "-b", "127.0.0.1:%d,r,n" % lab.port("classic"), "./server", "x=1")
    manager = lab.start(classic=words, through=("sh", "-c", line), socket_path=socket_path)
    address = "127.0.0.1:%d" % lab.port("classic")
    name = next(iter(manager.status()))
    manager.wait_until_up(name, 1)
    same(get(address)["version"], "43", "what a command line serves")
    same(environment_of(manager.workers()[0].pid)["PWD"], lab.path("releases/43"), "PWD of its worker")
    point(lab, "releases/45")
    for worker in manager.workers():
        os.kill(worker.pid, signal.SIGKILL)
    manager.wait_until_up(name, 1)
    same(get(address)["version"], "43", "what it serves after a death")
    manager.ctl("upgrade", code=DONE)
    same(get(address)["version"], "45", "what it serves after an upgrade")
    point(lab, "releases/43")
    manager.ctl("reexec")
    manager.wait_until_answering()
    manager.ctl("upgrade", code=DONE)
    same(get(address)["version"], "43", "what it serves after a re-exec and an upgrade")
