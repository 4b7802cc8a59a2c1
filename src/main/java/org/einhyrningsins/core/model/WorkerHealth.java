// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Objects;

/// Health data of a worker. Everything that its definition's
/// [org.einhyrningsins.spec.MonitoringSpec] needs to remember, and nothing that follows from it: so
/// a definition can change in place.
///
/// @param check its health checks; null if it has none, or another worker is checked
/// @param watchdog its signs of life
/// @param memory measurements of its memory
/// @param replacement its replacement by a healthy, smaller or younger worker
/// @param suspended the signal that suspended it; null if it runs
public record WorkerHealth(
        @Nullable PeriodicCheck check,
        Watchdog watchdog,
        Memory memory,
        Replacement replacement,
        @Nullable Signal suspended) {
    /// Health data of a worker that is not up yet.
    public static final WorkerHealth NONE =
            new WorkerHealth(
                    null,
                    new Watchdog(null, null),
                    new Memory(null, 0),
                    new Replacement(0, null, false),
                    null);

    /// Signs of life of a worker.
    ///
    /// @param pinged time of its last one, or when it was up; null before that
    /// @param interval interval of its watchdog, if it chose another than its definition's; else
    ///   null
    public record Watchdog(@Nullable Moment pinged, @Nullable Duration interval) {}

    /// Measurements of a worker's memory.
    ///
    /// @param nextCheck time of the next one; null for never
    /// @param bytes its memory at the last one, in bytes; 0 before the first
    public record Memory(@Nullable Moment nextCheck, long bytes) {}

    /// Attempts to replace a worker that is up.
    ///
    /// @param tries number of failed ones in a row
    /// @param retry time before which no further one is made; null for none
    /// @param recalled true if its rollout was rolled back: a worker of the version that serves is
    ///   to take over
    public record Replacement(int tries, @Nullable Moment retry, boolean recalled) {}

    /// See [Watchdog#pinged()].
    public @Nullable Moment pinged() {
        return watchdog.pinged;
    }

    /// See [Watchdog#interval()].
    public @Nullable Duration interval() {
        return watchdog.interval;
    }

    /// See [Memory#nextCheck()].
    public @Nullable Moment nextMemoryCheck() {
        return memory.nextCheck;
    }

    /// See [Memory#bytes()].
    public long memoryBytes() {
        return memory.bytes;
    }

    /// See [Replacement#tries()].
    public int tries() {
        return replacement.tries;
    }

    /// See [Replacement#retry()].
    public @Nullable Moment retry() {
        return replacement.retry;
    }

    /// See [Replacement#recalled()].
    public boolean recalled() {
        return replacement.recalled;
    }

    /// Returns the same object where nothing changes, since each step asks for every worker.
    public WorkerHealth checked(@Nullable PeriodicCheck next) {
        return Objects.equals(next, check)
                ? this
                : new WorkerHealth(next, watchdog, memory, replacement, suspended);
    }

    private WorkerHealth with(Watchdog next) {
        return new WorkerHealth(check, next, memory, replacement, suspended);
    }

    public WorkerHealth pinged(Moment when) {
        return with(new Watchdog(when, interval()));
    }

    public WorkerHealth withInterval(Duration chosen) {
        return with(new Watchdog(pinged(), chosen));
    }

    /// Returns the same object where nothing changes: see [#checked(PeriodicCheck)].
    private WorkerHealth with(Memory next) {
        return next.equals(memory)
                ? this
                : new WorkerHealth(check, watchdog, next, replacement, suspended);
    }

    public WorkerHealth nextMemoryCheck(@Nullable Moment next) {
        return with(new Memory(next, memoryBytes()));
    }

    public WorkerHealth measured(long bytes) {
        return with(new Memory(nextMemoryCheck(), bytes));
    }

    private WorkerHealth with(Replacement next) {
        return new WorkerHealth(check, watchdog, memory, next, suspended);
    }

    public WorkerHealth replacementFailed(Moment next) {
        return with(new Replacement(tries() + 1, next, recalled()));
    }

    public WorkerHealth markRolledBack() {
        return with(new Replacement(0, null, true));
    }

    public WorkerHealth suspended(@Nullable Signal by) {
        return new WorkerHealth(check, watchdog, memory, replacement, by);
    }
}
