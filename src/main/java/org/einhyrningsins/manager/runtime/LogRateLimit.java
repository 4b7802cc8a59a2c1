// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;

import java.time.Duration;

/// Keeps what strangers do wrong from filling the log: so many complaints are told in a while, the
/// others are counted.
public final class LogRateLimit {
    static final int MAX_COUNT = 10;
    static final Duration WHILE = Duration.ofSeconds(10);

    private Moment until = new Moment(Long.MIN_VALUE);
    private int logged;
    private long suppressed;

    /// True if one more may be logged now; if not, it is counted.
    public boolean permits(Moment now) {
        if (until.reached(now)) {
            until = now.plus(WHILE);
            logged = 0;
        }
        if (logged < MAX_COUNT) {
            logged++;
            return true;
        }
        suppressed++;
        return false;
    }

    /// Describes the number that was not logged since the last call; empty if none.
    public String suppressed() {
        long count = suppressed;
        suppressed = 0;
        return count == 0 ? "" : " (and " + count + " more before it, not told)";
    }
}
