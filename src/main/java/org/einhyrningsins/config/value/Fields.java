// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Entry;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Shape;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A map of a known shape. Reading a key that is not there gives its default.
///
/// @param place of the map
/// @param shape which keys there may be; null for a map that is not there at all
public record Fields(
        Place place, Map<String, Entry> entries, @Nullable Shape shape, Values values) {

    /// Reports the keys that cannot stand there.
    public static Fields of(Mapping map, Shape shape, Values values) {
        for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
            if (!shape.has(entry.getKey())) {
                String message =
                        values.problems().full()
                                ? ""
                                : UnknownKeys.message(
                                        shape, entry.getKey(), entry.getValue().value());
                values.problems().report(entry.getValue().key(), message);
            }
        }
        return new Fields(map.place(), map.entries(), shape, values);
    }

    public static Fields none(Place place, Values values) {
        return new Fields(place, Map.of(), null, values);
    }

    public boolean has(String key) {
        return node(key) != null;
    }

    public @Nullable Node node(String key) {
        if (shape != null && !shape.has(key)) {
            throw new IllegalArgumentException(shape + " has no key " + key);
        }
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    /// The map under a key, or an empty one.
    public Fields fields(String key, Shape inner) {
        Node node = node(key);
        return node == null ? none(place, values) : values.fields(node, inner, "a map");
    }

    public @Nullable String text(String key, String what) {
        Node node = node(key);
        return node == null ? null : values.text(node, what);
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
        Node node = node(key);
        return node == null || text == null || !values.isPath(node, text, environment)
                ? null
                : text;
    }

    public List<String> texts(String key, String what) {
        Node node = node(key);
        return node == null ? List.of() : values.texts(node, what);
    }

    public int number(String key, int min, int max, int otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.number(node, min, max, otherwise);
    }

    public double decimal(String key, int min, int max, double otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.decimal(node, min, max, otherwise);
    }

    public boolean flag(String key, boolean otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.flag(node, otherwise);
    }

    public Duration duration(String key, Duration otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.duration(node, otherwise);
    }

    public Duration positive(String key, Duration otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.positive(node, otherwise);
    }

    public @Nullable Integer octal(String key) {
        Node node = node(key);
        return node == null ? null : values.octal(node);
    }

    public <E extends Enum<E>> E choice(String key, E[] constants, E otherwise) {
        Node node = node(key);
        return node == null ? otherwise : values.choice(node, constants, otherwise);
    }

    /// Reports that a key must be there, unless the map itself is not, or it is there but for a
    /// slip.
    public void require(String key) {
        Shape known = shape;
        boolean missing = !has(key) && !values.problems().full();
        if (known != null && missing && !isMeant(key)) {
            values.problems().reportMissing(place, key + " is missing" + Synonyms.example(key));
        }
    }

    /// Whether a key that is not known is a slip of that one, or another manager's word for it.
    public boolean isMeant(String key) {
        Shape known = shape;
        if (known == null) {
            return false;
        }
        for (String typed : entries.keySet()) {
            boolean meant =
                    key.equals(Nearest.of(typed, known.keys()))
                            || UnknownKeys.mentions(known, typed, key);
            if (!known.has(typed) && meant) {
                return true;
            }
        }
        return false;
    }

    /// Where the value of a key is, or where it would be.
    public Place place(String key) {
        Node node = node(key);
        return node == null ? place : node.place();
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
    public void report(String key, Misread misread) {
        values.problems().report(place(key), misread);
    }

    /// Reports that something is missing which another key would give.
    public void reportMissing(String key, String message) {
        values.problems().reportMissing(place(key), message);
    }
}
