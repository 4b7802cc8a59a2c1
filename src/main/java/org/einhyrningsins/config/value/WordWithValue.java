// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.RestartSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A word with a time or a number beside it, as in `always, 5s` or `[timer, 5s]`, where each has a
/// key of its own.
///
/// @param value digits, or digits and a unit
public record WordWithValue(String word, String value) {
    private static final Pattern TEXT =
            Pattern.compile("([a-z][a-z_-]*)\\s*(?:[,:;=]|\\s)\\s*([0-9]+[a-zA-Z]*)");

    /// Reads a word with a value beside it.
    ///
    /// @return null if it is none
    public static @Nullable WordWithValue of(ConfigNode configNode) {
        String text = "";
        if (configNode instanceof Scalar scalar) {
            text = scalar.text();
        } else if (configNode instanceof Items list
                && list.values().size() == 2
                && list.values().getFirst() instanceof Scalar word
                && list.values().getLast() instanceof Scalar value) {
            text = word.text() + " " + value.text();
        }
        Matcher matcher = TEXT.matcher(text.strip());
        return matcher.matches() ? new WordWithValue(matcher.group(1), matcher.group(2)) : null;
    }

    /// The value as a time; without a unit in seconds. Null if it is none, or zero.
    private @Nullable Duration time() {
        try {
            Duration time = Durations.parse(isNumber() ? value + "s" : value);
            return time.isZero() ? null : time;
        } catch (ValueException none) {
            return null;
        }
    }

    private boolean isNumber() {
        return TextUtil.areDigits(value);
    }

    /// Returns advice on `restart`, behind a semicolon; empty if there is none. A number is one of
    /// tries, as compose has it.
    public String restart() {
        List<String> words =
                Arrays.stream(RestartSpec.When.values())
                        .map(when -> ConfigShape.word(when))
                        .toList();
        String when = words.contains(word) ? word : ForeignKeywords.word(word, words);
        Duration time = time();
        if (when == null || time == null) {
            return "";
        } else if (when.equals("never")) {
            return "; write restart: never";
        } else if (isNumber()) {
            return restart(when, "give-up: { deaths: " + value + ", within: 1m }");
        }
        String first = Durations.print(time);
        boolean longer = time.compareTo(RestartSpec.Backoff.DEFAULT.max()) > 0;
        return restart(
                when, "backoff: { first: " + first + (longer ? ", max: " + first : "") + " }");
    }

    private static String restart(String when, String more) {
        return "; write restart: { when: " + when + ", " + more + " }";
    }

    /// The same for `ack`.
    public String ack() {
        Duration time = time();
        if (time == null) {
            return "";
        }
        String printed = Durations.print(time);
        return switch (word) {
            case "timer" -> "; write { timer: " + printed + " }";
            case "manual", "notify", "fd" ->
                    "; write { mode: " + word + ", timeout: " + printed + " }";
            default -> "";
        };
    }

    /// The same for `rollout`.
    String rollout() {
        List<String> words = List.of("smooth", "fleet", "replace");
        String strategy = words.contains(word) ? word : ForeignKeywords.word(word, words);
        Duration time = time();
        return strategy == null || time == null
                ? ""
                : "; write { strategy: " + strategy + ", settle: " + Durations.print(time) + " }";
    }

    /// The same for `limits`.
    String limits() {
        return ConfigShape.LIMITS.has(word) ? "; write { " + word + ": " + value + " }" : "";
    }
}
