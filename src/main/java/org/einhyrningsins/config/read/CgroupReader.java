// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.util.function.Function;

/// Reads the limits of control groups.
record CgroupReader(ValueReader values) {
    private static final int MAX_PERCENT = 1_000_000;
    private static final int MAX_TASKS = 4_194_304; // as kernel.pid_max
    private static final int MAX_WEIGHT = 10_000;
    private static final String CPU = "a part of processors such as 50% or 150%";

    /// Limits of each worker, and of all workers of a program together; null for none.
    record Limits(@Nullable CgroupSpec worker, @Nullable CgroupSpec program) {}

    Limits read(ConfigFields program) {
        if (!program.has("cgroup")) {
            return new Limits(null, null);
        }
        ConfigFields map = program.fields("cgroup", ConfigShape.CGROUP);
        CgroupSpec worker = limits(map);
        CgroupSpec together =
                map.has("program")
                        ? limits(map.fields("program", ConfigShape.PROGRAM_CGROUP))
                        : null;
        warn(map, "memory-max", worker, together, CgroupSpec::memoryMax);
        warn(map, "cpu", worker, together, CgroupSpec::cpu);
        warn(map, "tasks", worker, together, CgroupSpec::tasks);
        return new Limits(worker, together);
    }

    /// Warns if one worker may take more than all of them together.
    private static void warn(
            ConfigFields map,
            String key,
            @Nullable CgroupSpec worker,
            @Nullable CgroupSpec together,
            Function<CgroupSpec, @Nullable Number> limit) {
        Number one = worker == null ? null : limit.apply(worker);
        Number all = together == null ? null : limit.apply(together);
        if (one != null && all != null && one.longValue() > all.longValue()) {
            map.warn(key, "more than all workers together may have by cgroup.program." + key);
        }
    }

    private @Nullable CgroupSpec limits(ConfigFields map) {
        CgroupSpec limits = all(map);
        return limits.files().isEmpty() ? null : limits;
    }

    private CgroupSpec all(ConfigFields map) {
        return new CgroupSpec(
                bytes(map.node("memory-max")),
                bytes(map.node("memory-high")),
                percent(map.node("cpu")),
                map.has("tasks") ? map.number("tasks", 1, MAX_TASKS, 1) : null,
                map.has("io-weight") ? map.number("io-weight", 1, MAX_WEIGHT, 1) : null);
    }

    private @Nullable Long bytes(@Nullable ConfigNode configNode) {
        String text = configNode == null ? null : values.text(configNode, "a size such as 512MiB");
        if (configNode == null || text == null) {
            return null;
        }
        try {
            return Sizes.memory(text);
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return null;
        }
    }

    private @Nullable Integer percent(@Nullable ConfigNode configNode) {
        String text = configNode == null ? null : values.text(configNode, CPU);
        if (configNode == null || text == null) {
            return null;
        }
        String digits = text.endsWith("%") ? text.substring(0, text.length() - 1).strip() : "";
        boolean known = TextUtil.areDigits(digits) && digits.length() <= 7;
        int percent = known ? Integer.parseInt(digits) : 0;
        if (percent < 1 || percent > MAX_PERCENT) {
            boolean number = TextUtil.areDigits(text);
            values.expected(configNode, CPU, number ? "; write " + TextUtil.cut(text) + "%" : "");
            return null;
        }
        return percent;
    }
}
