// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.control.wire.JsonReader;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.jspecify.annotations.Nullable;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads images: the whole of one, or none of it.
public final class SnapshotDecoder {
    /// Maximum duration, some 292 years.
    private static final Duration MAX_DURATION = Duration.ofNanos(Long.MAX_VALUE);

    private final List<ProgramVersion> table = new ArrayList<>();

    /// Names of this text's format.
    private final OlderNames older;

    /// Components by the names of this text's format, if it is an older one.
    private final IdentityHashMap<RecordShape, Map<String, RecordShape.Component>> olderComponents =
            new IdentityHashMap<>();

    private SnapshotDecoder(OlderNames older) {
        this.older = older;
    }

    /// The record that a text holds.
    ///
    /// @throws ImageException if it is torn, of a newer format, or not that
    public static <R extends Record> R read(String text, Class<R> type) throws SnapshotException {
        Map<String, @Nullable Object> all = object(tree(text), "");
        long format = all.get(SnapshotLanguage.FORMAT) instanceof Long number ? number : 0;
        if (format < 1 || format > SnapshotLanguage.NUMBER) {
            throw new SnapshotException(
                    format < 1
                            ? "it has no format number"
                            : "its format is "
                                    + format
                                    + " and release "
                                    + BuildInfo.text()
                                    + " reads up to "
                                    + SnapshotLanguage.NUMBER
                                    + ": the release that wrote it, or a later one, can read it");
        }
        SnapshotDecoder reader = new SnapshotDecoder(OlderNames.of(format));
        int i = 0;
        for (Object version : list(all.get(SnapshotLanguage.VERSIONS), SnapshotLanguage.VERSIONS)) {
            String where = SnapshotLanguage.VERSIONS + "." + i++;
            reader.table.add((ProgramVersion) reader.record(version, ProgramVersion.class, where));
        }
        return type.cast(reader.record(all.get(SnapshotLanguage.BODY), type, ""));
    }

