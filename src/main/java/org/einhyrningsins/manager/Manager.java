// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.Loaded;
import org.einhyrningsins.config.Problem;
import org.einhyrningsins.control.ControlPath;
import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.control.JsonId;
import org.einhyrningsins.control.ProgramStatus;
import org.einhyrningsins.control.StatusReport;
import org.einhyrningsins.core.Command;
import org.einhyrningsins.core.Effect;
import org.einhyrningsins.core.Event;
import org.einhyrningsins.core.Moment;
import org.einhyrningsins.posix.Accounts;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.Limits;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.Signals;
import org.einhyrningsins.posix.Sockets;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.ControlSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ServicesSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The manager: made once, runs until everything it started has gone.
public final class Manager implements ProgramHost.Listener, Operator.Conduct, Reloader.Hosting {
    private static final int BUFFER = 64 * 1024;

    /// Above the worker sockets of all managers of root.
    private static final Path SHARED = Path.of("/run/einhyrningsins-workers");

    private final LaunchOptions options;
    private final Log log = new Log(System.err, LogSpec.DEFAULT);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final long startedMillis = Clock.wallMillis();
    private final Programs programs = new Programs();
    private final Loop loop = new Loop(log);
    private final SocketTable sockets = new SocketTable(log);
    private final Prober prober = new Prober(loop, buffer);
    private final Births births;
    private final Reloader reloader;
    private final Operator operator;
    private final List<Conversation> dying = new ArrayList<>();
    private @Nullable ControlServer control;
    private Path controlSocket = Path.of("");
    private @Nullable ControlSpec controlled;
    private @Nullable Path controlDirectory;
    private @Nullable Path workerDirectory;
    private boolean pidFileWritten;
    private boolean stopping;
    private boolean over;

    /// Looked after at the end of a turn, when all that one request changes is changed: a reload
    /// binds the sockets of all programs before the first of them takes over its definition.
    private boolean socketsMayBeOver;

    private boolean orphansMayBeDead;

    private Manager(LaunchOptions options) {
        this.options = options;
        births = new Births(Environment.inherited(System.getenv()), sockets);
        reloader =
                new Reloader(
                        options.definition(), Machine.surroundings(), programs, sockets, log, this);
        operator = new Operator(programs, new Statuses(sockets), reloader, this);
    }

    /// Runs until it is told to stop.
    ///
    /// @return the exit status, as section EXIT STATUS of einhyrningsins(1) has it
    public static int run(LaunchOptions options) {
        try {
            return new Manager(options).run();
        } catch (CannotStart e) {
            System.err.println("einhyrningsins: " + e.getMessage());
            return e.code.code();
        }
    }

    /// Why the manager cannot start. Nothing was started.
    private static final class CannotStart extends Exception {
        private static final long serialVersionUID = 1L;
        private final ExitStatus code;

        CannotStart(ExitStatus code, String message) {
            super(message);
            this.code = code;
        }
    }

    private int run() throws CannotStart {
        ServicesSpec services = load();
        settings(services);
        Path socket = controlPath(services.control());
        controlSocket = socket;
        takeLock();
        renice();
        try {
            open(services, socket);
            start(services);
            while (!over) {
                turn();
            }
        } finally {
            close();
        }
        log.info("", "everything is stopped");
        return ExitStatus.DONE.code();
    }

    // ---- start

    private ServicesSpec load() throws CannotStart {
        return switch (reloader.load()) {
            case Loaded.Valid valid -> {
                for (Problem warning : valid.warnings()) {
                    log.warn("", warning.render());
                }
                yield valid.services();
            }
            case Loaded.Invalid invalid -> {
                StringBuilder text =
                        new StringBuilder("cannot start: ")
                                .append(options.definition())
                                .append(" has problems");
                for (Problem problem : invalid.problems()) {
                    text.append('\n').append(problem.render());
                }
                throw new CannotStart(ExitStatus.INVALID, text.toString());
            }
        };
    }

    private Path controlPath(ControlSpec spec) {
        Path named = options.controlSocket() != null ? options.controlSocket() : spec.socket();
        return named == null
                ? ControlPath.standard(System.getenv(), Processes.user())
                : named.toAbsolutePath().normalize();
    }

