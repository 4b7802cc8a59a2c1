# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of tests/systemd/run, as a service of the systemd that they are about."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback

sys.path.insert(0, "/src/tests/lib")

from lab import INVALID, LoadRun, ScenarioFailed, check, get, nothing_lost, programs_in, read, same, wait_for  # noqa: E402

UNIT = "einhyrningsins"
FILE = "/etc/einhyrningsins/services.yaml"
ADDRESS = "127.0.0.1:8080"
WORKER = "/src/tests/lib/worker.py"
SERVICES = """
programs:
  web:
    command: [python3, -IS, %s]
    env: { NAME: web, VERSION: v1, E2E_JOURNAL: /run/facts }
    workers: 2
    bind: ["%s"]
    ack: { mode: manual, timeout: 10s }
  file:
    command: [python3, -IS, %s, ack=notify]
    env: { NAME: file }
    bind: [{ name: file, unix: /run/file.sock }]
    ack: { mode: notify, timeout: 10s }
""" % (WORKER, ADDRESS, WORKER)
SLOW = """
  slow:
    command: [sh, -c, 'trap "" TERM; echo "it begins"; sleep 8; echo "it is up"; while :; do sleep 1; done']
    ack: { mode: log, match: it is up, timeout: 40s }
    stop: { signal: TERM, timeout: 8s }
    logs: journal
"""


def run():
    install()
    starts()
    reloads()
    broken_reload()
    killed()
    all_killed()
    killed_with_a_broken_file()
    reexec()
    another_version()
    hangs()
    takes_long()
    restarts()
    stops()
    cannot_start()
    address_taken()
    goes_down()


# What there is


def say(text):
    print("ok   " + text, flush=True)


class Teller:
    """Where a load says how it went; it is said with the check."""

    def say(self, text):
        self.text = text


def load():
    teller = Teller()
    return LoadRun(teller, ADDRESS, 4, 4.0, 20.0)


def lost_nothing(run):
    nothing_lost(run.finish())
    return "%d requests, none lost" % run.outcome["answered"]


def command(*words, code=0):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    check(code is None or done.returncode == code, lambda: "%s: status %d: %s" % (words, done.returncode, done.stdout))
    return done


def systemctl(*words, code=0):
    return command("systemctl", *words, code=code)


def ctl(*words, code=0):
    return command("einhyrningsinsctl", *words, code=code).stdout


def shown(name):
    return systemctl("show", "--value", "--property=" + name, UNIT).stdout.strip()


def state():
    return "%s (%s)" % (shown("ActiveState"), shown("SubState"))


def main_pid():
    return int(shown("MainPID"))


def workers(*names):
    programs = programs_in(json.loads(ctl("show", "--json", *names)))
    return sorted(worker["pid"] for program in programs.values() for worker in program["workers"])


def up(count=3):
    wait_for(lambda: "%d of %d workers up" % (count, count) in shown("StatusText"), "STATUS= with %d workers up" % count, 120, 0.1)


def restarted(before):
    wait_for(lambda: main_pid() not in (0, before) and state() == "active (running)", "another manager", 120, 0.1)


def journal(*words):
    lines = command("journalctl", "--no-pager", "-o", "json", *words).stdout.splitlines()
    return [json.loads(line) for line in lines]


def settings(text):
    """A drop-in; none for no text."""
    folder = "/run/systemd/system/%s.service.d" % UNIT
    shutil.rmtree(folder, ignore_errors=True)
    if text:
        os.makedirs(folder)
        write(folder + "/test.conf", "[Service]\n" + text)
    systemctl("daemon-reload")


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def edit(old, new):
    text = read(FILE)
    check(old in text, "%r is not in the file" % old)
    write(FILE, text.replace(old, new))


def kept():
    """Inodes of the sockets that systemd keeps."""
    count = int(shown("NFileDescriptorStore"))
    links = [os.readlink("/proc/1/fd/" + fd) for fd in os.listdir("/proc/1/fd")]
    tcp = [line.split()[9] for line in read("/proc/net/tcp").splitlines() if ":1F90 00000000:0000 0A" in line]
    unix = [line.split()[6] for line in read("/proc/net/unix").splitlines() if line.endswith(" /run/file.sock")]
    ours = {inode for inode in tcp + unix if "socket:[%s]" % inode in links}
    same(len(ours), count, "sockets of ours that systemd has, by what it says and by what it has open")
    return ours


# What is checked


def install():
    env = {**os.environ, "PREFIX": "/usr"}
    subprocess.run(["/src/packaging/install"], env=env, check=True, timeout=120)
    systemctl("daemon-reload")
    verified = command("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/einhyrningsins.service").stdout
    older = "Unknown key 'DelegateSubgroup'"  # before systemd 254, which ignores it
    same([line for line in verified.splitlines() if UNIT in line and older not in line], [], "what systemd says of the unit")
    write(FILE, SERVICES)
    write("/out/version", command("systemctl", "--version").stdout)
    say("installed; systemd has nothing to say against the unit")


