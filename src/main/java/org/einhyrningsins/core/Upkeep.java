// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Care;
import org.einhyrningsins.core.model.Checkup;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.HealthSpec.Reach;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Looks after workers that are up: asks them whether they are well, waits for their signs of life,
/// has their memory looked at. What it finds out goes into their [Care]; what follows from it is
/// the business of [Renewal], but for one that hangs: that one is ended at once, since it serves
/// nobody and may hold what its successor needs.
final class Upkeep {
    /// How often memory is looked at; at the same moments for all, so that the manager wakes up
    /// once for all of them.
    static final Duration WEIGHING = Duration.ofSeconds(5);

    /// Who comes later than that to a deadline was away itself (stopped, replaced by execve, the
    /// machine suspended): what was not heard meanwhile is held against nobody.
    private static final Duration LATE = Duration.ofMillis(250);

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(1);

    private Upkeep() {}

    private static CareSpec spec(Worker worker) {
        return worker.version().spec().care();
    }

    // ---- time

    /// When something is to be done about a worker that is up; null for never.
    static @Nullable Moment deadline(Worker worker) {
        Checkup checkup = worker.care().checkup();
        Moment earliest = checkup == null ? null : checkup.due();
        earliest = Moment.earlier(earliest, silence(worker));
        return Moment.earlier(earliest, worker.care().weighing());
    }

    /// When the watchdog has waited long enough; null without one.
    private static @Nullable Moment silence(Worker worker) {
        Duration interval = interval(worker);
        Moment pinged = worker.care().pinged();
        return interval == null || pinged == null ? null : pinged.plus(interval);
    }

    private static @Nullable Duration interval(Worker worker) {
        Duration chosen = worker.care().interval();
        return spec(worker).watchdog() == null || chosen == null ? spec(worker).watchdog() : chosen;
    }

    /// Does what is due. Each may be the end of it, so it is looked for again.
    static void expire(Draft draft, WorkerId id) {
        weigh(draft, draft.find(id));
        checkUp(draft, draft.find(id));
        watch(draft, draft.find(id));
    }

    private static void weigh(Draft draft, @Nullable Worker worker) {
        if (worker != null && worker.up() && due(draft, worker.care().weighing())) {
            draft.effects.add(new Effect.Weigh(worker.id()));
            draft.replace(worker.with(worker.care().weighing(nextWeighing(draft.now))));
        }
    }

    private static boolean due(Draft draft, @Nullable Moment when) {
        return when != null && when.reached(draft.now);
    }

    private static Moment nextWeighing(Moment now) {
        long period = WEIGHING.toNanos();
        return new Moment((Math.floorDiv(now.nanos(), period) + 1) * period);
    }

    private static void checkUp(Draft draft, @Nullable Worker worker) {
        HealthSpec health = worker == null ? null : spec(worker).health();
        Checkup checkup = worker == null ? null : worker.care().checkup();
        if (worker == null
                || !worker.up()
                || health == null
                || checkup == null
                || !checkup.due().reached(draft.now)) {
            return;
        }
        if (!checkup.asked()) {
            draft.effects.add(new Effect.Probe(worker.id(), health.target()));
            Checkup asked = checkup.ask(draft.now.plus(health.timeout()));
            draft.replace(worker.with(worker.care().checked(asked)));
            return;
        }
        draft.effects.add(new Effect.EndProbe(worker.id()));
        if (isLate(draft, checkup.due())) {
            Checkup again = checkup.rest(draft.now.plus(health.every()), checkup.misses());
            draft.replace(worker.with(worker.care().checked(again)));
        } else {
            String how = "no answer within " + Words.of(health.timeout());
            missed(draft, worker, health, checkup, how);
        }
    }

    private static boolean isLate(Draft draft, Moment due) {
        return draft.now.since(due).compareTo(LATE) > 0;
    }

    private static void watch(Draft draft, @Nullable Worker worker) {
        Moment silence = worker == null || !worker.up() ? null : silence(worker);
        if (worker == null || silence == null || !silence.reached(draft.now)) {
            return;
        }
        if (isLate(draft, silence)) {
            draft.replace(worker.with(worker.care().pinged(draft.now)));
            return;
        }
        Duration interval = interval(worker);
        String time = interval == null ? "" : " for " + Words.of(interval);
        hangs(draft, worker, "gave no sign of life" + time);
    }

    /// As systemd does: ABRT, so that there is a core to look at, and then what `stop` goes on
    /// with.
    private static void hangs(Draft draft, Worker worker, String why) {
        Slot slot = draft.slot(worker.id().slot());
        boolean successor = worker.equals(slot.successor());
        boolean renewal = Renewal.owns(draft, worker);
        boolean proved = !successor && Deaths.provedItself(draft, worker);
        draft.tellToGo(worker, successor ? Cause.WITHDRAWN : Cause.HUNG, Signal.ABRT);
        if (proved && Rollback.failed(draft, worker, true, why)) {
            return; // the slot has the older version
        } else if (proved) {
            Deaths.hung(draft, worker, why);
        } else {
            Deadlines.failed(draft, worker, why, renewal);
        }
    }

