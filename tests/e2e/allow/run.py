# SPDX-License-Identifier: GPL-3.0-or-later
"""control.allow: who may do what, by the credentials that the kernel vouches for; in place, and over re-exec and kill -9."""

import contextlib
import grp
import json
import os
import pwd
import re
import signal
import socket
import stat

from lab import BIN, CTL, DONE, INVALID, NOT_ALLOWED, USAGE, check, nothing_lost, same, wait_for

NOBODY = 4242  # a number without a name
SECRET = "hush-hush"
LOOKS = ("status", "show", "plan", "events", "logs", "version", "state", "ehlo me", "help")
CHANGES = (
    "reload", "confirm", "upgrade", "upgrade_fleet", "start", "stop all", "restart all", "inc", "dec", "scale web 1",
    "set_workers 1", "signal HUP", "die", "reexec", "quieter", "louder",
)  # fmt: skip


def run(lab):
    if os.getuid() != 0:
        lab.say("only root can be somebody else: nothing was tried")
        return
    lab.config()
    manager = lab.start()
    manager.wait_until_up("web", 2)
    manager.wait_until_up("guest", 1)
    load = lab.load()
    same(bits(manager.socket), 0o666, "mode of the socket")
    same(bits(os.path.dirname(manager.socket)), 0o711, "mode of its directory")
    statuses_of_the_client(manager)
    every_command(manager)
    older_dialect(manager)
    secrets_stay_hidden(lab, manager)
    rules(manager)
    changed_while_connected(lab, manager)
    manager.ctl("reexec")
    manager.wait_until_answering()
    rules(manager)
    os.kill(manager.pid, signal.SIGKILL)
    manager.process.wait()
    manager = lab.start(socket_path=manager.socket)
    manager.wait_until_up("web", 2)
    rules(manager)
    only_the_mode_again(lab, manager)
    unknown_names(lab)
    nothing_lost(load.finish())


