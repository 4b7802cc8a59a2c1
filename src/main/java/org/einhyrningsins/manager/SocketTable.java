// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.SocketKey;
import org.einhyrningsins.core.SocketMove;
import org.einhyrningsins.manager.image.SocketImage;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The listening sockets of all programs. A socket is known by its address: while any definition in
/// use names the address, the socket stays open, whichever program or name it goes by.
final class SocketTable {
    private final Map<SocketKey, Held> sockets = new HashMap<>();
    private final Log log;
    private PassedSockets passed = PassedSockets.NONE;

    SocketTable(Log log) {
        this.log = log;
    }

    /// A socket we hold.
    ///
    /// @param file inode of the file of a UNIX socket, so that we unlink no other; else 0
    record Held(SocketSpec spec, Bound bound, long file) {}

    /// Why the sockets of a set of definitions cannot all be had.
    static final class CannotBind extends Exception {
        private static final long serialVersionUID = 1L;

        CannotBind(String message) {
            super(message);
        }
    }

    /// Has what is to be bound taken from those first.
    void offer(PassedSockets from) {
        passed = from;
    }

    /// Binds what is not bound yet, all of it or nothing.
    ///
    /// @return how many were bound
    int open(Collection<ProgramSpec> programs) throws CannotBind {
        return open(programs, List.of());
    }

    /// The same, when definitions take over from others.
    ///
    /// @param moves a socket whose port the kernel chose may stay under another name
    /// @return how many were bound
    int open(Collection<ProgramSpec> programs, List<SocketMove> moves) throws CannotBind {
        List<SocketKey> opened = rename(moves);
        int renamed = opened.size();
        List<Kept> kept = new ArrayList<>();
        try {
            for (ProgramSpec program : programs) {
                for (SocketSpec socket : program.sockets()) {
                    SocketKey key = SocketKey.of(program, socket);
                    if (sockets.containsKey(key)) {
                        kept.add(new Kept(program.name(), key, socket));
                    } else {
                        sockets.put(key, bind(program, socket));
                        opened.add(key);
                    }
                }
            }
        } catch (CannotBind e) {
            opened.forEach(this::close);
            throw e;
        }
        kept.forEach(this::keep);
        return opened.size() - renamed;
    }

    /// It has both names until no definition in use has the old one.
    private List<SocketKey> rename(List<SocketMove> moves) {
        List<SocketKey> names = new ArrayList<>();
        for (SocketMove move : moves) {
            SocketMove.Place from = move.from();
            SocketMove.Place to = move.to();
            Held held = from == null || to == null ? null : sockets.get(from.key());
            if (held != null && to != null && sockets.putIfAbsent(to.key(), held) == null) {
                names.add(to.key());
            }
        }
        return names;
    }

    /// A socket that is open already, as it is wanted from now on.
    private record Kept(String program, SocketKey key, SocketSpec wanted) {}

    private Held bind(ProgramSpec program, SocketSpec socket) throws CannotBind {
        try {
            Bound taken = passed.take(socket);
            Bound bound = taken == null ? Sockets.bind(socket) : taken;
            return new Held(socket, bound, inode(socket));
        } catch (UnknownAccountException e) {
            throw new CannotBind(
                    "cannot bind socket '%s' of '%s' to %s: %s"
                            .formatted(
                                    socket.name(),
                                    program.name(),
                                    socket.address(),
                                    e.getMessage()));
        } catch (PosixException e) {
            throw new CannotBind(
                    "cannot bind socket '%s' of '%s' to %s: %s%s"
                            .formatted(
                                    socket.name(),
                                    program.name(),
                                    socket.address(),
                                    e.getMessage(),
                                    advice(e, socket)));
        }
    }

    /// What may help, behind what the kernel said; empty if nothing is known.
    static String advice(PosixException e, SocketSpec socket) {
        return switch (e.errno()) {
            case EACCES, EPERM ->
                    socket.address() instanceof SocketSpec.Tcp tcp && tcp.port() < 1024
                            ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
                            : "";
            case EADDRINUSE -> "; another process has it: see ss -lptn";
            case EADDRNOTAVAIL -> "; no interface of this machine has that address";
            default -> "";
        };
    }

