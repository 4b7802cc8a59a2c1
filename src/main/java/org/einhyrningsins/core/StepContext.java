// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.ProgramVersions;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.TaskState;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerHealth;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// A program while a step changes it: the mutable inside of a pure function. Made from a [Program],
/// read back into one, never seen outside this package.
final class StepContext {
    final String name;

    final Moment now;

    ProgramPhase phase;

    ProgramVersion serving;

    int count;

    @Nullable Rollout rollout;
    String verdict;

    @Nullable FallbackVersion fallback;
    @Nullable VersionFailure setback;
    TaskState tasks;
    List<Moment> deaths;

    final DefinitionCommands.NewVersions versions;

    final List<PendingRequest> waits;

    /// May be walked over while slots are [#put], but not while they are trimmed.
    final List<Slot> slots;

    final List<ProgramEffect> effects = new ArrayList<>();

    StepContext(Program program, Moment now) {
        this.name = program.name();
        this.now = now;
        this.phase = program.phase();
        this.serving = program.serving();
        this.count = program.count();
        this.rollout = program.rollout();
        this.verdict = program.verdict();
        this.fallback = program.fallback();
        this.setback = program.setback();
        this.tasks = program.tasks();
        this.deaths = program.pool().deaths();
        this.versions =
                new DefinitionCommands.NewVersions(
                        program.versions().next(),
                        program.pool().nextIncarnation(),
                        program.versions().renewal());
        this.waits = new ArrayList<>(program.waits());
        this.slots = new ArrayList<>(program.slots());
    }

    Program program() {
        return new Program(
                name,
                phase,
                new ProgramVersions(
                        serving, versions.next, verdict, fallback, setback, versions.renewal),
                new Program.Pool(count, slots, deaths, versions.incarnation),
                rollout,
                waits,
                tasks,
                now);
    }

    /// An incarnation that has been used is not used again.
    void skip(long incarnation) {
        versions.incarnation = Math.max(versions.incarnation, incarnation + 1);
    }

    void put(Slot slot) {
        slots.set(slot.index(), slot);
    }

    Slot slot(int index) {
        return slots.get(index);
    }

    /// True if the slot is meant to have a worker: see [Program#wants].
    boolean wants(Slot slot) {
        return phase instanceof ProgramPhase.Running && slot.isWanted(count);
    }

    /// True if its workers are in a crash loop: see [Program#crashLoop()].
    boolean crashLoop() {
        return Program.crashLoop(phase, count, slots);
    }

    boolean advancing() {
        return rollout != null && !rollout.draining();
    }

    /// True if a worker belongs to the rollout that is trying to place it.
    boolean onTrial(Worker worker) {
        return rollout != null && !rollout.draining() && rollout.owns(worker);
    }

    // ---- workers

    Worker spawn(int slot, ProgramVersion programVersion) {
        WorkerId id = new WorkerId(slot, versions.incarnation++);
        effects.add(new ProgramEffect.Spawn(id, programVersion));
        return new Worker(
                id, programVersion, now, starting(programVersion.spec().ack()), WorkerHealth.NONE);
    }

    /// The time a worker has from now on to be up.
    WorkerState.Starting starting(AckSpec ack) {
        Moment deadline =
                now.plus(ack.mode() instanceof AckSpec.Timer timer ? timer.after() : ack.timeout());
        return new WorkerState.Starting(deadline, ack.mode() instanceof AckSpec.Probe ? now : null);
    }

    /// Remembers how the worker ended that its slot had: not one that was told to go and has a
    /// successor already, unless it failed.
    void noteEnd(Worker worker, WorkerExit workerExit) {
        Slot slot = slot(worker.id().slot());
        PreviousExit last = slot.past().last();
        if (last != null && last.worker().equals(worker.id())) {
            put(slot.last(last.with(workerExit)));
        } else if (!(worker.state() instanceof WorkerState.Stopping s)) {
            put(slot.last(new PreviousExit(worker.id(), worker.startedAt(), now, workerExit, "")));
        } else if (slot.hasNoProcess()
                || s.cause() == StopCause.FAILED_START
                || s.cause() == StopCause.HUNG
                || s.cause() == StopCause.OVERDUE) {
            String why = s.cause().words();
            put(slot.last(new PreviousExit(worker.id(), worker.startedAt(), now, workerExit, why)));
        }
    }

    /// Puts a changed worker where it was.
    void replace(Worker worker) {
        Slot slot = slot(worker.id().slot());
        if (isSame(slot.current(), worker)) {
            put(slot.current(worker));
        } else if (isSame(slot.successor(), worker)) {
            put(slot.successor(worker));
        } else {
            List<Worker> leaving = new ArrayList<>(slot.leaving());
            leaving.replaceAll(w -> isSame(w, worker) ? worker : w);
            put(slot.leaving(leaving));
        }
    }

    /// The slot without one of its workers.
    static Slot without(Slot slot, Worker worker) {
        if (isSame(slot.current(), worker)) {
            return slot.current(null);
        }
        if (isSame(slot.successor(), worker)) {
            return slot.successor(null);
        }
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.removeIf(w -> isSame(w, worker));
        return slot.leaving(leaving);
    }

    @Nullable Worker find(WorkerId id) {
        if (id.slot() < slots.size()) {
            for (Worker worker : slot(id.slot()).workers()) {
                if (worker.id().equals(id)) {
                    return worker;
                }
            }
        }
        return null;
    }

    private static boolean isSame(@Nullable Worker one, Worker other) {
        return one != null && one.id().equals(other.id());
    }

    // ---- words

    void report(Severity severity, @Nullable WorkerId worker, String message) {
        effects.add(new ProgramEffect.Report(severity, worker, message));
    }

    /// Answers a command, once: it is not waited for any more. Does not log it.
    void answer(
            PendingRequest pendingRequest, boolean done, String message, @Nullable WorkerId blame) {
        waits.remove(pendingRequest);
        effects.add(
                new ProgramEffect.Answer(
                        pendingRequest.ticket(), done, name + ": " + message, blame));
    }

    /// Makes a request that waits for the rollout wait until the old version is back.
    void expectBack(PendingRequest pendingRequest) {
        waits.remove(pendingRequest);
        waits.add(
                new PendingRequest(
                        pendingRequest.ticket(),
                        pendingRequest.verb(),
                        pendingRequest.began(),
                        pendingRequest.scope(),
                        PendingRequest.Until.RESTORED));
        effects.add(new ProgramEffect.Progress(pendingRequest.ticket(), name + ": " + verdict));
    }
}
