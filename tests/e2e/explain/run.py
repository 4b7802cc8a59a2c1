# SPDX-License-Identifier: GPL-3.0-or-later
"""explain says why each of many programs is as it is, each in a real situation; the texts are in golden.txt, with times and numbers masked
(E2E_GOLDEN=write writes it anew). Facts survive a re-exec, kill -9, and a stop and start; a torn file is set aside."""

import json
import os
import re
import signal
import socket
import time

from lab import FAILED, check, read, same, wait_for


def run(lab):
    taken = socket.create_server(("127.0.0.1", lab.port("taken")))
    lab.write("plain.txt", "no program\n")
    lab.write("windows.sh", "#!/bin/sh\r\necho hello\n")
    os.chmod(lab.path("windows.sh"), 0o755)
    config = lab.config()
    lab.write("healthy", "")
    manager = lab.start(config)
    try:
        situations(lab, manager)
        golden(lab, manager)
        events(lab, manager)
        manager = survives(lab, manager, config)
    finally:
        taken.close()
    manager.stop("TERM")


def situations(lab, manager):
    """Brings all of them about, and waits until each is there."""
    for name in ("by-hand", "signalled", "rolls", "newer", "ill", "well"):
        manager.wait_until_up(name, 1, 120)
    manager.wait_until_up("canary", 2, 120)
    os.unlink(lab.path("healthy"))
    manager.ctl("stop", "by-hand")
    manager.ctl("signal", "KILL", "signalled")
    wait_for(lambda: "exited" in kinds(manager, "signalled"), "the signal is a fact")
    lab.edit("services.yaml", "  newer: { command: [sh, -c, \"sleep 1000\"]", "  newer: { command: [sh, -c, \"echo the end; exit 9\"]")
    [failed] = manager.ctl("reload", "newer", "--json", code=FAILED, within=120).json()["data"]["outcomes"]
    same([failed[key] for key in ("program", "result", "from", "to", "failed_slot")], ["newer", "failed", 1, 1, 0], "outcome as data")
    same((failed["exit"]["code"], failed["lines"]), (9, "the end"), "how it failed")
    manager.ctl("upgrade", "canary", "--no-wait")
    wait_for(lambda: "canary" in kinds(manager, "canary"), "the canary is watched", 60)
    manager.ctl("upgrade", "rolls", "--no-wait")
    states = {
        "well": ("running",), "exits": ("backing-off",), "silent": ("backing-off",), "dog": ("crash-loop",), "loops": ("crash-loop",),
        "gives-up": ("failed",), "job": ("done",), "bad-job": ("failed",), "waits": ("waiting",), "hindered": ("waiting",),
        "starts": ("starting",), "by-hand": ("stopped",), "rolls": ("rolling",), "canary": ("rolling",), "shot": ("backing-off",),
        "script": ("backing-off",), "probed": ("backing-off",),
        "killed": ("backing-off",), "shell": ("backing-off",), "fills": ("backing-off",),
    }  # fmt: skip

    for name, words in states.items():
        wait_for(lambda: manager.status()[name]["state"] in words, "%s is %s" % (name, " or ".join(words)), 60)
    held = "port %d is held by %s (pid %d)" % (lab.port("taken"), read("/proc/self/comm").strip(), os.getpid())
    wait_for(lambda: held in manager.ctl("explain", "port").text, "who has the port is named", 60)
    wait_for(lambda: "why     ill:0 pid" in manager.ctl("explain", "ill").text, "the ill one is known to be", 60)
    wait_for(lambda: "no database" in manager.ctl("explain", "ill-http").text, "what the health check got is said", 60)
    for name in ("frozen", "frozen-late"):
        wait_for(lambda: "suspended" in kinds(manager, name), "%s is known to be" % name, 60)


def kinds(manager, program):
    return [event["type"] for event in past(manager, program)]


def past(manager, *programs):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(60)
        client.connect(manager.socket)
        request = {"id": 1, "command": "events", "args": ["--since", "1d", *programs], "format": "json"}
        client.sendall(json.dumps(request).encode() + b"\n")
        with client.makefile("rb") as lines:
            return json.loads(lines.readline())["data"]["events"]


