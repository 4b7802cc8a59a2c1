// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
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
                    new Belonging(Shape.STOP, "stop"),
                    new Belonging(Shape.ROLLOUT, "rollout"),
                    new Belonging(Shape.ACK, "ack"),
                    new Belonging(Shape.RESTART, "restart"),
                    new Belonging(Shape.HEALTH, "health"),
                    new Belonging(Shape.LOGS, "logs"),
                    new Belonging(Shape.LIMITS, "limits"),
                    new Belonging(Shape.BIND, "bind"),
                    new Belonging(Shape.CANARY, "rollout.canary"),
                    new Belonging(Shape.BACKOFF, "restart.backoff"),
                    new Belonging(Shape.GIVE_UP, "restart.give-up"));

    private static final List<Belonging> TOP_PLACES =
            List.of(
                    new Belonging(Shape.CONTROL, "control"),
                    new Belonging(Shape.LOG, "log"),
                    new Belonging(Shape.HTTP, "http"),
                    new Belonging(Shape.ALLOW, "control.allow"));

    private record Belonging(Shape shape, String path) {}

    private UnknownKeys() {}

    /// @param value what stands under it
    static String message(Shape shape, String key, Node value) {
        if (shape.equals(Shape.INCLUDED) && Shape.FILE.has(key)) {
            return "only the main file may hold this; an included file holds programs";
        }
        String same = spelling(key, shape, 0);
        if (same != null) {
            return "unknown key; did you mean " + same + "?";
        }
        String slip = spelling(key, shape, 1);
        String foreign = foreign(shape, key, value);
        if (slip != null && (foreign == null || mentions(shape, key, slip))) {
            return "unknown key; did you mean " + slip + "?";
        } else if (foreign != null) {
            return "unknown key; " + foreign;
        }
        String elsewhere = elsewhere(shape, key, value);
        if (elsewhere != null) {
            return "unknown key; " + elsewhere;
        }
        String near =
                Synonyms.nearAdvice(shape.equals(Shape.INCLUDED) ? Shape.FILE : shape, key, value);
        if (near != null) {
            return "unknown key; " + near;
        }
        String nearest = Nearest.of(key, shape.keys());
        return nearest == null
                ? "unknown key; there are " + String.join(", ", shape.keys())
                : "unknown key; did you mean " + nearest + "?";
    }

    /// Whether the key is what to write in place of another one.
    static boolean mentions(Shape shape, String typed, String key) {
        String advice = foreign(shape, typed, null);
        return advice != null
                && (advice.startsWith("write `" + key) || advice.startsWith("this is"));
    }

    /// The key that is written so but for case and dashes, or that many letters.
    public static @Nullable String spelling(String key, Shape shape, int letters) {
        String bare = Synonyms.bare(key);
        for (String known : shape.keys()) {
            if (Synonyms.bare(known).equals(bare) || Nearest.distance(key, known) <= letters) {
                return known;
            }
        }
        return null;
    }

    private static @Nullable String foreign(Shape shape, String key, @Nullable Node value) {
        if (isTop(shape)) {
            String kubernetes = Synonyms.bare(key);
            if (kubernetes.equals("apiversion") || kubernetes.equals("kind")) {
                return "this is a file of Kubernetes, not of einhyrningsins(1); write the commands"
                        + " of its containers below programs:";
            }
        }
        if (shape.equals(Shape.STOP) && Signal.of(key).isPresent()) {
            String time = value instanceof Scalar text && !text.isNull() ? text.text() : "";
            return "write { signal: "
                    + Texts.cut(key)
                    + (time.isEmpty() ? " }" : ", timeout: " + Texts.cut(time) + " }");
        }
        String advice =
                Synonyms.advice(shape.equals(Shape.INCLUDED) ? Shape.FILE : shape, key, value);
        boolean mayBeName =
                shape.equals(Shape.BIND)
                        && Texts.isName(key)
                        && Nearest.of(key, shape.keys()) == null;
        return advice == null
                        && mayBeName
                        && value instanceof Scalar text
                        && text.text().matches(".*:[0-9]+")
                ? "write { name: " + key + ", tcp: " + YamlMistakes.inQuotes(text.text()) + " }"
                : advice;
    }

    private static @Nullable String elsewhere(Shape shape, String key, Node value) {
        if (isTop(shape) && key.startsWith("x-")) {
            return "there are no keys for notes; write what programs share under defaults:, or"
                    + " the anchor at the first of them";
        }
        if (shape.equals(Shape.PROGRAM) && value instanceof Mapping map && isProgram(map)) {
            return "if it is a program, it belongs below programs:; what all have is written in"
                    + " defaults without a name";
        }
        if (isTop(shape)) {
            return fromTop(key, value);
        }
        List<String> places = new ArrayList<>();
        for (Belonging each : PLACES) {
            if (each.shape().has(key) && !each.shape().equals(shape)) {
                places.add(each.path());
            }
        }
        if (!shape.equals(Shape.PROGRAM) && Shape.PROGRAM.has(key)) {
            return "it belongs to the program; write it beside the key that this map is of";
        } else if (!places.isEmpty()) {
            return "it belongs to "
                    + String.join(" or ", places)
                    + ": "
                    + example(places.getFirst(), key, value);
        }
        return Shape.FILE.has(key)
                ? "it belongs to the top of the main file; do not indent it"
                : inTop(key, value);
    }

    private static @Nullable String inTop(String key, Node value) {
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

    private static @Nullable String fromTop(String key, Node value) {
        if (Shape.PROGRAM.has(key)) {
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
            if (Shape.PROGRAM.has(key)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTop(Shape shape) {
        return shape.equals(Shape.FILE) || shape.equals(Shape.INCLUDED);
    }

    private static String example(String path, String key, Node value) {
        StringBuilder text = new StringBuilder();
        String end = "";
        for (String each : path.split("\\.", -1)) {
            boolean list = each.equals("bind");
            text.append(each).append(list ? ": [{ " : ": { ");
            end = (list ? " }]" : " }") + end;
        }
        return text.append(key).append(": ").append(shown(value)).append(end).toString();
    }

    private static String shown(Node value) {
        boolean plain =
                value instanceof Scalar scalar
                        && scalar.plain()
                        && scalar.text().length() < 40
                        && !scalar.isNull();
        return plain ? ((Scalar) value).text() : "…";
    }
}
