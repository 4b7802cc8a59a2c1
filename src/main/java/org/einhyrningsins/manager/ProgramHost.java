// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Effect;
import org.einhyrningsins.core.Event;
import org.einhyrningsins.core.Exit;
import org.einhyrningsins.core.Moment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Version;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BondSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// One program in the world: its core state, the processes of its workers, its worker sockets.
final class ProgramHost {
    private static final int LAST_LINES = 10;
    private static final int LAST_BYTES = 4 * 1024;
    private static final int REMEMBERED = 32;

    /// After a bug, deadlines wait that long: one that cannot be met would else be met for ever.
    private static final Duration AFTER_A_BUG = Duration.ofSeconds(1);

    private static final int MOST_ANCESTORS = 64;

    private final Surface surface;
    private final Deque<Event> pending = new ArrayDeque<>();
    private final Map<WorkerId, WorkerProcess> processes = new HashMap<>();
    private final Map<WorkerId, String> words = new HashMap<>();
    private final Deque<WorkerProcess> departed = new ArrayDeque<>();
    private final Map<String, WorkerDoor> doors = new HashMap<>();
    private final Complaints complaints = new Complaints();
    private final Heard heard = new Heard();
    private Program program;
    private @Nullable Blueprint latest;
    private @Nullable Blueprint earlier;
    private boolean stepping;
    private @Nullable Moment deadline;

    /// What a program's host needs of the manager.
    record Surface(
            Loop loop,
            Births births,
            SocketTable sockets,
            Prober prober,
            Doors doors,
            Path control,
            Listener listener) {}

    /// Opens a program's worker sockets.
    interface Doors {
        WorkerDoor open(ProgramSpec spec, WorkerDoor.Listener listener) throws IOException;
    }

    /// Who hears of it.
    interface Listener {
        void progress(long ticket, String message);

        void answer(long ticket, boolean done, String message);

        /// Something worth telling happened.
        ///
        /// @param subject the program, or one of its workers with its pid
        void report(ProgramHost host, Effect.Severity severity, String subject, String message);

        /// What was said at the control socket until now is to be heard.
        void listen();

        /// An event has been dealt with.
        void stepped(ProgramHost host);

        /// Its definitions have changed, so sockets may be over.
        void redefined(ProgramHost host);

        /// What cannot happen did; it is survived.
        void bug(ProgramHost host, RuntimeException thrown);
    }

    ProgramHost(ProgramSpec spec, Surface surface) throws IOException {
        this.surface = surface;
        this.program = Program.of(spec, Clock.now());
        door(spec);
    }

    /// Where workers of that definition speak to us. A door is for one user; there is a second one
    /// if a newer definition has another.
    private WorkerDoor door(ProgramSpec spec) throws IOException {
        String user = spec.identity().user() == null ? "" : spec.identity().user();
        WorkerDoor door = doors.get(user);
        if (door == null) {
            door = surface.doors().open(spec, heard);
            doors.put(user, door);
        }
        return door;
    }

    String name() {
        return program.name();
    }

    Program program() {
        return program;
    }

    /// When it wants to be told the time; null for never.
    @Nullable Moment deadline() {
        return deadline;
    }

    @Nullable WorkerProcess process(WorkerId id) {
        return processes.get(id);
    }

    /// Whether a process is a worker of it.
    boolean owns(int pid) {
        for (WorkerProcess process : processes.values()) {
            if (process.pid() == pid) {
                return true;
            }
        }
        return false;
    }

    /// What a worker last said of itself by STATUS=; empty if nothing.
    String words(WorkerId id) {
        return words.getOrDefault(id, "");
    }

    void close() {
        doors.values().forEach(WorkerDoor::close);
    }

    /// Lets a worker acknowledge at the control socket, if its program does so there.
    ///
    /// @return why not; null if it counts
    @Nullable String acked(int pid, Peer sender) {
        if (program.newest().bond().workerSocket() == BondSpec.WorkerSocket.OWN) {
            return ControlServer.ELSEWHERE;
        }
        return heard.acked(pid, sender) ? null : "you may not acknowledge for pid " + pid;
    }

