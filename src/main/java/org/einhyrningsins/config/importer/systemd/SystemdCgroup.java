// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.source.Misread;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Writes the limits of a unit's control group as those of each worker: where there are several,
/// all together may take as many times as much. Source: systemd.resource-control(5).
record SystemdCgroup(SystemdSettings settings, DraftProgram program) {
    private static final String KEY = "cgroup";

    void write() {
        List<String> limits = new ArrayList<>();
        size("MemoryMax", "memory-max", limits);
        size("MemoryHigh", "memory-high", limits);
        Setting cpu = limit("CPUQuota");
        if (cpu != null && cpu.value().matches("[1-9][0-9]{0,5}%")) {
            limits.add("cpu: " + cpu.value());
        } else if (cpu != null) {
            program.lost(KEY, cpu, "expected whole percents");
        }
        number("TasksMax", "tasks", 4_194_304, limits);
        number("IOWeight", "io-weight", 10_000, limits);
        if (!limits.isEmpty()) {
            program.set(KEY, "{ " + String.join(", ", limits) + " }");
        }
    }

    private @Nullable Setting limit(String key) {
        Setting setting = settings.last(key);
        if (setting != null && setting.value().equals("infinity")) {
            program.same(setting, "as it is here");
            return null;
        }
        return setting;
    }

    private void size(String key, String ours, List<String> limits) {
        Setting setting = limit(key);
        if (setting == null) {
            return;
        }
        try {
            limits.add(ours + ": " + DraftProgram.size(SystemdText.size(setting.value())));
        } catch (Misread e) {
            program.lost(KEY, setting, e.reason());
        }
    }

    private void number(String key, String ours, int most, List<String> limits) {
        Setting setting = limit(key);
        Integer number = setting == null ? null : program.number(KEY, setting, 1, most);
        if (number != null) {
            limits.add(ours + ": " + number);
        }
    }
}
