// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.check.DependencyCheck;
import org.einhyrningsins.config.check.GroupCheck;
import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.MapHints;
import org.einhyrningsins.config.value.UnknownKeys;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.config.yaml.YamlTree;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// Reads the main file and what it includes.
final class ServicesReader {
    private final Path file;
    private final Path base;
    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;
    private final ConfigLimits configLimits = new ConfigLimits();
    private final BindConflicts book = new BindConflicts();
    private final ProgramReader reader;
    private final DependencyCheck after;
    private final SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>();
    private final Map<String, SourcePosition> places = new HashMap<>();
    private final LoadEnvironment loadEnvironment;
    private final SequencedMap<String, ProgramSpec> tasks = new LinkedHashMap<>();
    private @Nullable Mapping defaults;
    private final @Nullable Map<String, String> origins;
    private boolean full;

    /// @param origins receives the position of each key of a program; null if not wanted
    ServicesReader(
            Path file,
            LoadEnvironment loadEnvironment,
            @Nullable Map<String, String> origins,
            ValueReader valueReader) {
        this.origins = origins;
        this.file = file;
        Path parent = file.toAbsolutePath().getParent();
        this.base = parent == null ? file.toAbsolutePath() : parent;
        this.loadEnvironment = loadEnvironment;
        this.problemCollector = valueReader.problems();
        this.valueReader = valueReader;
        this.after = new DependencyCheck(problemCollector, valueReader);
        this.reader =
                new ProgramReader(file, base, loadEnvironment, book, configLimits, valueReader);
    }

    ServicesSpec read() {
        ConfigFields top = file(file, null, ConfigShape.FILE);
        ControlSpec control =
                new ControlReader(base, loadEnvironment, book)
                        .read(top.fields("control", ConfigShape.CONTROL));
        LogSpec log = log(top.fields("log", ConfigShape.LOG));
        HttpSpec http =
                new HttpReader(base, loadEnvironment, book, valueReader)
                        .read(top.fields("http", ConfigShape.HTTP));
        defaults = defaults(top);
        programs(top);
        new IncludeReader(file, loadEnvironment, valueReader, this::isFull, this::includeFile)
                .read(top.node("include"));
        SequencedMap<String, List<String>> groups =
                new GroupCheck(problemCollector, valueReader, programs)
                        .read(top.node("groups"), places);
        after.finish(programs, groups);
        programs.replaceAll((name, spec) -> GroupCheck.expanded(spec, groups));
        addTasks();
        if (!top.has("include")) {
            top.require("programs");
        }
        String state = top.path("state-dir", "a path", loadEnvironment.environment());
        Path directory = state == null ? null : ConfigPaths.of(base, state);
        if (directory != null) {
            String what = "read or replace what the manager goes on with";
            warnOf(top.place("state-dir"), directory, true, what);
        }
        return new ServicesSpec(control, log, directory, http, programs, groups);
    }

    private void warnOf(SourcePosition sourcePosition, Path file, boolean groups, String what) {
        KernelRights.Stranger stranger = loadEnvironment.rights().otherOwner(file, null, groups);
        if (stranger != null) {
            problemCollector.warn(sourcePosition, stranger.could(what));
        }
    }

    private ConfigFields file(
            Path path, @Nullable SourcePosition mention, ConfigShape configShape) {
        SourceText sourceText =
                SourceText.read(
                        path,
                        mention,
                        loadEnvironment.contents(),
                        configLimits,
                        problemCollector,
                        false);
        SourcePosition sourcePosition =
                SourcePosition.of(sourceText == null ? new SourceText(path, "") : sourceText);
        if (sourceText != null && isForeign(sourceText)) {
            return ConfigFields.none(sourcePosition, valueReader);
        }
        if (sourceText != null) {
            warnOf(sourcePosition, path, true, "have the manager run anything, as its user");
        }
        ConfigNode root = sourceText == null ? null : YamlTree.read(sourceText, problemCollector);
        if (root == null) {
            return ConfigFields.none(sourcePosition, valueReader);
        }
        return valueReader.fields(root, configShape, "a map with programs");
    }

    /// True if the file begins as one with sections (INI, TOML, a unit) does. Messages of YAML
    /// about such a file would be beside the point.
    private boolean isForeign(SourceText sourceText) {
        List<String> lines = SourceText.lines(sourceText.text());
        int first = 0;
        while (first < lines.size() && lines.get(first).matches("\\s*([#;].*)?")) {
            first++;
        }
        String line = first < lines.size() ? lines.get(first).strip() : "";
        if (!line.startsWith("[") || !line.matches("\\[[A-Za-z][^\\]\"'{},]*\\]")) {
            return false;
        }
        boolean known = ImportFormat.hasSections(sourceText);
        problemCollector.report(
                new SourcePosition(sourceText, first + 1, 1, KeyPath.TOP),
                line
                        + " begins a section of another language, and this one is YAML; "
                        + (known
                                ? "`einhyrningsins import "
                                        + sourceText.file().getFileName()
                                        + "` writes what it means here"
                                : "write programs:, and the name of each below it"));
        return true;
    }

