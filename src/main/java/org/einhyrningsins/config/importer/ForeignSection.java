// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.SourcePosition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// A section of a foreign file. Whoever understands a setting takes it; the rest is commented on.
public final class ForeignSection {
    private final String name;
    private final SourcePosition sourcePosition;
    private final List<ForeignSetting> settings = new ArrayList<>();

    public ForeignSection(String name, SourcePosition sourcePosition) {
        this.name = name;
        this.sourcePosition = sourcePosition;
    }

    public String name() {
        return name;
    }

    public SourcePosition place() {
        return sourcePosition;
    }

    /// Returns the part of its name behind the colon.
    public String title() {
        return name.substring(name.indexOf(':') + 1).strip();
    }

    public void add(ForeignSetting foreignSetting) {
        settings.add(foreignSetting);
    }

    public boolean has(String key) {
        return look(key) != null;
    }

    /// The setting of that key, and leaves it; null if there is none.
    public @Nullable ForeignSetting look(String key) {
        for (ForeignSetting foreignSetting : settings) {
            if (foreignSetting.key().equals(key)) {
                return foreignSetting;
            }
        }
        return null;
    }

    /// Returns all settings of that key without taking them.
    public List<ForeignSetting> lookAll(String key) {
        return settings.stream()
                .filter(foreignSetting -> foreignSetting.key().equals(key))
                .toList();
    }

    /// Takes the setting of that key out; null if there is none.
    public @Nullable ForeignSetting take(String key) {
        ForeignSetting foreignSetting = look(key);
        settings.remove(foreignSetting);
        return foreignSetting;
    }

    /// Takes out all whose keys are so, in their order.
    public List<ForeignSetting> takeAll(Predicate<String> keys) {
        List<ForeignSetting> taken = new ArrayList<>();
        for (ForeignSetting foreignSetting : settings) {
            if (keys.test(foreignSetting.key())) {
                taken.add(foreignSetting);
            }
        }
        settings.removeAll(taken);
        return taken;
    }

    /// Takes out what is left.
    public List<ForeignSetting> takeRest() {
        return takeAll(_ -> true);
    }

    /// A section with the same settings, to be read once more.
    public ForeignSection copy() {
        ForeignSection copy = new ForeignSection(name, sourcePosition);
        copy.settings.addAll(settings);
        return copy;
    }
}
