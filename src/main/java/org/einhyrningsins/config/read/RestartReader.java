// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.config.value.WordWithValue;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RestartSpec.GiveUp;
import org.einhyrningsins.spec.RestartSpec.When;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Objects;

/// Reads `restart`: the word of `when`, or a map.
record RestartReader(ValueReader values) {

    RestartSpec read(@Nullable ConfigNode configNode) {
        RestartSpec otherwise = RestartSpec.DEFAULT;
        if (configNode == null) {
            return otherwise;
        } else if (!(configNode instanceof Mapping map)) {
            When when = when(configNode, otherwise.when());
            return new RestartSpec(
                    when, otherwise.backoff(), otherwise.giveUp(), otherwise.burst());
        } else {
            ConfigFields restart = ConfigFields.of(map, ConfigShape.RESTART, values);
            return new RestartSpec(
                    restart.has("when")
                            ? when(Objects.requireNonNull(restart.node("when")), otherwise.when())
                            : otherwise.when(),
                    backoff(restart.fields("backoff", ConfigShape.BACKOFF)),
                    restart.has("give-up")
                            ? giveUp(restart.fields("give-up", ConfigShape.GIVE_UP))
                            : null,
                    restart.number("burst", 0, 1000, otherwise.burst()));
        }
    }

    private When when(ConfigNode configNode, When otherwise) {
        WordWithValue wordWithValue = WordWithValue.of(configNode);
        String meant = wordWithValue == null ? "" : wordWithValue.restart();
        if (!meant.isEmpty()) {
            values.expected(configNode, "always, on-failure or never", meant);
            return otherwise;
        }
        return values.choice(configNode, When.values(), otherwise);
    }

    private static Backoff backoff(ConfigFields configFields) {
        Backoff backoff =
                new Backoff(
                        configFields.positive("first", Backoff.DEFAULT.first()),
                        configFields.decimal("factor", 1, 100, Backoff.DEFAULT.factor()),
                        configFields.positive("max", Backoff.DEFAULT.max()));
        if (backoff.first().compareTo(backoff.max()) > 0) {
            String first = Durations.print(backoff.first());
            String max = Durations.print(backoff.max());
            configFields.reportMissing(
                    "first", "first (" + first + ") is longer than max (" + max + ")");
        }
        return backoff;
    }

    private static GiveUp giveUp(ConfigFields configFields) {
        configFields.require("deaths");
        configFields.require("within");
        return new GiveUp(
                configFields.number("deaths", 1, 10_000, 10),
                configFields.positive("within", Duration.ofMinutes(1)));
    }
}