    private static LogSpec log(ConfigFields configFields) {
        return new LogSpec(
                configFields.choice("level", LogSpec.Level.values(), LogSpec.DEFAULT.level()),
                configFields.choice("format", LogSpec.Format.values(), LogSpec.DEFAULT.format()),
                configFields.flag("syslog", LogSpec.DEFAULT.syslog()));
    }

    private @Nullable Mapping defaults(ConfigFields top) {
        ConfigNode configNode = top.node("defaults");
        if (configNode instanceof Mapping map) {
            ConfigFields.of(map, ConfigShape.PROGRAM, valueReader);
            return map;
        } else if (configNode != null) {
            valueReader.expected(configNode, "a map");
        }
        return null;
    }

    /// Reads the programs of one file. Its tree is garbage afterwards.
    private void programs(ConfigFields of) {
        ConfigNode configNode = of.node("programs");
        if (configNode == null) {
            configNode = misspelled(of);
        }
        if (configNode instanceof Mapping map) {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                if (full) {
                    break;
                }
                program(entry.getKey(), entry.getValue());
            }
        } else if (configNode != null) {
            valueReader.expected(configNode, "a map of programs", MapHints.ofPrograms(configNode));
        }
    }

    /// Returns the value of a key that must have been meant for `programs`, so that one run shows
    /// its mistakes too; null for none.
    private static @Nullable ConfigNode misspelled(ConfigFields of) {
        for (Map.Entry<String, Entry> entry : of.entries().entrySet()) {
            if ("programs".equals(UnknownKeys.spelling(entry.getKey(), ConfigShape.INCLUDED, 1))) {
                return entry.getValue().value();
            }
        }
        return null;
    }

    private void program(String name, Entry entry) {
        checkName(name, entry.key());
        SourcePosition first = places.putIfAbsent(name, entry.key());
        if (first != null) {
            problemCollector.report(entry.key(), "there is a program of that name at " + first);
            return;
        }
        ConfigNode configNode = entry.value();
        if (defaults != null && configNode instanceof Mapping map) {
            configNode = ProgramDefaults.of(map, defaults);
        }
        if (origins != null && configNode instanceof Mapping map) {
            for (Map.Entry<String, Entry> key : map.entries().entrySet()) {
                origins.put(name + "." + key.getKey(), key.getValue().key().toString());
            }
        }
        if (!configLimits.takeProgram()) {
            tooMuch(entry.key(), "there are more than 10,000 programs");
        } else if (!configLimits.takeValues(ProgramDefaults.valueCount(configNode))) {
            tooMuch(
                    entry.key(),
                    "this program and those before it have more than 200,000 values, counting the"
                            + " defaults in each");
        } else {
            ProgramSpec spec = reader.read(name, configNode);
            programs.put(name, spec);
            after.add(name, configNode);
            for (ProgramSpec task : spec.tasks()) {
                tasks.put(task.name(), task);
            }
        }
    }

    /// Puts the tasks of each program behind it.
    private void addTasks() {
        if (tasks.isEmpty()) {
            return;
        }
        SequencedMap<String, ProgramSpec> named = new LinkedHashMap<>(programs);
        programs.clear();
        for (ProgramSpec spec : named.values()) {
            programs.put(spec.name(), spec);
            for (ProgramSpec task : spec.tasks()) {
                if (named.containsKey(task.name())) {
                    problemCollector.report(
                            Objects.requireNonNull(places.get(task.name())),
                            "a task of "
                                    + spec.name()
                                    + " has that name; give the program another");
                } else {
                    programs.put(task.name(), task);
                }
            }
        }
    }

    private void tooMuch(SourcePosition sourcePosition, String message) {
        if (!full) {
            full = true;
            problemCollector.report(sourcePosition, message);
        }
    }

    private void checkName(String name, SourcePosition sourcePosition) {
        if (name.equals("all")) {
            problemCollector.report(
                    sourcePosition,
                    "a program cannot be named all: commands mean every program by it");
        } else if (!TextUtil.isName(name)) {
            String meant = name.strip().replaceAll("[^A-Za-z0-9_.-]+", "-");
            meant = meant.replaceAll("^[^A-Za-z0-9]+|-+$", "");
            String hint =
                    TextUtil.isName(meant) && meant.length() * 2 > name.length()
                            ? "; write " + meant
                            : "";
            problemCollector.report(
                    sourcePosition,
                    "a program's name has letters, digits, '_', '-' and '.', begins with a letter"
                            + " or digit, and is at most 64 long"
                            + hint);
        }
    }

    private boolean isFull() {
        return full || problemCollector.full();
    }

    private void includeFile(Path path, SourcePosition mention) {
        if (isFull()) {
            return;
        } else if (configLimits.takeFile()) {
            programs(file(path, mention, ConfigShape.INCLUDED));
        } else {
            tooMuch(mention, "more than 10,000 files are included");
        }
    }
}
