// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Says of a key that cannot stand where it is what to write instead: its right spelling, our word
/// for it, or the map that it belongs to.
public final class UnknownKeys {
    /// Maps of a program and of the file, by the keys that lead there.
    private static final List<Belonging> PLACES =
            List.of(
                    new Belonging(ConfigShape.STOP, "stop"),
                    new Belonging(ConfigShape.ROLLOUT, "rollout"),
                    new Belonging(ConfigShape.ACK, "ack"),
                    new Belonging(ConfigShape.RESTART, "restart"),
                    new Belonging(ConfigShape.HEALTH, "health"),
                    new Belonging(ConfigShape.LOGS, "logs"),
                    new Belonging(ConfigShape.LIMITS, "limits"),
                    new Belonging(ConfigShape.BIND, "bind"),
                    new Belonging(ConfigShape.CANARY, "rollout.canary"),
                    new Belonging(ConfigShape.BACKOFF, "restart.backoff"),
                    new Belonging(ConfigShape.GIVE_UP, "restart.give-up"));

    private static final List<Belonging> TOP_PLACES =
            List.of(
                    new Belonging(ConfigShape.CONTROL, "control"),
                    new Belonging(ConfigShape.LOG, "log"),
                    new Belonging(ConfigShape.HTTP, "http"),
                    new Belonging(ConfigShape.ALLOW, "control.allow"));

    private record Belonging(ConfigShape shape, String path) {}

    private UnknownKeys() {}

    /// @param value the value under it
    static String message(ConfigShape configShape, String key, ConfigNode value) {
        if (configShape.equals(ConfigShape.INCLUDED) && ConfigShape.FILE.has(key)) {
            return "only the main file may hold this; an included file holds programs";
        }
        String same = spelling(key, configShape, 0);
        if (same != null) {
            return "unknown key; did you mean " + same + "?";
        }
        String slip = spelling(key, configShape, 1);
        String foreign = foreign(configShape, key, value);
        if (slip != null && (foreign == null || mentions(configShape, key, slip))) {
            return "unknown key; did you mean " + slip + "?";
        } else if (foreign != null) {
            return "unknown key; " + foreign;
        }
        String elsewhere = elsewhere(configShape, key, value);
        if (elsewhere != null) {
            return "unknown key; " + elsewhere;
        }
        String near =
                ForeignKeywords.nearAdvice(
                        configShape.equals(ConfigShape.INCLUDED) ? ConfigShape.FILE : configShape,
                        key,
                        value);
        if (near != null) {
            return "unknown key; " + near;
        }
        String nearest = SpellingSuggestion.of(key, configShape.keys());
        return nearest == null
                ? "unknown key; there are " + String.join(", ", configShape.keys())
                : "unknown key; did you mean " + nearest + "?";
    }

    /// True if the key is the one to write in place of another.
    static boolean mentions(ConfigShape configShape, String typed, String key) {
        String advice = foreign(configShape, typed, null);
        return advice != null
                && (advice.startsWith("write `" + key) || advice.startsWith("this is"));
    }

    /// The key that is written so but for case and dashes, or that many letters.
    public static @Nullable String spelling(String key, ConfigShape configShape, int letters) {
        String bare = ForeignKeywords.bare(key);
        for (String known : configShape.keys()) {
            if (ForeignKeywords.bare(known).equals(bare)
                    || SpellingSuggestion.distance(key, known) <= letters) {
                return known;
            }
        }
        return null;
    }

