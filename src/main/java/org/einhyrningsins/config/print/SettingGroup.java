// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Keys with their values, in the order in which the configuration writes them.
///
/// [ConfigPrinter] writes them as YAML, [DefinitionSettings] compares them.
final class SettingGroup implements SettingValue {
    private final SequencedMap<String, SettingValue> values = new LinkedHashMap<>();

    SequencedMap<String, SettingValue> values() {
        return Collections.unmodifiableSequencedMap(values);
    }

    void put(String key, Object yaml) {
        values.put(key, new SettingValue.Line(yaml.toString()));
    }

    /// Adds nothing for null.
    void putIfSet(String key, @Nullable Object yaml) {
        if (yaml != null) {
            put(key, yaml);
        }
    }

    /// Adds a flag that is false where it is not written.
    void putIfTrue(String key, boolean value) {
        if (value) {
            put(key, true);
        }
    }

    /// Adds a key with keys below it.
    SettingGroup group(String key) {
        SettingGroup group = new SettingGroup();
        values.put(key, group);
        return group;
    }

    /// Adds nothing for an empty list.
    void items(String key, List<SettingValue.Item> items) {
        if (!items.isEmpty()) {
            values.put(key, new SettingValue.Items(items));
        }
    }
}
