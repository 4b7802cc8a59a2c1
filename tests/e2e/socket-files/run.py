# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a program's UNIX socket is removed: it is there again, and nobody has to reload anything."""

import os
import shutil
import signal
import stat

from lab import FAILED, check, get, read, same, wait_for


def run(lab):
    shm = "/dev/shm/e2e-%s" % lab.mark
    os.mkdir(shm)
    try:
        scenario(lab, shm)
    finally:
        shutil.rmtree(shm, ignore_errors=True)


def scenario(lab, shm):
    lab.config()
    os.mkdir(lab.path("run"))
    os.chmod(shm, 0o751)
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("shm", 1)
    path = lab.path("run", "web.sock")
    wait_for(lambda: os.stat(path).st_nlink == 2, "the second name of the file")

    removed(manager, path)
    spelled_otherwise(lab, manager)
    something_else_is_there(manager, path)
    manager = removed_without_a_manager(lab, manager, path)
    removed_with_its_directory(manager, shm)
    in_the_way(lab, manager)
    moved_with_its_directory(lab, manager)
    released(lab)
    same(os.listdir(shm), [], "files in /dev/shm when all is stopped")


def moved_with_its_directory(lab, manager):
    """By two renames, as a deploy does it, also of the directory above; and another directory is put behind a link."""
    path = lab.path("run", "web.sock")
    inode = os.stat(path).st_ino
    os.rename(lab.path("run"), lab.path("run.old"))
    wait_for(lambda: "cannot be reached" in manager.ctl("status").text, "status says so")
    check(not os.path.exists(lab.path("run")), "made again, in the way of who moves another one there")
    os.mkdir(lab.path("run.new"))
    os.rename(lab.path("run.new"), lab.path("run"))
    there(path)
    same(os.stat(path).st_ino, inode, "the file")
    manager.stop()
    os.makedirs(lab.path("app", "run"))
    os.symlink("app", lab.path("current"))
    manager = lab.start(socket_path=lab.path("current", "run", "c.sock"))
    manager.wait_until_up("web", 2)
    os.makedirs(lab.path("app.new", "run"))
    os.rename(lab.path("app"), lab.path("app.old"))
    os.rename(lab.path("app.new"), lab.path("app"))
    manager.wait_until_answering(10)
    manager.ctl("status")
    os.makedirs(lab.path("app2", "run"))
    os.symlink("app2", lab.path("next"))
    os.rename(lab.path("next"), lab.path("current"))
    manager.wait_until_answering(10)  # behind the new link
    manager.ctl("status")
    manager.stop()
    for name in ("run.old", "app", "app.old"):  # what was moved is nobody's any more
        shutil.rmtree(lab.path(name))


def released(lab):
    """Each release has a directory for its socket, and a link leads to the newest: the path is the same, and the socket another
    one. One that does not come up leaves the older one there."""
    one = '  web:\n    command: [python3, -IS, %s]\n    bind: ["unix:run/web.sock"]\n    ack: { mode: manual, timeout: %s }\n    rollout: { retries: 1 }\n'
    for name, command in (("r1", ('"@LIB@/worker.py"', "15s")), ("r2", ('"@LIB@/worker.py", boot=60', "1s")), ("r3", ('"@LIB@/worker.py"', "15s"))):
        os.makedirs(lab.path(name, "run"))
        lab.write(os.path.join(name, "services.yaml"), lab.render("programs:\n" + one % command))

    def leads_to(name):
        os.symlink(name, lab.path("next"))
        os.rename(lab.path("next"), lab.path("live"))

    leads_to("r1")
    manager = lab.start(os.path.join("live", "services.yaml"), socket_path=lab.path("live.ctl"))
    manager.wait_until_up("web", 1)
    path, first = lab.path("live", "run", "web.sock"), manager.worker_pids()
    leads_to("r2")
    there(path)  # before anybody reloads
    same(manager.worker_pids(), first, "workers when the link was changed")
    manager.ctl("reload", code=FAILED)
    there(path)
    same(manager.worker_pids(), first, "workers")
    os.unlink(lab.path("live"))  # as ln -sfn did it once
    os.symlink("r3", lab.path("live"))
    there(path)
    manager.ctl("reload")
    there(path)
    check(manager.worker_pids().isdisjoint(first), "the older workers are still there")
    os.unlink(path)
    there(path)
    check("another process" not in manager.stderr(), manager.tail)
    manager.stop()
    shutil.rmtree(lab.path("r2"))  # where the link led while the older one was kept there


