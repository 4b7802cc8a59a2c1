# SPDX-License-Identifier: GPL-3.0-or-later
"""A manager with a limit on the size of files (ulimit -f): as on a full disk, all goes on and what is lost is told."""

import glob
import os
import re
import resource
import signal

from lab import alive, check, read, same, wait_for

LIMIT = 64 * 1024
XFSZ = 1 << (signal.SIGXFSZ - 1)


def run(lab):
    logs(lab)
    nothing_at_all(lab)


def limited(size):
    """Only the soft limit, as of an operator who may raise it again; SIGXFSZ is ignored, which workers must not inherit."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return limit


def far(lab):
    return int(wait_for(lambda: read(lab.path("progress")), "the worker says how far it is"))


def logs(lab):
    lab.config()
    manager = lab.start(before_exec=limited(LIMIT))
    for program in ("full", "plain"):
        note = lambda: manager.status()[program]["note"]
        wait_for(lambda: "file too large" in note() and "lost" in note(), "status says of %s that its log is full" % program, 30)
        path = lab.path(program + ".log")
        check(os.path.getsize(path) <= LIMIT and read(path).endswith(".\n"), "%s ends inside a line" % path)
        same(manager.stderr().count(program + ": cannot write"), 1, "how often the log says so")
    manager.wait_until_said("ulimit -f")
    now = far(lab)
    wait_for(lambda: far(lab) > now + 2000, "the worker goes on")
    wait_for(lambda: "written" in read(lab.path("turned.log")), "all is written to files that are short enough")
    lines = sum(read(name).count("\n") for name in glob.glob(lab.path("turned.log*")))
    same(lines, 2001, "lines in files that were put aside")
    dispositions(manager)
    # what waits is told to be lost by who gives way
    manager.ctl("reexec")
    check("full.log is not handed on: " in manager.stderr(), "nothing is said of what is lost by a re-exec")
    resource.prlimit(manager.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for program in ("full", "plain"):
        grown = lambda: os.path.getsize(lab.path(program + ".log")) > 2 * LIMIT
        wait_for(grown, "the log of %s is written again" % program, 30)
    manager.stop()


def dispositions(manager):
    """The signal of the limit is a matter of the manager's own."""
    for pid in [worker.pid for worker in manager.workers()]:
        status = dict(re.findall(r"^(Sig\w+):\s(\w+)$", read("/proc/%d/status" % pid), re.MULTILINE))
        same(int(status["SigBlk"], 16) & XFSZ, 0, "SIGXFSZ blocked in a worker")
        # python ignores it by itself, what it was born with shows in others
        if "sleep" in read("/proc/%d/comm" % pid):
            same(int(status["SigIgn"], 16) & XFSZ, 0, "SIGXFSZ ignored in a worker")


def nothing_at_all(lab):
    """No file may have a byte: nothing survives the manager, which is told; all else works."""
    lab.write("none.yaml", lab.render('state-dir: "@DIR@/state"\nprograms: { tiny: { command: [sleep, "1000"], ack: { timer: 10ms } } }\n'))
    reader, writer = os.pipe()  # its standard error is no file

    def limit():
        os.dup2(writer, 2)
        limited(0)()

    manager = lab.start("none.yaml", before_exec=limit)
    os.close(writer)
    manager.wait_until_up("tiny", 1)
    victim = manager.workers()[0].pid
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: not alive(victim), "a worker died")
    manager.wait_until_up("tiny", 1)
    manager.ctl("scale", "tiny", "2")
    refused = manager.ctl("reexec", code=1)
    check("file too large" in refused.text, lambda: "re-exec: %s" % refused)
    same(len(manager.workers()), 2, "workers")
    manager.send("TERM")
    with os.fdopen(reader, errors="replace") as log:
        said = log.read()
    same(manager.wait(), 0, "exit status")
    same(said.count("cannot save recovery state"), 1, "complaints in " + said)
