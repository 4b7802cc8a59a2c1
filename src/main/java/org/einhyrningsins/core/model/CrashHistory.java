// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The crashes in a row of one slot's workers, and whether they are a crash loop.
///
/// A crash is a worker that ended by its own doing ([WorkerExit#isOwnDoing()]), or hung, before it
/// had lived for [#YOUNG]. The row ends when a worker has proved itself: it has been up for
/// [#stableAfter()], which is longer than any worker of the row lived, so that a loop does not end
/// between two of its own crashes. Signals that somebody else sends are no crashes, nor is what
/// could not be started, or was not up in time: it never ran so that it could crash.
///
/// @param since end of the first in the row; null if there is no row
/// @param recent ends of the last ones, at most [#LOOP]
/// @param longest longest life of one in the row
/// @param loop whether it is a crash loop: see [#isLoop]
/// @param count number in the row
public record CrashHistory(
        @Nullable Moment since, List<Moment> recent, Duration longest, boolean loop, int count) {
    /// Number of crashes in a row that is a crash loop.
    public static final int LOOP = 3;

    /// Minimum life of a worker whose end is no crash.
    public static final Duration YOUNG = Duration.ofMinutes(1);

    /// Minimum time that a worker is up before it counts as stable.
    public static final Duration STABLE = Duration.ofSeconds(10);

    /// Within which time crashes of all slots are looked at together.
    private static final Duration WINDOW = Duration.ofMinutes(1);

    public static final CrashHistory NONE =
            new CrashHistory(null, List.of(), Duration.ZERO, false, 0);

    public CrashHistory {
        recent = List.copyOf(recent);
    }

    /// Adds a crash.
    public CrashHistory withCrash(Moment now, Duration lived) {
        List<Moment> last = new ArrayList<>(recent);
        last.add(now);
        if (last.size() > LOOP) {
            last.removeFirst();
        }
        Duration most = lived.compareTo(longest) > 0 ? lived : longest;
        return new CrashHistory(since == null ? now : since, last, most, loop, count + 1);
    }

    public CrashHistory asLoop() {
        return new CrashHistory(since, recent, longest, true, count);
    }

    /// Returns the time that a worker must be up to end the row of crashes.
    public Duration stableAfter() {
        Duration twice = longest.multipliedBy(2);
        return twice.compareTo(STABLE) > 0 ? twice : STABLE;
    }

    /// True if these crashes, with those of the other slots, are a loop: three in a row in this
    /// slot or, where slots take turns, within a minute two more than there are slots.
    ///
    /// @param others those of the other slots
    /// @param count number of workers that the program is to have
    public boolean isLoop(List<CrashHistory> others, int count, Moment now) {
        if (loop || recent.size() >= LOOP) {
            return true;
        }
        int together = countWithin(now);
        for (CrashHistory other : others) {
            together += other.countWithin(now);
        }
        return together >= count + LOOP - 1;
    }

    private int countWithin(Moment now) {
        int count = 0;
        for (Moment moment : recent) {
            count += now.since(moment).compareTo(WINDOW) <= 0 ? 1 : 0;
        }
        return count;
    }
}
