// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;

/// Version of a program: a definition as a worker was or will be started with.
///
/// @param generation grows by one with every rollout, from 1
/// @param origin what made it, and who asked
public record ProgramVersion(int generation, ProgramSpec spec, VersionOrigin origin) {
    /// Makes a version of which nobody knows the origin.
    public ProgramVersion(int generation, ProgramSpec spec) {
        this(generation, spec, VersionOrigin.NONE);
    }

    /// Describes it for a person: `3`, or `3 (release 42)`.
    public String numberAndRelease() {
        Release release = spec.release();
        return generation + (release == null ? "" : " (release " + release.name() + ")");
    }

    /// The same generation under new management: see [ProgramSpec#spawnSettings()].
    public ProgramVersion managedBy(ProgramSpec other) {
        return new ProgramVersion(generation, other, origin);
    }

    /// The same generation for workers that were started as nobody knows: see
    /// [ProgramSpec#withUnknownSpawn()].
    public ProgramVersion withUnknownSpawn() {
        return new ProgramVersion(generation, spec.withUnknownSpawn(), origin);
    }

    /// The same with another origin.
    public ProgramVersion madeBy(VersionOrigin other) {
        return new ProgramVersion(generation, spec, other);
    }

    /// The rollback that the program stays on; null if this is the file's definition.
    public OperatorOverride.@Nullable Rollback rollback() {
        return origin.rollback();
    }

    /// Describes the generation, and of a rollback the one whose definition it has, as in
    /// `generation 4 (generation 2 again)`.
    public String words() {
        OperatorOverride.Rollback rollback = origin.rollback();
        String again =
                rollback == null || origin.made() != VersionOrigin.Made.ROLLBACK
                        ? ""
                        : " (generation " + rollback.generation() + " again)";
        return "generation " + numberAndRelease() + again;
    }
}
