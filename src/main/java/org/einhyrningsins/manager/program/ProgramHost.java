// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.ProgramCounters;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.channel.NewlineAckPipe;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.output.AckLineMatcher;
import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.DelayedSpawns;
import org.einhyrningsins.manager.spawn.SpawnTemplate;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessMemory;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// One program in the world: its core state, the processes of its workers, its worker sockets.
public final class ProgramHost {
    /// After a bug, deadlines wait that long: one that cannot be met would else be met for ever.
    private static final Duration AFTER_A_BUG = Duration.ofSeconds(1);

    private final Surface surface;
    private final Deque<ProgramEvent> pending = new ArrayDeque<>();
    private final WorkerTable workerTable = new WorkerTable();
    private final Map<String, WorkerSockets> doors = new HashMap<>();
    private final Map<WorkerId, NewlineAckPipe> pipes = new HashMap<>(0);
    private final WorkerMessageHandler workerMessageHandler =
            new WorkerMessageHandler(this, workerTable);
    private final DetachedProcesses detachedProcesses;
    private final DelayedSpawns late = new DelayedSpawns();
    private final WaitBudget crowded = new WaitBudget(50_000_000);
    private final LateNews lateNews = new LateNews();
    private final Map<WorkerId, ProcReader.Question<Long>> weighing = new HashMap<>(0);
    private @Nullable PendingChild lastCheck;
    private final ProgramCounters programCounters;
    private final ProgramCgroupLimits limits;
    private Program program;
    private @Nullable SpawnTemplate latest;
    private @Nullable SpawnTemplate earlier;
    private boolean stepping;

    /// No worker of it has been born yet, under any manager.
    private boolean fresh;

    /// Why the last command that was to tell how a worker is could not be run; null if it could.
    private @Nullable String unasked;

    private long upgradedMillis;
    private @Nullable Moment deadline;

    /// What a program's host needs of the manager.
    public record Surface(
            EventLoop loop,
            WorkerSpawner births,
            SocketTable sockets,
            ProbeRunner prober,
            OrphanReaper strays,
            ProcessGroupWatch groups,
            WorkerSockets.Opener doors,
            Path control,
            Listener listener) {}

    /// Who hears of it.
    public interface Listener {
        void progress(long ticket, String message);

        /// What was asked of it is done, or is not.
        void answer(ProgramHost host, long ticket, boolean done, String message);

        /// Something worth telling happened.
        ///
        /// @param subject the program, or one of its workers with its pid
        void report(
                ProgramHost host, ProgramEffect.Severity severity, String subject, String message);

        /// What was said at the control socket until now is to be heard.
        void listen();

        /// An event has been dealt with.
        void stepped(ProgramHost host);

        /// It has fewer slots, so sockets may be over.
        void unsettled();

        /// Workers of it are about to be born.
        void births(ProgramHost host);

        /// A slot of it is not filled again: how its worker ended cannot be found out later.
        void finished();

        /// Its definitions have changed, so sockets may be over.
        void redefined(ProgramHost host);

        /// What cannot happen did; it is survived.
        void bug(ProgramHost host, RuntimeException thrown);
    }

    /// Hosts a program that is new.
    ///
    /// @param byHand what an operator set of it
    /// @param incarnation of its first worker
    public ProgramHost(ProgramSpec spec, OperatorOverride byHand, long incarnation, Surface surface)
            throws IOException {
        this.surface = surface;
        this.detachedProcesses = new DetachedProcesses(surface.strays(), new Leftovers());
        this.limits = new ProgramCgroupLimits(surface.strays(), this::reportLimits);
        int count = byHand.workers() == null ? spec.workers() : byHand.workers();
        this.program = Program.of(spec, count, byHand.held(), incarnation, Clock.now());
        this.programCounters = new ProgramCounters(Clock.wallMillis());
        fresh = true;
        door(spec);
    }

