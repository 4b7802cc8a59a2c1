// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.socket.BindAdvice;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// The HTTP listener: bound before the one before it is given up, or not at all. Whoever prepares a
/// change either settles it or forgoes it.
public final class HttpListener {
    private final EventLoop eventLoop;
    private final ByteBuffer buffer;
    private final ManagerLog managerLog;
    private final HttpServer.DataSource data;
    private @Nullable Open open;
    private final SocketFileWatch files;
    private @Nullable Open prepared;
    private boolean changing;

    /// @param file inode of the file of a UNIX socket, so that we unlink no other; else 0
    /// @param hosts names that requests may be sent to, besides the machine's own
    private record Open(
            SocketSpec spec, List<String> hosts, BoundSocket bound, long file, HttpServer server) {
        /// Names matter over TCP alone.
        void answer() {
            server.answerTo(spec.address() instanceof SocketSpec.Tcp ? hosts : null);
        }
    }

    /// Makes an object without a listener.
    ///
    /// @param files look after the file of a UNIX socket
    public HttpListener(
            EventLoop eventLoop,
            ByteBuffer buffer,
            ManagerLog managerLog,
            SocketFileWatch files,
            HttpServer.DataSource sight) {
        this.eventLoop = eventLoop;
        this.files = files;
        this.buffer = buffer;
        this.managerLog = managerLog;
        this.data = sight;
    }

    // ---- a change

    /// Binds the listener for new settings beside the one in force; then it is committed or rolled
    /// back. Acquires everything now, since the commit may not fail.
    ///
    /// @param wanted null for none
    public void prepare(@Nullable HttpSpec wanted) throws SocketTable.CannotBind {
        Open now = open;
        if (wanted == null) {
            prepared = null;
        } else if (now != null && stays(now.spec(), wanted.socket())) {
            prepared =
                    new Open(
                            wanted.socket(), wanted.hosts(), now.bound(), now.file(), now.server());
        } else {
            prepared = bind(wanted);
        }
        changing = true;
    }

    private static boolean stays(SocketSpec now, SocketSpec wanted) {
        return now.address().equals(wanted.address()) && now.ipv6Only() == wanted.ipv6Only();
    }

    private Open bind(HttpSpec wanted) throws SocketTable.CannotBind {
        SocketSpec spec = wanted.socket();
        try {
            SocketFiles.Bound bound = SocketFiles.bind(spec);
            return serve(wanted, bound.socket(), bound.file());
        } catch (UnknownAccountException e) {
            throw cannot(spec, String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            throw cannot(spec, e.getMessage() + BindAdvice.of(e, spec));
        }
    }

    private Open serve(HttpSpec wanted, BoundSocket boundSocket, long file) {
        SocketSpec spec = wanted.socket();
        try {
            HttpServer server = new HttpServer(eventLoop, boundSocket.fd(), buffer, data);
            Open served = new Open(spec, wanted.hosts(), boundSocket, file, server);
            served.answer();
            return served;
        } catch (PosixException e) {
            close(spec, boundSocket, file);
            throw e;
        }
    }

    private static SocketTable.CannotBind cannot(SocketSpec spec, String why) {
        return new SocketTable.CannotBind("cannot bind http to " + spec.address() + ": " + why);
    }

    /// Gives back what was prepared; nothing has changed.
    public void rollBack() {
        Open given = prepared;
        prepared = null;
        changing = false;
        if (given != null && !isTheSame(given, open)) {
            close(given);
        }
    }

    /// Puts the prepared listener in force.
    public void commit() {
        if (!changing) {
            return;
        }
        changing = false;
        Open before = open;
        Open now = prepared;
        prepared = null;
        if (now != null && isTheSame(now, before)) {
            open = now;
            now.answer();
            setFileMode(now, before);
            return;
        }
        if (before != null) {
            close(before);
            managerLog.info("", "no more metrics and status page at " + before.bound().address());
        }
        open = now;
        if (now != null) {
            managerLog.info("", "metrics and status page at " + now.bound().address());
            watchFile(now);
        }
    }

    private void watchFile(Open now) {
        if (now.spec().address() instanceof SocketSpec.UnixPath unix) {
            files.watch(unix.path(), new Remade());
        }
    }

    /// The listener as one whose file may vanish.
    private final class Remade implements SocketFileWatch.Owner {
        @Override
        public long inode() {
            return open == null ? 0 : open.file();
        }

        @Override
        public void remake() {
            Open before = open;
            if (before == null) {
                return;
            }
            SocketSpec spec = before.spec();
            HttpSpec same = new HttpSpec(spec, before.hosts());
            SocketFiles.Bound bound = SocketFiles.bind(spec);
            open = serve(same, bound.socket(), bound.file());
            before.server().close();
            BackgroundCloser.close(
                    before.bound().fd()); // who waits in its queue may have passed something
        }
    }

    private static boolean isTheSame(Open one, @Nullable Open other) {
        return other != null && one.bound().equals(other.bound());
    }

    private void setFileMode(Open now, @Nullable Open before) {
        if (before == null
                || before.spec().equals(now.spec())
                || !(now.spec().address() instanceof SocketSpec.UnixPath unix)) {
            return;
        }
        try {
            SocketFiles.setModeAndOwner(unix.path(), now.spec().file(), now.file());
            managerLog.info("", "the HTTP socket has a new owner or mode");
        } catch (PosixException | UnknownAccountException e) {
            managerLog.error("", "the HTTP socket keeps its owner and mode: " + e.getMessage());
        }
    }

    private void close(Open open) {
        if (open.spec().address() instanceof SocketSpec.UnixPath unix && open.equals(this.open)) {
            files.unwatch(unix.path());
        }
        open.server().close();
        close(open.spec(), open.bound(), open.file());
    }

    private void close(SocketSpec spec, BoundSocket boundSocket, long file) {
        if (spec.address() instanceof SocketSpec.UnixPath unix) {
            try {
                SocketFiles.remove(unix.path(), file); // before it is closed: its number is free
            } catch (PosixException e) {
                managerLog.warn("", "the file " + unix.path() + " may stay: " + e.getMessage());
            }
        }
        Descriptors.close(boundSocket.fd());
    }

    /// Returns the settings in force; null if there is no listener.
    public @Nullable HttpSpec spec() {
        return open == null ? null : new HttpSpec(open.spec(), open.hosts());
    }

    // ---- from one manager to the next

    /// Returns the snapshot of the listener; null if there is none.
    public @Nullable SocketSnapshot image() {
        Open now = open;
        return now == null ? null : new SocketSnapshot("", now.spec(), now.bound(), now.file());
    }

    /// Goes on with the listener of another manager. Who was connected to it asks again. Without it
    /// programs can be looked after all the same.
    ///
    /// @param hosts as [HttpSpec] has them
    public void resume(SocketSnapshot image, List<String> hosts) {
        var boundSocket = new BoundSocket(image.fd(), image.address(), image.inode());
        try {
            open = serve(new HttpSpec(image.spec(), hosts), boundSocket, image.file());
            watchFile(open);
        } catch (PosixException e) {
            managerLog.error(
                    "",
                    "no more metrics and status page: " + e.getMessage() + "; reload to try again");
        }
    }

    // ---- time, and the end

    /// Returns the time of its next call; null for none.
    public @Nullable Moment deadline() {
        return open == null ? null : open.server().deadline();
    }

    public void deadlinePassed(Moment now) {
        if (open != null) {
            open.server().deadlinePassed(now);
        }
    }

    public void close() {
        if (open != null) {
            close(open);
        }
    }
}
