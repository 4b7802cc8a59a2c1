# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of socket reaches its worker under its name, with the file mode, owner, backlog and flags asked for."""

import grp
import os
import pwd
import re
import signal
import socket
import stat

from lab import BIN, answers, check, get, read, same, state_of, wait_for


def run(lab):
    lab.config()
    # What a manager that was killed leaves behind must not be in the way.
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(lab.path("file.sock"))
    stale.close()
    manager = lab.start(up=4)
    wait_for(lambda: answers("127.0.0.1:%d" % lab.port("classic")), "the classic form answers")

    same(get("127.0.0.1:%d" % lab.port("four"))["socket"], "four", "socket that answers on IPv4")
    same(get("[::1]:%d" % lab.port("six"))["socket"], "six", "socket that answers on IPv6")
    same(get(lab.path("file.sock"))["socket"], "file", "socket that answers on the UNIX socket")
    same(get(lab.path("plain.sock"))["socket"], "plain", "socket that answers on the other UNIX socket")
    same(get("@e2e-" + lab.mark)["socket"], "hidden", "socket that answers on the abstract UNIX socket")
    same(get("127.0.0.1:%d" % lab.port("http"))["socket"], "fd0", "socket that answers on standard input")
    get("127.0.0.1:%d" % lab.port("classicn"))
    datagram("packets", socket.AF_INET, ("127.0.0.1", lab.port("packets")))
    datagram("packets-six", socket.AF_INET6, ("::1", lab.port("packetssix")))

    # Both workers take from the shared listener: while one is frozen the other answers.
    both = manager.workers("each")
    for frozen, other in (both, reversed(both)):
        os.kill(frozen.pid, signal.SIGSTOP)
        try:
            wait_for(lambda: state_of(frozen.pid) == "T", "the worker is frozen")
            same(get("127.0.0.1:%d" % lab.port("four"))["slot"], str(other.slot), "slot that answers")
        finally:
            os.kill(frozen.pid, signal.SIGCONT)

    found = os.stat(lab.path("file.sock"))
    same(oct(stat.S_IMODE(found.st_mode)), oct(0o660), "mode of the UNIX socket")
    same(found.st_uid, pwd.getpwnam("nobody").pw_uid, "owner of the UNIX socket")
    same(found.st_gid, grp.getgrnam("daemon").gr_gid, "group of the UNIX socket")
    same(len(manager.workers()), 4, "workers")
    flags(lab, manager)
    listening(lab)
    manager.stop()
    interface_comes(lab)


def datagram(name, family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.connect(address)
        client.send(b"ping")
        answer = client.recv(2048).decode()
    check("socket=%s" % name in answer and answer.endswith("ping"), lambda: "the datagram to %s came back as %r" % (name, answer))


def flags(lab, manager):
    """The flag n is O_NONBLOCK; without it the listener blocks."""
    worker = manager.workers("classic")[0]
    found = []
    for fd in (3, 4):
        text = read("/proc/%d/fdinfo/%d" % (worker.pid, fd))
        found.append(bool(int(re.search(r"flags:\s+(\d+)", text).group(1), 8) & os.O_NONBLOCK))
    same(found, [True, False], "O_NONBLOCK of `,r,n` and of none")


def listening(lab):
    """Backlog and address by the kernel's own table."""
    result = lab.command("ss", "-Hltn", "sport = :%d" % lab.port("four"))
    fields = result.out.split()
    check(len(fields) >= 4, lambda: "nothing listens: %s" % result)
    same(fields[2], "77", "backlog")
    same(fields[3], "127.0.0.1:%d" % lab.port("four"), "address")


def interface_comes(lab):
    """An interface that is not there yet: a start fails with a status that a unit tries again, and later one succeeds."""
    if os.geteuid() != 0:
        lab.say("not root: network namespaces are not to be had")
        return
    file = lab.write("scoped.yaml", lab.render(SCOPED))
    result = lab.command(BIN, "check", file)
    check("there is no interface e2e0 yet" in result.text, lambda: str(result))
    comes = "ip link set lo name e2e0 && ip link set e2e0 up && ip -6 addr add fe80::1/64 dev e2e0 nodad"
    twice = '"$@"; echo $? >%s; %s; exec "$@"' % (lab.path("status"), comes)
    manager = lab.launch("scoped.yaml", through=["unshare", "--net", "sh", "-c", twice, "sh"])
    same(wait_for(lambda: read(lab.path("status")), "the first start ends"), "1\n", "exit status without the interface")
    first = manager.stderr()
    for word in ("cannot bind socket 'socket0' of 'scoped' to [fe80::1%e2e0]:", "no such device (ENODEV)", "ip -brief link"):
        check(word in first, lambda: "%r is not said: %s" % (word, first))
    manager.wait_until_answering()
    manager.wait_until_up("scoped", 1)
    result = lab.command("nsenter", "--net=/proc/%d/ns/net" % manager.pid, "ss", "-Hltn")
    check("[fe80::1]%%e2e0:%d " % lab.port("scoped") in result.out, lambda: str(result))
    same(manager.stderr().count("there is no interface e2e0 yet"), 1, "warnings of an interface that is not there")


SCOPED = """
programs:
  scoped:
    command: [python3, -IS, "@LIB@/worker.py"]
    env: { NAME: scoped }
    bind: "[fe80::1%e2e0]:@PORT_scoped@"
    ack: { mode: manual, timeout: 10s }
"""

NEEDS = {"ss": "iproute2"}
