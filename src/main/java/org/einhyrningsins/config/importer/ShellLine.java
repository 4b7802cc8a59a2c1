// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.CommandSplitter;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A line that another manager gives to a shell, as our `command`: without a shell if none is
/// needed, else in place of one where that can be.
public final class ShellLine {
    /// Words for a shell that stays.
    public static final String BETWEEN =
            "a shell stays between; see that the signal of stop reaches what it runs, best with"
                    + " exec";

    private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*=\\S*\\s+.*");
    private static final Pattern BUILT_IN =
            Pattern.compile(
                    "(?s)^\\s*(exec|eval|set|source|[.]|if|for|while|case|until|export|cd)\\b.*");

    /// Pattern of what makes several commands of one line, and what the splitter refuses.
    private static final Pattern COMPOUND =
            Pattern.compile("&&|\\|\\||[;|&<>()`\n]|\\bcd\\b|^exec ");

    private ShellLine() {}

    /// True if a shell stays between the manager and what is run.
    public static boolean isCompound(String line) {
        return COMPOUND.matcher(line.strip()).find();
    }

    /// Returns the words of our `command` for such a line.
    ///
    /// @param shell and its option
    /// @param texts fills in variables before the shell does; null if nobody does
    public static List<String> of(String line, List<String> shell, @Nullable ComposeVariables texts)
            throws ValueException {
        String text = line.strip();
        try {
            if (text.isEmpty()
                    || text.contains("$")
                    || ASSIGNMENT.matcher(text).matches()
                    || BUILT_IN.matcher(text).matches()) {
                throw new ValueException("a shell reads it");
            }
            List<String> words = CommandSplitter.split(text);
            return words.stream().map(TemplateTextBuilder::escaped).toList();
        } catch (ValueException _) {
            boolean one = !COMPOUND.matcher(text).find() && !BUILT_IN.matcher(text).matches();
            boolean assigns = ASSIGNMENT.matcher(text).matches();
            String whole = one ? "exec " + (assigns ? "env " : "") + text : text;
            List<String> command = new ArrayList<>(shell);
            command.add(
                    texts == null ? TemplateTextBuilder.escaped(whole) : texts.withPlaces(whole));
            return command;
        }
    }
}
