// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.Durations;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Times on the command line: those of the configuration, without zero.
public final class Timeouts {
    public static final String EXPECTED = "expected a time such as 250ms, 30s, 5m or 1h";

    private Timeouts() {}

    /// The time; null if the text is none.
    public static @Nullable Duration read(String text) {
        try {
            Duration time = Durations.parse(text);
            return time.isZero() ? null : time;
        } catch (ValueException noTime) {
            return null;
        }
    }
}
