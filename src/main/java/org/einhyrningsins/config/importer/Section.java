// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.Place;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// A section of a foreign file. Whoever understands a setting takes it; the rest is commented on.
public final class Section {
    private final String name;
    private final Place place;
    private final List<Setting> settings = new ArrayList<>();

    public Section(String name, Place place) {
        this.name = name;
        this.place = place;
    }

    public String name() {
        return name;
    }

    public Place place() {
        return place;
    }

    /// What comes behind the colon of its name.
    public String title() {
        return name.substring(name.indexOf(':') + 1).strip();
    }

    public void add(Setting setting) {
        settings.add(setting);
    }

    public boolean has(String key) {
        return look(key) != null;
    }

    /// The setting of that key, and leaves it; null if there is none.
    public @Nullable Setting look(String key) {
        for (Setting setting : settings) {
            if (setting.key().equals(key)) {
                return setting;
            }
        }
        return null;
    }

    /// All settings of that key, and leaves them.
    public List<Setting> lookAll(String key) {
        return settings.stream().filter(setting -> setting.key().equals(key)).toList();
    }

    /// Takes the setting of that key out; null if there is none.
    public @Nullable Setting take(String key) {
        Setting setting = look(key);
        settings.remove(setting);
        return setting;
    }

    /// Takes out all whose keys are so, in their order.
    public List<Setting> takeAll(Predicate<String> keys) {
        List<Setting> taken = new ArrayList<>();
        for (Setting setting : settings) {
            if (keys.test(setting.key())) {
                taken.add(setting);
            }
        }
        settings.removeAll(taken);
        return taken;
    }

    /// Takes out what is left.
    public List<Setting> takeRest() {
        return takeAll(_ -> true);
    }

    /// A section with the same settings, to be read once more.
    public Section copy() {
        Section copy = new Section(name, place);
        copy.settings.addAll(settings);
        return copy;
    }
}
