# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of workers in files that the manager keeps: every line once and whole, whatever happens to the file."""

import collections
import glob
import gzip
import json
import os
import re
import signal
import subprocess
import time

from lab import CTL, FAILED, USAGE, check, read, same, wait_for

WHOLE = re.compile(r"line (\d+) (\d+) (\d+) (x*)\.")
TIMES = 5


def run(lab):
    lab.config()
    manager = lab.start()
    manager.wait_until_up("slots", 2)
    several_workers_one_file(lab, manager)
    a_file_for_each_slot(lab, manager)
    nothing_to_read(lab, manager)
    two_programs_one_file(lab, manager)
    changed_in_place(lab, manager)
    last_words(lab, manager)
    a_chatty_neighbour(lab, manager)
    full_disk(lab, manager)
    manager = the_manager_goes(lab, manager)
    manager.stop()


def lines_of(path):
    """All lines of a log, the files that were put aside first; none of the files ends inside a line."""
    lines = []
    for name in [*aside_of(path), path]:
        try:
            with (gzip.open if name.endswith(".gz") else open)(name, "rt") as file:
                text = file.read()
        except FileNotFoundError:  # compressed since
            return lines_of(path)
        # who reads while it is written may see half a line at the end of the newest file
        check(name == path or text.endswith("\n"), lambda: "%s ends inside a line: %r" % (name, text[-200:]))
        lines += text.splitlines()
    return lines


def aside_of(path):
    """The files that were put aside, the oldest first; of one that is there plain and compressed, the compressed one."""
    found = {}
    for name in sorted(glob.glob(path + "-*")):
        moment = re.fullmatch(r"-(\d{8}T\d{6}\.\d{3}Z)(\.gz)?", name[len(path) :])
        if moment:
            found[moment.group(1)] = name
    return list(found.values())


def numbers(lines):
    """The numbers that each worker wrote, in the order of the file; every line must be whole."""
    found = collections.defaultdict(list)
    for line in lines:
        if line == "written":
            continue
        parts = WHOLE.fullmatch(line)
        check(parts and len(parts.group(4)) == int(parts.group(3)) * 7 % 120, lambda: "a torn line: %r" % line)
        found[parts.group(2)].append(int(parts.group(3)))
    return found


def all_once(lines, workers, count):
    found = numbers(lines)
    same(len(found), workers, "workers that wrote")
    for pid, written in found.items():
        same(written, list(range(count)), "the numbers of pid %s" % pid)


def several_workers_one_file(lab, manager):
    path, workers, count = lab.path("shared.log"), 4, 4000
    out = open(lab.path("followed"), "w")
    follower = subprocess.Popen([CTL, "-d", manager.socket, "logs", "-f", "-n", "99999", "shared"], stdout=out, env=lab.environment())
    try:
        manager.ctl("scale", "shared", str(workers))
        wait_for(lambda: lines_of(path).count("written") == workers, "all lines are in files", 60, every=0.2)
        all_once(lines_of(path), workers, count)
        wait_for(lambda: read(lab.path("followed")).count("written\n") == workers, "the follower has seen them", 30, every=0.1)
        all_once(read(lab.path("followed")).splitlines(), workers, count)
    finally:
        follower.kill()
        follower.wait()
        out.close()
    aside = wait_for(lambda: aside_of(path), "files are put aside")
    check(len(aside) > 10, lambda: "only %d files were put aside" % len(aside))
    wait_for(lambda: all(name.endswith(".gz") for name in aside_of(path)), "all that was put aside is compressed")
    all_once(lines_of(path), workers, count)
    same(manager.ctl("logs", "-n", "12000", "shared").out.splitlines(), lines_of(path)[-12000:], "the last lines, over several files")
    lab.say("%d lines of %d workers in %d files: each once and whole" % (workers * count, workers, len(aside) + 1))


