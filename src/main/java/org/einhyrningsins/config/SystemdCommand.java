// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An `ExecStart=` of systemd, as our `command`. Source: systemd.service(5), "Command lines".
///
/// @param words of the command, as our language writes them
/// @param remarks what its prefixes meant
record SystemdCommand(List<String> words, List<String> remarks) {
    private static final Pattern VARIABLE =
            Pattern.compile("\\$\\$|\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}|\\$([A-Za-z_][A-Za-z0-9_]*)");

    /// @param variables of the unit whose values are known, to the letter
    static SystemdCommand read(String line, SystemdText texts, Map<String, String> variables)
            throws Misread {
        List<String> remarks = new ArrayList<>();
        int at = 0;
        boolean expands = true;
        boolean named = false;
        while (at < line.length() && "@-:+!|".indexOf(line.charAt(at)) >= 0) {
            char prefix = line.charAt(at++);
            expands &= prefix != ':';
            named |= prefix == '@';
            String remark = remark(prefix);
            if (remark != null && !remarks.contains(remark)) {
                remarks.add(remark);
            }
        }
        List<String> words = new ArrayList<>();
        for (String word : SystemdText.words(line.substring(at))) {
            words.add(texts.specified(word));
        }
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw new Misread("it is empty");
        } else if (words.contains(";")) {
            throw new Misread("several commands in one; put them into a script");
        }
        if (named && words.size() > 1) {
            remarks.add("the program is not told the other name " + words.remove(1));
        }
        return new SystemdCommand(expands ? expanded(words, variables) : escaped(words), remarks);
    }

    private static @Nullable String remark(char prefix) {
        return switch (prefix) {
            case '-' -> "- : a failure is none for systemd; here it is, see restart";
            case '+', '!' ->
                    prefix + " : without the unit's user and limits; here with all of them";
            case '|' -> "| : by the login shell of the user; here without";
            default -> null;
        };
    }

    private static List<String> escaped(List<String> words) {
        return words.stream().map(DraftText::escaped).toList();
    }

    /// With the variables that are known; what only the worker's environment knows a shell fills
    /// in, by the same rules: `$NAME` in words of its own, `${NAME}` to the letter.
    private static List<String> expanded(List<String> words, Map<String, String> variables) {
        List<String> plain = new ArrayList<>();
        for (String word : words) {
            String known = known(word, variables);
            if (known == null) {
                return List.of("/bin/sh", "-c", DraftText.escaped("set -f; exec " + shell(words)));
            }
            boolean several = word.matches("\\$[A-Za-z_][A-Za-z0-9_]*");
            if (several) {
                plain.addAll(List.of(known.strip().split("\\s+", -1)));
            } else {
                plain.add(known);
            }
        }
        plain.removeIf(word -> word.isEmpty() && plain.size() > 1);
        return escaped(plain);
    }

    /// Null if a variable is in it that is not known.
    private static @Nullable String known(String word, Map<String, String> variables) {
        Matcher place = VARIABLE.matcher(word);
        StringBuilder text = new StringBuilder();
        while (place.find()) {
            boolean inner = place.group(2) != null && !place.group().equals(word);
            String value = place.group().equals("$$") ? "$" : value(place, variables);
            if (inner) {
                value = place.group();
            } else if (value == null) {
                return null;
            }
            place.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        return place.appendTail(text).toString();
    }

    private static @Nullable String value(Matcher place, Map<String, String> variables) {
        return variables.get(place.group(1) == null ? place.group(2) : place.group(1));
    }

    private static String shell(List<String> words) {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            line.append(line.isEmpty() ? "" : " ");
            if (word.matches("\\$[A-Za-z_][A-Za-z0-9_]*")) {
                line.append(word);
            } else {
                line.append(quoted(word));
            }
        }
        return line.toString();
    }

    /// In double quotes, in which a shell replaces what stands in braces and nothing else.
    private static String quoted(String word) {
        if (word.matches("[A-Za-z0-9_./:=,@%+-]+")) {
            return word;
        }
        Matcher place = VARIABLE.matcher(word);
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (place.find()) {
            text.append(plain(word.substring(at, place.start())));
            boolean braces = place.group(1) != null;
            text.append(braces ? place.group() : plain(place.group().replace("$$", "$")));
            at = place.end();
        }
        return "\"" + text + plain(word.substring(at)) + "\"";
    }

    private static String plain(String text) {
        return text.replaceAll("([\\\\\"$`])", "\\\\$1");
    }
}
