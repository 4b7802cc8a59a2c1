// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.TemplateTextBuilder;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Writes the directories that systemd makes for a unit as `directories`, with the variable that
/// tells the processes of each kind. Source: systemd.exec(5).
record SystemdDirectories(SystemdSettings settings, ImportedProgram program) {
    private static final String KEY = "directories";

    private enum Kind {
        Runtime("/run/"),
        State("/var/lib/"),
        Cache("/var/cache/"),
        Logs("/var/log/");

        final String below;

        Kind(String below) {
            this.below = below;
        }
    }

    void write() {
        List<String> maps = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            write(kind, maps);
        }
        if (!maps.isEmpty()) {
            program.set(KEY, "[" + String.join(", ", maps) + "]");
        }
    }

    private void write(Kind kind, List<String> maps) {
        ForeignSetting bits = settings.last(kind + "DirectoryMode");
        String mode = bits == null ? null : ImportedValues.octal(bits.value());
        if (bits != null && mode == null) {
            program.lost(KEY, bits, "expected octal digits, at most 0777");
        }
        List<String> paths = new ArrayList<>();
        for (ForeignSetting foreignSetting : settings.list(kind + "Directory")) {
            String names = settings.specified(foreignSetting);
            for (String name : names == null ? new String[0] : names.strip().split("\\s+", -1)) {
                if (name.indexOf(':') >= 0 || name.startsWith("/") || name.contains("..")) {
                    program.lost(
                            KEY, foreignSetting.withValue(name), "no link or other place is made");
                } else {
                    paths.add(kind.below + name);
                }
            }
        }
        for (String path : paths) {
            String quoted = YamlText.quoted(path);
            maps.add(mode == null ? quoted : "{ path: " + quoted + ", mode: " + mode + " }");
        }
        if (!paths.isEmpty()) {
            String variable = kind.name().toUpperCase(Locale.ROOT) + "_DIRECTORY";
            program.env(variable, TemplateTextBuilder.escaped(String.join(":", paths)));
        }
        ForeignSetting preserve = settings.last(kind + "DirectoryPreserve");
        boolean stay = preserve != null && preserve.isTrue();
        if (kind != Kind.Runtime || paths.isEmpty() || stay) {
            if (preserve != null) {
                program.same(preserve, "directories stay");
            }
        } else if (preserve == null) {
            program.differs(KEY, "they stay when the program is stopped");
        } else {
            program.differs(KEY, preserve, "they stay when the program is stopped");
        }
    }
}
