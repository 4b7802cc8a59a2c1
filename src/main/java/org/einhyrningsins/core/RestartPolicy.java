// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CrashHistory;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.Signal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Restart policy of workers that end without having been told to stop.
///
/// A worker that had been up and that somebody killed is replaced at once, and so are the first
/// that crashed: `burst` in a row. From then on the delay grows, as for those that were not up in
/// time. All is forgotten when a worker has proved itself: [CrashHistory#stableAfter()].
final class RestartPolicy {
    /// Period in which deaths of workers that somebody killed are counted.
    private static final Duration WINDOW = Duration.ofMinutes(1);

    /// Maximum number of those in a slot within that time that are replaced at once. The killer of
    /// more (the kernel, since they use too much memory; a script that went wrong) goes on with it.
    private static final int MAX_KILLED = 50;

    /// Number of workers in a row killed with KILL, each within [#SECONDS] of its start, that is a
    /// crash loop: the kernel runs out of memory, or a guard kills them. Those that do not even
    /// live for a second are left to [#MAX_KILLED], which they reach within a minute: that is a
    /// person who tries how soon they are replaced.
    private static final int KILLED_IN_A_ROW = 5;

    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final Duration SECONDS = Duration.ofSeconds(5);

    private RestartPolicy() {}

    /// True if it was up long enough that its end says nothing against its definition. A canary is
    /// not until its watch is over, nor the first worker of a rollout until its trial is.
    static boolean isStable(StepContext stepContext, Worker worker) {
        return !(stepContext.rollout != null && stepContext.rollout.watches(worker))
                && !FirstWorkerTrial.isOnTrial(stepContext, worker)
                && worker.state() instanceof WorkerState.Ready ready
                && stepContext.now.since(ready.since()).compareTo(CrashHistory.STABLE) >= 0;
    }

