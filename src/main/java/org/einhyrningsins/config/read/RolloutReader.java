// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.ProofSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Reads `rollout`.
public final class RolloutReader {
    /// The `watch` of a canary that waits for the operator.
    public static final String UNTIL_PROMOTED = "until-promoted";

    /// The `drain-timeout` of one who waits for as long as it takes.
    public static final String UNLIMITED = "unlimited";

    private static final int MAX_WORKERS = 10_000;

    private final Values values;

    /// How many workers the program has.
    private final int workers;

    /// What holds where nothing is said.
    private final ProofSpec proof;

    RolloutReader(Values values, int workers, AckSpec ack) {
        this.values = values;
        this.workers = workers;
        this.proof = ProofSpec.of(ack);
    }

    RolloutSpec read(Fields fields) {
        RolloutSpec otherwise = RolloutSpec.DEFAULT;
        Strategy strategy = fields.choice("strategy", Strategy.values(), otherwise.strategy());
        int surge = fields.number("max-surge", 0, MAX_WORKERS, otherwise.maxSurge());
        if (strategy == Strategy.SMOOTH && surge == 0) {
            fields.reportMissing(
                    "max-surge",
                    "smooth needs room for a new worker beside the old ones: at least 1;"
                            + " or strategy: replace");
        }
        return new RolloutSpec(
                strategy,
                surge,
                fields.number("max-unacked", 1, MAX_WORKERS, otherwise.maxUnacked()),
                fields.duration("settle", otherwise.settle()),
                fields.number("retries", 1, MAX_WORKERS, otherwise.retries()),
                fields.has("canary")
                        ? canary(fields.fields("canary", Shape.CANARY), strategy)
                        : null,
                new ProofSpec(
                        fields.duration("probation", proof.probation()),
                        fields.duration("rollback-within", proof.rollbackWithin())),
                new DrainSpec(
                        fields.flag("count-draining", otherwise.drain().counted()),
                        drainTimeout(fields)));
    }

    private @Nullable Duration drainTimeout(Fields fields) {
        Node node = fields.node("drain-timeout");
        if (node == null) {
            return null;
        }
        if (node instanceof Node.Scalar scalar && scalar.text().equals(UNLIMITED)) {
            return DrainSpec.UNLIMITED;
        }
        if (node instanceof Node.Scalar scalar && !scalar.text().matches("[0-9].*")) {
            String what = "a time such as 30s or 10m, or " + UNLIMITED;
            fields.report("drain-timeout", "expected " + what + ", found " + node.found());
            return null;
        }
        return values.positive(node, DrainSpec.UNLIMITED);
    }

    /// None with 0 workers: so a program does without the one of `defaults`.
    private @Nullable CanarySpec canary(Fields fields, Strategy strategy) {
        int canaries = fields.number("workers", 0, MAX_WORKERS, 1);
        Duration watch = watch(fields);
        if (strategy != Strategy.FLEET && workers > 0 && canaries >= workers) {
            fields.warn(
                    "workers",
                    "the program has "
                            + (workers == 1 ? "1 worker" : workers + " workers")
                            + ", so no old one is left while the canary is watched; expected fewer,"
                            + " or strategy: fleet, which keeps the old ones beside it");
        }
        return canaries == 0 ? null : new CanarySpec(canaries, watch);
    }

    private @Nullable Duration watch(Fields fields) {
        Node node = fields.node("watch");
        if (node instanceof Node.Scalar scalar && scalar.text().equals(UNTIL_PROMOTED)) {
            return null;
        }
        if (node instanceof Node.Scalar scalar && !scalar.text().matches("[0-9].*")) {
            String what = "a time such as 30s or 10m, or " + UNTIL_PROMOTED;
            fields.report("watch", "expected " + what + ", found " + node.found());
            return CanarySpec.WATCH;
        }
        return node == null ? CanarySpec.WATCH : values.positive(node, CanarySpec.WATCH);
    }
}
