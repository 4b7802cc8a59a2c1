// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// Command of an operator, or of the manager on their behalf, to one program. A scope is a set of
/// slots; null means all of them.
public sealed interface ProgramCommand {
    /// Run, forgetting failures; answered when every worker is up, or one fails repeatedly.
    ///
    /// @param toItsEnd of a job, answered when it has ended
    record Start(@Nullable Set<Integer> scope, boolean toItsEnd) implements ProgramCommand {
        /// Answered when every worker is up, a job or not.
        public Start(@Nullable Set<Integer> scope) {
            this(scope, false);
        }
    }

    /// Stop, gracefully first; answered when no process is left.
    ///
    /// @param first sent instead of the first signal of the program's own steps; null for those
    record Stop(@Nullable Set<Integer> scope, @Nullable Signal first) implements ProgramCommand {}

    /// Stop, and start when all is gone; answered as a [Start] to its end. Requests are lost.
    record Restart(@Nullable Set<Integer> scope) implements ProgramCommand {}

    /// Sends the next signal now to those that were told to stop and have not ended.
    record SkipWait() implements ProgramCommand {}

    /// Roll the definition as it is.
    ///
    /// @param strategy instead of the program's own; null for that
    /// @param spec the definition that serves, with the release that its links point at now; null
    ///   for the one that it runs
    record Upgrade(
            @Nullable Set<Integer> scope, @Nullable Strategy strategy, @Nullable ProgramSpec spec)
            implements ProgramCommand {
        /// Rolls the release that runs.
        public Upgrade(@Nullable Set<Integer> scope, @Nullable Strategy strategy) {
            this(scope, strategy, null);
        }
    }

    /// Let the rollout under way go on from its canary to the rest, without watching it longer.
    record Promote() implements ProgramCommand {}

    /// End the rollout under way and bring the old version back; answered when it is.
    record Abort() implements ProgramCommand {}

    /// Take over a definition: by rolling if workers are started differently, else in place.
    ///
    /// @param roll roll even if nothing has changed
    /// @param rollback the rollback whose definition it is; null for the file's
    record Apply(ProgramSpec spec, boolean roll, OperatorOverride.@Nullable Rollback rollback)
            implements ProgramCommand {
        /// Take over the file's definition.
        public Apply(ProgramSpec spec, boolean roll) {
            this(spec, roll, null);
        }

        /// The command, for the answer.
        public String verb() {
            return roll && rollback != null ? "rollback" : "reload";
        }
    }

    /// Like [Apply], and drops operator overrides: stops, held slots, scaling and rollbacks.
    record Reset(ProgramSpec spec, boolean roll) implements ProgramCommand {}

    /// Run for the first time, in place of others that serve until then: answered as a rollout is,
    /// and when it fails, the program does not run.
    ///
    /// @param before definition that served in its place under another name, as a definition of
    ///   this program: it comes back if the program fails soon after; null for nothing
    record Debut(@Nullable ProgramSpec before) implements ProgramCommand {}

    /// Take over a definition, and bring all new workers up beside the old ones, none of which goes
    /// before [Release]; answered when they are up.
    ///
    /// @param rollback the rollback whose definition it is; null for the file's
    record Hold(ProgramSpec spec, OperatorOverride.@Nullable Rollback rollback)
            implements ProgramCommand {
        /// Take over the file's definition.
        public Hold(ProgramSpec spec) {
            this(spec, null);
        }
    }

    /// Go on with a rollout that is held; answered as a rollout is.
    record Release() implements ProgramCommand {}

    /// Stay with the definition that serves, since the change that was to come is off: a rollout
    /// that is held goes back. Answered at once, as failed.
    ///
    /// @param why in words
    record Keep(String why) implements ProgramCommand {}

    /// Run that many workers more, or fewer.
    record ScaleBy(int delta) implements ProgramCommand {}

    /// Run that many workers.
    record ScaleTo(int count) implements ProgramCommand {}

    /// Send a signal to workers, those that are stopping included.
    ///
    /// @param workers to whom; null for all
    record SendSignal(Signal signal, @Nullable Set<WorkerId> workers) implements ProgramCommand {}
}