    /// Forgets the failures of slots whose worker has proved itself.
    static void forgetFailures(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            Moment when = slot.failuresForgottenAt();
            if (when != null && when.reached(stepContext.now)) {
                stepContext.put(slot.forgetFailures());
            }
        }
    }

    static void died(StepContext stepContext, Worker worker, WorkerExit workerExit) {
        boolean over =
                switch (policy(stepContext, worker).when()) {
                    case ALWAYS -> false;
                    case ON_FAILURE -> workerExit.success();
                    case NEVER -> workerExit.success() || triedOut(stepContext, worker);
                };
        if (over) {
            finishSlot(stepContext, worker, workerExit.success(), workerExit.toString());
        } else if (policy(stepContext, worker).when() == RestartSpec.When.NEVER) {
            Slot slot = stepContext.slot(worker.id().slot());
            backOff(stepContext, worker, slot, workerExit.toString());
        } else if (worker.ready()) {
            replaceReady(stepContext, worker, workerExit);
        } else {
            Slot slot = stepContext.slot(worker.id().slot());
            Slot after = workerExit.isOwnDoing() ? crashed(stepContext, worker) : slot;
            backOff(stepContext, worker, after, "ended before it was up: " + workerExit);
        }
    }

    /// Returns the restart policy of the definition that the slot is refilled with.
    private static RestartSpec policy(StepContext stepContext, Worker worker) {
        return version(stepContext, worker).spec().restart();
    }

    private static ProgramVersion version(StepContext stepContext, Worker worker) {
        return stepContext.onTrial(worker) ? worker.version() : stepContext.serving;
    }

    /// True if a worker that is not replaced when it ends has no more tries.
    private static boolean triedOut(StepContext stepContext, Worker worker) {
        JobSpec job = version(stepContext, worker).spec().job();
        int failures = stepContext.slot(worker.id().slot()).past().quickDeaths();
        return job == null || failures >= job.retries();
    }

    private static boolean isOver(StepContext stepContext, Worker worker) {
        return policy(stepContext, worker).when() == RestartSpec.When.NEVER
                && triedOut(stepContext, worker);
    }

    /// The slot stays empty, and needs no successor either.
    private static void finishSlot(
            StepContext stepContext, Worker worker, boolean well, String how) {
        Slot slot = stepContext.slot(worker.id().slot());
        Slot after =
                well
                        ? slot.forgetFailures()
                        : slot.history(
                                slot.past().quickDeaths() + 1,
                                slot.past().burst(),
                                how,
                                worker.id());
        stepContext.report(
                well ? Severity.INFO : Severity.WARN, worker.id(), how + "; not replaced");
        stepContext.put(after.finish(how).refill(null));
        if (slot.current() != null) {
            WorkerStop.begin(stepContext, slot.current(), StopCause.RETIRED);
        }
        if (slot.successor() != null) {
            WorkerStop.begin(stepContext, slot.successor(), StopCause.WITHDRAWN);
        }
    }

    private static void replaceReady(
            StepContext stepContext, Worker worker, WorkerExit workerExit) {
        Slot slot = stepContext.slot(worker.id().slot());
        String how = workerExit.toString();
        if (!workerExit.isOwnDoing()) {
            replaceKilled(stepContext, worker, slot, workerExit);
        } else if (workerExit.success() && isStable(stepContext, worker)) {
            refill(stepContext, worker, slot.forgetFailures(), Duration.ZERO, how);
        } else {
            replaceCrashed(stepContext, worker, how);
        }
    }

    private static void replaceKilled(
            StepContext stepContext, Worker worker, Slot slot, WorkerExit workerExit) {
        String how = workerExit.toString();
        boolean duringStart =
                workerExit.signal() == Signal.KILL.number()
                        && lived(stepContext, worker).compareTo(SECOND) >= 0
                        && lived(stepContext, worker).compareTo(SECONDS) < 0;
        if (duringStart && killedAgainAndAgain(stepContext, worker, slot.past())) {
            int row = Math.max(slot.past().quickDeaths(), slot.past().burst().size());
            CrashHistory crashHistory =
                    slot.past()
                            .crashes()
                            .withCrash(stepContext.now, lived(stepContext, worker))
                            .asLoop();
            Slot after = slot.crashed(crashHistory);
            backOff(stepContext, worker, after.past(after.past().failing(row)), how);
            return;
        }
        List<Moment> recent = recent(slot.past().burst(), stepContext.now, WINDOW);
        if (recent.size() < Math.max(MAX_KILLED, policy(stepContext, worker).burst())) {
            recent.add(stepContext.now);
            Slot after = slot.past(slot.past().killed(recent));
            refill(stepContext, worker, after, Duration.ZERO, how);
        } else {
            String often = how + ", " + (recent.size() + 1) + " times within a minute";
            CrashHistory crashHistory =
                    slot.past()
                            .crashes()
                            .withCrash(stepContext.now, lived(stepContext, worker))
                            .asLoop();
            backOff(stepContext, worker, slot.crashed(crashHistory), often);
        }
    }

    private static boolean killedAgainAndAgain(
            StepContext stepContext, Worker worker, Slot.Past past) {
        int row = 1;
        Moment later = stepContext.now;
        for (Moment earlier : past.burst().reversed()) {
            if (later.since(earlier).compareTo(SECONDS) >= 0) {
                break;
            }
            row++;
            later = earlier;
        }
        int most = Math.max(KILLED_IN_A_ROW, policy(stepContext, worker).burst());
        return past.crashLoop() || row >= most;
    }

    private static void replaceCrashed(StepContext stepContext, Worker worker, String how) {
        Slot slot = stepContext.slot(worker.id().slot());
        if (lived(stepContext, worker).compareTo(CrashHistory.YOUNG) >= 0) {
            refill(stepContext, worker, slot.forgetFailures(), Duration.ZERO, how);
            return;
        }
        Slot crashed = crashed(stepContext, worker);
        int failures = slot.past().quickDeaths() + 1;
        int burst = policy(stepContext, worker).burst();
        if (failures <= burst) {
            fail(stepContext, worker, crashed, Duration.ZERO, how);
        } else {
            Duration delay = policy(stepContext, worker).backoff().delay(failures - burst);
            fail(stepContext, worker, crashed, delay, how);
        }
    }

    private static Duration lived(StepContext stepContext, Worker worker) {
        return stepContext.now.since(worker.startedAt());
    }

    /// Returns a worker's slot with one more crash in the row.
    private static Slot crashed(StepContext stepContext, Worker worker) {
        Slot slot = stepContext.slot(worker.id().slot());
        CrashHistory crashHistory =
                slot.past().crashes().withCrash(stepContext.now, lived(stepContext, worker));
        List<CrashHistory> others = new ArrayList<>();
        for (Slot other : stepContext.slots) {
            if (other.index() != slot.index()) {
                others.add(other.past().crashes());
            }
        }
        boolean loop = crashHistory.isLoop(others, stepContext.count, stepContext.now);
        return slot.crashed(loop ? crashHistory.asLoop() : crashHistory);
    }

    /// Handles the end of a worker that was up and had to be killed.
    static void hung(StepContext stepContext, Worker worker, String why) {
        if (isOver(stepContext, worker)) {
            finishSlot(stepContext, worker, false, why);
        } else if (policy(stepContext, worker).when() == RestartSpec.When.NEVER) {
            backOff(stepContext, worker, stepContext.slot(worker.id().slot()), why);
        } else {
            replaceCrashed(stepContext, worker, why);
        }
    }

    /// Handles a worker that was never up, or that could not be spawned.
    static void failedToStart(StepContext stepContext, Worker worker, String why) {
        if (isOver(stepContext, worker)) {
            finishSlot(stepContext, worker, false, why);
        } else {
            backOff(stepContext, worker, stepContext.slot(worker.id().slot()), why);
        }
    }

    private static void backOff(StepContext stepContext, Worker worker, Slot slot, String why) {
        Duration delay = policy(stepContext, worker).backoff().delay(slot.past().quickDeaths() + 1);
        fail(stepContext, worker, slot, delay, why);
    }

    private static void fail(
            StepContext stepContext, Worker worker, Slot slot, Duration delay, String why) {
        int failures = slot.past().quickDeaths() + 1;
        refill(
                stepContext,
                worker,
                slot.history(failures, slot.past().burst(), why, worker.id()),
                delay,
                why);
    }

    private static void refill(
            StepContext stepContext, Worker worker, Slot slot, Duration delay, String why) {
        boolean before = stepContext.crashLoop();
        stepContext.put(slot.refill(stepContext.now.plus(delay)).restarted());
        if (!(stepContext.phase instanceof ProgramPhase.Running)) {
            stepContext.report(
                    Severity.WARN, worker.id(), why + "; not replaced, as it gave up before");
        } else if (!gaveUp(stepContext, worker, why)) {
            String next =
                    delay.isZero() ? "replaced at once" : "next try in " + DurationText.of(delay);
            reportCrashLoop(stepContext, worker, slot.past(), before, why + "; " + next);
        }
    }

    /// A crash loop is told once, when it begins.
    private static void reportCrashLoop(
            StepContext stepContext, Worker worker, Slot.Past past, boolean before, String how) {
        String advice = past.advice();
        String message = advice.isEmpty() ? how : how + "; " + advice;
        if (!past.crashLoop()) {
            stepContext.report(Severity.WARN, worker.id(), message);
        } else if (before) {
            stepContext.report(Severity.DEBUG, worker.id(), message);
        } else {
            boolean inTurn = past.quickDeaths() < CrashHistory.LOOP;
            String many = inTurn ? "slots fail in turn" : past.quickDeaths() + " failures in a row";
            stepContext.report(
                    Severity.ERROR, worker.id(), "crash loop: " + many + ", last: " + message);
        }
    }

    /// Counts the death, and marks the program failed if there were too many. A rollout under way
    /// has a budget of its own, and may be the cure.
    private static boolean gaveUp(StepContext stepContext, Worker worker, String last) {
        RestartSpec.GiveUp limit = stepContext.serving.spec().restart().giveUp();
        if (limit == null || stepContext.advancing()) {
            return false;
        }
        List<Moment> recent = recent(stepContext.deaths, stepContext.now, limit.within());
        recent.add(stepContext.now);
        stepContext.deaths = recent;
        if (recent.size() < limit.deaths()) {
            return false;
        }
        String why =
                "gave up after "
                        + recent.size()
                        + " deaths within "
                        + DurationText.of(limit.within())
                        + ", last: "
                        + last;
        if (Rollback.insteadOfGivingUp(stepContext, worker.id(), why)) {
            return true;
        }
        stepContext.phase = new ProgramPhase.Failed(why);
        stepContext.report(
                Severity.ERROR, null, why + "; nothing is respawned until you start or reload it");
        return true;
    }

    private static List<Moment> recent(List<Moment> moments, Moment now, Duration within) {
        List<Moment> recent = new ArrayList<>(moments);
        recent.removeIf(then -> now.since(then).compareTo(within) > 0);
        return recent;
    }
}
