// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.NodeScript;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.config.Importer;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportResult;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.HostFacts;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// `import`: the files of another process manager as one of ours, on stdout; on stderr how much of
/// them that is.
public final class FileImport {
    private final TextOutput out;
    private final TextOutput err;

    public FileImport(TextOutput out, TextOutput err) {
        this.out = out;
        this.err = err;
    }

    /// Imports them.
    ///
    /// @param format null to tell it by the files
    /// @return the exit status
    public int run(List<Path> files, @Nullable ImportFormat format) {
        try {
            ImportResult importResult =
                    Importer.read(files, format, HostFacts.surroundings(), new NodeScript());
            out.print(importResult.yaml());
            err.print(CommandNames.MANAGER + ": " + summary(importResult));
            return ExitStatus.DONE.code();
        } catch (ImportException e) {
            err.print(CommandNames.MANAGER + ": " + e.reason());
            return (e.isUsage() ? ExitStatus.USAGE : ExitStatus.INVALID).code();
        }
    }

    private static String summary(ImportResult importResult) {
        String programs = FileCheck.count(importResult.programs(), "program");
        return "imported " + programs + "; " + importResult.verdict();
    }
}
