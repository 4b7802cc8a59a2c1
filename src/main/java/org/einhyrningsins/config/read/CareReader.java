// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.Templates;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.AckSpec.Target;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Reads how workers that are up are looked after: `health`, `watchdog`, `max-age`, `memory-max`.
///
/// @param workers how many slots there are, for ports that depend on the slot
record CareReader(Values values, Templates templates, int workers) {
    private static final int MOST_FAILURES = 1_000;

    /// No process of any use is smaller.
    private static final long SMALLEST_MEANT = 1 << 20;

    /// @param together the limits of the control group of all workers; null for none
    CareSpec read(Fields program, @Nullable CgroupSpec together) {
        return new CareSpec(
                health(program),
                time(program, "watchdog"),
                time(program, "max-age"),
                size(program),
                together);
    }

    private @Nullable HealthSpec health(Fields program) {
        if (!program.has("health")) {
            return null;
        }
        Fields health = program.fields("health", Shape.HEALTH);
        Duration every = health.positive("every", HealthSpec.EVERY);
        Duration timeout = health.positive("timeout", HealthSpec.TIMEOUT);
        int failures = health.number("failures", 1, MOST_FAILURES, HealthSpec.FAILURES);
        if (health.shape() == null) {
            return null;
        }
        Target target = new TargetReader(values, templates, workers).read(health, "a health check");
        return target == null ? null : new HealthSpec(target, every, timeout, failures);
    }

    private static @Nullable Duration time(Fields program, String key) {
        return program.has(key) ? program.positive(key, Duration.ofDays(1)) : null;
    }

    private @Nullable Long size(Fields program) {
        Node node = program.node("memory-max");
        String text = node == null ? null : values.text(node, "a size such as 512MiB");
        if (node == null || text == null) {
            return null;
        }
        try {
            long bytes = Sizes.parse(text);
            if (bytes == 0) {
                values.problems().report(node.place(), "expected a size above zero");
            } else if (bytes < SMALLEST_MEANT) {
                String more =
                        Texts.areDigits(text) ? "; write " + text + "MiB if that is meant" : "";
                values.problems()
                        .warn(
                                node.place(),
                                "any worker uses more than "
                                        + bytes
                                        + " bytes and is replaced at once"
                                        + more);
            }
            return bytes;
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return null;
        }
    }
}
