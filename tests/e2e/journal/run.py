# SPDX-License-Identifier: GPL-3.0-or-later
"""`logs: journal`: every line is an entry of its worker's; a journald that is away, or full, holds nobody up."""

import json
import os
import re
import shutil
import signal
import subprocess

from lab import PYTHON, alive, check, read, same, wait_for

NEEDS = {"unshare": "util-linux", "nsenter": "util-linux"}
LINE = re.compile(r"line (\d+) (\d+) (\d+) (x*)\.")


def run(lab):
    if os.geteuid() != 0:
        lab.say("not root: no mount namespace with a journal of its own")
        return
    journald = Journald(lab)
    if journald.room is None:
        lab.say("no mount namespace can be made: not tried")
        return
    try:
        whole(lab, journald)
    finally:
        journald.close()


def whole(lab, journald):
    shutil.copy(lab.folder + "/odd.py", lab.path("odd.py"))
    lab.config()
    journald.start()
    manager = lab.start(through=journald.through)
    odd_lines(manager, journald)
    away(lab, manager, journald)
    full(lab, manager, journald)
    replaced_and_killed(lab, manager, journald)


class Journald:
    """A journal in a mount namespace of its own: the machine's /run is not touched."""

    def __init__(self, lab):
        self.lab = lab
        self.file = lab.path("journal.entries")
        self.process = None
        os.mkdir(lab.path("journald"))
        steps = "mount --make-rprivate / && mount -t tmpfs none /run && mkdir -p /run/systemd/journal"
        steps += " && mount --bind %s /run/systemd/journal && echo made && exec sleep 100000" % lab.path("journald")
        command = ["unshare", "-m", "sh", "-c", steps]
        self.keeper = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=lab.environment())
        made = self.keeper.stdout.readline() == "made\n"
        self.room = self.keeper.pid if made else None
        self.through = ["nsenter", "--mount=/proc/%s/ns/mnt" % self.room, "--"]

    def start(self):
        program = os.path.join(self.lab.folder, "journald.py")
        socket = self.lab.path("journald", "socket")
        self.process = subprocess.Popen([PYTHON, "-IS", program, socket, self.file], env=self.lab.environment())

    def stop(self):
        """As a crash: its socket's file is left behind."""
        self.process.kill()
        self.process.wait()

    def deaf(self, yes):
        if yes:
            open(self.file + ".deaf", "w").close()
        else:
            os.unlink(self.file + ".deaf")

    def entries(self, program):
        lines = read(self.file).splitlines(True)
        found = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in found if entry["SYSLOG_IDENTIFIER"] == program]

    def close(self):
        for process in (self.process, self.keeper):
            if process:
                process.kill()
                process.wait()
        self.keeper.stdout.close()
        if os.path.exists(self.lab.path("journald", "socket")):
            os.unlink(self.lab.path("journald", "socket"))


def odd_lines(manager, journald):
    manager.wait_until_up("odd", 2)
    for slot, pid in ((worker["slot"], worker["pid"]) for worker in manager.status()["odd"]["workers"]):
        its = lambda: [entry for entry in journald.entries("odd") if entry["EINHYRNINGSINS_SLOT"] == str(slot)]
        wait_for(lambda: its() and its()[-1]["MESSAGE"] == "to the other one", "the last whole line of slot %d" % slot)
        entries = its()
        for entry in entries:
            same((entry["_PID"], entry["SYSLOG_PID"]), (pid, str(pid)), "whose entry it is")
            same((entry["_UID"], entry["_GID"]), (0, 0), "whose entry it is")
            same(entry["EINHYRNINGSINS_PROGRAM"], "odd", "of which program it is")
        head = [(entry["PRIORITY"], entry["MESSAGE"]) for entry in entries[:7]]
        same(
            head,
            [
                ("6", "plain = words"),
                ("3", "an error"),
                ("6", "<9>no level"),
                ("6", "bytes \0\x01\xff\xfe\t\r="),
                ("6", "MESSAGE"),
                ("6", "PRIORITY=0"),
                ("6", "z" * 30000),
            ],
            "entries",
        )
        long = [entry["MESSAGE"] for entry in entries[7:-2]]
        check(len(long) <= 6, lambda: "a line of 150,000 bytes in %d pieces" % len(long))
        same("".join(long), "y" * 150000, "the long line")
        same(entries[-2]["MESSAGE"], "up", "the line before the last")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: [entry for entry in its() if entry["MESSAGE"] == "no end"], "what it said last, without an end")
    manager.wait_until_up("odd", 2)
    (nobody,) = manager.status()["nobody"]["workers"]
    wait_for(lambda: journald.entries("nobody"), "entries of another user")
    entry = journald.entries("nobody")[0]
    check(entry["_PID"] == nobody["pid"] and entry["_UID"] != 0 and entry["_GID"] != 0, lambda: "whose it is: %s" % entry)


