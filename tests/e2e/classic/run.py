# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic command line of einhyrningsins(1) and einhorn(1): its options, its acks, its rolls, and none of the old faults."""

import os
import signal
import socket
import stat

from lab import BIN, CTL, DONE, FAILED, ROLLS, USAGE, alive, answers, check, environment_of, get, nothing_lost, read, same, state_of, wait_for

# What is refused, and a word of why; the others have a test of their own.
BAD = [
    (["-b", "127.0.0.1:80,x", "./x"], "unknown flag"),
    (["-c", "web", "-n", "2"], "--number"),
    (["--command-name", "a b", "./x"], "--command-name"),
]


def run(lab):
    bad_options(lab)
    acks_on_both_ways(lab)
    rolls_under_load(lab)
    others_cannot_ack(lab)
    an_early_death_loses_no_worker(lab)
    a_failed_upgrade_ends(lab)
    an_address_is_had_again_at_once(lab)
    both_families(lab)
    workers_are_waited_for(lab)
    control_path_is_not_taken(lab)
    workers_die_with_the_manager(lab)
    files_and_niceness(lab)


def worker(lab, *options):
    return ["--", "python3", "-IS", os.path.join(lab.lib, "worker.py"), "stop=USR2", *options]


def start(lab, *words, up=None, program=None, env=None):
    """Starts a manager with a control socket of its own and those words; waits until so many workers are up."""
    path = lab.path("classic%d.sock" % len(lab.managers))
    line = ["-d", path, *words, *(program or worker(lab))]
    manager = lab.start(env=env, socket_path=path, classic=line)
    if up is not None:
        name = list(manager.status())[0]
        manager.wait_until_up(name, up)
    return manager


def flags_of(pid, fd):
    """The flags of an open file, as the kernel has them."""
    lines = read("/proc/%d/fdinfo/%d" % (pid, fd)).splitlines()
    return int([line.split()[1] for line in lines if line.startswith("flags:")][0], 8)


def bad_options(lab):
    for words, word in BAD:
        result = lab.command(BIN, *words)
        same(result.code, USAGE, "exit status of %s" % result)
        check(word in result.err, lambda: "no word of %r: %s" % (word, result))


def acks_on_both_ways(lab):
    first, second = lab.port("first"), lab.port("second")
    sockets = ["-b", "127.0.0.1:%d,r,n" % first, "-b", "127.0.0.1:%d,so_reuseaddr" % second]
    for words, options in (
        (["-n", "2", "-m"], ["ack=einhorn"]),
        (["-n", "2", "--manual"], ["ack=yaml"]),
        (["-n1", "-n2", "-vm", "manual"], ["ack=child"]),
        (["--num=2", "--ack-mode", "manual", "-g"], ["ack=fd"]),
        (["-gn", "2", "-m0.3"], ["ack=none"]),
    ):
        manager = start(lab, *words, *sockets, up=2, program=worker(lab, *options))
        with_line = "ack=fd" in options or "ack=none" in options
        for each in manager.workers():
            env = environment_of(each.pid)
            same(env["EINHORN_SOCK_PATH"], manager.socket, "EINHORN_SOCK_PATH")
            same(env["EINHORN_FD_COUNT"], "2", "EINHORN_FD_COUNT")
            same(env.get("EINHORN_SOCK_FD"), "5" if with_line else None, "EINHORN_SOCK_FD")
            same(bool(flags_of(each.pid, 3) & os.O_NONBLOCK), True, "O_NONBLOCK of the first socket")
            same(bool(flags_of(each.pid, 4) & os.O_NONBLOCK), False, "O_NONBLOCK of the second socket")
        for port in (first, second):
            get("127.0.0.1:%d" % port)
        manager.ctl("reload")
        manager.stop("INT")


