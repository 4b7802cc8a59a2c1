// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Fallback;
import org.einhyrningsins.core.model.Setback;
import org.einhyrningsins.core.model.Setback.Stage;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Brings the version before back when the one that serves fails soon after its rollout: in a crash
/// loop, which is a slot that loses its workers again and again, however they end; or when more
/// than half of the slots have lost a worker to its own failure. Going back is the business of
/// [Renewal]; who serves meanwhile serves on, and an empty slot gets the older version at once.
final class Rollback {
    /// That many workers lost by one slot are a crash loop.
    private static final int LOOP = 3;

    private Rollback() {}

    /// What a rollout that is about to succeed leaves to go back to; null for nothing: it is not
    /// wanted, the version before did not serve, or only some slots are rolled.
    static @Nullable Fallback fallback(Draft draft, Rollout rollout) {
        Version target = rollout.target();
        boolean wanted = target.spec().rollout().proof().rollbackWithin().isPositive();
        boolean served = rollout.old().up() || rollout.isDebut(draft.serving);
        if (!wanted || !served || rollout.scope() != null) {
            return null;
        }
        Fallback before = draft.fallback;
        if (rollout.isDebut(draft.serving)) {
            return before == null ? null : before.since(draft.now);
        }
        boolean same = isSame(draft.serving, target);
        boolean still = before != null && !before.until(target).reached(draft.now);
        return same && still ? before : new Fallback(draft.serving, draft.now, null);
    }

    private static boolean isSame(Version one, Version other) {
        return one.spec().birth().equals(other.spec().birth());
    }

    /// The version that serves has proved itself.
    static void expire(Draft draft) {
        Fallback fallback = draft.fallback;
        boolean over = fallback != null && fallback.until(draft.serving).reached(draft.now);
        if (over && !Rolling.debuts(draft)) {
            draft.fallback = null;
        }
    }

    /// What the version before needs is another's now.
    static void forsake(Draft draft, String why) {
        Fallback fallback = draft.fallback;
        if (fallback != null && fallback.taken() == null) {
            draft.fallback = fallback.taken(why);
            int older = fallback.version().generation();
            draft.report(
                    Severity.INFO, null, "will not go back to generation " + older + ": " + why);
        }
    }

    /// A worker ended that nobody had told to go.
    ///
    /// @return whether its slot has the older version now
    static boolean died(Draft draft, Worker worker, Exit exit) {
        RestartSpec.When when = worker.version().spec().restart().when();
        boolean job = when == RestartSpec.When.NEVER;
        boolean did = when == RestartSpec.When.ON_FAILURE || Deaths.provedItself(draft, worker);
        if (job || (did && exit.success())) { // it did its work, be it so many requests
            return false;
        }
        return failed(draft, worker, exit.isOwnDoing(), exit.toString());
    }

    /// A worker was lost, by its end or otherwise.
    ///
    /// @param own whether it was its own failure
    /// @param why in words
    /// @return whether its slot has the older version now
    static boolean failed(Draft draft, Worker worker, boolean own, String why) {
        Rollout rollout = draft.rollout;
        boolean advancing = rollout != null && !rollout.draining();
        Version newest = rollout == null ? draft.serving : rollout.target();
        if (worker.version().generation() != newest.generation()) {
            return false;
        }
        Slot slot = draft.slot(worker.id().slot());
        draft.put(slot.past(slot.past().lost(slot.past().losses().and(own))));
        Fallback fallback = draft.fallback;
        if (advancing || fallback == null || fallback.until(draft.serving).reached(draft.now)) {
            return false;
        }
        String what = verdict(draft, draft.slot(worker.id().slot()), why);
        return what != null && goBack(draft, fallback, worker.id(), why, what);
    }

    /// Why the version has failed, in words; null if it has not.
    private static @Nullable String verdict(Draft draft, Slot slot, String why) {
        if (slot.past().losses().all() >= LOOP) {
            return why
                    + ", slot "
                    + slot.index()
                    + " lost "
                    + slot.past().losses().all()
                    + " workers";
        }
        int failed = 0;
        for (Slot each : draft.slots) {
            failed += each.index() < draft.count && each.past().losses().own() > 0 ? 1 : 0;
        }
        if (2 * failed <= draft.count) {
            return null;
        }
        return draft.count == 1
                ? why
                : why + ", " + failed + " of " + draft.count + " slots lost a worker";
    }

    /// The program would give up: that is a failure too.
    ///
    /// @return whether the older version comes back instead
    static boolean insteadOfGivingUp(Draft draft, WorkerId last, String why) {
        Fallback fallback = draft.fallback;
        return fallback != null
                && !Rolling.debuts(draft)
                && !fallback.until(draft.serving).reached(draft.now)
                && goBack(draft, fallback, last, why, why);
    }

    private static boolean goBack(
            Draft draft, Fallback fallback, WorkerId last, String why, String what) {
        Version failed = draft.serving;
        boolean same = isSame(failed, fallback.version());
        String taken = fallback.taken();
        boolean stays = same || taken != null;
        draft.fallback = null;
        if (!stays) {
            draft.report(Severity.WARN, last, why);
            bringBack(draft, fallback.version());
        }
        draft.rollout = null;
        Stage stage = same ? Stage.SAME : taken == null ? Stage.RETURNING : Stage.TAKEN;
        Setbacks.begin(
                draft,
                new Setback(
                        failed.generation(),
                        fallback.version().generation(),
                        true,
                        draft.now,
                        what,
                        last,
                        0,
                        0,
                        0,
                        stage,
                        taken == null ? "" : taken));
        return !stays;
    }

    private static void bringBack(Draft draft, Version older) {
        if (draft.count == draft.serving.spec().workers()) {
            draft.count = older.spec().workers();
        }
        draft.serving = older;
        for (Slot slot : List.copyOf(draft.slots)) {
            if (slot.successor() != null) {
                draft.tellToGo(slot.successor(), WorkerState.Cause.WITHDRAWN);
            }
            Rolling.moveBack(draft, draft.slot(slot.index()), true);
        }
    }
}
