# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario works with: a directory of its own, the shipped programs, facts from the kernel, load.

A scenario is a folder with a `run.py` that defines `run(lab)` and, if it needs commands beyond
python3, `NEEDS = {"command": "Debian package"}`. Facts come from the kernel (/proc, waitpid, the
clock that all processes share) and from the workers' journal, not from what the manager says about
itself; what it says is then compared with them. Nothing sleeps and hopes: `wait_for` waits for a
fact, with a bound.

Environment: EINHYRNINGSINS_BIN (the manager; its ctl is its sibling unless EINHYRNINGSINSCTL_BIN
says otherwise), E2E_ROLLS (rolling restarts in a row, default 3), E2E_PAUSE (mean pause of a client
between requests in ms, default 40: several scenarios run side by side on two cores, and what they
wait for is not to be the load), E2E_KEEP=1 (keep the directory), E2E_CLIENT (a socket at which the client's own code
runs command lines without a JVM for each: see ResidentClient; only what follows files or needs a terminal is started).
"""

import collections
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import replies

LIB = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(LIB))
BIN = os.environ.get("EINHYRNINGSINS_BIN") or os.path.join(ROOT, "bin", "einhyrningsins")
CTL = os.environ.get("EINHYRNINGSINSCTL_BIN") or os.path.join(os.path.dirname(BIN), "einhyrningsinsctl")
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
ROLLS = int(os.environ.get("E2E_ROLLS", "3"))
PAUSE = float(os.environ.get("E2E_PAUSE", "40"))
CLIENT = os.environ.get("E2E_CLIENT") if not os.environ.get("EINHYRNINGSINSCTL_BIN") else None
MARK = "E2E_LAB"

# Exit statuses of both programs.
DONE, FAILED, USAGE, INVALID, NO_MANAGER, NOT_ALLOWED, TIMED_OUT = 0, 1, 2, 3, 4, 5, 6

# What must never appear on a manager's or a client's stderr.
NOISE = re.compile(
    r"^WARNING: |VM warning|\[warning\]\[|\[error\]\[|Exception in thread|java\.lang\.\w+(Error|Exception)"
    r"|^\s+at [\w.$/@]+\([\w.]+(:\d+)?\)|^Traceback ",
    re.MULTILINE,
)


class ScenarioFailed(Exception):
    """A promise was not kept; the text says which."""


def check(kept, message):
    if not kept:
        raise ScenarioFailed(message() if callable(message) else message)


def same(found, expected, what):
    check(found == expected, lambda: "%s: expected %r, found %r" % (what, expected, found))


def wait_for(fact, what, within=60.0, every=0.01):
    """Waits until `fact()` is true and returns what it returned; fails after `within` seconds.

    The bound is for a machine that is busy with other things; whoever waits for less means a promise.

    What costs much is looked at less often: a scenario that waits leaves the machine to the others. With 0 it is looked
    at all the time."""
    began = time.monotonic()
    end = began + within
    while True:
        found = fact()
        now = time.monotonic()
        if found:
            return found
        if now >= end:
            raise ScenarioFailed("%s: not within %g s (last seen: %r)" % (what, within, found))
        if every:
            time.sleep(max(every, min(3 * (now - began), 0.5)))
        began = time.monotonic()


# The kernel's view of processes


def read(path, mode="r"):
    try:
        with open(path, mode) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return "" if mode == "r" else b""


def descriptors_of(pid):
    """What each descriptor of a process is a link to; one that is closed meanwhile is left out."""
    found = {}
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            found[int(name)] = os.readlink("/proc/%d/fd/%s" % (pid, name))
        except FileNotFoundError:
            pass
    return found


def environment_of(pid):
    pairs = (entry.split(b"=", 1) for entry in read("/proc/%d/environ" % pid, "rb").split(b"\0") if b"=" in entry)
    return {name.decode(): value.decode("utf-8", "surrogateescape") for name, value in pairs}


def parent_of(pid):
    text = read("/proc/%d/stat" % pid)
    return int(text.rsplit(")", 1)[1].split()[1]) if text else None


def session_of(pid):
    text = read("/proc/%d/stat" % pid)
    return int(text.rsplit(")", 1)[1].split()[3]) if text else None


def state_of(pid):
    """The kernel's letter for the process, or None when there is none."""
    text = read("/proc/%d/stat" % pid)
    return text.rsplit(")", 1)[1].split()[0] if text else None


