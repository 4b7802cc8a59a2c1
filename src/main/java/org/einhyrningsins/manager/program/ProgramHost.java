// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.metric.ProgramCounters;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/// One program at run time: a queue of events, the core's state that they step, and the classes
/// that carry out the effects.
///
/// [WorkerLifecycle] follows the workers' processes, [WorkerMessageHandler] takes what workers say
/// at their sockets ([ProgramWorkerSockets]), [EffectRunner] does what the core decides.
public final class ProgramHost {
    /// Wait for the next deadline after a bug: one that cannot be met would else be met for ever.
    private static final Duration AFTER_AN_INTERNAL_ERROR = Duration.ofSeconds(1);

    private final Surface surface;
    private final ProgramContext context = new Context();
    private final Deque<ProgramEvent> pending = new ArrayDeque<>();
    private final ProgramWorkers workers;
    private final ProgramCgroupLimits limits;
    private final ProgramCounters programCounters;
    private Program program;
    private boolean stepping;
    private long upgradedMillis;
    private @Nullable Moment deadline;
    private boolean fresh; // no worker of it has been started yet, under any manager

    /// Services of the manager that a program's host uses.
    public record Surface(
            EventLoop loop,
            WorkerServices workers,
            SocketTable sockets,
            WorkerSockets.Opener doors,
            Path control,
            ProgramListener listener) {}

    /// Hosts a program that is new. Its worker sockets are opened for its first worker, unless
    /// [#prepare] does it before: what fails then is a failed start.
    ///
    /// @param first the version that it begins with
    /// @param byHand what an operator set of it
    /// @param incarnation of its first worker
    public ProgramHost(
            ProgramVersion first, OperatorOverride byHand, long incarnation, Surface surface) {
        ProgramSpec spec = first.spec();
        int count = byHand.workers() == null ? spec.workers() : byHand.workers();
        this(
                Program.of(first, count, byHand.held(), incarnation, Clock.now()),
                new ProgramCounters(Clock.wallMillis()),
                surface);
        fresh = true;
    }

    /// Goes on where another manager stopped. Its processes are our children, or adopted.
    public ProgramHost(ProgramSnapshot image, Surface surface) throws IOException {
        this(
                Recovery.carriedOver(image.program(), Clock.now()),
                new ProgramCounters(image.counters()),
                surface);
        for (WorkerSocketsSnapshot sockets : image.workerSockets()) {
            workers.sockets().resume(sockets);
        }
        for (WorkerSnapshot worker : image.workers()) {
            Worker known = context.worker(worker.id());
            ProgramSpec spec = known == null ? program.newest() : known.version().spec();
            workers.lifecycle().adopt(worker, spec);
        }
        deadline = Clock.now();
    }

    private ProgramHost(Program program, ProgramCounters programCounters, Surface surface) {
        this.surface = surface;
        this.program = program;
        this.programCounters = programCounters;
        this.limits = new ProgramCgroupLimits(surface.workers().orphanReaper(), context);
        this.workers = ProgramWorkers.of(context, surface);
    }

    /// State for another manager to go on with.
    ///
    /// @param retiring the file has it no more
    public ProgramSnapshot image(boolean retiring) {
        return new ProgramSnapshot(
                program,
                retiring,
                workers.lifecycle().images(),
                workers.sockets().images(),
                programCounters.numbers(),
                List.of());
    }

    /// Opens worker sockets for workers of that definition, if they are not open.
    ///
    /// @return how to undo it
    public Runnable prepare(ProgramSpec spec) throws IOException {
        return workers.sockets().prepare(spec);
    }

    public String name() {
        return program.name();
    }

    public Program program() {
        return program;
    }

    /// Returns the next time to call [#deadlinePassed]; null for never.
    public @Nullable Moment deadline() {
        return Moment.earlier(deadline, workers.starter().due());
    }

    /// Does what is due at that time.
    public void deadlinePassed(Moment now) {
        workers.starter().checkDelayed(now);
        if (deadline != null && deadline.reached(now)) {
            take(new ProgramEvent.DeadlinePassed());
        }
    }

    /// Reason why its workers' health is not known; null if it is, or nobody asks.
    public @Nullable String unknownHealthReason() {
        return program.newest().monitoring().health() == null ? null : workers.probes().failure();
    }

    /// Start of its last rollout, by the wall clock; 0 for none.
    public long upgradedMillis() {
        return upgradedMillis;
    }

    /// Counters of what happened to it.
    public ProgramCounters counters() {
        return programCounters;
    }

    /// Its workers' processes.
    public WorkerTable workforce() {
        return workers.table();
    }

    /// Last lines of a worker's output, to be appended to a message; empty if there are none.
    public String lastWords(WorkerId worker) {
        return workers.table().lastWords(worker, surface.workers().spawner().writerThreads());
    }

    public void close() {
        limits.end(name());
        workers.sockets().close();
    }

    /// Lets a worker acknowledge at the control socket, if its program does so there.
    ///
    /// @return why not; null if it counts
    public @Nullable String acked(int pid, PeerCredentials sender) {
        return workers.messages().ackedAtControlSocket(pid, sender);
    }

    /// Lets a worker say at either socket that it is alive.
    ///
    /// @return why it does not count; null if it does
    public @Nullable String pinged(WorkerMessage.Ping ping, PeerCredentials sender) {
        return workers.messages().pingedAtControlSocket(ping, sender);
    }

    /// Takes note that sockets of it have other descriptors than before.
    public void socketsChanged() {
        workers.templates().clear();
    }

    /// Takes note that a child of ours was stopped by a signal, or goes on.
    public void changed(Children.Change change) {
        workers.lifecycle().changed(change);
    }

