// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// A point in time: nanoseconds on a clock that never goes back. Only differences mean anything.
public record Moment(long nanos) implements Comparable<Moment> {
    /// Returns the moment that much later; a very long time saturates instead of wrapping around.
    public Moment plus(Duration time) {
        long add = time.compareTo(FOREVER) >= 0 ? FOREVER.toNanos() : time.toNanos();
        return new Moment(nanos + add);
    }

    /// Returns the time from then to this moment.
    public Duration since(Moment then) {
        return Duration.ofNanos(nanos - then.nanos);
    }

    /// True if this moment has come.
    public boolean reached(Moment now) {
        return nanos <= now.nanos;
    }

    /// The earlier of two, where null means never.
    public static @Nullable Moment earlier(@Nullable Moment a, @Nullable Moment b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.nanos <= b.nanos ? a : b;
    }

    @Override
    public int compareTo(Moment other) {
        return Long.compare(nanos, other.nanos);
    }

    private static final Duration FOREVER = Duration.ofDays(36_500);
}
