// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.time.Duration;
import java.util.List;

/// Stop sequence of a worker: one signal after the other, with time between them.
///
/// @param steps at least one; the last is KILL, since nothing can follow it
/// @param to receiver of the signals while the worker's own process lives; once that has ended, the
///   rest of its process group gets them. KILL always goes to the group
public record StopSpec(List<Step> steps, To to) {
    /// TERM, thirty seconds, KILL.
    public static final StopSpec DEFAULT =
            new StopSpec(
                    List.of(
                            new Step(Signal.TERM, Duration.ofSeconds(30)),
                            new Step(Signal.KILL, Duration.ZERO)));

    /// Steps that begin with the worker's own process.
    public StopSpec(List<Step> steps) {
        this(steps, To.PROCESS);
    }

    public StopSpec {
        steps = List.copyOf(steps);
    }

    /// Receiver of the signals of a stop.
    public enum To {
        /// The process that was started.
        PROCESS,
        /// The process group: the worker, and descendants that stayed in it.
        GROUP;

        static final To DEFAULT = PROCESS;
    }

    /// The same steps, sent to others.
    public StopSpec to(To whom) {
        return new StopSpec(steps, whom);
    }

    /// A signal, and how long its effect is waited for before the next step.
    public record Step(Signal signal, Duration patience) {}
}
