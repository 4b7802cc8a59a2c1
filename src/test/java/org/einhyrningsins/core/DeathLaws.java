// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CrashHistory;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec.When;
import org.einhyrningsins.spec.WorkerId;

import java.time.Duration;

/// What must hold when workers end by themselves: jobs run once, crash loops wait and are called so
/// until a worker has proved itself.
final class DeathLaws {
    private static final Duration STABLE = Duration.ofSeconds(10);

    private DeathLaws() {}

    static void check(Program before, ProgramEvent programEvent, Moment now, Transition step) {
        Program after = step.program();
        for (Slot was : before.slots()) {
            if (was.index() < after.slots().size()) {
                Slot is = after.slots().get(was.index());
                staysFinished(before, programEvent, was, is, after);
                loopEndsForAReason(before, programEvent, now, was, is, after);
            }
        }
        if (programEvent instanceof ProgramEvent.Exited exited) {
            runsAJobOnce(before, exited, step);
            waitsAfterCrashes(before, exited, now, after);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Laws.Broken(otherwise);
        }
    }

    /// What did its work, or failed and is not to be tried again, runs again only if somebody asks.
    private static void staysFinished(
            Program before, ProgramEvent programEvent, Slot was, Slot is, Program after) {
        boolean asked =
                programEvent instanceof ProgramEvent.Requested
                        || programEvent instanceof ProgramEvent.DependencyRestarted // as asked
                        || programEvent instanceof ProgramEvent.TaskEnded // of a rollout
                        || before.tasks().queued()
                        || (programEvent instanceof ProgramEvent.Due due
                                && due.atMillis() != before.tasks().dueMillis());
        boolean trimmed = before.count() != after.count();
        require(
                was.finished() == null || is.finished() != null || asked || trimmed,
                "runs again although nobody asked: slot " + was.index());
    }

    private static boolean isJob(ProgramSpec spec) {
        return spec.restart().when() == When.NEVER;
    }

    /// Nobody follows one that is never to run again, in a rollout or not, unless a run waits for
    /// its end.
    private static void runsAJobOnce(Program before, ProgramEvent.Exited event, Transition step) {
        WorkerId id = event.worker();
        Worker dead = Laws.find(before, id);
        Slot slot = before.slots().get(id.slot());
        boolean current = slot.current() != null && slot.current().id().equals(id);
        if (dead == null
                || !current
                || !isJob(dead.version().spec())
                || !isJob(before.serving().spec())
                || !isJob(before.newest())
                || before.tasks().queued()
                || (before.rollout() != null && slot.past().ended() == null)) {
            return;
        }
        for (ProgramEffect programEffect : step.effects()) {
            require(
                    !(programEffect instanceof ProgramEffect.Spawn spawn)
                            || spawn.worker().slot() != id.slot(),
                    "a job runs again: " + id);
        }
    }

    private static void waitsAfterCrashes(
            Program before, ProgramEvent.Exited event, Moment now, Program after) {
        WorkerId id = event.worker();
        Worker dead = Laws.find(before, id);
        boolean tried =
                dead != null
                        && dead.ready()
                        && before.rollout() == null
                        && after.rollout() == null
                        && before.slots().get(id.slot()).successor() == null // who comes anyway
                        && id.slot() < after.slots().size();
        if (!tried || dead == null || !event.exit().isOwnDoing()) {
            return;
        }
        Slot slot = after.slots().get(id.slot());
        boolean young = now.since(dead.startedAt()).compareTo(STABLE) < 0;
        int burst = after.serving().spec().restart().burst();
        if (young && after.wants(slot) && slot.past().quickDeaths() > burst) {
            require(slot.current() == null, "crashed again and again, and did not wait: " + id);
        }
    }

    private static void loopEndsForAReason(
            Program before,
            ProgramEvent programEvent,
            Moment now,
            Slot was,
            Slot is,
            Program after) {
        if (!was.past().crashLoop() || is.past().crashLoop() || is.finished() != null) {
            return;
        }
        Worker current = was.current();
        boolean proved =
                current != null
                        && current.state() instanceof WorkerState.Ready ready
                        && now.since(ready.since()).compareTo(STABLE) >= 0;
        boolean livedLong =
                current != null
                        && now.since(current.startedAt()).compareTo(CrashHistory.YOUNG) >= 0;
        boolean other = before.rollout() != null || after.rollout() != null;
        boolean asked =
                programEvent instanceof ProgramEvent.Requested
                        || programEvent instanceof ProgramEvent.DependencyRestarted;
        boolean version = !before.serving().equals(after.serving()); // the one before came back
        require(
                proved || livedLong || other || asked || version || is.index() >= after.count(),
                "no crash loop any more, for no reason: slot " + is.index());
    }
}
