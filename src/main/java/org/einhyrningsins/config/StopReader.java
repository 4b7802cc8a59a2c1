// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.Node.Mapping;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads `stop`: a signal, or a map with a signal, how long it is waited for, and what comes then.
/// A step of `then` without a time waits as long as the one before. KILL comes last, asked for or
/// not.
record StopReader(Values values) {
    private static final Step FIRST = StopSpec.DEFAULT.steps().getFirst();

    StopSpec read(@Nullable Node node) {
        if (node == null) {
            return StopSpec.DEFAULT;
        }
        List<Step> steps = new ArrayList<>();
        if (node instanceof Mapping map) {
            Fields stop = Fields.of(map, Shape.STOP, values);
            Duration patience = stop.duration("timeout", FIRST.patience());
            Node signal = stop.node("signal");
            steps.add(new Step(signal == null ? FIRST.signal() : signal(signal), patience));
            Node then = stop.node("then");
            for (Node step : then == null ? List.<Node>of() : values.oneOrMany(then)) {
                steps.add(step(step, steps.getLast().patience()));
            }
        } else {
            steps.add(new Step(signal(node), FIRST.patience()));
        }
        return new StopSpec(endingInKill(steps, node));
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
        String text = values.text(node, "a signal such as TERM");
        return text == null ? FIRST.signal() : signal(node, text);
    }

    private Signal signal(Node node, String text) {
        Optional<Signal> signal = Signal.of(text);
        if (signal.isEmpty()) {
            values.expected(node, "a signal such as TERM, INT, QUIT, USR2 or KILL");
        }
        return signal.orElse(FIRST.signal());
    }

    /// `TERM` or `TERM 5s`.
    private Step step(Node node, Duration before) {
        String text = values.text(node, "a signal and a time such as TERM 5s");
        if (text == null) {
            return new Step(FIRST.signal(), before);
        }
        int space = text.indexOf(' ');
        if (space < 0) {
            return new Step(signal(node, text), before);
        }
        return new Step(
                signal(node, text.substring(0, space)),
                patience(node, text.substring(space).strip(), before));
    }

    private Duration patience(Node node, String text, Duration otherwise) {
        try {
            return Durations.parse(text);
        } catch (Misread e) {
            values.problems().report(node.place(), e.reason());
            return otherwise;
        }
    }
}
