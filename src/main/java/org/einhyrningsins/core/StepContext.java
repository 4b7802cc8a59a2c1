// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerHealth;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A program while a step changes it: the mutable inside of a pure function. Made from a [Program],
/// read back into one, never seen outside this package.
final class StepContext {
    /// Time longer than any limit but none.
    private static final Duration ENDLESS = DrainSpec.UNLIMITED.dividedBy(2);

    /// Time for a worker to vanish after its last signal; then nothing waits for it.
    private static final Duration LAST_HOPE = Duration.ofSeconds(10);

    /// Maximum time to serve what waits at its own sockets, before it is told to stop.
    static final Duration MAX_DRAIN = Duration.ofSeconds(1);

    /// Minimum time for that: a handshake takes a network round trip.
    static final Duration SHORTEST_DRAIN = Duration.ofMillis(200);

    final String name;
    final Moment now;
    ProgramPhase phase;
    ProgramVersion serving;
    int count;
    @Nullable Rollout rollout;
    String verdict;
    @Nullable FallbackVersion fallback;
    @Nullable VersionFailure setback;
    List<Moment> deaths;
    final DefinitionCommands.NewVersions versions;
    final List<PendingRequest> waits;

    /// May be walked over while slots are [#put], but not while they are trimmed.
    final List<Slot> slots;

