// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// Condition of a program that a client may wait for.
public enum ProgramCondition {
    /// As many workers are ready as are wanted; of a job, it ended well.
    READY,
    /// No process of it is left, and none is started by itself.
    STOPPED,
    /// All its workers ended with success.
    DONE,
    /// No rollout is under way, and the last one did not fail.
    ROLLED;

    /// Returns the word for people and the wire.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The condition of a word; null if there is none.
    public static @Nullable ProgramCondition of(String word) {
        for (ProgramCondition condition : values()) {
            if (condition.word().equals(word)) {
                return condition;
            }
        }
        return null;
    }
}
