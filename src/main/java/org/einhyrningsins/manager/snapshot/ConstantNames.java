// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;

/// What the format calls the constants of one enum.
final class ConstantNames {
    private static final Map<Class<?>, ConstantNames> KNOWN = new HashMap<>();

    private final String type;
    private final Enum<?>[] constants;
    private final String[] names;

    private ConstantNames(Class<?> type) {
        FormatNames format = FormatNames.of(type);
        this.type = format.type();
        constants = (Enum<?>[]) type.getEnumConstants();
        names = new String[constants.length];
        for (Enum<?> constant : constants) {
            names[constant.ordinal()] = format.part(constant.name());
        }
    }

    /// @param type an enum
    static synchronized ConstantNames of(Class<?> type) {
        return KNOWN.computeIfAbsent(type, ConstantNames::new);
    }

    static String of(Enum<?> constant) {
        return of(constant.getDeclaringClass()).names[constant.ordinal()];
    }

    /// The constant of that name; null if there is none.
    ///
    /// @param older what another format calls them
    @Nullable Enum<?> constant(String name, OlderNames older) {
        for (int i = 0; i < names.length; i++) {
            if (older.part(type, names[i]).equals(name)) {
                return constants[i];
            }
        }
        return null;
    }
}
