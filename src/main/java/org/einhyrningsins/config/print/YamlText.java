// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.spec.TextTemplate;
import org.yaml.snakeyaml.reader.StreamReader;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/// Values as YAML on one line: quoted where YAML needs it.
public final class YamlText {
    private YamlText() {}

    /// Returns a text bare where no version of YAML takes it for anything but text, else in double
    /// quotes.
    public static String quoted(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            int c = text.codePointAt(i);
            i += Character.charCount(c) - 1;
            switch (c) {
                case '"', '\\' -> quoted.append('\\').appendCodePoint(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (isPrintable(c)) {
                        quoted.appendCodePoint(c);
                    } else {
                        quoted.append(String.format("\\U%08x", c));
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    /// Returns a text as it stands between the quotes, if it needs any: on one line, and with
    /// nothing in it that controls a terminal.
    static String inner(String text) {
        String quoted = quoted(text);
        return quoted.startsWith("\"") ? quoted.substring(1, quoted.length() - 1) : quoted;
    }

    static String quoted(TextTemplate text) {
        return quoted(text.toString());
    }

    /// @param text returns the YAML of an item
    static <T> String list(Collection<T> items, Function<T, String> text) {
        return "[" + String.join(", ", items.stream().map(text).toList()) + "]";
    }

    /// Returns a list of texts.
    public static String words(Collection<String> texts) {
        return list(texts, YamlText::quoted);
    }

    static String texts(List<TextTemplate> texts) {
        return list(texts, YamlText::quoted);
    }

    /// Returns permissions as `"0640"`.
    static String octal(int bits) {
        String digits = Integer.toOctalString(bits);
        return "\"" + "0".repeat(Math.max(0, 4 - digits.length())) + digits + '"';
    }

    private static boolean isPrintable(int c) {
        return c >= ' '
                && c != 0x85
                && c != 0x2028
                && c != 0x2029
                && Character.getType(c) != Character.FORMAT // not seen, or turns the line around
                && StreamReader.isPrintable(c);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean inner = TextUtil.isDigit(c) || c == '_' || c == '-' || c == '.' || c == '/';
            if (!letter && c != '/' && (i == 0 || !inner)) {
                return false;
            }
        }
        return text.length() > 1 && !isWord(text);
    }

    /// True if a version of YAML takes it for a boolean or for null.
    private static boolean isWord(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "null", "true", "false", "yes", "no", "on", "off" -> true;
            default -> false;
        };
    }
}
