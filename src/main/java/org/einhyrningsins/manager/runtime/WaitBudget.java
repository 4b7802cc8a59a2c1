// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;

import java.time.Duration;

/// Time limit of the loop's waits for other processes: a little, and half as long after each wait
/// in vain. So nobody makes it wait for more than twice as long in a row, however often they try.
/// One such time is forgotten each second.
public final class WaitBudget {
    private static final long BIRTH = 20_000_000;
    private static final Duration FORGET = Duration.ofSeconds(1);

    /// Then it is 20 ns, and as good as none.
    private static final int MAX_COUNT = 20;

    private final long longest;
    private int misses;
    private Moment last = new Moment(0);

    /// Makes the budget for spawns.
    public WaitBudget() {
        this(BIRTH);
    }

    /// A budget that begins with the longest wait.
    ///
    /// @param longest in nanoseconds
    public WaitBudget(long longest) {
        this.longest = longest;
    }

    /// Returns the present limit, in nanoseconds.
    public long nanos(Moment now) {
        long seconds = misses == 0 ? 0 : now.since(last).dividedBy(FORGET);
        if (seconds > 0) {
            misses = (int) Math.max(0, misses - seconds);
            last = now;
        }
        return longest >> misses;
    }

    /// True if no wait in vain is remembered.
    boolean isUnused() {
        return misses == 0;
    }

    /// Records a wait in vain.
    public void missed(Moment now) {
        misses = Math.min(misses + 1, MAX_COUNT);
        last = now;
    }
}