def alive(pid):
    return state_of(pid) not in (None, "Z", "X")


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid):
    """As the kernel lists them for each thread, which is much less work than to ask all processes; without
    CONFIG_PROC_CHILDREN all are asked. Twice, since one that ends meanwhile can hide the next (proc_pid_children(5))."""
    tasks = "/proc/%d/task" % pid
    if not os.path.exists(tasks + "/%d/children" % pid):
        return [child for child in all_pids() if parent_of(child) == pid]
    try:
        threads = os.listdir(tasks)
    except (FileNotFoundError, ProcessLookupError):
        return []
    listed = {int(child) for thread in threads * 2 for child in read("%s/%s/children" % (tasks, thread)).split()}
    return sorted(listed)


Fact = collections.namedtuple("Fact", "at what pid slot version")
Worker = collections.namedtuple("Worker", "pid slot name version")


class Result:
    """What a command printed and its exit status."""

    def __init__(self, arguments, code, out, err, seconds):
        self.arguments, self.code, self.out, self.err, self.seconds = arguments, code, out, err, seconds

    @property
    def text(self):
        return self.out + self.err

    def json(self):
        """The one JSON document on stdout, or the last of several lines."""
        try:
            return json.loads(self.out)
        except ValueError:
            lines = [line for line in self.out.splitlines() if line.strip()]
            check(lines, lambda: "%s printed no JSON" % self)
            try:
                return json.loads(lines[-1])
            except ValueError:
                raise ScenarioFailed("%s printed something else than JSON" % self)

    def __str__(self):
        return "`%s` (exit status %s)\n  stdout: %s\n  stderr: %s" % (
            " ".join(self.arguments),
            self.code,
            self.out.strip() or "(nothing)",
            self.err.strip() or "(nothing)",
        )