    private static @Nullable Object tree(String text) throws SnapshotException {
        try {
            return JsonReader.read(text);
        } catch (IllegalArgumentException e) {
            throw new SnapshotException(String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Object value(@Nullable Object tree, Type declared, String where)
            throws SnapshotException {
        if (declared instanceof ParameterizedType type) {
            return tree == null ? null : many(tree, type, where);
        }
        Class<?> type = (Class<?>) declared;
        if (tree == null && !type.isPrimitive()) {
            return null;
        }
        if (SnapshotEncoder.isSealed(type)) {
            return record(tree, member(tree, type, where), where);
        }
        if (type == ProgramVersion.class) {
            return version(tree, where);
        }
        if (type == Moment.class) {
            return new Moment(number(tree, where));
        }
        return type.isRecord() ? record(tree, type, where) : simple(tree, type, where);
    }

    private ProgramVersion version(@Nullable Object tree, String where) throws SnapshotException {
        long index = number(tree, where);
        if (index < 0 || index >= table.size()) {
            throw wrong(where, "the number of a version");
        }
        return table.get((int) index);
    }

    // ---- records

    private Object record(@Nullable Object tree, Class<?> type, String where)
            throws SnapshotException {
        Map<String, @Nullable Object> object = object(tree, where);
        RecordShape recordShape = RecordShape.of(type);
        Map<String, RecordShape.Component> components = components(recordShape);
        @Nullable Object[] values = new @Nullable Object[components.size()];
        int i = 0;
        for (Map.Entry<String, RecordShape.Component> entry : components.entrySet()) {
            String name = entry.getKey();
            RecordShape.Component component = entry.getValue();
            String inside = where.isEmpty() ? name : where + "." + name;
            Object value =
                    object.containsKey(name)
                            ? value(object.get(name), component.type(), inside)
                            : byDefault(component.type());
            if (value == null && component.required()) {
                throw missing(inside);
            }
            values[i++] = value;
        }
        for (String name : object.keySet()) {
            if (!components.containsKey(name) && !name.equals(SnapshotLanguage.IS)) {
                throw new SnapshotException(
                        (where.isEmpty() ? "" : where + ": ")
                                + "it has '"
                                + name
                                + "', of which this version knows nothing");
            }
        }
        return recordShape.make(values);
    }

    /// Returns the components by the names that they have in this text.
    private Map<String, RecordShape.Component> components(RecordShape recordShape) {
        if (older == OlderNames.NONE) {
            return recordShape.components();
        }
        Map<String, RecordShape.Component> named = olderComponents.get(recordShape);
        if (named == null) {
            named = new LinkedHashMap<>();
            for (RecordShape.Component component : recordShape.components().values()) {
                named.put(older.part(recordShape.name(), component.name()), component);
            }
            olderComponents.put(recordShape, named);
        }
        return named;
    }

    /// Returns the default of a component that an older manager did not know yet.
    static @Nullable Object byDefault(Type declared) {
        if (declared instanceof ParameterizedType type) {
            Class<?> raw = (Class<?>) type.getRawType();
            return List.class == raw
                    ? List.of()
                    : Map.class.isAssignableFrom(raw)
                            ? new LinkedHashMap<>()
                            : new LinkedHashSet<>();
        }
        Class<?> type = (Class<?>) declared;
        if (type == String.class) {
            return "";
        }
        if (type == boolean.class) {
            return false;
        }
        if (type == int.class) {
            return 0;
        }
        if (type == long.class) {
            return 0L;
        }
        return type == double.class ? (Object) 0.0 : constant(type);
    }

    private static @Nullable Object constant(Class<?> type) {
        for (String name : List.of("DEFAULT", "NONE", "INHERITED")) {
            try {
                var field = type.getDeclaredField(name);
                field.setAccessible(true);
                return field.get(null);
            } catch (NoSuchFieldException | IllegalAccessException e) {
                // the next, or null
            }
        }
        return null;
    }

    private Class<?> member(@Nullable Object tree, Class<?> sealed, String where)
            throws SnapshotException {
        Object name = object(tree, where).get(SnapshotLanguage.IS);
        Class<?> found = name instanceof String text ? find(sealed, text) : null;
        if (found == null) {
            throw wrong(where, "a " + FormatNames.javaName(sealed) + ", not '" + name + "'");
        }
        return found;
    }

    private @Nullable Class<?> find(Class<?> sealed, String name) {
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            Class<?> found = permitted.isSealed() ? find(permitted, name) : permitted;
            if (found != null && kind(found).equals(name)) {
                return found;
            }
        }
        return null;
    }

    private String kind(Class<?> type) {
        return FormatNames.kind(older.type(FormatNames.type(type)));
    }

    private static Object there(@Nullable Object value, String where) throws SnapshotException {
        if (value == null) {
            throw missing(where);
        }
        return value;
    }

    private static SnapshotException missing(String where) {
        return wrong(where, "something, found nothing");
    }

    // ---- many

    private Object many(Object tree, ParameterizedType type, String where)
            throws SnapshotException {
        Class<?> raw = (Class<?>) type.getRawType();
        if (Map.class.isAssignableFrom(raw)) {
            return map(tree, type, where);
        }
        List<Object> values = new ArrayList<>();
        int i = 0;
        for (Object element : list(tree, where)) {
            String inside = where + "." + i++;
            values.add(there(value(element, SnapshotEncoder.argument(type, 0), inside), inside));
        }
        return Set.class.isAssignableFrom(raw) ? new HashSet<>(values) : values;
    }

    private Map<Object, Object> map(Object tree, ParameterizedType type, String where)
            throws SnapshotException {
        Map<Object, Object> map = new LinkedHashMap<>();
        Class<?> keys = (Class<?>) SnapshotEncoder.argument(type, 0);
        for (Map.Entry<String, @Nullable Object> entry : object(tree, where).entrySet()) {
            String inside = where + "." + entry.getKey();
            Object key = simple(entry.getKey(), keys, inside);
            Object value = value(entry.getValue(), SnapshotEncoder.argument(type, 1), inside);
            map.put(key, there(value, inside));
        }
        return map;
    }

    // ---- simple values

    private Object simple(@Nullable Object tree, Class<?> type, String where)
            throws SnapshotException {
        if (type == String.class) {
            return text(tree, where);
        }
        if ((type == boolean.class || type == Boolean.class) && tree instanceof Boolean truth) {
            return truth;
        }
        if (type == int.class || type == Integer.class) {
            return integer(number(tree, where), where);
        }
        if (type == long.class || type == Long.class) {
            return number(tree, where);
        }
        if (type == double.class && tree instanceof Number number) {
            return number.doubleValue();
        }
        if (type.isEnum()) {
            return constant(text(tree, where), type, where);
        }
        if (type == Duration.class) {
            return duration(tree, where);
        }
        if (type == Path.class) {
            return path(text(tree, where), where);
        }
        if (type == InetAddress.class) {
            return address(text(tree, where), where);
        }
        throw wrong(where, type.getSimpleName());
    }

    private static int integer(long number, String where) throws SnapshotException {
        if (number != (int) number) {
            throw wrong(where, "a smaller number");
        }
        return (int) number;
    }

    private Object constant(String name, Class<?> type, String where) throws SnapshotException {
        Object constant = ConstantNames.of(type).constant(name, older);
        if (constant == null) {
            throw wrong(where, "a " + FormatNames.type(type) + ", not '" + name + "'");
        }
        return constant;
    }

    private static Duration duration(@Nullable Object tree, String where) throws SnapshotException {
        List<@Nullable Object> parts = list(tree, where);
        if (parts.size() != 2) {
            throw wrong(where, "seconds and nanoseconds");
        }
        try {
            Duration time =
                    Duration.ofSeconds(number(parts.get(0), where), number(parts.get(1), where));
            if (time.abs().compareTo(MAX_DURATION) <= 0) {
                return time;
            }
        } catch (ArithmeticException e) {
            // the same as beyond the longest
        }
        throw wrong(where, "a time");
    }

    private static Path path(String text, String where) throws SnapshotException {
        try {
            return Path.of(text);
        } catch (IllegalArgumentException e) {
            throw wrong(where, "a path");
        }
    }

    private static InetAddress address(String text, String where) throws SnapshotException {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw wrong(where, "an address");
        }
    }

    private static long number(@Nullable Object tree, String where) throws SnapshotException {
        if (tree instanceof Long number) {
            return number;
        }
        throw wrong(where, "a number");
    }

    private static String text(@Nullable Object tree, String where) throws SnapshotException {
        if (tree instanceof String text) {
            return text;
        }
        throw wrong(where, "a text");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> object(@Nullable Object tree, String where)
            throws SnapshotException {
        if (tree instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw wrong(where, "an object");
    }

    @SuppressWarnings("unchecked")
    private static List<@Nullable Object> list(@Nullable Object tree, String where)
            throws SnapshotException {
        if (tree instanceof List<?> list) {
            return (List<@Nullable Object>) list;
        }
        throw wrong(where, "a list");
    }

    private static SnapshotException wrong(String where, String expected) {
        return new SnapshotException(
                (where.isEmpty() ? "" : where + ": ") + "expected " + expected);
    }
}
