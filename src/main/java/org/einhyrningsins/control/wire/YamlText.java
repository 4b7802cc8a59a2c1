// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// Writes YAML that the readers of every language and age agree on: block maps, texts in double
/// quotes with JSON's escapes, nothing guessed from how a plain word looks.
public final class YamlText {
    private static final String HEX = "0123456789abcdef";

    private YamlText() {}

    /// A word written without quotes: a Ruby symbol with its colon, a time.
    public record Plain(String text) {}

    /// A Ruby symbol.
    public static Plain symbol(String name) {
        return new Plain(":" + name);
    }

    /// A document of nested maps and lists: keys are texts, numbers or [Plain]; leaves are those,
    /// booleans or null.
    public static String document(Map<?, ?> map) {
        StringBuilder yaml = new StringBuilder("---");
        value(yaml, map, 0);
        return yaml.append('\n').toString();
    }

    private static void value(StringBuilder yaml, @Nullable Object value, int depth) {
        switch (value) {
            case null -> {}
            case Map<?, ?> map when map.isEmpty() -> yaml.append(" {}");
            case Map<?, ?> map -> map.forEach((key, held) -> entry(yaml, key, held, depth));
            case List<?> list when list.isEmpty() -> yaml.append(" []");
            case List<?> list -> list.forEach(item -> item(yaml, item, depth));
            default -> leaf(yaml.append(' '), value);
        }
    }

    private static void entry(StringBuilder yaml, Object key, @Nullable Object value, int depth) {
        indent(yaml, depth);
        leaf(yaml, key);
        yaml.append(':');
        value(yaml, value, depth + 1);
    }

    private static void item(StringBuilder yaml, @Nullable Object value, int depth) {
        indent(yaml, depth);
        yaml.append('-');
        value(yaml, value, depth + 1);
    }

    private static void indent(StringBuilder yaml, int depth) {
        yaml.append('\n').repeat("  ", depth);
    }

    private static void leaf(StringBuilder yaml, Object value) {
        if (value instanceof String text) {
            quote(yaml, text);
        } else {
            yaml.append(value instanceof Plain plain ? plain.text() : value);
        }
    }

    /// A text in double quotes, on one line. JSON reads it as well.
    static String quote(String text) {
        StringBuilder yaml = new StringBuilder(text.length() + 2);
        quote(yaml, text);
        return yaml.toString();
    }

    public static void quote(StringBuilder yaml, String text) {
        yaml.append('"');
        text.codePoints().forEach(c -> character(yaml, c));
        yaml.append('"');
    }

    private static void character(StringBuilder yaml, int c) {
        if (c == '"' || c == '\\') {
            yaml.append('\\').append((char) c);
        } else if (c == '\n') {
            yaml.append("\\n");
        } else if (isPrintable(c)) {
            yaml.appendCodePoint(c);
        } else if (isSurrogate(c)) {
            // half a character: a quote that was cut short
            yaml.append('\uFFFD');
        } else {
            escape(yaml, c);
        }
    }

    /// True if every YAML version takes it as it is, and not for the end of a line.
    private static boolean isPrintable(int c) {
        return (c >= ' ' && c <= '~')
                || (c >= 0xA0 && c <= 0xFFFD && !isSurrogate(c) && !isLineEnd(c) && c != 0xFEFF)
                || c >= Character.MIN_SUPPLEMENTARY_CODE_POINT;
    }

    private static boolean isSurrogate(int c) {
        return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    }

    private static boolean isLineEnd(int c) {
        return c == 0x2028 || c == 0x2029;
    }

    private static void escape(StringBuilder yaml, int c) {
        yaml.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            yaml.append(HEX.charAt(c >> shift & 15));
        }
    }
}
