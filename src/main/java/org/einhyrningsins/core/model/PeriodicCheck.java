// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// A question to a worker that is asked again and again.
///
/// @param due time of the next check; or, while an answer is awaited, time when it has failed
/// @param asked whether an answer is awaited
/// @param misses number of failures in a row
public record PeriodicCheck(Moment due, boolean asked, int misses) {
    public PeriodicCheck ask(Moment failed) {
        return new PeriodicCheck(failed, true, misses);
    }

    public PeriodicCheck rest(Moment next, int missed) {
        return new PeriodicCheck(next, false, missed);
    }
}
