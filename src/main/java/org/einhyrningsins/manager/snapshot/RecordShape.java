// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.jspecify.annotations.Nullable;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// A record type as images have it: its components by their names in the format, and how one is
/// made.
final class RecordShape {
    private static final Map<Class<?>, RecordShape> KNOWN = new HashMap<>();

    private final Class<?> type;
    private final String name;
    private final String kind;
    private final Map<String, Component> components = new LinkedHashMap<>();
    private final Constructor<?> constructor;

    /// @param name in the format
    /// @param type with its type arguments
    record Component(String name, Type type, Method accessor, RecordComponent declared) {
        /// True if a record is invalid without it. Computed only where a component is missing,
        /// since that takes long.
        boolean required() {
            return !declared.getAnnotatedType().isAnnotationPresent(Nullable.class);
        }
    }

    private RecordShape(Class<?> type) {
        this.type = type;
        FormatNames names = FormatNames.of(type);
        name = names.type();
        kind = FormatNames.kind(name);
        RecordComponent[] all = type.getRecordComponents();
        Class<?>[] raw = new Class<?>[all.length];
        for (int i = 0; i < all.length; i++) {
            Method accessor = all[i].getAccessor();
            accessor.setAccessible(true);
            raw[i] = all[i].getType();
            String part = names.part(all[i].getName());
            components.put(part, new Component(part, all[i].getGenericType(), accessor, all[i]));
        }
        try {
            constructor = type.getDeclaredConstructor(raw);
            constructor.setAccessible(true);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type + " without its canonical constructor", e);
        }
    }

    static synchronized RecordShape of(Class<?> type) {
        return KNOWN.computeIfAbsent(type, RecordShape::new);
    }

    /// Returns the type's name in the format.
    String name() {
        return name;
    }

    /// Returns the part of the name that tells it from the others of its sealed type.
    String kind() {
        return kind;
    }

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

    /// @param values in the order of the components
    Object make(@Nullable Object[] values) throws SnapshotException {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            throw new SnapshotException("no " + type.getSimpleName() + ": " + refused.getCause());
        } catch (IllegalAccessException | InstantiationException e) {
            throw new IllegalStateException("cannot make " + type, e);
        }
    }
}
