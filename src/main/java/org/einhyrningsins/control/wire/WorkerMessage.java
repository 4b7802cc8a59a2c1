// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

/// Message of a worker about itself. The pid is a claim: the server believes it only if the
/// kernel's peer credentials agree.
public sealed interface WorkerMessage extends ParsedLine {
    /// The process that is said to be the worker.
    int pid();

    /// Returns the text to echo in a reply; null if no reply is expected.
    @Nullable JsonId id();

    /// The worker is up.
    record Ack(int pid, @Nullable JsonId id) implements WorkerMessage {}

    /// The worker is alive.
    ///
    /// @param work what it is at, as it says itself: einhorn's `request_id`; null if it does not
    record Ping(int pid, @Nullable JsonId id, @Nullable JsonId work) implements WorkerMessage {}
}