def there(path):
    def answers():
        try:
            return get(path)
        except OSError:
            return None

    return wait_for(answers, "somebody answers at %s" % path)


def removed(manager, path):
    before, inode = manager.worker_pids(), os.stat(path).st_ino
    for _ in range(3):
        os.unlink(path)
        there(path)
    os.rename(path, path + ".old")
    there(path)
    os.unlink(path + ".old")
    there(path)
    same(os.stat(path).st_ino, inode, "the file")
    same(stat.S_IMODE(os.stat(path).st_mode), 0o660, "its mode")
    same(manager.worker_pids(), before, "the workers")
    same(manager.stderr().count(path + " was removed; made it again"), 1, "warnings in the log for files that were removed soon after one another")
    check("nothing to do" in manager.ctl("plan").text, "a file that is there again is nothing to do")


def spelled_otherwise(lab, manager):
    before, good = manager.worker_pids(), read(lab.path("services.yaml"))
    os.symlink(lab.path("run"), lab.path("var"))
    for spelled in ("run/../run//./web.sock", "var/web.sock"):
        lab.write("services.yaml", good.replace(lab.path("run/web.sock"), lab.path(spelled)))
        result = manager.ctl("plan")
        check("nothing to do" in result.text, lambda: "%s: %s" % (spelled, result))
    manager.ctl("reload")
    same(manager.worker_pids(), before, "the workers")
    lab.write("services.yaml", good)


def something_else_is_there(manager, path):
    """A directory is not removed: it is told, and when it is gone, the file comes back."""
    os.mkdir(path + ".dir")
    before = manager.worker_pids()
    for _ in range(50):  # until the directory was faster than the manager
        os.unlink(path)
        try:
            os.rename(path + ".dir", path)
            break
        except OSError:
            there(path)
    wait_for(lambda: "there is a directory at " + path in manager.stderr(), "a word on the directory in the log")
    check("there is a directory at " + path in manager.ctl("status").text, "no note in status")
    os.rmdir(path)
    there(path)
    check("there is a directory" not in manager.ctl("status").text, "the note in status stays")
    same(manager.worker_pids(), before, "the workers")


def removed_without_a_manager(lab, manager, path):
    before = manager.worker_pids("web")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.unlink(path)
    manager = lab.start(socket_path=manager.socket)
    there(path)
    os.unlink(path)
    there(path)
    manager.ctl("reexec")
    os.unlink(path)
    there(path)
    same(manager.pids_of("web"), before, "the workers")
    return manager


def removed_with_its_directory(manager, shm):
    path = os.path.join(shm, "shm.sock")
    before = manager.pids_of("shm")
    os.unlink(path)
    there(path)
    same(manager.pids_of("shm"), before, "the workers when the second name beside the file was there")
    while os.path.exists(shm):  # the manager may have made it again
        shutil.rmtree(shm, ignore_errors=True)
        if "shm: is rolled onto the new socket" in manager.stderr():
            break
    there(path)
    wait_for(lambda: len(manager.pids_of("shm")) == 1 and manager.pids_of("shm") != before, "a new worker alone")
    same(get(path)["version"], "s1", "who answers")
    same(stat.S_IMODE(os.stat(shm).st_mode), 0o751, "the mode of the directory")


def in_the_way(lab, manager):
    """What keeps a socket from being bound is named, with what to do."""
    good = read(lab.path("services.yaml"))
    more = '  more:\n    command: [sleep, "1000"]\n    bind: "unix:%s"\n'
    for what, make in (("directory", os.mkdir), ("file", lambda path: open(path, "w").close()), ("symbolic link", lambda path: os.symlink("nowhere", path))):
        path = lab.path(what.replace(" ", "-"))
        make(path)
        lab.write("services.yaml", good + more % path)
        result = manager.ctl("reload", code=FAILED)
        check("there is a %s at %s" % (what, path) in result.text and "nothing was changed" in result.text, lambda: str(result))
    missing = '  more:\n    command: [sleep, "1000"]\n    bind: "[fe80::1%%nosuchif]:%d"\n' % lab.port("scoped")
    lab.write("services.yaml", good + missing)
    result = manager.ctl("reload", code=FAILED)
    check("interface nosuchif: no such device" in result.text, lambda: str(result))
    lab.write("services.yaml", good)
