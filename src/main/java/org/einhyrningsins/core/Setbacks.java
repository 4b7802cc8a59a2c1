// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Setback;
import org.einhyrningsins.core.model.Setback.Stage;
import org.einhyrningsins.core.model.Wait;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Follows a version that failed until the one before it serves again. Whoever waits for the
/// rollout is answered then, so that the verdict says what has become of the old workers and not
/// what is hoped for.
final class Setbacks {
    private Setbacks() {}

    /// How a rollout stands that is about to be given up.
    static Setback of(Draft draft, Rollout rollout) {
        int kept = 0;
        int before = rollout.old().before();
        for (Slot slot : draft.slots) {
            boolean concerned = slot.index() < draft.count && rollout.covers(slot.index());
            kept += concerned && wasThere(rollout, slot.current()) ? 1 : 0;
        }
        return new Setback(
                rollout.target().generation(),
                draft.serving.generation(),
                false,
                draft.now,
                rollout.lastFailure(),
                rollout.blame(),
                before == 0 && draft.serving.spec().endsByItself() ? -1 : before,
                Math.min(kept, rollout.old().before()),
                rollout.old().replaced(),
                Stage.RETURNING,
                "");
    }

    private static boolean wasThere(Rollout rollout, @Nullable Worker worker) {
        return worker != null
                && !rollout.owns(worker)
                && worker.born().compareTo(rollout.began()) <= 0;
    }

    /// A version has failed. Who waits for its rollout is told so now, and the outcome later, if
    /// there is anything to wait for.
    static void begin(Draft draft, Setback setback) {
        boolean waits = setback.returning() && (setback.rolled() || setback.replaced() > 0);
        Setback now = setback.returning() && !waits ? setback.at(Stage.BACK) : setback;
        draft.setback = now;
        draft.verdict = now.words("");
        draft.report(Severity.ERROR, null, draft.verdict);
        for (Wait wait : List.copyOf(draft.waits)) {
            if (wait.until() == Wait.Until.ROLLED && waits) {
                draft.expectBack(wait);
            } else if (wait.until() == Wait.Until.ROLLED || wait.until() == Wait.Until.READY) {
                draft.answer(wait, false, draft.verdict, setback.blame());
            }
        }
    }

    /// Says so when the old version is back, or known not to come.
    static void follow(Draft draft) {
        Setback setback = draft.setback;
        if (setback == null || !setback.returning()) {
            return;
        }
        Stage stage =
                switch (draft.phase) {
                    case Phase.Running ignored -> stage(draft);
                    case Phase.Failed ignored -> Stage.IN_VAIN;
                    case Phase.Stopped ignored -> Stage.OVERTAKEN;
                    case Phase.Waiting ignored -> Stage.OVERTAKEN;
                };
        if (stage != Stage.RETURNING) {
            end(draft, setback, stage);
        }
    }

    private static Stage stage(Draft draft) {
        boolean all = true;
        for (Slot slot : draft.slots) {
            Worker current = slot.current();
            if (draft.wants(slot) && current == null) {
                if (slot.failing(draft.serving.spec(), true)) {
                    return Stage.IN_VAIN;
                }
                all = false;
            } else if (current != null && current.care().recalled()) {
                if (Renewal.triedInVain(draft, current)) {
                    return Stage.IN_VAIN;
                }
                all = false;
            }
            all &= current == null || current.ready();
        }
        return all ? Stage.BACK : Stage.RETURNING;
    }

    private static void end(Draft draft, Setback setback, Stage stage) {
        draft.setback = setback.at(stage);
        draft.verdict = draft.setback.words("");
        draft.report(stage == Stage.IN_VAIN ? Severity.ERROR : Severity.INFO, null, draft.verdict);
        for (Wait wait : List.copyOf(draft.waits)) {
            if (wait.until() == Wait.Until.RESTORED) {
                draft.answer(wait, false, draft.verdict, setback.blame());
            }
        }
    }

    /// A newer rollout begins.
    static void overtake(Draft draft) {
        if (draft.setback != null && draft.setback.returning()) {
            end(draft, draft.setback, Stage.OVERTAKEN);
        }
    }

    /// What serves is what is wanted: how another version failed tells nothing any more.
    static void forget(Draft draft) {
        boolean failed = draft.setback != null && !draft.setback.returning();
        if (draft.rollout == null && (failed || draft.setback == null)) {
            draft.setback = null;
            draft.verdict = draft.verdict.startsWith("rolled") ? draft.verdict : "";
        }
    }
}
