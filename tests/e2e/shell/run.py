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
    """The client, or another program, at a terminal of its own."""

    def __init__(self, lab, *arguments, term="xterm-256color", program=CTL, env=None):
        self.seen = ""
        self.master, slave = os.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

        def lead():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        env = lab.environment({"TERM": term, "XDG_STATE_HOME": lab.path("state"), **(env or {})})
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [program, *arguments], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=lab.dir, preexec_fn=lead
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
    zsh(lab, manager)
    fish(lab, manager)
    restarted(lab, manager)


def typed(lab, manager):
    prompt = re.escape("einhyrningsins %s> " % manager.socket)
    shell = Terminal(lab, "-d", manager.socket)
    text = shell.see(prompt + r"\Z")
    lab.say("shell: prompt after %d ms" % (1000 * (time.monotonic() - shell.began)))
    check(not NOISE.search(text), lambda: "noise at the start: %r" % text)
    shell.type("sta\t")
    shell.see("(?s)start.*status")
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
    shell.see(r"reload +read the configuration again[^\0]*" + prompt)
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
    shell.type("\x1b[A")
    shell.see("exit")
    for up, down in (("\x1bOA", "\x1bOB"), ("\x1b[A", "\x1b[B")):
        shell.type(up)
        shell.see("scale hung 0")
        shell.type(down)
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
    check(re.search(r"web .*\n(.*\n)+worker ", result.out), lambda: "not both answers: %s" % result)
    check("\x1b" not in result.text and ">" not in result.text and not result.err, lambda: "more than answers: %s" % result)
    result = lab.command(CTL, "-d", manager.socket, stdin="frobnicate\nstatus worker")
    same(result.code, USAGE, "exit status of a pipe whose first line makes no sense (%s)" % result)
    check("worker" in result.out, lambda: "the second line was not run: %s" % result)
    same(lab.command(CTL, "-d", manager.socket, stdin="quit\nstatus\n").out, "", "output after quit")


def lines(lab, manager):
    result = manager.ctl("-e", "status web; status worker")
    check(re.search(r"web .*\n(.*\n)+worker ", result.out), lambda: "not both answers: %s" % result)
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

    same(complete("einhyrningsinsctl sta"), ["status", "start", "state"], "completions of sta")
    same(complete("einhyrningsinsctl stop w"), ["web", "worker"], "completions of `stop w`")
    same(complete("einhyrningsinsctl status --json web:"), ["0", "1"], "completions of web:, after bash's colon")
    same(complete("einhyrningsinsctl upgrade --f"), ["--fleet"], "completions of upgrade --f")
    same(complete("einhyrningsinsctl -d /nonexistent stop "), ["all"], "completions without a manager")
    same(complete("einhyrningsins ch"), ["check"], "completions of the manager's ch")
    same(complete("einhyrningsins check serv"), ["services.yaml"], "files to check")


def there(shell):
    """Whether that shell is installed; in CI it has to be."""
    if shutil.which(shell):
        return True
    check("EINHYRNINGSINS_CI" not in os.environ, shell + " is not installed")
    return False


def completing(lab, manager):
    """Where completions find the client and it its manager."""
    path = "%s:%s" % (os.path.dirname(CTL), lab.environment()["PATH"])
    return {"EINHYRNINGSINS_SOCKET": manager.socket, "PATH": path, "HOME": lab.dir, "XDG_CONFIG_HOME": lab.path("config")}


def zsh(lab, manager):
    """At a terminal, since zsh completes nowhere else."""
    if not there("zsh"):
        return
    env = {**completing(lab, manager), "PS1": "%% ", "ZDOTDIR": lab.dir}
    shell = Terminal(lab, "-f", program="zsh", env=env)
    shell.see(r"% \Z")
    shell.type("fpath=('%s' $fpath); autoload -U compinit && compinit -D -u && echo rea''dy\r" % COMPLETIONS)
    shell.see(r"ready\n[^\0]*% \Z")
    for typed, seen in (
        ("einhyrningsinsctl sta\t", r"(?s)start +-- .*state +-- .*status +-- "),
        ("einhyrningsinsctl show wo\t", r"show worker \Z"),
        ("einhyrningsinsctl status --json web:\t", r"(?s)web:0 +web:1"),
        ("einhyrningsinsctl upgrade --f\t", r"upgrade --fleet \Z"),
        ("einhyrningsinsctl -d %s/c\t" % lab.dir, r"%s/co\w" % re.escape(lab.dir)),
        ("einhyrningsins ch\t", r"einhyrningsins check \Z"),
        ("einhyrningsins check serv\t", r"check services\.yaml \Z"),
    ):
        shell.type("\x15" + typed)
        shell.see(seen)
    shell.type("\x15exit\r")
    same(shell.end(), DONE, "exit status of zsh")


def fish(lab, manager):
    if not there("fish"):
        return

    def complete(line):
        script = "source %s; complete -C %s" % (quoted(os.path.join(COMPLETIONS, "einhyrningsinsctl.fish")), quoted(line))
        result = lab.command("fish", "--no-config", "-c", script, env=completing(lab, manager))
        check(result.code == 0 and not result.err, lambda: "fish complains: %s" % result)
        return [row.split("\t")[0] for row in result.out.splitlines()]

    same(sorted(complete("einhyrningsinsctl sta")), ["start", "state", "status"], "completions of sta in fish")
    same(complete("einhyrningsinsctl stop w"), ["web", "worker"], "completions of `stop w` in fish")
    same(complete("einhyrningsinsctl status --json web:"), ["web:0", "web:1"], "completions of web: in fish")
    same(complete("einhyrningsinsctl upgrade --f"), ["--fleet"], "completions of upgrade --f in fish")
    check("services.yaml" not in complete("einhyrningsinsctl stop "), "fish completes files where programs are named")
    check(manager.socket in complete("einhyrningsinsctl -d " + manager.socket[:-1]), "fish completes no path after -d")
    same(complete("einhyrningsins ch"), ["check"], "completions of the manager's ch in fish")
    same(complete("einhyrningsins check serv"), ["services.yaml"], "files to check in fish")


def quoted(text):
    return "'%s'" % text


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