def rolls_under_load(lab):
    """By command and by HUP; a manual ack retires the old worker, which is what it is for."""
    manager = start(lab, "-n", "3", "-m", "-g", "-b", "127.0.0.1:%d,r,n" % lab.port(), up=3, program=worker(lab, "ack=fd"))
    load = lab.load()
    for number in range(max(2, ROLLS // 2)):
        before = manager.worker_pids()
        if number % 2:
            seen = len(manager.stderr())
            manager.send("HUP")
            wait_for(lambda: "rolled to generation" in manager.stderr()[seen:], "HUP rolls", within=30)
        else:
            manager.ctl("upgrade")
        after = {each.pid for each in manager.wait_for_workers(3)}
        check(not before & after, lambda: "roll %d: old workers remain: %s" % (number, before & after))
    nothing_lost(load.finish())
    manager.stop("TERM")


def others_cannot_ack(lab):
    manager = start(lab, "-n", "1", "-m", program=worker(lab, "broken=noack"))
    victim = manager.wait_for_workers(1)[0]
    for line in (b'{"command":"worker:ack","pid":%d}\n', b"---%%20{command:%%20worker:ack,%%20pid:%%20%d}%%0A\n"):
        before = len(manager.stderr())
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(manager.socket)
            client.sendall(line % victim.pid)
            reply = client.recv(4096)
        check(not reply or b"may not acknowledge" in reply, lambda: "a foreign ack was answered %r" % reply)
        wait_for(
            lambda: [l for l in manager.stderr()[before:].splitlines() if str(os.getpid()) in l and str(victim.pid) in l],
            "the log says who acked for whom",
        )
    same(manager.ready_pids("python3"), [], "workers that are up after a foreign ack")
    manager.stop("INT")


def an_early_death_loses_no_worker(lab):
    manager = start(lab, "-n", "2", "-m", "-r", "1", program=worker(lab, "boot=1"))
    for each in manager.wait_for_workers(2):
        lab.kill(each)
    manager.wait_until_up("python3", 2)
    manager.stop("INT")


def a_failed_upgrade_ends(lab):
    script = lab.path("program")

    def write(text):
        lab.write("program", "#!/bin/sh\n" + text + "\n")
        os.chmod(script, 0o755)

    write('exec python3 -IS "%s/worker.py" stop=USR2' % lab.lib)
    manager = start(lab, "-n", "2", "-m", "-r", "2", "-b", "127.0.0.1:%d,r" % lab.port(), up=2, program=[script])
    before = manager.worker_pids()
    for text in ("exit 3", "exec sleep 1000"):
        write(text)
        words = [] if "exit" in text else ["--timeout", "2s"]
        result = manager.ctl(*words, "upgrade", code=None)
        check(result.code != DONE, lambda: "a broken program was rolled: %s" % result)
        if "exit" in text:
            same(result.code, FAILED, "exit status of a failed upgrade")
            same(manager.worker_pids(), before, "workers after a failed upgrade")
        get("127.0.0.1:%d" % lab.port())
    write('exec python3 -IS "%s/worker.py" stop=USR2' % lab.lib)
    manager.ctl("upgrade")
    manager.stop("INT")


def an_address_is_had_again_at_once(lab):
    """SO_REUSEADDR comes before bind: a connection in TIME_WAIT does not keep the next manager from its port."""
    port = lab.port("again")
    line = ["-b", "127.0.0.1:%d,r" % port]
    manager = start(lab, *line, "-m", up=1)
    get("127.0.0.1:%d" % port)  # the worker closes first
    manager.stop("INT")
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            check(False, "nothing is in TIME_WAIT, so this would prove nothing")
        except OSError:
            pass
    manager = start(lab, *line, "-m", up=1)
    get("127.0.0.1:%d" % port)
    manager.stop("INT")


def both_families(lab):
    port = lab.port("families")
    for option, yes, no in (("-4", "127.0.0.1", "[::1]"), ("-6", "[::1]", "127.0.0.1")):
        manager = start(lab, option, "-m", "-b", ":%d,r" % port, up=1)
        get("%s:%d" % (yes, port))
        check(answers("%s:%d" % (no, port)) is None, "%s answers at %s too" % (option, no))
        manager.stop("INT")
    manager = start(lab, "-m", "-b", "127.0.0.1:%d,r" % port, "-b", "[::1]:%d,r" % port, up=1)
    for host in ("127.0.0.1", "[::1]"):
        get("%s:%d" % (host, port))
    manager.stop("INT")


def workers_are_waited_for(lab):
    """USR2 after INT, and the manager is the last to go; TERM comes three seconds later, KILL three more."""
    manager = start(lab, "-n", "2", "-m", "-b", "127.0.0.1:%d,r" % lab.port(), up=2, program=worker(lab, "drain=1"))
    pids = manager.worker_pids()
    with socket.create_connection(("127.0.0.1", lab.port())):
        manager.stop("INT")
        same([pid for pid in pids if alive(pid)], [], "workers that outlived the manager")
    same({fact.pid for fact in lab.facts("exit") if fact.pid in pids}, pids, "workers that left by themselves")
    manager = start(lab, "-m", "-t", "1", up=1, program=["--", "python3", "-IS", os.path.join(lab.lib, "worker.py"), "note=USR2"])
    pid = manager.workers()[0].pid
    manager.stop("INT", within=30)
    check([fact for fact in lab.facts("signal-USR2") if fact.pid == pid], "no USR2 came before the KILL of -t")


def control_path_is_not_taken(lab):
    manager = start(lab, "-m", up=1)
    second = lab.command(BIN, "-d", manager.socket, "sleep", "1000")
    same(second.code, FAILED, "exit status of a second manager: %s" % second)
    check(str(manager.pid) in second.err, lambda: "not said who has it: %s" % second)
    manager.ctl("status")
    manager.stop("INT")
    path = lab.write("precious", "text")
    second = lab.command(BIN, "-d", path, "sleep", "1000")
    same(second.code, FAILED, "exit status with a file in the way: %s" % second)
    same(read(path), "text", "the file in the way")


def workers_die_with_the_manager(lab):
    for words in (["-k"], []):
        manager = start(lab, "-n", "3", "-m", *words, up=3)
        pids = manager.worker_pids()
        manager.send("KILL")
        manager.wait()
        if words:
            wait_for(lambda: not [pid for pid in pids if alive(pid)], "the workers of -k go with the manager")
            same({fact.pid for fact in lab.facts("told") if fact.pid in pids}, pids, "workers that were told")
        else:
            same([state_of(pid) is not None for pid in pids], [True] * 3, "workers without -k that live on")
            for pid in pids:
                os.kill(pid, signal.SIGUSR2)
            wait_for(lambda: not [pid for pid in pids if alive(pid)], "they can still be told to go")
    for path in lab.sockets():
        os.unlink(path)  # left by what was killed


def files_and_niceness(lab):
    pid_file, lock_file = lab.path("pid"), lab.path("lock")
    path = "/tmp/einhorn-%s.sock" % lab.mark
    line = ["--command-name", lab.mark, "-e", pid_file, "-f", lock_file, "--nice", "2:5", "-m", "--drop-env-var", "SECRET", "-q"]
    manager = lab.start(env={"SECRET": "x", "OPEN": "y"}, socket_path=path, classic=[*line, *worker(lab)])
    manager.wait_until_up(lab.mark, 1)
    check(stat.S_ISSOCK(os.stat(path).st_mode), "no control socket at %s" % path)
    asked = lab.command(CTL, "-c", lab.mark, "--execute", "status")
    same(asked.code, DONE, "exit status of a client that asks by name: %s" % asked)
    check(lab.mark in asked.out, lambda: "another manager answered: %s" % asked)
    same(int(read(pid_file)), manager.pid, "the pid file")
    child = manager.workers()[0].pid
    same([os.getpriority(os.PRIO_PROCESS, pid) for pid in (manager.pid, child)], [2, 5], "niceness of manager and worker")
    env = environment_of(child)
    same((env.get("SECRET"), env.get("OPEN")), (None, "y"), "variables of the worker")
    second = lab.command(BIN, "-d", lab.path("other.sock"), "-f", lock_file, "sleep", "1000")
    same(second.code, FAILED, "exit status of a second manager with that lock file: %s" % second)
    manager.stop("INT")
    check(not os.path.exists(pid_file), "the pid file remains")
    check(not os.path.exists(path), "the control socket remains")
    same([l for l in manager.stderr().splitlines() if " info " in l], [], "information in spite of -q")
