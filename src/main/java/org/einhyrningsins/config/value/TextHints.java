// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.einhyrningsins.spec.Signal;

import java.util.ArrayList;
import java.util.List;

/// Advice on what to write where a list or a map stands in place of one text: of a command, a
/// variable, a name, a signal or a limit. Each is empty, or stands behind a semicolon at the end of
/// a message.
public final class TextHints {
    private static final int MAX_SHOWN = 60;

    private TextHints() {}

    /// @param configNode the value found; its place tells its key
    static String of(ConfigNode configNode) {
        KeyPath keyPath = configNode.place().trail();
        String key = keyPath.key();
        String outer = outer(keyPath);
        if (outer.equals("env")) {
            return variable(key, configNode);
        } else if (key.equals("command")) {
            return command(configNode);
        } else if (outer.equals("command")) {
            return word(configNode);
        } else if (List.of(key, outer).stream().anyMatch(TextHints::isOfNames)) {
            return names(configNode, key.isEmpty());
        } else if (key.equals("then") || outer.equals("then")) {
            return step(configNode, key.isEmpty());
        } else if (outer.equals("limits")) {
            return limit(configNode);
        } else if (configNode instanceof Items list
                && key.matches("tcp|udp|unix")
                && isOfBind(keyPath)) {
            return sockets(key, texts(list));
        }
        String meant = MapHints.ofText(configNode);
        return meant.isEmpty() ? "; write one text" : meant;
    }

    /// The key that a value is below; of an item that of its list.
    private static String outer(KeyPath keyPath) {
        KeyPath parent = keyPath.parent();
        return parent == null ? "" : parent.key();
    }

    private static boolean isOfBind(KeyPath keyPath) {
        KeyPath parent = keyPath.parent();
        KeyPath of =
                parent != null && parent.index() >= 0 ? parent : keyPath; // of an item its list
        return outer(of).equals("bind");
    }

    private static boolean isOfNames(String key) {
        return switch (key) {
            case "drop-env", "after", "admin", "read" -> true;
            default -> false;
        };
    }

    private static String variable(String name, ConfigNode configNode) {
        String json = json(configNode);
        String quoted = json.length() > MAX_SHOWN ? "'…'" : "'" + json.replace("'", "''") + "'";
        String text = "; a variable holds one text: write it in quotes, as in " + name + ": ";
        if (configNode instanceof Mapping map && !map.entries().isEmpty()) {
            String first = map.entries().firstEntry().getKey();
            return text + quoted + ", or a variable for each, as in " + name + "_" + first;
        }
        List<String> words = configNode instanceof Items list ? texts(list) : List.of();
        return words.isEmpty()
                ? text + quoted
                : text + YamlMistakes.inQuotes(String.join(" ", words)) + " or " + quoted;
    }

