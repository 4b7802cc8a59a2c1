// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;

/// Advice on what to write for a key or word of another manager; see [ForeignKeywordTable]. Asked
/// for only once something is unknown.
public final class ForeignKeywords {
    private ForeignKeywords() {}

    /// Returns advice on what to write in place of a key; null if no other manager has it.
    ///
    /// @param value the value under it, which the user wants with our key too
    public static @Nullable String advice(
            ConfigShape configShape, String key, @Nullable ConfigNode value) {
        String word = bare(key);
        if (word.equals("type") && isOneShot(value)) {
            return advice(configShape, "oneshot", value);
        }
        for (String line : ForeignKeywordTable.rows(configShape)) {
            int colon = line.indexOf(": ");
            if (words(line, colon).contains(word)) {
                String example = line.substring(colon + 2);
                if (example.equals("write `workers: <4>`") && isOneForEach(value)) {
                    return "write `workers: cpus`, one for each processor";
                }
                return filled(line.substring(colon + 2), value);
            }
        }
        return null;
    }

    private static boolean isOneForEach(@Nullable ConfigNode value) {
        return value instanceof ConfigNode.Scalar text
                && text.text().toLowerCase(Locale.ROOT).matches("max|auto|cpus?|nproc|0|-1");
    }

    private static boolean isOneShot(@Nullable ConfigNode value) {
        return value instanceof ConfigNode.Scalar text
                && text.text().toLowerCase(Locale.ROOT).matches("oneshot|job|task|once");
    }

    /// The same for a word with a slip in it.
    static @Nullable String nearAdvice(
            ConfigShape configShape, String key, @Nullable ConfigNode value) {
        String word = bare(key);
        int most = word.length() >= 8 ? 2 : word.length() >= 5 ? 1 : 0;
        String nearest = null;
        for (String line : ForeignKeywordTable.rows(configShape)) {
            for (String known : words(line, line.indexOf(": "))) {
                int distance =
                        known.length() < 5
                                ? Integer.MAX_VALUE
                                : SpellingSuggestion.distance(word, known);
                if (distance <= most) {
                    most = distance - 1;
                    nearest = known;
                }
            }
        }
        return nearest == null ? null : advice(configShape, nearest, value);
    }

    private static List<String> words(String line, int colon) {
        return List.of(line.substring(0, colon).split(" ", -1));
    }

    /// Returns advice with the value in the place of the example, if it is of the same kind.
    private static String filled(String advice, @Nullable ConfigNode value) {
        int from = advice.indexOf('<');
        int to = advice.indexOf('>');
        if (from < 0 || to < from) {
            return advice;
        }
        String example = advice.substring(from + 1, to);
        String meant =
                value instanceof ConfigNode.Scalar text && text.plain() && !text.isNull()
                        ? meant(example, text.text())
                        : example;
        return filled(advice.substring(0, from) + meant + advice.substring(to + 1), null);
    }

    private static String meant(String example, String text) {
        boolean time = TextUtil.isDigit(example.charAt(0)) && example.endsWith("s");
        if (time && text.matches("[1-9][0-9]{0,8}(ms|s|m|h|d)")) {
            return text;
        } else if (TextUtil.areDigits(example) || time) {
            boolean number = TextUtil.areDigits(text) && text.length() < 10 && !text.matches("0+");
            return number ? text + (time ? "s" : "") : example;
        } else if (example.endsWith("iB")) {
            return size(example, text);
        }
        boolean word = text.matches("[A-Za-z/._@][A-Za-z0-9/._@-]{0,60}");
        return word && !TextUtil.isDigit(example.charAt(0)) ? text : example;
    }

    private static String size(String example, String text) {
        try {
            return Sizes.parse(text) > 0 ? text : example;
        } catch (ValueException _) {
            String meant = Suggestions.size(text);
            boolean sound = meant.matches("; write [0-9]+[KMGT]i?B");
            return sound ? meant.substring("; write ".length()) : example;
        }
    }

    /// Returns an example of a required key, behind a semicolon.
    static String example(String key) {
        return switch (key) {
            case "command" -> "; write what to run, as in command: [./server, --verbose]";
            case "programs" -> "; write programs:, and the name of each below it";
            case "to" -> "; write a file, as in to: /var/log/web.log";
            case "deaths" -> "; write how many, as in deaths: 5";
            case "within" -> "; write a time, as in within: 1m";
            case "match" -> "; write what to look for, as in match: listening";
            case "bind" -> "; write an address, as in bind: 127.0.0.1:9911";
            default -> "";
        };
    }

    /// Returns the word that another manager calls so; null if none does.
    static @Nullable String word(String text, List<String> words) {
        for (String word : words) {
            if (ForeignKeywordTable.words(word).contains(text.toLowerCase(Locale.ROOT))) {
                return word;
            }
        }
        return null;
    }

    /// Returns a key without what people write differently: case, `-`, `_`, `.` and blanks.
    public static String bare(String key) {
        return key.toLowerCase(Locale.ROOT).replaceAll("[-_. ]", "");
    }
}
