// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.source.Trail;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.einhyrningsins.spec.Signal;

import java.util.ArrayList;
import java.util.List;

/// What to write where a list or a map stands in place of one text: of a command, a variable, a
/// name, a signal or a limit. Each is empty, or stands behind a semicolon at the end of a message.
public final class TextHints {
    private static final int MAX_SHOWN = 60;

    private TextHints() {}

    /// @param node what was found; its place says what it is of
    static String of(Node node) {
        Trail trail = node.place().trail();
        String key = trail.key();
        String outer = outer(trail);
        if (outer.equals("env")) {
            return variable(key, node);
        } else if (key.equals("command")) {
            return command(node);
        } else if (outer.equals("command")) {
            return word(node);
        } else if (List.of(key, outer).stream().anyMatch(TextHints::isOfNames)) {
            return names(node, key.isEmpty());
        } else if (key.equals("then") || outer.equals("then")) {
            return step(node, key.isEmpty());
        } else if (outer.equals("limits")) {
            return limit(node);
        } else if (node instanceof Items list && key.matches("tcp|udp|unix") && isOfBind(trail)) {
            return sockets(key, texts(list));
        }
        String meant = KindHints.ofText(node);
        return meant.isEmpty() ? "; write one text" : meant;
    }

    /// The key that a value is below; of an item that of its list.
    private static String outer(Trail trail) {
        Trail parent = trail.parent();
        return parent == null ? "" : parent.key();
    }

    private static boolean isOfBind(Trail trail) {
        Trail parent = trail.parent();
        Trail of = parent != null && parent.index() >= 0 ? parent : trail; // of an item its list
        return outer(of).equals("bind");
    }

    private static boolean isOfNames(String key) {
        return switch (key) {
            case "drop-env", "after", "admin", "read" -> true;
            default -> false;
        };
    }

    private static String variable(String name, Node node) {
        String json = json(node);
        String quoted = json.length() > MAX_SHOWN ? "'…'" : "'" + json.replace("'", "''") + "'";
        String text = "; a variable holds one text: write it in quotes, as in " + name + ": ";
        if (node instanceof Mapping map && !map.entries().isEmpty()) {
            String first = map.entries().firstEntry().getKey();
            return text + quoted + ", or a variable for each, as in " + name + "_" + first;
        }
        List<String> words = node instanceof Items list ? texts(list) : List.of();
        return words.isEmpty()
                ? text + quoted
                : text + YamlMistakes.inQuotes(String.join(" ", words)) + " or " + quoted;
    }

    /// As JSON, which a program that wants a structure in a variable reads.
    private static String json(Node node) {
        return switch (node) {
            case Scalar scalar when scalar.plain() && (scalar.isDigits() || isLiteral(scalar)) ->
                    scalar.isNull() ? "null" : scalar.text();
            case Scalar scalar ->
                    '"' + scalar.text().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            case Items list ->
                    "["
                            + String.join(
                                    ", ", list.values().stream().map(TextHints::json).toList())
                            + "]";
            case Mapping map -> {
                List<String> entries = new ArrayList<>();
                map.entries()
                        .forEach(
                                (key, entry) ->
                                        entries.add('"' + key + "\": " + json(entry.value())));
                yield "{" + String.join(", ", entries) + "}";
            }
        };
    }

    private static boolean isLiteral(Scalar scalar) {
        return scalar.isNull() || scalar.text().equals("true") || scalar.text().equals("false");
    }

    /// A whole command that is a map, as in `{ ./server: --verbose }`.
    private static String command(Node node) {
        if (node instanceof Mapping map && map.entries().size() == 1) {
            var only = map.entries().firstEntry();
            String value = only.getValue().value() instanceof Scalar text ? text.text() : "…";
            boolean named =
                    Shape.PROGRAM.has(only.getKey())
                            || Synonyms.advice(Shape.PROGRAM, only.getKey(), null) != null;
            if (named && !value.equals("…")) {
                return "; write " + Texts.cut(value);
            }
            return "; write ["
                    + Texts.cut(only.getKey())
                    + (value.isEmpty() ? "" : ", " + Texts.cut(value))
                    + "]";
        }
        return "; write its words as a list, as in [./server, --verbose]";
    }

    /// An option that YAML takes for a map because of its colon, or words in brackets of their own.
    private static String word(Node node) {
        if (node instanceof Items list) {
            List<String> words = texts(list);
            return words.isEmpty()
                    ? ""
                    : "; its words stand in one list: write "
                            + Texts.cut(String.join(", ", words))
                            + " without brackets of their own";
        }
        if (!(node instanceof Mapping map) || map.entries().size() != 1) {
            return "; a word that holds \": \" goes in quotes";
        }
        var only = map.entries().firstEntry();
        String value = only.getValue().value() instanceof Scalar text ? text.text() : "…";
        return "; a word that holds \": \" goes in quotes: "
                + YamlMistakes.inQuotes(Texts.cut(only.getKey() + ": " + value));
    }

