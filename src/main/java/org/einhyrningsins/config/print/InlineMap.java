// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.jspecify.annotations.Nullable;

/// A map on one line, as `{mode: timer, after: 1s}`.
final class InlineMap {
    private final StringBuilder yaml = new StringBuilder("{");

    InlineMap put(String key, Object value) {
        yaml.append(yaml.length() == 1 ? "" : ", ").append(key).append(": ").append(value);
        return this;
    }

    /// Adds nothing for null.
    InlineMap putIfSet(String key, @Nullable Object value) {
        return value == null ? this : put(key, value);
    }

    /// Adds a flag that is false where it is not written.
    InlineMap putIfTrue(String key, boolean value) {
        return value ? put(key, true) : this;
    }

    @Override
    public String toString() {
        return yaml + "}";
    }
}
