// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Characters that come along when text is copied from a page or a word processor, and that YAML
/// takes for letters: blanks that are no spaces, marks without a width, typographic quotes and
/// dashes, full-width punctuation.
public final class OddCharacters {
    private OddCharacters() {}

    /// A blank that is neither a space nor a tab.
    public static boolean isBlank(char c) {
        return c == '\u00A0'
                || c == '\u1680'
                || (c >= '\u2000' && c <= '\u200A')
                || c == '\u202F'
                || c == '\u205F'
                || c == '\u3000';
    }

    /// True if it is invisible, or changes the order in which other text is shown.
    public static boolean isHidden(char c) {
        return c == '\u00AD'
                || (c >= '\u200B' && c <= '\u200F')
                || (c >= '\u202A' && c <= '\u202E')
                || (c >= '\u2060' && c <= '\u2069')
                || c == '\uFEFF';
    }

    public static boolean isQuote(char c) {
        return isDoubleQuote(c) || isSingleQuote(c);
    }

    private static boolean isDoubleQuote(char c) {
        return (c >= '\u201C' && c <= '\u201F') || c == '\u00AB' || c == '\u00BB' || c == '\uFF02';
    }

    private static boolean isSingleQuote(char c) {
        return (c >= '\u2018' && c <= '\u201B') || c == '\u2039' || c == '\u203A' || c == '\uFF07';
    }

    public static boolean isDash(char c) {
        return (c >= '\u2010' && c <= '\u2015') || c == '\u2212' || c == '\uFF0D';
    }

    private static boolean isColon(char c) {
        return c == '\uFF1A' || c == '\uFE55' || c == '\uA789';
    }

    private static boolean isComma(char c) {
        return c == '\uFF0C' || c == '\u3001';
    }

    public static boolean isOdd(char c) {
        return c >= '\u00A0'
                && (isBlank(c)
                        || isHidden(c)
                        || isQuote(c)
                        || isDash(c)
                        || isColon(c)
                        || isComma(c)
                        || replacement(c) != 0);
    }

    /// Returns the character that was meant by it; 0 if it is better left out.
    public static char replacement(char c) {
        if (isBlank(c)) {
            return ' ';
        } else if (isDoubleQuote(c)) {
            return '"';
        } else if (isSingleQuote(c)) {
            return '\'';
        } else if (isDash(c)) {
            return '-';
        } else if (isColon(c)) {
            return ':';
        } else if (isComma(c)) {
            return ',';
        }
        return switch (c) {
            case '\uFF3B' -> '[';
            case '\uFF3D' -> ']';
            case '\uFF5B' -> '{';
            case '\uFF5D' -> '}';
            case '\uFF03' -> '#';
            default -> 0;
        };
    }

    /// Returns the index of the first one, or -1.
    public static int first(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isOdd(text.charAt(i))) {
                return i;
            }
        }
        return -1;
    }

    /// Returns the index of the first blank or hidden one, or -1.
    static int firstUnseen(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '\u00A0' && (isBlank(c) || isHidden(c))) {
                return i;
            }
        }
        return -1;
    }

    /// `a no-break space (U+00A0)`, for a message.
    public static String name(char c) {
        String code = String.format(" (U+%04X)", (int) c);
        return switch (c) {
                    case '\u00A0' -> "a no-break space";
                    case '\u3000' -> "an ideographic space";
                    case '\u00AD' -> "a soft hyphen";
                    case '\u200B' -> "a zero width space";
                    case '\uFEFF' -> "a byte order mark";
                    case '\u2013' -> "an en dash";
                    case '\u2014' -> "an em dash";
                    case '\u2212' -> "a minus sign";
                    default -> general(c);
                }
                + code;
    }

    private static String general(char c) {
        if (isBlank(c)) {
            return "a blank that is no space";
        } else if (isHidden(c)) {
            return "an invisible character";
        } else if (isQuote(c)) {
            return "a typographic quote";
        } else if (isDash(c)) {
            return "a typographic dash";
        }
        return isColon(c) ? "a wide colon" : "a wide character";
    }

    /// Returns advice on it: `write a space`, `remove it`, `write -`.
    public static String advice(char c) {
        if (isBlank(c)) {
            return "write a space";
        }
        char instead = replacement(c);
        return instead == 0 ? "remove it" : "write " + instead;
    }

    /// The text with what was meant by each.
    static String replaced(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char instead = isOdd(c) ? replacement(c) : c;
            if (instead != 0) {
                plain.append(instead);
            }
        }
        return plain.toString();
    }

    /// For a message: those that are not seen by their code points, as in `4<U+00A0>`.
    static String shown(String text) {
        if (firstUnseen(text) < 0) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isBlank(c) || isHidden(c)) {
                shown.append(String.format("<U+%04X>", (int) c));
            } else {
                shown.append(c);
            }
        }
        return shown.toString();
    }
}
