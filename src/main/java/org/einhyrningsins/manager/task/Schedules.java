// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.task;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.einhyrningsins.spec.schedule.ScheduleTimes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// Tells jobs with a schedule when they are due, by the wall clock.
///
/// The clock may be set and the machine may sleep, so it is looked at every half minute at least,
/// while there is such a job. A time that passed more than a minute ago was missed. If the clock is
/// set back by less than three hours, no time comes again; by more, the new time holds at once.
public final class Schedules {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final long LATE_MILLIS = 60_000;
    private static final long SET_BACK_MILLIS = 3 * 3_600_000L;

    /// Maximum number of missed times that are counted.
    private static final int MAX_MISSED = 1_000;

    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final Map<String, Plan> plans = new HashMap<>();
    private final Random random = new Random();
    private @Nullable ScheduleFile file;

    /// The next run of a job.
    ///
    /// @param after the time after which it comes
    /// @param due its time; null if there is none
    /// @param delayMillis its random delay
    private record Plan(ScheduleSpec schedule, long after, @Nullable Long due, long delayMillis) {}

    public Schedules(ProgramTable programTable, ManagerLog managerLog) {
        this.programTable = programTable;
        this.managerLog = managerLog;
    }

    /// Tells jobs that are due.
    ///
    /// @param state where it is kept when they were
    /// @return when to come again; null without such a job
    public @Nullable Moment turn(StateDirectory state) {
        Map<String, Long> known = new TreeMap<>();
        long now = Clock.wallMillis();
        long next = Long.MAX_VALUE;
        for (ProgramHost host : new ArrayList<>(programTable.all())) {
            ScheduleSpec schedule = host.program().newest().schedule();
            if (schedule != null) {
                next = Math.min(next, turn(host, schedule, state, now));
                known.put(host.name(), host.program().tasks().dueMillis());
            }
        }
        plans.keySet().retainAll(known.keySet());
        if (known.isEmpty() && file == null) {
            return null;
        }
        Moment again = file(state).write(known);
        if (known.isEmpty()) {
            return again;
        }
        Duration wait = Duration.ofMillis(Math.max(1, next - now));
        Duration longest = wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
        return Moment.earlier(again, Clock.now().plus(longest));
    }

    private ScheduleFile file(StateDirectory state) {
        if (file == null) {
            file = new ScheduleFile(state, managerLog);
        }
        return file;
    }

    /// Tells one job, if it is due.
    ///
    /// @return the time of its next run
    private long turn(ProgramHost host, ScheduleSpec schedule, StateDirectory state, long now) {
        long last = host.program().tasks().dueMillis();
        if (last == 0) {
            last = file(state).written().getOrDefault(host.name(), 0L);
        }
        if (last == 0 || last > now + SET_BACK_MILLIS) { // new, or the clock was wrong
            host.take(new ProgramEvent.Due(now, false, 0));
            last = now;
        }
        Plan plan = plan(host.name(), schedule, last);
        Long due = plan.due();
        if (due == null || due + plan.delayMillis() > now) {
            return due == null ? Long.MAX_VALUE : due + plan.delayMillis();
        }
        long latest = due;
        int missed = 0;
        for (Long each = due;
                each != null && each <= now && missed < MAX_MISSED;
                each = ScheduleTimes.next(schedule, each)) {
            latest = each;
            missed++;
        }
        if (missed == MAX_MISSED) {
            latest = now; // so many are enough to tell
        }
        boolean late =
                missed == MAX_MISSED || now - latest > LATE_MILLIS + schedule.jitter().toMillis();
        host.take(
                new ProgramEvent.Due(
                        latest, !late || schedule.catchUp(), late ? missed : missed - 1));
        Plan next = plan(host.name(), schedule, latest);
        return next.due() == null ? Long.MAX_VALUE : next.due() + next.delayMillis();
    }

    private Plan plan(String program, ScheduleSpec schedule, long after) {
        Plan known = plans.get(program);
        if (known != null && known.after() == after && known.schedule().equals(schedule)) {
            return known;
        }
        long most = schedule.jitter().toMillis();
        long delay = most == 0 ? 0 : random.nextLong(most + 1);
        Plan plan = new Plan(schedule, after, ScheduleTimes.next(schedule, after), delay);
        plans.put(program, plan);
        return plan;
    }
}