def bits(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def uid(name):
    return pwd.getpwnam(name).pw_uid


def gid(name):
    return grp.getgrnam(name).gr_gid


# The client, as other users start it


def ctl_as(manager, user, group, groups, *arguments, code=DONE):
    more = ["--groups=" + ",".join(map(str, groups))] if groups else ["--clear-groups"]
    who = ["setpriv", "--reuid=%d" % user, "--regid=%d" % group, *more]
    result = manager.lab.command(*who, CTL, "-d", manager.socket, *arguments)
    same(result.code, code, "exit status as %d:%d %s of %s" % (user, group, groups, result))
    return result


def statuses_of_the_client(manager):
    before = manager.worker_pids("web")
    ctl_as(manager, uid("games"), NOBODY, [], "status")
    ctl_as(manager, uid("games"), NOBODY, [], "scale", "web", "3")
    ctl_as(manager, NOBODY, NOBODY, [7, gid("operator")], "scale", "web", "2")  # by a supplementary group alone
    for group, groups in ((gid("staff"), []), (NOBODY, [7, gid("staff")])):
        ctl_as(manager, NOBODY, group, groups, "status")
        for command in (("stop", "web"), ("die",), ("reload", "--no-wait")):
            result = ctl_as(manager, NOBODY, group, groups, *command, code=NOT_ALLOWED)
            check(re.search(r"'%s' is not allowed to .*uid %d.*control\.allow\.admin" % (command[0], NOBODY), result.text), result)
            check(str(gid("staff")) in result.text, lambda: "the groups are not told: %s" % result)
    result = ctl_as(manager, uid("daemon"), NOBODY, [7], "status", code=NOT_ALLOWED)
    check("not allowed to daemon (uid 1, groups 4242 7)" in result.text and "control.allow.read" in result.text, result)
    same(len(manager.worker_pids("web") & before), 2, "workers from before")
    refused = re.compile(r"refused: daemon \(uid 1, groups 4242 7\), pid \d+, asked for 'status'")
    wait_for(lambda: refused.search(manager.stderr()), "the log says who was refused")


# The wire, with connections of other users


@contextlib.contextmanager
def client(manager, user=0, group=0, groups=()):
    """A connection of that user: the kernel notes the effective ids when it is made."""
    own = os.getgroups()
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    try:
        os.setgroups(groups)
        os.setegid(group)
        os.seteuid(user)
        connection.connect(manager.socket)
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(own)
    with connection, connection.makefile("rb") as replies:
        yield Client(connection, replies)


class Client:
    def __init__(self, connection, replies):
        self.connection, self.replies = connection, replies

    def ask(self, words, **more):
        """The exit code of what a line asks, and all that was said until then."""
        self.send(words, **more)
        text = ""
        while True:
            line = self.replies.readline().decode()
            check(line, lambda: "%s: hung up after %r" % (words, text))
            text += line
            if "code" in json.loads(line):
                return json.loads(line)["code"], text

    def send(self, words, **more):
        command, *args = words.split()
        self.connection.sendall(json.dumps({"id": 1, "command": command, "args": args, **more}).encode() + b"\n")

    def code(self, words):
        return self.ask(words)[0]

    def ended(self):
        return not self.replies.readline()


def every_command(manager):
    """Each command the manager knows, by somebody who may look and by somebody who may not."""
    before = manager.worker_pids("web") | manager.worker_pids("guest")
    with client(manager, 1234567, NOBODY) as reader, client(manager, NOBODY, NOBODY) as stranger:
        for words in LOOKS + CHANGES + ("no-such-command",):
            code, text = stranger.ask(words)
            same(code, NOT_ALLOWED, "code of %s for a stranger: %s" % (words, text))
            check(len(text) < 400, lambda: "a stranger was told too much: %s" % text)
        guest = manager.workers("guest")[0].pid
        code, text = stranger.ask("worker:ack", pid=guest)
        check(code == USAGE and "is not allowed to" not in text, lambda: "an ack has the rules of workers: %s" % text)
        for words in CHANGES:
            same(reader.code(words), NOT_ALLOWED, "code of %s for a reader" % words)
        for words in LOOKS:
            if words != "events":
                same(reader.code(words), DONE, "code of %s for a reader" % words)
        same(reader.code("no-such-command"), USAGE, "code of an unknown command for a reader")
    same(manager.worker_pids("web") | manager.worker_pids("guest"), before, "workers after what was refused")


def older_dialect(manager):
    """Refused in kind, by the same rules; what is called `reload` there is `reexec`."""
    with client(manager, NOBODY, gid("staff")) as reader, client(manager, NOBODY, NOBODY) as stranger:
        for who, command, allowed in (
            (reader, "state", True),
            (reader, "ehlo", True),
            (reader, "reload", False),
            (reader, "upgrade", False),
            (reader, "die", False),
            (stranger, "state", False),
            (stranger, "ehlo", False),
        ):
            who.connection.sendall(b"---%%0Aid: 7%%0Acommand: %s%%0A\n" % command.encode())
            line = who.replies.readline()
            check(line.startswith(b"---"), lambda: "not answered in kind: %r" % line)
            same(b"is not allowed to" not in line, allowed, "whether %s is allowed: %r" % (command, line[:300]))


def secrets_stay_hidden(lab, manager):
    lab.edit("services.yaml", SECRET, SECRET + "-2")
    with client(manager, 1234567, NOBODY) as reader, client(manager) as root:
        for words in ("status", "show", "show --graph", "plan", "logs", "state"):
            for form in ("json", "text"):
                code, text = plan_in_turn(reader, format=form) if words == "plan" else reader.ask(words, format=form)
                check(SECRET not in text, lambda: "%s shows a secret: %s" % (words, text))
                check(words != "plan" or "TOKEN" in text, lambda: "plan does not tell of the change: %s" % text)
        lab.edit("services.yaml", "TOKEN: " + SECRET + "-2", "TOKEN: [%s]" % SECRET)
        code, text = plan_in_turn(reader)
        same(code, INVALID, "code of plan with an invalid file: %s" % text)
        check(SECRET not in text and "control.allow.admin" in text, lambda: "plan shows a line of the file: %s" % text)
        check(SECRET in root.ask("plan")[1], "root is not shown the line")
    lab.edit("services.yaml", "TOKEN: [%s]" % SECRET, "TOKEN: " + SECRET)


def plan_in_turn(reader, **more):
    """A reader's plan; where the machine is slow, they have used their share of the loop's time and are told when to ask again."""
    answers = []

    def answered():
        answers.append(reader.ask("plan", **more))
        return "no plan now" not in answers[-1][1]

    wait_for(answered, "a plan for a reader", 60)
    return answers[-1]


def rules(manager):
    for user, group, groups, look, change in (
        (0, 0, (), True, True),
        (uid("games"), NOBODY, (), True, True),
        (NOBODY, gid("operator"), (), True, True),
        (NOBODY, NOBODY, (7, gid("operator")), True, True),
        (NOBODY, gid("staff"), (), True, False),
        (NOBODY, NOBODY, tuple(range(9000, 9500)) + (gid("staff"),), True, False),
        (1234567, NOBODY, (), True, False),
        (NOBODY, NOBODY, (), False, False),
        (gid("staff"), NOBODY, (), False, False),  # the number of the group as a user's
        (NOBODY, 1234567, (), False, False),
    ):
        with client(manager, user, group, groups) as who:
            found = who.code("status") == DONE, who.code("start web") == DONE
            same(found, (look, change), "whether %d:%d %s may look, and change" % (user, group, groups[:3]))


def changed_while_connected(lab, manager):
    """A reload takes `allow` over: who is connected is judged anew, request by request."""
    original = open(lab.path("services.yaml")).read()
    with client(manager, 1234567, NOBODY) as reader, client(manager, 1234567, NOBODY) as follower:
        with client(manager, NOBODY, NOBODY) as stranger:
            follower.send("events")
            same(reader.code("start web"), NOT_ALLOWED, "code before the change")
            lab.edit("services.yaml", "read: [\"@staff\", 1234567]", "read: [%d]" % NOBODY)
            workers = manager.worker_pids("web")
            lab.edit("services.yaml", "admin: [games,", "admin: [")
            ctl_as(manager, uid("games"), NOBODY, [], "reload")
            same(manager.worker_pids("web"), workers, "workers after a reload of control.allow")
            ctl_as(manager, uid("games"), NOBODY, [], "status", code=NOT_ALLOWED)
            same(reader.code("status"), NOT_ALLOWED, "code for the one who may not look any more")
            same(stranger.code("status"), DONE, "code for the one who may look now")
            text = ""
            while '"code":5' not in text:
                text = follower.replies.readline().decode()
                check(text, "the one who followed events was not told why it hears no more")
    lab.write("services.yaml", original)
    manager.ctl("reload")


def only_the_mode_again(lab, manager):
    """Without `allow` only the mode decides: who came past another one must not be taken for an admin."""
    original = open(lab.path("services.yaml")).read()
    with client(manager, 1234567, NOBODY) as reader, client(manager, NOBODY, NOBODY) as stranger, client(manager) as root:
        with client(manager, uid("games"), NOBODY) as admin:
            for who in (reader, stranger, admin):
                who.code("status")
            lab.write("services.yaml", re.sub(r"(?s)control:.*?programs:", "programs:", original))
            manager.ctl("reload")
            same(bits(manager.socket), 0o600, "mode of the socket without allow")
            check(reader.ended() and stranger.ended(), "who was no admin is still there")
            same((root.code("status"), admin.code("status")), (DONE, DONE), "codes for those who were admins")
    ctl_as(manager, uid("games"), NOBODY, [], "status", code=NOT_ALLOWED)
    lab.write("services.yaml", original)
    manager.ctl("reload")
    same(bits(manager.socket), 0o666, "mode of the socket with allow again")
    rules(manager)


def unknown_names(lab):
    lab.write("bad.yaml", "control:\n  allow:\n    read: [root, '@no-such-group']\nprograms: {}\n")
    result = lab.command(BIN, "check", lab.path("bad.yaml"))
    same(result.code, INVALID, "exit status of check (%s)" % result)
    check('bad.yaml:3:18: control.allow.read[1]: there is no group named "no-such-group"' in result.text, result)
