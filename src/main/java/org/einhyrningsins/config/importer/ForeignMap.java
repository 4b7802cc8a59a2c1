// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Entry;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
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

    private final Place place;
    private final String path;
    private final SequencedMap<String, Entry> entries;

    private ForeignMap(Place place, String path, SequencedMap<String, Entry> entries) {
        this.place = place;
        this.path = path;
        this.entries = new LinkedHashMap<>(entries);
    }

    /// @param path before its keys in a comment, as in `deploy.`
    public static ForeignMap of(Mapping map, String path) {
        return new ForeignMap(map.place(), path, map.entries());
    }

    /// A whole file, one document.
    public static ForeignMap read(Source source) throws Unimportable {
        return read(source, source.file());
    }

    /// @param file as the user knows it
    static ForeignMap read(Source source, Path file) throws Unimportable {
        Problems problems = new Problems();
        Node root = YamlTree.read(source, problems);
        if (!problems.none()) {
            Problem problem = problems.problems().getFirst();
            throw new Unimportable(file, problem.line(), plain(problem.message()));
        } else if (!(root instanceof Mapping map)) {
            throw new Unimportable(file, 0, "expected a map at the top");
        } else {
            return of(map, "");
        }
    }

    /// Without advice that is for files of ours.
    private static String plain(String message) {
        for (String fact : List.of(YamlTree.SECOND, YamlTree.EMPTY)) {
            if (message.startsWith(fact)) {
                return fact;
            }
        }
        return message;
    }

    public Place place() {
        return place;
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    /// What the key has, and leaves it; null if it has nothing.
    public @Nullable Node look(String key) {
        Entry entry = entries.get(key);
        return entry == null || isNull(entry.value()) ? null : entry.value();
    }

    /// Takes the key out; null if it is not there, or has nothing.
    public @Nullable Node take(String key) {
        Node node = look(key);
        entries.remove(key);
        return node;
    }

    /// The key with a text that says what it has.
    public Setting setting(String key) {
        Entry entry = entries.get(key);
        return entry == null
                ? new Setting(path + key, "", place)
                : new Setting(path + key, shown(entry.value()), entry.key());
    }

    /// Takes a single value out; null if it is not there, has nothing, or is none.
    public @Nullable Setting text(String key) {
        return look(key) instanceof Scalar scalar
                ? new Setting(path + key, scalar.text(), taken(key).key())
                : null;
    }

    private Entry taken(String key) {
        Entry entry = entries.remove(key);
        return entry == null ? new Entry(place, new Scalar(place, "", true)) : entry;
    }

    /// Takes a map out; an empty one if it is not there, or is none.
    public ForeignMap map(String key) {
        Node node = look(key);
        if (node instanceof Mapping map) {
            entries.remove(key);
            return of(map, path + key + ".");
        }
        return new ForeignMap(place, path + key + ".", new LinkedHashMap<>());
    }

    /// Takes a list of texts out, or a single one; empty if it is not there, or is neither.
    public List<Setting> list(String key) {
        List<Setting> list = new ArrayList<>();
        Node node = look(key);
        if (node instanceof Items items) {
            for (Node item : items.values()) {
                list.add(new Setting(path + key, shown(item), item.place()));
            }
        } else if (node instanceof Scalar scalar) {
            list.add(new Setting(path + key, scalar.text(), scalar.place()));
        } else if (node instanceof Mapping) {
            return list;
        }
        entries.remove(key);
        return list;
    }

    /// Takes out all that is left.
    public List<Setting> takeRest() {
        List<Setting> rest = new ArrayList<>();
        for (String key : keys()) {
            rest.add(setting(key));
        }
        entries.clear();
        return rest;
    }

    /// The same as a service of a compose file that extends another one.
    public ForeignMap over(Mapping base) {
        return new ForeignMap(place, path, ComposeExtends.merged(base.entries(), entries));
    }

    private static boolean isNull(Node node) {
        return node instanceof Scalar scalar && scalar.isNull();
    }

    /// On one line, and not too long.
    public static String shown(Node node) {
        String text =
                switch (node) {
                    case Scalar scalar -> scalar.text();
                    case Items items ->
                            "["
                                    + String.join(
                                            ", ",
                                            items.values().stream().map(ForeignMap::shown).toList())
                                    + "]";
                    case Mapping map -> shown(map);
                };
        return node instanceof Scalar || text.length() <= MAX_SHOWN
                ? text
                : text.substring(0, MAX_SHOWN) + "…";
    }

    private static String shown(Mapping map) {
        List<String> entries = new ArrayList<>();
        map.entries().forEach((key, entry) -> entries.add(key + ": " + shown(entry.value())));
        return "{" + String.join(", ", entries) + "}";
    }
}