def starts():
    systemctl("start", UNIT)
    with socket.create_connection(("127.0.0.1", 8080)):
        ctl("version")
    up()
    same(len(kept()), 2, "sockets that systemd keeps")
    group = shown("ControlGroup")
    for pid in workers():
        check(re.search("%s/einhyrningsins-[0-9a-f]+/program-(web|file)/(web|file):" % group, read("/proc/%d/cgroup" % pid)), "a worker in no group of its own")
    said = [entry["MESSAGE"] for entry in journal("-u", UNIT, "_PID=%d" % main_pid())]
    check(any("2 workers ready" in text for text in said), "what the manager says is not in the journal: %s" % said)
    check(shown("StatusText") in systemctl("status", UNIT, "--no-pager").stdout, "systemctl status does not show it")
    say("start: sockets are bound when it returns; status says: " + shown("StatusText"))


def reloads():
    pid, before, run = main_pid(), workers(), load()
    edit("VERSION: v1", "VERSION: v2")
    systemctl("reload", UNIT)
    same(get(ADDRESS)["version"], "v2", "version")
    same((main_pid(), state()), (pid, "active (running)"), "the manager")
    same(len(set(before) & set(workers())), 1, "workers that stay: that of the program that is as it was")
    say("reload: rolled when it returns; " + lost_nothing(run))


def broken_reload():
    pid, before = main_pid(), workers()
    edit("workers: 2", "workers: two")
    systemctl("reload", UNIT, code=1)
    edit("workers: two", "workers: 2")
    edit("VERSION: v2", "VERSION: v3, BROKEN: exit")
    systemctl("reload", UNIT, code=1)
    wait_for(lambda: "reloading" not in shown("StatusText"), "STATUS= after it", 30, 0.05)
    edit("VERSION: v3, BROKEN: exit", "VERSION: v2")
    systemctl("reload", UNIT)
    same((main_pid(), state(), workers()), (pid, "active (running)", before), "the manager and its workers")
    say("reload of an invalid file, and of one that does not come up: fails, and all is as it was")


def killed():
    for _ in range(3):
        pid, before, sockets, run = main_pid(), workers(), kept(), load()
        systemctl("kill", "--signal=KILL", "--kill-whom=main", UNIT)
        restarted(pid)
        same((workers(), kept()), (before, sockets), "workers, and sockets that systemd keeps")
        up()
        told = lost_nothing(run)
    say("the manager is killed, 3 times: workers are taken over, systemd keeps the sockets; the last time " + told)


def all_killed():
    pid, sockets = main_pid(), kept()
    systemctl("kill", "--signal=KILL", "--kill-whom=all", UNIT)
    with socket.create_connection(("127.0.0.1", 8080)) as client:
        began = time.monotonic()
        client.settimeout(20)
        client.sendall(b"GET / HTTP/1.1\r\nHost: e2e\r\nConnection: close\r\n\r\n")
        check(client.recv(65536).startswith(b"HTTP/1.1 200"), "who connected meanwhile is not answered")
        waited = time.monotonic() - began
    restarted(pid)
    up()
    same(kept(), sockets, "sockets that systemd keeps")
    say("all are killed: who connects then is answered after %.1f s" % waited)


def killed_with_a_broken_file():
    pid, before = main_pid(), workers()
    edit("workers: 2", "workers: two")
    systemctl("kill", "--signal=KILL", "--kill-whom=main", UNIT)
    restarted(pid)
    same(workers(), before, "workers")
    systemctl("reload", UNIT, code=1)
    edit("workers: two", "workers: 2")
    systemctl("reload", UNIT)
    same(workers(), before, "workers")
    say("the manager is killed while the file is invalid: the next one goes on, and a reload takes the mended file")


def reexec():
    settings("WatchdogSec=8s\n")  # a busy machine may take seconds to replace the manager
    systemctl("restart", UNIT)
    up()
    pid, before, sockets, count, run = main_pid(), workers(), kept(), shown("NRestarts"), load()
    ctl("reexec")
    first = wait_for(lambda: shown("WatchdogTimestampMonotonic"), "a sign of life")
    wait_for(lambda: int(shown("WatchdogTimestampMonotonic")) > int(first) + 9_000_000, "signs of life", 60, 0.1)
    same((main_pid(), workers(), kept(), shown("NRestarts")), (pid, before, sockets, count), "pid, workers, sockets, restarts")
    say("reexec: the same pid, signs of life go on; " + lost_nothing(run))


def another_version():
    shutil.copytree("/src/target/dist", "/run/dist", symlinks=True)
    with open("/run/dist/bin/einhyrningsinsctl", "a") as file:
        file.write("# another build\n")
    pid, before, run = main_pid(), workers(), load()
    old = os.readlink("/proc/%d/exe" % pid)
    env = {**os.environ, "PREFIX": "/usr", "DIST": "/run/dist"}
    subprocess.run(["/src/packaging/install"], env=env, check=True, timeout=120)
    systemctl("daemon-reload")
    same(os.readlink("/proc/%d/exe" % pid), old, "what runs after the install")
    ctl("reexec")
    new = os.readlink("/proc/%d/exe" % pid)
    check(new != old and os.path.exists(new) and os.path.exists(old), "before and after: %s, %s" % (old, new))
    same((main_pid(), workers(), state()), (pid, before, "active (running)"), "the manager and its workers")
    say("another version is installed over it, and reexec: " + lost_nothing(run))