class Lab:
    """One scenario's directory, ports, managers and loads; `close` leaves nothing behind."""

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(folder)
        self.mark = secrets.token_hex(6)
        self.dir = tempfile.mkdtemp(prefix="e2e-", dir="/tmp")
        os.chmod(self.dir, 0o755)  # workers of another user must reach their program
        self.journal = os.path.join(self.dir, "journal")
        open(self.journal, "w").close()
        os.chmod(self.journal, 0o666)
        self.lib = os.path.join(self.dir, "lib")
        shutil.copytree(LIB, self.lib, ignore=shutil.ignore_patterns("__pycache__"))
        os.mkdir(os.path.join(self.dir, "bin"))
        os.symlink(PYTHON, os.path.join(self.dir, "bin", "python3"))
        self.ports = {}
        self.port_locks = []
        self.managers = []
        self.loads = []
        self.figures = []

    def say(self, text):
        """A line for the reader of the results: a figure, not a verdict."""
        self.figures.append(text)
        print("    " + text, flush=True)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def port(self, name="http"):
        """A free port of this lab's own, below the ephemeral range, so that nobody gets it by chance."""
        if name not in self.ports:
            self.ports[name] = self.reserve()
        return self.ports[name]

    def reserve(self):
        for _ in range(500):
            port = 20000 + secrets.randbelow(12000)
            lock = open("/tmp/e2e-port-%d.lock" % port, "a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                    with socket.socket(family, socket.SOCK_STREAM) as probe:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                        probe.bind((host, port))
            except OSError as problem:
                lock.close()
                if problem.errno in (errno.EADDRINUSE, errno.EAGAIN):
                    continue
                raise
            self.port_locks.append(lock)
            return port
        raise ScenarioFailed("no free port found")

    def render(self, text):
        """Fills in @DIR@, @LIB@, @ROOT@, @MARK@ and @PORT_name@."""
        text = text.replace("@DIR@", self.dir).replace("@LIB@", self.lib).replace("@ROOT@", ROOT)
        text = text.replace("@MARK@", self.mark)
        return re.sub(r"@PORT_(\w+)@", lambda found: str(self.port(found.group(1))), text)

    def config(self, name="services.yaml", to=None, edit=None):
        """Puts the scenario's file `name` into the directory, filled in and edited; returns its path there."""
        with open(os.path.join(self.folder, name)) as file:
            text = self.render(file.read())
        return self.write(to or name, edit(text) if edit else text)

    def write(self, name, text):
        path = self.path(name)
        temporary = path + ".new"
        with open(temporary, "w") as file:
            file.write(text)
        os.replace(temporary, path)
        return path

    def edit(self, name, old, new, count=1):
        """Replaces `old`, which must occur `count` times, in a file of the directory."""
        text = read(self.path(name))
        same(text.count(old), count, "occurrences of %r in %s" % (old, name))
        self.write(name, text.replace(old, new))

    def environment(self, extra=None):
        keep = ("PATH", "HOME", "LANG", "LC_ALL", "JAVA_HOME", "TERM", "USER", "TZ")
        env = {name: os.environ[name] for name in keep if name in os.environ}
        env["PATH"] = self.path("bin") + ":" + env.get("PATH", "/usr/bin:/bin")
        env["E2E_JOURNAL"] = self.journal
        env[MARK] = self.mark
        env["EINHYRNINGSINS_BUILD"] = "never"  # tests/e2e/run has built; nobody builds during a scenario
        env.update(extra or {})
        return env

    # Facts

    def facts(self, *whats):
        """The workers' journal, oldest first; only the named facts if any are named."""
        found = []
        for line in read(self.journal).splitlines():
            at, what, pid, slot, version = line.split(" ")
            if not whats or what in whats:
                found.append(Fact(float(at), what, int(pid), slot, version))
        return sorted(found)

    def note(self, what, pid, slot="-", version="-"):
        """Adds a fact to the journal: something that the scenario itself did."""
        with open(self.journal, "a") as journal:
            journal.write("%.6f %s %d %s %s\n" % (time.monotonic(), what, pid, slot, version))

    def kill(self, worker):
        """Kills a worker as a crash would."""
        self.note("killed", worker.pid, worker.slot, worker.version)
        os.kill(worker.pid, signal.SIGKILL)

    def pids(self):
        """Living processes that descend from this lab: by their environment, or, since nginx writes its title over that,
        by the session that each manager leads, or the directory that it works in."""
        wanted = ("%s=%s" % (MARK, self.mark)).encode()
        sessions = {manager.pid for manager in self.managers}
        return [
            pid
            for pid in all_pids()
            if pid != os.getpid()
            and (session_of(pid) in sessions or self.works_here(pid) or wanted in read("/proc/%d/environ" % pid, "rb").split(b"\0"))
            and alive(pid)
        ]

    def works_here(self, pid):
        try:
            return os.path.basename(os.readlink("/proc/%d/exe" % pid)) == "nginx" and os.readlink("/proc/%d/cwd" % pid) == self.dir
        except OSError:
            return False

    def sockets(self):
        found = []
        for directory, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(directory, name)
                try:
                    if stat.S_ISSOCK(os.lstat(path).st_mode):
                        found.append(path)
                except FileNotFoundError:
                    pass
        return found

    # Actors

    def start(self, config="services.yaml", env=None, up=None, within=60.0, **more):
        """Starts a manager; waits until its control socket answers and, if given, until `up` workers are ready."""
        manager = self.launch(config, env, **more)
        manager.wait_until_answering(within)
        if up is not None:
            wait_for(lambda: len(self.facts("ready")) >= up, "%d workers ready" % up, within)
        return manager

    def launch(self, config="services.yaml", env=None, **more):
        """Starts a manager and does not wait."""
        return Manager(self, self.path(config), env or {}, **more)

    def load(self, address=None, clients=8, pause=PAUSE, timeout=30.0, fastcgi=None):
        run = LoadRun(self, address or "127.0.0.1:%d" % self.port(), clients, pause, timeout, fastcgi)
        self.loads.append(run)
        return run

    def command(self, *arguments, env=None, within=60.0, stdin=""):
        """Runs a command to its end."""
        began = time.monotonic()
        try:
            done = subprocess.run(
                arguments, env=self.environment(env), input=stdin, capture_output=True, text=True, timeout=within, cwd=self.dir
            )
        except subprocess.TimeoutExpired as late:
            raise ScenarioFailed(
                "`%s` did not end within %g s; stdout: %s; stderr: %s" % (" ".join(arguments), within, late.stdout, late.stderr)
            )
        result = Result(arguments, done.returncode, done.stdout, done.stderr, time.monotonic() - began)
        check(not NOISE.search(result.err), lambda: "noise on stderr of %s" % result)
        return result

    # The end

    def finish(self):
        """The checks that every scenario ends with: managers stopped well, nothing is left behind."""
        for load in self.loads:
            load.finish()
        for manager in self.managers:
            if manager.running():
                manager.stop()
        for manager in self.managers:
            manager.check_stderr()
        left = wait_for_none(self.pids, 2.0)
        check(not left, lambda: "processes left behind: %s" % [(pid, command_of(pid)) for pid in left])
        same(self.sockets(), [], "socket files left behind")

    def close(self, keep=False):
        """Ends whatever is still there. Never fails."""
        for load in self.loads:
            load.kill()
        for _ in range(50):
            pids = self.pids()
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            for manager in self.managers:
                manager.process.poll()
            if not pids:
                break
            time.sleep(0.02)
        for manager in self.managers:
            remove_cgroups(manager.socket)
        for lock in self.port_locks:
            try:
                os.unlink(lock.name)
            except FileNotFoundError:
                pass
            lock.close()
        if keep or os.environ.get("E2E_KEEP"):
            print("    kept: " + self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


def wait_for_none(find, within):
    began = time.monotonic()
    end = began + within
    while True:
        found = find()
        now = time.monotonic()
        if not found or now >= end:
            return found
        time.sleep(max(0.02, min(3 * (now - began), 0.5)))
        began = time.monotonic()


def remove_cgroups(socket_path):
    """The control groups of a manager that was killed; the next one with that socket would do it, but there is none."""
    mark = 0xCBF29CE484222325
    for char in socket_path:
        mark = (mark ^ ord(char)) * 0x100000001B3 % 2**64
    for line in read("/proc/self/mountinfo").splitlines():
        if " - cgroup2 " in line:
            top = line.split()[4] + "/einhyrningsins-%x" % mark
            for _ in range(50):
                if not os.path.exists(top):
                    break
                try:
                    with open(top + "/cgroup.kill", "w") as kill:
                        kill.write("1")
                    for root, _, _ in os.walk(top, topdown=False):
                        os.rmdir(root)
                except OSError:
                    time.sleep(0.02)  # they are dying


def command_of(pid):
    return read("/proc/%d/cmdline" % pid).replace("\0", " ").strip()


def as_the_schema_has_it(command, reply):
    """Fails unless schema/replies.schema.json describes a reply to that command."""
    command = "line" if "line" in reply and "message" not in reply else command
    if command not in replies.DEFINITIONS:
        check(reply.get("code") == 2 and "data" not in reply, lambda: "the schema knows no replies to %s: %s" % (command, reply))
        return
    errors = replies.errors(command, reply)
    check(not errors, lambda: "a reply to %s is not as the schema has it:\n  %s" % (command, "\n  ".join(errors[:9])))


def replies_as_the_schema_has_them(arguments, result):
    command = next((word for word in arguments if not word.startswith("-")), "")
    for line in result.out.splitlines():
        if line.startswith("{"):
            as_the_schema_has_it(command, json.loads(line))


class Manager:
    """One run of `einhyrningsins -c FILE -d SOCKET`, or of a classic command line: those words, without -d.

    `through` is a command that executes it, and is passed the descriptors `pass_fds`."""

    def __init__(
        self, lab, config, env, socket_path=None, arguments=(), before_exec=None, classic=None, through=(), pass_fds=()
    ):
        check(os.access(BIN, os.X_OK), lambda: "there is no %s; build it, or name another in EINHYRNINGSINS_BIN" % BIN)
        self.lab = lab
        self.config = config
        number = len(lab.managers)
        self.socket = socket_path or lab.path("control%s" % (number or ""), "c.sock")
        self.stderr_path = lab.path("manager%d.stderr" % number)
        self.stdout_path = lab.path("manager%d.stdout" % number)
        self.noise_allowed = False
        self.asked = 0
        with open(self.stderr_path, "w") as err, open(self.stdout_path, "w") as out:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                [*through, BIN, *(classic or ("-c", config, "-d", self.socket, *arguments))],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=lab.environment(env),
                cwd="/",
                start_new_session=True,
                preexec_fn=before_exec,
                pass_fds=pass_fds,
            )
        self.pid = self.process.pid
        lab.managers.append(self)

    def running(self):
        return self.process.poll() is None

    def stderr(self):
        return read(self.stderr_path)

    def wait_until_said(self, words, within=60.0):
        """Waits until the log has these words: a command may be answered just before its line is written."""
        wait_for(lambda: words in self.stderr(), "the log of the manager says %r; it ends: %s" % (words, self.tail()), within)

    def wait_until_answering(self, within=60.0):
        def answers():
            check(self.running(), lambda: "the manager ended with status %s: %s" % (self.process.returncode, self.tail()))
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                    probe.connect(self.socket)
                    return True
            except OSError:
                return False

        wait_for(answers, "the control socket %s answers" % self.socket, within)

    # Commands

    def killed_by_a_birth(self, command, ack):
        """Brings a new program whose first worker kills this manager before it does anything else, with more births behind
        it; returns the pid of that worker. What it executes then is `command`."""
        text = (
            "  killer:\n    command: [sh, -c, '[ -e @DIR@/kill ] && kill -9 $PPID; rm -f @DIR@/kill; echo $$ >@DIR@/born; exec %s']\n"
            "    env: { NAME: killer }\n    bind: ['127.0.0.1:@PORT_killer@']\n    ack: %s\n"
            "  behind: { command: [sleep, '1000'], workers: 9, ack: { mode: timer, after: 10ms } }\n"
        )
        self.lab.write("kill", "")
        self.lab.write("services.yaml", read(self.lab.path("services.yaml")) + self.lab.render(text % (command, ack)))
        try:
            self.ask("reload")
        except (OSError, ValueError):
            pass  # hung up
        self.process.wait(30)
        return int(wait_for(lambda: read(self.lab.path("born")), "the worker that killed the manager goes on"))

    def ask(self, command, within=60.0):
        """One request by hand, sooner answered than a whole einhyrningsinsctl is started; returns the reply."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(within)
            client.connect(self.socket)
            client.sendall(json.dumps({"id": 1, "command": command}).encode() + b"\n")
            with client.makefile("rb") as answer:
                reply = json.loads(answer.readline())
        self.asked += 1
        if self.asked < 10 or self.asked % 50 == 0:
            as_the_schema_has_it(command, reply)
        return reply

    def ctl(self, *arguments, code=DONE, within=60.0, env=None):
        """Runs `einhyrningsinsctl`; its exit status must be `code` (None: any)."""
        words = ("-d", self.socket, *arguments)
        resident = CLIENT and env is None and not {"logs", "events", "shell", "help", "completion"} & set(arguments)
        result = resident_client(words, within) if resident else self.lab.command(CTL, *words, within=within, env=env)
        if code is not None:
            check(result.code == code, lambda: "expected exit status %d from %s\n  log: %s" % (code, result, self.tail()))
        if "--json" in arguments:
            replies_as_the_schema_has_them(arguments, result)
        return result

    def tail(self, lines=12):
        return "\n       ".join(self.stderr().splitlines()[-lines:])

    def status(self):
        """The status as {program: {"state": …, "workers": [{"slot", "pid", "state"}, …], …}}."""
        return programs_in(self.ask("status"))

    def ready_pids(self, program):
        workers = self.status()[program]["workers"]
        return sorted(worker["pid"] for worker in workers if str(worker.get("state", "")).lower() in ("ready", "up", "running"))

    def pids_of(self, program):
        """The pids of all its workers, also of those that are starting or going."""
        return {worker["pid"] for worker in self.status()[program]["workers"] if worker["pid"]}

    def wait_until_up(self, program, count, within=60.0):
        """Waits until the manager calls exactly `count` workers of the program ready."""
        wait_for(lambda: len(self.ready_pids(program)) == count, "status shows %d workers of %s ready" % (count, program), within)

    # The kernel's view

    def workers(self, name=None):
        """Children of the manager that are workers, in the order of their slots; `name` selects by the variable NAME."""
        found = []
        for pid in children_of(self.pid):
            env = environment_of(pid)
            # a deputy of the manager has the manager's memory, and so its environment
            worker = "EINHORN_CHILD_INDEX" in env and read("/proc/%d/comm" % pid).strip() != "einhyrn-deputy"
            if worker and alive(pid) and (name is None or env.get("NAME") == name):
                found.append(Worker(pid, int(env["EINHORN_CHILD_INDEX"]), env.get("NAME"), env.get("VERSION")))
        return sorted(found, key=lambda worker: (worker.name or "", worker.slot, worker.pid))

    def worker_pids(self, name=None):
        return {worker.pid for worker in self.workers(name)}

    def wait_for_workers(self, count, name=None, within=60.0, version=None):
        """Waits until there are exactly `count` workers, all of `version` if given; returns them."""

        def settled():
            workers = self.workers(name)
            right = len(workers) == count and all(version in (None, worker.version) for worker in workers)
            return (workers or True) if right else None

        what = "%d workers%s%s" % (count, " of " + name if name else "", " at version " + version if version else "")
        found = wait_for(settled, what, within)
        return [] if found is True else found

    # The end

    def send(self, name):
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def wait(self, within=60.0):
        """Waits for the manager's end and returns its exit status."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise ScenarioFailed("the manager did not end within %g s: %s" % (within, self.tail()))

    def stop(self, name="TERM", code=0, within=90.0):
        self.send(name)
        same(self.wait(within), code, "exit status of the manager after %s (%s)" % (name, self.tail()))
        return time.monotonic()

    def check_stderr(self):
        noise = NOISE.search(self.stderr())
        check(self.noise_allowed or not noise, lambda: "noise on the manager's stderr (%r): %s" % (noise.group(), self.tail(40)))
        same(read(self.stdout_path), "", "the manager's stdout")


def resident_client(words, within):
    """What einhyrningsinsctl does with these words, told by a JVM that runs already."""
    began = time.monotonic()
    received = b""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(within)
        client.connect(CLIENT)
        client.sendall(json.dumps([str(word) for word in words]).encode())
        client.shutdown(socket.SHUT_WR)
        try:
            while some := client.recv(1 << 16):
                received += some
        except TimeoutError:
            raise ScenarioFailed("einhyrningsinsctl %s did not end within %g s" % (" ".join(words), within))
    said = json.loads(received)
    result = Result((CTL, *words), said["code"], said["out"], said["err"], time.monotonic() - began)
    check(not NOISE.search(result.err), lambda: "noise on stderr of %s" % result)
    return result


def programs_in(document):
    """Finds the programs in the JSON of `status`, wherever its envelope puts them."""
    if isinstance(document, dict) and "programs" in document:
        programs = document["programs"]
        if isinstance(programs, dict):
            return programs
        return {program.get("name", program.get("program")): program for program in programs}
    if isinstance(document, dict):
        for value in document.values():
            if isinstance(value, dict) and "programs" in value:
                return programs_in(value)
    raise ScenarioFailed("no programs in the JSON of status: %s" % json.dumps(document)[:400])


class LoadRun:
    """One run of load.py, in a process of its own."""

    def __init__(self, lab, address, clients, pause, timeout, fastcgi=None):
        self.outcome = None
        self.lab = lab
        self.process = subprocess.Popen(
            [PYTHON, "-IS", os.path.join(LIB, "load.py"), "--clients", str(clients), "--pause", str(pause)]
            + ["--timeout", str(timeout), *(["--fastcgi", fastcgi] if fastcgi else []), address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        )
        first = self.process.stderr.readline()
        check(first.strip() == "running", lambda: "the load did not start: %s" % first)

    def finish(self):
        """Ends the load after its last answers and returns the counts."""
        if self.outcome is None:
            out, err = self.process.communicate(timeout=60)
            check(self.process.returncode in (0, 1), lambda: "the load tool failed: %s %s" % (out, err))
            line, text = out.strip().splitlines()[-2:]
            self.outcome = json.loads(text)
            self.lab.say("load: " + line)
        return self.outcome

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def nothing_lost(result, resent=True):
    """Fails unless every request was answered; with `resent`, none may even have needed to be sent again."""
    bad = {kind: result[kind] for kind in ("refused", "reset", "lost", "timed_out", "bad_status") if result[kind]}
    if resent and result["resent"]:
        bad["resent"] = result["resent"]
    check(not bad, lambda: "requests failed: %s; first: %s" % (bad, result["first_failures"][:5]))
    check(result["answered"] > 0, "no request was made")


def get(address, path="/", timeout=30.0):
    """One HTTP request on a new connection; returns the body's `key=value` words."""
    from load import parse_address

    family, where = parse_address(address)
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(where)
        client.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
        received = b""
        while True:
            some = client.recv(65536)
            if not some:
                break
            received += some
    head, _, text = received.partition(b"\r\n\r\n")
    check(b" 200 " in head.split(b"\r\n")[0] + b" ", lambda: "%s answered %r" % (address, received[:200]))
    words = dict(word.split("=", 1) for word in text.decode("latin-1").split() if "=" in word)
    words["text"] = text.decode("latin-1")
    return words


def answers(address):
    """What the address answers, or None when nobody does."""
    try:
        return get(address, timeout=5.0)
    except (OSError, ScenarioFailed):
        return None
