// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.time.Duration;

/// Trial times of a newer definition, before and after the older one is given up.
///
/// @param probation time that the first new worker of a rollout has to live before any old worker
///   is told to stop; zero: it only has to be up
/// @param rollbackWithin time after its rollout within which a version that fails is rolled back
///   automatically; zero for never
public record TrialSpec(Duration probation, Duration rollbackWithin) {
    /// The probation where nobody asked for one and the ack is a timer, which says nothing about
    /// the worker.
    public static final Duration TIMER_PROBATION = Duration.ofSeconds(10);

    /// Default: no probation, a rollback within a minute.
    public static final TrialSpec DEFAULT = new TrialSpec(Duration.ZERO, Duration.ofMinutes(1));

    /// The default for workers that are known to be up in that way.
    public static TrialSpec of(AckSpec ack) {
        return new TrialSpec(probation(ack), DEFAULT.rollbackWithin());
    }

    private static Duration probation(AckSpec ack) {
        return ack.mode() instanceof AckSpec.Timer ? TIMER_PROBATION : DEFAULT.probation();
    }
}
