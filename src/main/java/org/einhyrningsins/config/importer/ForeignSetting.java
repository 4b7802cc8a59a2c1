// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TextUtil;
import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// Setting of a foreign file.
///
/// @param key as its manager understands it
/// @param value without comments, its continued lines joined
/// @param place its position in the file
public record ForeignSetting(String key, String value, SourcePosition place) {
    private static final int MAX_DIGITS = 9;

    /// A whole number; null if it is none, or beyond nine digits.
    public @Nullable Integer number() {
        String digits = value.startsWith("-") ? value.substring(1) : value;
        return TextUtil.areDigits(digits) && digits.length() <= MAX_DIGITS
                ? Integer.valueOf(value)
                : null;
    }

    /// A flag as Python's and systemd's files write it; null if it is none.
    public @Nullable Boolean flag() {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on", "1", "t", "y" -> true;
            case "false", "no", "off", "0", "f", "n" -> false;
            default -> null;
        };
    }

    public boolean isTrue() {
        return Boolean.TRUE.equals(flag());
    }

    public ForeignSetting withValue(String other) {
        return new ForeignSetting(key, other, place);
    }

    /// Returns the setting without its place and without secrets.
    String words() {
        String shown = key.toLowerCase(Locale.ROOT).contains("password") ? "…" : value;
        return key + (shown.isEmpty() ? " =" : " = " + shown);
    }

    /// For a comment: one line, and nothing secret.
    @Override
    public String toString() {
        return place + ": " + words();
    }
}
