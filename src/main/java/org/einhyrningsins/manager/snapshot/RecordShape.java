// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.jspecify.annotations.Nullable;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A record type as images have it: its components by their names in the format, those of its flat
/// components among them, and how one is made.
final class RecordShape {
    private static final Map<Class<?>, RecordShape> KNOWN = new HashMap<>();

    private final Class<?> type;
    private final String name;
    private final String kind;
    private final List<Component> inRecordOrder = new ArrayList<>();
    private final Map<String, Component> components = new LinkedHashMap<>();
    private final Constructor<?> constructor;

    /// @param name in the format; that in Java of one that is flat
    /// @param type with its type arguments
    /// @param flat shape of a flat component, whose members the text has in its place; null for any
    ///   other
    record Component(
            String name,
            Type type,
            Method accessor,
            RecordComponent declared,
            @Nullable RecordShape flat) {
        /// True if a record is invalid without it. Computed only where a component is missing,
        /// since that takes long.
        boolean required() {
            return !declared.getAnnotatedType().isAnnotationPresent(Nullable.class);
        }
    }

    private RecordShape(Class<?> type, FormatNames names) {
        this.type = type;
        name = names.type();
        kind = FormatNames.kind(name);
        RecordComponent[] all = type.getRecordComponents();
        Class<?>[] raw = new Class<?>[all.length];
        for (int i = 0; i < all.length; i++) {
            raw[i] = all[i].getType();
            add(all[i], names);
        }
        try {
            constructor = type.getDeclaredConstructor(raw);
            constructor.setAccessible(true);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type + " without its canonical constructor", e);
        }
    }

    private void add(RecordComponent declared, FormatNames names) {
        Method accessor = declared.getAccessor();
        accessor.setAccessible(true);
        String java = declared.getName();
        FormatNames inside = names.flat().get(java);
        RecordShape flat = inside == null ? null : new RecordShape(declared.getType(), inside);
        String part = flat == null ? names.part(java) : java;
        Component component =
                new Component(part, declared.getGenericType(), accessor, declared, flat);
        inRecordOrder.add(component);
        if (flat == null) {
            components.put(part, component);
        } else {
            components.putAll(flat.components);
        }
    }

    static synchronized RecordShape of(Class<?> type) {
        return KNOWN.computeIfAbsent(type, its -> new RecordShape(its, FormatNames.of(its)));
    }

    /// Returns the type's name in the format.
    String name() {
        return name;
    }

    /// Returns the part of the name that tells it from the others of its sealed type.
    String kind() {
        return kind;
    }

    /// Returns its components as the record has them.
    List<Component> inRecordOrder() {
        return inRecordOrder;
    }

    /// Returns its components as the text has them, in the order of those of the record: without
    /// the flat ones, but with all that is in these.
    Map<String, Component> components() {
        return components;
    }

    static @Nullable Object get(Component component, Object value) {
        try {
            return component.accessor().invoke(value);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    /// @param values in the order of [#components()]
    Object make(@Nullable Object[] values) throws SnapshotException {
        return make(values, 0);
    }

    /// @param first index of its first value
    private Object make(@Nullable Object[] all, int first) throws SnapshotException {
        @Nullable Object[] values = new @Nullable Object[inRecordOrder.size()];
        int next = first;
        for (int i = 0; i < values.length; i++) {
            RecordShape flat = inRecordOrder.get(i).flat();
            values[i] = flat == null ? all[next] : flat.make(all, next);
            next += flat == null ? 1 : flat.components.size();
        }
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            throw new SnapshotException("no " + type.getSimpleName() + ": " + refused.getCause());
        } catch (IllegalAccessException | InstantiationException e) {
            throw new IllegalStateException("cannot make " + type, e);
        }
    }
}
