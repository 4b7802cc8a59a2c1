# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that writes down, as JSON, all that a process can see of how it was started; then it acks and waits.

    probe.py DIRECTORY ACK        ACK: einhorn | notify | none
"""

import json
import os
import resource
import signal
import socket
import sys

directory, ack = sys.argv[1:3]


def text(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def descriptors():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except FileNotFoundError:
            continue  # the one that listed the directory
        flags = [line.split()[1] for line in text("/proc/self/fdinfo/" + name).splitlines() if line.startswith("flags:")]
        found[name] = {"target": target, "flags": int(flags[0], 8)}
    return found


limits = {
    name[7:].lower(): list(resource.getrlimit(getattr(resource, name)))
    for name in dir(resource)
    if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"
}
umask = os.umask(0)
os.umask(umask)
# Not os.environ: python may have added to it.
pairs = [entry.split("=", 1) for entry in text("/proc/self/environ").split("\0") if entry]
base = "%s/%s-%s-%s" % (directory, os.environ["EINHORN_MASTER_PID"], os.environ["NAME"], os.environ["EINHORN_CHILD_INDEX"])
seen = {
    "environment": dict(pairs),
    "doubles": sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1}),
    "arguments": sys.argv[3:],
    "descriptors": descriptors(),
    "status": dict(line.split(":", 1) for line in text(base + ".status").splitlines()),
    "pid": os.getpid(),
    "parent": os.getppid(),
    "process_group": os.getpgrp(),
    "directory": os.getcwd(),
    "umask": umask,
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "limits": limits,
    "uids": os.getresuid(),
    "gids": os.getresgid(),
    "groups": os.getgroups(),
}
with open(base + ".new", "w") as file:
    json.dump(seen, file, indent=1)
os.rename(base + ".new", base + ".json")

if ack == "einhorn":
    with socket.socket(socket.AF_UNIX) as messenger:
        messenger.connect(os.environ["EINHORN_SOCK_PATH"])
        messenger.sendall(b'{"command":"worker:ack","pid":%d}\n' % os.getpid())
elif ack == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        address = os.environ["NOTIFY_SOCKET"]
        messenger.connect("\0" + address[1:] if address.startswith("@") else address)
        messenger.send(b"READY=1")
while True:
    signal.pause()
