# SPDX-License-Identifier: GPL-3.0-or-later
"""One small adapter for each manager: how it is configured, started, asked, rolled and stopped.

Each runs the same worker (worker.c), on a socket that the manager holds where it can hold one, and on
SO_REUSEPORT sockets of the workers' own where it cannot (s6, runit, pm2). gunicorn brings its own
workers, in Python. Settings are the managers' defaults unless a comment says why not.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from processes import Trouble

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a manager is to run."""

    programs: int = 1
    workers: int = 4
    boot_ms: int = 0
    trouble: bool = False
    facts: int = 0


def free_ports(count):
    """Ports that nobody listens on now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Manager:
    name = package = None
    commands = ()
    rolls = False    # replaces workers without a gap, by a command of its own
    many = False    # runs several programs
    reexecs = False    # replaces itself by a newer program, by a command of its own
    scales = True
    rolls_at_scale = True
    status_exits = (0,)
    status_request = None
    remark = None

    def __init__(self, bench, place, shape):
        self.bench, self.place, self.shape = bench, place, shape
        self.ports = free_ports(shape.programs)
        self.expected = shape.programs * shape.workers
        self.socket = os.path.join(place, "s")
        self.log = os.path.join(place, "log")
        self.process = None
        self.began = None

    @classmethod
    def installed(cls):
        return all(shutil.which(command) for command in cls.commands)

    # -- what adapters say

    def argv(self):
        raise NotImplementedError

    def configure(self):
        pass

    def status_argv(self):
        return None

    def ask_to_roll(self):
        raise NotImplementedError

    def roll_answered(self):
        """When the command said that it is done (CLOCK_MONOTONIC, ns), if it says so."""
        return None

    def ask_to_reexec(self):
        raise NotImplementedError

    def reexec_answered(self):
        """Lets go of what `ask_to_reexec` has open."""

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGTERM)

    def environment(self):
        return dict(os.environ)

    def root(self):
        return self.process.pid

    # -- what is the same for all

    def begin(self):
        self.configure()
        self.launch()

    def launch(self):
        argv, environment = self.argv(), self.environment()
        with open(self.log, "ab") as log:
            self.began = time.monotonic_ns()
            self.process = subprocess.Popen(argv, cwd=self.place, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Trouble(f"it ended with status {self.process.returncode}: {self.last_words()}")

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return " | ".join(log.read().strip().splitlines()[-4:]) or "it wrote nothing"

    def manager_pids(self):
        """The manager and its helpers: all that runs but the workers."""
        return [pid for pid in self.bench.processes.below(self.root()) if pid not in self.bench.report.workers] \
            + [self.root()]

    def stop(self, patience=60):
        """From the request to stop until nothing of it is left, in ms."""
        asked = time.monotonic_ns()
        self.ask_to_stop()
        end = time.monotonic() + patience
        while self.process.poll() is None or self.bench.processes.below(os.getpid()):
            self.bench.report.read(0.002)
            self.bench.processes.reap(self.process.pid)
            if time.monotonic() > end:
                raise Trouble(f"it did not stop within {patience} s: " + self.last_words())
        return (time.monotonic_ns() - asked) / 1e6

    def end(self):
        """As `stop`, and never fails: what does not go is killed by the caller."""
        if self.process is None:
            return
        with contextlib.suppress(Trouble, OSError, subprocess.SubprocessError):
            self.stop(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def worker(self, *options, port=None, boot_ms=None):
        words = [self.bench.worker, "--report", self.bench.report.path, "--tag", "web"]
        if port is not None:
            words += ["--bind", str(port)]
        boot_ms = self.shape.boot_ms if boot_ms is None else boot_ms
        return [*words, *(["--boot-ms", str(boot_ms)] if boot_ms else []), *options]

    def names(self):
        return [f"p{number}" for number in range(self.shape.programs)] if self.shape.programs > 1 else ["web"]

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.place, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def exchange(self, request, whole):
        """Connects, sends, reads until `whole(bytes)`."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(self.socket)
            client.sendall(request)
            answer = b""
            while not whole(answer):
                more = client.recv(1 << 18)
                if not more:
                    raise Trouble(f"{self.name} hung up after {answer[-200:]!r}")
                answer += more
            return answer

    def ask_over_http(self):
        with socket.create_connection(("127.0.0.1", self.ports[0]), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            answer = b""
            while not (b"\r\n\r\n" in answer and answer.endswith(b"\n") and not answer.endswith(b"\r\n")):
                more = client.recv(4096)
                if not more:
                    break
                answer += more
            return int(answer.split(b"\r\n\r\n")[1])


def one_line(answer):
    return answer.endswith(b"\n")


class Floor(Manager):
    name = "floor"
    package = "a C compiler"
    commands = ("cc",)
    rolls = True

    def argv(self):
        return [self.bench.floor, str(self.ports[0]), str(self.expected), self.socket, *self.worker("--ack")]

    def ask_to_roll(self):
        self.process.send_signal(signal.SIGHUP)

    def status_request(self):
        self.exchange(b"status\n", one_line)


class Einhyrningsins(Manager):
    name = "einhyrningsins"
    package = "mvn package; or EINHYRNINGSINS_BIN, a directory with einhyrningsins and einhyrningsinsctl"
    rolls = many = reexecs = True
    bin = os.environ.get("EINHYRNINGSINS_BIN") or os.path.join(ROOT, "bin")
    client = None

    @classmethod
    def program(cls, name):
        """EINHYRNINGSINS_BIN may name the manager itself, or the directory that it and its client are in."""
        directory = cls.bin if os.path.isdir(cls.bin) else os.path.dirname(cls.bin)
        return os.path.join(directory, name)

    @classmethod
    def installed(cls):
        """Asking for the version makes the repository's launcher build what is out of date, before it counts."""
        if not all(os.access(cls.program(name), os.X_OK) for name in ("einhyrningsins", "einhyrningsinsctl")):
            return False
        return subprocess.run([cls.program("einhyrningsins"), "--version"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL).returncode == 0

    def environment(self):
        return super().environment() | {"EINHYRNINGSINS_BUILD": "never"}

    def configure(self):
        programs = {name: self.web(port) for name, port in zip(self.names(), self.ports)}
        if self.shape.trouble:
            programs |= self.broken()
        settings = {"control": {"socket": self.socket}, "programs": programs}
        self.write("services.yaml", json.dumps(settings, indent=1))    # JSON is YAML
        if self.shape.facts:
            self.write_facts()

    def write_facts(self):
        """As a manager before this one kept them; all of today."""
        now = int(time.time() * 1000)
        names = self.names()
        lines = []
        for number in range(self.shape.facts):
            at = now - (self.shape.facts - number) * 1000
            name = names[number % len(names)]
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + ".%03dZ" % (at % 1000)
            lines.append(json.dumps({"at": moment, "at_ms": at, "program": name, "slot": 0, "pid": 4711, "type": "exited",
                                     "message": name + ": exit status 3; replaced at once, and tried again with growing delays",
                                     "details": {"code": "3", "generation": "1", "lived_ms": "1234", "state": "ready"}},
                                    separators=(",", ":")))
        os.makedirs(self.socket + ".state", mode=0o700)
        self.write("s.state/facts", "\n".join(lines) + "\n")

    def web(self, port):
        return {"command": self.worker("--ack"), "workers": self.shape.workers,
                "bind": [{"name": "http", "tcp": f"127.0.0.1:{port}"}],
                "ack": {"mode": "manual", "timeout": "10s"}, "stop": {"signal": "TERM", "timeout": "10s"},
                "logs": "null"}

    def broken(self):
        worker = self.bench.worker
        common = {"workers": 1, "logs": "null"}
        return {
            "crashes": common | {"command": [worker, "--crash"]},
            "missing": common | {"command": [os.path.join(self.place, "no-such-command")]},
            "stuck": common | {"command": [worker, "--deaf"], "ack": {"mode": "manual", "timeout": "1s"},
                               "stop": {"signal": "TERM", "timeout": "1s"}},
        }

    def argv(self):
        return [self.program("einhyrningsins"), "-c", os.path.join(self.place, "services.yaml")]

    def status_argv(self):
        return self.client_argv("status")

    def client_argv(self, *words):
        return [self.program("einhyrningsinsctl"), "-d", self.socket, *words]

    def request(self, command, *args):
        return (json.dumps({"id": 1, "command": command, "args": list(args)}) + "\n").encode()

    @staticmethod
    def final(answer):
        """Replies are lines; the first without `"wait":true` is the last."""
        lines = answer.split(b"\n")[:-1]
        return bool(lines) and json.loads(lines[-1]).get("wait") is not True

    def status_request(self):
        self.exchange(self.request("status"), self.final)

    def ask_to_roll(self):
        self.client = socket.socket(socket.AF_UNIX)
        self.client.settimeout(120)
        self.client.connect(self.socket)
        self.client.sendall(self.request("upgrade", *([] if self.shape.programs > 1 else ["web"])))

    def roll_answered(self):
        answer = b""
        with self.client:
            while not self.final(answer):
                more = self.client.recv(1 << 16)
                if not more:
                    raise Trouble("it hung up before the rollout was answered")
                answer += more
        if json.loads(answer.splitlines()[-1]).get("code", 0) != 0:
            raise Trouble(f"it says {answer[-300:]!r}")
        return time.monotonic_ns()

    def ask_to_reexec(self):
        self.client = socket.socket(socket.AF_UNIX)
        self.client.settimeout(60)
        self.client.connect(self.socket)
        self.client.sendall(self.request("reexec"))

    def reexec_answered(self):
        self.roll_answered()


class Einhorn(Manager):
    name = "einhorn"
    package = "gem install einhorn"
    commands = ("einhorn", "einhornsh")
    rolls = reexecs = True
    rolls_at_scale = False    # a worker a second

    def argv(self):
        return ["einhorn", "-b", f"127.0.0.1:{self.ports[0]},r,n", "-m", "manual", "-n", str(self.expected),
                "-d", self.socket, "--", *self.worker("--ack")]

    def environment(self):
        return super().environment() | {"TMPDIR": self.place}

    def status_argv(self):
        return ["einhornsh", "-d", self.socket, "-e", "state"]

    def status_request(self):
        self.exchange(b"---%0Acommand: state%0A\n", one_line)

    def ask_to_roll(self):
        self.exchange(b"---%0Acommand: upgrade%0A\n", one_line)

    def ask_to_reexec(self):
        self.exchange(b"---%0Acommand: reload%0A\n", one_line)


class Supervisord(Manager):
    name = "supervisord"
    package = "Debian: supervisor"
    commands = ("supervisord", "supervisorctl")
    many = reexecs = True

    def configure(self):
        sections = [f"[supervisord]\nnodaemon=true\nlogfile={self.place}/d.log\npidfile={self.place}/pid\n"
                    f"childlogdir={self.place}\nminfds=16384\nminprocs=200\nuser=root\n",
                    f"[unix_http_server]\nfile={self.socket}\n",
                    "[rpcinterface:supervisor]\n"
                    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
                    f"[supervisorctl]\nserverurl=unix://{self.socket}\n"]
        # startretries: a burst of deaths is the subject, so it must not end in FATAL after three.
        sections += [f"[fcgi-program:{name}]\nsocket=tcp://127.0.0.1:{port}\ncommand={' '.join(self.worker('--fd', '0'))}\n"
                     f"numprocs={self.shape.workers}\nprocess_name=%(program_name)s_%(process_num)d\n"
                     "startretries=1000\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
                     for name, port in zip(self.names(), self.ports)]
        self.write("supervisord.conf", "\n".join(sections))

    def argv(self):
        return ["supervisord", "-n", "-c", os.path.join(self.place, "supervisord.conf")]

    def status_argv(self):
        return ["supervisorctl", "-c", os.path.join(self.place, "supervisord.conf"), "status"]

    def status_request(self):
        self.call(b"supervisor.getAllProcessInfo")

    def ask_to_reexec(self):
        self.call(b"supervisor.restart")

    def call(self, method):
        body = b"<?xml version='1.0'?><methodCall><methodName>" + method + b"</methodName><params></params></methodCall>"
        self.exchange(b"POST /RPC2 HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\nContent-Length: "
                      + str(len(body)).encode() + b"\r\n\r\n" + body,
                      lambda answer: answer.rstrip().endswith(b"</methodResponse>"))


class Circus(Manager):
    name = "circus"
    package = "pip install circus"
    commands = ("circusd", "circusctl")
    remark = "its reload waits for no readiness: the old ones are stopped while the new ones boot"
    rolls = many = True
    rolls_at_scale = False    # minutes, one program after the other, and deaf to TERM meanwhile

    def configure(self):
        sections = [f"[circus]\nendpoint=ipc://{self.place}/endpoint\npubsub_endpoint=ipc://{self.place}/pubsub\n"]
        for name, port in zip(self.names(), self.ports):
            command = " ".join(self.worker("--fd", f"$(circus.sockets.{name})"))
            sections.append(f"[watcher:{name}]\ncmd={command}\nnumprocesses={self.shape.workers}\nuse_sockets=True\n"
                            f"copy_env=True\n\n[socket:{name}]\nhost=127.0.0.1\nport={port}\n")
        self.write("circus.ini", "\n".join(sections))

    def argv(self):
        return ["circusd", os.path.join(self.place, "circus.ini")]

    def status_argv(self):
        return ["circusctl", "--endpoint", f"ipc://{self.place}/endpoint", "--timeout", "60", "status"]

    def ask_to_roll(self):
        subprocess.Popen(["circusctl", "--endpoint", f"ipc://{self.place}/endpoint", "reload"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class ServerStarter(Manager):
    name = "Server::Starter"
    package = "Debian: libserver-starter-perl"
    commands = ("start_server",)
    remark = "runs 1 worker, not 4, and knows no readiness"
    rolls = True
    scales = False

    def __init__(self, bench, place, shape):
        super().__init__(bench, place, dataclasses.replace(shape, workers=1))

    # interval: it knows no readiness; with its default it would wait a second before it lets the old one go.
    def argv(self):
        return ["start_server", f"--port=127.0.0.1:{self.ports[0]}", "--interval=0", "--", *self.worker()]

    def ask_to_roll(self):
        self.process.send_signal(signal.SIGHUP)


class Gunicorn(Manager):
    name = "gunicorn"
    package = "Debian: gunicorn"
    commands = ("gunicorn",)
    remark = "forks workers of its own, in Python; its reload waits for no readiness"
    rolls = True
    scales = False

    def configure(self):
        self.write("app.py", "import os\n\n\ndef app(environ, start_response):\n"
                             "    body = b'%d\\n' % os.getpid()\n"
                             "    start_response('200 OK', [('Content-Length', str(len(body)))])\n    return [body]\n")
        self.write("settings.py", f"""import os, time
fd = os.open({self.bench.report.path!r}, os.O_WRONLY)
def say(word):
    os.write(fd, b"%s web %d %d\\n" % (word, os.getpid(), time.monotonic_ns()))
def post_fork(server, worker):
    say(b"exec")
    time.sleep({self.shape.boot_ms / 1000})
def post_worker_init(worker):
    say(b"ready")
def worker_exit(server, worker):
    say(b"exit")
bind = "127.0.0.1:{self.ports[0]}"
workers = {self.expected}
""")

    def argv(self):
        return ["gunicorn", "-c", "settings.py", "app:app"]

    def ask_to_roll(self):
        self.process.send_signal(signal.SIGHUP)


class ServiceDirectories(Manager):
    """s6 and runit: one directory and one supervisor for each worker; they hold no sockets."""

    many = True

    def services(self):
        return [(f"{name}_{slot}", port) for name, port in zip(self.names(), self.ports)
                for slot in range(self.shape.workers)]

    def configure(self):
        for service, port in self.services():
            command = " ".join(self.worker(port=port))
            self.write(f"scan/{service}/run", f"#!/bin/sh\nexec {command}\n", 0o755)
        os.utime(os.path.join(self.place, "scan"), (1, 1))    # runsvdir waits for a directory changed this second


class S6(ServiceDirectories):
    name = "s6"
    package = "Debian: s6"
    commands = ("s6-svscan", "s6-svstat")

    def argv(self):
        return ["s6-svscan", "-c", "4000", os.path.join(self.place, "scan")]

    def status_argv(self):
        return ["sh", "-c", 'for service in "$1"/scan/*; do s6-svstat "$service" || exit; done', "sh", self.place]


class Runit(ServiceDirectories):
    name = "runit"
    package = "Debian: runit"
    commands = ("runsvdir", "sv")
    scales = False    # runsvdir looks for new directories every 5 s and starts at most 1,000

    def argv(self):
        return ["runsvdir", os.path.join(self.place, "scan")]

    def status_argv(self):
        return ["sh", "-c", 'exec sv status "$1"/scan/*', "sh", self.place]

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGHUP)


class Pm2(Manager):
    name = "pm2"
    package = "npm install --global pm2"
    commands = ("pm2", "node")
    remark = "in fork mode; its cluster mode, which rolls, is for Node.js programs only"
    scales = False    # half a minute and more for 1,000

    def environment(self):
        return super().environment() | {"PM2_HOME": os.path.join(self.place, "home"), "NO_COLOR": "1"}

    def configure(self):
        script, *args = self.worker(port=self.ports[0])
        self.write("ecosystem.json", json.dumps({"apps": [
            {"name": "web", "script": script, "args": args, "interpreter": "none", "exec_mode": "fork",
             "instances": self.expected, "max_restarts": 100000}]}))

    def argv(self):
        return ["pm2", "start", os.path.join(self.place, "ecosystem.json")]

    def check_alive(self):
        if self.process.poll():
            super().check_alive()

    def root(self):
        with open(os.path.join(self.place, "home", "pm2.pid")) as pid:
            return int(pid.read())

    def status_argv(self):
        return ["pm2", "list"]

    def ask_to_stop(self):
        subprocess.run(["pm2", "kill"], env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=30)


MANAGERS = [Floor, Einhyrningsins, Einhorn, Supervisord, Circus, ServerStarter, Gunicorn, S6, Runit, Pm2]
