# SPDX-License-Identifier: GPL-3.0-or-later
"""The client as a shell: typed at a terminal, without one, and completed by bash, zsh and fish."""

import fcntl
import os
import re
import select
import shutil
import stat
import struct
import subprocess
import termios
import time

from lab import CTL, DONE, NOISE, ROOT, USAGE, ScenarioFailed, check, same, wait_for

ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>])")
COMPLETIONS = os.path.join(ROOT, "completions")


class Terminal:
    """The client at a terminal of its own."""

    def __init__(self, lab, *arguments, term="xterm-256color"):
        self.seen = ""
        self.master, slave = os.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

        def lead():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        env = lab.environment({"TERM": term, "XDG_STATE_HOME": lab.path("state")})
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [CTL, *arguments], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=lab.dir, preexec_fn=lead
        )
        os.close(slave)

    def type(self, keys):
        """Types, and forgets what was seen before."""
        self.seen = ""
        os.write(self.master, keys.encode())

    def see(self, pattern, within=20.0):
        """Waits until the pattern is seen, escape sequences aside."""
        end = time.monotonic() + within
        while not re.search(pattern, self.text(), re.MULTILINE):
            left = end - time.monotonic()
            if left <= 0 or not self.receive(left):
                raise ScenarioFailed("expected %r at the terminal, saw %r" % (pattern, self.seen))
        return self.text()

    def receive(self, within):
        if not select.select([self.master], [], [], within)[0]:
            return False
        try:
            some = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the other side any more
            return False
        self.seen += some.decode("utf-8", "replace")
        return bool(some)

    def text(self):
        return ESCAPES.sub("", self.seen).replace("\r", "")

    def end(self):
        """Waits for the end of the client and returns its exit status."""
        end = time.monotonic() + 20
        while self.process.poll() is None:
            check(time.monotonic() < end, lambda: "the shell does not end; saw %r" % self.seen)
            self.receive(0.05)
        while self.receive(0):
            pass
        os.close(self.master)
        return self.process.returncode


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("worker", 1)
    typed(lab, manager)
    interrupted(lab, manager)
    history(lab)
    dumb(lab, manager)
    piped(lab, manager)
    lines(lab, manager)
    bash(lab, manager)
    zsh_and_fish(lab)
    restarted(lab, manager)


def typed(lab, manager):
    prompt = re.escape("einhyrningsins %s> " % manager.socket)
    shell = Terminal(lab, "-d", manager.socket)
    text = shell.see(prompt + r"\Z")
    lab.say("shell: prompt after %d ms" % (1000 * (time.monotonic() - shell.began)))
    check(not NOISE.search(text), lambda: "noise at the start: %r" % text)
    shell.type("sta\t")
    shell.see("status .*start |start .*status |status[^\n]*\n?[^\n]*start")
    shell.type("tus wo\t")
    shell.see(r"worker \Z")
    shell.type("\r")
    shell.see(r"worker +running +1/1[^\0]*" + prompt)
    shell.type("show web:1\t\r")
    text = shell.see(r"web:1 +ready[^\0]*" + prompt)
    check("web:0" not in text, lambda: "the completion of web:1 is not web:1: %r" % text)
    shell.type("frobnicate\r")
    shell.see(r"unknown command 'frobnicate'[^\0]*" + prompt)
    before = manager.worker_pids("web")
    shell.type("stop web; start web\r")
    shell.see(r"web[^\0]*web[^\0]*" + prompt + r"\Z", 40)
    manager.wait_until_up("web", 2)
    check(not before & manager.worker_pids("web"), "`stop web; start web` kept workers")
    shell.type("stop web; frobnicate\r")
    shell.see(r"unknown command[^\0]*" + prompt + r"\Z")
    manager.wait_until_up("web", 2)
    shell.type("?\r")
    shell.see(r"reload +read the file again[^\0]*" + prompt)
    shell.type("help stop\r")
    shell.see(r"Usage: [^\0]*" + prompt)
    shell.type("quit\r")
    same(shell.end(), DONE, "exit status of a shell that was left with quit")
    shell = Terminal(lab, "-d", manager.socket)
    shell.see(prompt)
    shell.type("\x04")
    same(shell.end(), DONE, "exit status of a shell that was left with Ctrl-D")


def interrupted(lab, manager):
    """Ctrl-C ends the wait, not the shell, nor what the manager does."""
    shell = Terminal(lab, "-d", manager.socket)
    shell.see(r"> \Z")
    shell.type("status nonsense\x03")
    shell.see(r"> \Z")
    shell.type("scale hung 1\r")
    wait_for(lambda: manager.worker_pids("hung"), "the worker that never acks is started")
    shell.type("\x03")
    shell.see(r"'scale' goes on in the manager; 'status' shows[^\0]*> \Z")
    check(manager.worker_pids("hung"), "the interrupt reached the manager")
    shell.type("events\r")
    shell.see("events\n")
    manager.ctl("inc", "worker")
    shell.see("events\n[^\\0]*worker")
    shell.type("\x03")
    shell.see(r"> \Z")
    manager.ctl("dec", "worker")
    shell.type("scale hung 0\r")
    shell.see(r"hung[^\0]*> \Z")
    shell.type("exit\r")
    same(shell.end(), DONE, "exit status of a shell that was left with exit")


