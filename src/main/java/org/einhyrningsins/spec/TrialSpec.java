// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.time.Duration;

/// How long a newer definition has to prove itself before, and after, the older one is given up.
///
/// @param probation how long the first new worker of a rollout has to live before any old worker is
///   told to go; zero for no longer than until it is up
/// @param rollbackWithin how long after its rollout a version that fails is rolled back by itself;
///   zero for never
public record TrialSpec(Duration probation, Duration rollbackWithin) {
    /// The probation where nobody asked for one and the ack is a timer, which says nothing about
    /// the worker.
    public static final Duration TIMER_PROBATION = Duration.ofSeconds(10);

    /// No probation, a rollback within a minute.
    public static final TrialSpec DEFAULT = new TrialSpec(Duration.ZERO, Duration.ofMinutes(1));

    /// The default for workers that are known to be up in that way.
    public static TrialSpec of(AckSpec ack) {
        return new TrialSpec(probation(ack), DEFAULT.rollbackWithin());
    }

    private static Duration probation(AckSpec ack) {
        return ack.mode() instanceof AckSpec.Timer ? TIMER_PROBATION : DEFAULT.probation();
    }
}
