// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// A question to a worker that is asked again and again.
///
/// @param due time of the next check; or, while an answer is awaited, time when it has failed
/// @param asked whether an answer is awaited
/// @param misses number of failures in a row
/// @param answer what the last check that failed had for an answer, in words; empty if none failed
///   since the last that did not
/// @param heard what the check under way had of its answer so far; empty for nothing
public record PeriodicCheck(Moment due, boolean asked, int misses, String answer, String heard) {
    /// A check that is to be asked for the first time.
    public static PeriodicCheck first(Moment due) {
        return new PeriodicCheck(due, false, 0, "", "");
    }

    public PeriodicCheck sent(Moment failed) {
        return new PeriodicCheck(failed, true, misses, answer, "");
    }

    public PeriodicCheck withPartialAnswer(String words) {
        return new PeriodicCheck(due, asked, misses, answer, words);
    }

    /// Waits for the next time; this one says nothing.
    public PeriodicCheck skipped(Moment next) {
        return new PeriodicCheck(next, false, misses, answer, "");
    }

    public PeriodicCheck passed(Moment next) {
        return first(next);
    }

    public PeriodicCheck failed(Moment next, int missed, String how) {
        return new PeriodicCheck(next, false, missed, how, "");
    }
}
