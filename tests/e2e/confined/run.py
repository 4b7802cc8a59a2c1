# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker of another user is born with nothing it does not need; what it was promised by name it has, and no more."""

import os
import pwd
import shutil
import signal

from lab import BIN, FAILED, INVALID, check, environment_of, read, same, wait_for

NOTHING = "0" * 16
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def run(lab):
    if os.geteuid() != 0:
        lab.say("skipped: needs root")
        return
    os.mkdir(lab.path("told"), 0o777)
    os.chmod(lab.path("told"), 0o777)
    lab.config()
    lab.write("key", "PASSWORD=1")
    lab.write("key2", "PASSWORD=3")
    os.mkdir(lab.path("told", "in"))
    os.chmod(lab.path("key"), 0o400)
    manager = lab.start()
    own = status("/proc/self/status")
    plain, other, named, lenient, root = (told(lab, name) for name in ("plain", "other", "named", "lenient", "root"))
    same([plain["CapEff"], plain["CapBnd"], plain["NoNewPrivs"]], [own["CapEff"], own["CapBnd"], "0"], "without a user")
    nothing(other, "another user")
    nothing(told(lab, "check"), "its health check")
    for which in SETS:
        same(named[which], "%016x" % (1 << 10), which + " of NET_BIND_SERVICE")
    same([named["NoNewPrivs"], named["Cpus_allowed_list"]], ["1", "0"], "named")
    pid = min(manager.pids_of("named"))
    wait_for(lambda: read("/proc/%d/oom_score_adj" % pid).strip() == "321", "oom_score_adj")
    same(lab.command("ionice", "-p", str(pid)).out.strip(), "idle", "I/O class")
    same([lenient["CapEff"], lenient["CapBnd"], lenient["NoNewPrivs"]], [NOTHING, own["CapBnd"], "0"], "no-new-privs: false")
    same([root["CapEff"], root["CapBnd"], root["NoNewPrivs"]], ["%016x" % (1 | 1 << 5), "%016x" % (1 | 1 << 5), "1"], "root")
    made = os.stat(lab.path("made", "web"))
    same([made.st_uid, oct(made.st_mode & 0o777)], [pwd.getpwnam("nobody").pw_uid, "0o750"], "the directory that was made")
    boxed(lab)
    changes_roll(lab, manager)
    secrets = keeps_secrets(lab, manager)
    manager = lab.managers[-1]
    manager.stop()
    check(not os.path.exists(os.path.dirname(secrets)), "secrets are left behind")
    ambient(lab)
    below_its_rights(lab)
    variables(lab)


def keeps_secrets(lab, manager):
    """They are the worker's alone, end with it, and are nowhere else."""
    wait_for(lambda: os.path.exists(lab.path("told", "secret")), "it has read its secret")
    same(read(lab.path("told", "secret")), "PASSWORD=1", "what a worker reads that may not read the file")
    check("-r-------- 1 nobody" in read(lab.path("told", "ls")), read(lab.path("told", "ls")))
    first = min(manager.pids_of("secret"))
    before = environment_of(first)["CREDENTIALS_DIRECTORY"]
    check("PASSWORD" not in str(environment_of(first)), "a secret is in the environment")
    lab.write("key", "PASSWORD=2")
    os.unlink(lab.path("told", "secret"))
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: os.path.exists(lab.path("told", "secret")), "the next one has read it")
    same(read(lab.path("told", "secret")), "PASSWORD=2", "what the next one reads")
    wait_for(lambda: not os.path.exists(before), "what the dead one had is gone")
    manager.ctl("reexec")
    second = min(manager.pids_of("secret"))
    directory = environment_of(second)["CREDENTIALS_DIRECTORY"]
    same(os.listdir(directory), ["db"], "secrets after a re-exec")
    for folder, _, files in os.walk(lab.path("control")):
        for file in files:
            path = os.path.join(folder, file)
            check(not os.path.isfile(path) or "PASSWORD" not in read(path), "a secret is in " + path)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    os.kill(second, signal.SIGKILL)
    manager = lab.start(socket_path=manager.socket)
    wait_for(lambda: not os.path.exists(directory), "those of one that died while there was no manager are gone")
    wait_for(lambda: manager.pids_of("secret"), "another is there")
    return directory


def boxed(lab):
    """A worker of root in a sandbox reaches what it was named."""
    path = lab.path("told", "in", "boxed")
    wait_for(lambda: os.path.exists(path) and "NoNewPrivs" in read(path), "boxed has tried")
    same(read(path).split(), ["refused", "refused", "refused", "NoNewPrivs:", "1"], "what a worker in a sandbox reaches")
    wait_for(lambda: os.path.exists(lab.path("told", "in", "check")), "its health check is in there too")
    same(read(lab.path("told", "in", "check")), "refused\n", "its health check")


def changes_roll(lab, manager):
    before = min(manager.pids_of("named"))
    lab.edit("services.yaml", "oom-score-adj: 321", "oom-score-adj: 322")
    plan = manager.ctl("plan", code=10).out
    check("oom-score-adj: 321 -> 322" in plan and "roll" in plan, plan)
    manager.ctl("reload")
    after = min(manager.pids_of("named"))
    check(after != before, "the worker was not replaced")
    same(read("/proc/%d/oom_score_adj" % after).strip(), "322", "oom_score_adj of the new worker")


