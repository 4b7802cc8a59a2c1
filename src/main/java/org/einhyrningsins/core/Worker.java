// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerHealth;
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

    /// Returns its next deadline; null if time changes nothing.
    @Nullable Moment deadline() {
        return switch (state) {
            case WorkerState.Starting s -> Moment.earlier(s.deadline(), s.nextProbe());
            case WorkerState.Settling s -> Moment.earlier(s.until(), HealthMonitor.deadline(this));
            case WorkerState.Ready ignored -> HealthMonitor.deadline(this);
            case WorkerState.Stopping s -> s.deadline();
        };
    }
}