    final List<ProgramEffect> effects = new ArrayList<>();
    private long nextIncarnation;

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
        this.deaths = program.deaths();
        this.versions = new DefinitionCommands.NewVersions(program.nextGeneration());
        this.waits = new ArrayList<>(program.waits());
        this.slots = new ArrayList<>(program.slots());
        this.nextIncarnation = program.nextIncarnation();
    }

    Program program() {
        return new Program(
                name,
                phase,
                serving,
                count,
                slots,
                rollout,
                waits,
                deaths,
                nextIncarnation,
                versions.next,
                verdict,
                fallback,
                setback,
                now);
    }

    /// An incarnation that has been used is not used again.
    void skip(long incarnation) {
        nextIncarnation = Math.max(nextIncarnation, incarnation + 1);
    }

    void put(Slot slot) {
        slots.set(slot.index(), slot);
    }

    Slot slot(int index) {
        return slots.get(index);
    }

    /// True if the slot is meant to have a worker: see [Program#wants].
    boolean wants(Slot slot) {
        return phase instanceof ProgramPhase.Running
                && slot.index() < count
                && !slot.held()
                && slot.finished() == null;
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
        WorkerId id = new WorkerId(slot, nextIncarnation++);
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

    /// Sends the first signal of a worker's stop and moves it to those that are leaving. Where its
    /// slot ends and others go on, what waits at its own sockets is served first.
    void tellToGo(Worker worker, Cause cause, @Nullable Signal first) {
        List<StopSpec.Step> steps = worker.version().spec().stop().steps();
        if (first == null && drains(worker)) {
            Moment latest = now.plus(MAX_DRAIN);
            leave(worker, worker.in(WorkerState.Stopping.draining(cause, steps, latest)));
            report(Severity.DEBUG, worker.id(), "gets nothing new: " + words(cause));
            return;
        }
        StopSpec.Step step = first(worker, cause);
        StopSpec.Step begin = first == null ? step : new StopSpec.Step(first, step.patience());
        WorkerState.Stopping going = new WorkerState.Stopping(cause, steps, now, false, null, null);
        leave(worker, worker.in(told(going, begin, steps.subList(1, steps.size()))));
        effects.add(send(worker, begin.signal(), false));
        report(Severity.DEBUG, worker.id(), begin.signal() + " sent: " + words(cause));
    }

    /// Remembers how the worker ended that its slot had: not one that was told to go and has a
    /// successor already, unless it failed.
    void noteEnd(Worker worker, WorkerExit workerExit) {
        Slot slot = slot(worker.id().slot());
        PreviousExit last = slot.past().last();
        if (last != null && last.worker().equals(worker.id())) {
            put(slot.last(last.with(workerExit)));
        } else if (!(worker.state() instanceof WorkerState.Stopping s)) {
            put(slot.last(new PreviousExit(worker.id(), worker.born(), now, workerExit, "")));
        } else if (slot.hasNoProcess()
                || s.cause() == Cause.FAILED_START
                || s.cause() == Cause.HUNG) {
            String why = words(s.cause());
            put(slot.last(new PreviousExit(worker.id(), worker.born(), now, workerExit, why)));
        }
    }

    /// The first step of a worker's stop. One that serves and has a successor may have longer.
    private StopSpec.Step first(Worker worker, Cause cause) {
        StopSpec.Step step = worker.version().spec().stop().steps().getFirst();
        Duration timeout = worker.version().spec().rollout().drain().timeout();
        boolean succeeded =
                switch (cause) {
                    case RETIRED, REPLACED -> !HealthChecks.isIll(worker, count);
                    case WITHDRAWN -> worker.up();
                    case SCALED, STOPPED, RESTARTED, FAILED_START, HUNG, LEFT_BEHIND -> false;
                };
        return timeout != null && succeeded ? new StopSpec.Step(step.signal(), timeout) : step;
    }

    /// Gives an old worker of a rollout only the usual time to stop from now on, if it may have had
    /// longer.
    void hurry(Worker worker) {
        boolean longer = worker.version().spec().rollout().drain().timeout() != null;
        if (longer
                && worker.state() instanceof WorkerState.Stopping s
                && !s.draining()
                && !s.rest().isEmpty()) {
            Duration patience = worker.version().spec().stop().steps().getFirst().patience();
            Moment latest = Moment.earlier(s.deadline(), now.plus(patience));
            replace(worker.in(s.until(latest)));
        }
    }

    private void leave(Worker worker, Worker going) {
        Slot slot = slot(worker.id().slot());
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.add(going);
        put(without(slot, worker).leaving(leaving));
    }

    private boolean drains(Worker worker) {
        if (!worker.version().spec().ownQueue() || wants(slot(worker.id().slot()))) {
            return false;
        }
        for (Slot slot : slots) {
            if (wants(slot)) {
                return true;
            }
        }
        return false;
    }

    /// Sends the first signal: what waited is served, or has waited for too long.
    void drained(Worker worker, WorkerState.Stopping state) {
        StopSpec.Step begin = first(worker, state.cause());
        List<StopSpec.Step> rest = state.rest().subList(1, state.rest().size());
        replace(worker.in(told(state, begin, rest)));
        effects.add(send(worker, begin.signal(), state.leaderless()));
        report(Severity.DEBUG, worker.id(), begin.signal() + " sent: " + words(state.cause()));
    }

    void tellToGo(Worker worker, Cause cause) {
        tellToGo(worker, cause, null);
    }

    /// The next signal for a worker that did not go.
    void insist(Worker worker, WorkerState.Stopping state) {
        if (state.draining()) {
            drained(worker, state);
            return;
        }
        if (state.rest().isEmpty()) {
            report(Severity.ERROR, worker.id(), "does not die; it hangs in the kernel, see wchan");
            replace(worker.in(state.until(null)));
            return;
        }
        StopSpec.Step next = state.rest().getFirst();
        List<StopSpec.Step> rest = state.rest().subList(1, state.rest().size());
        String who = state.leaderless() ? "the rest of it has not gone; " : "";
        String what = who.isEmpty() ? "has not gone; " : who;
        report(Severity.WARN, worker.id(), what + next.signal() + " sent");
        replace(worker.in(told(state, next, rest)));
        effects.add(send(worker, next.signal(), state.leaderless()));
    }

    /// A worker that was told to go has ended, and others of its process group have not. They get
    /// the signal that it had, unless they had it too, and what is left of the steps and the time.
    void goOnWithout(Worker worker, WorkerState.Stopping state, WorkerExit workerExit) {
        WorkerState.Stopping left = state.without(workerExit);
        Worker after = worker.in(left);
        if (state.draining()) {
            drained(after, left);
            return;
        }
        replace(after);
        String how =
                workerExit.equals(WorkerExit.UNKNOWN)
                        ? workerExit.toString()
                        : "its process ended (" + workerExit + ")";
        String what = how + ", others of it live";
        boolean toGroup = stop(worker).to() == StopSpec.To.GROUP || state.sent() == Signal.KILL;
        if (toGroup) {
            report(Severity.DEBUG, worker.id(), what);
            return;
        }
        Signal signal = signalForTheRest(worker, state);
        effects.add(send(worker, signal, true));
        report(Severity.INFO, worker.id(), what + ": " + signal + " sent to them" + next(left));
    }

    /// ABRT was for the core of the one that hung.
    static Signal signalForTheRest(Worker worker, WorkerState.Stopping state) {
        Signal sent = state.sent();
        return sent == null || sent == Signal.ABRT
                ? stop(worker).steps().getFirst().signal()
                : sent;
    }

    private String next(WorkerState.Stopping state) {
        Moment deadline = state.deadline();
        if (deadline == null || state.rest().isEmpty()) {
            return "";
        }
        Duration left = deadline.since(now);
        return left.compareTo(ENDLESS) > 0
                ? ", and they have as long as they need"
                : ", " + state.rest().getFirst().signal() + " in " + DurationText.of(left);
    }

    /// A worker that ended and was not told to go by us has left others behind. Whoever sent the
    /// signal that it died of meant them too; or nobody saw how it ended, so perhaps it was told
    /// to. They are given the time for it.
    void leaveBehind(Worker worker, WorkerExit workerExit) {
        List<StopSpec.Step> steps = stop(worker).steps();
        StopSpec.Step first = steps.getFirst();
        Signal asked = workerExit.asked();
        StopSpec.Step begin = asked == null ? first : new StopSpec.Step(asked, first.patience());
        Slot slot = slot(worker.id().slot());
        WorkerState.Stopping left =
                new WorkerState.Stopping(Cause.LEFT_BEHIND, steps, now, false, null, workerExit);
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.add(worker.in(told(left, begin, steps.subList(1, steps.size()))));
        put(slot.leaving(leaving));
        effects.add(send(worker, begin.signal(), true));
        report(Severity.WARN, worker.id(), begin.signal() + " sent: " + words(Cause.LEFT_BEHIND));
    }

    private static StopSpec stop(Worker worker) {
        return worker.version().spec().stop();
    }

    private WorkerState.Stopping told(
            WorkerState.Stopping state, StopSpec.Step step, List<StopSpec.Step> rest) {
        Moment next = now.plus(rest.isEmpty() ? LAST_HOPE : step.patience());
        return state.told(step.signal(), rest, next);
    }

    private static ProgramEffect send(Worker worker, Signal signal, boolean leaderless) {
        boolean group = leaderless || stop(worker).to() == StopSpec.To.GROUP;
        return new ProgramEffect.Send(worker.id(), signal, group || signal == Signal.KILL);
    }

    /// Puts a changed worker where it was.
    void replace(Worker worker) {
        Slot slot = slot(worker.id().slot());
        if (is(slot.current(), worker)) {
            put(slot.current(worker));
        } else if (is(slot.successor(), worker)) {
            put(slot.successor(worker));
        } else {
            List<Worker> leaving = new ArrayList<>(slot.leaving());
            leaving.replaceAll(w -> is(w, worker) ? worker : w);
            put(slot.leaving(leaving));
        }
    }

    /// The slot without one of its workers.
    static Slot without(Slot slot, Worker worker) {
        if (is(slot.current(), worker)) {
            return slot.current(null);
        }
        if (is(slot.successor(), worker)) {
            return slot.successor(null);
        }
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.removeIf(w -> is(w, worker));
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

    private static boolean is(@Nullable Worker one, Worker other) {
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

    static String words(Cause cause) {
        return switch (cause) {
            case RETIRED -> "its successor is up";
            case SCALED -> "fewer workers are wanted";
            case STOPPED -> "stopped by the operator";
            case RESTARTED -> "restarted by the operator";
            case FAILED_START -> "it did not come up in time";
            case HUNG -> "it gives no sign of life";
            case WITHDRAWN -> "its rollout was given up";
            case REPLACED -> "another comes when it is gone";
            case LEFT_BEHIND -> "its process ended, others of it live";
        };
    }
}
