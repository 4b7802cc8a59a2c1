// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Poll;

import java.util.HashMap;
import java.util.Map;

/// Waits for the kernel and hands each descriptor that is ready to whoever watches it.
final class Loop implements AutoCloseable {
    private final Poll poll = Poll.open();
    private final Map<Integer, Watcher> watchers = new HashMap<>();
    private final Log log;

    Loop(Log log) {
        this.log = log;
    }

    /// Who is told that a descriptor is ready.
    interface Watcher {
        /// A descriptor is ready.
        ///
        /// @param events as [Poll] has them. May be called once too often after a descriptor's
        ///   number was used again, so nothing may be assumed: read, and accept that there is
        ///   nothing.
        void ready(int events);
    }

    void watch(int fd, int interest, Watcher watcher) {
        poll.add(fd, interest, fd);
        watchers.put(fd, watcher);
    }

    void change(int fd, int interest) {
        poll.modify(fd, interest, fd);
    }

    /// To be called before the descriptor is closed.
    void forget(int fd) {
        if (watchers.remove(fd) != null) {
            poll.remove(fd);
        }
    }

    /// Waits, at most that long, and hands on what happened.
    ///
    /// @param nanos -1 for as long as it takes
    void turn(long nanos) {
        int count = poll.await(nanos);
        for (int i = 0; i < count; i++) {
            Watcher watcher = watchers.get((int) poll.token(i));
            if (watcher != null) {
                call(watcher, poll.events(i));
            }
        }
    }

    /// A bug in one place must not take the others down with it.
    private void call(Watcher watcher, int events) {
        try {
            watcher.ready(events);
        } catch (RuntimeException e) {
            log.bug("", e);
        }
    }

    @Override
    public void close() {
        poll.close();
    }
}
