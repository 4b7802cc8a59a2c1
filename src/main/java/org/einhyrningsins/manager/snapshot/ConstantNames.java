// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Names of the constants of one enum in the format.
final class ConstantNames {
    private static final Map<Class<?>, ConstantNames> KNOWN = new HashMap<>();

    private final String type;
    private final Enum<?>[] constants;
    private final Map<Enum<?>, String> names = new HashMap<>();

    private ConstantNames(Class<?> type) {
        FormatNames format = FormatNames.of(type);
        this.type = format.type();
        constants = (Enum<?>[]) type.getEnumConstants();
        for (Enum<?> constant : constants) {
            names.put(constant, format.part(constant.name()));
        }
    }

    /// @param type an enum
    static synchronized ConstantNames of(Class<?> type) {
        return KNOWN.computeIfAbsent(type, ConstantNames::new);
    }

    static String of(Enum<?> constant) {
        return of(constant.getDeclaringClass()).name(constant);
    }

    /// The constant of that name; null if there is none.
    ///
    /// @param older their names in another format
    @Nullable Enum<?> constant(String name, OlderNames older) {
        for (Enum<?> constant : constants) {
            if (older.part(type, name(constant)).equals(name)) {
                return constant;
            }
        }
        return null;
    }

    private String name(Enum<?> constant) {
        return Objects.requireNonNull(names.get(constant));
    }
}
