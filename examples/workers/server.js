// SPDX-License-Identifier: GPL-3.0-or-later
'use strict';

// A Node server on an inherited socket that loses nothing when it is told to go.
//
// The socket is descriptor 3, the first of `bind`. READY goes by the einhorn line to EINHORN_SOCK_PATH.

const http = require('node:http');
const net = require('node:net');

const PATIENCE_MILLIS = 2000; // for connections on which nothing is asked

const open = new Map(); // socket -> answers under way
let told = false;

const server = http.createServer((request, response) => {
  const socket = request.socket;
  open.set(socket, (open.get(socket) || 0) + 1);
  response.on('close', () => open.has(socket) && open.set(socket, open.get(socket) - 1));
  if (told) {
    response.setHeader('Connection', 'close');
  }
  response.setHeader('Content-Type', 'text/plain');
  response.end(
    `Hello from version=${process.env.VERSION || 'v1'} pid=${process.pid} slot=${process.env.EINHORN_CHILD_INDEX}\n`,
  );
});
server.keepAliveTimeout = 60_000; // longer than any client keeps a connection: the client closes, not we

server.on('connection', (socket) => {
  open.set(socket, 0);
  socket.on('close', () => {
    open.delete(socket);
    leaveIfDone();
  });
});

function leaveIfDone() {
  if (told && open.size === 0) {
    process.exit(0);
  }
}

process.on('SIGTERM', () => {
  if (told) return;
  told = true;
  // http.Server.close() would also cut idle kept connections, and a request may be on its way on one:
  // only the listener is closed here. It lives on in the manager and in our siblings.
  net.Server.prototype.close.call(server);
  setTimeout(() => {
    for (const [socket, busy] of open) {
      if (!busy) socket.destroy();
    }
  }, PATIENCE_MILLIS).unref();
  leaveIfDone();
});

server.listen({ fd: Number(process.env.EINHORN_FD_0) }, () => {
  const manager = net.connect(process.env.EINHORN_SOCK_PATH, () => {
    manager.end(JSON.stringify({ command: 'worker:ack', pid: process.pid }) + '\n');
  });
  manager.on('error', (problem) => {
    console.error(`cannot tell the manager that I am up: ${problem.message}`);
    process.exit(1);
  });
  manager.resume();
});
