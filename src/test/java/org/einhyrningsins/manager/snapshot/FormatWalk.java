// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// All types that an image can have in it, found from those that are written as a whole.
final class FormatWalk {
    private static final List<Class<?>> ROOTS =
            List.of(
                    ReexecSnapshot.class,
                    ManagerSnapshot.class,
                    ProgramSnapshot.class,
                    ProgramHistory.class);

    /// Records and enums, without the records that are flat.
    final Set<Class<?>> named = new LinkedHashSet<>();

    /// The records that a sealed type may be, and those of sealed types in it.
    final Map<Class<?>, List<Class<?>>> variants = new LinkedHashMap<>();

    /// What is written as a simple value.
    final Set<Class<?>> simple = new LinkedHashSet<>();

    FormatWalk() {
        ROOTS.forEach(this::walk);
    }

    private void walk(Type type) {
        switch (type) {
            case ParameterizedType many ->
                    List.of(many.getActualTypeArguments()).forEach(this::walk);
            case Class<?> one when one.isEnum() -> named.add(one);
            case Class<?> one when one.isRecord() -> {
                if (named.add(one)) {
                    components(one, names(one));
                }
            }
            case Class<?> one when SnapshotEncoder.isSealed(one) -> {
                if (!variants.containsKey(one)) {
                    variants.put(one, permitted(one));
                    variants.get(one).forEach(this::walk);
                }
            }
            case Class<?> one -> simple.add(one);
            default -> throw new AssertionError(type);
        }
    }

    private void components(Class<?> type, FormatNames names) {
        for (RecordComponent component : type.getRecordComponents()) {
            FormatNames flat = names.flat().get(component.getName());
            if (flat == null) {
                walk(component.getGenericType());
            } else {
                components(component.getType(), flat);
            }
        }
    }

    /// The names of a type; none if the table does not have it.
    private static FormatNames names(Class<?> type) {
        boolean known = FormatNames.lines(FormatTable.TEXT).containsKey(FormatNames.javaName(type));
        return known ? FormatNames.of(type) : new FormatNames("", Map.of(), Map.of());
    }

    private static List<Class<?>> permitted(Class<?> type) {
        List<Class<?>> all = new ArrayList<>();
        for (Class<?> each : type.getPermittedSubclasses()) {
            all.addAll(each.isSealed() ? permitted(each) : List.of(each));
        }
        return all;
    }

    /// The names that Java has for a type's components or constants.
    static List<String> parts(Class<?> type) {
        List<String> parts = new ArrayList<>();
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) {
                parts.add(((Enum<?>) constant).name());
            }
        } else {
            for (RecordComponent component : type.getRecordComponents()) {
                parts.add(component.getName());
            }
        }
        return parts;
    }
}
