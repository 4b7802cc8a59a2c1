// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A command line of a unit, as in `ExecStart=`. Source: systemd.service(5), "Command lines".
///
/// @param setting the setting that it is of
/// @param prefixes of its path: `@`, `-`, `:`, `+`, `!`, `|`
/// @param name by which the program is to be called; empty for that of its file
/// @param words without quotes and specifiers, and with their variables
record SystemdCommand(ForeignSetting setting, String prefixes, String name, List<String> words) {
    private static final Pattern VARIABLE =
            Pattern.compile("\\$\\$|\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}|\\$([A-Za-z_][A-Za-z0-9_]*)");
    private static final String SEVERAL = "\\$[A-Za-z_][A-Za-z0-9_]*";

    static SystemdCommand read(ForeignSetting foreignSetting, SystemdValues texts)
            throws ValueException {
        String line = foreignSetting.value();
        int at = 0;
        while (at < line.length() && "@-:+!|".indexOf(line.charAt(at)) >= 0) {
            at++;
        }
        String prefixes = line.substring(0, at);
        List<String> words = new ArrayList<>();
        for (String word : SystemdValues.words(line.substring(at))) {
            words.add(texts.specified(word));
        }
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw new ValueException("it is empty");
        } else if (words.contains(";")) {
            throw new ValueException("several commands in one; put them into a script");
        }
        boolean named = prefixes.contains("@") && words.size() > 1;
        String name = named ? words.remove(1) : "";
        return new SystemdCommand(foreignSetting, prefixes, name, words);
    }

    /// True if its failure is ignored.
    boolean mayFail() {
        return prefixes.contains("-");
    }

    /// True if it runs as root although the unit has a user.
    boolean isPrivileged() {
        return prefixes.replace("!!", "").matches(".*[+!].*");
    }

    private boolean expands() {
        return !prefixes.contains(":");
    }

    /// The command as our language writes it.
    ///
    /// @param guards of a shell, each with what happens if it is not so
    /// @param before what runs first each time, and whose failure is the failure of all
    /// @param variables whose values are known for good, to the letter
    List<String> after(
            List<String> guards, List<SystemdCommand> before, Map<String, String> variables) {
        List<String> plain = before.isEmpty() && guards.isEmpty() ? plain(variables) : null;
        if (plain != null) {
            return plain.stream().map(TemplateTextBuilder::escaped).toList();
        }
        StringBuilder line = new StringBuilder("set -f; ");
        guards.forEach(guard -> line.append(guard).append("; "));
        for (SystemdCommand command : before) {
            line.append(command.mayFail() ? "{ " + command.shell() + " || :; }" : command.shell());
            line.append(" && ");
        }
        line.append("exec ").append(shell());
        return List.of("/bin/sh", "-c", TemplateTextBuilder.escaped(line.toString()));
    }

    /// Returns the words; null if a variable is in them that only the worker's environment has.
    private @Nullable List<String> plain(Map<String, String> variables) {
        if (!expands()) {
            return words;
        }
        List<String> plain = new ArrayList<>();
        for (String word : words) {
            String known = known(word, variables);
            if (known == null) {
                return null;
            } else if (word.matches(SEVERAL)) {
                plain.addAll(split(known));
            } else {
                plain.add(known);
            }
        }
        return plain;
    }

    private static List<String> split(String value) {
        try {
            return SystemdValues.words(value);
        } catch (ValueException _) {
            return List.of(value.strip().split("\\s+", -1));
        }
    }

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

    /// For a shell, which fills variables in by the same rules: `$NAME` in words of its own,
    /// `${NAME}` to the letter.
    String shell() {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            boolean several = expands() && word.matches(SEVERAL);
            line.append(line.isEmpty() ? "" : " ").append(several ? word : quoted(word));
        }
        return line.toString();
    }

    /// Returns a word in double quotes, in which a shell replaces what stands in braces and nothing
    /// else.
    private String quoted(String word) {
        if (word.matches("[A-Za-z0-9_./:=,@%+-]+")) {
            return word;
        }
        Matcher place = VARIABLE.matcher(word);
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (expands() && place.find()) {
            text.append(plain(word.substring(at, place.start())));
            boolean braces = place.group(1) != null;
            text.append(braces ? place.group() : plain(place.group().replace("$$", "$")));
            at = place.end();
        }
        return "\"" + text + plain(word.substring(at)) + "\"";
    }

    static String plain(String text) {
        return text.replaceAll("([\\\\\"$`])", "\\\\$1");
    }
}
