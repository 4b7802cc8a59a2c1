// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Moment;

/// The only place where time is read.
final class Clock {
    private Clock() {}

    /// Now, on the clock that never goes back.
    static Moment now() {
        return new Moment(System.nanoTime());
    }

    /// Now, for people: milliseconds since 1970, UTC.
    static long wallMillis() {
        return System.currentTimeMillis();
    }
}
