// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

/// The end of a worker.
///
/// @param incarnation which of its slot's occupants it was
/// @param code its exit status; null if a signal killed it, or nobody knows
/// @param signal the name of the signal that killed it, `SIGKILL`; null if none did
/// @param core whether it left a core
/// @param oom whether the kernel killed it, or some of it, since memory ran out
/// @param shared whether that was the memory of all workers of its program together
/// @param left number of processes it left behind in other groups or sessions
/// @param why reason for its stop, in words; empty if it ended of itself
/// @param text all of it in words
/// @param at time of its end, as RFC 3339 has it
/// @param livedMillis its life, in milliseconds
public record LastExit(
        int slot,
        long incarnation,
        @Nullable Integer code,
        @Nullable String signal,
        boolean core,
        boolean oom,
        boolean shared,
        int left,
        String why,
        String text,
        String at,
        long livedMillis) {}
