// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.Imported;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.importer.procfile.ComposeFile;
import org.einhyrningsins.config.importer.procfile.Pm2File;
import org.einhyrningsins.config.importer.procfile.ProcessComposeFile;
import org.einhyrningsins.config.importer.procfile.ProcfileReader;
import org.einhyrningsins.config.importer.supervisord.CircusFile;
import org.einhyrningsins.config.importer.supervisord.SupervisordFile;
import org.einhyrningsins.config.importer.systemd.SystemdUnits;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Surroundings;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The door for those who come from elsewhere: files of another process manager in, a file of ours
/// out. Each setting is either carried over or commented on: the readers take settings out of what
/// [org.einhyrningsins.config.importer.IniText] and [org.einhyrningsins.config.importer.UnitText]
/// make of the files, and whatever none took is commented on in the end.
public final class Importer {
    private Importer() {}

    /// Runs a file in JavaScript, as the manager does that it is written for.
    public interface ScriptRunner {
        /// What the file exports, as JSON; blocks for a bounded time.
        String exports(Path file) throws Unimportable;
    }

    /// Reads files with all that they include; blocks as long as that takes.
    ///
    /// @param format null to tell it by their names and contents
    /// @param machine what texts that are settled now are replaced from, and who is known here
    /// @param scripts for files that have to be run to be read
    public static Imported read(
            List<Path> files,
            @Nullable ImportFormat format,
            Surroundings machine,
            ScriptRunner scripts)
            throws Unimportable {
        List<Source> sources = new ArrayList<>();
        for (Path file : files) {
            sources.add(ImportedFile.source(file));
        }
        ImportFormat told = format == null ? told(sources, machine.environment()) : format;
        if (sources.size() > 1 && told != ImportFormat.SYSTEMD) {
            throw Unimportable.usage(
                    "only systemd's units are imported several at once; give one file, and what it"
                            + " includes is read too");
        }
        Source first = sources.getFirst();
        Map<String, String> environment = machine.environment();
        try {
            DraftFile draft =
                    switch (told) {
                        case SUPERVISORD -> new SupervisordFile(environment).read(first);
                        case CIRCUS -> new CircusFile(environment).read(first);
                        case PROCFILE -> new ProcfileReader(environment).read(first);
                        case SYSTEMD -> new SystemdUnits().read(sources);
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
            String path = Texts.quoted(e.getInput());
            throw new Unimportable(
                    first.file(),
                    0,
                    "names a path that cannot be used in this locale, "
                            + path
                            + "; set LC_ALL=C.UTF-8");
        }
    }

    private static ImportFormat told(List<Source> sources, Map<String, String> environment)
            throws Unimportable {
        ImportFormat all = null;
        for (Source source : sources) {
            ImportFormat byName = ImportFormat.byName(source);
            String stranger = byName == null ? ImportFormat.stranger(source) : null;
            if (stranger != null) {
                throw Unimportable.usage(source.file() + " is " + stranger);
            }
            ImportFormat format = byName == null ? ImportFormat.byContents(source) : byName;
            if (format == null || (all != null && all != format)) {
                String what = format == null ? "does not look like any" : "is not like the others";
                throw Unimportable.usage(
                        source.file()
                                + " "
                                + what
                                + "; say --from "
                                + String.join(", ", ImportFormat.words()));
            }
            if (format == ImportFormat.PROCFILE && byName == null) {
                String stray = ProcfileReader.stray(source, environment);
                if (!stray.isEmpty()) {
                    throw Unimportable.usage(
                            source.file()
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