    private void open(ServicesSpec services, Path socket) throws CannotStart {
        Limits.raiseOpenFiles();
        listenForSignals();
        openControl(socket, services.control().mode());
        try {
            sockets.open(services.programs().values());
            workerDirectory = openWorkerDirectory(socket);
            writePidFile();
        } catch (IOException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + e.getMessage());
        }
    }

    private void openControl(Path socket, int mode) throws CannotStart {
        Path directory = socket.getParent();
        try {
            if (directory != null) {
                boolean made = RuntimeFiles.directory(directory, "rwx------");
                controlDirectory = made ? directory : null;
                requireOurs(directory, socket);
            }
            control = new ControlServer(loop, socket, mode, buffer, operator);
        } catch (PosixException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    e.errno() == Errno.EADDRINUSE
                            ? taken(socket)
                            : "cannot start: control socket " + socket + ": " + e.getMessage());
        } catch (IOException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    "cannot make directory "
                            + directory
                            + " of the control socket: "
                            + RuntimeFiles.why(e));
        }
    }

    /// In /tmp anybody could have made the default directory before us, and would own our socket.
    private static void requireOurs(Path directory, Path socket) throws CannotStart {
        boolean byDefault = socket.equals(ControlPath.standard(System.getenv(), Processes.user()));
        if (byDefault && RuntimeFiles.owner(directory) != Processes.user()) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    "cannot start: "
                            + directory
                            + ", where the control socket goes by default, belongs to somebody"
                            + " else; remove it, or name another socket (-d)");
        }
    }

    private static String taken(Path socket) {
        Peer owner = Sockets.owner(socket);
        String who =
                owner == null ? "somebody" : "pid " + owner.pid() + " (uid " + owner.uid() + ")";
        return "cannot start: control socket "
                + socket
                + " is held by "
                + who
                + "; use that manager, or start this one with another socket (-d)";
    }

    /// Where workers of other users can reach it, and short, since a socket's path has 107 bytes.
    /// What is in it was left by a manager that was killed: whoever has the control socket has the
    /// directory.
    private static Path openWorkerDirectory(Path socket) throws IOException {
        Path directory = workerDirectory(socket, Processes.user());
        if (Processes.user() == 0) {
            RuntimeFiles.directory(SHARED, "rwx--x--x");
            RuntimeFiles.directory(directory, "rwx--x--x");
        } else {
            RuntimeFiles.directory(directory, "rwx------");
            if (RuntimeFiles.owner(directory) != Processes.user()) {
                // beside a control socket in /tmp anybody could have made it
                throw new IOException(directory + " belongs to somebody else; remove it");
            }
        }
        WorkerDoor.sweep(directory);
        return directory;
    }

    static Path workerDirectory(Path socket, int user) {
        return user == 0
                ? SHARED.resolve(Long.toHexString(fingerprint(socket.toString())))
                : Path.of(socket + ".workers");
    }

    private void takeLock() throws CannotStart {
        Path file = options.lockFile();
        try {
            if (file != null && Descriptors.lock(file) < 0) {
                throw new CannotStart(
                        ExitStatus.FAILED,
                        "cannot start: another process has locked "
                                + file
                                + "; stop that manager, or use another lock file (-f)");
            }
        } catch (PosixException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: lock file: " + e.getMessage());
        }
    }

    /// As with einhorn(1), not reason enough not to start.
    private void renice() {
        try {
            if (options.nice() != null) {
                Processes.renice(options.nice());
            }
        } catch (PosixException e) {
            log.warn(
                    "",
                    "keeps its niceness: " + e.getMessage() + " (--nice " + options.nice() + ")");
        }
    }

    /// FNV-1a of 64 bits: of String's 32, `Aa` and `BB` have the same.
    private static long fingerprint(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    private void writePidFile() throws IOException {
        if (options.pidFile() != null) {
            Files.writeString(options.pidFile(), Processes.self() + "\n");
            pidFileWritten = true;
        }
    }

    private void listenForSignals() throws CannotStart {
        if (!Signals.blocked(Signal.TERM)) {
            throw new CannotStart(
                    ExitStatus.BUG,
                    "signals are not blocked; start it by bin/einhyrningsins, which does that");
        }
        int fd = Signals.open(SIGNALS);
        loop.watch(fd, Poll.IN, events -> signals(fd));
    }

    private void start(ServicesSpec services) {
        log.info(
                "",
                "einhyrningsins "
                        + version()
                        + ", pid "
                        + Processes.self()
                        + ", "
                        + options.definition());
        for (ProgramSpec spec : services.programs().values()) {
            try {
                host(spec);
            } catch (IOException e) {
                log.error(spec.name(), "cannot make its worker sockets: " + RuntimeFiles.why(e));
            } catch (PosixException | UnknownAccountException e) {
                log.error(spec.name(), "cannot make its worker sockets: " + e.getMessage());
            }
        }
        for (ProgramHost host : programs.all()) {
            announce(host.program().serving().spec());
            Conversation start = new Conversation(null, JsonId.NONE);
            start.expect();
            operator.ask(host, new Command.Start(null), start);
        }
    }

    private void announce(ProgramSpec spec) {
        List<String> addresses = new ArrayList<>();
        for (Bound bound : sockets.of(spec)) {
            addresses.add(bound.address());
        }
        String on = addresses.isEmpty() ? "" : " on " + String.join(", ", addresses);
        log.info(
                spec.name(),
                "starting "
                        + (spec.workers() == 1 ? "1 worker" : spec.workers() + " workers")
                        + on);
    }

    @Override
    public ProgramHost host(ProgramSpec spec) throws IOException {
        socketsMayBeOver = true; // they are bound already, and this may fail
        ProgramHost.Surface surface =
                new ProgramHost.Surface(
                        loop, births, sockets, prober, this::door, controlSocket, this);
        ProgramHost host = new ProgramHost(spec, surface);
        programs.add(host);
        return host;
    }

    private WorkerDoor door(ProgramSpec spec, WorkerDoor.Listener listener) throws IOException {
        if (workerDirectory == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        IdentitySpec identity = spec.identity();
        Credentials owner =
                identity.user() == null
                        ? null
                        : Accounts.credentials(identity.user(), identity.group());
        String name = WorkerDoor.freeName(workerDirectory, spec.name());
        return new WorkerDoor(loop, workerDirectory, name, owner, buffer, listener);
    }

    @Override
    public void settings(ServicesSpec services) {
        ControlSpec before = controlled;
        if (before != null && !before.equals(services.control())) {
            log.warn("", "a change of control: takes effect when the manager is started again");
        }
        controlled = services.control();
        LogSpec spec = services.log();
        log.configure(options.level() == null ? spec : spec.withLevel(options.level()));
    }

    // ---- the loop

    private void turn() {
        Moment now = Clock.now();
        Moment next = null;
        for (ProgramHost host : programs.everyHost()) {
            Moment deadline = host.deadline();
            if (deadline != null && deadline.reached(now)) {
                host.take(new Event.DeadlinePassed());
                deadline = host.deadline();
            }
            next = Moment.earlier(next, deadline);
        }
        tidy();
        if (!over) {
            loop.turn(next == null ? -1 : Math.max(0, next.nanos() - Clock.now().nanos()));
            tidy();
        }
    }

    private void tidy() {
        if (orphansMayBeDead) {
            reapOrphans();
        }
        if (socketsMayBeOver) {
            socketsMayBeOver = false;
            sockets.closeAllBut(programs.inUse());
        }
    }

    @Override
    public void listen() {
        if (control != null) {
            control.listen();
        }
    }

    @Override
    public void stepped(ProgramHost host) {
        if (programs.dropIfGone(host)) {
            host.close();
            socketsMayBeOver = true;
            log.info(host.name(), "removed");
        }
        if (stopping) {
            endIfVacant();
        }
    }

    @Override
    public void redefined(ProgramHost host) {
        socketsMayBeOver = true;
    }

    @Override
    public void bug(ProgramHost host, RuntimeException thrown) {
        log.bug(host.name(), thrown);
    }

    private void endIfVacant() {
        if (programs.vacant()) {
            end(true, "everything is stopped");
        }
    }

    private void end(boolean done, String message) {
        over = true;
        dying.forEach(conversation -> conversation.outcome(done, message));
        dying.clear();
    }

    // ---- signals

    private static final Set<Signal> SIGNALS =
            EnumSet.of(
                    Signal.HUP,
                    Signal.INT,
                    Signal.QUIT,
                    Signal.USR1,
                    Signal.USR2,
                    Signal.TERM,
                    Signal.CHLD,
                    Signal.TTIN,
                    Signal.TTOU,
                    Signal.CONT);

    private void signals(int fd) {
        for (Signals.Received next = Signals.read(fd); next != null; next = Signals.read(fd)) {
            signal(next.signal(), next.sender());
        }
    }

    private void signal(Signal signal, int sender) {
        if (signal != Signal.CHLD) {
            log.info("", "SIG" + signal + " from pid " + sender);
        }
        switch (signal) {
            case HUP -> reloadAll();
            case USR1, TTIN, TTOU, CONT -> everyProgram(new Command.SendSignal(signal, null));
            case INT, USR2 -> stop(null);
            case TERM -> stop(Signal.TERM);
            case QUIT -> quit();
            case CHLD -> orphansMayBeDead = true;
            default -> {}
        }
    }

    private void reloadAll() {
        if (stopping) {
            log.warn("", "does not reload: everything is being stopped");
            return;
        }
        Conversation conversation = new Conversation(null, JsonId.NONE);
        reloader.reload(Set.of(), conversation, operator);
    }

    private void everyProgram(Command command) {
        for (ProgramHost host : programs.everyHost()) {
            Conversation conversation = new Conversation(null, JsonId.NONE);
            conversation.expect();
            operator.ask(host, command, conversation);
        }
    }

    /// The first time it is told, everything stops gracefully; every further time, what has not
    /// gone gets its next signal.
    private void stop(@Nullable Signal first) {
        if (stopping) {
            everyProgram(new Command.Hasten());
            return;
        }
        stopping = true;
        log.info("", "stopping everything");
        everyProgram(new Command.Stop(null, first));
        endIfVacant();
    }

    private void quit() {
        everyProgram(new Command.Stop(null, null));
        log.warn("", "exits at once; workers were told to go and are not waited for");
        end(false, "the manager exits at once; workers were told to go and are not waited for");
    }

    /// As far as the first dead worker, which is to be reaped as such; what is behind it has its
    /// turn after that.
    private void reapOrphans() {
        orphansMayBeDead = false;
        Processes.reapOrphans(
                pid -> {
                    orphansMayBeDead = ours(pid);
                    return orphansMayBeDead;
                });
    }

    private boolean ours(int pid) {
        for (ProgramHost host : programs.everyHost()) {
            if (host.owns(pid)) {
                return true;
            }
        }
        return false;
    }

    // ---- what programs tell

    @Override
    public void progress(long ticket, String message) {
        operator.progress(ticket, message);
    }

    @Override
    public void answer(long ticket, boolean done, String message) {
        operator.answer(ticket, done, message);
    }

    @Override
    public void report(ProgramHost host, Effect.Severity severity, String subject, String message) {
        LogSpec.Level level =
                switch (severity) {
                    case ERROR -> LogSpec.Level.ERROR;
                    case WARN -> LogSpec.Level.WARN;
                    case INFO -> LogSpec.Level.INFO;
                    case DEBUG -> LogSpec.Level.DEBUG;
                };
        log.write(level, subject, message);
        if (control != null) {
            control.tell(host.name(), subject + ": " + message);
        }
    }

    // ---- what operators ask of the manager itself

    @Override
    public void die(Conversation conversation, @Nullable Signal first) {
        conversation.expect();
        if (over) {
            conversation.outcome(true, "everything is stopped");
            return;
        }
        dying.add(conversation);
        if (!stopping) {
            stop(first);
        }
    }

    @Override
    public boolean ending() {
        return stopping;
    }

    @Override
    public StatusReport report(List<ProgramStatus> list) {
        return new StatusReport(
                version(),
                Processes.self(),
                Clock.wallMillis() - startedMillis,
                options.definition().toString(),
                list);
    }

    @Override
    public String version() {
        return org.einhyrningsins.spec.Release.text();
    }

    @Override
    public String loudness(boolean more) {
        LogSpec.Level level = more ? log.spec().level().louder() : log.spec().level().quieter();
        log.configure(log.spec().withLevel(level));
        return "the log's level is " + level.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String state() {
        var general =
                new OlderState.General(
                        control == null ? null : control.path(),
                        options.pidFile(),
                        log.spec().level(),
                        !stopping);
        return new OlderState(sockets, programs.everyHost(), general).document();
    }

    // ---- end

    private void close() {
        programs.everyHost().forEach(ProgramHost::close);
        sockets.closeAllBut(List.of());
        if (workerDirectory != null) {
            RuntimeFiles.delete(workerDirectory);
            if (Processes.user() == 0) {
                RuntimeFiles.delete(SHARED);
            }
        }
        if (pidFileWritten && options.pidFile() != null) {
            RuntimeFiles.delete(options.pidFile());
        }
        if (control != null) {
            control.close();
        }
        if (controlDirectory != null) {
            RuntimeFiles.delete(controlDirectory);
        }
        loop.close();
    }
}
