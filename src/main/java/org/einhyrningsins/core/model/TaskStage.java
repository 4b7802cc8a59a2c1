// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;

/// The tasks of a rollout that are under way: one runs, or is about to.
///
/// @param stage the stage whose tasks they are
/// @param version the version that is rolled to
/// @param next index of the task that runs, counted from 0
/// @param asked true if the manager was told to run it
public record TaskStage(
        RolloutTasksSpec.Stage stage, ProgramVersion version, int next, boolean asked) {
    /// The same with its task ordered.
    public TaskStage ask() {
        return new TaskStage(stage, version, next, true);
    }

    /// The same with the task after that one.
    public TaskStage advance() {
        return new TaskStage(stage, version, next + 1, false);
    }

    /// True if all its tasks are done.
    public boolean over() {
        return next >= version.spec().supervision().tasks().of(stage).size();
    }

    /// Returns the program that the task is run as.
    public ProgramSpec program() {
        return version.spec().task(stage, next);
    }
}
