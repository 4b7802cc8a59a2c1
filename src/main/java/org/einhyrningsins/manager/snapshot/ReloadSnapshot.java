// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.plan.SocketHandoverOrder;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A reload in which programs wait for others that are to take over from them.
///
/// @param state progress of each program
/// @param tasks tasks of the programs, each in its turn
/// @param asked commands that are not answered yet
public record ReloadSnapshot(SocketHandoverOrder state, List<Task> tasks, List<Asked> asked) {
    public ReloadSnapshot {
        tasks = List.copyOf(tasks);
        asked = List.copyOf(asked);
    }

    /// Task of a program in a staged reload.
    ///
    /// @param command command to give when it changes
    /// @param definition next definition; null for a program that is removed
    /// @param removed true if the file no longer has it
    /// @param debut true if it is new, and is removed again if it does not come up
    /// @param ticket ticket of its answer to the client that asked for the reload
    /// @param what what it takes over from others, in words; empty for nothing
    public record Task(
            String program,
            ProgramCommand command,
            @Nullable ProgramSpec definition,
            boolean removed,
            boolean debut,
            long ticket,
            String what) {}

    /// A question to a program.
    ///
    /// @param hold whether its new workers are up; else whether it has changed
    public record Asked(long ticket, String program, boolean hold) {}
}
