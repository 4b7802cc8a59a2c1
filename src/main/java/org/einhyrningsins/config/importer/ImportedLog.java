// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.read.LogsReader;
import org.jspecify.annotations.Nullable;

/// Destination of the output of an imported program's workers: the key `logs`.
public final class ImportedLog {
    private final ImportedProgram program;
    private String path = "";

    ImportedLog(ImportedProgram program) {
        this.program = program;
    }

    /// The file that its workers write to; empty for none.
    public String path() {
        return path;
    }

    /// Sets the file to which its workers write.
    public void file(String path) {
        program.text("logs", named(path));
        this.path = path;
    }

    /// Sets a log file that the manager writes: the file of [#file], rotated when it grows, or with
    /// a prefix before each line.
    ///
    /// @param most maximum size in bytes; 0 for no bound
    /// @param keep number of rotated files that are kept
    /// @param prefix prefix of each line, a list; empty for none
    public void rotatedFile(long most, int keep, String prefix) {
        StringBuilder map = new StringBuilder("{ to: ").append(YamlText.quoted(named(path)));
        if (most > 0) {
            map.append(", max-size: ")
                    .append(ImportedValues.size(most))
                    .append(", keep: ")
                    .append(keep);
        }
        if (!prefix.isEmpty()) {
            map.append(", prefix: ").append(prefix);
        }
        program.set("logs", map.append(" }").toString());
    }

    /// Returns the number of rotated files to keep.
    public int keep(@Nullable ForeignSetting foreignSetting, int usual) {
        Integer number =
                foreignSetting == null
                        ? null
                        : program.number("logs", foreignSetting, 0, 999_999_999);
        if (number != null && foreignSetting != null && number > LogsReader.MAX_KEPT) {
            program.differs(
                    "logs", foreignSetting, "no more than " + LogsReader.MAX_KEPT + " are kept");
        }
        return number == null ? usual : Math.min(number, LogsReader.MAX_KEPT);
    }

    private static String named(String path) {
        return path.indexOf('/') < 0 ? "./" + path : path;
    }
}
