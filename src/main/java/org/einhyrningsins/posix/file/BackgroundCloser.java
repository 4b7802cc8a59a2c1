// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Closes descriptors on threads of its own, where closing may wait for somebody else: the last
/// close of a socket waits as long as whoever made it said (SO_LINGER), that of a file on a FUSE
/// file system as long as whoever serves it likes. The same holds for the last reference of what
/// was passed over a UNIX socket and is still in its queue.
///
/// Threads are started when they are needed, 16 at most, and end when they have had nothing to do
/// for a second. Who makes all of them wait keeps descriptors open, and nobody waiting. Any thread
/// may call.
public final class BackgroundCloser {
    private static final int MAX_THREADS = 16;
    private static final int STACK_BYTES = 128 * 1024;

    private BackgroundCloser() {}

    private static final ThreadPoolExecutor THREADS =
            new ThreadPoolExecutor(
                    MAX_THREADS,
                    MAX_THREADS,
                    1,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    deed -> {
                        Thread thread = new Thread(null, deed, "closer", STACK_BYTES);
                        thread.setDaemon(true);
                        return thread;
                    });

    static {
        THREADS.allowCoreThreadTimeOut(true);
    }

    /// Closes a descriptor soon. Its number is not free before. Where no thread may be started it
    /// stays open: better than that everybody waits.
    public static void close(int fd) {
        run(() -> Descriptors.close(fd));
    }

    /// Does soon what may wait.
    ///
    /// @return false if no thread may be started: then it is not done
    public static boolean run(Runnable deed) {
        try {
            THREADS.execute(deed);
            return true;
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            return false;
        }
    }
}
