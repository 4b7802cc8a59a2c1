// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.print.SettingValue.Item;
import org.einhyrningsins.config.print.SettingValue.Items;
import org.einhyrningsins.config.print.SettingValue.Line;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/// Writes the effective configuration, defaults and all, as a file that means the same: loaded
/// again it gives an equal value. Variables and included files are resolved in it.
public final class ConfigPrinter {
    private static final int STEP = 2;

    private final StringBuilder out = new StringBuilder();

    private ConfigPrinter() {}

    /// The text of a whole file.
    public static String print(ServicesSpec services) {
        return print(services, Map.of());
    }

    /// The same with a comment behind each key of a program that was given somewhere; the others
    /// have their default.
    ///
    /// @param origins comments to write, for each `PROGRAM.KEY`
    public static String print(ServicesSpec services, Map<String, String> origins) {
        ConfigPrinter printer = new ConfigPrinter();
        printer.group(0, ManagerSettings.of(services));
        printer.out.append(services.programs().isEmpty() ? "programs: {}\n" : "programs:\n");
        for (ProgramSpec program : services.programs().values()) {
            if (!program.isTask()) { // it stands in the program whose task it is
                printer.program(program, origins);
            }
        }
        return printer.out.toString();
    }

    private void program(ProgramSpec program, Map<String, String> origins) {
        begin(STEP, program.name()).append('\n');
        ProgramSettings.of(program)
                .values()
                .forEach(
                        (key, value) -> {
                            String origin = origins.get(program.name() + "." + key);
                            setting(2 * STEP, key, value, origin);
                        });
    }

    private void group(int indent, SettingGroup group) {
        group.values().forEach((key, value) -> setting(indent, key, value, null));
    }

    private void setting(int indent, String key, SettingValue value, @Nullable String origin) {
        begin(indent, key);
        if (value instanceof Line line) {
            out.append(' ').append(line.yaml());
        }
        if (origin != null) {
            // a name of a file may hold what would end a comment
            out.append("  # ").append(TextUtil.escaped(origin));
        }
        out.append('\n');
        switch (value) {
            case Line _ -> {} // stands behind the key
            case SettingGroup group -> group(indent + STEP, group);
            case Items list -> {
                for (Item item : list.items()) {
                    out.repeat(' ', indent + STEP).append("- ").append(item.yaml()).append('\n');
                }
            }
        }
    }

    private StringBuilder begin(int indent, String key) {
        return out.repeat(' ', indent).append(YamlText.quoted(key)).append(':');
    }
}
