// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.TextHints;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.config.value.WordWithValue;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.Fd;
import org.einhyrningsins.spec.AckSpec.Log;
import org.einhyrningsins.spec.AckSpec.Manual;
import org.einhyrningsins.spec.AckSpec.Mode;
import org.einhyrningsins.spec.AckSpec.Notify;
import org.einhyrningsins.spec.AckSpec.Probe;
import org.einhyrningsins.spec.AckSpec.Target;
import org.einhyrningsins.spec.AckSpec.Timer;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// Reads `ack`: a mode, or a map that names it by `mode`, `timer` or `probe`.
///
/// @param workers number of slots, for ports that depend on the slot
/// @param connected whether workers are started with a connection to the manager
record AckReader(ValueReader values, TemplateReader templates, int workers, boolean connected) {
    private static final Duration TIMER = Duration.ofSeconds(1);
    private static final Duration EVERY = Duration.ofMillis(200);
    private static final String MODES = "manual, timer, notify, fd, log or probe";
    private static final List<String> WORDS =
            List.of("manual", "timer", "notify", "fd", "log", "probe");
    private static final int MAX_FD = 63;

    AckSpec read(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return AckSpec.DEFAULT;
        }
        if (configNode instanceof Mapping map) {
            ConfigFields ack = ConfigFields.of(map, ConfigShape.ACK, values);
            ConfigFields probe = ack.fields("probe", ConfigShape.PROBE);
            Duration timeout = ack.positive("timeout", AckSpec.DEFAULT.timeout());
            return new AckSpec(mode(ack, probe), probe.positive("timeout", timeout));
        }
        return new AckSpec(mode(configNode), AckSpec.DEFAULT.timeout());
    }

    private Mode mode(ConfigNode configNode) {
        String text = configNode instanceof Scalar scalar ? scalar.text() : "";
        return switch (text) {
            case "manual" -> new Manual();
            case "notify" -> new Notify();
            case "timer" -> new Timer(TIMER);
            case "fd" -> new Fd(null);
            case "log" -> {
                values.problems()
                        .report(
                                configNode.place(),
                                "a log needs what to look for, as in {mode: log, match: …}");
                yield new Manual();
            }
            case "probe" -> {
                values.problems()
                        .report(
                                configNode.place(),
                                "a probe needs a target, as in {mode: probe, tcp: …}");
                yield new Manual();
            }
            default -> {
                WordWithValue wordWithValue = WordWithValue.of(configNode);
                String meant = wordWithValue == null ? "" : wordWithValue.ack();
                if (meant.isEmpty()) {
                    meant = text.isEmpty() ? TextHints.ofWord(configNode, WORDS) : hint(text);
                }
                boolean key = configNode.place().trail().key().equals("mode");
                values.expected(
                        configNode,
                        MODES,
                        key
                                ? meant.replaceFirst(
                                        "; write \\{ (.*) \\}", "; write $1 in place of mode")
                                : meant);
                yield new Manual();
            }
        };
    }

    private static String hint(String text) {
        int scheme = text.indexOf("://");
        if (scheme > 0) {
            return text.startsWith("http")
                    ? "; write { probe: { http: " + YamlMistakes.inQuotes("GET " + text) + " } }"
                    : "; write { probe: { tcp: "
                            + YamlMistakes.inQuotes(text.substring(scheme + 3))
                            + " } }";
        }
        if (text.matches(".*:[0-9]+")) {
            return "; write { probe: { tcp: " + YamlMistakes.inQuotes(text) + " } }";
        } else if (!text.isEmpty() && TextUtil.isDigit(text.charAt(0))) {
            return "; write { timer: " + Suggestions.likelyTime(text) + " } for that long alive";
        }
        return switch (text) {
            case "true", "yes", "on", "worker" -> "; write manual for a worker that says so itself";
            case "false", "no", "off", "none", "simple", "exec" ->
                    "; write { timer: 1s } for a worker that says nothing";
            case "sd_notify", "systemd", "ready" -> "; write notify";
            case "http", "tcp", "healthcheck" ->
                    "; write { probe: { http: \"GET http://{http}/healthz\" } }";
            default -> "";
        };
    }

    private Mode mode(ConfigFields ack, ConfigFields probe) {
        ConfigNode mode = ack.node("mode");
        int ways = count(ack, "mode", "timer", "probe");
        if (ways > 1) {
            ack.report(
                    "mode",
                    "expected one of mode, timer and probe, found " + ways + "; remove one");
        } else if (ack.has("timer")) {
            refuse(ack, "after", "tcp", "http", "exec", "every", "fd", "match");
            return new Timer(ack.duration("timer", TIMER));
        } else if (ack.has("probe")) {
            refuse(ack, "after", "tcp", "http", "exec", "every", "fd", "match");
            return probe(probe);
        } else if (mode == null) {
            missing(ack);
        } else if (mode instanceof Scalar scalar && scalar.text().equals("timer")) {
            refuse(ack, "tcp", "http", "exec", "every", "fd", "match");
            return new Timer(ack.duration("after", TIMER));
        } else if (mode instanceof Scalar scalar && scalar.text().equals("probe")) {
            refuse(ack, "after", "fd", "match");
            return probe(ack);
        } else if (mode instanceof Scalar scalar && scalar.text().equals("fd")) {
            refuse(ack, "after", "tcp", "http", "exec", "every", "match");
            return pipe(ack);
        } else if (mode instanceof Scalar scalar && scalar.text().equals("log")) {
            refuse(ack, "after", "tcp", "http", "exec", "every", "fd");
            return log(ack);
        } else {
            refuse(ack, "after", "tcp", "http", "exec", "every", "fd", "match");
            return mode(mode);
        }
        return new Manual();
    }

    private static int count(ConfigFields configFields, String... keys) {
        int count = 0;
        for (String key : keys) {
            count += configFields.has(key) ? 1 : 0;
        }
        return count;
    }

    private static void refuse(ConfigFields ack, String... keys) {
        for (String key : keys) {
            if (ack.has(key)) {
                ack.report(
                        key,
                        key
                                + " has no meaning in this mode; remove it, or write "
                                + (ack.has("mode")
                                        ? "mode: " + modeOf(key)
                                        : "mode: "
                                                + modeOf(key)
                                                + " in place of "
                                                + (ack.has("timer") ? "timer" : "probe")));
            }
        }
    }

    /// The mode that a key is of.
    private static String modeOf(String key) {
        return switch (key) {
            case "after" -> "timer";
            case "fd" -> "fd";
            case "match" -> "log";
            default -> "probe";
        };
    }

    private void missing(ConfigFields ack) {
        for (String key : List.of("match", "fd", "tcp", "http", "exec", "every", "after")) {
            if (ack.has(key)) {
                String mode = modeOf(key);
                values.problems()
                        .reportMissing(
                                ack.place(),
                                "mode is missing; write mode: " + mode + " beside " + key);
                return;
            }
        }
        if (!ack.isMeant("mode")) {
            values.problems()
                    .reportMissing(
                            ack.place(),
                            "mode is missing: " + MODES + "; write mode: notify, or another");
        }
    }

    private Mode probe(ConfigFields probe) {
        Duration every = probe.positive("every", EVERY);
        Target target = new ProbeTargetReader(values, templates, workers).read(probe, "a probe");
        return target == null ? new Manual() : new Probe(target, every);
    }

    private Mode log(ConfigFields ack) {
        ack.require("match");
        ConfigNode match = ack.node("match");
        return match == null ? new Manual() : new Log(new MatchReader(values).read(match));
    }

    /// The descriptor is the worker's own; sockets have theirs from 3 up, and its connection to the
    /// manager has the next.
    private Mode pipe(ConfigFields ack) {
        int first = ProgramSpec.FIRST_SOCKET_FD + templates.sockets().size() + (connected ? 1 : 0);
        return new Fd(ack.has("fd") ? ack.number("fd", first, MAX_FD, first) : null);
    }
}
