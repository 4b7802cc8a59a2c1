// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.posix.socket.SocketFile;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// The sockets that systemd passed to this manager (LISTEN_FDS, see sd_listen_fds(3)): those that a
/// manager before it had stored there, and those of socket units. Which is which does not matter: a
/// socket that is known from before is known by its inode, any other by where it is bound. What
/// nobody wants is closed. Those that a keeper had are treated alike, where nothing is written of
/// them.
public final class SystemdSockets implements SocketSource {
    /// No passed sockets.
    static final SystemdSockets NONE = new SystemdSockets(List.of());

    private static final int FIRST = 3;

    /// Maximum number of descriptors.
    private static final int MAX_COUNT = 1 << 20;

    private final List<Passed> all;
    private final List<String> names = new ArrayList<>();

    public record Passed(int fd, String name, long inode, String address) {}

    private SystemdSockets(List<Passed> all) {
        this.all = new ArrayList<>(all);
        all.forEach(each -> names.add(each.name()));
    }

    /// Returns the sockets passed to this process. To be called once: their numbers are used again.
    public static SystemdSockets inherited(Map<String, String> environment, ManagerLog managerLog) {
        boolean ours = number(environment.get("LISTEN_PID")) == Processes.self();
        int count = ours ? number(environment.get("LISTEN_FDS")) : 0;
        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
        List<Passed> all = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                look(FIRST + i, i < names.length ? names[i] : "unknown", all, managerLog);
            }
        } catch (PosixException e) {
            managerLog.error("", "LISTEN_FDS=" + count + " is not true: " + e.getMessage());
        }
        return new SystemdSockets(all);
    }

    /// Adds a passed descriptor if it is a bound socket. Any other is left alone: were LISTEN_FDS
    /// wrong, it would be the JVM's.
    private static void look(int fd, String name, List<Passed> all, ManagerLog managerLog) {
        long inode = Sockets.inode(fd);
        if (ProgramSockets.isBound(fd)) {
            String address = Sockets.localAddress(fd);
            all.add(new Passed(Descriptors.raise(fd), name, inode, address));
        } else {
            managerLog.warn(
                    "", "systemd passed '" + name + "', which is no bound socket; not used");
        }
    }

    /// @return -1 if it is none
    private static int number(@Nullable String text) {
        try {
            return text == null ? -1 : Math.min(Integer.parseInt(text), MAX_COUNT);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// Adds sockets of a holder.
    public void add(List<Passed> kept) {
        all.addAll(kept);
    }

    /// Returns the names in the descriptor store or of units; also of those taken since.
    public List<String> names() {
        return names;
    }

    @Override
    public int fetch(SocketSnapshot socket) {
        Passed found =
                take(
                        each ->
                                each.inode() == socket.inode()
                                        && each.address().equals(socket.address()));
        return found == null ? -1 : found.fd();
    }

    /// The one that is bound where a socket is to be; null if there is none.
    ///
    /// @throws org.einhyrningsins.posix.UnknownAccountException if the owner of its file is not
    ///   known
    @Nullable BoundSocket take(SocketSpec wanted) {
        Passed found =
                take(each -> ProgramSockets.isBound(each.fd(), wanted) && suits(each, wanted));
        if (found == null) {
            return null;
        }
        try {
            fit(found.fd(), wanted);
            return new BoundSocket(found.fd(), found.address(), found.inode());
        } catch (RuntimeException e) {
            Descriptors.close(found.fd());
            throw e;
        }
    }

    private static void fit(int fd, SocketSpec wanted) {
        Descriptors.setNonBlocking(fd, wanted.nonBlocking());
        if (!(wanted.address() instanceof SocketSpec.Udp)) {
            Sockets.relisten(fd, wanted.backlog());
        }
        if (wanted.address() instanceof SocketSpec.UnixPath unix) {
            SocketFile.setModeAndOwner(unix.path(), wanted.file(), SocketTable.inode(wanted));
        }
    }

    private static boolean suits(Passed passed, SocketSpec wanted) {
        return isReachable(wanted)
                && (!wanted.perWorker() || ProgramSockets.sharesPort(passed.fd()));
    }

    /// True if the socket can be reached: the process that bound it may have removed its file
    /// since.
    private static boolean isReachable(SocketSpec wanted) {
        return !(wanted.address() instanceof SocketSpec.UnixPath unix)
                || SocketFile.answers(unix.path());
    }

    private @Nullable Passed take(Predicate<Passed> wanted) {
        for (Iterator<Passed> each = all.iterator(); each.hasNext(); ) {
            Passed next = each.next();
            if (wanted.test(next)) {
                each.remove();
                return next;
            }
        }
        return null;
    }

    /// Closes those that nothing took.
    public void closeRest(ManagerLog managerLog) {
        for (Passed each : all) {
            managerLog.info(
                    "",
                    (names.contains(each.name()) ? "systemd" : "the keeper")
                            + " passed '"
                            + each.name()
                            + "' ("
                            + each.address()
                            + "), which no program binds; closed");
            Descriptors.close(each.fd());
        }
        all.clear();
    }
}
