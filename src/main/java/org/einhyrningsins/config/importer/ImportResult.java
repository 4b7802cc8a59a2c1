// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

/// What an import made.
///
/// @param yaml the text of a file, with a comment on all that it could not say
/// @param programs how many there are in it
/// @param changes how many settings do not do what they did; each has its comment
/// @param blocked how many of the programs cannot be run as they were, and have `workers: 0`
public record ImportResult(String yaml, int programs, int changes, int blocked) {

    /// How much of the source it is. "Nothing is lost" is said only if every line was carried over,
    /// or means the same here without being written.
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
