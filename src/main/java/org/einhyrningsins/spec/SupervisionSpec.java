// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.util.List;

/// Supervision of a program's workers: when they are up, how they are watched, stopped, started
/// again and replaced. All of it can change while workers run.
///
/// @param ack how a worker acknowledges that it is up
/// @param stop the stop sequence
/// @param restart the restart policy
/// @param rollout the rollout policy
/// @param monitoring monitoring of workers that are up
/// @param after the programs that are up before it starts, and are stopped after it; in the order
///   of the file
public record SupervisionSpec(
        AckSpec ack,
        StopSpec stop,
        RestartSpec restart,
        RolloutSpec rollout,
        MonitoringSpec monitoring,
        List<String> after) {
    /// The default where the file says nothing.
    public static final SupervisionSpec DEFAULT =
            new SupervisionSpec(
                    AckSpec.DEFAULT,
                    StopSpec.DEFAULT,
                    RestartSpec.DEFAULT,
                    RolloutSpec.DEFAULT,
                    MonitoringSpec.NONE,
                    List.of());

    public SupervisionSpec {
        after = List.copyOf(after);
    }

    /// The same treatment, started after other programs.
    public SupervisionSpec startingAfter(List<String> others) {
        return new SupervisionSpec(ack, stop, restart, rollout, monitoring, others);
    }
}
