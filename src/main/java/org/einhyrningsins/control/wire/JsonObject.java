// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A JSON object that was read: fields by name. A field that is absent or null has its default; one
/// of another kind is an [IllegalArgumentException] that names it. Unknown fields do no harm.
///
/// The client loads it: a switch over types would take it longer to link than a reply to read.
public record JsonObject(Map<String, @Nullable Object> fields) {
    /// Reads a text.
    ///
    /// @throws IllegalArgumentException if it is no JSON, or no object
    public static JsonObject read(String text) {
        return of("the text", JsonReader.read(text));
    }

    @SuppressWarnings("unchecked") // the reader's maps have no other keys
    private static JsonObject of(String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return new JsonObject((Map<String, @Nullable Object>) map);
        }
        throw expected("an object", name);
    }

    private static IllegalArgumentException expected(String what, String name) {
        return new IllegalArgumentException("expected " + what + " as " + name);
    }

    /// Returns null for an absent field.
    public @Nullable String text(String name) {
        Object value = fields.get(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw expected("a text", name);
    }

    public String text(String name, String otherwise) {
        String text = text(name);
        return text == null ? otherwise : text;
    }

    public boolean flag(String name) {
        Object value = fields.get(name);
        if (value == null || value instanceof Boolean) {
            return Boolean.TRUE.equals(value);
        }
        throw expected("true or false", name);
    }

    public int number(String name, int otherwise) {
        Object value = fields.get(name);
        return value == null ? otherwise : number(name, value);
    }

    private static int number(String name, @Nullable Object value) {
        if (value instanceof Long number && number == number.intValue()) {
            return number.intValue();
        }
        throw expected("a whole number", name);
    }

    /// Returns null for an absent field.
    public @Nullable JsonObject object(String name) {
        Object value = fields.get(name);
        return value == null ? null : of(name, value);
    }

    /// Returns the objects of a list; none for an absent field.
    public List<JsonObject> objects(String name) {
        List<JsonObject> objects = new ArrayList<>();
        for (Object item : list(name)) {
            objects.add(of(name, item));
        }
        return objects;
    }

    /// Returns the numbers of a list; none for an absent field.
    public List<Integer> numbers(String name) {
        List<Integer> numbers = new ArrayList<>();
        for (Object item : list(name)) {
            numbers.add(number(name, item));
        }
        return numbers;
    }

    /// Returns the texts of a list; none for an absent field.
    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (Object item : list(name)) {
            if (!(item instanceof String text)) {
                throw expected("texts", name);
            }
            texts.add(text);
        }
        return texts;
    }

    private List<? extends @Nullable Object> list(String name) {
        Object value = fields.get(name);
        if (value == null) {
            return List.of();
        } else if (value instanceof List<?> list) {
            return list;
        }
        throw expected("a list", name);
    }
}
