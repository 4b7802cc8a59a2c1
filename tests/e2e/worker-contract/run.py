# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker gets, all of it and nothing else: environment, descriptors, signals, identity, limits, directory."""

import json
import os
import pwd
import re
import resource
import stat

from lab import check, descriptors_of, same, session_of, wait_for

# What the manager is started with and no worker may see.
JUNK = {
    "LISTEN_FDS": "3",
    "LISTEN_PID": "1",
    "LISTEN_FDNAMES": "junk",
    "LISTEN_PIDFDID": "4",
    "NOTIFY_SOCKET": "/nowhere/notify",
    "WATCHDOG_USEC": "1",
    "WATCHDOG_PID": "1",
    "EINHORN_FD_0": "77",
    "EINHORN_FD_9": "79",
    "EINHORN_FD_FAMILY_9": "AF_INET",
    "EINHORN_FD_COUNT": "10",
    "EINHORN_MASTER_PID": "1",
    "EINHORN_SOCK_PATH": "/nowhere/einhorn",
    "EINHORN_SOCK_FD": "78",
    "EINHORN_CHILD_INDEX": "8",
    "EINHORN_ANYTHING": "junk",
    "NGINX": "9;",
    "UNICORN_FD": "9",
    "FPM_SOCKETS": "127.0.0.1:1=9",
    "PUMA_INHERIT_0": "9:tcp://127.0.0.1:1",
    "PUMA_INHERIT_9": "9:tcp://127.0.0.1:2",
}
# A shell on the way may set these; they are nobody's secret.
OF_SHELLS = {"PWD", "OLDPWD", "SHLVL", "_"}
# set by the manager; checked one by one
PROTOCOL = re.compile(r"(EINHORN|LISTEN|NOTIFY|WATCHDOG|SERVER_STARTER)_|EINHYRNINGSINS_(WORKER|DEFINITION|PID)$")
# set by the manager for a program that asks for them
ON_REQUEST = ("NGINX", "UNICORN_FD", "FPM_SOCKETS", "PUMA_INHERIT_0", "PUMA_INHERIT_1")
SOFT_FILES, HARD_FILES = 700, 5000


def before_exec():
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_FILES, HARD_FILES))


def run(lab):
    for name in ("seen", "work"):
        os.mkdir(lab.path(name))
    os.chmod(lab.path("seen"), 0o777)
    lab.write("web.env", '# a comment\nFROM_FILE=one two\n\nBOTH=from the file\nQUOTED="in quotes"\n')
    lab.config()
    given = dict(JUNK, E2E_FROM="the manager's", E2E_SECRET="s3cret", E2E_KEPT="kept", _E2E="under score", NGINX_HOME="not the protocol")
    manager = lab.start(env=given, before_exec=before_exec)

    def seen(name, slot):
        path = lab.path("seen", "%d-%s-%d.json" % (manager.pid, name, slot))
        wait_for(lambda: os.path.exists(path), "the worker %s:%d was started and reports" % (name, slot))
        with open(path) as file:
            return json.load(file)

    inherited = lab.environment(given)
    for name in list(JUNK) + ["E2E_SECRET", "EINHYRNINGSINS_BUILD"]:
        inherited.pop(name, None)
    workers = {worker.pid: worker for worker in manager.wait_for_workers(4)}
    for slot in (0, 1):
        full(lab, manager, seen("full", slot), slot, inherited)
    same(seen("full", 0)["descriptors"]["3"], seen("full", 1)["descriptors"]["3"], "socket of the two slots")
    with_secret = dict(inherited, E2E_SECRET="s3cret")
    other(lab, manager, seen("other", 0), with_secret)
    bare(manager, seen("bare", 0), with_secret)
    manager.wait_until_up("full", 2)
    manager.wait_until_up("other", 1)
    manager.wait_until_up("bare", 1)
    same(manager.worker_pids(), set(workers), "workers at the end (none was replaced)")
    # NOTIFY_SOCKET is the manager's own, and nobody is there; all else of it is not
    used = [line for line in manager.stderr().splitlines() if "/nowhere" in line and "cannot tell the service manager" not in line]
    same(used, [], "what the manager says of its junk environment")


