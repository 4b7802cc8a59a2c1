// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.posix.kernel.ForwardingThread;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.SystemCallDeputy;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/// Changes to the names in directories, with a time limit where other users could hold them up: to
/// make, rename or remove a name waits for the lock of the directory's inode, which whoever may
/// list the directory can hold for as long as they like. There it is done by a [SystemCallDeputy],
/// and given up after a little: the call that has begun ends when the lock is released, and what
/// was to follow it is not done.
///
/// Whatever is done must go through [org.einhyrningsins.posix.kernel.SystemCalls]. In a directory
/// that is the manager's alone, and on a thread that has a deputy, it is done at once.
public final class DirectoryCalls {
    /// Reason in the message of an exception about something that was given up.
    public static final String HELD =
            "it does not return: somebody holds the file or its directory, or the disk does not"
                    + " answer";

    private static final long LIMIT = 50_000_000;

    /// Time limit before there is a loop that waits: a slow disk is no reason not to start.
    private static final Duration AT_START = Duration.ofSeconds(2);

    /// Time limit for what nobody holds up: the machine is only busy.
    private static final Duration LATE = Duration.ofSeconds(10);

    private static final Duration IDLE = Duration.ofSeconds(2);
    private static final Duration SLICE = Duration.ofMillis(2);
    private static final int MAX_LANES = 64;
    private static final int SHARED = 8;

    private static final Map<String, Lane> LANES = new HashMap<>();

    private static volatile boolean unfetchable;
    private static volatile boolean looping;

    private DirectoryCalls() {}

    /// From now on nothing waits for longer than a loop may.
    public static void loopBegins() {
        looping = true;
    }

    /// True if that is why an exception was thrown.
    public static boolean isHeldUp(PosixException e) {
        return e.reason().equals(HELD);
    }

    /// Does something in the directory of a file.
    ///
    /// @throws PosixException what it throws, or that it was given up
    public static <T extends @Nullable Object> T in(Path file, Supplier<T> deed) {
        return bounded(file, bring -> deed.get(), late -> {});
    }

    /// The same without a result.
    public static void run(Path file, Runnable deed) {
        in(file, () -> done(deed));
    }

    private static boolean done(Runnable deed) {
        deed.run();
        return true;
    }

    /// The same with a result that is a descriptor.
    public static int open(Path file, IntSupplier opens) {
        return open(file, bring -> bring.applyAsInt(opens.getAsInt()), BackgroundCloser::close);
    }

    /// The same with a result that has a descriptor.
    ///
    /// @param deed is given what makes a descriptor that it opened one of its caller
    /// @param dropped is given a result that came too late
    public static <T> T open(Path file, Function<IntUnaryOperator, T> deed, Consumer<T> dropped) {
        if (unfetchable) {
            return deed.apply(IntUnaryOperator.identity());
        }
        try {
            return bounded(file, deed, dropped);
        } catch (PosixException e) {
            if (!e.call().startsWith(Processes.FETCH)) {
                throw e;
            }
            unfetchable = true; // a security module forbids it
            return deed.apply(IntUnaryOperator.identity());
        }
    }

    private static <T extends @Nullable Object> T bounded(
            Path file, Function<IntUnaryOperator, T> deed, Consumer<T> dropped) {
        boolean onItsOwn = Thread.currentThread() instanceof ForwardingThread;
        String whose = onItsOwn ? null : PathReach.ofNames(file);
        if (whose == null) {
            return deed.apply(IntUnaryOperator.identity());
        }
        Task<T> task = new Task<>(() -> deed.apply(DirectoryCalls::bring), dropped);
        Lane lane = lane(whose);
        return switch (lane.begins(task)) {
            case NO_THREAD -> deed.apply(IntUnaryOperator.identity());
            case BUSY -> throw heldUp(file);
            case BEGUN -> {
                if (!lane.awaits(task)) {
                    throw heldUp(file);
                }
                yield task.outcome();
            }
        };
    }

    private static int bring(int fd) {
        return ((SystemCallDeputy) Thread.currentThread()).fetch(fd);
    }

    private static PosixException heldUp(Path file) {
        return PosixException.refused(String.valueOf(file.getParent()), HELD);
    }