def history(lab):
    path = lab.path("state", "einhyrningsins", "history")
    same(oct(stat.S_IMODE(os.stat(path).st_mode)), oct(0o600), "mode of the history")
    with open(path) as file:
        check("stop web; start web\n" in file.read(), "the history lacks a line")
    shell = Terminal(lab, "-d", lab.managers[0].socket)
    shell.see(r"> \Z")
    shell.type("\x1bOA")
    shell.see("exit")
    shell.type("\r")
    same(shell.end(), DONE, "exit status of a shell that was left by a line of the history")


def dumb(lab, manager):
    """A terminal that can do nothing is told nothing but text."""
    shell = Terminal(lab, "-d", manager.socket, term="dumb")
    shell.see(r"> \Z")
    shell.type("status worker\n")
    shell.see(r"worker +running[^\0]*> \Z")
    shell.type("scale hung 1\n")
    wait_for(lambda: manager.worker_pids("hung"), "the worker that never acks is started")
    shell.type("\x03")
    shell.see(r"'scale' goes on in the manager[^\0]*> \Z")
    check("\x1b" not in shell.seen, lambda: "escape sequences for a dumb terminal: %r" % shell.seen)
    shell.type("scale hung 0; quit\n")
    same(shell.end(), DONE, "exit status of a shell at a dumb terminal")


def piped(lab, manager):
    result = lab.command(CTL, "-d", manager.socket, stdin="# two questions\nstatus web\n\nstatus worker; version\n")
    same(result.code, DONE, "exit status of a shell in a pipe (%s)" % result)
    check(re.search(r"web .*\n.*\nworker ", result.out), lambda: "not both answers: %s" % result)
    check("\x1b" not in result.text and ">" not in result.text and not result.err, lambda: "more than answers: %s" % result)
    result = lab.command(CTL, "-d", manager.socket, stdin="frobnicate\nstatus worker")
    same(result.code, USAGE, "exit status of a pipe whose first line makes no sense (%s)" % result)
    check("worker" in result.out, lambda: "the second line was not run: %s" % result)
    same(lab.command(CTL, "-d", manager.socket, stdin="quit\nstatus\n").out, "", "output after quit")


def lines(lab, manager):
    result = manager.ctl("-e", "status web; status worker")
    check(re.search(r"web .*\n.*\nworker ", result.out), lambda: "not both answers: %s" % result)
    before = manager.worker_pids("web")
    result = manager.ctl("-e", "stop web; frobnicate", code=USAGE)
    same(manager.worker_pids("web"), before, "workers after a line that makes no sense")
    result = manager.ctl("-e", "stop no-such-program; status web", code=None)
    check(result.code != DONE and "web" in result.out, lambda: "expected a failure and a status: %s" % result)


def bash(lab, manager):
    def complete(line):
        script = (
            '. "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _einhyrningsins "${2%% *}"; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        env = {"EINHYRNINGSINS_SOCKET": manager.socket, "PATH": "%s:%s" % (os.path.dirname(CTL), lab.environment()["PATH"])}
        source = os.path.join(COMPLETIONS, "einhyrningsinsctl.bash")
        result = lab.command("bash", "-c", script, "bash", source, line, env=env)
        check(result.code == 0 and not result.err, lambda: "bash complains: %s" % result)
        return result.out.split()

    same(complete("einhyrningsinsctl sta"), ["status", "start"], "completions of sta")
    same(complete("einhyrningsinsctl stop w"), ["web", "worker"], "completions of `stop w`")
    same(complete("einhyrningsinsctl status --json web:"), ["0", "1"], "completions of web:, after bash's colon")
    same(complete("einhyrningsinsctl upgrade --f"), ["--fleet"], "completions of upgrade --f")
    same(complete("einhyrningsinsctl -d /nonexistent stop "), ["all"], "completions without a manager")
    same(complete("einhyrningsins ch"), ["check"], "completions of the manager's ch")
    same(complete("einhyrningsins check serv"), ["services.yaml"], "files to check")


def zsh_and_fish(lab):
    """Their syntax, where they are."""
    for name, file in (("zsh", "_einhyrningsinsctl"), ("fish", "einhyrningsinsctl.fish")):
        if shutil.which(name):
            result = lab.command(name, "-n", os.path.join(COMPLETIONS, file))
            check(result.code == 0 and not result.text, lambda: "syntax: %s" % result)
        else:
            check("EINHYRNINGSINS_CI" not in os.environ, name + " is not installed")


def restarted(lab, manager):
    """A manager that is gone is said to be gone, and a new one is asked."""
    shell = Terminal(lab, "-d", manager.socket)
    shell.see(r"> \Z")
    manager.stop()
    shell.type("status\r")
    shell.see(r"no manager at [^\0]*> \Z")
    second = lab.start(socket_path=manager.socket)
    second.wait_until_up("web", 2)
    shell.type("status\r")
    shell.see(r"the manager was restarted[^\0]*web +running[^\0]*> \Z")
    shell.type("quit\r")
    same(shell.end(), DONE, "exit status of the shell")
    second.send("TERM")
    same(second.wait(), 0, "exit status of the second manager")
