// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// The value of a key: on the same line, or below it.
sealed interface SettingValue permits SettingValue.Line, SettingValue.Items, SettingGroup {
    /// A text on the line of its key.
    ///
    /// @param yaml what stands behind the key
    record Line(String yaml) implements SettingValue {}

    /// A list with each item on a line.
    record Items(List<Item> items) implements SettingValue {}

    /// An item of a list.
    ///
    /// @param name unique in its list; null for an item without a name
    record Item(@Nullable String name, String yaml) {}
}
