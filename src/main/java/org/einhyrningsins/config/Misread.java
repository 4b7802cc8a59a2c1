// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

/// A text is not what it should be. The message says what was expected, and is meant for the user.
public final class Misread extends Exception {
    private static final long serialVersionUID = 1;

    public Misread(String message) {
        super(message, null, false, false);
    }

    /// The message; unlike [#getMessage()] never null.
    public String reason() {
        return String.valueOf(getMessage());
    }
}
