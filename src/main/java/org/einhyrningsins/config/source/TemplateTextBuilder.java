// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Builds a text of our language out of what is meant to the letter and of places, `${…}`.
public final class TemplateTextBuilder {
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder literal = new StringBuilder();

    /// Returns a literal text, escaped for a template.
    public static String escaped(String literal) {
        return new TemplateTextBuilder().literal(literal).toString();
    }

    public TemplateTextBuilder literal(String more) {
        literal.append(more);
        return this;
    }

    TemplateTextBuilder literal(char more) {
        literal.append(more);
        return this;
    }

    /// A place by its name, as in `slot`.
    public TemplateTextBuilder place(String name) {
        flush(true);
        text.append("${").append(name).append('}');
        return this;
    }

    /// Dollars before a brace are doubled, wherever that comes from.
    private void flush(boolean placeFollows) {
        int dollars = 0;
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if (c == '{') {
                text.repeat('$', dollars);
            }
            dollars = c == '$' ? dollars + 1 : 0;
            text.append(c);
        }
        if (placeFollows) {
            text.repeat('$', dollars);
        }
        literal.setLength(0);
    }

    @Override
    public String toString() {
        flush(false);
        return text.toString();
    }
}
