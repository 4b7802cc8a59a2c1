// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.observe;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.spec.ProgramCondition;
import org.einhyrningsins.spec.RestartSpec;
import org.jspecify.annotations.Nullable;

/// Result of a look at a program for a condition: it holds, it may come, or it cannot come unless
/// an operator acts.
///
/// @param words state of the program as to the condition, for a person
public record ConditionCheck(Result result, String words) {
    /// The three results.
    public enum Result {
        MET,
        PENDING,
        IMPOSSIBLE
    }

    /// Looks at a program as it is now.
    public static ConditionCheck of(Program program, ProgramCondition condition) {
        return switch (condition) {
            case READY -> ready(program);
            case STOPPED -> stopped(program);
            case DONE -> done(program);
            case ROLLED -> rolled(program);
        };
    }

    private static ConditionCheck ready(Program program) {
        ConditionCheck atRest = atRest(program);
        if (atRest != null) {
            return atRest;
        }
        if (program.outcome() == Program.Outcome.DONE) {
            return met("done");
        }
        int wanted = 0;
        int ready = 0;
        int held = 0;
        for (Slot slot : program.slots()) {
            held += slot.held() && slot.index() < program.count() ? 1 : 0;
            wanted += program.wants(slot) ? 1 : 0;
            boolean serves = slot.current() != null && slot.current().serves();
            ready += program.wants(slot) && serves ? 1 : 0;
        }
        if (wanted == 0 && held > 0) {
            return impossible("every worker is stopped by the operator");
        }
        String words = ready + " of " + DurationText.workers(wanted) + " ready";
        return ready == wanted ? met(words) : pending(words);
    }

    /// A program that does not run, and will not by itself; null for all others.
    private static @Nullable ConditionCheck atRest(Program program) {
        return switch (program.phase()) {
            case ProgramPhase.Failed failed -> impossible(failed.why());
            case ProgramPhase.Stopped ignored ->
                    impossible(
                            !program.newest().startedByHand()
                                    ? "stopped by the operator"
                                    : program.newest().schedule() == null
                                            ? "stopped; it is started by hand (start: manual)"
                                            : "stopped; it runs by its schedule");
            case ProgramPhase.Waiting waiting ->
                    waiting.by() == null ? pending(waiting.words()) : impossible(waiting.words());
            case ProgramPhase.Running ignored ->
                    program.outcome() == Program.Outcome.FAILED
                            ? impossible("failed: " + failure(program))
                            : null;
        };
    }

    private static String failure(Program program) {
        for (Slot slot : program.slots()) {
            PreviousExit last = slot.past().last();
            if (slot.endedBadly() && last != null) {
                return last.words();
            }
        }
        return "see the log";
    }

    private static ConditionCheck stopped(Program program) {
        if (!program.hasNoProcess()) {
            return pending("it runs");
        }
        boolean atRest =
                program.phase() instanceof ProgramPhase.Stopped
                        || program.phase() instanceof ProgramPhase.Failed
                        || program.outcome() != null
                        || program.slots().stream().noneMatch(program::wants);
        boolean waits = program.phase() instanceof ProgramPhase.Waiting;
        return atRest && !waits ? met("no process is left") : pending("it is about to start");
    }

    private static ConditionCheck done(Program program) {
        ConditionCheck atRest = atRest(program);
        if (atRest != null) {
            return atRest;
        }
        if (program.outcome() == Program.Outcome.DONE) {
            return met("done");
        }
        return program.newest().restart().when() == RestartSpec.When.ALWAYS
                ? impossible("it does not end by itself, as restart: always has it")
                : pending("it runs");
    }

    private static ConditionCheck rolled(Program program) {
        Rollout rollout = program.rollout();
        if (rollout != null) {
            int generation = rollout.target().generation();
            return pending("the rollout to generation " + generation + " goes on");
        }
        VersionFailure failure = program.setback();
        if (failure != null) {
            return impossible(failure.words(""));
        }
        if (program.remembersFailure()) {
            return impossible(program.verdict());
        }
        return met("generation " + program.serving().generation() + " serves");
    }

    private static ConditionCheck met(String words) {
        return new ConditionCheck(Result.MET, words);
    }

    private static ConditionCheck pending(String words) {
        return new ConditionCheck(Result.PENDING, words);
    }

    private static ConditionCheck impossible(String words) {
        return new ConditionCheck(Result.IMPOSSIBLE, words);
    }
}