def ambient(lab):
    """A manager that is not root, and has of its rights only two: they end with it."""
    if not shutil.which("setpriv"):
        lab.say("no setpriv (util-linux)")
        return
    shutil.rmtree(lab.path("told"))
    os.mkdir(lab.path("told"), 0o777)
    os.chmod(lab.path("told"), 0o777)
    lab.write(
        "ambient.yaml",
        lab.render(
            """
programs:
  other: {command: [/bin/sh, -c, 'cat /proc/self/status > @DIR@/told/a.new && mv @DIR@/told/a.new @DIR@/told/ambient && exec sleep 1000'],
    user: nobody, ack: {mode: timer, after: 50ms}}
"""
        ),
    )
    os.mkdir(lab.path("mine"))
    os.chown(lab.path("mine"), 1, 1)
    rights = "+setuid,+setgid,+kill,+chown"
    through = ("setpriv", "--reuid=1", "--regid=1", "--clear-groups", "--inh-caps=" + rights, "--ambient-caps=" + rights)
    manager = lab.start("ambient.yaml", through=through, socket_path=lab.path("mine", "c.sock"))
    held = status("/proc/%d/status" % manager.pid)
    check(held["CapAmb"] != NOTHING, "the manager has no ambient capabilities: this proves nothing")
    worker = told(lab, "ambient")
    for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        same(worker[which], NOTHING, which + " below a manager with ambient capabilities")
    same(worker["NoNewPrivs"], "1", "NoNewPrivs")
    manager.stop()


def below_its_rights(lab):
    """A manager that is not root, with a program of root's: that program is shown as failed, with the reason, and others run."""
    lab.write(
        "below.yaml",
        lab.render(
            """
programs:
  roots: {command: [sleep, "1000"], user: root, ack: {timer: 10ms}}
  ours: {command: [sleep, "1000"], env: {NAME: ours}, workers: 4, ack: {timer: 10ms}}
"""
        ),
    )
    through = ("nice", "-n", "1", "setpriv", "--reuid=1", "--regid=1", "--clear-groups")
    manager = lab.start("below.yaml", through=through, socket_path=lab.path("mine", "below.sock"))
    manager.wait_until_up("ours", 4)
    # the kernel takes the niceness of a session from it only ten times a second
    same(len(manager.workers("ours")), 4, "workers of a program whose starts all succeed")
    check("bug" not in manager.stderr(), manager.tail)
    wait_for(lambda: "cannot make its worker sockets: chown" in manager.ctl("show", "roots").out, "it is told why it does not run")
    shown = manager.status()["roots"]
    same((shown["state"], shown["ready"]), ("backing-off", 0), "state of a program that cannot start (%s)" % shown)
    check("not permitted" in manager.ctl("status").out, lambda: manager.ctl("status").out)
    manager.stop()


def variables(lab):
    """A file of variables that its user spoils is the trouble of that program, whoever is deployed or killed."""
    os.mkdir(lab.path("theirs"))
    os.chown(lab.path("theirs"), 65534, 65534)
    text = lab.render(
        """
programs:
  theirs: {command: [sleep, "1000"], user: nobody, env: {NAME: theirs}, env-file: @DIR@/theirs/env, ack: {timer: 10ms}, rollout: {probation: 0s}}
  ours: {command: [sleep, "1000"], env: {NAME: ours, VERSION: v1}, ack: {timer: 10ms}, rollout: {probation: 0s}}
"""
    )
    lab.write("variables.yaml", text)
    lab.write("theirs/env", "A=1\n")
    manager = lab.start("variables.yaml", socket_path=lab.path("v.sock"))
    manager.wait_until_up("theirs", 1)
    theirs = manager.pids_of("theirs")
    os.unlink(lab.path("theirs", "env"))
    os.mkfifo(lab.path("theirs", "env"))
    lab.write("variables.yaml", text.replace("VERSION: v1", "VERSION: v2"))
    done = manager.ctl("reload", code=FAILED)
    check("theirs: " in done.text and "not a regular file" in done.text and "ours: rolled" in done.text, done)
    same(manager.pids_of("theirs"), theirs, "workers of a program whose variables cannot be read")
    checked = lab.command(BIN, "check", lab.path("variables.yaml"))
    check(checked.code == INVALID and "no worker of this program" in checked.text, checked)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start("variables.yaml", socket_path=manager.socket)
    manager.wait_until_up("ours", 1)
    same(manager.pids_of("theirs"), theirs, "the same after a crash of the manager")
    manager.stop()
    manager = lab.start("variables.yaml", socket_path=manager.socket)
    manager.wait_until_up("ours", 1)
    wait_for(lambda: "not a regular file" in manager.ctl("status").out, "status says why the other one does not start")
    os.unlink(lab.path("theirs", "env"))
    lab.write("theirs/env", "A=1\n")
    manager.ctl("reload")
    manager.wait_until_up("theirs", 1)
    manager.stop()


def nothing(found, whose):
    for which in SETS:
        same(found[which], NOTHING, which + " of " + whose)
    same(found["NoNewPrivs"], "1", "NoNewPrivs of " + whose)


def told(lab, name):
    path = lab.path("told", name)
    wait_for(lambda: os.path.exists(path), "%s has told of itself" % name)
    return status(path)


def status(path):
    return dict(line.split(":\t", 1) for line in read(path).splitlines() if ":\t" in line)
