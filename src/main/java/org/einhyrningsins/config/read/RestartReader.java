// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Pair;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RestartSpec.GiveUp;
import org.einhyrningsins.spec.RestartSpec.When;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Objects;

/// Reads `restart`: the word of `when`, or a map.
record RestartReader(Values values) {

    RestartSpec read(@Nullable Node node) {
        RestartSpec otherwise = RestartSpec.DEFAULT;
        if (node == null) {
            return otherwise;
        } else if (!(node instanceof Mapping map)) {
            When when = when(node, otherwise.when());
            return new RestartSpec(
                    when, otherwise.backoff(), otherwise.giveUp(), otherwise.burst());
        } else {
            Fields restart = Fields.of(map, Shape.RESTART, values);
            return new RestartSpec(
                    restart.has("when")
                            ? when(Objects.requireNonNull(restart.node("when")), otherwise.when())
                            : otherwise.when(),
                    backoff(restart.fields("backoff", Shape.BACKOFF)),
                    restart.has("give-up")
                            ? giveUp(restart.fields("give-up", Shape.GIVE_UP))
                            : null,
                    restart.number("burst", 0, 1000, otherwise.burst()));
        }
    }

    private When when(Node node, When otherwise) {
        Pair pair = Pair.of(node);
        String meant = pair == null ? "" : pair.restart();
        if (!meant.isEmpty()) {
            values.expected(node, "always, on-failure or never", meant);
            return otherwise;
        }
        return values.choice(node, When.values(), otherwise);
    }

    private static Backoff backoff(Fields fields) {
        Backoff backoff =
                new Backoff(
                        fields.positive("first", Backoff.DEFAULT.first()),
                        fields.decimal("factor", 1, 100, Backoff.DEFAULT.factor()),
                        fields.positive("max", Backoff.DEFAULT.max()));
        if (backoff.first().compareTo(backoff.max()) > 0) {
            String first = Durations.print(backoff.first());
            String max = Durations.print(backoff.max());
            fields.reportMissing("first", "first (" + first + ") is longer than max (" + max + ")");
        }
        return backoff;
    }

    private static GiveUp giveUp(Fields fields) {
        fields.require("deaths");
        fields.require("within");
        return new GiveUp(
                fields.number("deaths", 1, 10_000, 10),
                fields.positive("within", Duration.ofMinutes(1)));
    }
}
