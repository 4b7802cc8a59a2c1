// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/// The door of the room: a file in, its meaning or all its problems out.
public final class Loader {
    private Loader() {}

    /// Reads a file with all that it includes. Blocks for as long as reading files and resolving
    /// host names take; throws nothing for whatever the files hold.
    public static Loaded load(Path file, Surroundings surroundings) {
        try {
            Problems problems = new Problems();
            ServicesSpec services = read(file, surroundings, problems);
            return services != null && problems.none()
                    ? new Loaded.Valid(services, problems.warnings())
                    : new Loaded.Invalid(problems.problems(), problems.warnings());
        } catch (OutOfMemoryError _) {
            return tooLarge(file);
        }
    }

    /// What was read is garbage by now, so a running manager can go on with what it has. [Budget]
    /// makes this rare: it takes a manager that is full already.
    private static Loaded tooLarge(Path file) {
        String message =
                "it takes more memory than there is; give the manager more, as in"
                        + " EINHYRNINGSINS_JAVA_OPTS=-Xmx128m";
        return new Loaded.Invalid(List.of(new Problem(file, 0, 0, "", message, "")), List.of());
    }

    /// Null if a path cannot be handled at all: in the C locale the JVM knows only ASCII file
    /// names.
    private static @Nullable ServicesSpec read(
            Path file, Surroundings surroundings, Problems problems) {
        try {
            return new ServicesReader(file, surroundings, problems).read();
        } catch (InvalidPathException e) {
            problems.report(
                    Place.of(new Source(file, "")),
                    "the path "
                            + Texts.quoted(e.getInput())
                            + " cannot be used in this locale; set LC_ALL=C.UTF-8 for the manager");
            return null;
        }
    }
}
