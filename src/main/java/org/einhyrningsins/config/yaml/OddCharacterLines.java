// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.OddCharacters;
import org.einhyrningsins.config.source.PatchedText;
import org.jspecify.annotations.Nullable;

/// Finds the lines in which [OddCharacters] stand where YAML's own should, once a parser has
/// stopped, or found one in a key. In the midst of a text they may be meant. Lines are asked about
/// one after the other, so that each is looked at once.
final class OddCharacterLines {
    private static final String MARKER = "<<<<<<< ";

    private final PatchedText text;

    /// The indentation of the line whose `|` or `>` began the text that goes on; -1 if none does.
    private int opener = -1;

    OddCharacterLines(PatchedText text) {
        this.text = text;
    }

    /// Returns the mistake in the next line, and mends it; null if there is none.
    YamlMistakes.@Nullable Mistake mistake(int number) {
        int before = opener;
        boolean isText = isText(number);
        String line = text.line(number);
        if (line.startsWith(MARKER)) {
            keepOneSide(number);
            return new YamlMistakes.Mistake(
                    number,
                    0,
                    "a merge conflict begins here and was not resolved; keep one side, and remove"
                            + " the lines that begin with <<<<<<<, ======= and >>>>>>>");
        }
        if (isText || OddCharacters.first(line) < 0) {
            return null;
        }
        int at = misplaced(line);
        if (at < 0) {
            return null;
        }
        char c = line.charAt(at);
        mend(text, number, line);
        opener = before;
        isText(number); // as it is mended, it may belong to a text, or begin one
        return new YamlMistakes.Mistake(
                number,
                at,
                where(line, at)
                        + OddCharacters.name(c)
                        + "; "
                        + OddCharacters.advice(c)
                        + meant(line, at));
    }

    /// Blanks one side up to the end of the conflict, or to where the next one begins.
    private void keepOneSide(int number) {
        text.blank(number);
        boolean other = false;
        for (int at = number + 1; at < text.size(); at++) {
            String line = text.line(at);
            if (line.startsWith(MARKER)) {
                return;
            }
            boolean ends = line.startsWith(">>>>>>> ");
            other |= ends || line.equals("=======") || line.startsWith("||||||| ");
            if (other) {
                text.blank(at);
            }
            if (ends) {
                return;
            }
        }
    }

    /// A comment, or a line of a text that was begun by `|` or `>`.
    private boolean isText(int number) {
        if (text.isEmpty(number)) {
            return true;
        }
        int indent = text.indent(number);
        if (opener >= 0 && indent > opener) {
            return true;
        }
        opener = opens(text.line(number).stripTrailing()) ? indent : -1;
        return false;
    }

    private static boolean opens(String line) {
        boolean may = line.indexOf('|') >= 0 || line.indexOf('>') >= 0;
        return may && line.matches(".*[:-] +[|>][-+0-9]*");
    }

    /// The first one that stands where a blank, a colon, a dash, a comma or a quote of YAML would;
    /// -1 if there is none.
    private static int misplaced(String line) {
        int start = 0;
        while (start < line.length() && isGap(line.charAt(start))) {
            start++;
        }
        if (start == line.length() || line.charAt(start) == '#') {
            return -1;
        }
        int inIndent = OddCharacters.first(line.substring(0, start));
        if (inIndent >= 0) {
            return inIndent;
        }
        if (OddCharacters.isDash(line.charAt(start)) && isGapAt(line, start + 1)) {
            return start;
        }
        char quote = 0;
        boolean flow = false;
        boolean value = false;
        for (int i = start; i < line.length(); i++) {
            char c = line.charAt(i);
            boolean opens = i == start || "[{,: \u00A0".indexOf(line.charAt(i - 1)) >= 0;
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if ((c == '"' || c == '\'') && opens) {
                quote = c;
            } else if (c == '#' && isGap(line.charAt(i - 1))) {
                return -1;
            } else if (OddCharacters.isOdd(c) && isMisplaced(line, i, flow, value)) {
                return i;
            } else if ((c == '[' || c == '{') && (flow || opens)) {
                flow = true;
            } else if (c == ':' && isGapAt(line, i + 1)) {
                value = !flow;
            }
        }
        return -1;
    }

    private static boolean isMisplaced(String line, int at, boolean flow, boolean value) {
        char c = line.charAt(at);
        boolean first = "[{,".indexOf(lastSolid(line, at)) >= 0 || afterColon(line, at);
        boolean last = at + 1 == line.length();
        if (OddCharacters.isQuote(c)) {
            return first || (!value && !flow);
        }
        boolean colon = flow && OddCharacters.replacement(c) == ':';
        return (!value && !flow) || last || first || colon;
    }

    /// True if only gaps come between a colon, or the dash of an item, and the place.
    private static boolean afterColon(String line, int at) {
        char solid = lastSolid(line, at);
        return solid == ':' || (solid == '-' && line.substring(0, at).strip().equals("-"));
    }

    private static char lastSolid(String line, int at) {
        int before = at - 1;
        while (before >= 0 && isGap(line.charAt(before))) {
            before--;
        }
        return before < 0 ? 0 : line.charAt(before);
    }

    private static boolean isGap(char c) {
        return c == ' ' || c == '\t' || OddCharacters.isBlank(c) || OddCharacters.isHidden(c);
    }

    private static boolean isGapAt(String line, int at) {
        return at >= line.length() || isGap(line.charAt(at));
    }

    private static String where(String line, int at) {
        boolean indent = line.substring(0, at).isBlank() && isGap(line.charAt(at));
        return indent ? "the indentation has " : "there is ";
    }

    private static String meant(String line, int at) {
        boolean text = OddCharacters.isQuote(line.charAt(at)) || at + 1 == line.length();
        return text ? ", or quotes around the whole text if it is meant" : "";
    }

    /// Replaces characters that have a width and removes those without; at the left with the
    /// columns counted.
    private static void mend(PatchedText text, int number, String line) {
        StringBuilder mended = new StringBuilder();
        int left = 0;
        boolean indent = true;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            indent &= isGap(c);
            if (!OddCharacters.isHidden(c)) {
                char instead = OddCharacters.isOdd(c) ? OddCharacters.replacement(c) : c;
                mended.append(instead == 0 ? ' ' : instead);
            } else if (indent) {
                left++;
            } else {
                mended.append(' ');
            }
        }
        text.shorten(number, mended.toString(), left);
    }
}
