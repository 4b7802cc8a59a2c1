// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// The end of a worker.
///
/// @param worker its slot, and which of the slot's occupants it was
/// @param status what the kernel told of it
/// @param why reason for its stop, in words; empty if it ended of itself
/// @param text all of it in words
/// @param at time of its end, as RFC 3339 has it
/// @param livedMillis its life, in milliseconds
public record LastExit(
        WorkerId worker, Status status, String why, String text, String at, long livedMillis) {
    /// Exit of a process, as the kernel tells it.
    ///
    /// @param code its exit status; null if a signal killed it, or nobody knows
    /// @param signal the name of the signal that killed it, `SIGKILL`; null if none did
    /// @param core whether it left a core
    /// @param oom whether the kernel killed it, or some of it, since memory ran out
    /// @param shared whether that was the memory of all workers of its program together
    /// @param left number of processes it left behind in other groups or sessions
    public record Status(
            @Nullable Integer code,
            @Nullable String signal,
            boolean core,
            boolean oom,
            boolean shared,
            int left) {}
}
