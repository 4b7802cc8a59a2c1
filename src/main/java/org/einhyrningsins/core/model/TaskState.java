// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// What is known of the tasks of a program, and of a program that is a task.
///
/// @param stage the tasks that are under way; null for none
/// @param ranFor of a task: generation of its owner for which it ran last, or runs; 0 if it never
///   did. No task runs twice for one generation
public record TaskState(@Nullable TaskStage stage, int ranFor) {
    /// Nothing under way, nothing run.
    public static final TaskState NONE = new TaskState(null, 0);

    /// The same with other tasks under way.
    public TaskState at(@Nullable TaskStage other) {
        return new TaskState(other, ranFor);
    }
}
