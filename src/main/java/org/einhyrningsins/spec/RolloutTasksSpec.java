// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.util.List;

/// Tasks of a rollout, each run once for each generation, one after the other.
///
/// @param before those that must succeed before the first new worker starts
/// @param after those that are run when the new version serves
/// @param rollbacks true if a rollback runs those before, of the version that it brings back
public record RolloutTasksSpec(List<TaskSpec> before, List<TaskSpec> after, boolean rollbacks) {
    /// No tasks.
    public static final RolloutTasksSpec NONE = new RolloutTasksSpec(List.of(), List.of(), false);

    public RolloutTasksSpec {
        before = List.copyOf(before);
        after = List.copyOf(after);
    }

    /// The tasks of that stage.
    public List<TaskSpec> of(Stage stage) {
        return switch (stage) {
            case BEFORE -> before;
            case AFTER -> after;
        };
    }

    /// Stages of a rollout that have tasks.
    public enum Stage {
        /// Before the first new worker starts.
        BEFORE,
        /// When the new version serves.
        AFTER
    }
}
