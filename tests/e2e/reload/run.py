# SPDX-License-Identifier: GPL-3.0-or-later
"""Reload: an invalid file changes nothing and names each problem; what did not change is not touched; sockets stay."""

import os
import re
import stat

from lab import INVALID, answers, check, environment_of, get, nothing_lost, read, same, wait_for

CHANGES = 10  # exit code of a plan that has something to do

# (line:column, a word of the message) of each problem in broken.yaml; what is missing is said of the
# program's name or of the place where its keys begin.
PROBLEMS = [("4:5", "wokers"), ("7:35", "soon"), ("(8:3|9:5)", "command"), ("9:14", "many"), ("10:12", "nothing")]
NEW_PROGRAM = """  c:
    command: [python3, -IS, "@LIB@/worker.py"]
    env: { NAME: c, VERSION: c1 }
    workers: 1
    bind: [{ name: http, tcp: "127.0.0.1:@PORT_c@" }, { name: file, unix: "@DIR@/c.sock" }]
    ack: { mode: manual, timeout: 10s }
"""


LEAVING = """  slow:
    command: [python3, -IS, "@LIB@/worker.py", broken=noterm]
    env: { NAME: slow }
    workers: 1
    ack: { mode: manual, timeout: 10s }
    stop: { signal: TERM, timeout: 3s, then: [KILL] }
"""


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("a", 2)
    manager.wait_until_up("b", 2)
    b = manager.worker_pids("b")
    load = lab.load()

    invalid(lab, manager)
    changed_program(lab, manager)
    count_in_place(lab, manager)
    socket_in_place(lab, manager)
    more_sockets(lab, manager)
    added_and_removed(lab, manager)
    nothing_to_do(lab, manager)
    added_while_it_is_leaving(lab, manager)

    same(manager.worker_pids("b"), b, "workers of the program that never changed")
    nothing_lost(load.finish())


def added_while_it_is_leaving(lab, manager):
    """A program is taken out and put in again before its worker has gone: two workers of that name, told apart by all."""
    good = read(lab.path("services.yaml"))
    lab.write("services.yaml", good + lab.render(LEAVING))
    manager.ctl("reload")
    old = manager.workers("slow")[0]
    lab.write("services.yaml", good)
    manager.ctl("--no-wait", "reload")
    lab.write("services.yaml", good + lab.render(LEAVING))
    manager.ctl("reload")
    marks = {worker.pid: environment_of(worker.pid)["EINHYRNINGSINS_WORKER"] for worker in manager.workers("slow")}
    check(old.pid in marks and len(marks) == 2, lambda: "not both at once: %s" % marks)
    same(len(set(marks.values())), 2, "different names of %s" % marks)
    lab.write("services.yaml", good)
    manager.ctl("reload")


def inode(manager, name, fd=3):
    return os.readlink("/proc/%d/fd/%d" % (manager.workers(name)[0].pid, fd))


def invalid(lab, manager):
    before = manager.worker_pids()
    good = read(lab.path("services.yaml"))
    lab.config("broken.yaml", to="services.yaml")
    for arguments in (("reload",), ("reload", "a")):
        result = manager.ctl(*arguments, code=INVALID)
        for place, word in PROBLEMS:
            found = [text for text in result.text.splitlines() if re.search(r"services\.yaml:%s:" % place, text)]
            check(found, lambda: "no problem at %s (%s) in %s" % (place, word, result))
            check(any(word in text for text in found), lambda: "%r is not named at %s: %s" % (word, place, found))
    same(manager.worker_pids(), before, "workers after an invalid reload")

    seen = len(manager.stderr())
    manager.send("HUP")
    wait_for(lambda: "services.yaml:4:5:" in manager.stderr()[seen:], "HUP with an invalid file is logged")
    same(manager.worker_pids(), before, "workers after HUP with an invalid file")

    lab.write("services.yaml", "programs:\n  a: [1, 2\n  b: }\n")
    result = manager.ctl("reload", code=INVALID)
    check("services.yaml:" in result.text, lambda: "no place in %s" % result)
    os.unlink(lab.path("services.yaml"))
    result = manager.ctl("reload", code=INVALID)
    check("services.yaml" in result.text, lambda: "the file is not named: %s" % result)
    lab.write("services.yaml", good)
    same(manager.worker_pids(), before, "workers after all that")


def changed_program(lab, manager):
    before, socket = manager.worker_pids("a"), inode(manager, "a")
    lab.edit("services.yaml", "VERSION: a1", "VERSION: a2")
    manager.ctl("reload")
    workers = manager.wait_for_workers(2, "a", version="a2")
    check(not before & {worker.pid for worker in workers}, "old workers remain")
    same(inode(manager, "a"), socket, "the socket of a rolled program")
    same(get("127.0.0.1:%d" % lab.port("a"))["version"], "a2", "version that answers")


