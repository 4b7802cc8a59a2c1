// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.SystemCallDeputy;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Writes the log files that are in reach of the same users, one thing after another: on a thread
/// with a [SystemCallDeputy], so that they hold up nobody but each other. The thread is there while
/// a file of it is open, and for some seconds longer.
final class LogWriterThread {
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final int PREFIX_BUFFER = 256 * 1024;

    /// Maximum number of tasks that wait; a file has one.
    private static final int MAX_WAITING = 1024;

    private final Runnable onDone;
    private final LogRotator logRotator = new LogRotator();

    /// A thread is late now and then where the machine is busy, and what is late is a failed start.
    private final WaitBudget waitBudget = new WaitBudget(100_000_000);

    private final Deque<FutureTask<?>> queue = new ArrayDeque<>();
    private boolean running;
    private boolean ending;
    private int users;
    private @Nullable LinePrefix linePrefix;

    /// @param onDone called on the writer thread whenever a task is done
    LogWriterThread(Runnable onDone) {
        this.onDone = onDone;
    }

    /// A file is open in it from now on, or is not any more.
    synchronized void users(int more) {
        users += more;
        notifyAll();
    }

    /// Ends the thread once nothing waits to be done.
    synchronized void end() {
        ending = true;
        notifyAll();
    }

    /// True if the thread has ended and no file uses it.
    synchronized boolean idle() {
        return !running && users == 0;
    }

    /// Runs a task after all before it.
    ///
    /// @return null if it cannot run now: no thread may be started, or too many wait
    synchronized <T> @Nullable FutureTask<T> submit(Callable<T> action) {
        if (queue.size() >= MAX_WAITING || !(running || started())) {
            return null;
        }
        FutureTask<T> task = new FutureTask<>(action);
        queue.add(task);
        notifyAll();
        return task;
    }

    private boolean started() {
        try {
            running = true;
            new SystemCallDeputy(this::work, "log writer").start();
        } catch (OutOfMemoryError limit) { // TasksMax=, RLIMIT_NPROC, pids.max
            running = false;
        }
        return running;
    }

    private void work() {
        for (FutureTask<?> task = next(); task != null; task = next()) {
            try {
                deputy().runForwarded(task::run);
            } catch (PosixException e) { // no descriptors are left for a deputy
                task.cancel(false);
            }
            onDone.run();
        }
    }

    /// Returns the deputy of the current thread, which is the writer's.
    static SystemCallDeputy deputy() {
        return (SystemCallDeputy) Thread.currentThread();
    }

    private synchronized @Nullable FutureTask<?> next() {
        Moment end = Clock.now().plus(IDLE);
        try {
            while (queue.isEmpty()) {
                long left = end.since(Clock.now()).toMillis();
                if (ending || (left <= 0 && users == 0)) {
                    running = false;
                    return null;
                }
                wait(users > 0 ? 0 : left);
                end = users > 0 ? Clock.now().plus(IDLE) : end;
            }
        } catch (InterruptedException e) {
            running = false;
            return null;
        }
        return queue.remove();
    }

    /// Waits for something as long as there is patience with those in whose reach it is.
    ///
    /// @return false if it is not done yet
    boolean await(FutureTask<?> task) {
        boolean done = await(task, waitBudget.nanos(Clock.now()));
        if (!done) {
            waitBudget.missed(Clock.now());
        }
        return done;
    }

    static boolean await(FutureTask<?> task, long nanos) {
        try {
            task.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | CancellationException e) {
            return true;
        }
        return true;
    }

    /// Returns the result of a task that is done.
    static <T> T outcome(FutureTask<T> task) {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException ours
                    ? ours
                    : new IllegalStateException(e);
        } catch (InterruptedException | CancellationException e) {
            throw new PosixException("log writer", Errno.EAGAIN.number());
        }
    }

    /// Returns a prefix buffer. Called on the writer thread.
    LinePrefix linePrefix() {
        LinePrefix known = linePrefix;
        if (known == null) {
            known = new LinePrefix(ByteBuffer.allocateDirect(PREFIX_BUFFER));
            linePrefix = known;
        }
        return known;
    }

    LogRotator logRotator() {
        return logRotator;
    }
}
