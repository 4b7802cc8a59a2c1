// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.Collection;

/// Binds single sockets of definitions, or takes those that were passed to the manager, and changes
/// open ones to what a definition wants. Explains what cannot be bound.
final class SocketBinder {
    private final Collection<OpenSocket> open;
    private final ManagerLog managerLog;
    private SystemdSockets passed = SystemdSockets.NONE;

    /// @param open a view of those that the manager has
    SocketBinder(Collection<OpenSocket> open, ManagerLog managerLog) {
        this.open = open;
        this.managerLog = managerLog;
    }

    /// Sets sockets that are used first, before others are bound.
    void offer(SystemdSockets from) {
        passed = from;
    }

    OpenSocket bind(ProgramSpec program, SocketSpec socket) throws SocketTable.CannotBind {
        try {
            BoundSocket taken = passed.take(socket);
            if (taken == null) {
                makeRoom(socket);
            }
            SocketFiles.Bound bound =
                    taken == null
                            ? SocketFiles.bind(socket)
                            : new SocketFiles.Bound(taken, SocketTable.inode(socket));
            int slot = socket.perWorker() ? 0 : SocketGroup.SHARED;
            SocketGroup group = SocketGroup.of(slot, bound.socket());
            return new OpenSocket(program.name(), socket, group, bound.file(), taken != null);
        } catch (UnknownAccountException e) {
            throw cannot(program.name(), socket, String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            throw cannot(program.name(), socket, e);
        }
    }

    /// A path that leads elsewhere by now, as through a link to the newest release, is one of
    /// another socket. The file of the older one may have been made again there meanwhile: it goes.
    private void makeRoom(SocketSpec socket) {
        long there = SocketTable.inode(socket);
        for (OpenSocket each : open) {
            if (there != 0 && each.file() == there && each.isAtPathOf(socket)) {
                RuntimeFiles.delete(((SocketSpec.UnixPath) socket.address()).path());
                return;
            }
        }
    }

    /// Explains why a socket cannot be bound.
    SocketTable.CannotBind cannot(String program, SocketSpec socket, PosixException e) {
        return cannot(program, socket, e.getMessage() + explain(e, socket));
    }

    private static SocketTable.CannotBind cannot(String program, SocketSpec socket, String why) {
        return new SocketTable.CannotBind(
                "cannot bind socket '%s' of '%s' to %s: %s"
                        .formatted(socket.name(), program, socket.address(), why));
    }

    /// Binds the socket of one slot, or takes one that was passed.
    BoundSocket bind(ProgramSpec program, SocketSpec socket, int slot)
            throws SocketTable.CannotBind {
        try {
            BoundSocket taken = passed.take(socket);
            return taken == null ? ProgramSockets.bind(socket) : taken;
        } catch (PosixException e) {
            throw new SocketTable.CannotBind(
                    "cannot bind socket '%s' of '%s' to %s for slot %d: %s%s"
                            .formatted(
                                    socket.name(),
                                    program.name(),
                                    socket.address(),
                                    slot,
                                    e.getMessage(),
                                    BindAdvice.of(e, socket)));
        }
    }

    private String explain(PosixException e, SocketSpec socket) {
        if (e.errno() == Errno.EADDRINUSE) {
            for (OpenSocket each : open) {
                boolean same = each.spec().address().equals(socket.address());
                if (same || each.spec().overlaps(socket)) {
                    String whose = each.program().isEmpty() ? "" : " of '" + each.program() + "'";
                    return "; this manager has it: socket '" + each.spec().name() + "'" + whose;
                }
            }
        }
        return BindAdvice.of(e, socket);
    }

    /// Changes an open socket to what a definition wants.
    OpenSocket reconfigure(OpenSocket held, String program, SocketSpec wanted) {
        if (held.spec().backlog() != wanted.backlog()
                && !(wanted.address() instanceof SocketSpec.Udp)) {
            held.group().all().forEach(each -> Sockets.relisten(each.fd(), wanted.backlog()));
            managerLog.info(
                    program, "socket '" + wanted.name() + "' has backlog " + wanted.backlog());
        }
        return held.as(program, wanted);
    }

    /// Ends listening there, so that clients are refused.
    ///
    /// @return false if nobody listened
    boolean stopListening(BoundSocket boundSocket, SocketSpec spec) {
        boolean listens = Sockets.listens(boundSocket.fd());
        if (listens) {
            ProgramSockets.stopListening(boundSocket.fd());
            managerLog.debug(
                    "", "socket '" + spec.name() + "', " + boundSocket.address() + ", rests");
        }
        return listens;
    }

    /// Makes a resting socket listen again.
    void startListening(@Nullable OpenSocket held, String program, SocketSpec socket)
            throws SocketTable.CannotBind {
        if (held != null && socket.address() instanceof SocketSpec.Tcp) {
            try {
                ProgramSockets.startListening(held.group().any().fd(), socket);
            } catch (PosixException e) {
                throw cannot(program, socket, e);
            }
        }
    }
}
