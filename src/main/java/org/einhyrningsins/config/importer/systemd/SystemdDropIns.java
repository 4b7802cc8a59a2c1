// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.supervisord.SupervisordFile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Finds the drop-ins of a unit by systemd's rules: in the directories of its own name, of its
/// template, of the prefixes of its name and of its kind; in the order of the files' names alone,
/// and of two of one name the more particular one. Source: systemd.unit(5).
final class SystemdDropIns {
    /// Directories of the system's units, the most important one first.
    private static final List<Path> FOLDERS =
            List.of(
                    Path.of("/etc/systemd/system"),
                    Path.of("/run/systemd/system"),
                    Path.of("/usr/local/lib/systemd/system"),
                    Path.of("/usr/lib/systemd/system"),
                    Path.of("/lib/systemd/system"));

    private SystemdDropIns() {}

    /// @param name of the unit's file
    static List<Path> of(Path file, String name) {
        Path folder = ForeignFiles.folder(file);
        List<Path> folders = FOLDERS.contains(folder) ? FOLDERS : List.of(folder);
        SequencedMap<String, Path> found = new TreeMap<>();
        for (String directory : directories(name)) {
            for (Path from : folders) {
                Path dropIns = from.resolve(directory + ".d");
                for (Path dropIn : SupervisordFile.matchingName(dropIns, "*.conf")) {
                    found.putIfAbsent(String.valueOf(dropIn.getFileName()), dropIn);
                }
            }
        }
        // one that is masked, as a link to /dev/null, hides others of its name
        return found.values().stream().filter(SystemdImporter::isReadable).toList();
    }

    /// The names that drop-ins are found under, the most particular one first.
    private static List<String> directories(String name) {
        List<String> names = new ArrayList<>(List.of(name));
        int dot = name.lastIndexOf('.');
        String kind = dot < 0 ? "" : name.substring(dot);
        String stem = dot < 0 ? name : name.substring(0, dot);
        int at = stem.indexOf('@');
        if (at >= 0 && at + 1 < stem.length()) {
            names.add(stem.substring(0, at + 1) + kind);
        }
        String base = at < 0 ? stem : stem.substring(0, at);
        for (int dash = base.lastIndexOf('-'); dash > 0; dash = base.lastIndexOf('-', dash - 1)) {
            names.add(base.substring(0, dash + 1) + kind);
        }
        if (!kind.isEmpty()) {
            names.add(kind.substring(1));
        }
        return names;
    }
}
