// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.task;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;

/// Runs the tasks that programs wait for, and tells them how those ended.
///
/// It keeps nothing: what is to run stands in the state of the one program, what ran in that of the
/// other. It compares the two whenever one has changed, and when a manager takes over, so a task is
/// neither lost nor run twice.
public final class TaskRuns {
    private final EventLoop eventLoop;
    private final ProgramTable programTable;

    public TaskRuns(EventLoop eventLoop, ProgramTable programTable) {
        this.eventLoop = eventLoop;
        this.programTable = programTable;
    }

    /// A program that waits for a task, or is one, has changed. Acts after the step.
    public void changed(ProgramHost host) {
        if (programTable.get(host.name()) != host) {
            // It is removed: any other may have waited for its end.
            eventLoop.afterwards(this::compareAll);
            return;
        }
        String owner = Objects.requireNonNullElse(host.program().newest().taskOwner(), host.name());
        eventLoop.afterwards(() -> compare(owner));
    }

    /// Has a task stopped that its owner waits for no longer. Acts after the step.
    public void drop(TaskStage stage) {
        eventLoop.afterwards(
                () -> {
                    ProgramHost task = programTable.get(stage.program().name());
                    if (task != null) {
                        task.take(new ProgramEvent.TaskRevoked(stage));
                    }
                });
    }

    /// Takes up what the manager before left.
    public void resume() {
        eventLoop.afterwards(this::compareAll);
    }

    private void compareAll() {
        for (ProgramHost host : new ArrayList<>(programTable.all())) {
            compare(host.name());
        }
    }

    private void compare(String name) {
        ProgramHost owner = programTable.get(name);
        TaskStage stage = owner == null ? null : owner.program().tasks().stage();
        if (owner == null || stage == null || !stage.asked()) {
            return;
        }
        ProgramHost task = programTable.get(stage.program().name());
        if (task == null) {
            String why = "it is not defined any more";
            owner.take(new ProgramEvent.TaskEnded(stage, why, "", Duration.ZERO));
            return;
        }
        if (task.program().tasks().ranFor() != stage.version().generation()) {
            if (removedStillRuns(stage.program())) {
                return; // its end has this compared again
            }
            task.take(new ProgramEvent.TaskOrdered(stage));
        } else if (isOver(task.program())) {
            owner.take(ended(stage, task));
        }
    }

    /// True if the same task, removed or of a program that was renamed, has not ended yet: one that
    /// ignores SIGTERM takes as long as its `stop.timeout`.
    private boolean removedStillRuns(ProgramSpec task) {
        for (ProgramHost host : programTable.everyHost()) {
            ProgramSpec other = host.program().newest();
            if (programTable.get(host.name()) != host
                    && other.isTask()
                    && !host.program().hasNoProcess()
                    && (host.name().equals(task.name())
                            || other.command().equals(task.command()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOver(Program task) {
        return task.hasNoProcess()
                && switch (task.phase()) {
                    case ProgramPhase.Running ignored ->
                            task.slots().stream().allMatch(slot -> slot.finished() != null);
                    case ProgramPhase.Stopped ignored -> true;
                    case ProgramPhase.Failed ignored -> true;
                    case ProgramPhase.Waiting ignored -> false;
                };
    }

    private static ProgramEvent.TaskEnded ended(TaskStage stage, ProgramHost task) {
        Slot slot = task.program().slots().getFirst();
        PreviousExit last = slot.past().last();
        Duration took = last == null ? Duration.ZERO : last.endedAt().since(last.startedAt());
        String failure = failure(task.program(), slot);
        String lines = failure == null || last == null ? "" : task.lastWords(last.worker());
        return new ProgramEvent.TaskEnded(stage, failure, lines, took);
    }

    private static @Nullable String failure(Program task, Slot slot) {
        return switch (task.phase()) {
            case ProgramPhase.Failed failed -> failed.why();
            case ProgramPhase.Stopped ignored -> "it was stopped";
            case ProgramPhase.Waiting ignored -> "it waits for others";
            case ProgramPhase.Running ignored -> slot.endedWell() ? null : slot.finished();
        };
    }
}