    private static @Nullable String foreign(
            ConfigShape configShape, String key, @Nullable ConfigNode value) {
        if (isTop(configShape)) {
            String kubernetes = ForeignKeywords.bare(key);
            if (kubernetes.equals("apiversion") || kubernetes.equals("kind")) {
                return "this is a file of Kubernetes, not of einhyrningsins(1); write the commands"
                        + " of its containers below programs:";
            }
        }
        if (configShape.equals(ConfigShape.STOP) && Signal.of(key).isPresent()) {
            String time = value instanceof Scalar text && !text.isNull() ? text.text() : "";
            return "write { signal: "
                    + TextUtil.cut(key)
                    + (time.isEmpty() ? " }" : ", timeout: " + TextUtil.cut(time) + " }");
        }
        String advice =
                ForeignKeywords.advice(
                        configShape.equals(ConfigShape.INCLUDED) ? ConfigShape.FILE : configShape,
                        key,
                        value);
        boolean mayBeName =
                configShape.equals(ConfigShape.BIND)
                        && TextUtil.isName(key)
                        && SpellingSuggestion.of(key, configShape.keys()) == null;
        return advice == null
                        && mayBeName
                        && value instanceof Scalar text
                        && text.text().matches(".*:[0-9]+")
                ? "write { name: " + key + ", tcp: " + YamlMistakes.inQuotes(text.text()) + " }"
                : advice;
    }

    private static @Nullable String elsewhere(
            ConfigShape configShape, String key, ConfigNode value) {
        if (isTop(configShape) && key.startsWith("x-")) {
            return "there are no keys for notes; write what programs share under defaults:, or"
                    + " the anchor at the first of them";
        }
        if (configShape.equals(ConfigShape.PROGRAM)
                && value instanceof Mapping map
                && isProgram(map)) {
            return "if it is a program, it belongs below programs:; what all have is written in"
                    + " defaults without a name";
        }
        if (isTop(configShape)) {
            return fromTop(key, value);
        }
        List<String> places = new ArrayList<>();
        for (Belonging each : PLACES) {
            if (each.shape().has(key) && !each.shape().equals(configShape)) {
                places.add(each.path());
            }
        }
        if (!configShape.equals(ConfigShape.PROGRAM) && ConfigShape.PROGRAM.has(key)) {
            return "it belongs to the program; write it beside the key that this map is of";
        } else if (!places.isEmpty()) {
            return "it belongs to "
                    + String.join(" or ", places)
                    + ": "
                    + example(places.getFirst(), key, value);
        }
        return ConfigShape.FILE.has(key)
                ? "it belongs to the top of the main file; do not indent it"
                : inTop(key, value);
    }

    private static @Nullable String inTop(String key, ConfigNode value) {
        for (Belonging each : TOP_PLACES) {
            if (each.shape().has(key)) {
                return "it belongs to "
                        + each.path()
                        + " at the top of the main file: "
                        + example(each.path(), key, value);
            }
        }
        return null;
    }

    private static @Nullable String fromTop(String key, ConfigNode value) {
        if (ConfigShape.PROGRAM.has(key)) {
            return "it belongs to a program, or to defaults for all of them: programs: { NAME: { "
                    + key
                    + ": "
                    + shown(value)
                    + " } }";
        }
        String top = inTop(key, value);
        if (top == null && value instanceof Mapping map && isProgram(map)) {
            return "if it is a program, indent it below programs:";
        }
        return top;
    }

    private static boolean isProgram(Mapping map) {
        for (String key : map.entries().keySet()) {
            if (ConfigShape.PROGRAM.has(key)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTop(ConfigShape configShape) {
        return configShape.equals(ConfigShape.FILE) || configShape.equals(ConfigShape.INCLUDED);
    }

    private static String example(String path, String key, ConfigNode value) {
        StringBuilder text = new StringBuilder();
        String end = "";
        for (String each : path.split("\\.", -1)) {
            boolean list = each.equals("bind");
            text.append(each).append(list ? ": [{ " : ": { ");
            end = (list ? " }]" : " }") + end;
        }
        return text.append(key).append(": ").append(shown(value)).append(end).toString();
    }

    private static String shown(ConfigNode value) {
        boolean plain =
                value instanceof Scalar scalar
                        && scalar.plain()
                        && scalar.text().length() < 40
                        && !scalar.isNull();
        return plain ? ((Scalar) value).text() : "…";
    }
}
