// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportResult;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.procfile.ComposeFile;
import org.einhyrningsins.config.importer.procfile.Pm2File;
import org.einhyrningsins.config.importer.procfile.ProcessComposeFile;
import org.einhyrningsins.config.importer.procfile.ProcfileReader;
import org.einhyrningsins.config.importer.supervisord.CircusFile;
import org.einhyrningsins.config.importer.supervisord.SupervisordFile;
import org.einhyrningsins.config.importer.systemd.SystemdImporter;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Entry point of the importers: files of another process manager in, a file of ours out. Each
/// setting is either carried over or commented on: the readers take settings out of what
/// [org.einhyrningsins.config.importer.IniText] and [org.einhyrningsins.config.importer.UnitText]
/// make of the files, and whatever none took is commented on in the end.
public final class Importer {
    private Importer() {}

    /// Runs a file in JavaScript, as the manager does that it is written for.
    public interface ScriptRunner {
        /// Returns what the file exports, as JSON; blocks for a bounded time.
        String exports(Path file) throws ImportException;
    }

    /// Reads files with all that they include; blocks as long as that takes.
    ///
    /// @param format null to tell it by their names and contents
    /// @param machine what texts that are settled now are replaced from, and who is known here
    /// @param scripts for files that have to be run to be read
    public static ImportResult read(
            List<Path> files,
            @Nullable ImportFormat format,
            LoadEnvironment machine,
            ScriptRunner scripts)
            throws ImportException {
        List<SourceText> sources = new ArrayList<>();
        for (Path file : files) {
            sources.add(ForeignFiles.source(file));
        }
        ImportFormat told = format == null ? formatOf(sources, machine.environment()) : format;
        if (sources.size() > 1 && told != ImportFormat.SYSTEMD) {
            throw ImportException.usage(
                    "only systemd's units are imported several at once; give one file, and what it"
                            + " includes is read too");
        }
        SourceText first = sources.getFirst();
        Map<String, String> environment = machine.environment();
        try {
            ImportedServices draft =
                    switch (told) {
                        case SUPERVISORD -> new SupervisordFile(environment).read(first);
                        case CIRCUS -> new CircusFile(environment).read(first);
                        case PROCFILE -> new ProcfileReader(environment).read(first);
                        case SYSTEMD -> new SystemdImporter().read(sources);
                        case COMPOSE -> new ComposeFile(environment).read(first);
                        case PROCESS_COMPOSE -> new ProcessComposeFile(environment).read(first);
                        case PM2 -> {
                            boolean runs = Pm2File.isScript(first.file());
                            yield new Pm2File(runs ? scripts.exports(first.file()) : null)
                                    .read(first);
                        }
                    };
            return draft.print(machine);
        } catch (InvalidPathException e) {
            String path = TextUtil.quoted(e.getInput());
            throw new ImportException(
                    first.file(),
                    0,
                    "names a path that cannot be used in this locale, "
                            + path
                            + "; set LC_ALL=C.UTF-8");
        }
    }

    private static ImportFormat formatOf(List<SourceText> sources, Map<String, String> environment)
            throws ImportException {
        ImportFormat all = null;
        for (SourceText sourceText : sources) {
            ImportFormat byName = ImportFormat.byName(sourceText);
            String stranger = byName == null ? ImportFormat.unsupported(sourceText) : null;
            if (stranger != null) {
                throw ImportException.usage(sourceText.file() + " is " + stranger);
            }
            ImportFormat format = byName == null ? ImportFormat.byContents(sourceText) : byName;
            if (format == null || (all != null && all != format)) {
                String what = format == null ? "does not look like any" : "is not like the others";
                throw ImportException.usage(
                        sourceText.file()
                                + " "
                                + what
                                + "; say --from "
                                + String.join(", ", ImportFormat.words()));
            }
            if (format == ImportFormat.PROCFILE && byName == null) {
                String stray = ProcfileReader.whyNotProcfile(sourceText, environment);
                if (!stray.isEmpty()) {
                    throw ImportException.usage(
                            sourceText.file()
                                    + " may be a Procfile, but "
                                    + stray
                                    + "; if it is one, say --from procfile");
                }
            }
            all = format;
        }
        return Objects.requireNonNull(all);
    }
}
