// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;

import java.nio.file.Path;

/// Reads files of other managers, and finds the directory that their relative paths begin in.
public final class ImportedFile {
    private ImportedFile() {}

    /// The absolute directory that a file is in.
    public static Path folder(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    /// Reads a file of another manager.
    ///
    /// @throws Unimportable if it cannot be read or is no text
    public static Source source(Path file) throws Unimportable {
        Problems problems = new Problems();
        Source source = Source.read(file, null, problems);
        if (source == null) {
            Problem problem = problems.problems().getFirst();
            throw new Unimportable(file, 0, problem.message());
        }
        int zero = source.text().indexOf('\0');
        if (zero >= 0) {
            int line = 1 + (int) source.text().chars().limit(zero).filter(c -> c == '\n').count();
            throw new Unimportable(file, line, "holds the character NUL; it is no text");
        }
        return source;
    }
}
