// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.OddCharacters;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds what a shell would do and nobody does here: `$NAME`, `~`, `$(…)`, backticks, pipes. Says
/// what to write instead; null where there is nothing to say. A shell that is asked for reads its
/// text itself.
public final class ShellSyntaxWarnings {
    /// Lower case is left alone: texts for nginx and others are full of it, and so are passwords.
    private static final Pattern VARIABLE = Pattern.compile("(?<!\\$)\\$([A-Z_][A-Z0-9_]+)");

    private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\([^()]+\\)|`[^`]+`");

    private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*=.*");

    private static final Set<String> OPERATORS =
            Set.of("|", "||", "&&", "&", ";", ">", ">>", "<", "2>&1", "&>", "2>", ">&2");

    private static final Set<String> COMMON =
            Set.of("PATH", "HOME", "USER", "PWD", "LD_LIBRARY_PATH", "PYTHONPATH", "PORT", "SHELL");

    private ShellSyntaxWarnings() {}

    /// Returns a warning about the value of a variable; null for none.
    ///
    /// @param environment the manager's environment
    public static @Nullable String inValue(String text, Map<String, String> environment) {
        Matcher variable = VARIABLE.matcher(text);
        while (variable.find()) {
            String name = variable.group(1);
            if (environment.containsKey(name) || COMMON.contains(name)) {
                return "$"
                        + TextUtil.cut(name)
                        + " is not replaced: no shell reads this; write ${env."
                        + TextUtil.cut(name)
                        + "} for the manager's own, or single quotes around the text if it is"
                        + " meant so";
            }
        }
        Matcher substitution = SUBSTITUTION.matcher(text);
        if (substitution.find()) {
            return TextUtil.quoted(substitution.group())
                    + " is not run: no shell reads this; write what it gives, let the command be"
                    + " [sh, -c, \"…\"], or put single quotes around the text if it is meant so";
        } else if (text.startsWith("~/")) {
            return "~ is not replaced: no shell reads this; write ${env.HOME}"
                    + TextUtil.cut(text.substring(1))
                    + ", or single quotes around the text if it is meant so";
        }
        return null;
    }

    /// Returns a warning about the words of a command given as a list; null for none.
    public static @Nullable String inWords(List<String> words, Map<String, String> environment) {
        String first = words.isEmpty() ? "" : words.getFirst();
        if (isShell(words)) {
            return null;
        } else if (ASSIGNMENT.matcher(first).matches() && first.indexOf('/') != 0) {
            int equals = first.indexOf('=');
            String name = first.substring(0, equals);
            return "a variable before a command is for a shell; write env: { "
                    + TextUtil.cut(name)
                    + ": "
                    + YamlMistakes.inQuotes(first.substring(equals + 1))
                    + " }";
        } else if (words.size() == 1 && first.strip().indexOf(' ') > 0) {
            return "the program is the first word, and this one has blanks in it; write each word"
                    + " as one of the list, or the command as a text without brackets";
        }
        for (String word : words.subList(Math.min(1, words.size()), words.size())) {
            if (OPERATORS.contains(word)) {
                return TextUtil.quoted(word)
                        + " is given to the program as it is: no shell reads this; for one, write"
                        + " [sh, -c, \"…\"]";
            }
            Matcher variable = VARIABLE.matcher(word);
            if (variable.matches() || word.startsWith("$(") || word.startsWith("~/")) {
                String why = inValue(word, environment);
                if (why != null) {
                    return why;
                }
            }
            if (!word.isEmpty() && OddCharacters.isDash(word.charAt(0))) {
                return TextUtil.quoted(word)
                        + " begins with "
                        + OddCharacters.name(word.charAt(0))
                        + "; an option begins with -";
            }
        }
        return null;
    }

    private static boolean isShell(List<String> words) {
        String first = words.isEmpty() ? "" : words.getFirst();
        String name = first.substring(first.lastIndexOf('/') + 1);
        return name.endsWith("sh") || words.contains("-c") || words.contains("-e");
    }

    /// Returns the error for a path with a `~` at its beginning, since nobody has a directory of
    /// that name; null for none.
    public static @Nullable String tilde(String path, Map<String, String> environment) {
        if (!path.startsWith("~")) {
            return null;
        }
        String home = environment.get("HOME");
        boolean own = path.equals("~") || path.startsWith("~/");
        String meant = own && home != null ? home + path.substring(1) : "/home/…";
        return "~ is not replaced: write the whole path, as in "
                + TextUtil.cut(meant)
                + ", or ./~ for a file of that name";
    }

    /// Returns a warning about a path in which nothing is replaced; null for none.
    static @Nullable String inPath(String path) {
        boolean variable = path.contains("${") || path.matches("(?s).*\\$[A-Za-z_].*");
        return variable ? "$ stands for itself in a path here: write the whole path" : null;
    }
}
