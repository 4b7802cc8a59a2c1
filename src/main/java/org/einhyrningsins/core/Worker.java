// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerHealth;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// Worker: one process of a program.
///
/// @param version the definition it was started with
/// @param startedAt time when it was spawned
/// @param health its health data
public record Worker(
        WorkerId id,
        ProgramVersion version,
        Moment startedAt,
        WorkerState state,
        WorkerHealth health) {
    Worker withState(WorkerState next) {
        return new Worker(id, version, startedAt, next, health);
    }

    Worker withVersion(ProgramVersion other) {
        return new Worker(id, other, startedAt, state, health);
    }

    Worker with(WorkerHealth other) {
        return new Worker(id, version, startedAt, state, other);
    }

    /// True if it is ready: up and settled.
    public boolean ready() {
        return state instanceof WorkerState.Ready;
    }

    /// True if it is ready and not suspended by a signal.
    public boolean serves() {
        return ready() && health.suspended() == null;
    }

    /// True if its ack came, settled or not.
    boolean up() {
        return state instanceof WorkerState.Ready || state instanceof WorkerState.Settling;
    }

    /// True if it hangs in the kernel: see [WorkerState.Stopping#stuck()].
    public boolean stuck() {
        return state instanceof WorkerState.Stopping stopping && stopping.stuck();
    }

    /// Returns the time at which the worker of a job has taken too long; null if there is none.
    @Nullable Moment overdue() {
        JobSpec job = version.spec().job();
        return job == null || job.timeout() == null ? null : startedAt.plus(job.timeout());
    }

    /// Returns its next deadline; null if time changes nothing.
    @Nullable Moment deadline() {
        return switch (state) {
            case WorkerState.Starting s ->
                    Moment.earlier(overdue(), Moment.earlier(s.deadline(), s.nextProbe()));
            case WorkerState.Settling s ->
                    Moment.earlier(
                            overdue(), Moment.earlier(s.until(), HealthMonitor.deadline(this)));
            case WorkerState.Ready ignored ->
                    Moment.earlier(overdue(), HealthMonitor.deadline(this));
            case WorkerState.Stopping s -> s.deadline();
        };
    }
}
