// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.time.Duration;
import java.util.List;

/// How a worker is told to go: one signal after the other, with time between them.
///
/// @param steps at least one; after the last there is nothing more to try, so it is KILL
public record StopSpec(List<Step> steps) {
    /// TERM, thirty seconds, KILL.
    public static final StopSpec DEFAULT =
            new StopSpec(
                    List.of(
                            new Step(Signal.TERM, Duration.ofSeconds(30)),
                            new Step(Signal.KILL, Duration.ZERO)));

    public StopSpec {
        steps = List.copyOf(steps);
    }

    /// A signal, and how long its effect is waited for before the next step.
    public record Step(Signal signal, Duration patience) {}
}
