// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.TrialSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Reads `rollout`.
public final class RolloutReader {
    /// The `watch` of a canary that waits for the operator.
    public static final String UNTIL_PROMOTED = "until-promoted";

    /// The `drain-timeout` of one who waits for as long as it takes.
    public static final String UNLIMITED = "unlimited";

    private static final int MAX_WORKERS = 10_000;

    private final ValueReader valueReader;

    /// Number of workers of the program.
    private final int workers;

    /// Defaults.
    private final TrialSpec proof;

    RolloutReader(ValueReader valueReader, int workers, AckSpec ack) {
        this.valueReader = valueReader;
        this.workers = workers;
        this.proof = TrialSpec.of(ack);
    }

    RolloutSpec read(ConfigFields configFields) {
        RolloutSpec otherwise = RolloutSpec.DEFAULT;
        Strategy strategy =
                configFields.choice("strategy", Strategy.values(), otherwise.strategy());
        int surge = configFields.number("max-surge", 0, MAX_WORKERS, otherwise.maxSurge());
        if (strategy == Strategy.SMOOTH && surge == 0) {
            configFields.reportMissing(
                    "max-surge",
                    "smooth needs room for a new worker beside the old ones: at least 1;"
                            + " or strategy: replace");
        }
        return new RolloutSpec(
                strategy,
                surge,
                configFields.number("max-unacked", 1, MAX_WORKERS, otherwise.maxUnacked()),
                configFields.duration("settle", otherwise.settle()),
                configFields.number("retries", 1, MAX_WORKERS, otherwise.retries()),
                configFields.has("canary")
                        ? canary(configFields.fields("canary", ConfigShape.CANARY), strategy)
                        : null,
                new TrialSpec(
                        configFields.duration("probation", proof.probation()),
                        configFields.duration("rollback-within", proof.rollbackWithin())),
                new DrainSpec(
                        configFields.flag("count-draining", otherwise.drain().counted()),
                        drainTimeout(configFields)));
    }

    private @Nullable Duration drainTimeout(ConfigFields configFields) {
        ConfigNode configNode = configFields.node("drain-timeout");
        if (configNode == null) {
            return null;
        }
        if (configNode instanceof ConfigNode.Scalar scalar && scalar.text().equals(UNLIMITED)) {
            return DrainSpec.UNLIMITED;
        }
        if (configNode instanceof ConfigNode.Scalar scalar && !scalar.text().matches("[0-9].*")) {
            String what = "a time such as 30s or 10m, or " + UNLIMITED;
            configFields.report(
                    "drain-timeout", "expected " + what + ", found " + configNode.found());
            return null;
        }
        return valueReader.positive(configNode, DrainSpec.UNLIMITED);
    }

    /// Reads the canary; 0 workers mean none, so that a program can drop that of `defaults`.
    private @Nullable CanarySpec canary(ConfigFields configFields, Strategy strategy) {
        int canaries = configFields.number("workers", 0, MAX_WORKERS, 1);
        Duration watch = watch(configFields);
        if (strategy != Strategy.FLEET && workers > 0 && canaries >= workers) {
            configFields.warn(
                    "workers",
                    "the program has "
                            + (workers == 1 ? "1 worker" : workers + " workers")
                            + ", so no old one is left while the canary is watched; expected fewer,"
                            + " or strategy: fleet, which keeps the old ones beside it");
        }
        return canaries == 0 ? null : new CanarySpec(canaries, watch);
    }

    private @Nullable Duration watch(ConfigFields configFields) {
        ConfigNode configNode = configFields.node("watch");
        if (configNode instanceof ConfigNode.Scalar scalar
                && scalar.text().equals(UNTIL_PROMOTED)) {
            return null;
        }
        if (configNode instanceof ConfigNode.Scalar scalar && !scalar.text().matches("[0-9].*")) {
            String what = "a time such as 30s or 10m, or " + UNTIL_PROMOTED;
            configFields.report("watch", "expected " + what + ", found " + configNode.found());
            return CanarySpec.WATCH;
        }
        return configNode == null
                ? CanarySpec.WATCH
                : valueReader.positive(configNode, CanarySpec.WATCH);
    }
}
