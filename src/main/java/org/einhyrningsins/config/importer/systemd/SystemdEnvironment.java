// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.supervisord.SupervisordFile;
import org.einhyrningsins.config.source.DraftText;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.EnvFile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Writes the variables of a unit. In systemd a file wins over `Environment=`, and here `env` wins
/// over `env-file`: so what a file sets is left to the file. Source: systemd.exec(5).
final class SystemdEnvironment {
    private record Assignment(String value, Setting setting) {}

    private final SystemdSettings settings;
    private final DraftProgram program;
    private final SequencedMap<String, Assignment> assigned = new LinkedHashMap<>();
    private final List<String> files = new ArrayList<>();

    SystemdEnvironment(SystemdSettings settings) {
        this.settings = settings;
        this.program = settings.program();
    }

    /// Writes them.
    ///
    /// @return those whose values are known for good, to the letter
    SequencedMap<String, String> write() {
        for (Setting setting : settings.list("Environment")) {
            try {
                for (String pair : SystemdText.words(setting.value())) {
                    assign(settings.texts().specified(pair), setting);
                }
            } catch (Misread e) {
                program.blocks(setting, e.reason());
            }
        }
        for (Setting setting : settings.list("EnvironmentFile")) {
            file(setting);
        }
        unset();
        for (Setting setting : settings.list("PassEnvironment")) {
            program.same(setting, "workers inherit all of the manager's environment");
        }
        SequencedMap<String, String> known = new LinkedHashMap<>();
        assigned.forEach(
                (name, assignment) -> {
                    program.env(name, DraftText.escaped(assignment.value()), assignment.setting());
                    if (files.isEmpty()) {
                        known.put(name, assignment.value());
                    }
                });
        if (!files.isEmpty()) {
            program.set("env-file", DraftProgram.list(files));
        }
        return known;
    }

    private void assign(String pair, Setting setting) throws Misread {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
            throw new Misread("expected NAME=VALUE");
        }
        String name = pair.substring(0, equals);
        Assignment before = assigned.put(name, new Assignment(pair.substring(equals + 1), setting));
        if (before != null) {
            program.same(before.setting(), name + " is overruled by " + setting.place());
        }
    }

    /// One that has to be there and is not keeps the unit from starting.
    private void file(Setting setting) {
        String text = settings.specified(setting);
        if (text == null) {
            return;
        }
        boolean optional = text.startsWith("-");
        String path = optional ? text.substring(1) : text;
        List<Path> found =
                path.matches(".*[*?\\[].*")
                        ? SupervisordFile.matching(Path.of("/"), path)
                        : List.of(Path.of(path));
        if (found.isEmpty()) {
            missing(setting, optional, "no file matches; name those that come in env-file");
        }
        for (Path file : found) {
            if (!file.isAbsolute()) {
                program.blocks(setting, "the path of such a file is absolute");
            } else if (Files.isRegularFile(file) && !Files.isReadable(file)) {
                program.blocks(setting, "it cannot be read by whoever imports this");
            } else if (Files.exists(file)) {
                there(file, setting, optional);
            } else if (optional) {
                later(file, setting);
            } else {
                missing(setting, false, "no such file here; the unit needs it to start");
                later(file, setting);
            }
        }
    }

    /// A file that may come.
    private void later(Path file, Setting setting) {
        files.add("-" + file);
        if (!assigned.isEmpty()) {
            program.say(
                    "env-file",
                    setting,
                    "not here now; in systemd it wins over Environment=, here env wins: what it"
                            + " comes to set has to go from env");
        }
    }

    private void missing(Setting setting, boolean optional, String why) {
        if (optional) {
            program.same(setting, "there is none, and none has to be");
        } else {
            program.blocks(setting, why);
        }
    }

    private void there(Path file, Setting setting, boolean optional) {
        Problems problems = new Problems();
        Source source = Source.read(file, null, problems);
        if (source == null) {
            program.blocks(setting, problems.problems().getFirst().message());
            return;
        }
        SequencedMap<String, Setting> read = SystemdEnvFile.read(source);
        for (String name : read.keySet()) {
            Assignment overruled = assigned.remove(name);
            if (overruled != null) {
                program.same(
                        overruled.setting(), name + " is set by " + file + " too, and that wins");
            }
        }
        if (SystemdEnvFile.isReadAlike(source, read)) {
            files.add((optional ? "-" : "") + file);
            return;
        }
        program.say(
                "env",
                setting,
                "systemd reads it in another way than an env-file is read here, so it is written"
                        + " out; there may be secrets in it");
        read.forEach(
                (name, variable) -> assigned.put(name, new Assignment(variable.value(), variable)));
    }

    /// Wins over all that is set.
    private void unset() {
        List<String> dropped = new ArrayList<>();
        for (Setting setting : settings.list("UnsetEnvironment")) {
            for (String name : words(setting)) {
                int equals = name.indexOf('=');
                Assignment set = assigned.get(equals < 0 ? name : name.substring(0, equals));
                if (EnvFile.isVariable(name)) {
                    assigned.remove(name);
                    dropped.add(name);
                } else if (set != null && set.value().equals(name.substring(equals + 1))) {
                    assigned.remove(name.substring(0, equals));
                } else {
                    program.lost("drop-env", setting, Texts.quoted(name) + " is no name");
                }
            }
        }
        if (!dropped.isEmpty()) {
            program.set("drop-env", DraftProgram.list(dropped));
        }
    }

    private List<String> words(Setting setting) {
        try {
            return SystemdText.words(setting.value());
        } catch (Misread e) {
            program.lost("drop-env", setting, e.reason());
            return List.of();
        }
    }
}
