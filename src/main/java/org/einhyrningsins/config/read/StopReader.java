// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.StopPreset;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.Values;
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
record StopReader(Values values) {
    private static final Step FIRST = StopSpec.DEFAULT.steps().getFirst();

    StopSpec read(@Nullable Node node) {
        if (node == null) {
            return StopSpec.DEFAULT;
        }
        if (node instanceof Items list) {
            values.expected(
                    node,
                    "a signal, the name of a server, or a map",
                    list.values().size() == 1
                            ? ofOne(texts(list).getFirst())
                            : ofSteps(texts(list)));
            return StopSpec.DEFAULT;
        }
        return node instanceof Mapping map ? steps(map) : words(node);
    }

    private StopSpec steps(Mapping map) {
        List<Step> steps = new ArrayList<>();
        Fields stop = Fields.of(map, Shape.STOP, values);
        Duration patience = stop.duration("timeout", FIRST.patience());
        Node signal = stop.node("signal");
        steps.add(new Step(signal == null ? FIRST.signal() : signal(signal), patience));
        Node then = stop.node("then");
        for (Node step : then == null ? List.<Node>of() : values.oneOrMany(then)) {
            steps.add(step(step, steps.getLast().patience()));
        }
        StopSpec.To whom = stop.choice("to", StopSpec.To.values(), StopSpec.DEFAULT.to());
        return new StopSpec(endingInKill(steps, map), whom);
    }

    /// `TERM`, `TERM 5s`, `nginx` or `nginx 1m`.
    private StopSpec words(Node node) {
        String text = values.text(node, "a signal, the name of a server, or a map");
        if (text == null) {
            return StopSpec.DEFAULT;
        }
        if (text.indexOf(',') > 0 || text.matches("[0-9.]+ +[a-z]+")) {
            refuse(node, text);
            return StopSpec.DEFAULT;
        }
        int space = text.indexOf(' ');
        String name = space < 0 ? text : text.substring(0, space);
        Duration patience = space < 0 ? null : patience(node, text.substring(space).strip());
        StopPreset preset = StopPreset.of(name);
        if (preset != null) {
            return preset.stop(patience);
        } else if (Signal.of(name).isEmpty()) {
            refuse(node, name);
            return StopSpec.DEFAULT;
        }
        Duration usual = patience == null ? FIRST.patience() : patience;
        return new StopSpec(endingInKill(List.of(new Step(signal(node, name), usual)), node));
    }

    private static List<String> texts(Items list) {
        List<String> texts = new ArrayList<>();
        for (Node item : list.values()) {
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
        } catch (Misread _) {
            return false;
        }
    }

    private void refuse(Node node, String name) {
        List<String> names = StopPreset.names();
        String nearest = Nearest.of(name, names);
        String list = "a signal such as TERM, or one of " + String.join(", ", names);
        values.problems()
                .report(
                        node.place(),
                        "expected "
                                + list
                                + "; found "
                                + node.found()
                                + hint(node instanceof Scalar text ? text.text() : name, nearest));
    }

    private static String hint(String name, @Nullable String nearest) {
        if (!name.isEmpty() && Texts.isDigit(name.charAt(0))) {
            String meant = isTime(name) ? name : Suggestions.likelyTime(name);
            return "; write { timeout: " + Texts.cut(meant) + " }";
        } else if (name.matches("[A-Za-z0-9]+ *[,;] *[0-9].*")) {
            return "; write " + Texts.cut(name.replaceFirst(" *[,;] *", " "));
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

    private List<Step> endingInKill(List<Step> steps, Node stop) {
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

    private Signal signal(Node node) {
        List<String> parts =
                node instanceof Items list
                        ? texts(list)
                        : node instanceof Scalar one && one.text().strip().indexOf(' ') > 0
                                ? List.of(one.text())
                                : List.of();
        if (!parts.isEmpty()) {
            values.expected(
                    node,
                    "a signal such as TERM",
                    ofSteps(parts).replace("; write {", "; write stop: {"));
            return FIRST.signal();
        }
        String text = values.text(node, "a signal such as TERM");
        return text == null ? FIRST.signal() : signal(node, text);
    }

    private Signal signal(Node node, String text) {
        Optional<Signal> signal = Signal.of(text);
        if (signal.isEmpty() && StopPreset.of(text) != null) {
            values.expected(node, "a signal such as TERM (or `stop: " + text + "` for all of it)");
        } else if (signal.isEmpty()) {
            List<String> names = new ArrayList<>();
            for (Signal known : Signal.values()) {
                names.add(known.name().toLowerCase(Locale.ROOT));
            }
            String nearest = Nearest.of(text, names);
            values.expected(
                    node,
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
        return Texts.areDigits(text) ? "; write its name" : "";
    }

    /// `TERM` or `TERM 5s`.
    private Step step(Node node, Duration before) {
        String text = values.text(node, "a signal and a time such as TERM 5s");
        if (text == null) {
            return new Step(FIRST.signal(), before);
        }
        int space = text.indexOf(' ');
        if (text.indexOf(',') > 0) {
            String steps = text.replaceAll("\\s*,\\s*(?=[0-9])", " ").replaceAll("\\s*,\\s*", ", ");
            values.expected(
                    node,
                    "a signal and a time such as TERM 5s",
                    "; write [" + Texts.cut(steps) + "]");
            return new Step(FIRST.signal(), before);
        } else if (space < 0) {
            return new Step(signal(node, text), before);
        }
        return new Step(
                signal(node, text.substring(0, space)),
                Objects.requireNonNullElse(patience(node, text.substring(space).strip()), before));
    }

    private @Nullable Duration patience(Node node, String text) {
        try {
            return Durations.parse(text);
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return null;
        }
    }
}