def common(manager, found, slot):
    pid, env, status = found["pid"], found["environment"], found["status"]
    same(found["doubles"], [], "variables given twice")
    same(found["parent"], manager.pid, "parent")
    same(env.get("EINHORN_MASTER_PID"), str(manager.pid), "EINHORN_MASTER_PID")
    same(env.get("EINHORN_CHILD_INDEX"), str(slot), "EINHORN_CHILD_INDEX")
    same(env.get("EINHYRNINGSINS_WORKER", "").split(":")[1:2], [str(slot)], "the slot in EINHYRNINGSINS_WORKER")
    same(found["process_group"], pid, "process group (its own)")
    same(session_of(pid), pid, "session (its own)")
    for name in ("SigBlk", "ShdPnd", "SigPnd"):
        same(int(status[name], 16), 0, name)
    same(int(status["SigIgn"], 16), 0, "ignored signals (%s)" % status["SigIgn"].strip())
    path = env["EINHORN_SOCK_PATH"]
    check(stat.S_ISSOCK(os.stat(path).st_mode), lambda: "EINHORN_SOCK_PATH %s is no socket" % path)
    check(path != manager.socket, "EINHORN_SOCK_PATH is the operator's control socket")
    check(env.get("NOTIFY_SOCKET", "")[:1] in ("/", "@"), lambda: "NOTIFY_SOCKET: %r" % env.get("NOTIFY_SOCKET"))
    for name in env:
        ours = re.match(r"_JAVA|JAVA_TOOL|JDK_|MALLOC_ARENA_MAX|EINHYRNINGSINS_(?!(WORKER|DEFINITION|PID)$)|LD_", name)
        check(not ours, lambda: "a variable of the manager's own leaked: %s=%s" % (name, env[name]))
    same([env.get(name) for name in ("WATCHDOG_USEC", "WATCHDOG_PID")], [None, None], "WATCHDOG_* without a watchdog")


def environment(found, expected, tolerated=()):
    """All variables but the protocol's and the tolerated are exactly those expected."""
    env = {
        name: value
        for name, value in found["environment"].items()
        if not PROTOCOL.match(name) and name not in OF_SHELLS and name not in tolerated
    }
    wanted = {name: value for name, value in expected.items() if name not in OF_SHELLS and name not in tolerated}
    missing = {name: value for name, value in wanted.items() if name not in env}
    added = {name: value for name, value in env.items() if name not in wanted}
    wrong = {name: (env[name], wanted[name]) for name in wanted if name in env and env[name] != wanted[name]}
    same((missing, added, wrong), ({}, {}, {}), "environment (missing, added, wrong)")


def sockets(manager, found, expected):
    """`expected`: (name, family, address as Server::Starter writes it) in the order of `bind`, from descriptor 3 up."""
    env, descriptors = found["environment"], found["descriptors"]
    same(sorted(map(int, descriptors)), list(range(3 + len(expected))), "descriptors %s" % descriptors)
    same(env.get("EINHORN_FD_COUNT"), str(len(expected)), "EINHORN_FD_COUNT")
    held = set(descriptors_of(manager.pid).values())
    for index, (name, family, _) in enumerate(expected):
        fd = 3 + index
        same(env.get("EINHORN_FD_%d" % index), str(fd), "EINHORN_FD_%d" % index)
        same(env.get("EINHORN_FD_FAMILY_%d" % index), family, "EINHORN_FD_FAMILY_%d" % index)
        target = descriptors[str(fd)]["target"]
        check(target.startswith("socket:"), lambda: "descriptor %d is %s" % (fd, target))
        check(target in held, lambda: "descriptor %d of %s is not held by the manager" % (fd, name))
        check(not descriptors[str(fd)]["flags"] & os.O_CLOEXEC, "descriptor %d is close-on-exec" % fd)
    extra = [name for name in env if re.match(r"EINHORN_FD_(FAMILY_)?\d+$", name)]
    same(len(extra), 2 * len(expected), "EINHORN_FD_* variables %s" % extra)
    if expected:
        same(env.get("LISTEN_FDS"), str(len(expected)), "LISTEN_FDS")
        same(env.get("LISTEN_PID"), str(found["pid"]), "LISTEN_PID")
        same(env.get("LISTEN_FDNAMES"), ":".join(name for name, _, _ in expected), "LISTEN_FDNAMES")
        ports = ";".join("%s=%d" % (address, 3 + index) for index, (_, _, address) in enumerate(expected))
        # Versions of Server::Starter differ on a `u` before the port of a UDP socket.
        same(re.sub(r":u(\d+=)", r":\1", env.get("SERVER_STARTER_PORT", "")), ports, "SERVER_STARTER_PORT")
        check(env.get("SERVER_STARTER_GENERATION", "").isdigit(), "SERVER_STARTER_GENERATION is no number")
    else:
        check(env.get("LISTEN_FDS", "0") == "0", "LISTEN_FDS without sockets")


