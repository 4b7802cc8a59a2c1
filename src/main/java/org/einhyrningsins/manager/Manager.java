// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.Loaded;
import org.einhyrningsins.config.Problem;
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
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.Limits;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.Sockets;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ServicesSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/// The manager: made once, runs until everything it started has gone.
public final class Manager
        implements ProgramHost.Listener, Operator.Conduct, Reloader.Hosting, SignalDesk.Obeyed {
    private static final int BUFFER = 64 * 1024;
    private static final int STDERR = 2;

    private final LaunchOptions options;
    private final StandardError standardError = new StandardError(STDERR);
    private final Log log = new Log(standardError, LogSpec.DEFAULT);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final long startedMillis = Clock.wallMillis();
    private final Programs programs = new Programs();
    private final Loop loop = new Loop(log);
    private final SocketTable sockets = new SocketTable(log);
    private final SocketFiles files = new SocketFiles(loop, log);
    private final WorkerCgroups cgroups = new WorkerCgroups(log);
    private final Strays strays = new Strays(programs, cgroups, log);
    private final Prober prober = new Prober(loop, buffer);
    private final Births births;
    private final Reloader reloader;
    private final Operator operator;
    private final SignalDesk signals = new SignalDesk(loop, log, this);
    private final List<Conversation> dying = new ArrayList<>();
    private @Nullable ControlServer control;
    private @Nullable ServicesSpec last;
    private @Nullable Premises premises;
    private boolean stopping;
    private boolean over;

    /// Looked after at the end of a turn, when all that one request changes is changed: a reload
    /// binds the sockets of all programs before the first of them takes over its definition.
    private boolean socketsMayBeOver;

    private boolean orphansMayBeDead;

    private Manager(LaunchOptions options) {
        this.options = options;
        births = new Births(Environment.inherited(System.getenv()), sockets, cgroups);
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
            return e.code().code();
        }
    }

    private int run() throws CannotStart {
        ServicesSpec services = load();
        settings(services);
        Premises here = new Premises(options, services);
        premises = here;
        here.takeLock();
        renice();
        try {
            open(services, here);
            start(services);
            files.begin();
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

    private void open(ServicesSpec services, Premises here) throws CannotStart {
        Limits.raiseOpenFiles();
        strays.begin();
        standardError.in(loop);
        signals.open();
        here.openControl();
        openControl(here.control(), services.control().mode());
        cgroups.begin(here.mark()); // nobody else has the control socket
        try {
            sockets.open(services.programs().values());
            here.openWorkers();
            here.writePidFile();
        } catch (IOException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + e.getMessage());
        }
    }

    private void openControl(Path socket, int mode) throws CannotStart {
        try {
            control = new ControlServer(loop, socket, mode, buffer, operator);
            files.guard(socket, control);
        } catch (PosixException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    e.errno() == Errno.EADDRINUSE
                            ? taken(socket)
                            : "cannot start: control socket " + socket + ": " + e.getMessage());
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

    private Premises premises() {
        if (premises == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        return premises;
    }

    @Override
    public ProgramHost host(ProgramSpec spec) throws IOException {
        socketsMayBeOver = true; // they are bound already, and this may fail
        ProgramHost.Surface surface =
                new ProgramHost.Surface(
                        loop,
                        births,
                        sockets,
                        prober,
                        strays,
                        this::door,
                        premises().control(),
                        this);
        ProgramHost host = new ProgramHost(spec, surface);
        programs.add(host);
        return host;
    }

    private WorkerDoor door(ProgramSpec spec, WorkerDoor.Listener listener) throws IOException {
        Path directory = premises().workers();
        IdentitySpec identity = spec.identity();
        Credentials owner =
                identity.user() == null
                        ? null
                        : Accounts.credentials(identity.user(), identity.group());
        String name = WorkerDoor.freeName(directory, spec.name());
        WorkerDoor.Place place =
                new WorkerDoor.Place(directory, name, owner, premises()::makeWorkers, files);
        return new WorkerDoor(loop, place, buffer, listener);
    }

    @Override
    public void settings(ServicesSpec services) {
        ServicesSpec before = last;
        if (before != null && !before.control().equals(services.control())) {
            log.warn("", "a change of control: takes effect when the manager is started again");
        }
        if (before != null && !Objects.equals(before.stateDirectory(), services.stateDirectory())) {
            log.warn("", "a change of state-dir: takes effect when the manager is started again");
        }
        last = services;
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

    @Override
    public void reloadAll() {
        if (stopping) {
            log.warn("", "does not reload: everything is being stopped");
            return;
        }
        Conversation conversation = new Conversation(null, JsonId.NONE);
        reloader.reload(Set.of(), conversation, operator);
    }

    @Override
    public void everyProgram(Command command) {
        for (ProgramHost host : programs.everyHost()) {
            Conversation conversation = new Conversation(null, JsonId.NONE);
            conversation.expect();
            operator.ask(host, command, conversation);
        }
    }

    /// The first time it is told, everything stops gracefully; every further time, what has not
    /// gone gets its next signal.
    @Override
    public void stop(@Nullable Signal first) {
        if (stopping) {
            everyProgram(new Command.Hasten());
            return;
        }
        stopping = true;
        log.info("", "stopping everything");
        everyProgram(new Command.Stop(null, first));
        endIfVacant();
    }

    @Override
    public void quit() {
        everyProgram(new Command.Stop(null, null));
        log.warn("", "exits at once; workers were told to go and are not waited for");
        end(false, "the manager exits at once; workers were told to go and are not waited for");
    }

    @Override
    public void childDied() {
        orphansMayBeDead = true;
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
        strays.sweep(); // what died may have had children of its own
    }

    private boolean ours(int pid) {
        for (ProgramHost host : programs.everyHost()) {
            if (host.workforce().owns(pid)) {
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
        cgroups.close();
        if (premises != null) {
            premises.close();
        }
        if (control != null) {
            files.leave(control.path());
            control.close();
        }
        if (premises != null) {
            premises.closeControl();
        }
        standardError.close();
        loop.close();
    }
}
