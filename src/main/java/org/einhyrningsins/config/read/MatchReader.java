// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ValueReader;
import org.jspecify.annotations.Nullable;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Reads a regular expression that is to be looked for in the lines of a worker.
///
/// A search is given up when it has looked at too many characters. Repeating what has none would
/// escape that, so it is bounded here how often something may be repeated.
record MatchReader(ValueReader values) {
    private static final int MAX_LENGTH = 1024;
    private static final int MAX_REPEATS = 10_000;
    private static final Pattern COUNT = Pattern.compile("\\{([0-9]{1,9})");

    String read(ConfigNode configNode) {
        String text = values.text(configNode, "a regular expression");
        String problem = text == null ? null : problem(text);
        if (problem != null) {
            values.problems().report(configNode.place(), problem);
        }
        return text == null ? "" : text;
    }

    private static @Nullable String problem(String text) {
        if (text.isEmpty()) {
            return "expected a regular expression, found nothing, which is in every line";
        } else if (text.length() > MAX_LENGTH) {
            return "expected at most " + MAX_LENGTH + " characters, found " + text.length();
        } else if (repeats(text) > MAX_REPEATS) {
            return "repeats too often: its counts, multiplied, are more than " + MAX_REPEATS;
        }
        try {
            Pattern.compile(text);
            return null;
        } catch (PatternSyntaxException e) {
            String where = e.getIndex() < 0 ? "" : " at character " + (e.getIndex() + 1);
            return TextUtil.quoted(text)
                    + " is no regular expression: "
                    + e.getDescription()
                    + where;
        } catch (StackOverflowError e) {
            return "is nested too deeply";
        }
    }

    private static long repeats(String text) {
        long product = 1;
        Matcher counts = COUNT.matcher(text);
        while (product <= MAX_REPEATS && counts.find()) {
            product *= Math.max(1, Long.parseLong(counts.group(1)));
        }
        return product;
    }
}
