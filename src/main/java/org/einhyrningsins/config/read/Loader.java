// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.read.Loaded.Whereabouts;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The door of the room: a file in, its meaning or all its problems out.
public final class Loader {
    private Loader() {}

    /// The same as [#load(Path, Surroundings)], and where each key of a program was given.
    ///
    /// @param origins is filled with `FILE:LINE` for each `PROGRAM.KEY`
    public static Loaded load(Path file, Surroundings surroundings, Map<String, String> origins) {
        return bounded(file, surroundings, origins);
    }

    /// Reads a file with all that it includes. Blocks for as long as reading files and resolving
    /// host names take; throws nothing for whatever the files hold.
    public static Loaded load(Path file, Surroundings surroundings) {
        return bounded(file, surroundings, null);
    }

    private static Loaded bounded(
            Path file, Surroundings surroundings, @Nullable Map<String, String> origins) {
        try {
            Problems problems = new Problems();
            var values = new Values(problems);
            ServicesSpec services = read(file, surroundings, origins, values);
            return services != null && problems.none()
                    ? new Loaded.Valid(services, problems.warnings())
                    : new Loaded.Invalid(
                            problems.problems(),
                            problems.warnings(),
                            values.names().missed(),
                            services == null ? Whereabouts.UNKNOWN : Whereabouts.of(services));
        } catch (OutOfMemoryError _) {
            return tooLarge(file);
        }
    }

    /// What was read is garbage by now, so a running manager can go on with what it has.
    /// [org.einhyrningsins.config.source.Budget] makes this rare: it takes a manager that is full
    /// already.
    private static Loaded tooLarge(Path file) {
        String message =
                "it takes more memory than there is; give the manager more, as in"
                        + " EINHYRNINGSINS_JAVA_OPTS=-Xmx128m";
        var problem = new Problem(file, 0, 0, "", message, "");
        return new Loaded.Invalid(List.of(problem), List.of(), false, Whereabouts.UNKNOWN);
    }

    /// Null if a path cannot be handled at all: in the C locale the JVM knows only ASCII file
    /// names.
    private static @Nullable ServicesSpec read(
            Path file,
            Surroundings surroundings,
            @Nullable Map<String, String> origins,
            Values values) {
        try {
            return new ServicesReader(file, surroundings, origins, values).read();
        } catch (InvalidPathException e) {
            values.problems()
                    .report(
                            Place.of(new Source(file, "")),
                            "the path "
                                    + Texts.quoted(e.getInput())
                                    + " cannot be used: there is no locale C.UTF-8 on this machine,"
                                    + " in which it could be named; install it, or name it in"
                                    + " ASCII");
            return null;
        }
    }
}
