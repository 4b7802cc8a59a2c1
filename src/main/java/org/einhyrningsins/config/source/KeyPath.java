// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import org.jspecify.annotations.Nullable;

/// The keys that lead to a value, as in `programs.web.bind[0]`. It is spelled out only when
/// somebody wants to read it: a large file has many values and few problems.
///
/// @param parent path of the map or list around it; null at the top of a file
/// @param key in a map
/// @param index in a list; -1 in a map
public record KeyPath(@Nullable KeyPath parent, String key, int index) {
    public static final KeyPath TOP = new KeyPath(null, "", -1);

    KeyPath of(String inner) {
        return new KeyPath(this, inner, -1);
    }

    public KeyPath of(int inner) {
        return new KeyPath(this, "", inner);
    }

    /// Empty at the top; on one line, whatever the keys are.
    @Override
    public String toString() {
        if (parent == null) {
            return "";
        }
        String before = parent.toString();
        if (index >= 0) {
            return before + "[" + index + "]";
        }
        return (before.isEmpty() ? "" : before + ".") + TextUtil.line(key);
    }
}
