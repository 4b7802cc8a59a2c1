// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// A text is not what it should be. The message says what was expected, and is meant for the user.
public final class ValueException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean missing;

    public ValueException(String message) {
        this(message, false);
    }

    private ValueException(String message, boolean missing) {
        super(message, null, false, false);
        this.missing = missing;
    }

    /// Returns an error about a reference to something that is missing.
    public static ValueException ofMissing(String message) {
        return new ValueException(message, true);
    }

    /// True if what is missing may stand in a part of the file that could not be read.
    boolean missing() {
        return missing;
    }

    /// The message; unlike [#getMessage()] never null.
    public String reason() {
        return String.valueOf(getMessage());
    }
}
