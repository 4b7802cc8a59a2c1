// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/// The listening sockets of all programs. A socket is known by its address: while any definition in
/// use names the address, the socket stays open, whichever program or name it goes by.
public final class SocketTable {
    private final Map<SocketKey, Held> sockets = new HashMap<>();
    private final ManagerLog managerLog;
    private SystemdSockets passed = SystemdSockets.NONE;
    private final Map<SocketKey, String> troubles = new HashMap<>(0);
    private Runnable joined = () -> {};
    private Consumer<SocketKey> closed = key -> {};

    public SocketTable(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Open sockets of an address.
    ///
    /// @param program one that uses them; empty if unknown
    /// @param file inode of a UNIX socket's file, so that no other is unlinked; else 0
    /// @param foreign it was passed to the manager: the process that bound it may go on with it
    private record Held(
            String program, SocketSpec spec, SocketGroup group, long file, boolean foreign) {
        Held as(String name, SocketSpec wanted) {
            return new Held(name, wanted, group, file, foreign);
        }
    }

    /// Reason why the sockets of a set of definitions cannot all be bound.
    public static final class CannotBind extends Exception {
        private static final long serialVersionUID = 1L;

        public CannotBind(String message) {
            super(message);
        }
    }

    /// Sets sockets that are used first, before others are bound.
    public void offer(SystemdSockets from) {
        passed = from;
    }

    /// Sets an action to run when a slot's first socket was bound, before anybody has it.
    public void whenJoined(Runnable then) {
        joined = then;
    }

    /// Sets an action that runs before the file of a closed socket is removed.
    void whenClosed(Consumer<SocketKey> then) {
        closed = then;
    }

    /// Binds what is not bound yet, all of it or nothing. Of those that each slot has of its own,
    /// the first: it shows that the address can be had. The others are bound for those who serve
    /// them, when they are born.
    ///
    /// @return the number bound
    public int open(Collection<ProgramSpec> programs) throws CannotBind {
        return open(programs, List.of());
    }

    /// The same, when definitions take over from others.
    ///
    /// @param moves a socket whose port the kernel chose may stay under another name
    /// @return the number bound
    public int open(Collection<ProgramSpec> programs, List<SocketMove> moves) throws CannotBind {
        List<SocketKey> opened = rename(moves);
        int renamed = opened.size();
        List<Kept> kept = new ArrayList<>();
        SocketFileModes modes = new SocketFileModes(managerLog);
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
            for (Kept each : kept) {
                wake(each.program(), each.key(), each.wanted());
            }
            for (Kept each : kept) {
                Held held = sockets.get(each.key());
                if (held != null) {
                    modes.change(each.program(), held.spec(), each.wanted(), held.file());
                }
            }
        } catch (CannotBind e) {
            modes.undo();
            opened.forEach(this::close);
            throw e;
        }
        modes.commit();
        kept.forEach(this::keep);
        return opened.size() - renamed;
    }

