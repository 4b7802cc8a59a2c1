// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// Quota of the loop's time for each user's slow requests: a second, and then a tenth of the time.
public final class UserTimeQuota {
    private static final int SHARE = 10;
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    private final Map<Integer, Account> accounts = new HashMap<>();

    /// Time that a user had used at some moment, less what was given back until then.
    private record Account(Duration used, Moment at) {
        Duration used(Moment now) {
            Duration left = used.minus(now.since(at).dividedBy(SHARE));
            return left.isNegative() ? Duration.ZERO : left;
        }
    }

    private Duration used(int user, Moment now) {
        Account account = accounts.get(user);
        return account == null ? Duration.ZERO : account.used(now);
    }

    /// Returns the time until the user's next turn; zero if it has come.
    public Duration left(int user, Moment now) {
        Duration over = used(user, now).minus(AT_ONCE);
        return over.isNegative() ? Duration.ZERO : over.multipliedBy(SHARE);
    }

    /// A user has had an answer.
    public void spent(int user, Moment began, Moment now) {
        accounts.values().removeIf(account -> account.used(now).isZero());
        accounts.put(user, new Account(used(user, now).plus(now.since(began)), now));
    }
}
