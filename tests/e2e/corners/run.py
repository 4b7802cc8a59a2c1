# SPDX-License-Identifier: GPL-3.0-or-later
"""What meets what: several changes in one reload, a name used again too early, orders during the end, a start that fails."""

import json
import os
import socket
import subprocess

from lab import BIN, DONE, FAILED, USAGE, alive, answers, check, environment_of, get, nothing_lost, read, same, wait_for

PROGRAM = """  %(name)s:
    command: [python3, -IS, "@LIB@/worker.py", %(options)s]
    env: { NAME: %(name)s, VERSION: %(version)s }
    bind: [{ name: http, tcp: "127.0.0.1:@PORT_%(port)s@" }]
    ack: { mode: manual, timeout: 5s }
    stop: { signal: TERM, timeout: 5s }
%(more)s"""


def program(name, port=None, version="v1", options="", more=""):
    return PROGRAM % {"name": name, "port": port or name, "version": version, "options": options, "more": more}


def run(lab):
    lab.config()
    manager = lab.start(arguments=("--pidfile", lab.path("pid")))
    manager.wait_until_up("a", 1)
    load = lab.load()
    several_at_once(lab, manager)
    name_used_again(lab, manager)
    another_user(lab, manager)
    second_manager(lab, manager)
    nothing_lost(load.finish())
    orders_during_the_end(lab, manager)
    all_stopped_then_die(lab)
    umask(lab)
    names_in_a_locale_without_them(lab)


def reload(lab, manager, *programs, code=DONE):
    lab.config(edit=lambda text: text + lab.render("".join(programs)))
    return manager.ctl("reload", code=code)


def several_at_once(lab, manager):
    """Two programs that come with sockets of their own, then two that change theirs: none is closed for the other's sake."""
    reload(lab, manager, program("b"), program("c"))
    for name in ("b", "c"):
        same(get("127.0.0.1:%d" % lab.port(name))["version"], "v1", "what %s answers" % name)
    reload(lab, manager, program("b", "b2", "v2"), program("c", "c2", "v2"))
    for name in ("b", "c"):
        same(get("127.0.0.1:%d" % lab.port(name + "2"))["version"], "v2", "what %s answers" % name)
        wait_for(lambda: answers("127.0.0.1:%d" % lab.port(name)) is None, "the old socket of %s is closed" % name)
    failed = reload(lab, manager, program("b", "b3", "v3", "broken=exit"), program("c", "c2", "v2"), code=FAILED)
    check("old version kept" in failed.text, lambda: "no verdict: %s" % failed)
    same(get("127.0.0.1:%d" % lab.port("b2"))["version"], "v2", "what b answers after a failed rollout")
    wait_for(lambda: answers("127.0.0.1:%d" % lab.port("b3")) is None, "the socket of the failed definition is closed")
    reload(lab, manager)
    manager.wait_for_workers(0, "b")
    manager.wait_for_workers(0, "c")


def name_used_again(lab, manager):
    """A program that is taken out and put in again while its last worker is leaving starts at once, and can ack."""
    reload(lab, manager, program("b", options="broken=noterm"))
    old = manager.wait_for_workers(1, "b")[0].pid
    lab.config()
    manager.ctl("reload", "--no-wait")
    wait_for(lambda: "b" not in manager.status(), "the program is out of the list")
    check(alive(old), "the old worker should still be leaving")
    result = reload(lab, manager, program("b", version="v2"))
    check(alive(old), lambda: "the old worker was meant to outlive the reload (%s)" % result)
    same([worker["state"] for worker in manager.status()["b"]["workers"]], ["ready"], "workers of the new b")
    manager.wait_for_workers(1, "b", within=15, version="v2")
    new = manager.workers("b")[0].pid
    for variable in ("EINHORN_SOCK_PATH", "NOTIFY_SOCKET"):
        path = environment_of(new)[variable]
        check(os.path.exists(path), lambda: "%s of the new worker was removed with the old program: %s" % (variable, path))
    manager.ctl("upgrade", "b")
    reload(lab, manager)
    manager.wait_for_workers(0, "b")


def another_user(lab, manager):
    """A program whose user changes acks as the new user."""
    if os.getuid() != 0:
        return
    reload(lab, manager, program("u", more="    user: daemon\n"))
    reload(lab, manager, program("u", version="v2", more="    user: nobody\n"))
    manager.wait_for_workers(1, "u", version="v2")
    reload(lab, manager, program("u", version="v3"))
    manager.wait_for_workers(1, "u", version="v3")
    reload(lab, manager)
    manager.wait_for_workers(0, "u")


