// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessEnvironment;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.ProcessUsage;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Asks the kernel what a process may make it wait with, on threads of its own. To read its
/// variables (`/proc/PID/environ`), when it started (`stat`), how much memory it has to itself
/// (`smaps_rollup`), or what it has open (`fd`), takes locks that a process holds while it executes
/// another program and closes its files (one on FUSE: for ever), or maps others.
///
/// While four questions about processes of one user have no answer, or one of another kind, others
/// of the same are not known. The loop waits for an answer as long as there is [WaitBudget] with
/// him.
public final class ProcReader {
    private static final int MAX_THREADS = 64;
    private static final int STACK_BYTES = 256 * 1024;

    /// Maximum number of unanswered questions about the processes of one user. More than one, or a
    /// single process that does not answer would hide all others of its user.
    private static final int MAX_OF_A_USER = 4;

    /// Maximum time between the note of a birth and the start of the process, in ticks. No other
    /// process gets the same pid that soon.
    private static final long MAX_BIRTH_TICKS = 500;

    private static final ThreadPoolExecutor THREADS =
            new ThreadPoolExecutor(
                    0,
                    MAX_THREADS,
                    1,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    deed -> {
                        Thread thread = new Thread(null, deed, "aside", STACK_BYTES);
                        thread.setDaemon(true);
                        return thread;
                    });

    /// Time limit before the loop begins: nobody is served yet, and a worker that is not recognised
    /// is lost.
    private static final long AT_THE_START = 2_000_000_000;

    private static final long IN_THE_LOOP = 50_000_000;
    private static volatile long longest = AT_THE_START;

    /// Queues of users with unanswered reads; those that answered in time are not in it.
    private static final Map<Object, Line> LINES = new ConcurrentHashMap<>();

    private ProcReader() {}

    /// State of a user whose last answers came late, or have not come.
    private record Line(WaitBudget patience, List<FutureTask<?>> late) {
        private long unanswered() {
            return late.stream().filter(task -> !task.isDone()).count();
        }

        private Line with(FutureTask<?> another) {
            List<FutureTask<?>> all = new ArrayList<>(late);
            all.removeIf(task -> task.isDone() || task.equals(another));
            all.add(another);
            return new Line(patience, List.copyOf(all));
        }
    }

    /// Read of /proc on another thread.
    public static final class Question<T> {
        private final Object whose;
        private final @Nullable FutureTask<T> task;

        private Question(Object whose, @Nullable FutureTask<T> task) {
            this.whose = whose;
            this.task = task;
        }

        /// True if the read was refused: no answer will come.
        public boolean refused() {
            return task == null;
        }

        /// The answer; null if it has not come in time.
        public @Nullable T answer() {
            if (task == null) {
                return null;
            }
            Line line = LINES.getOrDefault(whose, new Line(new WaitBudget(longest), List.of()));
            WaitBudget waitBudget = line.patience();
            try {
                T answer = task.get(waitBudget.nanos(Clock.now()), TimeUnit.NANOSECONDS);
                if (waitBudget.isUnused() && line.unanswered() == 0) {
                    LINES.remove(whose);
                }
                return answer;
            } catch (TimeoutException e) {
                waitBudget.missed(Clock.now());
                LINES.put(whose, line.with(task));
                return null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException ours
                        ? ours
                        : new IllegalStateException(e);
            }
        }
    }

    /// Sets the shorter time limit: from now on others wait while an answer is waited for.
    public static void loopBegins() {
        longest = IN_THE_LOOP;
        LINES.clear();
    }

    /// Asks a question on another thread; one at a time for each key.
    ///
    /// @param whose any key
    public static <T> Question<T> ask(Object whose, Callable<T> question) {
        return ask(whose, 1, question);
    }

    /// Asks a question about a process on another thread.
    static <T> Question<T> ofProcess(int pid, Callable<T> question) {
        return ask(ProcessStatus.realUser(pid), MAX_OF_A_USER, question);
    }

