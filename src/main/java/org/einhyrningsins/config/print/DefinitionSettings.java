// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.print.SettingValue.Item;
import org.einhyrningsins.config.print.SettingValue.Items;
import org.einhyrningsins.config.print.SettingValue.Line;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The keys of a program's definition, or of what is no program's, each with its value as the
/// configuration would write it, for comparison with another definition.
///
/// They are what [ConfigPrinter] prints: that loads to an equal definition, so two definitions that
/// differ in anything differ in a key.
public final class DefinitionSettings {
    private final SequencedMap<String, String> settings = new LinkedHashMap<>();

    private DefinitionSettings() {}

    /// Returns all settings of a program, in the order of `print`: a key of a key as
    /// `rollout.settle`, a socket as `bind.http`, and under `bind` the order of the sockets.
    public static SequencedMap<String, String> of(ProgramSpec program) {
        SequencedMap<String, String> settings = of(ProgramSettings.of(program));
        if (program.release() != null) { // the configuration has the link, which stays the same
            settings.put("release", program.release().text());
        }
        if (program.obstacle() != null) {
            settings.put("env-file", program.obstacle());
        }
        return settings;
    }

    /// Returns all settings that belong to no program, in the order of `print`, as `control.mode`
    /// and `log.level`.
    public static SequencedMap<String, String> of(ServicesSpec services) {
        return of(ManagerSettings.of(services));
    }

    private static SequencedMap<String, String> of(SettingGroup group) {
        DefinitionSettings all = new DefinitionSettings();
        all.add("", group);
        return all.settings;
    }

    private void add(String above, SettingGroup group) {
        group.values()
                .forEach(
                        (name, value) -> {
                            String key = above + YamlText.inner(name);
                            switch (value) {
                                case Line line -> settings.put(key, line.yaml());
                                case SettingGroup below -> add(key + ".", below);
                                case Items list -> add(key, list.items());
                            }
                        });
    }

    private void add(String key, List<Item> items) {
        settings.put(key, YamlText.list(items, DefinitionSettings::word));
        for (Item item : items) {
            if (item.name() != null) {
                settings.put(key + "." + YamlText.inner(item.name()), item.yaml());
            }
        }
    }

    private static String word(Item item) {
        return item.name() == null ? item.yaml() : YamlText.quoted(item.name());
    }
}