def hangs():
    pid, before, sockets, run = main_pid(), workers(), kept(), load()
    began = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    restarted(pid)
    took = time.monotonic() - began
    up()
    same((workers(), kept()), (before, sockets), "workers, and sockets that systemd keeps")
    ends = [entry["MESSAGE"] for entry in journal("-u", UNIT, "-n", "60")]
    check(any("Watchdog timeout" in text for text in ends), "why it was replaced: %s" % ends)
    say("the manager hangs: its watchdog of 8 s has it replaced after %.1f s; %s" % (took, lost_nothing(run)))


def takes_long():
    """Longer than systemd allows, which is asked for more."""
    settings("TimeoutStartSec=3s\nTimeoutStopSec=3s\n")
    write(FILE, read(FILE) + SLOW)
    began = time.monotonic()
    systemctl("reload", UNIT)
    reload = time.monotonic() - began
    (pid,) = workers("slow")
    entries = journal("-t", "slow", "EINHYRNINGSINS_PROGRAM=slow", "EINHYRNINGSINS_SLOT=0", "_SYSTEMD_UNIT=%s.service" % UNIT)
    same([entry["MESSAGE"] for entry in entries], ["it begins", "it is up"], "entries of the worker in the journal")
    same({(entry["_TRANSPORT"], entry["SYSLOG_PID"]) for entry in entries}, {("journal", str(pid))}, "what they say of themselves")
    say("logs: journal: entries of their own with program, slot and pid")
    began = time.monotonic()
    systemctl("stop", UNIT)
    stop = time.monotonic() - began
    check(reload > 7 and stop > 7, "it did not take long: %.1f s, %.1f s" % (reload, stop))
    same((state(), shown("Result")), ("inactive (dead)", "success"), "how it ended")
    settings("")
    write(FILE, SERVICES)
    say("a reload of %.1f s and a stop of %.1f s, where systemd allows 3 s: more time is asked for" % (reload, stop))


def restarts():
    systemctl("start", UNIT)
    up()
    before = workers()
    systemctl("restart", UNIT)
    up()
    check(set(before).isdisjoint(workers()), "workers of before")
    say("restart: other workers")


def stops():
    before, group = [main_pid(), *workers()], shown("ControlGroup")
    systemctl("stop", UNIT)
    same((state(), shown("Result"), shown("NFileDescriptorStore")), ("inactive (dead)", "success", "0"), "how it ended")
    same([pid for pid in before if os.path.exists("/proc/%d" % pid)], [], "processes that are left")
    check(not os.path.exists("/sys/fs/cgroup" + group), "control groups are left")
    same(os.listdir("/run/einhyrningsins"), [], "files that are left")
    same([path for path in ("/run/file.sock", "/run/einhyrningsins-workers") if os.path.exists(path)], [], "files that are left")
    say("stop: no process, no control group, no socket and no file is left")


def cannot_start():
    edit("workers: 2", "workers: two")
    systemctl("start", UNIT, code=1)
    time.sleep(2.5)  # that it does nothing cannot be waited for
    same((state(), shown("NRestarts"), shown("ExecMainStatus")), ("failed (failed)", "0", str(INVALID)), "after an invalid file")
    said = [entry["MESSAGE"] for entry in journal("-u", UNIT, "-n", "20")]
    check(any("workers: expected a number" in text for text in said), "why is not in the journal: %s" % said)
    edit("workers: two", "workers: 2")
    systemctl("start", UNIT)
    up()
    systemctl("stop", UNIT)
    say("start with an invalid file: fails, says why, and is not tried again")


def address_taken():
    with socket.create_server(("127.0.0.1", 8080)):
        systemctl("start", UNIT, code=1)
        wait_for(lambda: int(shown("NRestarts")) >= 2, "it is tried again", 60, 0.1)
    up()
    systemctl("stop", UNIT)
    say("start where the address is somebody else's: fails, and comes up when it is free")


def goes_down():
    edit("/run/facts", "/out/facts")
    systemctl("start", UNIT)
    up()


def main():
    try:
        run()
        write("/out/done", "")
    except ScenarioFailed as problem:
        where = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == __file__]
        print("FAIL %s: %s" % (" > ".join("%s:%d" % (frame.name, frame.lineno) for frame in where[1:]), problem), flush=True)
    except Exception:
        print("FAIL " + traceback.format_exc(), flush=True)
    if not os.path.exists("/out/done"):
        write("/out/journal", subprocess.run(["journalctl", "--no-pager", "-u", UNIT, "-n", "60"], stdout=subprocess.PIPE, text=True).stdout)
    systemctl("exit", "--no-block", "0" if os.path.exists("/out/done") else "1")


main()
