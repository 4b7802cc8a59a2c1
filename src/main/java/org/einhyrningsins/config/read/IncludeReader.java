// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.Glob;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/// Reads `include`: files and patterns, each file once.
final class IncludeReader {
    private final Path file;
    private final LoadEnvironment loadEnvironment;
    private final ValueReader valueReader;
    private final ProblemCollector problemCollector;
    private final BooleanSupplier full;
    private final BiConsumer<Path, SourcePosition> each;
    private final Map<Path, SourcePosition> included = new HashMap<>();

    /// @param file the main file, as the user named it
    /// @param full true if no more files are wanted
    /// @param each receives each file, with the place that names it
    IncludeReader(
            Path file,
            LoadEnvironment loadEnvironment,
            ValueReader valueReader,
            BooleanSupplier full,
            BiConsumer<Path, SourcePosition> each) {
        this.file = file;
        this.loadEnvironment = loadEnvironment;
        this.valueReader = valueReader;
        this.problemCollector = valueReader.problems();
        this.full = full;
        this.each = each;
    }

    void read(@Nullable ConfigNode include) {
        if (include == null) {
            return;
        }
        included.put(real(file), include.place());
        for (ConfigNode configNode : valueReader.oneOrMany(include)) {
            if (full.getAsBoolean()) {
                return;
            }
            String pattern =
                    valueReader.text(configNode, "a file or a pattern such as conf.d/*.yaml");
            if (pattern != null
                    && valueReader.isPath(configNode, pattern, loadEnvironment.environment())) {
                include(pattern, configNode.place());
            }
        }
    }

    /// Resolves paths beside the main file, named as the user named that.
    private void include(String pattern, SourcePosition sourcePosition) {
        if (Glob.isWild(pattern)) {
            includeAll(pattern, sourcePosition);
        } else {
            includeOne(pattern, sourcePosition);
        }
    }

    private void includeOne(String path, SourcePosition mention) {
        Path sibling = file.resolveSibling(path);
        Path real = real(sibling);
        SourcePosition first = included.putIfAbsent(real, mention);
        if (real.equals(real(file))) {
            problemCollector.report(mention, "a file cannot include itself");
        } else if (first != null) {
            problemCollector.report(mention, sibling + " is included already, at " + first);
        } else {
            each.accept(sibling, mention);
        }
    }

    /// Includes files, without the main file and those included already: so a list can name the
    /// first one and then all others.
    private void includeAll(String pattern, SourcePosition mention) {
        List<String> matching;
        try {
            matching = Glob.find(pattern, file);
        } catch (ValueException e) {
            problemCollector.report(mention, e.reason());
            return;
        }
        int matched = 0;
        for (String path : matching) {
            Path sibling = file.resolveSibling(path);
            if (included.putIfAbsent(real(sibling), mention) == null) {
                each.accept(sibling, mention);
                matched++;
            }
        }
        if (matched == 0) {
            problemCollector.warn(mention, "no file matches; nothing is included");
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException _) {
            // reading it will tell why
            return path.toAbsolutePath().normalize();
        }
    }
}