def the_manager_goes(lab, manager):
    """Replaced and killed while workers write: they neither wait nor end, and every line is there once and whole."""
    path, workers, count = lab.path("steady.log"), 2, 4000
    manager.ctl("scale", "steady", str(workers))
    pids = manager.pids_of("steady")
    for act in (replaced, killed):
        before = len(lines_of(path))
        manager = act(lab, manager)
        wait_for(lambda: len(lines_of(path)) > before, "lines arrive after it was " + act.__name__)
    wait_for(lambda: lines_of(path).count("written") == workers, "all is written", 30, every=0.2)
    same(manager.pids_of("steady"), pids, "workers that wrote")
    all_once(lines_of(path), workers, count)
    return manager


def replaced(lab, manager):
    manager.ctl("reexec")
    return manager


def killed(lab, manager):
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    return lab.start(socket_path=manager.socket)


def a_file_for_each_slot(lab, manager):
    for slot in (0, 1):
        path = lab.path("slots-%d.log" % slot)
        lines = wait_for(lambda: "written" in str(lines_of(path)) and lines_of(path), "slot %d has written" % slot)
        bare = []
        for line in lines:
            words = line.split(" ", 2)
            check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", words[0]), lambda: "no time: %r" % line)
            same(words[1], "slots:%d" % slot, "the slot before %r" % line)
            bare.append(words[2])
        all_once(bare, 1, 30)
        same(manager.ctl("logs", "slots:%d" % slot, "-n", "5").out.splitlines(), lines[-5:], "the last lines of slot %d" % slot)
    both = manager.ctl("logs", "slots").out.splitlines()
    same([line.split(" | ")[0] for line in both], ["slots:0"] * 10 + ["slots:1"] * 10, "whose lines they are")
    documents = [json.loads(line) for line in manager.ctl("--json", "logs", "slots", "-n", "1").out.splitlines()]
    same([(d["program"], d["slot"]) for d in documents], [("slots", 0), ("slots", 1)], "whose lines they are, in JSON")
    check(all(d["line"].endswith("written") for d in documents), lambda: "not the last lines: %s" % documents)


def two_programs_one_file(lab, manager):
    """A file that two programs write to, by two names of it: each line once, and never under a false name."""
    os.symlink("both.log", lab.path("link.log"))
    manager.ctl("scale", "left", "1")
    manager.ctl("scale", "right", "1")
    lines = ["from left", "from right"]
    wait_for(lambda: sorted(read(lab.path("both.log")).splitlines()) == lines, "both have written")
    both = manager.ctl("logs", "left", "right")
    same(sorted(both.out.splitlines()), ["left,right | " + line for line in lines], "each line, once")
    alone = manager.ctl("logs", "left")
    check(sorted(line[-10:].strip() for line in alone.out.splitlines()) == lines, lambda: "not all of the file: %s" % alone)
    check("right writes to" in alone.err, lambda: "not a word of the other one: %s" % alone)
    named = {json.loads(line)["program"] for line in manager.ctl("logs", "--json", "right").out.splitlines()}
    same(named, {None}, "whose the lines are said to be")
    manager.ctl("scale", "left", "0")
    manager.ctl("scale", "right", "0")


def nothing_to_read(lab, manager):
    elsewhere = manager.ctl("logs", "elsewhere", code=FAILED)
    check("logs: inherit" in elsewhere.err, lambda: "no reason: %s" % elsewhere)
    one = manager.ctl("logs", "shared:1", code=USAGE)
    check("does not say who wrote what" in one.err + one.out, lambda: "no reason: %s" % one)


def changed_in_place(lab, manager):
    """Where the lines go, and how, can change under running workers."""
    before = manager.pids_of("slots")
    lab.edit("services.yaml", "slots-%s.log\", max-size: 4KiB, max-age: 24h, prefix: [time, slot]", "other-%s.log\", prefix: pid")
    manager.ctl("reload")
    same(manager.pids_of("slots"), before, "the workers of slots, after a change that is none of theirs")
    manager.ctl("restart", "slots:0")
    wait_for(lambda: "written" in read(lab.path("other-0.log")), "the new file is written")
    pid = next(w["pid"] for w in manager.status()["slots"]["workers"] if w["slot"] == 0)
    all_once([line.replace("%d " % pid, "", 1) for line in lines_of(lab.path("other-0.log"))], 1, 30)


