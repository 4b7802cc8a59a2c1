// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// What is known of the tasks of a program, and of a program that is a task.
///
/// @param stage the tasks that are under way; null for none
/// @param ranFor of a task: generation of its owner for which it ran last, or runs; 0 if it never
///   did. No task runs twice for one generation
/// @param dueMillis of a job with a schedule: the last time at which it was due, milliseconds since
///   1970; 0 if it never was. No job runs twice for one time
/// @param queued true if a run that was due waits for the end of the one before it
public record TaskState(@Nullable TaskStage stage, int ranFor, long dueMillis, boolean queued) {
    /// Nothing under way, nothing run.
    public static final TaskState NONE = new TaskState(null, 0, 0, false);

    /// The same with other tasks under way.
    public TaskState at(@Nullable TaskStage other) {
        return new TaskState(other, ranFor, dueMillis, queued);
    }

    /// The same of a task that ran for another generation.
    public TaskState ranFor(int generation) {
        return new TaskState(null, generation, dueMillis, queued);
    }

    /// The same of a job that was due at another time.
    public TaskState due(long millis) {
        return new TaskState(stage, ranFor, millis, queued);
    }

    /// The same with a run that waits, or without.
    public TaskState queue(boolean waits) {
        return new TaskState(stage, ranFor, dueMillis, waits);
    }
}
