// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Section;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.source.Misread;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Writes the conditions of a unit as guards of a shell, which ask before each start: one that is
/// not met ends the worker with status 0, and an assertion with 1. Source: systemd.unit(5).
final class SystemdConditions {
    private final SystemdSettings settings;
    private final SystemdSettings ofUnit;
    private final DraftProgram program;

    /// @param unit the section `[Unit]`
    SystemdConditions(SystemdSettings settings, Section unit) {
        this.settings = settings;
        this.program = settings.program();
        this.ofUnit = new SystemdSettings(unit, settings.texts(), program);
    }

    List<String> write() {
        List<String> guards = new ArrayList<>();
        // an empty one takes back all others, of any kind
        for (String kind : List.of("Condition", "Assert")) {
            for (Setting setting : ofUnit.list(key -> key.startsWith(kind))) {
                String test = test(setting.key().substring(kind.length()), setting);
                if (test == null) {
                    program.lost("command", setting, "that is not asked before a start");
                } else {
                    String otherwise = kind.equals("Assert") ? "exit 1" : "exit 0";
                    guards.add(test + " || " + otherwise);
                    said(setting, otherwise);
                }
            }
        }
        for (Setting setting : settings.list("ExecCondition")) {
            command(setting, guards);
        }
        return guards;
    }

    private void command(Setting setting, List<String> guards) {
        try {
            SystemdCommand command = SystemdCommand.read(setting, settings.texts());
            if (command.isPrivileged() && settings.section().has("User")) {
                throw new Misread("it runs as root; do it before the start");
            }
            guards.add(command.shell() + " || exit 0");
            said(setting, "exit 0");
        } catch (Misread e) {
            program.lost("command", setting, e.reason());
        }
    }

    private void said(Setting setting, String otherwise) {
        List<Setting> restart = settings.section().lookAll("Restart");
        boolean again =
                !restart.isEmpty()
                        && List.of("always", "on-success").contains(restart.getLast().value());
        if (again && otherwise.equals("exit 0")) {
            program.differs(
                    "command",
                    setting,
                    "asked at each start, else exit 0, and restart then asks again; systemd would"
                            + " leave it");
        } else {
            program.say("command", setting, "asked at each start, else " + otherwise);
        }
    }

    private @Nullable String test(String kind, Setting setting) {
        String flag =
                switch (kind) {
                    case "PathExists" -> "-e";
                    case "PathIsDirectory" -> "-d";
                    case "PathIsSymbolicLink" -> "-h";
                    case "FileNotEmpty" -> "-s";
                    case "FileIsExecutable" -> "-x";
                    default -> "";
                };
        boolean isNot = setting.value().startsWith("!");
        String path = isNot ? setting.value().substring(1).strip() : setting.value();
        try {
            String file = settings.texts().specified(path);
            if (flag.isEmpty() || !file.startsWith("/")) {
                return null;
            }
            String quoted = file.matches("[A-Za-z0-9_./:@%+-]+") ? file : quoted(file);
            return "[ " + (isNot ? "! " : "") + flag + " " + quoted + " ]";
        } catch (Misread _) {
            // then nothing can be asked, and the setting is commented on
            return null;
        }
    }

    private static String quoted(String file) {
        return "\"" + SystemdCommand.plain(file) + "\"";
    }
}