def full(lab, manager, found, slot, inherited):
    common(manager, found, slot)
    expected = dict(
        inherited,
        NAME="full",
        FD_OF_HTTP="3",
        FD_OF_ADMIN="fd 4 of full:%d" % slot,
        FROM_MANAGER="the manager's",
        BOTH="from the configuration",
        FROM_FILE="one two",
        QUOTED="in quotes",
        NUMBER="12",
        EMPTY="",
        UMLAUT="žluťoučký 馬",
    )
    expected.update(zip(ON_REQUEST, on_request(lab)))
    environment(found, expected)
    same(found["arguments"], ["fd=3", "slot=%d" % slot, "a b  c", "$HOME", "*"], "arguments (given to no shell)")
    http = "127.0.0.1:%d" % lab.port("http")
    sockets(manager, found, [("http", "AF_INET", http), ("admin", "AF_UNIX", lab.path("admin.sock"))])
    same(found["descriptors"]["0"]["target"], "/dev/null", "standard input")
    same(found["descriptors"]["1"]["target"], manager.stdout_path, "standard output")
    same(found["descriptors"]["2"]["target"], manager.stderr_path, "standard error")
    same(found["directory"], lab.path("work"), "directory (relative to the file's)")
    same(oct(found["umask"]), oct(0o027), "umask")
    same(found["nice"], 5, "nice")
    same(found["limits"]["nofile"], [4321, 4321], "limit nofile")
    same(found["limits"]["core"], [0, 0], "limit core")
    same(found["uids"], [os.getuid()] * 3, "user ids")


def on_request(lab):
    """What full asks for by `protocols`; the others, which do not, get nothing of the kind."""
    http, admin = "127.0.0.1:%d" % lab.port("http"), lab.path("admin.sock")
    return "3;4;", "3,4", "%s=3,%s=4" % (http, admin), "3:tcp://" + http, "4:unix://" + admin


def other(lab, manager, found, inherited):
    common(manager, found, 0)
    nobody = pwd.getpwnam("nobody")
    its = {"HOME": nobody.pw_dir, "USER": "nobody", "LOGNAME": "nobody", "SHELL": nobody.pw_shell}
    environment(found, dict(inherited, NAME="other", **its))
    six = "[::1]:%d" % lab.port("six")
    udp = "127.0.0.1:%d" % lab.port("udp")
    sockets(manager, found, [("front", "AF_INET6", six), ("beats", "AF_INET", udp)])
    same(found["descriptors"]["0"]["target"], found["descriptors"]["3"]["target"], "standard input (stdin: front)")
    for fd in "12":
        same(found["descriptors"][fd]["target"], lab.path("other.log"), "descriptor " + fd)
        check(found["descriptors"][fd]["flags"] & os.O_APPEND, "the log is not opened for appending")
    same(found["uids"], [nobody.pw_uid] * 3, "user ids")
    same(found["gids"], [nobody.pw_gid] * 3, "group ids")
    same(sorted(set(found["groups"]) - {nobody.pw_gid}), [], "supplementary groups")
    same(int(found["status"]["CapEff"], 16), 0, "effective capabilities")
    same(found["directory"], lab.dir, "directory (default: the file's)")


def bare(manager, found, inherited):
    common(manager, found, 0)
    environment(found, dict(inherited, NAME="bare"))
    sockets(manager, found, [])
    same(found["arguments"], ["one", "two  words", "$HOME", "three four"], "arguments of a command in one string")
    for fd in "012":
        same(found["descriptors"][fd]["target"], "/dev/null", "descriptor " + fd)
    same(oct(found["umask"]), oct(0o022), "umask (the manager's own)")
    same(found["nice"], os.getpriority(os.PRIO_PROCESS, 0), "nice (the manager's own)")
    same(found["limits"]["nofile"], [SOFT_FILES, HARD_FILES], "limit nofile (what the manager was started with)")
    same(found["limits"]["core"], list(resource.getrlimit(resource.RLIMIT_CORE)), "limit core")
