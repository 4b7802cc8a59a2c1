// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.fact;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// Type of a fact, the same in the log (format json), in `events`, in `explain` and in the state
/// directory.
public enum FactKind {
    /// A worker was started.
    STARTED,
    /// A worker is ready.
    READY,
    /// A worker could not be started: it never ran.
    SPAWN_FAILED,
    /// A worker was not up in time.
    ACK_MISSED,
    /// A worker gave no sign of life in time, or said that it is beyond help.
    HUNG,
    /// A worker ended; with its exit status or signal.
    EXITED,
    /// A worker was told to stop, with the reason.
    TOLD_TO_STOP,
    /// A worker, or the program as a whole, fails its health checks.
    UNHEALTHY,
    /// A worker was stopped by a signal, and does nothing until it goes on.
    SUSPENDED,
    /// A worker goes on after that.
    RESUMED,
    /// A rollout began.
    ROLLOUT_BEGAN,
    /// A rollout ended; with its result.
    ROLLOUT_ENDED,
    /// The newest version failed, and an older one is kept or comes back.
    VERSION_FAILED,
    /// A canary is watched.
    CANARY,
    /// Workers crash again and again.
    CRASH_LOOP,
    /// A crash loop is over.
    CRASH_LOOP_OVER,
    /// The program died too often, and is not started again by itself.
    GAVE_UP,
    /// The program waits for others.
    WAITING,
    /// The program is stopped by an operator.
    STOPPED,
    /// All its workers ended with success.
    DONE,
    /// A worker failed and none is started again.
    FAILED,
    /// An operator gave a command; with who.
    COMMAND,
    /// The configuration was read and is in force.
    CONFIG_READ,
    /// Trouble with its output: lines that were lost, a log that cannot be written.
    OUTPUT,
    /// The program is no longer in the file, and gone.
    REMOVED,
    /// Anything else that was told.
    NOTE;

    /// Returns the word for people and the wire, as in `spawn-failed`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The kind of a word; null for one that this version does not know.
    public static @Nullable FactKind of(String word) {
        for (FactKind kind : values()) {
            if (kind.word().equals(word)) {
                return kind;
            }
        }
        return null;
    }
}
