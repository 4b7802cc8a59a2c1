// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourceText;

import java.nio.file.Path;

/// Reads files of other managers, and finds the directory that their relative paths begin in.
public final class ForeignFiles {
    private ForeignFiles() {}

    /// The absolute directory that a file is in.
    public static Path folder(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    /// Reads a file of another manager.
    ///
    /// @throws Unimportable if it cannot be read or is no text
    public static SourceText source(Path file) throws ImportException {
        ProblemCollector problemCollector = new ProblemCollector();
        SourceText sourceText = SourceText.read(file, null, problemCollector);
        if (sourceText == null) {
            ConfigProblem configProblem = problemCollector.problems().getFirst();
            throw new ImportException(file, 0, configProblem.message());
        }
        int zero = sourceText.text().indexOf('\0');
        if (zero >= 0) {
            int line =
                    1 + (int) sourceText.text().chars().limit(zero).filter(c -> c == '\n').count();
            throw new ImportException(file, line, "holds the character NUL; it is no text");
        }
        return sourceText;
    }
}