    // ---- events

    /// Lets something happen to it. What an effect brings about at once (a failed spawn) is taken
    /// up after all effects of the step before.
    void take(Event event) {
        pending.add(event);
        if (stepping) {
            return;
        }
        Program before = program;
        boolean well = true;
        stepping = true;
        for (Event next = pending.poll(); next != null; next = pending.poll()) {
            well &= step(next);
        }
        stepping = false;
        deadline = well ? program.earliestDeadline() : Clock.now().plus(AFTER_A_BUG);
        if (!before.definitions().equals(program.definitions())) {
            surface.listener().redefined(this);
        }
        surface.listener().stepped(this);
    }

    /// A bug in one step must not keep the steps after it from happening, nor let whoever asked
    /// wait for ever.
    ///
    /// @return whether all went well
    private boolean step(Event event) {
        Transition transition;
        try {
            transition = program.step(event, Clock.now());
        } catch (RuntimeException e) {
            surface.listener().bug(this, e);
            if (event instanceof Event.Requested asked) {
                String why = name() + ": failed by our own bug, see the log: " + e;
                surface.listener().answer(asked.ticket(), false, why);
            }
            return false;
        }
        program = transition.program();
        // deeds before words: who waits for a new worker should not wait for a line in the log
        boolean well = true;
        for (Effect effect : transition.effects()) {
            well &= carryOut(effect, this::act);
        }
        for (Effect effect : transition.effects()) {
            well &= carryOut(effect, this::tell);
        }
        return well;
    }

    /// The core relies on every effect, so one that fails does not take the others with it.
    private boolean carryOut(Effect effect, Consumer<Effect> part) {
        try {
            part.accept(effect);
            return true;
        } catch (RuntimeException e) {
            surface.listener().bug(this, e);
            if (effect instanceof Effect.Spawn spawn && !processes.containsKey(spawn.worker())) {
                pending.add(new Event.SpawnFailed(spawn.worker(), "by our own bug: " + e));
            }
            return false;
        }
    }

    private void act(Effect effect) {
        switch (effect) {
            case Effect.Spawn e -> spawn(e);
            case Effect.Send e -> send(e);
            case Effect.Probe e -> probe(e);
            case Effect.Progress ignored -> {}
            case Effect.Answer ignored -> {}
            case Effect.Report ignored -> {}
        }
    }

    private void tell(Effect effect) {
        switch (effect) {
            case Effect.Spawn e -> report(Effect.Severity.DEBUG, e.worker(), "spawned");
            case Effect.Send ignored -> {}
            case Effect.Probe ignored -> {}
            case Effect.Progress e -> surface.listener().progress(e.ticket(), e.message());
            case Effect.Answer e ->
                    surface.listener()
                            .answer(e.ticket(), e.done(), e.message() + lastWords(e.blame()));
            case Effect.Report e -> report(e.severity(), e.worker(), e.message());
        }
    }

    // ---- effects

    private void spawn(Effect.Spawn order) {
        WorkerId id = order.worker();
        try {
            WorkerProcess process = surface.births().spawn(id, blueprint(order.version()));
            processes.put(id, process);
            if (process.line() >= 0) {
                door(order.version().spec())
                        .connect(process.line(), new Peer(process.pid(), process.uid(), -1));
            }
            surface.loop().watch(process.pidfd(), Poll.IN, events -> died(process));
        } catch (Births.Stillborn e) {
            pending.add(new Event.SpawnFailed(id, String.valueOf(e.getMessage())));
        } catch (IOException e) {
            String why = "cannot make its worker sockets: " + RuntimeFiles.why(e);
            pending.add(new Event.SpawnFailed(id, why));
        } catch (PosixException | UnknownAccountException e) {
            WorkerProcess unwatched = processes.remove(id);
            if (unwatched != null) {
                abandon(unwatched);
            }
            pending.add(new Event.SpawnFailed(id, String.valueOf(e.getMessage())));
        }
    }

