// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// Versions of a program: the one that serves, and what became of the others.
///
/// @param serving the definition that respawns use
/// @param next generation of the next rollout
/// @param verdict result of the last rollout, in words; empty if none, or if it is obsolete
/// @param fallback the version that comes back if the one that serves fails soon; null for none
/// @param setback failure of the newest version; null if none, or if it is obsolete
/// @param renewal when its workers were last replaced because somebody asked for it
public record ProgramVersions(
        ProgramVersion serving,
        int next,
        String verdict,
        @Nullable FallbackVersion fallback,
        @Nullable VersionFailure setback,
        Renewal renewal) {
    /// A version that none was before, or of those before which nothing is known.
    public static ProgramVersions of(ProgramVersion first) {
        return new ProgramVersions(first, first.generation() + 1, "", null, null, Renewal.NONE);
    }
}
