// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.yaml.YamlTree;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// A map of another manager's YAML or JSON. Whoever understands a key takes it; the rest is
/// commented on.
public final class ForeignMap {
    private static final int MAX_SHOWN = 100;

    private final SourcePosition sourcePosition;
    private final String path;
    private final SequencedMap<String, Entry> entries;

    private ForeignMap(
            SourcePosition sourcePosition, String path, SequencedMap<String, Entry> entries) {
        this.sourcePosition = sourcePosition;
        this.path = path;
        this.entries = new LinkedHashMap<>(entries);
    }

    /// Returns a map whose keys are taken one by one.
    ///
    /// @param path before its keys in a comment, as in `deploy.`
    public static ForeignMap of(Mapping map, String path) {
        return new ForeignMap(map.place(), path, map.entries());
    }

    /// A whole file, one document.
    public static ForeignMap read(SourceText sourceText) throws ImportException {
        return read(sourceText, sourceText.file());
    }

    /// @param file as the user knows it
    static ForeignMap read(SourceText sourceText, Path file) throws ImportException {
        ProblemCollector problemCollector = new ProblemCollector();
        ConfigNode root = YamlTree.read(sourceText, problemCollector);
        if (!problemCollector.none()) {
            ConfigProblem configProblem = problemCollector.problems().getFirst();
            throw new ImportException(file, configProblem.line(), plain(configProblem.message()));
        } else if (!(root instanceof Mapping map)) {
            throw new ImportException(file, 0, "expected a map at the top");
        } else {
            return of(map, "");
        }
    }

    /// Returns a message without advice that is for configuration files of this program.
    private static String plain(String message) {
        for (String fact : List.of(YamlTree.SECOND, YamlTree.EMPTY)) {
            if (message.startsWith(fact)) {
                return fact;
            }
        }
        return message;
    }

    public SourcePosition place() {
        return sourcePosition;
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    /// Returns the value of a key without taking it; null if it has none.
    public @Nullable ConfigNode look(String key) {
        Entry entry = entries.get(key);
        return entry == null || isNull(entry.value()) ? null : entry.value();
    }

    /// Takes the key out; null if it is not there, or has nothing.
    public @Nullable ConfigNode take(String key) {
        ConfigNode configNode = look(key);
        entries.remove(key);
        return configNode;
    }

    /// The key with a text that says what it has.
    public ForeignSetting setting(String key) {
        Entry entry = entries.get(key);
        return entry == null
                ? new ForeignSetting(path + key, "", sourcePosition)
                : new ForeignSetting(path + key, shown(entry.value()), entry.key());
    }

    /// Takes a single value out; null if it is not there, has nothing, or is none.
    public @Nullable ForeignSetting text(String key) {
        return look(key) instanceof Scalar scalar
                ? new ForeignSetting(path + key, scalar.text(), taken(key).key())
                : null;
    }

    private Entry taken(String key) {
        Entry entry = entries.remove(key);
        return entry == null
                ? new Entry(sourcePosition, new Scalar(sourcePosition, "", true))
                : entry;
    }

    /// Takes a map out; an empty one if it is not there, or is none.
    public ForeignMap map(String key) {
        ConfigNode configNode = look(key);
        if (configNode instanceof Mapping map) {
            entries.remove(key);
            return of(map, path + key + ".");
        }
        return new ForeignMap(sourcePosition, path + key + ".", new LinkedHashMap<>());
    }

    /// Takes a list of texts out, or a single one; empty if it is not there, or is neither.
    public List<ForeignSetting> list(String key) {
        List<ForeignSetting> list = new ArrayList<>();
        ConfigNode configNode = look(key);
        if (configNode instanceof Items items) {
            for (ConfigNode item : items.values()) {
                list.add(new ForeignSetting(path + key, shown(item), item.place()));
            }
        } else if (configNode instanceof Scalar scalar) {
            list.add(new ForeignSetting(path + key, scalar.text(), scalar.place()));
        } else if (configNode instanceof Mapping) {
            return list;
        }
        entries.remove(key);
        return list;
    }

    /// Takes out all that is left.
    public List<ForeignSetting> takeRest() {
        List<ForeignSetting> rest = new ArrayList<>();
        for (String key : keys()) {
            rest.add(setting(key));
        }
        entries.clear();
        return rest;
    }

    /// The same as a service of a compose file that extends another one.
    public ForeignMap over(Mapping base) {
        return new ForeignMap(sourcePosition, path, ComposeExtends.merged(base.entries(), entries));
    }

    private static boolean isNull(ConfigNode configNode) {
        return configNode instanceof Scalar scalar && scalar.isNull();
    }

    /// Returns a value on one line, cut to a short length.
    public static String shown(ConfigNode configNode) {
        String text =
                switch (configNode) {
                    case Scalar scalar -> scalar.text();
                    case Items items ->
                            "["
                                    + String.join(
                                            ", ",
                                            items.values().stream().map(ForeignMap::shown).toList())
                                    + "]";
                    case Mapping map -> shown(map);
                };
        return configNode instanceof Scalar || text.length() <= MAX_SHOWN
                ? text
                : text.substring(0, MAX_SHOWN) + "…";
    }

    private static String shown(Mapping map) {
        List<String> entries = new ArrayList<>();
        map.entries().forEach((key, entry) -> entries.add(key + ": " + shown(entry.value())));
        return "{" + String.join(", ", entries) + "}";
    }
}