    // ---- what workers say

    /// @param by the signal that stopped it; null if it goes on
    static void suspended(Draft draft, WorkerId id, @Nullable Signal by) {
        Worker worker = draft.find(id);
        if (worker == null || worker.care().suspended() == by) {
            return;
        }
        draft.replace(worker.with(worker.care().suspended(by)));
        if (by == null) {
            draft.report(Severity.INFO, id, "goes on after it was stopped by a signal");
        } else {
            String what = "stopped by SIG" + by + "; it does nothing until it gets SIGCONT";
            draft.report(Severity.WARN, id, what);
        }
    }

    static void pinged(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null && worker.up()) {
            draft.replace(worker.with(worker.care().pinged(draft.now)));
        }
    }

    static void despaired(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null && worker.up() && spec(worker).watchdog() != null) {
            hangs(draft, worker, "said that it hangs");
        }
    }

    /// A worker may choose its own interval, between sensible bounds, once its definition says that
    /// it has a watchdog. It may do so before it is up.
    static void retimed(Draft draft, WorkerId id, Duration asked) {
        Worker worker = draft.find(id);
        if (worker == null || spec(worker).watchdog() == null) {
            return;
        }
        Duration least = asked.compareTo(SHORTEST_INTERVAL) < 0 ? SHORTEST_INTERVAL : asked;
        Duration chosen = least.compareTo(LONGEST_INTERVAL) > 0 ? LONGEST_INTERVAL : least;
        Care care = worker.care().every(chosen);
        draft.replace(worker.with(worker.up() ? care.pinged(draft.now) : care));
        draft.report(Severity.DEBUG, id, "set its watchdog to " + Words.of(chosen));
    }

    static void weighed(Draft draft, WorkerId id, long bytes) {
        Worker worker = draft.find(id);
        if (worker != null && worker.up() && spec(worker).memoryMax() != null) {
            Worker after = worker.with(worker.care().weighed(bytes));
            draft.replace(after);
            if (spec(worker).health() == null && !isLarge(after)) {
                draft.put(draft.slot(id.slot()).relapsed(0));
            }
        }
    }

    /// Whether it uses more memory than it may.
    static boolean isLarge(Worker worker) {
        Long most = spec(worker).memoryMax();
        return most != null && worker.care().weight() > most;
    }

    // ---- health

    /// A check had its answer, in time.
    static void checked(Draft draft, WorkerId id, boolean well) {
        Worker worker = draft.find(id);
        HealthSpec health = worker == null ? null : spec(worker).health();
        Checkup checkup = worker == null ? null : worker.care().checkup();
        if (worker == null
                || !worker.up()
                || health == null
                || checkup == null
                || !checkup.asked()) {
            return;
        }
        if (!well) {
            missed(draft, worker, health, checkup, "failed");
            return;
        }
        Moment next = draft.now.plus(health.every());
        if (!tells(draft, worker, health)) {
            draft.replace(worker.with(worker.care().checked(checkup.rest(next, checkup.misses()))));
            return;
        }
        draft.replace(worker.with(worker.care().checked(checkup.rest(next, 0))));
        if (!isLarge(worker)) {
            draft.put(draft.slot(id.slot()).relapsed(0));
        }
        if (checkup.misses() >= health.failures()) {
            boolean whole = isOfProgram(draft.count, health);
            draft.report(Severity.INFO, whole ? null : id, "is well again");
        }
    }

    /// A check could not be run: how the worker is, is as unknown as before.
    static void unasked(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        HealthSpec health = worker == null ? null : spec(worker).health();
        Checkup checkup = worker == null ? null : worker.care().checkup();
        if (worker != null && health != null && checkup != null && checkup.asked()) {
            Checkup again = checkup.rest(draft.now.plus(health.every()), checkup.misses());
            draft.replace(worker.with(worker.care().checked(again)));
        }
    }

    private static void missed(
            Draft draft, Worker worker, HealthSpec health, Checkup checkup, String how) {
        boolean tells = tells(draft, worker, health);
        int misses = checkup.misses() + (tells ? 1 : 0);
        Moment next = draft.now.plus(health.every());
        Worker after = worker.with(worker.care().checked(checkup.rest(next, misses)));
        draft.replace(after);
        draft.report(
                Severity.DEBUG,
                worker.id(),
                "health check: " + how + (tells ? "" : "; others may have been asked, so ignored"));
        if (tells && misses == health.failures()) {
            fellIll(draft, after, health);
        }
    }

    private static void fellIll(Draft draft, Worker worker, HealthSpec health) {
        String what = Words.checks(health.failures());
        if (isOfProgram(draft.count, health)) {
            draft.report(
                    Severity.WARN,
                    null,
                    "is not well: "
                            + what
                            + "; any of its workers may have been asked, so none is replaced");
        } else if (worker.ready()) {
            draft.report(Severity.WARN, worker.id(), "is not well: " + what);
        } else {
            String why = "came up, but is not well: " + what;
            boolean renewal = Renewal.owns(draft, worker);
            boolean successor = worker.equals(draft.slot(worker.id().slot()).successor());
            draft.tellToGo(worker, successor ? Cause.WITHDRAWN : Cause.FAILED_START);
            Deadlines.failed(draft, worker, why, renewal);
        }
    }

    /// Whether a worker is known to be ill.
    static boolean isIll(Worker worker, int count) {
        HealthSpec health = spec(worker).health();
        return health != null && hasFailed(worker, health) && !isOfProgram(count, health);
    }

    /// Whether the answers that a worker gave for all show that its program is ill.
    static boolean showsIllness(Worker worker, int count) {
        HealthSpec health = spec(worker).health();
        return health != null && hasFailed(worker, health) && isOfProgram(count, health);
    }

    private static boolean hasFailed(Worker worker, HealthSpec health) {
        Checkup checkup = worker.care().checkup();
        return worker.ready() && checkup != null && checkup.misses() >= health.failures();
    }

    /// Whether an answer tells only something about the program: its workers share the socket, and
    /// one of them answers.
    private static boolean isOfProgram(int count, HealthSpec health) {
        return health.reach() == Reach.PROGRAM && count != 1;
    }

    /// Whether an answer tells something: nobody else can have given it who is not meant.
    private static boolean tells(Draft draft, Worker worker, HealthSpec health) {
        return switch (health.reach()) {
            case WORKER -> true;
            case SLOT -> isAlone(draft.slot(worker.id().slot()), worker);
            case PROGRAM -> isOfProgram(draft.count, health) || isAlone(draft, worker);
        };
    }

    private static boolean isAlone(Draft draft, Worker worker) {
        for (Slot slot : draft.slots) {
            if (!isAlone(slot, worker)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlone(Slot slot, Worker worker) {
        for (Worker other : slot.workers()) {
            if (!other.id().equals(worker.id()) && !other.stuck()) {
                return false;
            }
        }
        return true;
    }

    // ---- who is looked after

    /// Begins and ends what definitions, which may have changed in place, want for each worker.
    static void attend(Draft draft) {
        for (Slot slot : draft.slots) {
            Worker current = slot.current();
            Worker successor = slot.successor();
            if (current != null && current.up()) {
                attend(draft, current);
            }
            if (successor != null && successor.up()) {
                attend(draft, successor);
            }
        }
    }

    private static void attend(Draft draft, Worker worker) {
        Care before = worker.care();
        Care care = before.checked(checkup(draft, worker));
        if (spec(worker).memoryMax() == null) {
            care = care.weighing(null).weighed(0);
        } else if (care.weighing() == null) {
            care = care.weighing(nextWeighing(draft.now));
        }
        if (before.checkup() != null && before.checkup().asked() && care.checkup() == null) {
            draft.effects.add(new Effect.EndProbe(worker.id()));
        }
        if (!care.equals(before)) {
            draft.replace(worker.with(care));
        }
    }

    private static @Nullable Checkup checkup(Draft draft, Worker worker) {
        HealthSpec health = spec(worker).health();
        Checkup checkup = worker.care().checkup();
        if (health == null || (sharesItsCheck(worker) && !isDelegate(draft, worker))) {
            return null;
        }
        Moment next = draft.now.plus(health.every());
        if (checkup == null) {
            return new Checkup(next, false, 0);
        }
        boolean sooner = !checkup.asked() && next.compareTo(checkup.due()) < 0;
        return sooner ? checkup.rest(next, checkup.misses()) : checkup;
    }

    /// Of workers that share a socket only one is asked, as any of them may answer: the one that
    /// was asked before, else the first.
    private static boolean isDelegate(Draft draft, Worker worker) {
        Worker first = null;
        for (Slot slot : draft.slots) {
            Worker current = slot.current();
            if (current != null && current.ready() && sharesItsCheck(current)) {
                if (current.care().checkup() != null) {
                    return is(current, worker);
                }
                first = first == null ? current : first;
            }
        }
        return is(first, worker);
    }

    private static boolean sharesItsCheck(Worker worker) {
        HealthSpec health = spec(worker).health();
        return health != null && health.reach() == Reach.PROGRAM;
    }

    private static boolean is(@Nullable Worker one, Worker other) {
        return one != null && one.id().equals(other.id());
    }
}