def count_in_place(lab, manager):
    before = manager.worker_pids("a")
    lab.edit("services.yaml", "VERSION: a2 }\n    workers: 2", "VERSION: a2 }\n    workers: 4")
    manager.ctl("reload")
    more = {worker.pid for worker in manager.wait_for_workers(4, "a")}
    check(before < more, lambda: "more workers: the old ones %s did not stay: %s" % (before, more))
    manager.wait_until_up("a", 4)
    lab.edit("services.yaml", "VERSION: a2 }\n    workers: 4", "VERSION: a2 }\n    workers: 1")
    manager.ctl("reload")
    fewer = {worker.pid for worker in manager.wait_for_workers(1, "a")}
    check(fewer < more, lambda: "fewer workers: %s is not one of %s" % (fewer, more))
    # What is only the manager's business changes without a new worker.
    lab.edit("services.yaml", "VERSION: a2 }\n", "VERSION: a2 }\n    stop: { signal: TERM, timeout: 7s }\n")
    manager.ctl("reload")
    same(manager.worker_pids("a"), fewer, "workers after a change of `stop`")


def socket_in_place(lab, manager):
    """The accept queue, mode and owner of an open socket change while the workers go on."""
    good = read(lab.path("services.yaml"))
    address = '{ name: http, tcp: "127.0.0.1:%d"' % lab.port("a")
    file = ', { name: file, unix: "%s" }' % lab.path("a.sock")
    lab.edit("services.yaml", address + " }", address + " }" + file)
    manager.ctl("reload")
    before, socket = manager.worker_pids("a"), inode(manager, "a")
    lab.edit("services.yaml", address, address + ", backlog: 77")
    lab.edit("services.yaml", 'a.sock" }', 'a.sock", mode: "0640" }')
    said = manager.ctl("plan", code=CHANGES).out
    check("changes in place" in said and "bind.http" in said and "bind.file" in said, lambda: said)
    manager.ctl("reload")
    same(manager.worker_pids("a"), before, "workers after a change of backlog and mode")
    same(inode(manager, "a"), socket, "the socket that stays")
    same(lab.command("ss", "-Hltn", "sport = :%d" % lab.port("a")).out.split()[2], "77", "backlog")
    same(oct(stat.S_IMODE(os.stat(lab.path("a.sock")).st_mode)), oct(0o640), "mode of the UNIX socket")
    check("nothing" in manager.ctl("plan").out, "a plan after it has nothing to do")
    lab.write("services.yaml", good)
    manager.ctl("reload")


def more_sockets(lab, manager):
    socket = inode(manager, "a")
    old = '{ name: http, tcp: "127.0.0.1:%d" }' % lab.port("a")
    lab.edit("services.yaml", old, old + ', { name: more, tcp: "127.0.0.1:%d" }' % lab.port("more"))
    manager.ctl("reload")
    same(get("127.0.0.1:%d" % lab.port("more"))["socket"], "more", "the new socket answers as")
    same(inode(manager, "a"), socket, "the socket that stays")
    lab.edit("services.yaml", ', { name: more, tcp: "127.0.0.1:%d" }' % lab.port("more"), "")
    manager.ctl("reload")
    wait_for(lambda: answers("127.0.0.1:%d" % lab.port("more")) is None, "the socket that is gone from the file is closed")
    same(inode(manager, "a"), socket, "the socket that stays")
    get("127.0.0.1:%d" % lab.port("a"))


def added_and_removed(lab, manager):
    good = read(lab.path("services.yaml"))
    lab.write("services.yaml", good + lab.render(NEW_PROGRAM))
    manager.ctl("reload")
    same(get("127.0.0.1:%d" % lab.port("c"))["version"], "c1", "the added program answers")
    same(get(lab.path("c.sock"))["socket"], "file", "its UNIX socket answers")
    file = os.stat(lab.path("c.sock")).st_ino
    private = lab.render(NEW_PROGRAM).replace('c.sock" }', 'c.sock", mode: "0600" }')
    lab.write("services.yaml", good + private)
    manager.ctl("reload")
    now = os.stat(lab.path("c.sock"))
    same((now.st_ino, oct(now.st_mode & 0o777)), (file, "0o600"), "the socket's file stays and has its new mode")
    lab.write("services.yaml", good)
    manager.ctl("reload")
    manager.wait_for_workers(0, "c")
    wait_for(lambda: answers("127.0.0.1:%d" % lab.port("c")) is None, "the removed program's socket is closed")
    wait_for(lambda: not os.path.exists(lab.path("c.sock")), "the removed program's socket file is gone")
    check("c" not in manager.status(), "status still shows the removed program")


def nothing_to_do(lab, manager):
    """A file that did not change, and one that changed only in form, touch nobody; a named program always rolls."""
    before = manager.worker_pids()
    manager.ctl("reload")
    lab.write("services.yaml", "# another comment\n" + read(lab.path("services.yaml")))
    manager.ctl("reload")
    seen = len(manager.stderr())
    manager.send("HUP")
    wait_for(lambda: len(manager.stderr()) > seen, "HUP is logged")
    same(manager.worker_pids(), before, "workers after reloads without a change")
    a = manager.worker_pids("a")
    manager.ctl("reload", "a")
    wait_for(lambda: not a & manager.worker_pids("a"), "a program that is named rolls")
