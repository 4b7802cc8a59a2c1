// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Poll;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Waits for the kernel and hands each descriptor that is ready to whoever watches it.
///
/// A descriptor's number is used again as soon as it is closed, perhaps while events of the one
/// that had it before are still being handed out: a worker's pidfd may get the number of a
/// connection that just hung up, and must not be taken for dead. So each watch has a serial number,
/// and an event of another watch of the same descriptor is nobody's.
public final class EventLoop implements AutoCloseable {
    private final Poll poll = Poll.open();
    private final Map<Integer, Watch> watches = new HashMap<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private final ManagerLog managerLog;
    private int serial;

    public EventLoop(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Callback for a descriptor that is ready.
    public interface Watcher {
        /// A descriptor is ready.
        ///
        /// @param events as [Poll] has them
        void ready(int events);
    }

    /// Registration of a descriptor.
    public static final class Watch {
        private final Poll poll;
        private final int fd;
        private final int interest;
        private final long token;
        private final Watcher watcher;

        /// @param token the serial number in its upper half, the descriptor in its lower
        private Watch(Poll poll, int fd, int interest, long token, Watcher watcher) {
            this.poll = poll;
            this.fd = fd;
            this.interest = interest;
            this.token = token;
            this.watcher = watcher;
        }

        /// Stops all events but errors.
        void pause() {
            poll.modify(fd, 0, token);
        }

        /// Enables the events again, as in the beginning. Any thread; the descriptor has to be
        /// open.
        void resume() {
            poll.modify(fd, interest, token);
        }
    }

    public Watch watch(int fd, int interest, Watcher watcher) {
        long token = (long) ++serial << Integer.SIZE | fd;
        poll.add(fd, interest, token);
        Watch watch = new Watch(poll, fd, interest, token, watcher);
        watches.put(fd, watch);
        return watch;
    }

    /// Does nothing for a descriptor that is not watched.
    public void change(int fd, int interest) {
        Watch watch = watches.get(fd);
        if (watch != null) {
            poll.modify(fd, interest, watch.token);
        }
    }

    /// Stops to watch a descriptor. To be called before it is closed.
    public void forget(int fd) {
        if (watches.remove(fd) != null) {
            poll.remove(fd);
        }
    }

    /// Waits, at most that long, and hands on what happened.
    ///
    /// @param nanos -1 for as long as it takes
    public void turn(long nanos) {
        int count = poll.await(nanos);
        for (int i = 0; i < count; i++) {
            long token = poll.token(i);
            Watch watch = watches.get((int) token);
            if (watch != null && watch.token == token) {
                int events = poll.events(i);
                call(() -> watch.watcher.ready(events));
            }
        }
        for (int i = 0; i < afterwards.size(); i++) { // a deed may have another done
            call(afterwards.get(i));
        }
        afterwards.clear();
    }

    /// Runs an action at the end of this turn, when all descriptors that are ready have been
    /// handled: for what nothing waits for.
    public void afterwards(Runnable deed) {
        afterwards.add(deed);
    }

    /// A bug in one place must not take the others down with it.
    private void call(Runnable deed) {
        try {
            deed.run();
        } catch (RuntimeException e) {
            managerLog.internalError("", e);
        }
    }

    @Override
    public void close() {
        poll.close();
    }
}
