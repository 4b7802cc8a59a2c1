// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.StopPreset;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/// Reads `stop`: a signal or the name of a server, each with or without a time, or a map with a
/// signal, how long it is waited for, what comes then, and who gets it. A step of `then` without a
/// time waits as long as the one before. KILL comes last, asked for or not.
record StopReader(ValueReader values) {
    private static final Step FIRST = StopSpec.DEFAULT.steps().getFirst();

    StopSpec read(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return StopSpec.DEFAULT;
        }
        if (configNode instanceof Items list) {
            values.expected(
                    configNode,
                    "a signal, the name of a server, or a map",
                    list.values().size() == 1
                            ? ofOne(texts(list).getFirst())
                            : ofSteps(texts(list)));
            return StopSpec.DEFAULT;
        }
        return configNode instanceof Mapping map ? steps(map) : words(configNode);
    }

    private StopSpec steps(Mapping map) {
        List<Step> steps = new ArrayList<>();
        ConfigFields stop = ConfigFields.of(map, ConfigShape.STOP, values);
        Duration patience = stop.duration("timeout", FIRST.patience());
        ConfigNode signal = stop.node("signal");
        steps.add(new Step(signal == null ? FIRST.signal() : signal(signal), patience));
        ConfigNode then = stop.node("then");
        for (ConfigNode step : then == null ? List.<ConfigNode>of() : values.oneOrMany(then)) {
            steps.add(step(step, steps.getLast().patience()));
        }
        StopSpec.To whom = stop.choice("to", StopSpec.To.values(), StopSpec.DEFAULT.to());
        return new StopSpec(endingInKill(steps, map), whom);
    }

    /// `TERM`, `TERM 5s`, `nginx` or `nginx 1m`.
    private StopSpec words(ConfigNode configNode) {
        String text = values.text(configNode, "a signal, the name of a server, or a map");
        if (text == null) {
            return StopSpec.DEFAULT;
        }
        if (text.indexOf(',') > 0 || text.matches("[0-9.]+ +[a-z]+")) {
            refuse(configNode, text);
            return StopSpec.DEFAULT;
        }
        int space = text.indexOf(' ');
        String name = space < 0 ? text : text.substring(0, space);
        Duration patience = space < 0 ? null : patience(configNode, text.substring(space).strip());
        StopPreset preset = StopPreset.of(name);
        if (preset != null) {
            return preset.stop(patience);
        } else if (Signal.of(name).isEmpty()) {
            refuse(configNode, name);
            return StopSpec.DEFAULT;
        }
        Duration usual = patience == null ? FIRST.patience() : patience;
        return new StopSpec(
                endingInKill(List.of(new Step(signal(configNode, name), usual)), configNode));
    }

    private static List<String> texts(Items list) {
        List<String> texts = new ArrayList<>();
        for (ConfigNode item : list.values()) {
            texts.add(item instanceof Scalar text ? text.text() : "");
        }
        return texts;
    }

    private static String ofOne(String text) {
        boolean known = Signal.of(text).isPresent() || StopPreset.of(text) != null;
        return known ? "; write " + text : ofSteps(List.of(text));
    }

    /// The steps of a stop, `TERM 5s` and so on, as a map; without an example if they are none.
    private static String ofSteps(List<String> steps) {
        List<String> then = new ArrayList<>();
        String first = "";
        for (String step : steps) {
            String[] words = step.strip().split("\\s+", -1);
            boolean time = words.length == 2 && isTime(words[1]);
            if (Signal.of(words[0]).isEmpty() || !(words.length == 1 || time)) {
                return "; write { signal: TERM, timeout: 30s, then: [KILL] }";
            } else if (first.isEmpty()) {
                first = "signal: " + words[0] + (time ? ", timeout: " + words[1] : "");
            } else {
                then.add(String.join(" ", words));
            }
        }
        return "; write { " + first + (then.isEmpty() ? "" : ", then: " + then) + " }";
    }

    private static boolean isTime(String text) {
        try {
            return !Durations.parse(text).isNegative();
        } catch (ValueException _) {
            return false;
        }
    }

    private void refuse(ConfigNode configNode, String name) {
        List<String> names = StopPreset.names();
        String nearest = SpellingSuggestion.of(name, names);
        String list = "a signal such as TERM, or one of " + String.join(", ", names);
        values.problems()
                .report(
                        configNode.place(),
                        "expected "
                                + list
                                + "; found "
                                + configNode.found()
                                + hint(
                                        configNode instanceof Scalar text ? text.text() : name,
                                        nearest));
    }

    private static String hint(String name, @Nullable String nearest) {
        if (!name.isEmpty() && TextUtil.isDigit(name.charAt(0))) {
            String meant = isTime(name) ? name : Suggestions.likelyTime(name);
            return "; write { timeout: " + TextUtil.cut(meant) + " }";
        } else if (name.matches("[A-Za-z0-9]+ *[,;] *[0-9].*")) {
            return "; write " + TextUtil.cut(name.replaceFirst(" *[,;] *", " "));
        } else if (name.matches("[^,]+(,[^,]+)+")) {
            return ofSteps(List.of(name.split(",", -1)));
        }
        if (name.matches(
                "(?i)graceful(ly)?|gracefulstop|soft|terminate|shutdown|default|yes|true")) {
            return "; write TERM, which asks a worker to end what it has begun";
        }
        if (name.indexOf('/') >= 0 || name.startsWith("kill")) {
            return "; a worker is stopped by signals, not by a command: write TERM, or the signal"
                    + " that the command sends";
        }
        return nearest == null ? "" : "; did you mean " + nearest + "?";
    }

    private List<Step> endingInKill(List<Step> steps, ConfigNode stop) {
        List<Step> ending = new ArrayList<>();
        for (Step step : steps) {
            if (step.signal() == Signal.KILL) {
                break;
            }
            ending.add(step);
        }
        if (ending.size() + 1 < steps.size()) {
            values.problems().report(stop.place(), "nothing comes after KILL");
        }
        ending.add(new Step(Signal.KILL, Duration.ZERO));
        return ending;
    }

    private Signal signal(ConfigNode configNode) {
        List<String> parts =
                configNode instanceof Items list
                        ? texts(list)
                        : configNode instanceof Scalar one && one.text().strip().indexOf(' ') > 0
                                ? List.of(one.text())
                                : List.of();
        if (!parts.isEmpty()) {
            values.expected(
                    configNode,
                    "a signal such as TERM",
                    ofSteps(parts).replace("; write {", "; write stop: {"));
            return FIRST.signal();
        }
        String text = values.text(configNode, "a signal such as TERM");
        return text == null ? FIRST.signal() : signal(configNode, text);
    }

    private Signal signal(ConfigNode configNode, String text) {
        Optional<Signal> signal = Signal.of(text);
        if (signal.isEmpty() && StopPreset.of(text) != null) {
            values.expected(
                    configNode, "a signal such as TERM (or `stop: " + text + "` for all of it)");
        } else if (signal.isEmpty()) {
            List<String> names = new ArrayList<>();
            for (Signal known : Signal.values()) {
                names.add(known.name().toLowerCase(Locale.ROOT));
            }
            String nearest = SpellingSuggestion.of(text, names);
            values.expected(
                    configNode,
                    "a signal such as TERM, INT, QUIT, USR2 or KILL",
                    nearest == null
                            ? ofStranger(text)
                            : "; did you mean " + nearest.toUpperCase(Locale.ROOT) + "?");
        }
        return signal.orElse(FIRST.signal());
    }

    private static String ofStranger(String text) {
        if (text.toUpperCase(Locale.ROOT).matches("(SIG)?RTM(IN|AX).*")) {
            return "; a real-time signal cannot be sent here: write one that the program stops at,"
                    + " TERM as a rule";
        }
        return TextUtil.areDigits(text) ? "; write its name" : "";
    }

    /// `TERM` or `TERM 5s`.
    private Step step(ConfigNode configNode, Duration before) {
        String text = values.text(configNode, "a signal and a time such as TERM 5s");
        if (text == null) {
            return new Step(FIRST.signal(), before);
        }
        int space = text.indexOf(' ');
        if (text.indexOf(',') > 0) {
            String steps = text.replaceAll("\\s*,\\s*(?=[0-9])", " ").replaceAll("\\s*,\\s*", ", ");
            values.expected(
                    configNode,
                    "a signal and a time such as TERM 5s",
                    "; write [" + TextUtil.cut(steps) + "]");
            return new Step(FIRST.signal(), before);
        } else if (space < 0) {
            return new Step(signal(configNode, text), before);
        }
        return new Step(
                signal(configNode, text.substring(0, space)),
                Objects.requireNonNullElse(
                        patience(configNode, text.substring(space).strip()), before));
    }

    private @Nullable Duration patience(ConfigNode configNode, String text) {
        try {
            return Durations.parse(text);
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return null;
        }
    }
}
