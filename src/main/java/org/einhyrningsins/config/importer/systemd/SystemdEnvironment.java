// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.supervisord.SupervisordFile;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
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
    private record Assignment(String value, ForeignSetting setting) {}

    private final SystemdSettings settings;
    private final ImportedProgram program;
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
        for (ForeignSetting foreignSetting : settings.list("Environment")) {
            try {
                for (String pair : SystemdValues.words(foreignSetting.value())) {
                    assign(settings.texts().specified(pair), foreignSetting);
                }
            } catch (ValueException e) {
                program.blocks(foreignSetting, e.reason());
            }
        }
        for (ForeignSetting foreignSetting : settings.list("EnvironmentFile")) {
            file(foreignSetting);
        }
        unset();
        for (ForeignSetting foreignSetting : settings.list("PassEnvironment")) {
            program.same(foreignSetting, "workers inherit all of the manager's environment");
        }
        SequencedMap<String, String> known = new LinkedHashMap<>();
        assigned.forEach(
                (name, assignment) -> {
                    program.env(
                            name,
                            TemplateTextBuilder.escaped(assignment.value()),
                            assignment.setting());
                    if (files.isEmpty()) {
                        known.put(name, assignment.value());
                    }
                });
        if (!files.isEmpty()) {
            program.set("env-file", YamlText.words(files));
        }
        return known;
    }

    private void assign(String pair, ForeignSetting foreignSetting) throws ValueException {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
            throw new ValueException("expected NAME=VALUE");
        }
        String name = pair.substring(0, equals);
        Assignment before =
                assigned.put(name, new Assignment(pair.substring(equals + 1), foreignSetting));
        if (before != null) {
            program.same(before.setting(), name + " is overruled by " + foreignSetting.place());
        }
    }

    /// Imports a file of variables. A required file that is missing keeps the unit from starting.
    private void file(ForeignSetting foreignSetting) {
        String text = settings.specified(foreignSetting);
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
            missing(foreignSetting, optional, "no file matches; name those that come in env-file");
        }
        for (Path file : found) {
            if (!file.isAbsolute()) {
                program.blocks(foreignSetting, "the path of such a file is absolute");
            } else if (Files.isRegularFile(file) && !Files.isReadable(file)) {
                program.blocks(foreignSetting, "it cannot be read by whoever imports this");
            } else if (Files.exists(file)) {
                there(file, foreignSetting, optional);
            } else if (optional) {
                optionalFile(file, foreignSetting);
            } else {
                missing(foreignSetting, false, "no such file here; the unit needs it to start");
                optionalFile(file, foreignSetting);
            }
        }
    }

    /// A file that may come.
    private void optionalFile(Path file, ForeignSetting foreignSetting) {
        files.add("-" + file);
        if (!assigned.isEmpty()) {
            program.comment(
                    "env-file",
                    foreignSetting,
                    "not here now; in systemd it wins over Environment=, here env wins: what it"
                            + " comes to set has to go from env");
        }
    }

    private void missing(ForeignSetting foreignSetting, boolean optional, String why) {
        if (optional) {
            program.same(foreignSetting, "there is none, and none has to be");
        } else {
            program.blocks(foreignSetting, why);
        }
    }

    private void there(Path file, ForeignSetting foreignSetting, boolean optional) {
        ProblemCollector problemCollector = new ProblemCollector();
        SourceText sourceText = SourceText.read(file, null, problemCollector);
        if (sourceText == null) {
            program.blocks(foreignSetting, problemCollector.problems().getFirst().message());
            return;
        }
        SequencedMap<String, ForeignSetting> read = SystemdEnvFile.read(sourceText);
        for (String name : read.keySet()) {
            Assignment overruled = assigned.remove(name);
            if (overruled != null) {
                program.same(
                        overruled.setting(), name + " is set by " + file + " too, and that wins");
            }
        }
        if (SystemdEnvFile.isReadAlike(sourceText, read)) {
            files.add((optional ? "-" : "") + file);
            return;
        }
        program.comment(
                "env",
                foreignSetting,
                "systemd reads it in another way than an env-file is read here, so it is written"
                        + " out; there may be secrets in it");
        read.forEach(
                (name, variable) -> assigned.put(name, new Assignment(variable.value(), variable)));
    }

    /// Wins over all that is set.
    private void unset() {
        List<String> dropped = new ArrayList<>();
        for (ForeignSetting foreignSetting : settings.list("UnsetEnvironment")) {
            for (String name : words(foreignSetting)) {
                int equals = name.indexOf('=');
                Assignment set = assigned.get(equals < 0 ? name : name.substring(0, equals));
                if (EnvFile.isVariable(name)) {
                    assigned.remove(name);
                    dropped.add(name);
                } else if (set != null && set.value().equals(name.substring(equals + 1))) {
                    assigned.remove(name.substring(0, equals));
                } else {
                    program.lost("drop-env", foreignSetting, TextUtil.quoted(name) + " is no name");
                }
            }
        }
        if (!dropped.isEmpty()) {
            program.set("drop-env", YamlText.words(dropped));
        }
    }

    private List<String> words(ForeignSetting foreignSetting) {
        try {
            return SystemdValues.words(foreignSetting.value());
        } catch (ValueException e) {
            program.lost("drop-env", foreignSetting, e.reason());
            return List.of();
        }
    }
}
