// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The settings of one section of a unit, by systemd's rules: of several of a key the last one
/// counts, or all of a list since the last empty one. What is wrong is said at the program.
record SystemdSettings(ForeignSection section, SystemdValues texts, ImportedProgram program) {
    /// Duration that is as good as never.
    static final Duration FOREVER = Duration.ofDays(3650);

    /// Returns the last setting of a key; null if it is empty or absent.
    @Nullable ForeignSetting last(String key) {
        return last(key::equals);
    }

    @Nullable ForeignSetting last(Predicate<String> keys) {
        List<ForeignSetting> all = section.takeAll(keys);
        for (ForeignSetting foreignSetting : all.subList(0, Math.max(0, all.size() - 1))) {
            program.same(foreignSetting, "overruled by " + all.getLast().place());
        }
        ForeignSetting last = all.isEmpty() ? null : all.getLast();
        if (last != null && last.value().isEmpty()) {
            program.same(last, "nothing, so the default");
            return null;
        }
        return last;
    }

    /// Returns the settings of a list; an empty setting clears those before it.
    List<ForeignSetting> list(String key) {
        return list(key::equals);
    }

    List<ForeignSetting> list(Predicate<String> keys) {
        List<ForeignSetting> counting = new ArrayList<>();
        for (ForeignSetting foreignSetting : section.takeAll(keys)) {
            if (foreignSetting.value().isEmpty()) {
                counting.forEach(s -> program.same(s, "taken back by " + foreignSetting.place()));
                program.same(foreignSetting, "takes back what stands before it");
                counting.clear();
            } else {
                counting.add(foreignSetting);
            }
        }
        return counting;
    }

    /// Returns a value with its specifiers replaced; null after a comment that the program cannot
    /// run so.
    @Nullable String specified(ForeignSetting foreignSetting) {
        try {
            return texts.specified(foreignSetting.value());
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
            return null;
        }
    }

    /// A time; [#FOREVER] for `infinity`, null after saying that it is none.
    @Nullable Duration time(String key, ForeignSetting foreignSetting) {
        try {
            Duration time = SystemdValues.time(foreignSetting.value());
            return time == null || time.compareTo(FOREVER) > 0 ? FOREVER : time;
        } catch (ValueException e) {
            program.lost(key, foreignSetting, e.reason());
            return null;
        }
    }
}