    /// Goes on where another manager stopped. Its processes are our children, or adopted.
    public ProgramHost(ProgramSnapshot image, Surface surface) throws IOException {
        this.surface = surface;
        this.detachedProcesses = new DetachedProcesses(surface.strays(), new Leftovers());
        this.limits = new ProgramCgroupLimits(surface.strays(), this::reportLimits);
        Moment now = Clock.now();
        this.program = Recovery.handedOn(image.program(), now);
        this.programCounters = new ProgramCounters(image.tally());
        for (WorkerSocketsSnapshot door : image.doors()) {
            doors.put(door.user(), surface.doors().resume(door, workerMessageHandler));
        }
        for (WorkerSnapshot worker : image.workers()) {
            Worker known = worker(worker.id());
            ProgramSpec spec = known == null ? program.newest() : known.version().spec();
            List<OutputPipe> output = surface.births().resume(spec, worker);
            watch(WorkerProcess.of(worker, spec, output));
            workerTable.says(worker.id(), worker.words());
        }
        deadline = now;
    }

    private void watch(WorkerProcess process) {
        workerTable.add(process);
        hearAck(process);
        WorkerExit ended =
                process.pidfd() < 0 ? WorkerExit.UNKNOWN : program.leaderOf(process.id());
        if (ended == null) {
            surface.loop().watch(process.pidfd(), Poll.IN, events -> died(process));
            goOnWithBirth(process);
        } else {
            detachedProcesses.attend(mark(process), process, null); // they were told before
            awaitRest(process, ended);
        }
    }

    /// One that the manager before began and that was held up may be so still.
    private void goOnWithBirth(WorkerProcess process) {
        Worker worker = worker(process.id());
        if (worker != null && !(worker.state() instanceof WorkerState.Starting)) {
            return;
        }
        boolean delayed =
                worker != null && worker.state() instanceof WorkerState.Starting s && s.delayed();
        boolean unborn = Processes.isUnborn(process.pid());
        if (delayed || unborn) {
            late.add(process, null);
        }
        if (unborn) {
            pending.add(new ProgramEvent.Delayed(process.id()));
        }
    }

