// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.ChildGate;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Work for a worker before it is spawned, in directories and files that others may change
/// (`directories`, `credentials`, `sandbox`): on another thread, one task after the other for each
/// program. The loop waits for it as long as there is [WaitBudget]; then the worker is started all
/// the same, behind a [ChildGate] that opens when all is done.
final class SpawnPreparation {
    private final WaitBudget waitBudget;

    /// Queued tasks of each program that has any.
    private final Map<String, Deque<FutureTask<?>>> lines = new HashMap<>();

    SpawnPreparation(WaitBudget waitBudget) {
        this.waitBudget = waitBudget;
    }

    /// Returns the preparation of one worker.
    Site site(String program) {
        return new Site(program);
    }

    /// Preparation of one worker. Used by the loop, except for its tasks.
    final class Site {
        private final String program;
        private boolean late;
        private boolean refused;
        private volatile @Nullable SpawnException failure;

        private Site(String program) {
            this.program = program;
        }

        /// Does something now, or has it done later if that takes its time.
        ///
        /// @param key the key that it is done for, named by a failure
        /// @throws SpawnException if it is known by now that it cannot be done
        void lay(String key, Runnable deed) throws SpawnException {
            FutureTask<?> task = new FutureTask<>(() -> carryOut(key, deed), null);
            add(key, task);
            late = late || !awaited(task);
            SpawnException known = late ? null : failure;
            if (known != null) {
                throw known;
            }
        }

        private void carryOut(String key, Runnable deed) {
            try {
                deed.run();
            } catch (PosixException e) {
                fail(new SpawnException(key + ": " + e.call(), e.number(), ""));
            } catch (RuntimeException bug) {
                String what = ", by our own bug: " + bug;
                fail(new SpawnException(key, Errno.EINVAL.number(), what));
            }
        }

        private void fail(SpawnException why) {
            failure = failure == null ? why : failure; // one deed at a time
        }

        private void add(String key, FutureTask<?> task) throws SpawnException {
            try {
                SpawnPreparation.this.add(program, task);
            } catch (RejectedExecutionException | OutOfMemoryError noThread) {
                refused = true;
                String why = "; too many others are held up in directories of theirs";
                throw new SpawnException(key, Errno.EAGAIN.number(), why);
            }
        }

        private boolean awaited(FutureTask<?> task) {
            try {
                task.get(waitBudget.nanos(Clock.now()), TimeUnit.NANOSECONDS);
                return true;
            } catch (TimeoutException e) {
                waitBudget.missed(Clock.now());
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        /// True if it takes longer than the loop waits.
        boolean late() {
            return late;
        }

        /// True if no thread could run the last task.
        boolean refused() {
            return refused;
        }

        /// Returns the gate at which the worker is to wait; null if all is done.
        ///
        /// @param undo called if no worker waits there any more when all is done
        @Nullable ChildGate gate(Runnable undo) throws SpawnException {
            if (!late) {
                return null;
            }
            ChildGate childGate = ChildGate.closed();
            try {
                add("gate", new FutureTask<>(() -> conclude(childGate, undo), null));
            } catch (SpawnException e) {
                childGate.childStarted();
                childGate.close();
                throw e;
            }
            return childGate;
        }

        private void conclude(ChildGate childGate, Runnable undo) {
            SpawnException known = failure;
            if (known != null) {
                childGate.refuse(known);
            } else if (!childGate.open()) {
                undo.run();
            }
        }
    }

    private void add(String program, FutureTask<?> task) {
        synchronized (lines) {
            Deque<FutureTask<?>> line = lines.get(program);
            if (line != null) {
                line.add(task);
                return;
            }
            lines.put(program, new ArrayDeque<>());
        }
        boolean begun = false;
        try {
            ProcReader.execute(() -> work(program, task));
            begun = true;
        } finally {
            if (!begun) {
                synchronized (lines) {
                    lines.remove(program);
                }
            }
        }
    }

    private void work(String program, FutureTask<?> first) {
        for (FutureTask<?> task = first; task != null; task = next(program)) {
            task.run();
        }
    }

    private @Nullable FutureTask<?> next(String program) {
        synchronized (lines) {
            Deque<FutureTask<?>> line = lines.get(program);
            FutureTask<?> next = line == null ? null : line.poll();
            if (next == null) {
                lines.remove(program);
            }
            return next;
        }
    }
}
