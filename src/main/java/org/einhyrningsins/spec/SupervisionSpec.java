// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Supervision of a program's workers: when they are up, how they are watched, stopped, started
/// again and replaced. All of it can change while workers run.
///
/// @param ack how a worker acknowledges that it is up
/// @param stop the stop sequence
/// @param restart the restart policy
/// @param rollout the rollout policy
/// @param monitoring monitoring of workers that are up
/// @param start when it is started
/// @param tasks tasks of a rollout
/// @param job what makes the program a job; null for one that serves
public record SupervisionSpec(
        AckSpec ack,
        StopSpec stop,
        RestartSpec restart,
        RolloutSpec rollout,
        MonitoringSpec monitoring,
        StartSpec start,
        RolloutTasksSpec tasks,
        @Nullable JobSpec job) {
    /// What holds where the file says nothing.
    public static final SupervisionSpec DEFAULT =
            new SupervisionSpec(
                    AckSpec.DEFAULT,
                    StopSpec.DEFAULT,
                    RestartSpec.DEFAULT,
                    RolloutSpec.DEFAULT,
                    MonitoringSpec.NONE,
                    StartSpec.NONE);

    /// The treatment of a program that serves, and has no tasks.
    public SupervisionSpec(
            AckSpec ack,
            StopSpec stop,
            RestartSpec restart,
            RolloutSpec rollout,
            MonitoringSpec monitoring,
            StartSpec start) {
        this(ack, stop, restart, rollout, monitoring, start, RolloutTasksSpec.NONE, null);
    }

    /// The treatment of a task.
    static SupervisionSpec of(JobSpec job) {
        return new SupervisionSpec(
                AckSpec.AT_ONCE,
                StopSpec.DEFAULT,
                RestartSpec.ONCE,
                RolloutSpec.DEFAULT,
                MonitoringSpec.NONE,
                new StartSpec(true, List.of()),
                RolloutTasksSpec.NONE,
                job);
    }

    /// The same treatment, started after what another is.
    SupervisionSpec startingAfter(StartSpec others) {
        return new SupervisionSpec(
                ack,
                stop,
                restart,
                rollout,
                monitoring,
                new StartSpec(start.manual(), others.after(), others.terms()),
                tasks,
                job);
    }
}
