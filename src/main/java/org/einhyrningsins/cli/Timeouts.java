// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.config.Durations;
import org.einhyrningsins.config.Misread;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Times on the command line: those of the configuration, without zero.
final class Timeouts {
    static final String EXPECTED = "expected a time such as 250ms, 30s, 5m or 1h";

    private Timeouts() {}

    /// The time; null if the text is none.
    static @Nullable Duration read(String text) {
        try {
            Duration time = Durations.parse(text);
            return time.isZero() ? null : time;
        } catch (Misread noTime) {
            return null;
        }
    }
}
