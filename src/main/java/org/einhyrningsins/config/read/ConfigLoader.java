// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.read.LoadResult.Whereabouts;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Entry point of the package: a file in, its meaning or all its problems out.
public final class ConfigLoader {
    private ConfigLoader() {}

    /// The same as [#load(Path, LoadEnvironment)], and where each key of a program was given.
    ///
    /// @param origins is filled with `FILE:LINE` for each `PROGRAM.KEY`
    public static LoadResult load(
            Path file, LoadEnvironment loadEnvironment, Map<String, String> origins) {
        return bounded(file, loadEnvironment, origins);
    }

    /// Reads a file with all that it includes. Blocks for as long as reading files and resolving
    /// host names take; throws nothing for whatever the files hold.
    public static LoadResult load(Path file, LoadEnvironment loadEnvironment) {
        return bounded(file, loadEnvironment, null);
    }

    private static LoadResult bounded(
            Path file, LoadEnvironment loadEnvironment, @Nullable Map<String, String> origins) {
        try {
            ProblemCollector problemCollector = new ProblemCollector();
            var valueReader = new ValueReader(problemCollector);
            ServicesSpec services = read(file, loadEnvironment, origins, valueReader);
            return services != null && problemCollector.none()
                    ? new LoadResult.Valid(services, problemCollector.warnings())
                    : new LoadResult.Invalid(
                            problemCollector.problems(),
                            problemCollector.warnings(),
                            valueReader.names().hasMissing(),
                            services == null ? Whereabouts.UNKNOWN : Whereabouts.of(services));
        } catch (OutOfMemoryError _) {
            return tooLarge(file);
        }
    }

    /// Returns the result for a file that takes more memory than there is. What was read is garbage
    /// by now, so a running manager can go on with what it has.
    /// [org.einhyrningsins.config.source.ConfigLimits] makes this rare: it takes a manager that is
    /// full already.
    private static LoadResult tooLarge(Path file) {
        String message =
                "it takes more memory than there is; give the manager more, as in"
                        + " EINHYRNINGSINS_JAVA_OPTS=-Xmx128m";
        var configProblem = new ConfigProblem(file, 0, 0, "", message, "");
        return new LoadResult.Invalid(
                List.of(configProblem), List.of(), false, Whereabouts.UNKNOWN);
    }

    /// Reads a file; null if a path cannot be handled at all: in the C locale the JVM knows only
    /// ASCII file names.
    private static @Nullable ServicesSpec read(
            Path file,
            LoadEnvironment loadEnvironment,
            @Nullable Map<String, String> origins,
            ValueReader valueReader) {
        try {
            return new ServicesReader(file, loadEnvironment, origins, valueReader).read();
        } catch (InvalidPathException e) {
            valueReader
                    .problems()
                    .report(
                            SourcePosition.of(new SourceText(file, "")),
                            "the path "
                                    + TextUtil.quoted(e.getInput())
                                    + " cannot be used: there is no locale C.UTF-8 on this machine,"
                                    + " in which it could be named; install it, or name it in"
                                    + " ASCII");
            return null;
        }
    }
}
