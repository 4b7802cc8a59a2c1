// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.explain;

import org.einhyrningsins.control.report.EventReport;
import org.einhyrningsins.control.report.ExplainReport.Cause;
import org.einhyrningsins.control.report.ExplainReport.Explanation;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.FactStore;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Explains why a program is as it is: from its state in the core, and from the typed facts that
/// led there. What the manager cannot know for sure is said to be likely, or not said.
public final class Explainer {
    /// Events before the cause that are told.
    private static final int MAX_BEFORE = 5;

    private static final Set<FactKind> FAILURES =
            EnumSet.of(
                    FactKind.EXITED,
                    FactKind.SPAWN_FAILED,
                    FactKind.ACK_MISSED,
                    FactKind.HUNG,
                    FactKind.UNHEALTHY);

    private static final Set<FactKind> CHANGES =
            EnumSet.of(
                    FactKind.COMMAND,
                    FactKind.CONFIG_READ,
                    FactKind.ROLLOUT_BEGAN,
                    FactKind.ROLLOUT_ENDED,
                    FactKind.VERSION_FAILED,
                    FactKind.CRASH_LOOP,
                    FactKind.GAVE_UP);

    private final ProgramTable programTable;
    private final Statuses statuses;
    private final FactStore factStore;
    private final WorkerSpawner workerSpawner;

    /// Says how programs are.
    public interface Statuses {
        /// Returns the status of a program.
        ///
        /// @param slots only these; null for the whole program
        ProgramStatus of(ProgramHost host, @Nullable Set<Integer> slots);
    }

    public Explainer(
            ProgramTable programTable,
            Statuses statuses,
            FactStore factStore,
            WorkerSpawner workerSpawner) {
        this.programTable = programTable;
        this.statuses = statuses;
        this.factStore = factStore;
        this.workerSpawner = workerSpawner;
    }

    /// Facts about a program when it is explained.
    ///
    /// @param facts its facts and those of the manager, the oldest first
    /// @param failure its last failure that still matters; null for none
    /// @param lines the last lines of the worker that failed; empty for none
    record Case(
            ProgramHost host,
            ProgramStatus status,
            List<Fact> facts,
            @Nullable Fact failure,
            String lines) {
        Program program() {
            return host.program();
        }

        /// The last fact of a kind; null if there is none.
        @Nullable Fact last(FactKind kind) {
            for (Fact fact : facts.reversed()) {
                if (fact.kind() == kind) {
                    return fact;
                }
            }
            return null;
        }
    }

    /// Explains the state of a program.
    ///
    /// @param slots only these; null for the whole program
    public Explanation of(ProgramHost host, @Nullable Set<Integer> slots) {
        ProgramStatus status = statuses.of(host, slots);
        List<Fact> facts = factStore.since(Long.MIN_VALUE, Set.of(host.name(), ""));
        Fact failure = failure(host.program(), facts, slots);
        String lines = failure == null ? "" : lines(host, failure);
        Case known = new Case(host, status, facts, failure, lines);
        Cause cause = cause(known);
        return new Explanation(
                slots == null || slots.size() != 1
                        ? host.name()
                        : host.name() + ":" + slots.iterator().next(),
                state(status),
                cause,
                before(known),
                lines,
                NextStep.of(known),
                FailureHints.of(known, programTable));
    }

    private static String state(ProgramStatus status) {
        return status.state().word()
                + ", "
                + status.ready()
                + " of "
                + status.wanted()
                + " ready, generation "
                + status.generation();
    }

    // ---- what failed

    /// The last failure of a slot that has not recovered from it; where all is well, none.
    private static @Nullable Fact failure(
            Program program, List<Fact> facts, @Nullable Set<Integer> slots) {
        if (FailureHints.failedByTask(program)) {
            return null; // no worker failed
        }
        boolean recovered = false;
        for (Fact fact : facts.reversed()) {
            boolean its = slots == null || slots.contains(fact.slot());
            if (its && fact.kind() == FactKind.SUSPENDED) { // ready or not, before or since
                if (isSuspended(program, fact.slot())) {
                    return fact;
                }
            } else if (its && !recovered && FAILURES.contains(fact.kind())) {
                if (isFailure(program, fact)) {
                    return fact;
                }
            } else if (fact.kind() == FactKind.READY && its && program.setback() == null) {
                recovered = true; // from what failed before
            }
        }
        return null;
    }

    private static boolean isSuspended(Program program, int slot) {
        Worker worker =
                slot < 0 || slot >= program.slots().size()
                        ? null
                        : program.slots().get(slot).current();
        return worker != null && worker.health().suspended() != null;
    }

    /// Ends that were asked for are no failures, nor is the end of a worker whose failure to come
    /// up in time was told before.
    private static boolean isFailure(Program program, Fact fact) {
        if (fact.kind() != FactKind.EXITED) {
            return true;
        }
        boolean done = program.outcome() == Program.Outcome.DONE && fact.detail("code").equals("0");
        return fact.detail("cause").isEmpty() && !done;
    }

    private String lines(ProgramHost host, Fact failure) {
        if (failure.slot() < 0 || failure.slot() >= host.program().slots().size()) {
            return "";
        }
        Slot slot = host.program().slots().get(failure.slot());
        WorkerId blame = slot.past().blame();
        if (blame == null && slot.past().last() != null) {
            blame = slot.past().last().worker();
        }
        if (blame == null && slot.current() != null) {
            blame = slot.current().id();
        }
        return blame == null
                ? ""
                : host.workforce().lastLines(blame, workerSpawner.writerThreads());
    }

    // ---- why

