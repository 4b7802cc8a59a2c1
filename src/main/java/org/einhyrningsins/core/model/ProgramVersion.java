// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;

/// Version of a program: a definition as a worker was or will be started with.
///
/// @param generation grows by one with every rollout, from 1
public record ProgramVersion(int generation, ProgramSpec spec) {
    /// Describes it for a person: `3`, or `3 (release 42)`.
    public String told() {
        Release release = spec.release();
        return generation + (release == null ? "" : " (release " + release.name() + ")");
    }

    /// The same generation under new management: see [ProgramSpec#birth()].
    public ProgramVersion managedBy(ProgramSpec other) {
        return new ProgramVersion(generation, other);
    }

    /// The same generation for workers that were born as nobody knows: see
    /// [ProgramSpec#ofUnknownBirth()].
    public ProgramVersion ofUnknownBirth() {
        return new ProgramVersion(generation, spec.ofUnknownBirth());
    }
}
