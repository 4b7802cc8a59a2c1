// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/// Phase of a program: the state it is meant to be in.
public sealed interface ProgramPhase {
    /// Dead workers are replaced.
    ///
    /// @param up every worker that is wanted was ready, once at the same time, since it began to
    ///   run
    record Running(boolean up) implements ProgramPhase {}

    /// Waiting: it starts as soon as its dependencies are up.
    ///
    /// @param on dependencies that are waited for; empty until
    ///   [org.einhyrningsins.core.plan.DependencyGraph] was asked
    /// @param by reason why it will not start unless somebody acts; null for none so far
    record Waiting(Set<String> on, @Nullable Blocker by) implements ProgramPhase {
        public Waiting {
            on = Collections.unmodifiableSet(new TreeSet<>(on));
        }

        /// Describes why it does not run, for a person.
        public String words() {
            String names = String.join(", ", on);
            if (by == null) {
                return on.isEmpty() ? "is to start" : "waits for " + names;
            }
            return on.contains(by.program())
                    ? "does not start: " + by.words()
                    : "does not start: waits for " + names + ", and " + by.words();
        }
    }

    /// Reason that keeps a program from starting.
    ///
    /// @param program the other program
    /// @param stopped true if it is stopped; else it failed
    /// @param byHand true if only a command starts it
    /// @param job true if it is a job
    record Blocker(String program, boolean stopped, boolean byHand, boolean job) {
        String words() {
            String start = "; 'start " + program + "' ";
            if (!stopped) {
                return program + " has failed" + (job ? start + "runs it again" : "");
            }
            return byHand
                    ? program
                            + " waits to be started by hand"
                            + start
                            + (job ? "runs" : "starts")
                            + " it"
                    : program + " was stopped";
        }
    }

    /// The operator does not want it.
    record Stopped() implements ProgramPhase {}

    /// Given up: it died too often; no worker is replaced until the operator asks.
    record Failed(String why) implements ProgramPhase {}
}
