// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The sockets that processes hold, the keeper and workers: which has which under which number is
/// looked up once. Where it is written down which sockets there were, they are known by their
/// inodes; else by where they are bound.
public final class HeldSockets implements SocketSource {
    /// Maximum number of sockets of a process that are tried; those that it was started with have
    /// low numbers.
    private static final int MAX_TRIED = 64;

    private final Map<Long, Holder> holders = new HashMap<>();
    private final List<String> refusals = new ArrayList<>();
    private final List<Integer> opened = new ArrayList<>();

    /// @param who in words
    private record Holder(String who, int pidfd, int fd) {}

    /// Returns the reasons why some could not be read.
    public List<String> refusals() {
        return refusals;
    }

    public void look(SocketHolder.HolderProcess keeper) {
        String who = "keeper pid " + keeper.pid();
        try {
            numbers(keeper.pid()).forEach((fd, inode) -> add(who, keeper.pidfd(), fd, inode));
        } catch (IOException e) {
            refusals.add(who + ": " + RuntimeFiles.why(e));
        }
    }

    public void look(String program, WorkerSnapshot worker) {
        String who = program + ":" + worker.id().slot() + " pid " + worker.pid();
        try {
            numbers(worker.pid()).forEach((fd, inode) -> add(who, worker.pidfd(), fd, inode));
        } catch (IOException e) {
            if (ProcReader.isWorker(worker.pid(), worker.bornTicks())) {
                refusals.add(who + ": " + RuntimeFiles.why(e));
            }
        }
    }

    /// Reads the sockets of a process in the process group of a worker whose own process is gone.
    public void look(String name, int pid) {
        int pidfd = Processes.open(pid);
        if (pidfd < 0) {
            return;
        }
        opened.add(pidfd);
        String who = name + " pid " + pid;
        try {
            numbers(pid).forEach((fd, inode) -> add(who, pidfd, fd, inode));
        } catch (IOException e) {
            refusals.add(who + ": " + RuntimeFiles.why(e));
        }
    }

    /// Closes the processes; no further socket can be taken.
    public void close() {
        opened.forEach(Descriptors::close);
        opened.clear();
    }

    private void add(String who, int pidfd, int fd, long inode) {
        holders.putIfAbsent(inode, new Holder(who, pidfd, fd));
    }

    /// The sockets of a process: its number of each, and the inode.
    private static Map<Integer, Long> numbers(int pid) throws IOException {
        return ProcReader.files(pid, () -> open(pid));
    }

    private static Map<Integer, Long> open(int pid) throws IOException {
        Map<Integer, Long> numbers = new TreeMap<>();
        Path open = Path.of("/proc/" + pid + "/fd");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(open)) {
            for (Path file : files) {
                note(file, numbers);
            }
        }
        return numbers;
    }

    private static void note(Path file, Map<Integer, Long> into) throws IOException {
        try {
            String target = Files.readSymbolicLink(file).toString();
            if (target.startsWith("socket:[")) {
                long inode = Long.parseLong(target.substring(8, target.length() - 1));
                into.put(Integer.valueOf(file.getFileName().toString()), inode);
            }
        } catch (NoSuchFileException closedSince) {
            // another one may have it
        }
    }

    @Override
    public int fetch(SocketSnapshot socket) {
        Holder holder = holders.get(socket.inode());
        int fd = holder == null ? -1 : fetch(holder.who(), holder.pidfd(), holder.fd());
        boolean same =
                fd >= 0
                        && Sockets.inode(fd) == socket.inode()
                        && Sockets.localAddress(fd).equals(socket.address());
        if (fd >= 0 && !same) {
            Descriptors.close(fd);
        }
        return same ? fd : -1;
    }

    private int fetch(String who, int pidfd, int number) {
        try {
            return ProcReader.fetched(who, () -> Processes.fetch(pidfd, number));
        } catch (PosixException e) {
            refusals.add(who + ": " + e.getMessage());
            return -1;
        }
    }

    // ---- by where they are bound

    /// A socket that a worker serves at, of its definition.
    ///
    /// @param name of the worker, which may be of another program than is to have the socket
    /// @param members the rest of its process group, if its own process is gone
    /// @return with our descriptor; null if it has none that is bound there
    public @Nullable SocketSnapshot find(
            ProgramSpec spec,
            int index,
            String name,
            WorkerSnapshot worker,
            List<Integer> members) {
        if (worker.pidfd() >= 0) {
            String who = name + " pid " + worker.pid();
            return find(spec, index, who, worker, worker.pid(), worker.pidfd());
        }
        for (int pid : members) {
            int pidfd = Processes.open(pid);
            if (pidfd >= 0) {
                opened.add(pidfd);
                SocketSnapshot found = find(spec, index, name + " pid " + pid, worker, pid, pidfd);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private @Nullable SocketSnapshot find(
            ProgramSpec spec, int index, String who, WorkerSnapshot worker, int pid, int pidfd) {
        SocketSpec socket = spec.sockets().get(index);
        boolean chosen = !SocketKey.of(spec, socket).owner().isEmpty();
        int own = ProgramSpec.FIRST_SOCKET_FD + index;
        try {
            int tried = 0;
            for (int number : numbers(pid).keySet()) {
                if ((chosen && number != own) || tried++ > MAX_TRIED) {
                    continue;
                }
                int fd = fetch(who, pidfd, number);
                if (fd >= 0
                        && (chosen
                                ? ProgramSockets.isBoundAtSomePort(fd, socket)
                                : ProgramSockets.isBound(fd, socket))) {
                    return image(spec, socket, worker, fd);
                }
                close(fd);
            }
        } catch (IOException | PosixException gone) {
            // then another has it, or it is to be bound
        }
        return null;
    }

    private static SocketSnapshot image(
            ProgramSpec spec, SocketSpec socket, WorkerSnapshot worker, int fd) {
        String owner = SocketKey.of(spec, socket).owner();
        BoundSocket bound = new BoundSocket(fd, Sockets.localAddress(fd), Sockets.inode(fd));
        long file = SocketTable.inode(socket);
        SocketSnapshot one = new SocketSnapshot(owner, socket, bound, file);
        return socket.perWorker() ? one.of(worker.id().slot() + 1, true, bound) : one;
    }

    /// Takes all sockets of a holder, to be used where they are to be bound.
    ///
    /// @param known inodes of those that are here already
    public List<SystemdSockets.Passed> allBut(Set<Long> known, SocketHolder.HolderProcess keeper) {
        List<SystemdSockets.Passed> all = new ArrayList<>();
        try {
            Map<Integer, Long> numbers = numbers(keeper.pid());
            numbers.values().removeAll(known);
            for (int number : numbers.keySet()) {
                int fd = fetch("keeper pid " + keeper.pid(), keeper.pidfd(), number);
                if (fd >= 0 && ProgramSockets.isBound(fd)) {
                    String address = Sockets.localAddress(fd);
                    all.add(new SystemdSockets.Passed(fd, "kept", Sockets.inode(fd), address));
                } else {
                    close(fd);
                }
            }
        } catch (IOException e) {
            refusals.add("keeper pid " + keeper.pid() + ": " + RuntimeFiles.why(e));
        }
        return all;
    }

    private static void close(int fd) {
        if (fd >= 0) {
            Descriptors.close(fd);
        }
    }
}