    private static <T> Question<T> ask(Object whose, int most, Callable<T> question) {
        Line line = LINES.get(whose);
        if (line != null && line.unanswered() >= most) {
            return new Question<>(whose, null);
        }
        FutureTask<T> task = new FutureTask<>(question);
        try {
            THREADS.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            return new Question<>(whose, null);
        }
        return new Question<>(whose, task);
    }

    /// Runs an action on a thread of its own.
    ///
    /// @throws RejectedExecutionException if there are too many
    public static void execute(Runnable deed) {
        THREADS.execute(deed);
    }

    /// Returns a variable like [ProcessEnvironment#variable]; null also if there was no answer in
    /// time.
    public static @Nullable String variable(int pid, String name) {
        Question<Optional<String>> question =
                ofProcess(pid, () -> Optional.ofNullable(ProcessEnvironment.variable(pid, name)));
        Optional<String> found = question.answer();
        return found == null ? null : found.orElse(null);
    }

    /// Returns variables like [ProcessEnvironment#variables]; empty also if there was no answer in
    /// time.
    public static Map<String, String> variables(int pid, String one) {
        Map<String, String> found =
                ofProcess(pid, () -> ProcessEnvironment.variables(pid, one)).answer();
        return found == null ? Map.of() : found;
    }

    /// Returns the start time like [ProcessStatus#startTime]; -1 also if there was no answer in
    /// time.
    public static long startTime(int pid) {
        Long found = ofProcess(pid, () -> ProcessStatus.startTime(pid)).answer();
        return found == null ? -1 : found;
    }

    /// True if a process is the worker that was spawned at that time.
    ///
    /// A process that cannot be looked at in time is taken for the worker if it lives and leads a
    /// process group, as each worker does: to take a living worker for a dead one would cost it its
    /// life, while no other process is likely to have its number.
    ///
    /// @param bornTicks as [BootId#ticks] had it; negative if that is not known
    public static boolean isWorker(int pid, long bornTicks) {
        Long started = ofProcess(pid, () -> ProcessStatus.startTimeIfAlive(pid)).answer();
        if (started == null || (started >= 0 && bornTicks < 0)) {
            return ProcessStatus.isAlive(pid) && ProcessGroups.leads(pid);
        }
        return started >= 0 && Math.abs(started - bornTicks) <= MAX_BIRTH_TICKS;
    }

    /// Returns the start time like [ProcessStatus#startTimeIfAlive]; -1 also if there was no answer
    /// in time.
    public static long startTimeIfAlive(int pid) {
        Long found = ofProcess(pid, () -> ProcessStatus.startTimeIfAlive(pid)).answer();
        return found == null ? -1 : found;
    }

    /// Reads the open files of a process.
    ///
    /// @throws IOException as the question does, or if there was no answer in time
    public static <T> T files(int pid, Callable<T> question) throws IOException {
        try {
            T found = ofProcess(pid, question).answer();
            if (found == null) {
                throw new IOException("the process cannot be looked at now");
            }
            return found;
        } catch (IllegalStateException e) {
            if (e.getCause() instanceof ExecutionException inner
                    && inner.getCause() instanceof IOException ours) {
                throw ours;
            }
            throw e;
        }
    }

    /// A descriptor fetched out of a process.
    ///
    /// @throws PosixException as the question does, or if it was not to be had in time
    public static int fetched(String whose, Callable<Integer> question) {
        Integer fd = ask(whose, question).answer();
        if (fd == null) {
            throw new PosixException("pidfd_getfd", Errno.EAGAIN.number());
        }
        return fd;
    }

    /// Returns the usage like [ProcessUsage#of]; null also if there was no answer in time.
    public static @Nullable ProcessUsage usage(int pid) {
        Question<Optional<ProcessUsage>> question =
                ofProcess(pid, () -> Optional.ofNullable(ProcessUsage.of(pid)));
        Optional<ProcessUsage> found = question.answer();
        return found == null ? null : found.orElse(null);
    }
}
