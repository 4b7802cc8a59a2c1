// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
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
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/// The listening sockets of all programs. A socket is known by its address: while any definition in
/// use names the address, the socket stays open, whichever program or name it goes by.
public final class SocketTable {
    private final Map<SocketKey, OpenSocket> sockets = new HashMap<>();
    private final ManagerLog managerLog;
    private final SocketBinder binder;
    private final SlotQueues queues;
    private final SocketProblems problems = new SocketProblems();
    private Runnable joined = () -> {};
    private Consumer<SocketKey> closed = key -> {};

    public SocketTable(ManagerLog managerLog) {
        this.managerLog = managerLog;
        binder = new SocketBinder(sockets.values(), managerLog);
        queues = new SlotQueues(sockets, managerLog);
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
        binder.offer(from);
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
    /// them, when they are started.
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
                        sockets.put(key, binder.bind(program, socket));
                        opened.add(key);
                    }
                }
            }
            for (Kept each : kept) {
                OpenSocket held = sockets.get(each.key());
                if (held != null) {
                    binder.startListening(held, each.program(), each.spec());
                    modes.change(each.program(), held, each.spec());
                }
            }
        } catch (CannotBind e) {
            modes.undo();
            opened.forEach(this::close);
            throw e;
        }
        modes.commit();
        for (Kept each : kept) {
            sockets.computeIfPresent(
                    each.key(),
                    (key, held) -> binder.reconfigure(held, each.program(), each.spec()));
        }
        return opened.size() - renamed;
    }

    /// Renames sockets. A socket has both names until no definition in use has the old one.
    private List<SocketKey> rename(List<SocketMove> moves) {
        List<SocketKey> names = new ArrayList<>();
        for (SocketMove move : moves) {
            SocketMove.Place from = move.from();
            SocketMove.Place to = move.to();
            OpenSocket held = from == null || to == null ? null : sockets.get(from.key());
            if (held != null && to != null && sockets.putIfAbsent(to.key(), held) == null) {
                names.add(to.key());
            }
        }
        return names;
    }

    /// A socket that is open already, as it is wanted from now on.
    private record Kept(String program, SocketKey key, SocketSpec spec) {}

    // ---- sockets that nobody serves for now

    /// Lets those rest that none of these definitions names: only one that may come back needs
    /// them. Nobody accepts there, so whoever connects is to be refused, not to wait. A TCP address
    /// stays ours meanwhile. Others are closed, and bound again when they are needed: a socket that
    /// can only listen once, a port that the kernel chose, which it would take back, and those that
    /// each slot has, whose order in the kernel would be lost. Who passed us one may go on with it.
    ///
    /// @return whether any was closed, or rests from now on: whoever is started with it has to find
    ///   it anew, and wake it
    public boolean stopListeningExcept(Collection<ProgramSpec> inService) {
        Set<SocketKey> served = new HashSet<>();
        for (ProgramSpec program : inService) {
            program.sockets().forEach(socket -> served.add(SocketKey.of(program, socket)));
        }
        boolean changed = false;
        for (SocketKey key : List.copyOf(sockets.keySet())) {
            OpenSocket held = sockets.get(key);
            if (held == null || held.foreign() || served.contains(key) || isServed(held, served)) {
                continue;
            }
            boolean lasts = held.spec().address() instanceof SocketSpec.Tcp && !key.chosen();
            if (lasts && !held.spec().perWorker()) {
                changed |= binder.stopListening(held.group().any(), held.spec());
            } else {
                close(key);
                changed = true;
            }
        }
        return changed;
    }

    /// True if the socket is served under another name.
    private boolean isServed(OpenSocket held, Set<SocketKey> served) {
        for (SocketKey key : served) {
            OpenSocket other = sockets.get(key);
            if (other != null && other.group().equals(held.group())) {
                return true;
            }
        }
        return false;
    }

    /// Makes resting sockets of a definition listen again.
    public void startListening(ProgramSpec program) throws CannotBind {
        for (SocketSpec socket : program.sockets()) {
            SocketKey key = SocketKey.of(program, socket);
            if (sockets.containsKey(key)) {
                binder.startListening(sockets.get(key), program.name(), socket);
            } else {
                sockets.put(key, binder.bind(program, socket));
                joined.run();
            }
        }
    }

    /// The sockets of a definition, in its order. Where each slot has its own, any: they have one
    /// address. One that is not bound, since its version came back and nobody was started with it
    /// yet, is there without a descriptor.
    public List<BoundSocket> of(ProgramSpec program) {
        List<BoundSocket> bound = new ArrayList<>(program.sockets().size());
        for (SocketSpec socket : program.sockets()) {
            OpenSocket held = sockets.get(SocketKey.of(program, socket));
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
            SocketGroup group = keyOf(program, socket).group();
            BoundSocket known = group.of(slot);
            bound.add(known == null ? join(program, socket, slot, group) : known);
        }
        return bound;
    }

    private BoundSocket join(ProgramSpec program, SocketSpec socket, int slot, SocketGroup group)
            throws CannotBind {
        BoundSocket boundSocket = binder.bind(program, socket, slot);
        group.join(slot, boundSocket);
        joined.run();
        return boundSocket;
    }

    private OpenSocket keyOf(ProgramSpec program, SocketSpec socket) {
        OpenSocket held = sockets.get(SocketKey.of(program, socket));
        if (held == null) {
            throw new IllegalStateException(
                    "socket '" + socket.name() + "' of '" + program.name() + "' is not bound");
        }
        return held;
    }

    /// True if that socket of a definition is not open.
    public boolean isClosed(ProgramSpec program, SocketSpec socket) {
        return !sockets.containsKey(SocketKey.of(program, socket));
    }

    /// Accept queues of single slots.
    public SlotQueues queues() {
        return queues;
    }

    /// Problems of open sockets.
    public SocketProblems problems() {
        return problems;
    }

    // ---- from one manager to the next

    /// Returns the snapshots of all sockets.
    public List<SocketSnapshot> images() {
        List<SocketSnapshot> images = new ArrayList<>(sockets.size());
        sockets.forEach(
                (key, held) -> {
                    BoundSocket any = held.group().any();
                    SocketSnapshot one =
                            new SocketSnapshot(key.owner(), held.spec(), any, held.file())
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
        OpenSocket held = sockets.get(key);
        if (held == null) {
            held =
                    new OpenSocket(
                            "", image.spec(), SocketGroup.resumed(), image.file(), image.foreign());
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
            OpenSocket held = sockets.get(key);
            if (needs == null) {
                close(key);
            } else if (held != null && held.group().closeAbove(needs)) {
                managerLog.debug(
                        "", "closed " + held.spec().address() + " of slots from " + needs + " up");
            }
        }
    }

    private void close(SocketKey key) {
        OpenSocket held = sockets.remove(key);
        if (held == null || isHeld(held.group())) {
            return;
        }
        managerLog.debug("", "closed " + held.group().any().address());
        problems.set(key, null);
        if (held.spec().address() instanceof SocketSpec.UnixPath unix) {
            closed.accept(key);
            String problem = held.removeFile(unix); // before it is closed: then its number is free
            if (problem != null) {
                managerLog.warn("", problem);
            }
        }
        held.group().closeAll();
    }

    // ---- files of UNIX sockets

    /// Returns the sockets with a file.
    List<SocketKey> files() {
        List<SocketKey> files = new ArrayList<>(sockets.keySet());
        files.removeIf(key -> !(key.address() instanceof SocketSpec.UnixPath));
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
        OpenSocket held = sockets.get(key);
        return held == null ? 0 : held.file();
    }

    /// The inode of the file that is to be at its path: its own, unless the path leads to another
    /// one of ours by now.
    long fileAtPath(SocketKey key) {
        OpenSocket held = sockets.get(key);
        long there = held == null ? 0 : inode(held.spec());
        for (OpenSocket other : sockets.values()) {
            if (held != null
                    && there != 0
                    && other.file() == there
                    && other.isAtPathOf(held.spec())) {
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
        OpenSocket held = sockets.get(key);
        if (held != null) {
            SocketFiles.Bound bound = SocketFiles.bind(held.spec());
            SocketGroup old = held.group();
            SocketGroup group = SocketGroup.of(SocketGroup.SHARED, bound.socket());
            sockets.put(key, held.rebound(group, bound.file()));
            old.closeAll();
        }
    }

    /// True if the group is held under another name.
    private boolean isHeld(SocketGroup group) {
        for (OpenSocket held : sockets.values()) {
            if (held.group().equals(group)) {
                return true;
            }
        }
        return false;
    }

    /// Returns the inode number of the file of a UNIX socket; else 0.
    public static long inode(SocketSpec socket) {
        return socket.address() instanceof SocketSpec.UnixPath unix
                ? SocketFiles.inode(unix.path())
                : 0;
    }
}