    private Cause cause(Case known) {
        Program program = known.program();
        return switch (program.phase()) {
            case ProgramPhase.Stopped ignored -> stopped(known);
            case ProgramPhase.Waiting waiting ->
                    new Cause("waiting", waiting(waiting), since(known, FactKind.WAITING), 0);
            case ProgramPhase.Failed failed ->
                    new Cause(
                            "gave-up",
                            failed.why(),
                            since(known, FactKind.GAVE_UP),
                            failures(known));
            case ProgramPhase.Running ignored -> running(known);
        };
    }

    private static Cause stopped(Case known) {
        Fact command = known.last(FactKind.COMMAND);
        Fact stop = null;
        for (Fact fact : known.facts()) {
            stop = fact.detail("command").equals("stop") ? fact : stop;
        }
        String who = stop == null || command == null ? "by the operator" : stop.message();
        if (stop == null && known.program().newest().startedByHand()) {
            who =
                    known.program().newest().schedule() == null
                            ? "it is started by hand (start: manual)"
                            : "it waits for its time";
        }
        String since =
                stop == null ? since(known, FactKind.STOPPED) : FactTimes.rfc3339(stop.atMillis());
        return new Cause("stopped", "stopped: " + who, since, 0);
    }

    private String waiting(ProgramPhase.Waiting waiting) {
        StringBuilder words = new StringBuilder(waiting.words());
        for (String name : waiting.on()) {
            ProgramHost other = programTable.get(name);
            if (other != null) {
                ProgramStatus status = statuses.of(other, null);
                words.append("; ").append(name).append(" is ").append(status.state().word());
                words.append(status.note().isEmpty() ? "" : " (" + status.note() + ")");
            }
        }
        return words.toString();
    }

    private Cause running(Case known) {
        Program program = known.program();
        ProgramStatus.State state = known.status().state();
        if (state == ProgramStatus.State.DONE) {
            return new Cause("done", "all its workers ended well", since(known, FactKind.DONE), 0);
        }
        if (state == ProgramStatus.State.STOPPED || state == ProgramStatus.State.STOPPING) {
            return stopped(known);
        }
        if (state == ProgramStatus.State.ROLLING) {
            String word = program.canary(FactTimes.moment()) == null ? "rolling" : "canary";
            return new Cause(
                    word, known.status().rollout(), since(known, FactKind.ROLLOUT_BEGAN), 0);
        }
        Fact failure = known.failure();
        if (program.setback() != null) {
            return new Cause(
                    "version-failed",
                    known.status().rollout(),
                    since(known, FactKind.VERSION_FAILED),
                    0);
        }
        if (failure != null
                && (state != ProgramStatus.State.RUNNING || failure.kind() == FactKind.UNHEALTHY)) {
            String word =
                    state == ProgramStatus.State.CRASH_LOOP ? "crash-loop" : situation(failure);
            String since = known.status().failures().since();
            String at = FactTimes.rfc3339(failure.atMillis());
            return new Cause(word, failed(failure), since.isEmpty() ? at : since, failures(known));
        }
        String illness = program.healthProblem();
        if (illness != null) {
            return new Cause("unhealthy", illness, since(known, FactKind.UNHEALTHY), 0);
        }
        return switch (state) {
            case RUNNING -> new Cause("well", well(known), since(known, FactKind.READY), 0);
            case STARTING ->
                    new Cause(
                            "starting",
                            FailureHints.awaited(program),
                            since(known, FactKind.STARTED),
                            0);
            default -> {
                String note = known.status().note();
                yield new Cause(
                        state.word(), note.isEmpty() ? "see status" : note, "", failures(known));
            }
        };
    }

    private String well(Case known) {
        String note = known.status().note();
        String failed = failedTask(known.program());
        String well = failed == null ? "everything is well" : "all its workers are well, but ";
        return well + (failed == null ? "" : failed) + (note.isEmpty() ? "" : "; " + note);
    }

    /// Describes the task after its last rollout, if that failed; null if none did.
    private @Nullable String failedTask(Program program) {
        for (ProgramHost host : programTable.all()) {
            Program task = host.program();
            if (program.name().equals(task.newest().taskOwner())
                    && task.tasks().ranFor() == program.serving().generation()
                    && task.slots().stream().anyMatch(Slot::endedBadly)) {
                return host.name() + " failed: 'explain " + host.name() + "' says why";
            }
        }
        return null;
    }

    /// The word for a failure.
    static String situation(Fact failure) {
        if (failure.kind() != FactKind.EXITED) {
            return failure.kind().word();
        }
        if (!failure.detail("oom").isEmpty()) {
            return "out-of-memory";
        }
        if (!failure.detail("signal").isEmpty()) {
            return "killed";
        }
        return switch (failure.detail("code")) {
            case "126" -> "cannot-execute";
            case "127" -> "not-found";
            default -> "exited";
        };
    }

    private static String failed(Fact failure) {
        String lived = failure.detail("lived_ms");
        return failure.subject()
                + (failure.pid() == 0 ? "" : " pid " + failure.pid())
                + ": "
                + failure.message()
                + (lived.isEmpty() ? "" : " (it lived " + lived + "ms)");
    }

    private static int failures(Case known) {
        return known.status().failures().inARow();
    }

    private static String since(Case known, FactKind kind) {
        Fact fact = known.last(kind);
        return fact == null ? "" : FactTimes.rfc3339(fact.atMillis());
    }

    // ---- before

    private static List<EventReport.Entry> before(Case known) {
        List<EventReport.Entry> before = new ArrayList<>();
        for (Fact fact : known.facts().reversed()) {
            if (CHANGES.contains(fact.kind()) && before.size() < MAX_BEFORE) {
                before.addFirst(FactTimes.entry(fact));
            }
        }
        return before;
    }
}