    /// At most two versions are in use: the one that serves and the one that is to.
    private Blueprint blueprint(Version version) throws Births.Stillborn, IOException {
        Blueprint known = latest;
        if (known != null && known.version().equals(version)) {
            return known;
        }
        Blueprint other = earlier;
        earlier = known;
        latest = other != null && other.version().equals(version) ? other : newBlueprint(version);
        return latest;
    }

    private Blueprint newBlueprint(Version version) throws Births.Stillborn, IOException {
        WorkerDoor door = door(version.spec());
        Path acks =
                switch (version.spec().bond().workerSocket()) {
                    case OWN -> door.ackPath();
                    case CONTROL -> surface.control();
                };
        return surface.births().blueprint(version, acks, door.notifyPath());
    }

    /// One whose death we would not hear of. It is a child of ours and nobody's worker, so it is
    /// reaped as an orphan.
    private void abandon(WorkerProcess process) {
        doors.values().forEach(door -> door.disconnect(process.line(), process.pid()));
        Processes.killGroup(process.pid(), Signal.KILL);
        Descriptors.close(process.pidfd());
    }

    /// What it said before it died is heard first, while the kernel still knows who it is. The
    /// leader of the group is still a zombie when its leftovers are ended, so that no other group
    /// can have its number.
    private void died(WorkerProcess process) {
        if (program.newest().bond().workerSocket() == BondSpec.WorkerSocket.CONTROL) {
            surface.listener().listen();
        }
        doors.values().forEach(WorkerDoor::listen);
        Processes.killGroup(process.pid(), Signal.KILL);
        org.einhyrningsins.posix.Exit exit = Processes.reap(process.pidfd());
        if (exit == null) {
            return;
        }
        WorkerId id = process.id();
        surface.prober().forget(key(id));
        departed.addLast(process);
        if (departed.size() > REMEMBERED) {
            departed.removeFirst();
        }
        take(new Event.Exited(id, new Exit(exit.code(), exit.signal())));
        // only now, for the same reason as deeds come before words
        if (process.line() >= 0) {
            doors.values().forEach(door -> door.disconnect(process.line(), process.pid()));
        }
        processes.remove(id);
        words.remove(id);
        surface.loop().forget(process.pidfd());
        Descriptors.close(process.pidfd());
    }

    private void send(Effect.Send order) {
        WorkerProcess process = processes.get(order.worker());
        if (process == null) {
            return;
        }
        try {
            if (order.group()) {
                Processes.killGroup(process.pid(), order.signal());
            } else {
                Processes.kill(process.pidfd(), order.signal());
            }
        } catch (PosixException e) { // it became another user, and we are not root
            String what = "cannot be sent SIG" + order.signal() + ": " + e.getMessage();
            report(Effect.Severity.ERROR, order.worker(), what);
        }
    }

