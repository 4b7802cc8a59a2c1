// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

/// Origin of a version: what made it, and who asked for it.
///
/// @param by who asked, in words; empty if nobody knows
/// @param atMillis time of the request: milliseconds since 1970, UTC; 0 if nobody knows
/// @param rollback the rollback that it stays on; null if it is the file's definition
public record VersionOrigin(
        Made made, String by, long atMillis, OperatorOverride.@Nullable Rollback rollback) {
    /// Nothing is known.
    public static final VersionOrigin NONE = new VersionOrigin(Made.UNKNOWN, "", 0, null);

    /// Origin of a version.
    public enum Made {
        /// Not known: an earlier release of the manager made it.
        UNKNOWN("-"),
        /// The start of the manager, or of the program.
        START("start"),
        RELOAD("reload"),
        /// A rollout of the same definition.
        UPGRADE("upgrade"),
        ROLLBACK("rollback"),
        /// The start of a manager in place of one that was killed, or the way back of a reload that
        /// nobody confirmed.
        RECOVERY("recovery"),
        /// The restart of a program that it is restarted with.
        DEPENDENCY("restart-with");

        private final String word;

        Made(String word) {
            this.word = word;
        }

        /// Returns the word for people and the wire.
        public String word() {
            return word;
        }
    }

    /// Origin of a version of the file's definition.
    public static VersionOrigin of(Made made, String by, long atMillis) {
        return new VersionOrigin(made, by, atMillis, null);
    }

    /// True if nobody knows.
    public boolean unknown() {
        return made == Made.UNKNOWN;
    }

    /// The same for a definition that stays whatever the file says.
    ///
    /// @param stays null for the file's definition
    public VersionOrigin on(OperatorOverride.@Nullable Rollback stays) {
        return new VersionOrigin(made, by, atMillis, stays);
    }
}
