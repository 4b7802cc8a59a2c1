// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import java.nio.file.Path;

/// A file cannot be imported at all. The message is for the user, and says where.
public final class ImportException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean usage;

    private ImportException(String message, boolean usage) {
        super(message, null, false, false);
        this.usage = usage;
    }

    /// Refuses a file at a line of it.
    ///
    /// @param line from 1; 0 for the file as a whole
    public ImportException(Path file, int line, String message) {
        this(file + (line > 0 ? ":" + line : "") + ": " + message, false);
    }

    /// A file cannot be read, as a whole.
    public static ImportException of(Path file, String message) {
        return new ImportException(file, 0, message);
    }

    /// The files are fine, but it was not said well what they are.
    public static ImportException usage(String message) {
        return new ImportException(message, true);
    }

    /// True if the command line is wrong, and not a file.
    public boolean isUsage() {
        return usage;
    }

    /// The message; unlike [#getMessage()] never null.
    public String reason() {
        return String.valueOf(getMessage());
    }
}