    private void probe(Effect.Probe order) {
        WorkerId id = order.worker();
        String address = address(id, order.target().endpoint());
        surface.prober()
                .ask(key(id), order.target(), address, up -> take(new Event.Probed(id, up)));
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
        List<Bound> bound = surface.sockets().of(spec);
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

    private void report(Effect.Severity severity, @Nullable WorkerId worker, String message) {
        surface.listener().report(this, severity, subject(worker), message);
    }

    private String subject(@Nullable WorkerId worker) {
        if (worker == null) {
            return name();
        }
        WorkerProcess process = processes.get(worker);
        String slot = name() + ":" + worker.slot();
        return process == null ? slot : slot + " pid " + process.pid();
    }

    /// The last lines that a failed worker wrote, if they went to a file.
    private String lastWords(@Nullable WorkerId blame) {
        WorkerProcess process = blame == null ? null : find(blame);
        if (process == null || process.log() == null) {
            return "";
        }
        try {
            byte[] tail = Descriptors.readTail(process.log(), process.logOffset(), LAST_BYTES);
            String text = new String(tail, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : "\nlast lines of " + process.log() + ":\n" + last(text);
        } catch (PosixException e) {
            return "\n(its log cannot be read: " + e.getMessage() + ")";
        }
    }

    private @Nullable WorkerProcess find(WorkerId id) {
        WorkerProcess living = processes.get(id);
        if (living != null) {
            return living;
        }
        for (WorkerProcess process : departed) {
            if (process.id().equals(id)) {
                return process;
            }
        }
        return null;
    }

    private static String last(String text) {
        int at = text.length();
        for (int i = 0; i < LAST_LINES && at > 0; i++) {
            at = text.lastIndexOf('\n', at - 1);
        }
        return "  " + text.substring(Math.max(at, -1) + 1).replace("\n", "\n  ");
    }

    // ---- what workers say

    private final class Heard implements WorkerDoor.Listener {
        @Override
        public boolean acked(int pid, Peer sender) {
            WorkerProcess process = believed(pid, sender.pid());
            if (process != null) {
                acked(process.id());
                return true;
            }
            refused(
                    "pid "
                            + sender.pid()
                            + " (uid "
                            + sender.uid()
                            + ") may not acknowledge for pid "
                            + pid
                            + ": it is no worker of '"
                            + name()
                            + "', or the sender is neither that worker nor a descendant of it");
            return false;
        }

        @Override
        public void notified(Peer sender, String text) {
            WorkerProcess process = ancestor(sender.pid());
            if (process == null) {
                refused(
                        "pid "
                                + sender.pid()
                                + " (uid "
                                + sender.uid()
                                + ") is no worker of '"
                                + name()
                                + "' and may not notify");
                return;
            }
            for (String line : text.split("\n", -1)) {
                notified(process, line);
            }
        }

        /// In another mode, what counts is not what the worker says here.
        private void acked(WorkerId id) {
            Worker worker = worker(id);
            if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Manual) {
                take(new Event.Acked(id));
            } else {
                String what = "acknowledged, but its ack mode is not manual; ignored";
                report(Effect.Severity.DEBUG, id, what);
            }
        }

        private void notified(WorkerProcess process, String line) {
            WorkerId id = process.id();
            if (line.equals("READY=1")) {
                ready(id);
            } else if (line.startsWith("STATUS=")) {
                words.put(id, onOneLine(line.substring("STATUS=".length())));
            } else if (line.startsWith("EXTEND_TIMEOUT_USEC=")) {
                extend(id, line.substring("EXTEND_TIMEOUT_USEC=".length()));
            }
        }

        private void ready(WorkerId id) {
            Worker worker = worker(id);
            if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Notify) {
                take(new Event.Acked(id));
            }
        }

        private void extend(WorkerId id, String microseconds) {
            try {
                long micros = Long.parseLong(microseconds.strip());
                take(new Event.Extended(id, Duration.ofNanos(Math.multiplyExact(micros, 1_000L))));
            } catch (ArithmeticException | NumberFormatException e) {
                refused("EXTEND_TIMEOUT_USEC=" + microseconds + " is no number of microseconds");
            }
        }

        @Override
        public void refused(String why) {
            if (complaints.mayBeTold(Clock.now())) {
                String more = complaints.untold();
                report(Effect.Severity.WARN, null, "refused: " + onOneLine(why) + more);
            }
        }
    }

    private @Nullable Worker worker(WorkerId id) {
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.id().equals(id)) {
                    return worker;
                }
            }
        }
        return null;
    }

    private @Nullable WorkerProcess believed(int claimed, int sender) {
        for (WorkerProcess process : processes.values()) {
            if (process.pid() == claimed) {
                return Processes.isDescendant(sender, claimed) ? process : null;
            }
        }
        return null;
    }

    /// The worker that a process is or comes from. One walk up, however many workers there are.
    private @Nullable WorkerProcess ancestor(int sender) {
        Map<Integer, WorkerProcess> byPid = new HashMap<>();
        processes.values().forEach(process -> byPid.put(process.pid(), process));
        int pid = sender;
        for (int i = 0; i < MOST_ANCESTORS && pid > 1; i++) {
            WorkerProcess process = byPid.get(pid);
            if (process != null) {
                return process;
            }
            pid = Processes.parent(pid);
        }
        return null;
    }

    /// What strangers wrote must not look like lines of ours, nor command a terminal.
    private static String onOneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> Character.isISOControl(point) ? ' ' : point)
                .forEach(line::appendCodePoint);
        return line.toString();
    }
}
