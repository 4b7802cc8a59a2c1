// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.plan.SocketHandoverOrder;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A reload in which programs wait for others that are to take over from them.
///
/// @param state how far each program has come
/// @param tasks what each program is told in its turn
/// @param asked what was asked and is not answered
public record ReloadSnapshot(SocketHandoverOrder state, List<Task> tasks, List<Asked> asked) {
    public ReloadSnapshot {
        tasks = List.copyOf(tasks);
        asked = List.copyOf(asked);
    }

    /// What becomes of a program in its turn.
    ///
    /// @param command what it is told when it changes
    /// @param definition what it takes over; null for one that goes
    /// @param removed the file has it no more
    /// @param debut it is new, and goes again if it does not come up
    /// @param ticket of its answer to who asked for the reload
    /// @param what it takes over from others, in words; empty for nothing
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
