// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// One generation in the history of a program.
///
/// @param version with its definition as it was managed last; null if it was dropped, since the
///   history is bounded
/// @param release name of its release; empty if it has none
/// @param origin what made it, and who asked
/// @param changed keys in which it differs from the generation that served then
/// @param files its program file, and the files that its command names, as they were when it began
public record GenerationRecord(
        int number,
        @Nullable ProgramVersion version,
        String release,
        VersionOrigin origin,
        List<String> changed,
        GenerationFate fate,
        List<FileIdentity> files) {
    public GenerationRecord {
        changed = List.copyOf(changed);
        files = List.copyOf(files);
    }

    /// True if it serves.
    public boolean serves() {
        return fate.sinceMillis() > 0 && fate.endedMillis() == 0;
    }

    /// True if it is one to go back to: it was rolled and has not failed since.
    public boolean good() {
        return fate.verdict() == GenerationFate.Verdict.ROLLED;
    }

    /// The same with another fate.
    public GenerationRecord fate(GenerationFate other) {
        return new GenerationRecord(number, version, release, origin, changed, other, files);
    }

    /// The same, which served until then; the same if it does not serve.
    public GenerationRecord endedAt(long millis) {
        return serves() ? fate(fate.served(fate.sinceMillis(), millis)) : this;
    }

    /// The same under a version of the same number; null for none. A release that was found out
    /// later is added.
    public GenerationRecord version(@Nullable ProgramVersion other) {
        Release found = other == null ? null : other.spec().release();
        String name = release.isEmpty() && found != null ? found.name() : release;
        return new GenerationRecord(number, other, name, origin, changed, fate, files);
    }

    /// The same with its files as they were found.
    public GenerationRecord files(List<FileIdentity> found) {
        return new GenerationRecord(number, version, release, origin, changed, fate, found);
    }
}
