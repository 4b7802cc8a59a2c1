// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.Sizes;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Writes the limits of a unit's control group as those of each worker: where there are several,
/// all together may take as many times as much. Source: systemd.resource-control(5).
record SystemdCgroup(SystemdSettings settings, ImportedProgram program) {
    private static final String KEY = "cgroup";

    void write() {
        List<String> limits = new ArrayList<>();
        size("MemoryMax", "memory-max", limits);
        size("MemoryHigh", "memory-high", limits);
        ForeignSetting cpu = limit("CPUQuota");
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

    private @Nullable ForeignSetting limit(String key) {
        ForeignSetting foreignSetting = settings.last(key);
        if (foreignSetting != null && foreignSetting.value().equals("infinity")) {
            program.same(foreignSetting, "as it is here");
            return null;
        }
        return foreignSetting;
    }

    private void size(String key, String ours, List<String> limits) {
        ForeignSetting foreignSetting = limit(key);
        if (foreignSetting == null) {
            return;
        }
        try {
            long bytes = SystemdValues.size(foreignSetting.value());
            if (bytes < Sizes.MIN_MEMORY) {
                throw new ValueException("no program starts with so little");
            }
            limits.add(ours + ": " + ImportedValues.size(bytes));
        } catch (ValueException e) {
            program.lost(KEY, foreignSetting, e.reason());
        }
    }

    private void number(String key, String ours, int most, List<String> limits) {
        ForeignSetting foreignSetting = limit(key);
        Integer number =
                foreignSetting == null ? null : program.number(KEY, foreignSetting, 1, most);
        if (number != null) {
            limits.add(ours + ": " + number);
        }
    }
}
