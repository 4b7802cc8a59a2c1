# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign of faults: a shop of programs under load, and at random, one after the other, what can go wrong.

    tests/campaign/run [--faults N] [--seed S] [--only FAULT,FAULT…] [--hostile]

Every request is counted. Lost may be only what a worker had in its hands when it was itself killed
with -9 (a request of that program, under way at that moment); all else has to be answered. After
each fault the shop has to come to rest: as many workers of each program as the file says, of the
version it says, and not one process more. The seed is printed; with it the same faults come in the
same order (when exactly they strike is the machine's business).

With --hostile one more program belongs to a user who is hostile (see hostile.py), and the faults are what that
user does: the others lose nothing; a killed worker's successor and an answer of status take at most a second more than they
do without an attack; and what the user cannot read or write he has not read or written through us. It needs root.
"""

import argparse
import collections
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "lib"), HERE]
sys.dont_write_bytecode = True

import hostile  # noqa: E402 (found by the path above)
import lab as lib  # noqa: E402 (found by the path above)
from lab import BIN, DONE, FAILED, alive, check, environment_of, same, wait_for  # noqa: E402

COUNTS = {"web": 3, "admin": 1, "api": 2, "orders": 2, "mail": 2}
# Programs that only faults of their own are about.
SPECIAL = {"shell": 2, "release": 2, "place": 1, "left": 1, "right": 1, "name": 1, "plain": 2}
SMALL_DISK = "256k"
REST_WITHIN = 30.0


class Shop:
    """The five programs, their manager, their load, and what is expected of them."""

    PAUSE = 6.0  # of a client between two requests, in ms

    def __init__(self, laboratory, rng):
        self.lab = laboratory
        self.random = rng
        self.versions = dict.fromkeys([*COUNTS, *SPECIAL], "v0")
        self.counts = {**COUNTS, **SPECIAL}
        self.called = {name: name for name in self.counts}  # a program may be renamed
        self.number = 0
        self.kills = collections.defaultdict(list)  # program: when a worker of it was killed
        self.unreachable = collections.defaultdict(list)  # program: from when to when the file of its socket was away
        self.away = []  # how long the manager was away, by kill -9 and by reexec
        self.reexecs = []
        self.small = laboratory.path("small")
        os.mkdir(self.small)
        self.mounted = os.geteuid() == 0 and self.mount()
        laboratory.config()
        self.prepare()
        self.manager = laboratory.start()
        try:
            self.rest()
        except BaseException:
            self.close()
            raise
        addresses = {
            "web": "127.0.0.1:%d" % laboratory.port("web"),
            "admin": laboratory.path("admin.sock"),
            "api": "127.0.0.1:%d" % laboratory.port("api"),
            "orders": "[::1]:%d" % laboratory.port("orders"),
            "mail": "127.0.0.1:%d" % laboratory.port("mail"),
        }
        self.loads = {name: laboratory.load(address, clients=3, pause=self.PAUSE) for name, address in addresses.items()}
        for name in ("shell", "release", "place", "left", "name", "plain"):
            self.loads[name] = laboratory.load("127.0.0.1:%d" % laboratory.port(name), clients=2, pause=3 * self.PAUSE)

    def prepare(self):
        """What the programs need before they start."""
        self.make_release("releases/v0", "v0")
        os.symlink("releases/v0", self.lab.path("current"))
        self.make_release("place", "v0")

    def mount(self):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + SMALL_DISK, "tmpfs", self.small]).returncode == 0

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.small])

    # What is

    def processes(self):
        """The living workers by program, from the kernel: {program: {pid: version}}."""
        found = {name: {} for name in self.counts}
        parents = {}
        for pid in self.lab.pids():
            env = environment_of(pid)
            if env.get("NAME") in found and "EINHORN_CHILD_INDEX" in env and alive(pid):
                found[env["NAME"]][pid] = env.get("VERSION", "?")
                parents[pid] = lib.parent_of(pid)
        shells = found["shell"]
        found["shell"] = {pid: version for pid, version in shells.items() if parents[pid] not in shells}
        self.below_shells = [pid for pid in shells if parents[pid] in shells]
        return found

    def settled(self):
        processes = self.processes()
        for name, count in self.counts.items():
            if sorted(processes[name].values()) != [self.versions[name]] * count:
                return False
        if len(self.below_shells) != self.counts["shell"]:
            return False
        status = self.manager.status()
        status.pop("hostile", None)
        if not self.run_their_release(processes["release"], status.get("release", {})):
            return False
        return sorted(status) == sorted(self.called.values()) and all(
            sorted(worker["pid"] for worker in status[called]["workers"] if worker["state"] == "ready") == sorted(processes[name])
            for name, called in self.called.items()
        )

    @staticmethod
    def run_their_release(pids, status):
        """All are in the directory of the release that status names, by the kernel's word."""
        try:
            return {os.readlink("/proc/%d/cwd" % pid) for pid in pids} == {status.get("release_path")}
        except OSError:
            return False  # one is gone meanwhile

    def rest(self):
        """Waits until all is as the file says; returns the pids of all workers."""
        try:
            wait_for(self.settled, "the shop comes to rest", REST_WITHIN, every=0.05)
        except lib.ScenarioFailed as problem:
            raise lib.ScenarioFailed(
                "%s; expected %s of %s, found %s; status:\n%s"
                % (problem, self.counts, self.versions, self.processes(), self.manager.ctl("status").out)
            )
        return {pid for pids in self.processes().values() for pid in pids}

    # What is done to it

    def any_program(self):
        return self.random.choice(list(COUNTS))

    def edit(self, name, key, old, new):
        """Changes a word of one program's environment in the file."""
        line = "{ NAME: %s, VERSION: %s, BROKEN: none }"
        text = lib.read(self.lab.path("services.yaml"))
        before = re.search(r"\{ NAME: %s, [^}]*\}" % name, text).group()
        after = before.replace("%s: %s" % (key, old), "%s: %s" % (key, new))
        check(before != after, lambda: "%s of %s is not %s in %s, %s" % (key, name, old, before, line))
        self.lab.edit("services.yaml", before, after)

    def make_release(self, path, version):
        """A directory with a program that says its version."""
        os.makedirs(self.lab.path(path))
        self.lab.write(path + "/run", '#!/bin/sh\nVERSION=%s exec python3 -IS "%s/worker.py"\n' % (version, self.lab.lib))
        os.chmod(self.lab.path(path, "run"), 0o755)

    def point(self, path):
        """Lets the link `current` name another release, as deploy tools do."""
        os.symlink(path, self.lab.path("next"))
        os.rename(self.lab.path("next"), self.lab.path("current"))

    def next_version(self):
        self.number += 1
        return "v%d" % self.number

    def deploy(self, name):
        new = self.next_version()
        self.edit(name, "VERSION", self.versions[name], new)
        self.versions[name] = new

    def kill_manager(self):
        began = time.monotonic()
        os.kill(self.manager.pid, signal.SIGKILL)
        self.manager.process.wait()
        return began

    def start_manager(self, began):
        again = self.lab.start(socket_path=self.manager.socket)
        self.manager = again
        again.ctl("status")
        self.away.append(time.monotonic() - began)

    # The faults

    def crash_of_a_worker(self, of=None):
        name = self.random.choice(of or list(COUNTS))
        pid = self.random.choice(list(self.processes()[name]))
        self.kills[name].append(time.monotonic())
        os.kill(pid, signal.SIGKILL)

    def crash_of_several_workers(self):
        for name in self.random.sample(list(COUNTS), 3):
            for pid in self.processes()[name]:
                self.kills[name].append(time.monotonic())
                os.kill(pid, signal.SIGKILL)

    def deploy_of_one(self):
        name = self.any_program()
        self.deploy(name)
        self.manager.ctl("reload", name)

    def deploy_of_all(self):
        for name in COUNTS:
            self.deploy(name)
        self.manager.ctl("reload")

    def upgrade(self):
        self.manager.ctl("upgrade", *(["--fleet"] if self.random.random() < 0.3 else []), self.any_program())

    def bad_deploy(self):
        name, how = self.any_program(), self.random.choice(["exit", "noack"])
        self.edit(name, "BROKEN", "none", how)
        self.edit(name, "VERSION", self.versions[name], "bad")
        self.manager.ctl("reload", name, code=FAILED)
        self.edit(name, "VERSION", "bad", self.versions[name])
        self.edit(name, "BROKEN", how, "none")
        self.manager.ctl("reload")

    def another_count(self):
        name = self.any_program()
        text = lib.read(self.lab.path("services.yaml"))
        at = re.search(r"\n  %s:\n(?:    .*\n)*?    workers: (\d+)\n" % name, text)
        count = self.random.randint(1, 4)
        self.lab.write("services.yaml", text[: at.start(1)] + str(count) + text[at.end(1) :])
        self.counts[name] = count
        self.manager.ctl("reload")

    def a_program_comes_and_goes(self):
        more = '  guest:\n    env: { NAME: guest, VERSION: v0, BROKEN: none }\n    bind: ["127.0.0.1:%d,r,n"]\n' % self.lab.port("guest")
        text = lib.read(self.lab.path("services.yaml"))
        self.lab.write("services.yaml", text + more)
        self.manager.ctl("reload")
        lib.get("127.0.0.1:%d" % self.lab.port("guest"))
        self.lab.write("services.yaml", text)
        self.manager.ctl("reload")

    def a_file_with_problems(self):
        text = lib.read(self.lab.path("services.yaml"))
        self.lab.write("services.yaml", text + "  oops: [\n")
        self.manager.ctl("reload", code=lib.INVALID)
        self.lab.write("services.yaml", text)

    def reexec(self):
        before = self.processes()
        began = time.monotonic()
        self.manager.ctl("reexec")
        self.reexecs.append(time.monotonic() - began)
        check(self.manager.running(), "the manager is gone after reexec")
        same(self.processes(), before, "workers after reexec")

    def reexec_in_a_rollout(self):
        self.in_a_rollout(lambda: self.manager.ctl("reexec", code=None))

    def crash_of_the_manager(self):
        before = self.processes()
        began = self.kill_manager()
        self.pause(0.3)
        self.start_manager(began)
        same(self.processes(), before, "workers after a crash of the manager")

    def crash_of_the_manager_in_a_rollout(self):
        self.in_a_rollout(self.crash_and_start)

    def crash_of_manager_and_worker(self):
        """One of several: who holds a socket alone takes it along, and only a keeper could hold it then."""
        held = [name for name in COUNTS if self.counts[name] > 1]
        if held:
            began = self.kill_manager()
            self.crash_of_a_worker(held)
            self.start_manager(began)

    def crash_and_start(self):
        began = self.kill_manager()
        self.pause(0.1)
        self.start_manager(began)

    def in_a_rollout(self, act):
        """Something happens at some moment of a rollout of one program; afterwards the newest file is asked for again."""
        name = self.any_program()
        self.deploy(name)
        with open(os.devnull, "w") as nowhere:
            asked = subprocess.Popen(
                [lib.CTL, "-d", self.manager.socket, "reload"], stdout=nowhere, stderr=nowhere, env=self.lab.environment()
            )
        self.pause(0.4)
        act()
        try:
            asked.wait(30)
        except subprocess.TimeoutExpired:
            asked.kill()
            asked.wait()
            raise lib.ScenarioFailed("a reload of before never ended")
        self.manager.ctl("reload")

    def manager_stands_still(self):
        self.manager.send("STOP")
        self.pause(0.3)
        self.manager.send("CONT")

    def full_disk(self):
        """No room where the log of a program goes, while it is rolled."""
        if not self.mounted:
            return
        fill(os.path.join(self.small, "rubbish"))
        self.manager.ctl("upgrade", "api")
        os.unlink(os.path.join(self.small, "rubbish"))

    def full_state_directory(self):
        """The state cannot be written for a while: said, and nothing else."""
        state = self.lab.path("state")
        if not self.mounted or not os.path.isdir(state):
            return
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=0700", "tmpfs", state], check=True)
        try:
            fill(os.path.join(state, "rubbish"))
            self.deploy_of_one()
        finally:
            subprocess.run(["umount", "-l", state], check=True)
        self.manager.ctl("upgrade", self.any_program())

    # Faults of releases

    def a_link_moves(self):
        new = self.next_version()
        self.make_release("releases/" + new, new)
        self.point("releases/" + new)
        self.manager.ctl("reload", "release")
        self.versions["release"] = new

    def a_bad_release(self):
        """It fails in one way or another. What runs stays, and so does what comes in place of it."""
        old = os.readlink(self.lab.path("current"))
        bad = "releases/bad%d" % self.random.randrange(10**9)
        self.make_release(bad, "bad")
        worker = 'exec python3 -IS "%s/worker.py"' % self.lab.lib
        ways = ("exit 3", "sleep 1; exit 3", "exec /nowhere/server", "VERSION=bad BROKEN=noack " + worker)
        self.lab.write(bad + "/run", "#!/bin/sh\n%s\n" % self.random.choice(ways))
        os.chmod(self.lab.path(bad, "run"), 0o755)
        self.point(bad)
        self.manager.ctl("reload", "release", code=FAILED)
        self.crash_of_a_worker(["release"])
        self.rest()
        self.manager.ctl("reload", code=FAILED)  # which does not try it again
        self.rest()
        if self.random.random() < 0.5:
            self.crash_of_the_manager()
            self.rest()
        self.point(old)
        self.manager.ctl("reload", "release")

    def a_directory_is_replaced(self):
        new = self.next_version()
        self.make_release("place.new", new)
        os.rename(self.lab.path("place"), self.lab.path("place.before-" + new))
        os.rename(self.lab.path("place.new"), self.lab.path("place"))
        self.manager.ctl("reload", "place")
        self.versions["place"] = new

    # Faults of a program behind a shell

    def roll_behind_a_shell(self):
        self.deploy("shell")
        self.manager.ctl("reload")

    # Faults of files

    def a_socket_file_is_removed(self):
        began = time.monotonic()
        os.unlink(self.lab.path("admin.sock"))
        wait_for(lambda: lib.answers(self.lab.path("admin.sock")), "the socket is there again", within=10.0)
        self.unreachable["admin"].append((began, time.monotonic()))

    def state_files_are_removed(self):
        state = self.lab.path("state")
        names = os.listdir(state)
        for name in self.random.sample(names, self.random.randint(1, len(names))):
            os.unlink(os.path.join(state, name))
        self.after_the_state_is_gone()

    def the_state_directory_is_removed(self):
        shutil.rmtree(self.lab.path("state"))
        self.after_the_state_is_gone()

    def after_the_state_is_gone(self):
        if self.random.random() < 0.5:
            self.pause(1.0)
        if self.random.random() < 0.3:
            self.deploy_of_one()
            self.rest()
        self.crash_of_the_manager()

    # Faults of sockets and names

    def move_of_a_socket(self):
        """From left to right or back; who gets it serves it then."""
        text = lib.read(self.lab.path("services.yaml"))
        self.lab.write("services.yaml", swapped(text))
        self.manager.ctl("reload")

    def a_bad_move_of_a_socket(self):
        """The receiver fails: who had the socket has it, and its workers."""
        text = lib.read(self.lab.path("services.yaml"))
        receiver = "right" if "shared" in text.split("\n  left:\n")[1].split("\n  right:\n")[0] else "left"
        self.edit(receiver, "BROKEN", "none", self.random.choice(["exit", "noack"]))
        self.lab.write("services.yaml", swapped(lib.read(self.lab.path("services.yaml"))))
        self.manager.ctl("reload", code=FAILED)
        self.answers_at_once("left")
        self.lab.write("services.yaml", text)
        self.manager.ctl("reload")

    def answers_at_once(self, name):
        """Connections that wait in the kernel's queue for a worker are an outage too."""
        began = time.monotonic()
        lib.get("127.0.0.1:%d" % self.lab.port(name))
        check(time.monotonic() - began < 1.0, lambda: "%s answered after %.1f s" % (name, time.monotonic() - began))

    def another_name(self):
        new = "name%d" % self.random.randrange(10**6)
        self.lab.edit("services.yaml", "\n  %s:\n" % self.called["name"], "\n  %s:\n" % new)
        self.called["name"] = new
        self.manager.ctl("reload")

    def a_bad_program_of_another_name(self):
        before = self.processes()["name"]
        text = lib.read(self.lab.path("services.yaml"))
        self.edit("name", "BROKEN", "none", self.random.choice(["exit", "noack"]))
        self.lab.edit("services.yaml", "\n  %s:\n" % self.called["name"], "\n  never%d:\n" % self.random.randrange(10**6))
        self.manager.ctl("reload", code=FAILED)
        same(self.processes()["name"], before, "workers of the old name after the new one has failed")
        self.answers_at_once("name")
        self.lab.write("services.yaml", text)
        self.manager.ctl("reload")

    # Faults of programs that end, stand still, or fail late

    def a_job(self):
        """It runs once, and its end is told as it was."""
        status = self.random.choice([0, 7])
        text = lib.read(self.lab.path("services.yaml"))
        job = '  job:\n    command: [sh, -c, "sleep 0.3; exit %d"]\n    restart: never\n    workers: 1\n    ack: { timer: 100ms }\n'
        self.lab.write("services.yaml", text + job % status)
        self.manager.ctl("reload", code=None)
        wanted = "failed" if status else "done"
        wait_for(lambda: self.manager.status()["job"]["state"] == wanted, "the job has ended as '%s'" % wanted)
        if self.random.random() < 0.5:
            self.crash_and_start()
            same(self.manager.status()["job"]["state"], wanted, "the state of the job after a crash of the manager")
        self.lab.write("services.yaml", text)
        self.manager.ctl("reload")

    def a_worker_stands_still(self):
        """Stopped by a signal, then told to go: it goes on first, and what it had in its hands is answered."""
        name = self.random.choice(["web", "api", "mail"])
        pids = list(self.processes()[name])
        os.kill(self.random.choice(pids), signal.SIGSTOP)
        self.pause(0.2)
        seen = len(self.manager.stderr())
        self.manager.ctl("upgrade", name)
        self.rest()
        check("KILL sent" not in self.manager.stderr()[seen:], "a stopped worker was waited for until it had to be killed")

    def a_version_that_fails_late(self):
        """With default settings: no ack of its own, and it ends after a while."""
        self.edit("plain", "BROKEN", "none", "ends:%s" % self.random.choice(["1.5", "4"]))
        self.edit("plain", "VERSION", self.versions["plain"], "bad")
        self.manager.ctl("reload", code=FAILED)
        text = lib.read(self.lab.path("services.yaml"))
        broken = re.search(r"NAME: plain, [^}]*BROKEN: (\S+)", text).group(1)
        self.edit("plain", "VERSION", "bad", self.versions["plain"])
        self.edit("plain", "BROKEN", broken, "none")
        self.manager.ctl("reload", code=None)

    def pause(self, most):
        time.sleep(self.random.uniform(0, most))

    # The end

    def finish(self):
        """Every failure has to be that of a request which a killed worker had in its hands."""
        answered = lost = away = 0
        for name, load in self.loads.items():
            counts = load.finish()
            answered += counts["answered"]
            failures = sum(counts[kind] for kind in ("refused", "reset", "lost", "timed_out", "bad_status"))
            same(len(counts["first_failures"]), failures, "failures of %s that are known in detail" % name)
            for failure in counts["first_failures"]:
                if failure["kind"] == "refused" and any(
                    began <= failure["at"] and failure["began"] <= until for began, until in self.unreachable[name]
                ):
                    away += 1
                    continue
                struck = [at for at in self.kills[name] if failure["began"] <= at <= failure["at"] + 0.001]
                check(
                    struck and failure["kind"] in ("reset", "lost"),
                    lambda: "%s lost a request without a reason: %s; killed at %s" % (name, failure, self.kills[name][-5:]),
                )
            lost += failures
        return answered, lost - away, away


class HostileShop(Shop):
    """The shop with one program more, whose user is hostile."""

    PAUSE = 40.0  # so that it is the attacks that hold something up
    # How much more than without an attack. What starts a program takes long on a busy machine, whoever attacks.
    PATIENCE = {"successor": 1.0, "status": 1.0, "reexec": 6.0, "start": 6.0}
    SECRET = "SECRET=a7f3"

    def prepare(self):
        super().prepare()
        self.slowest = collections.Counter()
        self.usual = {}
        self.user = pwd.getpwnam("nobody")
        shutil.copy(os.path.join(HERE, "hostile.py"), self.lab.path("hostile.py"))
        os.mkdir(self.lab.path(hostile.VICTIM))
        self.lab.write(hostile.VICTIM + "/out.log", "not theirs\n")
        self.lab.write(hostile.VICTIM + "/secret", self.SECRET + "\n")
        os.chmod(self.lab.path(hostile.VICTIM, "secret"), 0o600)
        self.before = self.victim()
        self.lay_out()
        with open(os.path.join(HERE, "hostile.yaml")) as more:
            text = lib.read(self.lab.path("services.yaml")) + self.lab.render(more.read())
        self.lab.write("services.yaml", text)

    def lay_out(self):
        """The directory of the hostile program as it should be; all that is there goes."""
        shutil.rmtree(self.lab.path("hostile"), ignore_errors=True)
        os.makedirs(self.lab.path("hostile", "log"))
        self.lab.write("hostile/program", '#!%s\nexec python3 "$@"\n' % self.lab.path("hostile", "interpreter"))
        shutil.copy("/bin/sh", self.lab.path("hostile", "interpreter"))
        self.lab.write("hostile/env", "FROM=env\n")
        self.lab.write("hostile/attack", "")
        os.chmod(self.lab.path("hostile", "program"), 0o755)
        for root, directories, files in os.walk(self.lab.path("hostile")):
            for name in [root] + files:
                os.chown(os.path.join(root, name), self.user.pw_uid, self.user.pw_gid)

    def victim(self):
        """All there is to know of the files that the hostile user may not touch."""
        directory = self.lab.path(hostile.VICTIM)
        found = {}
        for name in os.listdir(directory):
            status = os.stat(os.path.join(directory, name))
            found[name] = (status.st_uid, status.st_mode, lib.read(os.path.join(directory, name)))
        return found

    def attack(self, how):
        if not self.slowest:
            self.quietly()
        self.number += 1
        self.lab.write("hostile/attack", "%s %d" % (how, self.number))
        self.pause(0.6)
        self.strike()
        self.random.choice(
            [self.end_the_hostile_one, self.deploy_the_hostile_one, self.deploy_of_one, self.reexec_quickly, self.crash_quickly]
        )()
        self.strike()
        self.over()

    def quietly(self):
        """How long all this takes on this machine when nobody attacks."""
        for act in (self.reexec_quickly, self.strike, self.crash_quickly, self.strike, self.strike, self.reexec_quickly):
            act()
        self.usual = dict(self.slowest)
        self.slowest.clear()

    def strike(self):
        """A worker of another program is killed; who comes for it is up within a second, and status answers."""
        seen = os.path.getsize(self.lab.journal)
        self.crash_of_a_worker()
        began = time.monotonic()
        wait_for(lambda: self.somebody_is_up(seen), "a successor of the killed worker is up", 30, every=0.005)
        self.within("successor", began)
        began = time.monotonic()
        self.manager.status()
        self.within("status", began)

    def somebody_is_up(self, seen):
        with open(self.lab.journal) as journal:
            journal.seek(seen)
            return any(line.split()[1] == "ready" for line in journal)

    def within(self, what, began):
        took = time.monotonic() - began
        self.slowest[what] = max(self.slowest[what], took)
        usual = self.usual.get(what, 60.0)
        check(took < usual + self.PATIENCE[what], lambda: "%s: %.2f s; without an attack %.2f s" % (what, took, usual))

    def end_the_hostile_one(self):
        for pid in self.manager.pids_of("hostile"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def deploy_the_hostile_one(self):
        """It may fail; when it does not matter here, but that it comes to an end does."""
        text = lib.read(self.lab.path("services.yaml"))
        self.lab.write("services.yaml", text.replace("NAME: hostile, VERSION: ", "NAME: hostile, VERSION: v"))
        self.manager.ctl("reload", "hostile", code=None)

    def reexec_quickly(self):
        began = time.monotonic()
        self.manager.ctl("reexec")
        self.within("reexec", began)

    def crash_quickly(self):
        self.kill_manager()
        began = time.monotonic()
        self.start_manager(began)
        self.within("start", began)

    def over(self):
        """The hostile program is stopped, and nothing is left of it; nobody has touched what is not his."""
        self.manager.ctl("stop", "hostile")
        left = [pid for pid in self.lab.pids() if environment_of(pid).get("NAME") == "hostile"]
        same(left, [], "processes of the hostile program after its stop")
        same(self.victim(), self.before, "files that the hostile user may not touch")
        for root, _, files in os.walk(self.lab.path("hostile")):
            for name in files:
                path = os.path.join(root, name)
                if os.path.isfile(path) and not os.path.islink(path):  # no FIFO, no link that an attack left, which only root may follow
                    check(self.SECRET.encode() not in lib.read(path, "rb"), lambda: "%s has what its user may not read" % path)
        check(self.SECRET not in self.manager.stderr(), "the log has what only root may read")
        self.lay_out()
        self.manager.ctl("start", "hostile")
        self.manager.wait_until_up("hostile", 1)

    def finish(self):
        for when, times in (("without an attack", self.usual), ("under attack", self.slowest)):
            print("slowest %s: %s" % (when, ", ".join("%s %.0f ms" % (what, 1000 * took) for what, took in sorted(times.items()))))
        return super().finish()


def attack(how):
    """A fault that is one attack."""

    def act(shop):
        shop.attack(how.__name__)

    act.__name__ = how.__name__
    return act


ATTACKS = {attack(how): 1 for how in hostile.ATTACKS}


def swapped(text):
    """The services file with the shared socket at the other program."""
    socket = re.search(r"\n    bind: (\[[^\n]*shared[^\n]*\])", text).group(1)
    alone = re.search(r"\n    bind: (\[\{ name: own[^\n]*\])", text).group(1)
    shared = re.search(r"\{ name: shared[^}]*\}", socket).group()
    without = socket.replace(shared + ", ", "")
    moved = alone.replace("[", "[" + shared + ", ")
    return text.replace(socket, "@").replace(alone, moved).replace("@", without)


def fill(path):
    """Writes until there is no more room."""
    with open(path, "wb", buffering=0) as rubbish:
        try:
            while True:
                rubbish.write(b"x" * 4096)
        except OSError:
            pass


FAULTS = {
    Shop.crash_of_a_worker: 4,
    Shop.crash_of_several_workers: 1,
    Shop.deploy_of_one: 3,
    Shop.deploy_of_all: 1,
    Shop.upgrade: 2,
    Shop.bad_deploy: 1,
    Shop.another_count: 2,
    Shop.a_program_comes_and_goes: 1,
    Shop.a_file_with_problems: 1,
    Shop.reexec: 2,
    Shop.reexec_in_a_rollout: 2,
    Shop.crash_of_the_manager: 3,
    Shop.crash_of_the_manager_in_a_rollout: 4,
    Shop.crash_of_manager_and_worker: 2,
    Shop.manager_stands_still: 1,
    Shop.full_disk: 1,
    Shop.full_state_directory: 1,
    Shop.a_link_moves: 2,
    Shop.a_directory_is_replaced: 1,
    Shop.roll_behind_a_shell: 2,
    Shop.move_of_a_socket: 1,
    Shop.another_name: 1,
    Shop.a_socket_file_is_removed: 1,
    Shop.a_bad_move_of_a_socket: 1,
    Shop.a_bad_program_of_another_name: 1,
    Shop.a_job: 1,
    Shop.state_files_are_removed: 1,
    Shop.the_state_directory_is_removed: 1,
    Shop.a_worker_stands_still: 1,
    Shop.a_version_that_fails_late: 1,
    Shop.a_bad_release: 2,
}

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--only", help="names of faults with commas between them")
    parser.add_argument("--hostile", action="store_true", help="faults are what a hostile user does")
    asked = parser.parse_args()
    check(not asked.hostile or os.geteuid() == 0, "--hostile needs root: it has programs of two users")
    lib.check(os.path.exists(BIN), "there is no " + BIN)
    subprocess.run([BIN, "--version"], check=True, stdout=subprocess.DEVNULL)  # builds if need be
    print("seed %d, %d faults" % (asked.seed, asked.faults), flush=True)
    weights = ATTACKS if asked.hostile else FAULTS
    if asked.only:
        weights = {fault: weight for fault, weight in weights.items() if fault.__name__ in asked.only.split(",")}
    rng = random.Random(asked.seed)
    laboratory = lib.Lab(HERE)
    shop = None
    done = collections.Counter()
    fault = None
    began = time.monotonic()
    failed = True
    try:
        shop = (HostileShop if asked.hostile else Shop)(laboratory, rng)
        for number in range(asked.faults):
            fault = rng.choices(list(weights), weights.values())[0]
            fault(shop)
            shop.rest()
            done[fault.__name__] += 1
            if number % 25 == 24:
                print("  %d faults, %.0f s" % (number + 1, time.monotonic() - began), flush=True)
        answered, lost, away = shop.finish()
        laboratory.finish()
        failed = False
        for name, count in sorted(done.items()):
            print("  %4d %s" % (count, name.replace("_", " ")))
        print("%d faults in %.0f s: %d requests answered, %d lost in the hands of killed workers, %d refused while the file of a "
              "socket was away, 0 else" % (sum(done.values()), time.monotonic() - began, answered, lost, away))
        for what, times in (("manager killed to status answered", shop.away), ("reexec, whole command", shop.reexecs)):
            if times:
                print("%s: median %.0f ms, longest %.0f ms" % (what, 1000 * sorted(times)[len(times) // 2], 1000 * max(times)))
    except lib.ScenarioFailed as problem:
        print("FAILED after %d faults, at '%s' (seed %d): %s" % (sum(done.values()), fault and fault.__name__, asked.seed, problem))
        for manager in laboratory.managers[-2:]:
            print("  log of manager %d:\n    %s" % (manager.pid, "\n    ".join(manager.stderr().splitlines()[-40:])))
    finally:
        laboratory.close(keep=failed)
        if shop is not None:
            shop.close()
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
