# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clients of one kind: clients.py SOCKET COUNT KIND. Says `COUNT` when all have tried; stays until its input ends.

silent: says nothing · byte: one byte now, and one more when all are there · half: half a request · deaf: asks and never
reads · follow: `events`, and never reads · quick: asks, and hangs up before the answer.
"""

import resource
import socket
import struct
import sys

ASK = b'{"id":1,"command":"state"}\n'
WORDS = {
    "silent": b"",
    "byte": b"{",
    "half": b'{"id":1,"comm',
    "deaf": ASK * 50,
    "follow": b'{"id":1,"command":"events"}\n',
    "quick": ASK,
}


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 20, 0))
    client.connect(path)  # waits for room in the accept queue
    client.setblocking(False)
    return client


def say(client, words):
    try:
        client.send(words)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass  # no room, or thrown out already


def main(path, count, kind):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    clients = []
    for _ in range(count):
        client = connect(path)
        say(client, WORDS[kind])
        if kind == "quick":
            client.close()
        else:
            clients.append(client)
    if kind == "byte":
        for client in clients:
            say(client, b" ")
    print(count, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
