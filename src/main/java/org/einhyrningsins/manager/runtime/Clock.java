// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.VersionOrigin;

import java.time.ZoneId;

/// The only place where time is read.
public final class Clock {
    private Clock() {}

    /// Now, on the clock that never goes back.
    public static Moment now() {
        return new Moment(System.nanoTime());
    }

    /// Now, for people: milliseconds since 1970, UTC. It may be set forward and back: nothing is
    /// waited for by it.
    public static long wallMillis() {
        return System.currentTimeMillis();
    }

    /// Origin of a version that is asked for now.
    ///
    /// @param by who asks, in words
    public static VersionOrigin origin(VersionOrigin.Made made, String by) {
        return VersionOrigin.of(made, by, wallMillis());
    }

    /// Returns the time of day of a time on the wall clock, for people: local, with the date if it
    /// is not today.
    public static String timeOfDay(long wallMillis) {
        return Timestamp.local(wallMillis, wallMillis(), ZoneId.systemDefault());
    }

    /// Returns a time on the wall clock, for people and programs: local, with the offset.
    public static String toldWithOffset(long wallMillis) {
        return Timestamp.withOffset(wallMillis, ZoneId.systemDefault());
    }

    /// Returns the time of day of a moment, for people: local, with the date if it is not today, by
    /// the wall clock as it is set now.
    public static String timeOfDay(Moment when) {
        long now = wallMillis();
        long then = now - now().since(when).toMillis();
        return Timestamp.local(then, now, ZoneId.systemDefault());
    }

    /// For people: how long ago that was by the clock on the wall, and not before it was, if that
    /// clock was set back.
    public static long millisSince(long wallMillis) {
        return Math.max(0, wallMillis() - wallMillis);
    }
}
