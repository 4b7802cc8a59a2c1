// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Writes the conditions of a unit as guards of a shell, which ask before each start: one that is
/// not met ends the worker with status 0, and an assertion with 1. Source: systemd.unit(5).
final class SystemdConditions {
    private final SystemdSettings settings;
    private final SystemdSettings ofUnit;
    private final ImportedProgram program;

    /// @param unit the section `[Unit]`
    SystemdConditions(SystemdSettings settings, ForeignSection unit) {
        this.settings = settings;
        this.program = settings.program();
        this.ofUnit = new SystemdSettings(unit, settings.texts(), program);
    }

    List<String> write() {
        List<String> guards = new ArrayList<>();
        // an empty one takes back all others, of any kind
        for (String kind : List.of("Condition", "Assert")) {
            for (ForeignSetting foreignSetting : ofUnit.list(key -> key.startsWith(kind))) {
                String test = test(foreignSetting.key().substring(kind.length()), foreignSetting);
                if (test == null) {
                    program.lost("command", foreignSetting, "that is not asked before a start");
                } else {
                    String otherwise = kind.equals("Assert") ? "exit 1" : "exit 0";
                    guards.add(test + " || " + otherwise);
                    remark(foreignSetting, otherwise);
                }
            }
        }
        for (ForeignSetting foreignSetting : settings.list("ExecCondition")) {
            command(foreignSetting, guards);
        }
        return guards;
    }

    private void command(ForeignSetting foreignSetting, List<String> guards) {
        try {
            SystemdCommand command = SystemdCommand.read(foreignSetting, settings.texts());
            if (command.isPrivileged() && settings.section().has("User")) {
                throw new ValueException("it runs as root; do it before the start");
            }
            guards.add(command.shell() + " || exit 0");
            remark(foreignSetting, "exit 0");
        } catch (ValueException e) {
            program.lost("command", foreignSetting, e.reason());
        }
    }

    private void remark(ForeignSetting foreignSetting, String otherwise) {
        List<ForeignSetting> restart = settings.section().lookAll("Restart");
        boolean again =
                !restart.isEmpty()
                        && List.of("always", "on-success").contains(restart.getLast().value());
        if (again && otherwise.equals("exit 0")) {
            program.differs(
                    "command",
                    foreignSetting,
                    "asked at each start, else exit 0, and restart then asks again; systemd would"
                            + " leave it");
        } else {
            program.comment("command", foreignSetting, "asked at each start, else " + otherwise);
        }
    }

    private @Nullable String test(String kind, ForeignSetting foreignSetting) {
        String flag =
                switch (kind) {
                    case "PathExists" -> "-e";
                    case "PathIsDirectory" -> "-d";
                    case "PathIsSymbolicLink" -> "-h";
                    case "FileNotEmpty" -> "-s";
                    case "FileIsExecutable" -> "-x";
                    default -> "";
                };
        boolean isNot = foreignSetting.value().startsWith("!");
        String path = isNot ? foreignSetting.value().substring(1).strip() : foreignSetting.value();
        try {
            String file = settings.texts().specified(path);
            if (flag.isEmpty() || !file.startsWith("/")) {
                return null;
            }
            String quoted = file.matches("[A-Za-z0-9_./:@%+-]+") ? file : quoted(file);
            return "[ " + (isNot ? "! " : "") + flag + " " + quoted + " ]";
        } catch (ValueException _) {
            // then nothing can be asked, and the setting is commented on
            return null;
        }
    }

    private static String quoted(String file) {
        return "\"" + SystemdCommand.plain(file) + "\"";
    }
}
