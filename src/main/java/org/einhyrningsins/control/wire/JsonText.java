// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Writes JSON strings by hand, for the client: it has one to write and no time to load Jackson.
public final class JsonText {
    private static final String HEX = "0123456789abcdef";

    private JsonText() {}

    public static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2);
        quote(json, text);
        return json.toString();
    }

    public static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            escape(json, text.charAt(i));
        }
        json.append('"');
    }

    private static void escape(StringBuilder json, char c) {
        if (c == '"' || c == '\\') {
            json.append('\\').append(c);
        } else if (c == '\n') {
            json.append("\\n");
        } else if (PlainText.isUnsafe(c) || Character.isSurrogate(c)) {
            json.append("\\u").append(hex(c >> 12)).append(hex(c >> 8)).append(hex(c >> 4));
            json.append(hex(c));
        } else {
            json.append(c);
        }
    }

    private static char hex(int nibble) {
        return HEX.charAt(nibble & 15);
    }
}
