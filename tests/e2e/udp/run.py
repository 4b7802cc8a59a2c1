# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP echo, rolled under load: each datagram is answered, the ones that came while nobody was there too."""

import re
import socket
import threading

from examples import example
from lab import ROLLS, alive, check, same, wait_for

CLIENTS = 4


class Asker(threading.Thread):
    """Sends numbered datagrams, each after the answer to the one before."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.address, self.number = ("127.0.0.1", port), number
        self.ended = threading.Event()
        self.sent = self.answered = 0
        self.pids = set()
        self.wrong = []

    def run(self):
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(30)
            while not self.ended.wait(0.004):
                question = b"%d.%d" % (self.number, self.sent)
                self.sent += 1
                client.sendto(question, self.address)
                try:
                    answer = client.recv(999)
                except TimeoutError:
                    self.wrong.append((question, "no answer"))
                    continue
                found = re.fullmatch(re.escape(question) + rb" pid=(\d+) slot=\d+", answer)
                if found:
                    self.answered += 1
                    self.pids.add(found.group(1))
                else:
                    self.wrong.append((question, answer))


def run(lab):
    config = example(lab, "udp.yaml")
    manager = lab.start(config)
    manager.wait_until_up("echo", 2)
    askers = [Asker(lab.port("port8096"), number) for number in range(CLIENTS)]
    for asker in askers:
        asker.start()
    rolls = min(ROLLS, 10)
    for arguments in ([()] * rolls) + [("--fleet",)]:
        before = manager.pids_of("echo")
        manager.ctl("upgrade", "echo", *arguments)
        wait_for(lambda: not any(map(alive, before)), "the old workers are gone")
    wait_for(lambda: all(asker.sent > 100 for asker in askers), "some datagrams of each client")
    for asker in askers:
        asker.ended.set()
    for asker in askers:
        asker.join(10)
    sent, answered = (sum(getattr(asker, what) for asker in askers) for what in ("sent", "answered"))
    lab.say("udp: %d sent, %d answered, %d workers" % (sent, answered, len(set().union(*(a.pids for a in askers)))))
    same([asker.wrong for asker in askers], [[]] * CLIENTS, "datagrams without the right answer")
    same(answered, sent, "datagrams answered")
    check(sent > 100, "hardly any datagram was sent")
