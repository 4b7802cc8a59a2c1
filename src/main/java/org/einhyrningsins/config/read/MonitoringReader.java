// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.AckSpec.Target;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Reads how workers that are up are looked after: `health`, `watchdog`, `max-age`, `memory-max`.
///
/// @param workers number of slots, for ports that depend on the slot
record MonitoringReader(ValueReader values, TemplateReader templates, int workers) {
    private static final int MAX_FAILURES = 1_000;

    /// @param together the limits of the control group of all workers; null for none
    MonitoringSpec read(ConfigFields program, @Nullable CgroupSpec together) {
        return new MonitoringSpec(
                health(program),
                time(program, "watchdog"),
                time(program, "max-age"),
                size(program),
                together);
    }

    private @Nullable HealthSpec health(ConfigFields program) {
        if (!program.has("health")) {
            return null;
        }
        ConfigFields health = program.fields("health", ConfigShape.HEALTH);
        Duration every = health.positive("every", HealthSpec.EVERY);
        Duration timeout = health.positive("timeout", HealthSpec.TIMEOUT);
        int failures = health.number("failures", 1, MAX_FAILURES, HealthSpec.FAILURES);
        if (health.shape() == null) {
            return null;
        }
        Target target =
                new ProbeTargetReader(values, templates, workers).read(health, "a health check");
        return target == null ? null : new HealthSpec(target, every, timeout, failures);
    }

    private static @Nullable Duration time(ConfigFields program, String key) {
        return program.has(key) ? program.positive(key, Duration.ofDays(1)) : null;
    }

    private @Nullable Long size(ConfigFields program) {
        ConfigNode configNode = program.node("memory-max");
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
}