def last_words(lab, manager):
    lab.edit("services.yaml", 'command: [sleep, "1000"]\n    env: { NAME: quiet }', 'command: "sh -c \'echo what a pity; exit 3\'"\n    rollout: { retries: 1 }\n    ack: { timer: 20s }')
    failed = manager.ctl("reload", code=FAILED)
    check("what a pity" in failed.text, lambda: "no last words: %s" % failed)
    lab.config()
    manager.ctl("reload")


def a_chatty_neighbour(lab, manager):
    alone = respawn(lab, manager)
    manager.ctl("scale", "chatty", "2")
    wait_for(lambda: len(aside_of(lab.path("chatty.log"))) >= 2, "the chatty ones write", 30)
    beside = respawn(lab, manager)
    manager.ctl("scale", "chatty", "0")
    lab.say("respawn: alone %.1f ms, beside two that write full speed %.1f ms" % (1000 * alone, 1000 * beside))
    check(beside <= 10 * alone + 0.2, lambda: "a respawn takes %.0f ms beside chatty workers" % (1000 * beside))
    wait_for(lambda: len(aside_of(lab.path("chatty.log"))) == 2, "as many files are kept as wanted")


def respawn(lab, manager):
    """The median of killed to its successor being there."""
    times = []
    for _ in range(TIMES):
        victim = manager.wait_for_workers(1, "quiet")[0]
        began = time.monotonic()
        os.kill(victim.pid, signal.SIGKILL)
        wait_for(lambda: [w for w in manager.workers("quiet") if w.pid != victim.pid], "a successor", every=0.0005)
        times.append(time.monotonic() - began)
        manager.wait_until_up("quiet", 1)
    return sorted(times)[TIMES // 2]


def full_disk(lab, manager):
    if os.geteuid() != 0:
        lab.say("not root: a full disk is not tried")
        return
    small = lab.path("small")
    os.mkdir(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", small], capture_output=True)
    if mounted.returncode != 0:
        lab.say("no tmpfs: a full disk is not tried")
        return
    try:
        on_a_small_disk(lab, manager, small)
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def far(lab):
    """How far the worker says it is."""
    return int(wait_for(lambda: read(lab.path("progress")), "the worker says how far it is"))


def on_a_small_disk(lab, manager, small):
    manager.ctl("scale", "full", "1")
    wait_for(lambda: "no space left" in manager.status()["full"]["note"], "status says that the disk is full", 30)
    full = far(lab)
    wait_for(lambda: "lost" in manager.status()["full"]["note"], "status counts what is lost", 30)
    wait_for(lambda: far(lab) > full + 5000, "the worker goes on", 30)
    same(manager.stderr().count("no space left"), 1, "how often the log says that the disk is full")
    subprocess.run(["mount", "-o", "remount,size=100m", small], check=True)
    wait_for(lambda: "again; lost meanwhile: " in manager.stderr(), "the log says what is lost", 30)
    now = far(lab)
    wait_for(lambda: far(lab) > now + 2000, "the worker goes on", 30)
    manager.ctl("scale", "full", "0")
    text = read(os.path.join(small, "full.log"))
    lines = text.splitlines()
    if not text.endswith("\n"):  # the worker was killed within it
        lines.pop()
    (found,) = numbers(lines).values()
    same(found, sorted(set(found)), "the order of the numbers")
    check(found[-1] > now, lambda: "it did not go on: %d, %d" % (found[-1], now))
    # more than one: where a long line has no room, a short one of those that wait may still find it
    lost = sum(b - a - 1 for a, b in zip(found, found[1:]))
    check(lost > 0, "the disk was not full")
    said = re.search(r"lost meanwhile: (\d+) lines", manager.stderr())
    same(int(said.group(1)), lost, "how many lines are said to be lost")
    lab.say("full disk: %d lines lost, all told; the worker never waited" % lost)