    /// @param single whether it is an item of a list
    private static String names(Node node, boolean single) {
        List<String> names =
                node instanceof Mapping map
                        ? List.copyOf(map.entries().keySet())
                        : node instanceof Items list ? texts(list) : List.of();
        if (names.isEmpty()) {
            return "";
        } else if (node instanceof Mapping map
                && names.getFirst().matches("name|id|program|service|variable|user")
                && map.entries().firstEntry().getValue().value() instanceof Scalar only
                && !only.text().isEmpty()) {
            return "; write " + Texts.cut(only.text());
        }
        String all = Texts.cut(String.join(", ", names));
        return "; write " + (single ? all : "[" + all + "]");
    }

    /// A step of `then` as a map: `{ TERM: 5s }`.
    private static String step(Node node, boolean single) {
        List<String> steps = new ArrayList<>();
        if (node instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (signal, entry) -> {
                                boolean time =
                                        entry.value() instanceof Scalar text
                                                && !text.isNull()
                                                && !signal.equals("KILL");
                                String value = time ? " " + ((Scalar) entry.value()).text() : "";
                                steps.add(signal + value);
                            });
        } else if (node instanceof Items list) {
            steps.add(String.join(" ", texts(list)));
        }
        if (steps.stream().anyMatch(step -> Signal.of(step.split(" ", 2)[0]).isEmpty())) {
            return "; write " + (single ? "TERM 5s" : "[TERM 5s, KILL]");
        }
        String all = Texts.cut(String.join(", ", steps));
        return steps.isEmpty() ? "" : "; write " + (single ? all : "[" + all + "]");
    }

    /// A soft and a hard one.
    private static String limit(Node node) {
        List<String> both = new ArrayList<>();
        if (node instanceof Items list) {
            both.addAll(texts(list));
        } else if (node instanceof Mapping map) {
            for (String key : List.of("soft", "hard")) {
                Node.Entry entry = map.entries().get(key);
                if (entry != null && entry.value() instanceof Scalar text) {
                    both.add(text.text());
                }
            }
        }
        boolean numbers = both.stream().allMatch(text -> text.matches("[0-9]+[A-Za-z]*|unlimited"));
        if (both.isEmpty() || both.size() > 2 || !numbers) {
            return "; write one number, or \"SOFT:HARD\"";
        }
        String all = String.join(":", both);
        return "; write " + (both.size() == 1 ? all : '"' + all + '"');
    }

    /// Each socket is a map of its own.
    private static String sockets(String kind, List<String> addresses) {
        List<String> all =
                addresses.stream()
                        .map(each -> "{ " + kind + ": " + YamlMistakes.inQuotes(each) + " }")
                        .toList();
        return all.isEmpty()
                ? "; write one text"
                : "; write bind: [" + Texts.cut(String.join(", ", all)) + "]";
    }

    private static List<String> texts(Items list) {
        List<String> texts = new ArrayList<>();
        for (Node node : list.values()) {
            if (node instanceof Scalar scalar && !scalar.isNull()) {
                texts.add(scalar.text());
            }
        }
        return texts;
    }

    /// Of a list that stands for one of a few words: the only one that is meant.
    public static String ofWord(Node node, List<String> words) {
        String meant = "";
        if (node instanceof Items list && list.values().size() == 1) {
            meant = list.values().getFirst() instanceof Scalar only ? only.text() : "";
        } else if (node instanceof Mapping map && map.entries().size() == 1) {
            meant = map.entries().firstEntry().getKey();
        }
        return words.contains(meant) ? "; write " + meant : "; write one of them";
    }

    /// A time in a list, or by its unit in a map.
    static String ofTime(Node node) {
        String text = "";
        String unit = "";
        if (node instanceof Items list && list.values().size() == 1) {
            text = list.values().getFirst() instanceof Scalar only ? only.text() : "";
        } else if (node instanceof Mapping map && map.entries().size() == 1) {
            unit = " " + map.entries().firstEntry().getKey();
            Node value = map.entries().firstEntry().getValue().value();
            text = value instanceof Scalar only ? only.text() : "";
        }
        String whole = Texts.areDigits(text) ? text + (unit.isEmpty() ? " s" : unit) : text;
        String meant = Suggestions.time(whole);
        return meant.startsWith("; write ") ? meant : "; write one time, such as 30s";
    }
}
