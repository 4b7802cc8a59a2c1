// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Section;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.source.Misread;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The settings of one section of a unit, by systemd's rules: of several of a key the last one
/// counts, or all of a list since the last empty one. What is wrong is said at the program.
record SystemdSettings(Section section, SystemdText texts, DraftProgram program) {
    /// What is as good as never.
    static final Duration FOREVER = Duration.ofDays(3650);

    /// Of several settings of a key the last one counts; null if it is empty or there is none.
    @Nullable Setting last(String key) {
        return last(key::equals);
    }

    @Nullable Setting last(Predicate<String> keys) {
        List<Setting> all = section.takeAll(keys);
        for (Setting setting : all.subList(0, Math.max(0, all.size() - 1))) {
            program.same(setting, "overruled by " + all.getLast().place());
        }
        Setting last = all.isEmpty() ? null : all.getLast();
        if (last != null && last.value().isEmpty()) {
            program.same(last, "nothing, so the default");
            return null;
        }
        return last;
    }

    /// Of a list an empty setting takes back what stands before it.
    List<Setting> list(String key) {
        return list(key::equals);
    }

    List<Setting> list(Predicate<String> keys) {
        List<Setting> counting = new ArrayList<>();
        for (Setting setting : section.takeAll(keys)) {
            if (setting.value().isEmpty()) {
                counting.forEach(s -> program.same(s, "taken back by " + setting.place()));
                program.same(setting, "takes back what stands before it");
                counting.clear();
            } else {
                counting.add(setting);
            }
        }
        return counting;
    }

    /// With its specifiers replaced; null after saying that the program cannot be run so.
    @Nullable String specified(Setting setting) {
        try {
            return texts.specified(setting.value());
        } catch (Misread e) {
            program.blocks(setting, e.reason());
            return null;
        }
    }

    /// A time; [#FOREVER] for `infinity`, null after saying that it is none.
    @Nullable Duration time(String key, Setting setting) {
        try {
            Duration time = SystemdText.time(setting.value());
            return time == null || time.compareTo(FOREVER) > 0 ? FOREVER : time;
        } catch (Misread e) {
            program.lost(key, setting, e.reason());
            return null;
        }
    }
}
