// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.ServicesSpec;

import java.nio.file.Path;

/// The door of the room: a file in, its meaning or all its problems out.
public final class Loader {
    private Loader() {}

    /// Reads a file with all that it includes. Blocks for as long as reading files and resolving
    /// host names take; throws nothing for whatever the files hold.
    public static Loaded load(Path file, Surroundings surroundings) {
        Problems problems = new Problems();
        ServicesSpec services = new ServicesReader(file, surroundings, problems).read();
        return problems.none()
                ? new Loaded.Valid(services, problems.warnings())
                : new Loaded.Invalid(problems.problems());
    }
}