    private static synchronized Lane lane(String whose) {
        Lane known = LANES.get(whose);
        if (known != null) {
            return known;
        }
        LANES.values().removeIf(Lane::isIdle);
        boolean many = LANES.size() >= MAX_LANES;
        String key = many ? "" + Math.floorMod(whose.hashCode(), SHARED) : whose;
        return LANES.computeIfAbsent(key, any -> new Lane());
    }

    private static final class Task<T extends @Nullable Object> {
        private final Supplier<T> deed;
        private final Consumer<T> dropped;
        private @Nullable Supplier<T> outcome;
        private Runnable dropsResult = () -> {};
        private boolean done;
        private boolean givenUp;

        Task(Supplier<T> deed, Consumer<T> dropped) {
            this.deed = deed;
            this.dropped = dropped;
        }

        void run() {
            try {
                T result = deed.get();
                outcome = () -> result;
                dropsResult = () -> dropped.accept(result);
            } catch (RuntimeException e) {
                fail(e);
            }
        }

        void fail(RuntimeException e) {
            outcome =
                    () -> {
                        throw e;
                    };
        }

        /// Returns the result of one that is done, or throws what it threw.
        T outcome() {
            return Objects.requireNonNull(outcome).get();
        }
    }

    private enum Begin {
        BEGUN,
        BUSY,
        NO_THREAD
    }

    /// A thread for what the same users can hold up: one thing at a time, and none while one that
    /// was given up has not returned.
    private static final class Lane {
        private final WaitBudget waitBudget = new WaitBudget(LIMIT);
        private @Nullable SystemCallDeputy thread;
        private @Nullable Task<?> task;

        synchronized boolean isIdle() {
            return thread == null && waitBudget.isUnused();
        }

        synchronized Begin begins(Task<?> next) {
            if (task != null) {
                return Begin.BUSY;
            }
            if (thread == null) {
                SystemCallDeputy begun = new SystemCallDeputy(this::work, "directory calls");
                try {
                    begun.start();
                } catch (OutOfMemoryError limit) { // TasksMax=, RLIMIT_NPROC, pids.max
                    return Begin.NO_THREAD;
                }
                thread = begun;
            }
            task = next;
            notifyAll();
            return Begin.BEGUN;
        }

        /// Waits until it is done, or longer than there is patience for those who hold it up.
        synchronized boolean awaits(Task<?> begun) {
            Moment now = Clock.now();
            Moment late = now.plus(LATE);
            Duration patience = looping ? Duration.ofNanos(waitBudget.nanos(now)) : AT_START;
            Moment end = now.plus(patience);
            try {
                while (!begun.done) {
                    now = Clock.now();
                    if (end.reached(now)) {
                        if (late.reached(now) || (thread != null && thread.isHeldUp())) {
                            giveUp(begun, now);
                            return false;
                        }
                        end = now.plus(SLICE);
                    }
                    wait(Math.max(1, end.since(now).toMillis()));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                giveUp(begun, now);
                return false;
            }
            return true;
        }

        private void giveUp(Task<?> begun, Moment now) {
            begun.givenUp = true;
            waitBudget.missed(now);
            if (thread != null) {
                thread.abandon();
            }
        }

        private void work() {
            for (Task<?> next = next(); next != null; next = next()) {
                try {
                    ((SystemCallDeputy) Thread.currentThread()).runForwarded(next::run);
                } catch (PosixException e) { // no descriptors are left for a deputy
                    next.fail(e);
                }
                finish(next);
            }
        }

        private void finish(Task<?> done) {
            boolean late;
            synchronized (this) {
                task = null;
                done.done = true;
                late = done.givenUp;
                notifyAll();
            }
            if (late) {
                done.dropsResult.run();
            }
        }

        private synchronized @Nullable Task<?> next() {
            Moment end = Clock.now().plus(IDLE);
            try {
                while (task == null) {
                    long left = end.since(Clock.now()).toMillis();
                    if (left <= 0) {
                        thread = null;
                        return null;
                    }
                    wait(left);
                }
            } catch (InterruptedException e) {
                thread = null;
                return null;
            }
            return task;
        }
    }
}