    /// Renames sockets. A socket has both names until no definition in use has the old one.
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
            BoundSocket taken = passed.take(socket);
            if (taken == null) {
                makeRoom(socket);
            }
            BoundSocket boundSocket = taken == null ? Sockets.bind(socket) : taken;
            int slot = socket.perWorker() ? 0 : SocketGroup.SHARED;
            SocketGroup group = SocketGroup.of(slot, boundSocket);
            return new Held(program.name(), socket, group, inode(socket), taken != null);
        } catch (UnknownAccountException e) {
            throw cannot(program.name(), socket, String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            throw cannot(program.name(), socket, e.getMessage() + explain(e, socket));
        }
    }

    /// A path that leads elsewhere by now, as through a link to the newest release, is one of
    /// another socket. The file of the older one may have been made again there meanwhile: it goes.
    private void makeRoom(SocketSpec socket) {
        long there = inode(socket);
        for (Held held : sockets.values()) {
            if (there != 0 && held.file() == there && isAtPathOf(held, socket)) {
                RuntimeFiles.delete(((SocketSpec.UnixPath) socket.address()).path());
                return;
            }
        }
    }

    private static boolean isAtPathOf(Held held, SocketSpec socket) {
        return held.spec().address() instanceof SocketSpec.UnixPath mine
                && socket.address() instanceof SocketSpec.UnixPath wanted
                && mine.path().equals(wanted.path());
    }

    private static CannotBind cannot(String program, SocketSpec socket, String why) {
        return new CannotBind(
                "cannot bind socket '%s' of '%s' to %s: %s"
                        .formatted(socket.name(), program, socket.address(), why));
    }

    private BoundSocket bound(SocketSpec socket) {
        BoundSocket taken = passed.take(socket);
        return taken == null ? Sockets.bind(socket) : taken;
    }

    private String explain(PosixException e, SocketSpec socket) {
        if (e.errno() == Errno.EADDRINUSE) {
            for (Held held : sockets.values()) {
                boolean same = held.spec().address().equals(socket.address());
                if (same || held.spec().overlaps(socket)) {
                    String whose = held.program().isEmpty() ? "" : " of '" + held.program() + "'";
                    return "; this manager has it: socket '" + held.spec().name() + "'" + whose;
                }
            }
        }
        return BindAdvice.of(e, socket);
    }

    /// Applies a kept socket, only when all sockets are bound: what cannot be bound as a whole
    /// changes nothing.
    private void keep(Kept kept) {
        Held held = sockets.get(kept.key());
        SocketSpec wanted = kept.wanted();
        if (held == null) {
            return;
        }
        if (held.spec().backlog() != wanted.backlog()
                && !(wanted.address() instanceof SocketSpec.Udp)) {
            held.group().all().forEach(each -> Sockets.relisten(each.fd(), wanted.backlog()));
            managerLog.info(
                    kept.program(),
                    "socket '" + wanted.name() + "' has backlog " + wanted.backlog());
        }
        sockets.put(kept.key(), held.as(kept.program(), wanted));
    }

    // ---- sockets that nobody serves for now

    /// Lets those rest that none of these definitions names: only one that may come back needs
    /// them. Nobody accepts there, so whoever connects is to be refused, not to wait. A TCP address
    /// stays ours meanwhile. Others are closed, and bound again when they are needed: a socket that
    /// can only listen once, a port that the kernel chose, which it would take back, and those that
    /// each slot has, whose order in the kernel would be lost. Who passed us one may go on with it.
    ///
    /// @return whether any was closed, or rests from now on: whoever is born with it has to find it
    ///   anew, and wake it
    public boolean restAllBut(Collection<ProgramSpec> inService) {
        Set<SocketKey> served = new HashSet<>();
        for (ProgramSpec program : inService) {
            program.sockets().forEach(socket -> served.add(SocketKey.of(program, socket)));
        }
        boolean changed = false;
        for (SocketKey key : List.copyOf(sockets.keySet())) {
            Held held = sockets.get(key);
            if (held == null || held.foreign() || served.contains(key) || isServed(held, served)) {
                continue;
            }
            boolean lasts = held.spec().address() instanceof SocketSpec.Tcp && !key.chosen();
            if (lasts && !held.spec().perWorker()) {
                changed |= rest(held.group().any(), held.spec());
            } else {
                close(key);
                changed = true;
            }
        }
        return changed;
    }

    /// True if the socket is served under another name.
    private boolean isServed(Held held, Set<SocketKey> served) {
        for (SocketKey key : served) {
            Held other = sockets.get(key);
            if (other != null && other.group().equals(held.group())) {
                return true;
            }
        }
        return false;
    }

    private boolean rest(BoundSocket boundSocket, SocketSpec spec) {
        boolean listens = Sockets.listens(boundSocket.fd());
        if (listens) {
            Sockets.rest(boundSocket.fd());
            managerLog.debug(
                    "", "socket '" + spec.name() + "', " + boundSocket.address() + ", rests");
        }
        return listens;
    }

    /// Makes resting sockets of a definition listen again.
    public void wake(ProgramSpec program) throws CannotBind {
        for (SocketSpec socket : program.sockets()) {
            SocketKey key = SocketKey.of(program, socket);
            if (sockets.containsKey(key)) {
                wake(program.name(), key, socket);
            } else {
                sockets.put(key, bind(program, socket));
                joined.run();
            }
        }
    }

    private void wake(String program, SocketKey key, SocketSpec socket) throws CannotBind {
        Held held = sockets.get(key);
        if (held != null && socket.address() instanceof SocketSpec.Tcp) {
            try {
                Sockets.wake(held.group().any().fd(), socket);
            } catch (PosixException e) {
                throw cannot(program, socket, e.getMessage() + explain(e, socket));
            }
        }
    }

    /// The sockets of a definition, in its order. Where each slot has its own, any: they have one
    /// address. One that is not bound, since its version came back and nobody was born with it yet,
    /// is there without a descriptor.
    public List<BoundSocket> of(ProgramSpec program) {
        List<BoundSocket> bound = new ArrayList<>(program.sockets().size());
        for (SocketSpec socket : program.sockets()) {
            Held held = sockets.get(SocketKey.of(program, socket));
            bound.add(
                    held == null
                            ? new BoundSocket(-1, socket.address().toString(), 0)
                            : held.group().any());
        }
        return bound;
    }

    /// Returns the sockets of a worker in this slot, in order. Its own are bound for the first one.
    public List<BoundSocket> of(ProgramSpec program, int slot) throws CannotBind {
        List<BoundSocket> bound = new ArrayList<>(program.sockets().size());
        for (SocketSpec socket : program.sockets()) {
            SocketGroup group = held(program, socket).group();
            BoundSocket known = group.of(slot);
            bound.add(known == null ? join(program, socket, slot, group) : known);
        }
        return bound;
    }

    private BoundSocket join(ProgramSpec program, SocketSpec socket, int slot, SocketGroup group)
            throws CannotBind {
        try {
            BoundSocket boundSocket = bound(socket);
            group.join(slot, boundSocket);
            joined.run();
            return boundSocket;
        } catch (PosixException e) {
            throw new CannotBind(
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

    private Held held(ProgramSpec program, SocketSpec socket) {
        Held held = sockets.get(SocketKey.of(program, socket));
        if (held == null) {
            throw new IllegalStateException(
                    "socket '" + socket.name() + "' of '" + program.name() + "' is not bound");
        }
        return held;
    }

    /// True if that socket of a definition is not open.
    public boolean lacks(ProgramSpec program, SocketSpec socket) {
        return !sockets.containsKey(SocketKey.of(program, socket));
    }

    // ---- sockets that each slot has of its own

    /// True if any socket has a queue for single workers.
    public boolean haveOwnQueues() {
        for (Held held : sockets.values()) {
            if (held.spec().ownQueue()) {
                return true;
            }
        }
        return false;
    }

    /// Check whether a slot's connections are, or will be, served.
    public interface Served {
        boolean serves(SocketKey key, int slot);
    }

    /// Steers new connections only to where they are served.
    public void steer(Served served) {
        sockets.forEach(
                (key, held) -> {
                    if (held.spec().ownQueue()) {
                        steer(key, held, served);
                    }
                });
    }

    private void steer(SocketKey key, Held held, Served served) {
        String which = "socket '" + held.spec().name() + "', " + held.spec().address() + ": ";
        try {
            if (!held.group().steer(slot -> served.serves(key, slot))) {
                managerLog.debug(
                        "", which + "cannot be steered, since nobody knows the kernel's order");
            }
        } catch (PosixException e) {
            managerLog.warn(
                    "",
                    which
                            + "cannot keep new connections from workers that leave: "
                            + e.getMessage()
                            + "; those that wait when such a worker ends are reset");
        }
    }

    /// True if connections wait to be accepted by the worker of that slot alone.
    public boolean waits(ProgramSpec program, int slot) {
        for (SocketSpec socket : program.sockets()) {
            Held held = sockets.get(SocketKey.of(program, socket));
            BoundSocket own = held == null || !socket.ownQueue() ? null : held.group().of(slot);
            if (own != null && Sockets.queued(own.fd()) > 0) {
                return true;
            }
        }
        return false;
    }

    // ---- from one manager to the next

    /// Returns the snapshots of all sockets.
    public List<SocketSnapshot> images() {
        List<SocketSnapshot> images = new ArrayList<>(sockets.size());
        sockets.forEach(
                (key, held) -> {
                    BoundSocket any = held.group().any();
                    SocketSnapshot one =
                            new SocketSnapshot(
                                            key.owner(),
                                            held.spec(),
                                            any.fd(),
                                            any.address(),
                                            any.inode(),
                                            held.file())
                                    .ofSomebodyElse(held.foreign());
                    held.group().images(one, images);
                });
        return images;
    }

    /// Holds a socket that another manager held.
    ///
    /// @param fd its number here; below 0 if it is gone: see [#forgetLost]
    public void take(SocketSnapshot image, int fd) {
        SocketKey key = new SocketKey(image.spec().address(), image.owner());
        Held held = sockets.get(key);
        if (held == null) {
            held = new Held("", image.spec(), SocketGroup.resumed(), image.file(), image.foreign());
            sockets.put(key, held);
        }
        held.group().resume(image, fd);
    }

    /// Removes sockets that were handed on and are gone.
    public void forgetLost() {
        sockets.values().forEach(held -> held.group().forgetLost());
        sockets.values().removeIf(held -> held.group().isEmpty());
    }

    /// Closes what none of these definitions names.
    ///
    /// @param slots number of slots of a program, by name; sockets of other slots are closed
    public void closeAllBut(Collection<ProgramSpec> inUse, ToIntFunction<String> slots) {
        Map<SocketKey, Integer> needed = new HashMap<>();
        for (ProgramSpec program : inUse) {
            int needs = Math.max(1, slots.applyAsInt(program.name()));
            for (SocketSpec socket : program.sockets()) {
                needed.merge(SocketKey.of(program, socket), needs, Math::max);
            }
        }
        for (SocketKey key : List.copyOf(sockets.keySet())) {
            Integer needs = needed.get(key);
            Held held = sockets.get(key);
            if (needs == null) {
                close(key);
            } else if (held != null && held.group().closeAbove(needs)) {
                managerLog.debug(
                        "", "closed " + held.spec().address() + " of slots from " + needs + " up");
            }
        }
    }

    private void close(SocketKey key) {
        Held held = sockets.remove(key);
        if (held == null || isHeld(held.group())) {
            return;
        }
        managerLog.debug("", "closed " + held.group().any().address());
        troubles.remove(key);
        if (held.spec().address() instanceof SocketSpec.UnixPath unix) {
            closed.accept(key);
            if (held.file() == inode(held.spec())) {
                RuntimeFiles.delete(unix.path()); // before it is closed: then its number is free
            } else if (held.file() == RuntimeFiles.inode(unix.file())) {
                RuntimeFiles.delete(unix.file()); // where its path led until now
            }
        }
        held.group().closeAll();
    }

    // ---- files of UNIX sockets

    /// Returns the sockets with a file.
    List<SocketKey> files() {
        List<SocketKey> files = new ArrayList<>();
        sockets.forEach(
                (key, held) -> {
                    if (held.spec().address() instanceof SocketSpec.UnixPath) {
                        files.add(key);
                    }
                });
        return files;
    }

    /// Returns the path of the file of one of [#files].
    public Path path(SocketKey key) {
        if (key.address() instanceof SocketSpec.UnixPath unix) {
            return unix.path();
        }
        throw new IllegalArgumentException(key + " has no file");
    }

    /// The inode of its file; 0 if it has none.
    long file(SocketKey key) {
        Held held = sockets.get(key);
        return held == null ? 0 : held.file();
    }

    /// The inode of the file that is to be at its path: its own, unless the path leads to another
    /// one of ours by now.
    long fileAtPath(SocketKey key) {
        Held held = sockets.get(key);
        long there = held == null ? 0 : inode(held.spec());
        for (Held other : sockets.values()) {
            if (held != null
                    && there != 0
                    && other.file() == there
                    && isAtPathOf(other, held.spec())) {
                return there;
            }
        }
        return file(key);
    }

    /// Binds another one at the path of a socket whose file is gone. Workers that have the old one
    /// keep it; nobody who comes later can reach it.
    ///
    /// @throws PosixException if it cannot be bound
    void rebind(SocketKey key) {
        Held held = sockets.get(key);
        if (held != null) {
            BoundSocket boundSocket = Sockets.bind(held.spec());
            SocketGroup old = held.group();
            SocketGroup group = SocketGroup.of(SocketGroup.SHARED, boundSocket);
            long file = inode(held.spec());
            sockets.put(key, new Held(held.program(), held.spec(), group, file, false));
            old.closeAll();
        }
    }

    /// Describes what is wrong with the sockets of a definition; empty for nothing.
    public String troubles(ProgramSpec program) {
        StringBuilder words = new StringBuilder();
        if (!troubles.isEmpty()) {
            for (SocketSpec socket : program.sockets()) {
                String trouble = troubles.get(SocketKey.of(program, socket));
                if (trouble != null) {
                    words.append(words.isEmpty() ? "" : "; ").append(trouble);
                }
            }
        }
        return words.toString();
    }

    /// @param why the problem, in words; null if it is solved
    void trouble(SocketKey key, @Nullable String why) {
        if (why == null) {
            troubles.remove(key);
        } else {
            troubles.put(key, why);
        }
    }

    /// True if the group is held under another name.
    private boolean isHeld(SocketGroup group) {
        for (Held held : sockets.values()) {
            if (held.group().equals(group)) {
                return true;
            }
        }
        return false;
    }

    /// Returns the inode number of the file of a UNIX socket; else 0.
    public static long inode(SocketSpec socket) {
        return socket.address() instanceof SocketSpec.UnixPath unix
                ? RuntimeFiles.inode(unix.path())
                : 0;
    }
}