    /// Only when all sockets are had: what cannot be had as a whole changes nothing.
    private void keep(Kept kept) {
        Held held = sockets.get(kept.key());
        SocketSpec wanted = kept.wanted();
        if (held == null) {
            return;
        }
        if (held.spec().backlog() != wanted.backlog()
                && !(wanted.address() instanceof SocketSpec.Udp)) {
            Sockets.relisten(held.bound().fd(), wanted.backlog());
            log.info(
                    kept.program(),
                    "socket '" + wanted.name() + "' has backlog " + wanted.backlog());
        }
        if (wanted.address() instanceof SocketSpec.UnixPath unix
                && !held.spec().file().equals(wanted.file())
                && held.file() == inode(wanted)) {
            dress(kept.program(), unix.path(), wanted);
        }
        sockets.put(kept.key(), new Held(wanted, held.bound(), held.file()));
    }

    private void dress(String program, Path path, SocketSpec wanted) {
        try {
            Sockets.dress(path, wanted.file());
            log.info(program, "socket '" + wanted.name() + "' has a new owner or mode");
        } catch (PosixException | UnknownAccountException e) {
            log.error(
                    program,
                    "socket '" + wanted.name() + "' keeps its owner and mode: " + e.getMessage());
        }
    }

    /// The sockets of a definition, in its order. All of them are bound.
    List<Bound> of(ProgramSpec program) {
        List<Bound> bound = new ArrayList<>(program.sockets().size());
        for (SocketSpec socket : program.sockets()) {
            Held held = sockets.get(SocketKey.of(program, socket));
            if (held == null) {
                throw new IllegalStateException(
                        "socket '" + socket.name() + "' of '" + program.name() + "' is not bound");
            }
            bound.add(held.bound());
        }
        return bound;
    }

    /// What another manager needs to go on.
    List<SocketImage> images() {
        List<SocketImage> images = new ArrayList<>(sockets.size());
        sockets.forEach(
                (key, held) -> {
                    Bound bound = held.bound();
                    images.add(
                            new SocketImage(
                                    key.owner(),
                                    held.spec(),
                                    bound.fd(),
                                    bound.address(),
                                    bound.inode(),
                                    held.file()));
                });
        return images;
    }

    /// Holds a socket that another manager held.
    ///
    /// @param fd its number here
    void take(SocketImage image, int fd) {
        Bound bound = new Bound(fd, image.address(), image.inode());
        sockets.put(
                new SocketKey(image.spec().address(), image.owner()),
                new Held(image.spec(), bound, image.file()));
    }

    /// Closes what none of these definitions names.
    void closeAllBut(Collection<ProgramSpec> inUse) {
        Set<SocketKey> needed = new HashSet<>();
        for (ProgramSpec program : inUse) {
            for (SocketSpec socket : program.sockets()) {
                needed.add(SocketKey.of(program, socket));
            }
        }
        for (SocketKey key : List.copyOf(sockets.keySet())) {
            if (!needed.contains(key)) {
                close(key);
            }
        }
    }

    private void close(SocketKey key) {
        Held held = sockets.remove(key);
        if (held == null || isHeld(held.bound())) {
            return;
        }
        log.debug("", "closed " + held.bound().address());
        if (held.spec().address() instanceof SocketSpec.UnixPath unix
                && held.file() == inode(held.spec())) {
            RuntimeFiles.delete(unix.path()); // before it is closed: then its number is free
        }
        Descriptors.close(held.bound().fd());
    }

    /// Under another name.
    private boolean isHeld(Bound bound) {
        for (Held held : sockets.values()) {
            if (held.bound().equals(bound)) {
                return true;
            }
        }
        return false;
    }

    /// Of the file of a UNIX socket; else 0.
    static long inode(SocketSpec socket) {
        return socket.address() instanceof SocketSpec.UnixPath unix
                ? RuntimeFiles.inode(unix.path())
                : 0;
    }
}
