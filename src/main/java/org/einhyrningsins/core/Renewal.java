// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Wait;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Replaces workers that run and should not go on: those whose rollout went back, that are ill, use
/// too much memory, or are old. A small rollout of one slot at the same version: the new one first,
/// where the strategy does not forbid it, and never more at once than `max-surge`. It waits while a
/// rollout is under way. A replacement that does not come up leaves the old one where it is, and is
/// tried again later and later.
final class Renewal {
    /// The share of `max-age` over which the workers are spread is 1 / SPREAD, so that those that
    /// came together do not go together.
    private static final int SPREAD = 10;

    /// Its multiples, taken modulo 2^64, lie far from each other: the golden ratio.
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private static final int FRACTION_BITS = 20;

    /// What becomes of one whose replacement does not come up.
    static final String STAYS = "the one it was to replace stays and is tried again";

    private Renewal() {}

    // ---- who

    /// Why a worker is to be replaced, in words; null if it is not.
    ///
    /// @param count the program's
    static @Nullable String ailment(Worker worker, int count, Moment now) {
        if (!worker.ready()) {
            return null;
        }
        if (worker.care().recalled()) {
            return "its rollout went back";
        }
        CareSpec spec = worker.version().spec().care();
        if (Upkeep.isIll(worker, count)) {
            return illness(worker);
        }
        if (Upkeep.isLarge(worker) && spec.memoryMax() != null) {
            String most = Words.bytes(spec.memoryMax());
            return "uses " + Words.bytes(worker.care().weight()) + ", allowed are " + most;
        }
        Moment old = old(worker);
        return old != null && old.reached(now) && spec.maxAge() != null
                ? "max-age of " + Words.of(spec.maxAge()) + " is near"
                : null;
    }

    static String illness(Worker worker) {
        HealthSpec health = worker.version().spec().care().health();
        return "not well: " + Words.checks(health == null ? 1 : health.failures());
    }

    /// When it is old: at 90 to 100 percent of `max-age`, the same for the same worker always.
    private static @Nullable Moment old(Worker worker) {
        Duration age = worker.version().spec().care().maxAge();
        if (age == null) {
            return null;
        }
        long seed = worker.id().incarnation() + worker.version().spec().name().hashCode();
        long fraction = (seed * GOLDEN) >>> (Long.SIZE - FRACTION_BITS);
        long millis = age.toMillis();
        long sooner = ((millis / SPREAD) * fraction) >> FRACTION_BITS;
        return worker.born().plus(Duration.ofMillis(millis - sooner));
    }

    /// When something about a slot's worker is due that has not been due at the last step.
    static @Nullable Moment due(Program program, Slot slot) {
        Worker worker = slot.current();
        if (worker == null || !worker.ready()) {
            return null;
        }
        Moment asOf = program.asOf();
        boolean ails = ailment(worker, program.count(), asOf) != null;
        Moment next = ails ? notBefore(worker, slot, program.count()) : old(worker);
        return next == null || next.reached(asOf) ? null : next;
    }

    /// Whether it is ill, or too large, and would not be replaced but for that.
    private static boolean fails(Worker worker, int count) {
        return !worker.care().recalled() && (Upkeep.isIll(worker, count) || Upkeep.isLarge(worker));
    }

    /// Whether workers are left whose rollout went back.
    static boolean recalls(Draft draft) {
        for (Slot slot : draft.slots) {
            if (slot.current() != null && slot.current().care().recalled()) {
                return true;
            }
        }
        return false;
    }

    /// Whether replacements for it failed as often as is told to who waits for one.
    static boolean triedInVain(Draft draft, Worker worker) {
        return worker.care().tries() >= Math.max(1, draft.serving.spec().rollout().retries());
    }

    /// One that replaced an ill one and is ill itself is left alone for a while, longer and longer.
    private static @Nullable Moment notBefore(Worker worker, Slot slot, int count) {
        Moment retry = worker.care().retry();
        int relapses = slot.past().relapses();
        if (relapses == 0
                || !fails(worker, count)
                || !(worker.state() instanceof WorkerState.Ready ready)) {
            return retry;
        }
        Moment rested = ready.since().plus(backoff(worker).delay(relapses));
        return retry == null || retry.compareTo(rested) < 0 ? rested : retry;
    }

    private static Backoff backoff(Worker worker) {
        return worker.version().spec().restart().backoff();
    }

    /// Whether a worker is to take over from one that is to be renewed.
    static boolean owns(Draft draft, Worker worker) {
        Worker successor = draft.slot(worker.id().slot()).successor();
        return draft.rollout == null && successor != null && successor.id().equals(worker.id());
    }

    // ---- how

    /// Those that are up take over.
    static void advance(Draft draft) {
        if (draft.rollout != null) {
            return;
        }
        for (Slot slot : draft.slots) {
            if (slot.successor() != null) {
                inherit(draft, slot, slot.successor());
            }
        }
    }

    /// Begins with as many as it may, the most urgent first.
    static void begin(Draft draft) {
        if (draft.rollout != null || !(draft.phase instanceof Phase.Running)) {
            return;
        }
        if (alone(draft)) {
            makeRoom(draft);
        } else {
            spawnSuccessors(draft);
        }
    }

