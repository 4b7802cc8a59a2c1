// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
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
final class CanaryWatch {
    private CanaryWatch() {}

    /// Returns the canary state of a rollout that has just begun; null if it has no canary, or no
    /// old worker is left that would serve meanwhile.
    static @Nullable CanaryState initial(StepContext stepContext, Rollout rollout, boolean ill) {
        if (rollout.target().spec().rollout().canary() == null) {
            return null;
        }
        for (Slot slot : stepContext.slots) {
            if (RolloutStrategy.includes(stepContext, rollout, slot) && !slot.moved()) {
                return new CanaryState.Coming(ill);
            }
        }
        return null;
    }

    /// Returns the number of further slots that may get a worker of the target now.
    static int remainingSlots(StepContext stepContext, Rollout rollout) {
        if (!rollout.waitsForCanary()) {
            return Integer.MAX_VALUE;
        }
        int all = 0;
        int begun = 0;
        for (Slot slot : stepContext.slots) {
            if (RolloutStrategy.includes(stepContext, rollout, slot)) {
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
    static void watch(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null
                || !rollout.waitsForCanary()
                || FirstWorkerTrial.isOn(stepContext, rollout)) {
            return;
        }
        if (!allUp(stepContext, rollout)) {
            if (rollout.canary() instanceof CanaryState.Watched watched) {
                stepContext.rollout =
                        rollout.canary(new CanaryState.Coming(watched.unhealthyBefore()));
            }
            return;
        }
        if (rollout.canary() instanceof CanaryState.Coming coming) {
            begin(stepContext, rollout, coming);
        }
        checkResult(stepContext, stepContext.rollout);
    }

    private static boolean allUp(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (RolloutStrategy.includes(stepContext, rollout, slot)
                    && hasBegun(slot)
                    && !RolloutStrategy.isReady(canary(slot))) {
                return false;
            }
        }
        return remainingSlots(stepContext, rollout) <= 0;
    }

    private static @Nullable Worker canary(Slot slot) {
        return slot.moved() ? slot.current() : slot.successor();
    }

    private static void begin(StepContext stepContext, Rollout rollout, CanaryState.Coming coming) {
        CanarySpec spec = rollout.target().spec().rollout().canary();
        Duration watch = spec == null ? Duration.ZERO : spec.watch();
        Moment until = watch == null ? null : stepContext.now.plus(watch);
        stepContext.rollout =
                rollout.canary(new CanaryState.Watched(coming.unhealthyBefore(), until));
        String words = words(stepContext.program(), stepContext.now);
        if (words != null) {
            stepContext.report(Severity.INFO, null, words);
            RolloutStrategy.notifyWaiting(stepContext, words);
        }
    }

    private static void checkResult(StepContext stepContext, @Nullable Rollout rollout) {
        if (rollout == null || !(rollout.canary() instanceof CanaryState.Watched watched)) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            Worker worker =
                    RolloutStrategy.includes(stepContext, rollout, slot) ? canary(slot) : null;
            String trouble = worker == null ? null : problem(stepContext, worker, watched);
            if (worker != null && trouble != null) {
                RolloutFailure.canaryFailed(stepContext, rollout, worker, trouble);
                return;
            }
        }
        if (watched.until() != null && watched.until().reached(stepContext.now)) {
            CanarySpec spec = rollout.target().spec().rollout().canary();
            String time =
                    spec == null || spec.watch() == null
                            ? ""
                            : " for " + DurationText.of(spec.watch());
            pass(stepContext, rollout, "canary went well" + time);
        }
    }

    /// Describes what is wrong with a canary; null if nothing is.
    private static @Nullable String problem(
            StepContext stepContext, Worker worker, CanaryState.Watched watched) {
        if (HealthChecks.isIll(worker, stepContext.count)) {
            return HealthChecks.illness(worker);
        }
        if (HealthMonitor.isLarge(worker)) {
            return "uses "
                    + DurationText.bytes(worker.health().memoryBytes())
                    + ", more than memory-max";
        }
        boolean ill = !watched.unhealthyBefore() && programIsIll(stepContext);
        return ill ? "came, and the program is not well since then" : null;
    }

    /// True if a health check that any worker may have answered shows that the program is
    /// unhealthy.
    static boolean programIsIll(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null
                    && HealthChecks.showsIllness(slot.current(), stepContext.count)) {
                return true;
            }
        }
        return false;
    }

    /// The rollout goes on to the others.
    static void pass(StepContext stepContext, Rollout rollout, String why) {
        stepContext.rollout = rollout.canary(new CanaryState.Passed());
        stepContext.report(Severity.INFO, null, why + "; the others follow");
        RolloutStrategy.notifyWaiting(stepContext, why + "; the others follow");
    }

    // ---- words

    /// Describes the state of the canary for status and progress; null if no canary is awaited.
    static @Nullable String words(Program program, Moment now) {
        Rollout rollout = program.rollout();
        if (rollout == null || !rollout.waitsForCanary()) {
            return null;
        }
        int canaries = 0;
        for (Slot slot : program.slots()) {
            Worker worker = slot.index() < program.count() ? canary(slot) : null;
            canaries += RolloutStrategy.isReady(worker) ? 1 : 0;
        }
        String many = "canary: " + canaries + " of " + program.count() + " on the new version, ";
        Moment until = rollout.watchedUntil();
        if (until != null) {
            return many + "watched for " + remaining(rollout, until, now) + "; promote or abort";
        }
        return rollout.canary() instanceof CanaryState.Watched
                ? many + "until you promote or abort"
                : many + wanted(rollout) + " wanted before they are watched";
    }

    private static String remaining(Rollout rollout, Moment until, Moment now) {
        Duration rest = until.reached(now) ? Duration.ZERO : until.since(now);
        CanarySpec spec = rollout.target().spec().rollout().canary();
        boolean all = spec != null && rest.equals(spec.watch());
        return (all ? "" : "another ") + DurationText.of(rest);
    }
}
