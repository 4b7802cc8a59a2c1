// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A map of a known shape. Reading a key that is not there gives its default.
///
/// @param place of the map
/// @param shape which keys there may be; null for a map that is not there at all
public record ConfigFields(
        SourcePosition place,
        Map<String, Entry> entries,
        @Nullable ConfigShape shape,
        ValueReader values) {

    /// Reports the keys that cannot stand there.
    public static ConfigFields of(Mapping map, ConfigShape configShape, ValueReader valueReader) {
        for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
            if (!configShape.has(entry.getKey())) {
                String message =
                        valueReader.problems().full()
                                ? ""
                                : UnknownKeys.message(
                                        configShape, entry.getKey(), entry.getValue().value());
                valueReader.problems().report(entry.getValue().key(), message);
            }
        }
        return new ConfigFields(map.place(), map.entries(), configShape, valueReader);
    }

    public static ConfigFields none(SourcePosition sourcePosition, ValueReader valueReader) {
        return new ConfigFields(sourcePosition, Map.of(), null, valueReader);
    }

    public boolean has(String key) {
        return node(key) != null;
    }

    public @Nullable ConfigNode node(String key) {
        if (shape != null && !shape.has(key)) {
            throw new IllegalArgumentException(shape.name() + " has no key " + key);
        }
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    /// The map under a key, or an empty one.
    public ConfigFields fields(String key, ConfigShape inner) {
        ConfigNode configNode = node(key);
        return configNode == null ? none(place, values) : values.fields(configNode, inner, "a map");
    }

    public @Nullable String text(String key, String what) {
        ConfigNode configNode = node(key);
        return configNode == null ? null : values.text(configNode, what);
    }

    /// A text that is not empty; null after a problem.
    public @Nullable String name(String key, String what) {
        String text = text(key, what);
        if (text != null && text.isEmpty()) {
            report(key, "expected " + what + ", found an empty text");
            return null;
        }
        return text;
    }

    /// A path that is not empty, in which nothing is replaced; null after a problem.
    ///
    /// @param environment the manager's, to tell what `~` may have meant
    public @Nullable String path(String key, String what, Map<String, String> environment) {
        String text = name(key, what);
        ConfigNode configNode = node(key);
        return configNode == null || text == null || !values.isPath(configNode, text, environment)
                ? null
                : text;
    }

    public List<String> texts(String key, String what) {
        ConfigNode configNode = node(key);
        return configNode == null ? List.of() : values.texts(configNode, what);
    }

    public int number(String key, int min, int max, int otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.number(configNode, min, max, otherwise);
    }

    public double decimal(String key, int min, int max, double otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.decimal(configNode, min, max, otherwise);
    }

    public boolean flag(String key, boolean otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.flag(configNode, otherwise);
    }

    public Duration duration(String key, Duration otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.duration(configNode, otherwise);
    }

    public Duration positive(String key, Duration otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.positive(configNode, otherwise);
    }

    public @Nullable Integer octal(String key) {
        ConfigNode configNode = node(key);
        return configNode == null ? null : values.octal(configNode);
    }

    public <E extends Enum<E>> E choice(String key, E[] constants, E otherwise) {
        ConfigNode configNode = node(key);
        return configNode == null ? otherwise : values.choice(configNode, constants, otherwise);
    }

    /// Reports that a key must be there, unless the map itself is not, or it is there but for a
    /// slip.
    public void require(String key) {
        ConfigShape known = shape;
        boolean missing = !has(key) && !values.problems().full();
        if (known != null && missing && !isMeant(key)) {
            values.problems()
                    .reportMissing(place, key + " is missing" + ForeignKeywords.example(key));
        }
    }

    /// True if an unknown key is a misspelling of that one, or another manager's word for it.
    public boolean isMeant(String key) {
        ConfigShape known = shape;
        if (known == null) {
            return false;
        }
        for (String typed : entries.keySet()) {
            boolean meant =
                    key.equals(SpellingSuggestion.of(typed, known.keys()))
                            || UnknownKeys.mentions(known, typed, key);
            if (!known.has(typed) && meant) {
                return true;
            }
        }
        return false;
    }

    /// Returns the position of a key's value, or of the map if it has none.
    public SourcePosition place(String key) {
        ConfigNode configNode = node(key);
        return configNode == null ? place : configNode.place();
    }

    /// Warns of a key that is there, at its value.
    public void warn(String key, String message) {
        values.problems().warn(place(key), message);
    }

    /// Reports a problem of a key that is there, at its value.
    public void report(String key, String message) {
        values.problems().report(place(key), message);
    }

    /// The same for what a parser says of its value.
    public void report(String key, ValueException valueException) {
        values.problems().report(place(key), valueException);
    }

    /// Reports that something is missing which another key would give.
    public void reportMissing(String key, String message) {
        values.problems().reportMissing(place(key), message);
    }
}
