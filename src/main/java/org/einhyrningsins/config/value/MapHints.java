// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Advice on what to write in place of a text, a number or a list that stands where a map should.
/// Each is empty, or stands behind a semicolon at the end of a message.
public final class MapHints {
    /// A key and its value with no space between, as the first of the lines that YAML makes one of.
    private static final Pattern TIGHT = Pattern.compile("([a-z][a-z-]*) *([:=]) *(\\S.*)");

    private MapHints() {}

    /// @param configNode the value found
    static String ofMap(ConfigShape configShape, ConfigNode configNode) {
        WordWithValue wordWithValue = WordWithValue.of(configNode);
        String meant = wordWithValue == null ? "" : ofPair(configShape, wordWithValue);
        if (!meant.isEmpty()) {
            return meant;
        } else if (configNode instanceof Items list) {
            return switch (configShape.name()) {
                case "allow" -> "; write admin: before the list";
                case "program" -> ofList(configNode);
                case "file", "included" ->
                        isOfMaps(list)
                                ? "; remove the dash before each key, and indent what is below it"
                                        + " by two less"
                                : "; write programs:, and below it NAME: { command: … }";
                default -> ofItems(configShape, list);
            };
        } else if (!(configNode instanceof Scalar scalar)) {
            return "";
        } else if (scalar.isNull()) {
            return configShape.equals(ConfigShape.PROGRAM) ? ofEmpty(configNode) : "";
        } else {
            return ofText(configShape, scalar);
        }
    }

    private static String ofPair(ConfigShape configShape, WordWithValue wordWithValue) {
        return switch (configShape.name()) {
            case "rollout" -> wordWithValue.rollout();
            case "limits" -> wordWithValue.limits();
            default -> "";
        };
    }

    /// Returns advice for one text or number: the only one of a list, or of a map. A map of several
    /// is not guessed.
    static String ofText(ConfigNode configNode) {
        String meant = "";
        if (configNode instanceof Items list && list.values().size() == 1) {
            meant = list.values().getFirst() instanceof Scalar only ? only.text() : "";
        } else if (configNode instanceof Mapping map && map.entries().size() == 1) {
            var only = map.entries().firstEntry();
            meant =
                    only.getValue().value() instanceof Scalar value
                                    && !value.isFlag()
                                    && !value.isNull()
                            ? value.text()
                            : only.getKey();
        }
        return meant.isEmpty() ? "" : "; write " + TextUtil.cut(meant);
    }

    private static boolean isOfMaps(Items list) {
        return !list.values().isEmpty()
                && list.values().stream().allMatch(item -> item instanceof Mapping);
    }

    /// A list of keys, or with the one text that would do for the map.
    private static String ofItems(ConfigShape configShape, Items list) {
        if (isOfMaps(list)) {
            return "; write its keys without dashes";
        }
        boolean one = list.values().size() == 1;
        if (one && list.values().getFirst() instanceof Scalar text && !text.isNull()) {
            return ofText(configShape, text);
        }
        return "; write KEY: VALUE";
    }

    private static String ofText(ConfigShape configShape, Scalar scalar) {
        String text = TextUtil.cut(scalar.text());
        boolean number = scalar.isDigits();
        return switch (configShape.name()) {
            case "log" ->
                    "; write { level: "
                            + (text.matches("error|warn|info|debug") ? text : "info")
                            + " }";
            case "control" ->
                    "; write { socket: "
                            + (text.matches("[A-Za-z0-9/._-]+")
                                    ? text
                                    : YamlMistakes.inQuotes(text))
                            + " }";
            case "http" -> "; write { bind: " + address(text, number) + " }";
            case "health", "probe" -> target(text, number);
            case "rollout" ->
                    "; write { strategy: "
                            + (text.matches("smooth|fleet|replace")
                                    ? text + " }"
                                    : "smooth }, fleet or replace");
            case "canary" -> "; write { workers: " + (number ? text : "1") + " }";
            case "limits" -> "; write { nofile: " + (number ? text : "65536") + " }";
            case "backoff" -> "; write { first: 100ms, max: 30s }";
            case "give-up" ->
                    "; write { deaths: "
                            + (number && !text.matches("0+") ? text : "5")
                            + ", within: 1m }";
            case "allow" -> "; write { admin: [" + text + "] }";
            case "program" -> program(scalar, text);
            case "file", "included" -> "; write programs:, and below it NAME: { command: … }";
            default -> "";
        };
    }

