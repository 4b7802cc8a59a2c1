// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Moment;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// How much of the loop's time a user has for what may take long: a tenth of it. After a long
/// answer there is none for nine times as long.
final class Ration {
    private static final int SHARE = 10;
    private static final Duration SHORT = Duration.ofMillis(20);
    private final Map<Integer, Moment> next = new HashMap<>();

    /// How long a user has to wait for his turn; zero if it has come.
    Duration left(int user, Moment now) {
        Moment when = next.get(user);
        if (when == null || when.reached(now)) {
            next.remove(user);
            return Duration.ZERO;
        }
        return when.since(now);
    }

    /// A user has had an answer.
    void spent(int user, Moment began, Moment now) {
        Duration took = now.since(began);
        if (took.compareTo(SHORT) > 0) {
            next.put(user, now.plus(took.multipliedBy(SHARE - 1L)));
        }
    }
}