    private void hearAck(WorkerProcess process) {
        if (process.ack() >= 0) {
            Runnable acked = () -> take(new ProgramEvent.Acked(process.id()));
            pipes.put(process.id(), new NewlineAckPipe(surface.loop(), process.ack(), acked));
        }
        Worker worker = worker(process.id());
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Log log) {
            process.pipes().forEach(pipe -> pipe.listen(ear(process.id(), log.match())));
        }
    }

    private AckLineMatcher ear(WorkerId id, String match) {
        return new AckLineMatcher(
                match,
                () -> starting(id),
                () -> take(new ProgramEvent.Acked(id)),
                () -> tooHard(id));
    }

    private boolean starting(WorkerId id) {
        Worker worker = worker(id);
        return worker != null && worker.state() instanceof WorkerState.Starting;
    }

    private void tooHard(WorkerId id) {
        String what = "wrote a line on which the search for its ack takes too long; such lines are";
        String next = " passed over: make ack.match simpler";
        report(ProgramEffect.Severity.WARN, id, what + next);
    }

    /// What another manager needs to go on.
    ///
    /// @param retiring the file has it no more
    public ProgramSnapshot image(boolean retiring) {
        List<WorkerSnapshot> workers = new ArrayList<>();
        for (WorkerProcess process : workerTable.all()) {
            if (worker(process.id()) != null) { // else it died in this very step
                NewlineAckPipe pipe = pipes.get(process.id());
                int open = pipe == null ? -1 : pipe.fd();
                long started = workerTable.startTicks(process);
                workers.add(process.image(workerTable.words(process.id()), open, started));
            }
        }
        List<WorkerSocketsSnapshot> open = new ArrayList<>();
        doors.forEach((user, door) -> open.add(door.image(user)));
        return new ProgramSnapshot(
                program, retiring, workers, open, programCounters.numbers(), List.of());
    }

    /// Opens what workers of that definition need, if it is not open.
    ///
    /// @return how to undo it
    public Runnable prepare(ProgramSpec spec) throws IOException {
        Set<String> before = Set.copyOf(doors.keySet());
        door(spec);
        return () -> {
            for (String user : List.copyOf(doors.keySet())) {
                WorkerSockets door = before.contains(user) ? null : doors.remove(user);
                if (door != null) {
                    door.close();
                }
            }
        };
    }

    /// Where workers of that definition speak to us. A door is for one user; there is a second one
    /// if a newer definition has another.
    private WorkerSockets door(ProgramSpec spec) throws IOException {
        String user = spec.identity().user() == null ? "" : spec.identity().user();
        WorkerSockets door = doors.get(user);
        if (door == null) {
            door = surface.doors().open(spec, workerMessageHandler);
            doors.put(user, door);
        }
        return door;
    }

    public String name() {
        return program.name();
    }

    public Program program() {
        return program;
    }

    /// When it wants to be told the time; null for never.
    public @Nullable Moment deadline() {
        return Moment.earlier(deadline, late.due());
    }

    /// Lets what is due at that time happen.
    public void elapse(Moment now) {
        late.look(now, lateNews);
        if (deadline != null && deadline.reached(now)) {
            take(new ProgramEvent.DeadlinePassed());
        }
    }

    /// Why it is not known how its workers are; null if it is, or nobody asks.
    public @Nullable String unasked() {
        return program.newest().care().health() == null ? null : unasked;
    }

    /// When it last began to be rolled, by the wall clock; 0 for never.
    public long upgradedMillis() {
        return upgradedMillis;
    }

    /// How often what happened to it.
    public ProgramCounters tally() {
        return programCounters;
    }

    /// Its processes.
    public WorkerTable workforce() {
        return workerTable;
    }

    public void close() {
        limits.end(name());
        doors.values().forEach(WorkerSockets::close);
        doors.clear();
    }

    /// Lets a worker acknowledge at the control socket, if its program does so there.
    ///
    /// @return why not; null if it counts
    public @Nullable String acked(int pid, PeerCredentials sender) {
        if (program.newest().bond().workerSocket() == ManagerLinkSpec.WorkerSocket.OWN) {
            return ControlServer.ELSEWHERE;
        }
        return workerMessageHandler.acked(pid, sender)
                ? null
                : "you may not acknowledge for pid " + pid;
    }

    /// Lets a worker say at either socket that it is alive.
    ///
    /// @return why it does not count; null if it does
    public @Nullable String pinged(WorkerMessage.Ping ping, PeerCredentials sender) {
        return workerMessageHandler.pinged(ping, sender)
                ? null
                : "you may not ping for pid " + ping.pid();
    }

    // ---- events

    /// Lets something happen to it. What an effect brings about at once (a failed spawn) is taken
    /// up after all effects of the step before.
    public void take(ProgramEvent programEvent) {
        if (programEvent instanceof ProgramEvent.Acked(WorkerId worker)) {
            surface.births().noteAck(name(), worker);
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
        deadline = well ? program.earliestDeadline() : Clock.now().plus(AFTER_A_BUG);
        if (!before.definitions().equals(program.definitions())) {
            surface.listener().redefined(this);
        } else if (before.slots().size() > program.slots().size()
                || (program.fallback() != null
                        && !before.inService().equals(program.inService()))) {
            surface.listener().unsettled();
        }
        surface.listener().stepped(this);
        if (hasFinished(before, program)) {
            surface.listener().finished();
        }
    }

    private static boolean hasFinished(Program before, Program now) {
        for (Slot slot : now.slots()) {
            boolean was =
                    slot.index() < before.slots().size()
                            && before.slots().get(slot.index()).finished() != null;
            if (slot.finished() != null && !was) {
                return true;
            }
        }
        return false;
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
            surface.listener().bug(this, e);
            if (programEvent instanceof ProgramEvent.Requested asked) {
                String why = name() + ": failed by our own bug, see the log: " + e;
                surface.listener().answer(this, asked.ticket(), false, why);
            }
            return false;
        }
        noteRollout(program.rollout(), transition.program().rollout());
        return carryOut(programEvent, transition);
    }

    /// What was found of it after its manager was killed. All that lives is in the workforce.
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
        if (fresh && isBearing(transition)) {
            fresh = false;
            surface.listener().births(this);
        }
        // deeds before words: who waits for a new worker should not wait for a line in the log
        boolean well = true;
        for (ProgramEffect programEffect : transition.effects()) {
            well &= carryOut(programEffect, this::act);
        }
        count(before, programEvent, transition); // an answer may have it written down
        for (ProgramEffect programEffect : transition.effects()) {
            well &= carryOut(programEffect, this::tell);
        }
        return well;
    }

    private static boolean isBearing(Transition transition) {
        for (ProgramEffect programEffect : transition.effects()) {
            if (programEffect instanceof ProgramEffect.Spawn) {
                return true;
            }
        }
        return false;
    }

    private void count(Program before, @Nullable ProgramEvent programEvent, Transition transition) {
        if (programEvent != null) {
            programCounters.happened(before, programEvent);
        }
        programCounters.took(before, transition, Clock.wallMillis());
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
            surface.listener().bug(this, e);
            if (programEffect instanceof ProgramEffect.Spawn spawn
                    && workerTable.of(spawn.worker()) == null) {
                pending.add(new ProgramEvent.SpawnFailed(spawn.worker(), "by our own bug: " + e));
            }
            return false;
        }
    }

    private void act(ProgramEffect programEffect) {
        switch (programEffect) {
            case ProgramEffect.Spawn e -> spawn(e);
            case ProgramEffect.Send e -> send(e);
            case ProgramEffect.Deliver ignored -> {}
            case ProgramEffect.Probe e -> probe(e);
            case ProgramEffect.EndProbe e -> surface.prober().forget(key(e.worker()));
            case ProgramEffect.Weigh e -> weigh(e.worker());
            case ProgramEffect.Progress ignored -> {}
            case ProgramEffect.Answer ignored -> {}
            case ProgramEffect.Report ignored -> {}
        }
    }

    private void tell(ProgramEffect programEffect) {
        switch (programEffect) {
            case ProgramEffect.Spawn e ->
                    report(ProgramEffect.Severity.DEBUG, e.worker(), "spawned");
            case ProgramEffect.Send ignored -> {}
            case ProgramEffect.Deliver e -> {
                var delivery = SignalDelivery.of(e, program, workerTable);
                surface.listener().answer(this, e.ticket(), delivery.reached(), delivery.words());
            }
            case ProgramEffect.Probe ignored -> {}
            case ProgramEffect.EndProbe ignored -> {}
            case ProgramEffect.Weigh ignored -> {}
            case ProgramEffect.Progress e -> surface.listener().progress(e.ticket(), e.message());
            case ProgramEffect.Answer e ->
                    surface.listener()
                            .answer(
                                    this,
                                    e.ticket(),
                                    e.done(),
                                    e.message()
                                            + workerTable.lastWords(
                                                    e.blame(), surface.births().lanes()));
            case ProgramEffect.Report e -> report(e.severity(), e.worker(), e.message());
        }
    }

    // ---- effects

    private void spawn(ProgramEffect.Spawn order) {
        WorkerId id = order.worker();
        try {
            requireNoneHeldUp();
            WorkerSpawner.Born born = surface.births().spawn(id, blueprint(order.version()));
            WorkerProcess process = born.process();
            workerTable.add(process);
            hearAck(process);
            if (process.line() >= 0) {
                door(order.version().spec())
                        .connect(
                                process.line(),
                                new PeerCredentials(process.pid(), process.uid(), -1));
            }
            surface.loop().watch(process.pidfd(), Poll.IN, events -> died(process));
            if (born.birth() != null) {
                late.add(process, born.birth());
                pending.add(new ProgramEvent.Delayed(id));
            }
        } catch (WorkerSpawner.SpawnRefusedException e) {
            pending.add(new ProgramEvent.SpawnFailed(id, String.valueOf(e.getMessage())));
        } catch (IOException e) {
            String why = "cannot make its worker sockets: " + RuntimeFiles.why(e);
            pending.add(new ProgramEvent.SpawnFailed(id, why));
        } catch (PosixException | UnknownAccountException e) {
            WorkerProcess unwatched = workerTable.forget(id);
            if (unwatched != null) {
                abandon(unwatched);
            }
            pending.add(new ProgramEvent.SpawnFailed(id, String.valueOf(e.getMessage())));
        }
    }

    /// One that was told to go and cannot, since it is held up on its way to its program, is
    /// enough: others would join it.
    private void requireNoneHeldUp() throws WorkerSpawner.SpawnRefusedException {
        if (!late.room(crowded.nanos(Clock.now()))) {
            crowded.missed(Clock.now());
            throw new WorkerSpawner.SpawnRefusedException(
                    DelayedSpawns.MOST
                            + " of its workers still wait in the kernel for whoever owns the file"
                            + " of their program, its interpreter or directory");
        }
        for (WorkerProcess process : late.processes()) {
            Worker worker = worker(process.id());
            if (worker == null || worker.state() instanceof WorkerState.Stopping) {
                throw new WorkerSpawner.SpawnRefusedException(
                        "pid "
                                + process.pid()
                                + ", which was to be a worker of it, still waits in the kernel for"
                                + " whoever owns the file of its program, its interpreter or"
                                + " directory; none is started until it is gone");
            }
        }
    }

    /// What becomes of those that do not execute their program at once.
    private final class LateNews implements DelayedSpawns.Told {
        @Override
        public void executed(WorkerId id) {
            take(new ProgramEvent.Executed(id));
        }

        @Override
        public void waits(WorkerId id, Duration time) {
            String what =
                    "does not execute its program yet, after "
                            + time.toSeconds()
                            + "s: the kernel waits for whoever owns the file, its interpreter or"
                            + " directory; it alone is held up";
            report(ProgramEffect.Severity.WARN, id, what);
        }
    }

    /// At most two versions are in use: the one that serves and the one that is to.
    private SpawnTemplate blueprint(ProgramVersion programVersion)
            throws WorkerSpawner.SpawnRefusedException, IOException {
        SpawnTemplate known = latest;
        if (known != null && known.version().equals(programVersion)) {
            return known;
        }
        SpawnTemplate other = earlier;
        earlier = known;
        latest =
                other != null && other.version().equals(programVersion)
                        ? other
                        : newBlueprint(programVersion);
        return latest;
    }

    /// Sockets of it have other descriptors than before.
    public void socketsChanged() {
        latest = null;
        earlier = null;
    }

    private SpawnTemplate newBlueprint(ProgramVersion programVersion)
            throws WorkerSpawner.SpawnRefusedException, IOException {
        WorkerSockets door = door(programVersion.spec());
        Path acks =
                switch (programVersion.spec().bond().workerSocket()) {
                    case OWN -> door.ackPath();
                    case CONTROL -> surface.control();
                };
        return surface.births().blueprint(programVersion, acks, door.notifyPath());
    }

    /// One whose death we would not hear of. It is a child of ours and nobody's worker, so it is
    /// reaped as an orphan.
    private void abandon(WorkerProcess process) {
        boolean heard = false;
        for (WorkerSockets door : doors.values()) {
            heard |= door.disconnect(process.line(), process.pid());
        }
        if (!heard && process.line() >= 0) {
            Descriptors.close(process.line());
        }
        NewlineAckPipe pipe = pipes.remove(process.id());
        if (pipe != null) {
            pipe.close();
        } else if (process.ack() >= 0) {
            Descriptors.close(process.ack());
        }
        Processes.killGroup(process.pid(), Signal.KILL);
        surface.strays().sweep(WorkerTag.of(name(), process.id()), process.pid());
        Descriptors.close(process.pidfd());
    }

    /// What is left of one that was told to go is waited for, in its process group and in others.
    /// Of others it is ended, while the leader of the group is still a zombie, so that no other
    /// group can have its number.
    private void died(WorkerProcess process) {
        WorkerId id = process.id();
        if (mayHaveAcked(id)) {
            listen();
        }
        NewlineAckPipe pipe = pipes.remove(process.id());
        if (pipe != null) {
            pipe.hear();
            pipe.close();
        }
        WorkerExit workerExit = exit(process);
        if (workerExit == null) {
            return;
        }
        workerExit = surface.strays().withCause(workerExit, WorkerTag.of(name(), id));
        boolean patient = program.goesOnWithout(id, workerExit);
        if (!patient) {
            Processes.killGroup(process.pid(), Signal.KILL);
        }
        reap(process);
        surface.loop().forget(process.pidfd());
        if (!patient && Processes.groupExists(process.pidfd(), process.pid())) {
            String what = workerExit + "; KILL sent to what it left in its process group";
            report(ProgramEffect.Severity.WARN, id, what);
        }
        if (patient && leavesOthers(process)) {
            surface.births().noteEnd(name(), id, workerExit);
            take(new ProgramEvent.LeaderExited(id, workerExit));
            awaitRest(process, workerExit);
        } else {
            gone(process, workerExit);
        }
    }

    /// @param workerExit how its own process ended
    private void awaitRest(WorkerProcess process, WorkerExit workerExit) {
        ProcessGroupWatch.Others others =
                () ->
                        detachedProcesses.attend(
                                mark(process), process, program.signalFor(process.id()));
        Runnable empty = () -> gone(process, workerExit);
        surface.groups().await(process.pidfd(), process.pid(), others, empty);
    }

    /// A remembered executable may be elsewhere by now.
    private void forgetExecutables() {
        for (SpawnTemplate each : new SpawnTemplate[] {latest, earlier}) {
            if (each != null) {
                each.forgetExecutable();
            }
        }
    }

    private String mark(WorkerProcess process) {
        return WorkerTag.of(name(), process.id());
    }

    /// Who hears of what is in other process groups than the worker's own.
    private final class Leftovers implements DetachedProcesses.Told {
        @Override
        public void told(WorkerId worker, int pid, Signal signal) {
            String what =
                    signal + " sent to pid " + pid + ", which it has in another process group";
            boolean killed = signal == Signal.KILL;
            report(
                    killed ? ProgramEffect.Severity.DEBUG : ProgramEffect.Severity.INFO,
                    worker,
                    what);
        }

        @Override
        public void refused(WorkerId worker, int pid, Signal signal, String why) {
            String what = "pid " + pid + " of it cannot be sent SIG" + signal + ": " + why;
            report(ProgramEffect.Severity.ERROR, worker, what);
        }
    }

    /// Nobody is left of it.
    private void gone(WorkerProcess process, WorkerExit workerExit) {
        WorkerId id = process.id();
        detachedProcesses.forget(id);
        int left = surface.strays().sweep(WorkerTag.of(name(), id), process.pid());
        surface.prober().forget(key(id));
        process.pipes().forEach(output -> output.drain(true));
        SpawnException failure = late.ended(id);
        surface.births().attend();
        weighing.remove(id);
        if (failure == null) {
            WorkerExit seen = workerExit.leaving(left);
            surface.births().noteEnd(name(), id, seen);
            take(new ProgramEvent.Exited(id, seen));
        } else {
            forgetExecutables();
            take(new ProgramEvent.SpawnFailed(id, String.valueOf(failure.getMessage())));
        }
        surface.loop().afterwards(() -> depart(process));
    }

    /// A child of ours was stopped by a signal, or goes on. A signal that we have no name for is
    /// none that stops anybody.
    public void changed(Processes.Change change) {
        WorkerProcess process = workerTable.byPid(change.pid());
        Signal by = Signal.of(change.by());
        if (process != null && by != null) {
            take(new ProgramEvent.Suspended(process.id(), by));
        } else if (process != null) {
            take(new ProgramEvent.Resumed(process.id()));
        }
    }

    /// Whether others of a dead worker live, in its process group or in others. One that was
    /// adopted may still be a zombie of its parent, and the kernel counts it as one of the group.
    private boolean leavesOthers(WorkerProcess process) {
        int pid = process.pid();
        boolean any = Processes.groupExists(process.pidfd(), pid);
        try {
            return (any && (!process.adopted() || Processes.members(Set.of(pid)).containsKey(pid)))
                    || !detachedProcesses.of(mark(process), process, false).isEmpty();
        } catch (PosixException e) {
            return any; // no descriptor to look with: who waits for the group looks again
        }
    }

    /// Whether it makes a difference what it said before it died.
    private boolean mayHaveAcked(WorkerId id) {
        Worker worker = worker(id);
        return worker != null && worker.state() instanceof WorkerState.Starting;
    }

    /// Takes up all that workers have said until now.
    private void listen() {
        if (program.newest().bond().workerSocket() == ManagerLinkSpec.WorkerSocket.CONTROL) {
            surface.listener().listen();
        }
        doors.values().forEach(WorkerSockets::listen);
    }

    /// Not on the way from deaths to births: what its siblings have to say would come before the
    /// next birth. Its own last words are heard while it is still known whose they are.
    private void depart(WorkerProcess process) {
        listen();
        if (process.line() >= 0) {
            doors.values().forEach(door -> door.disconnect(process.line(), process.pid()));
        }
        workerTable.depart(process);
        if (process.pidfd() >= 0) {
            Descriptors.close(process.pidfd());
        }
    }

    /// How it ended; null if it has not yet. One that is adopted is no child of ours and reaped by
    /// others; one that died while the launcher ran between two managers was perhaps reaped by the
    /// launcher's shell, which waits for any child.
    private static @Nullable WorkerExit exit(WorkerProcess process) {
        try {
            return known(Processes.peek(process.pidfd()));
        } catch (PosixException e) {
            if (e.errno() != Errno.ECHILD) {
                throw e;
            }
            WorkerExit workerExit = known(Processes.exitOfStranger(process.pidfd()));
            return workerExit == null ? WorkerExit.UNKNOWN : workerExit;
        }
    }

    private static void reap(WorkerProcess process) {
        try {
            Processes.reap(process.pidfd());
        } catch (PosixException e) {
            if (e.errno() != Errno.ECHILD) { // others reap it
                throw e;
            }
        }
    }

    private static @Nullable WorkerExit known(
            org.einhyrningsins.posix.kernel.@Nullable ProcessExit processExit) {
        return processExit == null
                ? null
                : new WorkerExit(
                        processExit.code(),
                        processExit.signal(),
                        processExit.core(),
                        0,
                        false,
                        false);
    }

    private void send(ProgramEffect.Send order) {
        WorkerProcess process = workerTable.of(order.worker());
        if (process == null) {
            return;
        }
        boolean led = program.leaderOf(order.worker()) == null && process.pidfd() >= 0;
        try {
            if (order.signal() == Signal.KILL) { // while it is known what came from whom
                detachedProcesses.tell(mark(process), process, led, order.signal());
            }
            send(process, order.signal(), order.group());
            boolean heard = order.signal() == Signal.KILL;
            if (!heard && (order.group() || Processes.isStopped(process.pid()))) {
                send(process, Signal.CONT, order.group());
            }
            if (order.signal() == Signal.KILL || (order.group() && !led)) { // and what was forked
                detachedProcesses.tell(mark(process), process, led, order.signal());
            }
            workerTable.signaled(order.worker());
        } catch (PosixException e) { // it became another user, and we are not root
            String what = "cannot be sent SIG" + order.signal() + ": " + e.getMessage();
            report(ProgramEffect.Severity.ERROR, order.worker(), what);
        }
    }

    private static void send(WorkerProcess process, Signal signal, boolean group) {
        if (group) {
            Processes.killGroup(process.pidfd(), process.pid(), signal);
        } else {
            Processes.kill(process.pidfd(), signal);
        }
    }

    private void probe(ProgramEffect.Probe order) {
        WorkerId id = order.worker();
        ProbeRunner.Asker asker = up -> take(new ProgramEvent.Probed(id, up));
        switch (order.target()) {
            case AckSpec.SocketTarget target ->
                    surface.prober().ask(key(id), target, address(id, target.endpoint()), asker);
            case AckSpec.ExecTarget target -> check(id, target, asker);
        }
    }

    private void check(WorkerId id, AckSpec.ExecTarget target, ProbeRunner.Asker asker) {
        Worker worker = worker(id);
        WorkerProcess process = workerTable.of(id);
        if (worker == null || process == null) {
            return;
        }
        try {
            SpawnTemplate spawnTemplate = blueprint(worker.version());
            requireCheckOver();
            WorkerSpawner workerSpawner = surface.births();
            WorkerCgroups.Check check =
                    workerSpawner.check(id, spawnTemplate, target.command(), process.pid());
            lastCheck = check.birth();
            unasked = null;
            Runnable over = () -> workerSpawner.checked(check);
            surface.prober().await(key(id), check.birth().child(), asker, over);
        } catch (IOException
                | WorkerSpawner.SpawnRefusedException
                | SpawnException
                | PosixException e) {
            String why = String.valueOf(e.getMessage());
            if (!starting(id) && !why.equals(unasked)) {
                unasked = why;
                String what = "its health is not known: cannot run its check: " + why;
                report(ProgramEffect.Severity.WARN, id, what + "; nobody is replaced for that");
            }
            take(new ProgramEvent.Unasked(id, why));
        }
    }

    /// One that is held up on its way is enough.
    private void requireCheckOver() throws WorkerSpawner.SpawnRefusedException {
        if (lastCheck != null && lastCheck.underWay()) {
            throw new WorkerSpawner.SpawnRefusedException(
                    "pid "
                            + lastCheck.child().pid()
                            + ", the check before, still waits in the kernel for whoever owns the"
                            + " file of its program, its interpreter or directory");
        }
    }

    private void weigh(WorkerId id) {
        Worker worker = worker(id);
        WorkerProcess process = workerTable.of(id);
        Long most = worker == null ? null : worker.version().spec().care().memoryMax();
        if (process == null || most == null) {
            return;
        }
        ProcReader.Question<Long> before = weighing.remove(id);
        ProcReader.Question<Long> asked =
                before == null
                        ? ProcReader.ask(this, () -> ProcessMemory.ofTree(process.pid(), most))
                        : before;
        Long bytes = asked.answer();
        if (bytes != null) {
            take(new ProgramEvent.Weighed(id, bytes));
        } else if (!asked.refused()) {
            weighing.put(id, asked); // perhaps it is known when it is asked next
        }
    }

    private String address(WorkerId id, AckSpec.Endpoint endpoint) {
        return switch (endpoint) {
            case AckSpec.OwnSocket own -> ownAddress(id, own.name());
            case AckSpec.Fixed fixed ->
                    fixed.host().getHostAddress() + ":" + fixed.port().expand(id.slot(), Map.of());
        };
    }

    /// Of the worker's own definition: a newer one may name other sockets.
    private String ownAddress(WorkerId id, String socket) {
        Worker worker = worker(id);
        ProgramSpec spec = worker == null ? program.newest() : worker.version().spec();
        List<BoundSocket> bound = surface.sockets().of(spec);
        for (int i = 0; i < bound.size(); i++) {
            if (spec.sockets().get(i).name().equals(socket)) {
                return bound.get(i).address();
            }
        }
        return "";
    }

    /// @param host not the program's name: an older program of that name may still be leaving
    private record Key(ProgramHost host, WorkerId worker) {}

    private Object key(WorkerId id) {
        return new Key(this, id);
    }

    // ---- words

    /// @param worker whom it is about; null for the program
    void report(ProgramEffect.Severity severity, @Nullable WorkerId worker, String message) {
        String subject = worker == null ? name() : workerTable.subject(name(), worker);
        surface.listener().report(this, severity, subject, message);
    }

    private void reportLimits(ProgramEffect.Severity severity, String message) {
        report(severity, null, message);
    }

    @Nullable Worker worker(WorkerId id) {
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.id().equals(id)) {
                    return worker;
                }
            }
        }
        return null;
    }
}