    /// Whether the old one has to go first: either of the two must not run beside another.
    private static boolean alone(Draft draft) {
        boolean alone = draft.serving.spec().rollout().strategy() == Strategy.REPLACE;
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.workers()) {
                alone |=
                        worker.care().recalled()
                                && !worker.stuck()
                                && worker.version().spec().rollout().strategy() == Strategy.REPLACE;
            }
        }
        return alone;
    }

    /// Who comes to replace an old one replaces a dead one just as well. One that is well again, or
    /// whose definition has changed, keeps its place.
    private static void inherit(Draft draft, Slot slot, Worker successor) {
        Worker current = slot.current();
        if (current != null && ailment(current, draft.count, draft.now) == null) {
            draft.tellToGo(successor, Cause.WITHDRAWN);
            return;
        }
        if (current != null && !successor.ready()) {
            return;
        }
        if (current != null) {
            count(draft, current);
            draft.tellToGo(current, Cause.RETIRED);
        }
        draft.put(draft.slot(slot.index()).current(successor).successor(null).refill(null));
    }

    /// One that a rollout brought and that has to go again is no restart.
    private static void count(Draft draft, Worker old) {
        Slot slot = draft.slot(old.id().slot());
        int relapses = fails(old, draft.count) ? slot.past().relapses() + 1 : 0;
        String why = ailment(old, draft.count, draft.now);
        if (why == null || old.care().recalled()) {
            draft.put(slot.relapsed(relapses));
        } else {
            Ending replaced = new Ending(old.id(), old.born(), draft.now, null, why);
            draft.put(slot.relapsed(relapses).last(replaced).restarted());
        }
    }

    private static void spawnSuccessors(Draft draft) {
        RolloutSpec spec = draft.serving.spec().rollout();
        int most = Math.min(Rolling.most(draft), draft.count + Math.max(1, spec.maxSurge()));
        int room = Math.min(most - Rolling.processes(draft), spec.maxUnacked() - starting(draft));
        for (Worker worker = first(draft, false);
                room > 0 && worker != null;
                worker = first(draft, false), room--) {
            explain(draft, worker, "to be replaced: ");
            Worker successor = draft.spawn(worker.id().slot(), draft.serving);
            draft.put(draft.slot(worker.id().slot()).successor(successor));
        }
    }

    /// Of those that are to be replaced and have no successor yet, who comes first; null if there
    /// is none.
    ///
    /// @param back only of those whose rollout went back
    private static @Nullable Worker first(Draft draft, boolean back) {
        Worker first = null;
        for (Slot slot : draft.slots) {
            Worker worker = slot.current();
            if (worker != null
                    && slot.successor() == null
                    && (worker.care().recalled() || !back)
                    && isDue(draft, slot)
                    && (first == null || sooner(worker, first))) {
                first = worker;
            }
        }
        return first;
    }

    /// Whoever was tried less often, so that one that cannot be replaced keeps nobody waiting.
    private static boolean sooner(Worker one, Worker other) {
        if (one.care().tries() != other.care().tries()) {
            return one.care().tries() < other.care().tries();
        }
        return one.care().recalled() == other.care().recalled()
                ? one.id().incarnation() < other.id().incarnation()
                : one.care().recalled();
    }

    private static int starting(Draft draft) {
        int starting = 0;
        for (Slot slot : draft.slots) {
            Worker successor = slot.successor();
            starting += successor != null && !successor.up() ? 1 : 0;
        }
        return starting;
    }

    /// One slot after the other, so that at most one is empty for that; and none while somebody
    /// waits for all to be up, but for those whom somebody wants to be gone.
    private static void makeRoom(Draft draft) {
        for (Slot slot : draft.slots) {
            if (draft.wants(slot) && (slot.current() == null || !slot.current().ready())) {
                return;
            }
        }
        boolean onlyBack = false;
        for (Wait wait : draft.waits) {
            boolean forAll = wait.forStart() && !wait.toItsEnd(draft.serving.spec());
            if (forAll || wait.until() == Wait.Until.SCALED) {
                return;
            }
            onlyBack |= wait.until() == Wait.Until.BACK;
        }
        Worker worker = first(draft, onlyBack);
        if (worker != null) {
            explain(draft, worker, "replaced: ");
            count(draft, worker);
            draft.tellToGo(worker, Cause.REPLACED);
            draft.put(draft.slot(worker.id().slot()).refill(draft.now));
        }
    }

    private static boolean isDue(Draft draft, Slot slot) {
        Worker worker = slot.current();
        if (worker == null
                || !draft.wants(slot)
                || ailment(worker, draft.count, draft.now) == null) {
            return false;
        }
        Moment when = notBefore(worker, slot, draft.count);
        return when == null || when.reached(draft.now);
    }

    private static void explain(Draft draft, Worker worker, String what) {
        draft.report(Severity.INFO, worker.id(), what + ailment(worker, draft.count, draft.now));
    }

    /// A replacement did not come up: who was to be replaced stays.
    static void failed(Draft draft, Worker successor, String why) {
        Worker current = draft.slot(successor.id().slot()).current();
        String what = "the replacement failed: " + why;
        if (current == null) {
            draft.report(Severity.WARN, successor.id(), what);
            return;
        }
        Duration delay = backoff(successor).delay(current.care().tries() + 1);
        Moment next = draft.now.plus(delay);
        draft.replace(current.with(current.care().triedInVain(next)));
        draft.report(
                Severity.WARN,
                successor.id(),
                what + "; the old one stays, next try in " + Words.of(delay));
    }

    /// A rollout begins: it brings new ones for all.
    static void abandon(Draft draft) {
        for (Slot slot : draft.slots) {
            if (slot.successor() != null) {
                draft.tellToGo(slot.successor(), Cause.WITHDRAWN);
            }
        }
    }
}
