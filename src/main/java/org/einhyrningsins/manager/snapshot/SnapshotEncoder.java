// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramVersion;
import org.jspecify.annotations.Nullable;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Writes images. One for each kind of image that is written again and again: it remembers the text
/// of definitions, which are most of an image and hardly ever change.
public final class SnapshotEncoder {
    private IdentityHashMap<ProgramVersion, String> remembered = new IdentityHashMap<>();
    private IdentityHashMap<ProgramVersion, String> used = new IdentityHashMap<>();
    private final List<ProgramVersion> table = new ArrayList<>();

    /// The text of a record.
    public String write(Record image) {
        table.clear();
        used = new IdentityHashMap<>();
        StringBuilder body = new StringBuilder();
        value(body, image, image.getClass());
        StringBuilder text = new StringBuilder(body.length() + 4096);
        text.append("{\"")
                .append(SnapshotLanguage.FORMAT)
                .append("\":")
                .append(SnapshotLanguage.NUMBER);
        text.append(",\n\"").append(SnapshotLanguage.VERSIONS).append("\":[");
        for (int i = 0; i < table.size(); i++) {
            text.append(i == 0 ? "\n" : ",\n").append(definition(table.get(i)));
        }
        text.append("],\n\"")
                .append(SnapshotLanguage.BODY)
                .append("\":")
                .append(body)
                .append("}\n");
        remembered = used;
        return text.toString();
    }

    private String definition(ProgramVersion programVersion) {
        String known = remembered.get(programVersion);
        if (known == null) {
            StringBuilder text = new StringBuilder();
            object(text, programVersion, false);
            known = text.toString();
        }
        used.put(programVersion, known);
        return known;
    }

    private void value(StringBuilder to, @Nullable Object value, Type declared) {
        switch (value) {
            case null -> to.append("null");
            case ProgramVersion programVersion -> to.append(number(programVersion));
            case Moment moment -> to.append(moment.nanos());
            case Record record -> object(to, record, isSealed(declared));
            case String text -> quote(to, text);
            case Boolean truth -> to.append(truth.booleanValue());
            case Number number -> to.append(number);
            case Enum<?> constant -> quote(to, ConstantNames.of(constant));
            case Duration time -> duration(to, time);
            case Path path -> quote(to, path.toString());
            case InetAddress address -> quote(to, address.getHostAddress());
            case Collection<?> list -> list(to, list, argument(declared, 0));
            case Map<?, ?> map -> map(to, map, argument(declared, 1));
            default -> throw new IllegalArgumentException("no image of " + value.getClass());
        }
    }

    private int number(ProgramVersion programVersion) {
        for (int i = 0; i < table.size(); i++) {
            if (table.get(i).equals(programVersion)) {
                return i;
            }
        }
        table.add(programVersion);
        return table.size() - 1;
    }

    private void object(StringBuilder to, Record record, boolean named) {
        to.append('{');
        String separator = "";
        RecordShape recordShape = RecordShape.of(record.getClass());
        if (named) {
            to.append('"').append(SnapshotLanguage.IS).append("\":");
            quote(to, recordShape.kind());
            separator = ",";
        }
        components(to, recordShape, record, separator);
        to.append('}');
    }

    /// Returns the separator for what follows.
    private String components(StringBuilder to, RecordShape shape, Object record, String first) {
        String separator = first;
        for (RecordShape.Component component : shape.inRecordOrder()) {
            Object value = RecordShape.get(component, record);
            RecordShape flat = component.flat();
            if (flat != null) {
                separator = components(to, flat, Objects.requireNonNull(value), separator);
                continue;
            }
            to.append(separator).append('"').append(component.name()).append("\":");
            value(to, value, component.type());
            separator = ",";
        }
        return separator;
    }

    private void list(StringBuilder to, Collection<?> list, Type elements) {
        to.append('[');
        String separator = "";
        for (Object element : list) {
            to.append(separator);
            value(to, element, elements);
            separator = ",";
        }
        to.append(']');
    }

    private void map(StringBuilder to, Map<?, ?> map, Type values) {
        to.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            to.append(separator);
            Object key = entry.getKey();
            quote(to, key instanceof Enum<?> constant ? ConstantNames.of(constant) : (String) key);
            to.append(':');
            value(to, entry.getValue(), values);
            separator = ",";
        }
        to.append('}');
    }

    /// Seconds and nanoseconds: a long time in nanoseconds is more than a number holds.
    private static void duration(StringBuilder to, Duration time) {
        to.append('[').append(time.getSeconds()).append(',').append(time.getNano()).append(']');
    }

    static boolean isSealed(Type declared) {
        return declared instanceof Class<?> type && type.isSealed() && type.isInterface();
    }

    static Type argument(Type declared, int index) {
        if (declared instanceof ParameterizedType type) {
            return type.getActualTypeArguments()[index];
        }
        throw new IllegalArgumentException("no image of a raw " + declared);
    }

    private static void quote(StringBuilder to, String text) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                to.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                to.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    to.append(Character.forDigit(c >> shift & 15, 16));
                }
            } else {
                to.append(c);
            }
        }
        to.append('"');
    }
}