def second_manager(lab, manager):
    """A manager that cannot start leaves the first one's files alone, and says why."""
    same(read(lab.path("pid")), "%d\n" % manager.pid, "the pid file")
    second = lab.launch(socket_path=manager.socket, arguments=("--pidfile", lab.path("pid")))
    same(second.wait(), FAILED, "exit status of a second manager on the same control socket")
    same(read(lab.path("pid")), "%d\n" % manager.pid, "the pid file after a second manager's failed start")
    lab.write("file", "")
    lab.write("idle.yaml", "programs: { idle: { command: [sleep, infinity] } }\n")
    for broken, word in (
        (lab.launch("idle.yaml", arguments=("--pidfile", lab.path("not", "there", "pid"))), "no such file"),
        (lab.launch("idle.yaml", socket_path=lab.path("file", "c.sock")), "no directory"),
        (lab.launch("idle.yaml", socket_path=lab.path("x" * 120)), "ENAMETOOLONG"),
    ):
        same(broken.wait(), FAILED, "exit status of a manager that cannot start (%s)" % broken.stderr())
        check(word in broken.stderr(), lambda: "does not say %r: %s" % (word, broken.stderr()))
    manager.ctl("upgrade", "a")


def orders_during_the_end(lab, manager):
    """While everything stops, nothing can be started; a second die waits with the first; both are told when it is over."""
    reload(lab, manager, program("slow", options="broken=noterm"))
    control = socket.socket(socket.AF_UNIX)
    control.settimeout(20)
    control.connect(manager.socket)
    control.sendall(b'{"id":1,"command":"die"}\n{"id":2,"command":"die"}\n{"id":3,"command":"start","args":["a"]}\n')
    control.sendall(b'{"id":4,"command":"reload"}\n{"id":5,"command":"status"}\n')
    lab.config(edit=lambda text: text + lab.render(program("late")))
    manager.send("HUP")
    received = b""
    while True:
        some = control.recv(65536)
        if not some:
            break
        received += some
    same(manager.wait(), 0, "exit status")
    last = [reply for reply in map(json.loads, received.splitlines()) if not reply.get("wait")]
    same(sorted(reply["request_id"] for reply in last), [1, 2, 3, 4, 5], "requests with a final reply, each once")
    codes = {reply["request_id"]: reply["code"] for reply in last}
    same(codes, {1: DONE, 2: DONE, 3: FAILED, 4: FAILED, 5: DONE}, "codes of the replies (%s)" % last)
    same([fact for fact in lab.facts("boot") if fact.version == "late"], [], "workers started during the end")
    check(not os.path.exists(lab.path("pid")), "the pid file is still there")


def all_stopped_then_die(lab):
    """`die` when no worker is left ends at once, with one reply."""
    lab.config(edit=lambda text: text + lab.render(program("b")))
    manager = lab.start()
    manager.wait_until_up("a", 1)
    manager.ctl("stop", "all")
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(20)
        control.connect(manager.socket)
        control.sendall(b'{"id":1,"command":"die"}\n')
        received = b""
        while True:
            some = control.recv(65536)
            if not some:
                break
            received += some
    same(len(received.splitlines()), 1, "replies to die (%r)" % received)
    same(manager.wait(), 0, "exit status")


def umask(lab):
    """Under a strict umask workers of other users still reach their sockets."""
    if os.getuid() != 0 or os.path.exists("/run/einhyrningsins-workers"):
        lab.say("strict umask: not tried, another manager runs")
        return
    lab.config(edit=lambda text: text + lab.render(program("u", more="    user: daemon\n")))
    manager = lab.start(before_exec=lambda: os.umask(0o077))
    manager.wait_until_up("u", 1)


def names_in_a_locale_without_them(lab):
    """Files with letters that the locale knows nothing of; workers get the locale that the manager was started in."""
    os.mkdir(lab.path("ü"))
    for locale in ({"LC_ALL": "C"}, {"LC_ALL": "xx_XX.UTF-8", "LANG": "C"}):
        text = "programs: { web: { command: [sh, -c, 'echo $WHAT; exec sleep 1000'], env: { WHAT: ä }, logs: ./ö.log, ack: { timer: 10ms } } }\n"
        file = lab.write("ü/%s.yaml" % locale["LC_ALL"], text)
        checked = lab.command(BIN, "check", file, env=locale)
        same((checked.code, checked.out), (DONE, file + ": 1 program, 0 sockets, no problems\n"), "what check says")
        manager = lab.launch(file, env=locale, socket_path=lab.path("ü/c.sock"))
        manager.wait_until_answering()
        wait_for(lambda: read(lab.path("ü/ö.log")).endswith("ä\n"), "the worker has written its variable")
        same(manager.ctl("logs", env=locale).out.splitlines()[-1], "ä", "what logs shows")
        (pid,) = manager.pids_of("web")
        same(environment_of(pid)["LC_ALL"], locale["LC_ALL"], "the worker's locale")
        manager.stop()
    check_refuses_what_is_no_utf8(lab)


def check_refuses_what_is_no_utf8(lab):
    """A file by such a name cannot be named to a JVM: that is said, and nobody looks for another one."""
    for words in (["check", b"l\xe4tin.yaml"], ["--", "echo", b"l\xe4tin"]):
        done = subprocess.run([BIN] + words, capture_output=True, timeout=60)
        same(done.returncode, USAGE, "the exit status")
        check(b"is no UTF-8, and cannot be used" in done.stderr, lambda: str(done))