def numbers(journald, program, killed=False):
    """What each worker wrote, in the order of the journal; every line must be whole, but the last of one that was killed."""
    found = {}
    entries = journald.entries(program)
    for entry in entries:
        if entry["MESSAGE"] == "written" or (killed and entry is entries[-1]):
            continue
        parts = LINE.fullmatch(entry["MESSAGE"])
        check(parts and len(parts.group(4)) == int(parts.group(3)) * 7 % 120, lambda: "a torn line: %s" % entry)
        same(parts.group(2), entry["SYSLOG_PID"], "who wrote it")
        found.setdefault(int(parts.group(2)), []).append(int(parts.group(3)))
    return found


def away(lab, manager, journald):
    """What is written meanwhile is there when it is back."""
    journald.stop()
    manager.ctl("scale", "few", "2")
    wait_for(lambda: "cannot write to the journal" in manager.status()["few"]["note"], "status says that it is away")
    manager.wait_until_said("connection refused")
    same(manager.stderr().count("few: cannot write to the journal"), 1, "how often the log says so")
    journald.start()
    wait_for(lambda: "few: writes to the journal again; nothing was lost" in manager.stderr(), "the log says that it is back")
    finished = lambda: [entry for entry in journald.entries("few") if entry["MESSAGE"] == "written"]
    wait_for(lambda: len(finished()) == 2, "all is written", 60, every=0.2)
    for pid, written in numbers(journald, "few").items():
        same(written, list(range(300)), "the lines of pid %d" % pid)


def far(lab):
    return int(wait_for(lambda: read(lab.path("progress")), "the worker says how far it is"))


def full(lab, manager, journald):
    """A journald that takes nothing: the worker goes on, the others do too, and what is lost is counted to the line."""
    journald.deaf(True)
    manager.ctl("scale", "loud", "1")
    note = lambda: manager.status()["loud"]["note"]
    wait_for(lambda: "it takes nothing; lost" in note(), "status counts what is lost", 30)
    now = far(lab)
    wait_for(lambda: far(lab) > now + 5000, "the worker goes on", 30)
    manager.ctl("restart", "neighbour")
    manager.ctl("restart", "odd", code=None)
    same(manager.stderr().count("loud: cannot write to the journal"), 1, "how often the log says so")
    journald.deaf(False)
    wait_for(lambda: "loud: writes to the journal again; lost meanwhile: " in manager.stderr(), "the log says what is lost", 30)
    now = far(lab)
    wait_for(lambda: far(lab) > now + 2000, "the worker goes on", 30)
    manager.ctl("scale", "loud", "0")
    found = lambda: next(iter(numbers(journald, "loud", killed=True).values()))
    wait_for(lambda: found()[-1] > now, "its last lines")
    found = found()
    same(found, sorted(set(found)), "the order of the lines")
    gaps = [b - a - 1 for a, b in zip(found, found[1:]) if b != a + 1]
    said = sum(int(count) for count in re.findall(r"loud: writes .* lost meanwhile: (\d+) line", manager.stderr()))
    same(sum(gaps), said, "how many lines are said to be lost, and are (gaps: %s)" % gaps)
    lab.say("a journal that takes nothing: %d lines lost, all told; the worker never waited for long" % sum(gaps))


def replaced_and_killed(lab, manager, journald):
    manager.ctl("scale", "steady", "3")
    manager.ctl("start", "late", "--no-wait")
    manager.ctl("scale", "late", "1", "--no-wait")
    late = wait_for(lambda: manager.pids_of("late"), "a worker that is not up")
    pids = manager.pids_of("steady")
    manager.ctl("reexec")
    same(manager.pids_of("steady"), pids, "workers after a re-exec")
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    open(lab.path("late.gate"), "w").close()  # it says so while nobody listens
    following = lab.start(socket_path=manager.socket, through=journald.through)
    same(following.pids_of("steady"), pids, "workers after kill -9")
    following.wait_until_up("late", 1)
    same(following.pids_of("late"), late, "the worker that said it is up while there was no manager")
    finished = lambda: [entry for entry in journald.entries("steady") if entry["MESSAGE"] == "written"]
    wait_for(lambda: len(finished()) == 3, "all is written", 60, every=0.2)
    for pid, written in numbers(journald, "steady").items():
        same(sorted(set(written)), list(range(3000)), "the lines of pid %d, none missing" % pid)
    check(all(alive(pid) for pid in pids), "a worker ended")
    following.stop()
