// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.source.ConfigShape;

import java.util.ArrayList;
import java.util.List;

/// A row of the table of keys.
///
/// @param initial what holds without the key; `-` if no value says that
/// @param applies when a change of it does
/// @param sentence what it is
record KeyRow(
        ConfigShape shape,
        String name,
        String kind,
        String initial,
        String applies,
        String sentence) {
    static final String NONE = "-";

    /// All rows but those of included files, whose keys are some of a main file's.
    static List<KeyRow> all() {
        List<KeyRow> rows = new ArrayList<>();
        for (ConfigShape shape : ConfigShape.ALL) {
            if (!shape.equals(ConfigShape.INCLUDED)) {
                shape.table().lines().forEach(line -> rows.add(of(shape, line)));
            }
        }
        return rows;
    }

    static KeyRow of(SchemaAgreementTest.Key key) {
        return all().stream().filter(row -> row.key().equals(key)).findFirst().orElseThrow();
    }

    private static KeyRow of(ConfigShape shape, String line) {
        String[] cells = line.split(" {2,}", 5);
        if (cells.length != 5) {
            throw new AssertionError(
                    "ConfigShape: expected name, kind, default, when it applies and a sentence,"
                            + " with two blanks or more between, found: "
                            + line);
        }
        return new KeyRow(shape, cells[0], cells[1], cells[2], cells[3], cells[4]);
    }

    boolean hasDefault() {
        return !initial.equals(NONE);
    }

    /// As the manual names it: by the path in the file, or in the program.
    String path() {
        String map =
                switch (shape.name()) {
                    case "file", "program" -> "";
                    case "allow" -> "control.allow.";
                    case "http-bind" -> "http.bind.";
                    case "directory" -> "directories.";
                    case "program-cgroup" -> "cgroup.program.";
                    case "probe" -> "ack.probe.";
                    case "backoff", "give-up" -> "restart." + shape.name() + ".";
                    case "canary" -> "rollout.canary.";
                    case "dependency" -> "after.";
                    case "task" -> "rollout.before.";
                    default -> shape.name() + ".";
                };
        return map + name;
    }

    SchemaAgreementTest.Key key() {
        return new SchemaAgreementTest.Key(shape, name);
    }

    @Override
    public String toString() {
        return path();
    }
}
