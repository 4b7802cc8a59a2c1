// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.NodeScript;
import org.einhyrningsins.cli.terminal.Output;
import org.einhyrningsins.config.Importer;
import org.einhyrningsins.config.importer.Imported;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.Machine;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// `import`: the files of another process manager as one of ours, on stdout; on stderr how much of
/// them that is.
public final class FileImport {
    private final Output out;
    private final Output err;

    public FileImport(Output out, Output err) {
        this.out = out;
        this.err = err;
    }

    /// Imports them.
    ///
    /// @param format null to tell it by the files
    /// @return the exit status
    public int run(List<Path> files, @Nullable ImportFormat format) {
        try {
            Imported imported =
                    Importer.read(files, format, Machine.surroundings(), new NodeScript());
            out.print(imported.yaml());
            err.print(CommandNames.MANAGER + ": " + summary(imported));
            return ExitStatus.DONE.code();
        } catch (Unimportable e) {
            err.print(CommandNames.MANAGER + ": " + e.reason());
            return (e.isUsage() ? ExitStatus.USAGE : ExitStatus.INVALID).code();
        }
    }

    private static String summary(Imported imported) {
        String programs = FileCheck.count(imported.programs(), "program");
        return "imported " + programs + "; " + imported.verdict();
    }
}
