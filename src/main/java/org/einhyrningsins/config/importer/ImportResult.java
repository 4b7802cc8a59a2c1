// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

/// Result of an import.
///
/// @param yaml text of a configuration file, with a comment on all that it could not express
/// @param programs number of programs in it
/// @param changes number of settings that do not do what they did; each has its comment
/// @param blocked number of the programs that cannot run as they did, and have `workers: 0`
public record ImportResult(String yaml, int programs, int changes, int blocked) {

    /// Describes how much of the source was carried over. "Nothing is lost" is said only if every
    /// line was carried over, or means the same here without being written.
    public String verdict() {
        if (changes == 0) {
            return "nothing is lost";
        }
        String settings =
                changes == 1
                        ? "1 thing is not as it was, with a comment"
                        : changes + " things are not as they were, each with a comment";
        return blocked == 0
                ? settings
                : settings
                        + "; "
                        + (blocked == 1 ? "1 program has" : blocked + " programs have")
                        + " workers: 0 until that is settled";
    }
}