    /// Returns a node as JSON, which a program that wants a structure in a variable reads.
    private static String json(ConfigNode configNode) {
        return switch (configNode) {
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
    private static String command(ConfigNode configNode) {
        if (configNode instanceof Mapping map && map.entries().size() == 1) {
            var only = map.entries().firstEntry();
            String value = only.getValue().value() instanceof Scalar text ? text.text() : "…";
            boolean named =
                    ConfigShape.PROGRAM.has(only.getKey())
                            || ForeignKeywords.advice(ConfigShape.PROGRAM, only.getKey(), null)
                                    != null;
            if (named && !value.equals("…")) {
                return "; write " + TextUtil.cut(value);
            }
            return "; write ["
                    + TextUtil.cut(only.getKey())
                    + (value.isEmpty() ? "" : ", " + TextUtil.cut(value))
                    + "]";
        }
        return "; write its words as a list, as in [./server, --verbose]";
    }

    /// An option that YAML takes for a map because of its colon, or words in brackets of their own.
    private static String word(ConfigNode configNode) {
        if (configNode instanceof Items list) {
            List<String> words = texts(list);
            return words.isEmpty()
                    ? ""
                    : "; its words stand in one list: write "
                            + TextUtil.cut(String.join(", ", words))
                            + " without brackets of their own";
        }
        if (!(configNode instanceof Mapping map) || map.entries().size() != 1) {
            return "; a word that holds \": \" goes in quotes";
        }
        var only = map.entries().firstEntry();
        String value = only.getValue().value() instanceof Scalar text ? text.text() : "…";
        return "; a word that holds \": \" goes in quotes: "
                + YamlMistakes.inQuotes(TextUtil.cut(only.getKey() + ": " + value));
    }

    /// @param single whether it is an item of a list
    private static String names(ConfigNode configNode, boolean single) {
        List<String> names =
                configNode instanceof Mapping map
                        ? List.copyOf(map.entries().keySet())
                        : configNode instanceof Items list ? texts(list) : List.of();
        if (names.isEmpty()) {
            return "";
        } else if (configNode instanceof Mapping map
                && names.getFirst().matches("name|id|program|service|variable|user")
                && map.entries().firstEntry().getValue().value() instanceof Scalar only
                && !only.text().isEmpty()) {
            return "; write " + TextUtil.cut(only.text());
        }
        String all = TextUtil.cut(String.join(", ", names));
        return "; write " + (single ? all : "[" + all + "]");
    }

    /// A step of `then` as a map: `{ TERM: 5s }`.
    private static String step(ConfigNode configNode, boolean single) {
        List<String> steps = new ArrayList<>();
        if (configNode instanceof Mapping map) {
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
        } else if (configNode instanceof Items list) {
            steps.add(String.join(" ", texts(list)));
        }
        if (steps.stream().anyMatch(step -> Signal.of(step.split(" ", 2)[0]).isEmpty())) {
            return "; write " + (single ? "TERM 5s" : "[TERM 5s, KILL]");
        }
        String all = TextUtil.cut(String.join(", ", steps));
        return steps.isEmpty() ? "" : "; write " + (single ? all : "[" + all + "]");
    }

    /// A soft and a hard one.
    private static String limit(ConfigNode configNode) {
        List<String> both = new ArrayList<>();
        if (configNode instanceof Items list) {
            both.addAll(texts(list));
        } else if (configNode instanceof Mapping map) {
            for (String key : List.of("soft", "hard")) {
                ConfigNode.Entry entry = map.entries().get(key);
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

    /// Returns advice for sockets, each a map of its own.
    private static String sockets(String kind, List<String> addresses) {
        List<String> all =
                addresses.stream()
                        .map(each -> "{ " + kind + ": " + YamlMistakes.inQuotes(each) + " }")
                        .toList();
        return all.isEmpty()
                ? "; write one text"
                : "; write bind: [" + TextUtil.cut(String.join(", ", all)) + "]";
    }

    private static List<String> texts(Items list) {
        List<String> texts = new ArrayList<>();
        for (ConfigNode configNode : list.values()) {
            if (configNode instanceof Scalar scalar && !scalar.isNull()) {
                texts.add(scalar.text());
            }
        }
        return texts;
    }

    /// Returns advice for a list that stands for one of a few words: the only one that is meant.
    public static String ofWord(ConfigNode configNode, List<String> words) {
        String meant = "";
        if (configNode instanceof Items list && list.values().size() == 1) {
            meant = list.values().getFirst() instanceof Scalar only ? only.text() : "";
        } else if (configNode instanceof Mapping map && map.entries().size() == 1) {
            meant = map.entries().firstEntry().getKey();
        }
        return words.contains(meant) ? "; write " + meant : "; write one of them";
    }

    /// A time in a list, or by its unit in a map.
    static String ofTime(ConfigNode configNode) {
        String text = "";
        String unit = "";
        if (configNode instanceof Items list && list.values().size() == 1) {
            text = list.values().getFirst() instanceof Scalar only ? only.text() : "";
        } else if (configNode instanceof Mapping map && map.entries().size() == 1) {
            unit = " " + map.entries().firstEntry().getKey();
            ConfigNode value = map.entries().firstEntry().getValue().value();
            text = value instanceof Scalar only ? only.text() : "";
        }
        String whole = TextUtil.areDigits(text) ? text + (unit.isEmpty() ? " s" : unit) : text;
        String meant = Suggestions.time(whole);
        return meant.startsWith("; write ") ? meant : "; write one time, such as 30s";
    }
}
