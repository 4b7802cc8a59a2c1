// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Canary;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.CanarySpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Watches the first workers of a rollout before the others follow. While it does, the rollout
/// touches no further slot. With `smooth` and `replace` the canaries have taken over from old
/// workers; with `fleet` they run beside them, since there no old one goes before all new ones are
/// up.
///
/// Which slots have canaries is seen, not remembered: whatever the operator stops or scales, the
/// next slot has one then, and the watch begins anew.
final class Canaries {
    private Canaries() {}

    /// What a rollout that has just begun does about its first workers; null where no old worker is
    /// left that would serve on meanwhile.
    static @Nullable Canary first(Draft draft, Rollout rollout, boolean ill) {
        if (rollout.target().spec().rollout().canary() == null) {
            return null;
        }
        for (Slot slot : draft.slots) {
            if (Rolling.concerns(draft, rollout, slot) && !slot.moved()) {
                return new Canary.Coming(ill);
            }
        }
        return null;
    }

    /// How many more slots may get a worker of the target now.
    static int room(Draft draft, Rollout rollout) {
        if (!rollout.holds()) {
            return Integer.MAX_VALUE;
        }
        int all = 0;
        int begun = 0;
        for (Slot slot : draft.slots) {
            if (Rolling.concerns(draft, rollout, slot)) {
                all++;
                begun += hasBegun(slot) ? 1 : 0;
            }
        }
        return Math.min(wanted(rollout), all) - begun;
    }

    private static int wanted(Rollout rollout) {
        CanarySpec spec = rollout.target().spec().rollout().canary();
        return spec == null ? 0 : spec.workers();
    }

    private static boolean hasBegun(Slot slot) {
        return slot.moved() || slot.successor() != null;
    }

    // ---- watch

    /// Begins to watch those that are all up, and takes the consequence of how they are.
    static void watch(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null || !rollout.holds() || Probation.isOn(draft, rollout)) {
            return;
        }
        if (!allUp(draft, rollout)) {
            if (rollout.canary() instanceof Canary.Watched watched) {
                draft.rollout = rollout.canary(new Canary.Coming(watched.ill()));
            }
            return;
        }
        if (rollout.canary() instanceof Canary.Coming coming) {
            begin(draft, rollout, coming);
        }
        judge(draft, draft.rollout);
    }

    private static boolean allUp(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            if (Rolling.concerns(draft, rollout, slot)
                    && hasBegun(slot)
                    && !Rolling.up(canary(slot))) {
                return false;
            }
        }
        return room(draft, rollout) <= 0;
    }

    private static @Nullable Worker canary(Slot slot) {
        return slot.moved() ? slot.current() : slot.successor();
    }

    private static void begin(Draft draft, Rollout rollout, Canary.Coming coming) {
        CanarySpec spec = rollout.target().spec().rollout().canary();
        Duration watch = spec == null ? Duration.ZERO : spec.watch();
        Moment until = watch == null ? null : draft.now.plus(watch);
        draft.rollout = rollout.canary(new Canary.Watched(coming.ill(), until));
        String words = words(draft.program(), draft.now);
        if (words != null) {
            draft.report(Severity.INFO, null, words);
            Rolling.tell(draft, words);
        }
    }

    private static void judge(Draft draft, @Nullable Rollout rollout) {
        if (rollout == null || !(rollout.canary() instanceof Canary.Watched watched)) {
            return;
        }
        for (Slot slot : draft.slots) {
            Worker worker = Rolling.concerns(draft, rollout, slot) ? canary(slot) : null;
            String trouble = worker == null ? null : trouble(draft, worker, watched);
            if (worker != null && trouble != null) {
                Rolling.canaryFailed(draft, rollout, worker, trouble);
                return;
            }
        }
        if (watched.until() != null && watched.until().reached(draft.now)) {
            CanarySpec spec = rollout.target().spec().rollout().canary();
            String time =
                    spec == null || spec.watch() == null ? "" : " for " + Words.of(spec.watch());
            pass(draft, rollout, "canary went well" + time);
        }
    }

    /// What is wrong with a canary, in words; null if nothing is.
    private static @Nullable String trouble(Draft draft, Worker worker, Canary.Watched watched) {
        if (Upkeep.isIll(worker, draft.count)) {
            return Renewal.illness(worker);
        }
        if (Upkeep.isLarge(worker)) {
            return "uses " + Words.bytes(worker.care().weight()) + ", more than memory-max";
        }
        boolean ill = !watched.ill() && programIsIll(draft);
        return ill ? "came, and the program is not well since then" : null;
    }

    /// Whether health checks that any worker may have answered say so.
    static boolean programIsIll(Draft draft) {
        for (Slot slot : draft.slots) {
            if (slot.current() != null && Upkeep.showsIllness(slot.current(), draft.count)) {
                return true;
            }
        }
        return false;
    }

    /// The rollout goes on to the others.
    static void pass(Draft draft, Rollout rollout, String why) {
        draft.rollout = rollout.canary(new Canary.Passed());
        draft.report(Severity.INFO, null, why + "; the others follow");
        Rolling.tell(draft, why + "; the others follow");
    }

    // ---- words

    /// How it stands with the canary, for status and progress; null if none is waited for.
    static @Nullable String words(Program program, Moment now) {
        Rollout rollout = program.rollout();
        if (rollout == null || !rollout.holds()) {
            return null;
        }
        int canaries = 0;
        for (Slot slot : program.slots()) {
            Worker worker = slot.index() < program.count() ? canary(slot) : null;
            canaries += Rolling.up(worker) ? 1 : 0;
        }
        String many = "canary: " + canaries + " of " + program.count() + " on the new version, ";
        Moment until = rollout.watchedUntil();
        if (until != null) {
            return many + "watched for " + rest(rollout, until, now) + "; promote or abort";
        }
        return rollout.canary() instanceof Canary.Watched
                ? many + "until you promote or abort"
                : many + wanted(rollout) + " wanted before they are watched";
    }

    private static String rest(Rollout rollout, Moment until, Moment now) {
        Duration rest = until.reached(now) ? Duration.ZERO : until.since(now);
        CanarySpec spec = rollout.target().spec().rollout().canary();
        boolean all = spec != null && rest.equals(spec.watch());
        return (all ? "" : "another ") + Words.of(rest);
    }
}