    private static String address(String text, boolean number) {
        if (text.matches("[A-Za-z0-9.-]*:[0-9]{1,5}") || text.startsWith("unix:")) {
            return YamlMistakes.inQuotes(text);
        } else if (text.startsWith("/")) {
            return YamlMistakes.inQuotes("unix:" + text);
        }
        return "127.0.0.1:" + (number && text.matches("[1-9][0-9]{0,4}") ? text : "9911");
    }

    private static String target(String text, boolean number) {
        if (number && !text.matches("0+")) {
            return "; write { tcp: \"127.0.0.1:" + text + "\" }";
        }
        if (text.matches("[A-Za-z0-9.-]+:[1-9][0-9]{0,4}")) {
            return "; write { tcp: " + YamlMistakes.inQuotes(text) + " }";
        }
        boolean address = text.startsWith("http:");
        return address
                ? "; write { http: \"GET " + text + "\" }"
                : "; write { http: \"GET http://{http}/healthz\" }";
    }

    private static String program(ConfigNode configNode, String text) {
        String key = configNode.place().trail().key();
        Matcher tight = TIGHT.matcher(text);
        if (tight.matches() && ConfigShape.PROGRAM.has(tight.group(1))) {
            return "; a colon and a space come after a key: write "
                    + tight.group(1)
                    + ": "
                    + tight.group(3).split(" ", 2)[0];
        }
        return ConfigShape.PROGRAM.has(key)
                ? "; " + key + " is a key of a program: indent it below the program's name"
                : "; write { command: " + YamlMistakes.inQuotes(text) + " }";
    }

    private static String ofList(ConfigNode configNode) {
        String key = configNode.place().trail().key();
        return ConfigShape.PROGRAM.has(key)
                ? ofEmpty(configNode)
                : "; write its keys without a dash";
    }

    private static String ofEmpty(ConfigNode configNode) {
        String key = configNode.place().trail().key();
        return ConfigShape.PROGRAM.has(key)
                ? "; " + key + " is a key of a program: indent it below the program's name"
                : "; its keys go below it, indented further, as in command: [./server]";
    }

    /// Returns advice for `programs`.
    public static String ofPrograms(ConfigNode configNode) {
        if (configNode instanceof Scalar text && TextUtil.isName(text.text())) {
            return "; write programs: { " + text.text() + ": { command: [./server] } }";
        }
        if (!(configNode instanceof Items list)) {
            return "";
        }
        String name = "NAME";
        if (!list.values().isEmpty() && list.values().getFirst() instanceof Mapping map) {
            for (String key : java.util.List.of("name", "id", "program")) {
                if (map.entries().get(key)
                                instanceof ConfigNode.Entry(SourcePosition _, Scalar text)
                        && TextUtil.isName(text.text())) {
                    name = text.text();
                }
            }
            if (map.entries().size() == 1
                    && map.entries().firstEntry().getValue().value() instanceof Mapping) {
                name = TextUtil.cut(map.entries().firstEntry().getKey());
            }
        }
        return "; a program's name is its key, without a dash: programs: { "
                + name
                + ": { command: … } }";
    }

    /// Returns advice for `env`.
    public static String ofVariables(ConfigNode configNode) {
        ConfigNode first =
                configNode instanceof Items list && !list.values().isEmpty()
                        ? list.values().getFirst()
                        : configNode;
        if (first instanceof Scalar scalar && scalar.text().indexOf('=') > 0) {
            int equals = scalar.text().indexOf('=');
            String name = scalar.text().substring(0, equals).strip();
            String value = scalar.text().substring(equals + 1).strip();
            return "; write NAME: value, as in env: { "
                    + TextUtil.cut(name)
                    + ": "
                    + YamlMistakes.inQuotes(value)
                    + " }";
        } else if (configNode instanceof Items) {
            return "; write NAME: value, without dashes";
        }
        return first instanceof Scalar scalar && !scalar.isNull()
                ? "; write { NAME: value }, or env-file: for a file of variables"
                : "";
    }
}
