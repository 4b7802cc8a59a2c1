// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.control.report.EventReport;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.einhyrningsins.spec.schedule.ScheduleTimes;

import java.util.List;

/// Facts with their times as texts, for replies.
public final class FactTimes {
    private FactTimes() {}

    public static EventReport.Entry entry(Fact fact) {
        return new EventReport.Entry(rfc3339(fact.atMillis()), fact);
    }

    public static EventReport report(List<Fact> facts) {
        return new EventReport(facts.stream().map(FactTimes::entry).toList());
    }

    /// The next time of a job's schedule, without its random delay, in milliseconds since 1970; 0
    /// if there is none.
    public static long nextRunMillis(ProgramSpec job) {
        ScheduleSpec schedule = job.schedule();
        Long next = schedule == null ? null : ScheduleTimes.next(schedule, Clock.wallMillis());
        return next == null ? 0 : next;
    }

    /// Now, in milliseconds since 1970.
    public static long now() {
        return Clock.wallMillis();
    }

    /// Now, on the clock that never goes back.
    public static Moment moment() {
        return Clock.now();
    }

    /// Now, as RFC 3339 has it.
    public static String rfc3339() {
        return rfc3339(Clock.wallMillis());
    }

    /// Returns a time by the wall clock as RFC 3339 has it.
    public static String rfc3339(long wallMillis) {
        StringBuilder text = new StringBuilder();
        Timestamp.append(text, wallMillis);
        return text.toString();
    }
}