def golden(lab, manager):
    text = mask(lab, manager.ctl("explain", within=120).text)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.txt")
    if os.environ.get("E2E_GOLDEN") == "write":
        with open(path, "w") as file:
            file.write(text)
    expected, found = parts(read(path)), parts(text)
    for name in ("ill", "port"):  # see situations: one is replaced again and again, of the other who has its port may come late
        expected.pop(name), found.pop(name)
    for name in expected:
        same(found.get(name), expected[name], "explanation of " + name)
    same(sorted(found), sorted(expected), "programs that are explained")
    one = json.loads(manager.ctl("explain", "--json", "exits:0", within=120).out)["data"]["explanations"][0]
    same((one["subject"], one["situation"]), ("exits:0", "exited"), "explanation as data")
    check(one["next_at"].endswith("Z") and "cannot find the moon" in one["last_lines"], one)


def parts(text):
    return {part.split(":", 1)[0]: part.strip() for part in re.split(r"\n(?=\S)", text) if part.strip()}


def mask(lab, text):
    text = text.replace(lab.path("").rstrip("/"), "@DIR@").replace(str(lab.port("taken")), "PORT")
    text = re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"(at|since) (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\dZ?", r"\1 TIME", text)
    text = re.sub(r"ended on trial|was up, but not for long", "ended before it was up", text)
    text = re.sub(r"(script:0) pid \d+", r"\1", text)  # it is found out before the birth or after it, as the machine is slow
    text = re.sub(r"pid \d+", "pid N", text)
    text = re.sub(r"\d+ failures in a row", "N failures in a row", text)
    text = text.replace("crash loop: N failures in a row, last: ", "")  # said from the third on
    text = re.sub(r"by [^(\n]*\(uid \d+\)", "by USER", text)
    text = re.sub(r"\b(\d+[dhm])*\d+(\.\d+)?(ms|s|m)\b", "SPAN", text)
    text = re.sub(r"held by \S+ \(pid N\)", "held by SOMEBODY (pid N)", text)
    return re.sub(r"  +", "  ", text)


def events(lab, manager):
    listed = manager.ctl("events", "--since", "1h", "exits", within=120).text
    check(re.search(r"^20\S+Z  exited +exits:0 pid \d+: .*exit status 3", listed, re.M), listed)
    exits = [event for event in past(manager, "exits") if event["type"] == "exited"]
    same((exits[0]["details"]["code"], exits[0]["slot"]), ("3", 0), "details of an exit")
    commands = [event for event in past(manager, "by-hand") if event["type"] == "command"]
    check("stop by-hand, by " in commands[0]["message"] and "uid %d" % os.getuid() in commands[0]["message"], commands)
    check("manager started" in json.dumps(past(manager)), "the start of the manager is a fact")
    check("by-hand" in manager.ctl("events", "--manager", within=120).text, "lines of the manager's log")
    same(past(manager, "well")[0]["type"], "started", "first fact of a program")


def survives(lab, manager, config):
    before = [event["at"] for event in past(manager, "exits")]
    manager.ctl("reexec", within=120)
    wait_for(lambda: [event["at"] for event in past(manager, "exits")][: len(before)] == before, "the facts survive a re-exec", 60)
    time.sleep(0.3)  # what is written a moment later
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    path = lab.path("state/facts")
    with open(path, "a") as file:
        file.write('{"at":"2026-')
    again = lab.start(config, socket_path=manager.socket)
    wait_for(lambda: [event["at"] for event in past(again, "exits")][: len(before)] == before, "the facts survive kill -9", 60)
    wait_for(lambda: "facts of former managers were damaged" in again.stderr(), "the torn line is told", 60)
    same(read(lab.path("state/facts.set-aside")), '{"at":"2026-\n', "what was torn")
    again.stop("TERM")
    third = lab.start(config, socket_path=manager.socket)
    wait_for(lambda: [event["at"] for event in past(third, "exits")][: len(before)] == before, "the facts survive a stop", 60)
    return third
