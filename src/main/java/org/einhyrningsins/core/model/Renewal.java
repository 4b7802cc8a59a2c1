// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// When a program's workers were last replaced because somebody asked for it, and which of such
/// times of other programs it has followed: what `restart-with` is decided by.
///
/// @param pending a restart is under way: the program is not up again yet
/// @param at when the last one was complete, the program up again; null if there was none
/// @param followed the latest such time of another program that it was restarted for; null for none
public record Renewal(boolean pending, @Nullable Moment at, @Nullable Moment followed) {
    /// Nothing was ever asked for.
    public static final Renewal NONE = new Renewal(false, null, null);

    /// The same with a restart under way.
    public Renewal begin() {
        return new Renewal(true, at, followed);
    }

    /// The same, complete at that time.
    public Renewal complete(Moment when) {
        return new Renewal(false, when, followed);
    }

    /// The same, after it followed another program.
    public Renewal follow(Moment other) {
        return new Renewal(pending, at, hasFollowed(other) ? followed : other);
    }

    /// True if it was restarted for that time of another program, or a later one.
    public boolean hasFollowed(Moment other) {
        return followed != null && other.compareTo(followed) <= 0;
    }
}