    // ---- events

    /// Has an event happen to it. What an effect brings about at once (a failed spawn) is taken up
    /// after all effects of the step before.
    public void take(ProgramEvent programEvent) {
        if (programEvent instanceof ProgramEvent.Acked(WorkerId worker)) {
            surface.workers().spawner().journalAck(name(), worker);
        }
        pending.add(programEvent);
        if (stepping) {
            return;
        }
        Program before = program;
        boolean well = true;
        stepping = true;
        for (ProgramEvent next = pending.poll(); next != null; next = pending.poll()) {
            well &= step(next);
        }
        stepping = false;
        deadline = well ? program.earliestDeadline() : Clock.now().plus(AFTER_AN_INTERNAL_ERROR);
        if (ProgramChanges.hasOtherDefinitions(before, program)) {
            surface.listener().definitionChanged(this);
        } else if (ProgramChanges.needsFewerSockets(before, program)) {
            surface.listener().requestSocketClose();
        }
        surface.listener().stepped(this);
        if (program.newest().isTask()) {
            surface.listener().taskChanged(this);
        }
        if (ProgramChanges.hasFinished(before, program)) {
            surface.listener().finished();
        }
    }

    /// A bug in one step must not keep the steps after it from happening, nor let whoever asked
    /// wait for ever.
    ///
    /// @return whether all went well
    private boolean step(ProgramEvent programEvent) {
        Transition transition;
        try {
            transition = program.step(programEvent, Clock.now());
        } catch (RuntimeException e) {
            surface.listener().internalError(this, e);
            if (programEvent instanceof ProgramEvent.Requested asked) {
                String why = name() + ": failed by our own bug, see the log: " + e;
                surface.listener().answer(this, asked.failed(why), "");
            }
            return false;
        }
        noteRollout(program.rollout(), transition.program().rollout());
        return carryOut(programEvent, transition);
    }

    /// Goes on after its manager was killed. All workers that live are in the table.
    ///
    /// @param found what else was found of it
    public void recover(Recovery.Found found) {
        stepping = true;
        Program before = program;
        carryOut(null, Recovery.after(program, found, Clock.now()));
        programCounters.recovered(before, program);
        stepping = false;
        take(new ProgramEvent.DeadlinePassed()); // and whatever failed to be spawned
    }

    private boolean carryOut(@Nullable ProgramEvent programEvent, Transition transition) {
        Program before = program;
        program = transition.program();
        limits.follow(program.newest());
        boolean counted = program.newest().job() != null; // each run of it is to be known
        if ((fresh || counted) && ProgramChanges.hasSpawn(transition)) {
            fresh = false;
            surface.listener().spawning(this);
        }
        // deeds before words: who waits for a new worker should not wait for a line in the log
        boolean well = true;
        for (ProgramEffect programEffect : transition.effects()) {
            well &= carryOut(programEffect, workers.effects()::run);
        }
        if (programEvent != null) {
            programCounters.happened(before, programEvent);
        }
        programCounters.countStep(
                before, transition, Clock.wallMillis()); // an answer may write it down
        if (ProgramChanges.hasDeveloped(before, program)) {
            surface.listener().versionOrHealthChanged(this); // before who waits learns of it
        }
        StepFacts.report(this, surface.listener(), before, programEvent, transition);
        for (ProgramEffect programEffect : transition.effects()) {
            well &= carryOut(programEffect, workers.effects()::deliver);
        }
        return well;
    }

    private void noteRollout(@Nullable Rollout before, @Nullable Rollout now) {
        if (now != null && (before == null || !before.target().equals(now.target()))) {
            upgradedMillis = Clock.wallMillis();
        }
    }

    /// The core relies on every effect, so one that fails does not take the others with it.
    private boolean carryOut(ProgramEffect programEffect, Consumer<ProgramEffect> part) {
        try {
            part.accept(programEffect);
            return true;
        } catch (RuntimeException e) {
            surface.listener().internalError(this, e);
            if (programEffect instanceof ProgramEffect.Spawn spawn
                    && workers.table().of(spawn.worker()) == null) {
                pending.add(new ProgramEvent.SpawnFailed(spawn.worker(), "by our own bug: " + e));
            }
            return false;
        }
    }

    /// Access to this program for the classes that act for it.
    private final class Context implements ProgramContext {
        @Override
        public Program program() {
            return program;
        }

        @Override
        public void take(ProgramEvent programEvent) {
            ProgramHost.this.take(programEvent);
        }

        @Override
        public void enqueue(ProgramEvent programEvent) {
            pending.add(programEvent);
        }

        @Override
        public void progress(long ticket, String message) {
            surface.listener().progress(ticket, message);
        }

        @Override
        public void answer(ProgramEffect.Answer answer, String lastWords) {
            surface.listener().answer(ProgramHost.this, answer, lastWords);
        }

        @Override
        public void missesRelease(ProgramVersion version) {
            if (version.equals(program.serving())) { // not in the middle of a step
                surface.loop().afterwards(() -> surface.listener().missesRelease(ProgramHost.this));
            }
        }

        @Override
        public void taskOrdered() {
            surface.listener().taskChanged(ProgramHost.this);
        }

        @Override
        public void taskDropped(TaskStage stage) {
            surface.listener().taskDropped(stage);
        }

        @Override
        public void report(
                ProgramEffect.Severity severity, @Nullable WorkerId worker, String message) {
            String subject =
                    worker == null ? name() : workers.table().logName(program.name(), worker);
            surface.listener().report(ProgramHost.this, severity, subject, message);
        }
    }
}
