// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CrashHistory;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.DependencyState;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.ProgramVersions;
import org.einhyrningsins.core.model.TaskState;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StartSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// State of one program at one moment: everything that is known about it, and nothing of others.
///
/// @param phase the phase: whether it is meant to run
/// @param versions the version that serves, and what became of others
/// @param pool the slots with its workers
/// @param rollout the rollout under way; null if none is
/// @param waits commands that are not answered yet
/// @param tasks tasks of a rollout that are under way; of a task, when it ran
/// @param asOf time of the last step
public record Program(
        String name,
        ProgramPhase phase,
        ProgramVersions versions,
        Pool pool,
        @Nullable Rollout rollout,
        List<PendingRequest> waits,
        TaskState tasks,
        Moment asOf) {
    public Program {
        waits = List.copyOf(waits);
    }

    /// Workers of a program.
    ///
    /// @param count number of workers wanted; first the file's, then as changed by the operator
    /// @param slots by index; more than `count` while workers of removed slots are leaving
    /// @param deaths recent deaths, as far back as `give-up` looks
    /// @param nextIncarnation incarnation of the next worker
    public record Pool(int count, List<Slot> slots, List<Moment> deaths, long nextIncarnation) {
        public Pool {
            slots = List.copyOf(slots);
            deaths = List.copyOf(deaths);
        }
    }

    /// See [ProgramVersions#serving()].
    public ProgramVersion serving() {
        return versions.serving();
    }

    /// See [ProgramVersions#verdict()].
    public String verdict() {
        return versions.verdict();
    }

    /// See [ProgramVersions#fallback()].
    public @Nullable FallbackVersion fallback() {
        return versions.fallback();
    }

    /// See [ProgramVersions#setback()].
    public @Nullable VersionFailure setback() {
        return versions.setback();
    }

    /// See [Pool#count()].
    public int count() {
        return pool.count;
    }

    /// See [Pool#slots()].
    public List<Slot> slots() {
        return pool.slots;
    }

    /// A program that is known and does not run yet.
    public static Program of(ProgramSpec spec, Moment now) {
        return of(spec, spec.workers(), 1, now);
    }

    /// A program that does not run yet, of whose name there may have been one before.
    ///
    /// @param count number of workers wanted, whatever the definition says
    /// @param nextIncarnation none of that name has had it
    public static Program of(ProgramSpec spec, int count, long nextIncarnation, Moment now) {
        return of(new ProgramVersion(1, spec), count, List.of(), nextIncarnation, now);
    }

    /// The same, of a version that may come after others.
    ///
    /// @param held numbers of slots that stay stopped
    public static Program of(
            ProgramVersion first, int count, List<Integer> held, long nextIncarnation, Moment now) {
        List<Slot> slots = new ArrayList<>();
        for (int slot = 0; slot < count && !held.isEmpty(); slot++) {
            slots.add(Slot.empty(slot, now).hold(held.contains(slot)));
        }
        return new Program(
                first.spec().name(),
                new ProgramPhase.Stopped(),
                ProgramVersions.of(first),
                new Pool(count, slots, List.of(), nextIncarnation),
                null,
                List.of(),
                TaskState.NONE,
                now);
    }

    /// Applies an event and returns the program after it, with the effects to carry out.
    ///
    /// @param now not before [#asOf()]
    public Transition step(ProgramEvent programEvent, Moment now) {
        return ProgramStep.run(this, programEvent, now);
    }

    /// Returns when [ProgramEvent.DeadlinePassed] is due; null if time alone changes nothing.
    public @Nullable Moment earliestDeadline() {
        Moment earliest = null;
        for (Slot slot : slots()) {
            earliest = Moment.earlier(earliest, slot.deadline());
            earliest = Moment.earlier(earliest, WorkerReplacement.due(this, slot));
            earliest = Moment.earlier(earliest, later(slot.failuresForgottenAt()));
            if (slot.current() == null && wants(slot)) {
                earliest = Moment.earlier(earliest, later(slot.refill()));
            }
        }
        if (rollout != null && !rollout.draining()) {
            earliest = Moment.earlier(earliest, later(rollout.retryAt()));
            earliest = Moment.earlier(earliest, later(rollout.watchedUntil()));
            earliest = Moment.earlier(earliest, later(FirstWorkerTrial.due(this, rollout)));
        }
        if (fallback() != null) {
            earliest = Moment.earlier(earliest, later(fallback().until(serving())));
        }
        return earliest;
    }

    /// Returns the moment unless it has passed: what was due at the last step and did not happen
    /// waits for something else than time.
    private @Nullable Moment later(@Nullable Moment when) {
        return when == null || when.reached(asOf) ? null : when;
    }

    /// Describes why a worker is to be replaced although it runs; null if it is not.
    public @Nullable String replacementReason(Worker worker) {
        return WorkerReplacement.replacementReason(worker, count(), asOf);
    }

    /// Describes what the health checks show to be wrong with the program as a whole; null if
    /// nothing is, or if they say something only about single workers.
    public @Nullable String healthProblem() {
        for (Slot slot : slots()) {
            if (slot.current() != null && HealthChecks.showsIllness(slot.current(), count())) {
                return HealthChecks.illness(slot.current());
            }
        }
        return null;
    }

    /// Describes the state of its rollout's canary; null if none is awaited.
    public @Nullable String canary(Moment now) {
        return CanaryWatch.words(this, now);
    }

    /// True if its workers are in a crash loop, which ends when one has proved itself: see
    /// [CrashHistory].
    public boolean crashLoop() {
        return crashLoop(phase, count(), slots());
    }

    static boolean crashLoop(ProgramPhase programPhase, int count, List<Slot> slots) {
        if (!(programPhase instanceof ProgramPhase.Running)) {
            return false;
        }
        for (Slot slot : slots) {
            if (slot.isWanted(count) && slot.past().crashLoop()) {
                return true;
            }
        }
        return false;
    }

    /// Describes the trial of its rollout's first new worker; null if none is on trial.
    public @Nullable String firstWorkerTrial(Moment now) {
        return FirstWorkerTrial.words(this, now);
    }

    /// True if it still has the verdict of a rollout that no longer matters once the wanted version
    /// serves.
    public boolean remembersFailure() {
        return rollout == null && !verdict().isEmpty() && !verdict().startsWith("rolled");
    }

    /// True if the slot is meant to have a worker.
    public boolean wants(Slot slot) {
        return phase instanceof ProgramPhase.Running && slot.isWanted(count());
    }

    /// True if it has that worker.
    public boolean has(WorkerId id) {
        return worker(id) != null;
    }

    /// True if the other processes of a worker are waited for when its own process ends: they were
    /// told to stop as it was, by the manager or by the sender of the signal that it died of. The
    /// rest of a worker that ended of itself is killed at once, as its successor takes its place.
    public boolean waitsForGroupOf(WorkerId id, WorkerExit workerExit) {
        WorkerState state = state(id);
        return state instanceof WorkerState.Stopping stopping
                ? !stopping.leaderless()
                : state != null && workerExit.asked() != null;
    }

    /// Returns the exit of a worker's own process of which only others of its process group are
    /// left; null if it lives, or no worker has that id.
    public @Nullable WorkerExit exitOfLeader(WorkerId id) {
        return state(id) instanceof WorkerState.Stopping stopping ? stopping.leader() : null;
    }

    /// The signal for what a worker leaves behind that was told to go: the last that it had; null
    /// if it was not told to.
    public @Nullable Signal signalForGroupOf(WorkerId id) {
        Worker worker = worker(id);
        return worker != null && worker.state() instanceof WorkerState.Stopping stopping
                ? WorkerStop.signalForGroup(worker, stopping)
                : null;
    }

    private @Nullable WorkerState state(WorkerId id) {
        Worker worker = worker(id);
        return worker == null ? null : worker.state();
    }

    private @Nullable Worker worker(WorkerId id) {
        if (id.slot() < slots().size()) {
            for (Worker worker : slots().get(id.slot()).workers()) {
                if (worker.id().equals(id)) {
                    return worker;
                }
            }
        }
        return null;
    }

    /// Returns the number of workers that are up.
    public int ready() {
        int ready = 0;
        for (Slot slot : slots()) {
            ready += slot.current() != null && slot.current().serves() ? 1 : 0;
        }
        return ready;
    }

    /// True if it is to serve in place of other programs and has not done so yet.
    public boolean isFirstRollout() {
        return rollout != null && rollout.isFirst(serving());
    }

    /// True if no process of it is left.
    public boolean hasNoProcess() {
        return slots().stream().allMatch(Slot::hasNoProcess);
    }

    /// Returns its state as a dependency of other programs.
    public DependencyState dependencyState() {
        return DependencyGate.state(this);
    }

    /// Returns its state as a dependency on a condition: up if that holds.
    ///
    /// @param when null for the usual one
    public DependencyState dependencyState(StartSpec.@Nullable When when) {
        return when == StartSpec.When.STARTED && DependencyGate.started(this)
                ? DependencyState.UP
                : DependencyGate.state(this);
    }

    /// Final result of a program that does not go on without a command.
    public enum Outcome {
        /// All its workers ended with success.
        DONE,
        /// It gave up, or no worker is left and one failed; a job (see
        /// [ProgramSpec#endsByItself()]) as soon as one of its workers did.
        FAILED
    }

    /// Returns its final result; null if it has not ended.
    public @Nullable Outcome outcome() {
        if (phase instanceof ProgramPhase.Failed) {
            return Outcome.FAILED;
        }
        if (!(phase instanceof ProgramPhase.Running)) {
            return null;
        }
        int well = 0;
        int badly = 0;
        boolean goesOn = false;
        for (Slot slot : slots()) {
            if (slot.index() < count() && !slot.held()) {
                well += slot.endedWell() ? 1 : 0;
                badly += slot.endedBadly() ? 1 : 0;
                goesOn |= slot.finished() == null;
            }
        }
        if (badly > 0 && (!goesOn || serving().spec().endsByItself())) {
            return Outcome.FAILED;
        }
        return well > 0 && !goesOn ? Outcome.DONE : null;
    }

    /// Returns the operator overrides that differ from the newest definition.
    public OperatorOverride operatorOverride() {
        boolean onItsWayBack = rollout != null && rollout.workers() != null;
        boolean other = count() != serving().spec().workers() && count() != newest().workers();
        List<Integer> held = new ArrayList<>();
        slots().stream().filter(Slot::held).forEach(slot -> held.add(slot.index()));
        return new OperatorOverride(
                phase instanceof ProgramPhase.Stopped && !newest().startedByHand(),
                other && !onItsWayBack ? count() : null,
                held,
                newestVersion().rollback());
    }

    /// The newest version that it was given and has not turned down.
    public ProgramVersion newestVersion() {
        return rollout == null ? serving() : rollout.target();
    }

    /// The newest definition it was given and has not turned down.
    public ProgramSpec newest() {
        return newestVersion().spec();
    }

    /// Returns the kind of change that taking over that definition is.
    ///
    /// @param roll roll even if nothing has changed
    public DefinitionChange.Kind takeover(ProgramSpec spec, boolean roll) {
        return new Takeover(this).kind(spec, roll);
    }
}
