// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.channel.WorkerSocketFactory;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.control.AccessControl;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.handover.CrashRecovery;
import org.einhyrningsins.manager.handover.Reexec;
import org.einhyrningsins.manager.handover.ReexecRequest;
import org.einhyrningsins.manager.handover.SnapshotWriter;
import org.einhyrningsins.manager.http.HttpListener;
import org.einhyrningsins.manager.operate.CommandDispatcher;
import org.einhyrningsins.manager.operate.EinhornState;
import org.einhyrningsins.manager.operate.HttpData;
import org.einhyrningsins.manager.operate.OperatorOverrides;
import org.einhyrningsins.manager.operate.Reloader;
import org.einhyrningsins.manager.operate.StatusReports;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.program.OrphanReaper;
import org.einhyrningsins.manager.program.ProbeRunner;
import org.einhyrningsins.manager.program.ProcessGroupWatch;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.program.ReuseportSteering;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.LogOutput;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.socket.SystemdSockets;
import org.einhyrningsins.manager.socket.UnixSocketFiles;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.manager.spawn.WorkerEnvironment;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The manager: made once, runs until everything it started has gone.
public final class Manager
        implements ProgramHost.Listener,
                CommandDispatcher.Conduct,
                Reloader.Hosting,
                SignalReader.Obeyed {
    /// The first word of the command line of a child that only says whether it could replace the
    /// manager.
    public static final String CHECK = Reexec.CHECK;

    private static final int BUFFER = 64 * 1024;
    private static final int STDERR = 2;

    private final LaunchOptions options;
    private final LogOutput logOutput = new LogOutput(STDERR);
    private final ManagerLog managerLog = new ManagerLog(logOutput, LogSpec.DEFAULT);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private long startedMillis = Clock.wallMillis();
    private final ProgramTable programTable = new ProgramTable();
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final SocketTable sockets = new SocketTable(managerLog);
    private final SystemdSockets passed;
    private final SystemdNotifier service;
    private final SocketFileWatch files = new SocketFileWatch(eventLoop, managerLog);
    private final WorkerCgroups cgroups = new WorkerCgroups(managerLog);
    private final WorkerCredentials credentials = new WorkerCredentials();
    private final OrphanReaper orphanReaper =
            new OrphanReaper(programTable, cgroups, credentials, managerLog);
    private final ProcessGroupWatch groups = new ProcessGroupWatch(eventLoop);
    private final ProbeRunner probeRunner = new ProbeRunner(eventLoop, buffer);
    private final WorkerOutput workerOutput;
    private final WorkerSpawner workerSpawner;
    private final Reloader reloader;
    private final CommandDispatcher commandDispatcher;
    private final StatusReports statusReports;
    private final ReuseportSteering reuseportSteering =
            new ReuseportSteering(sockets, programTable);
    private final SignalReader signals = new SignalReader(eventLoop, managerLog, this);
    private final ReexecRequest reexecRequest;
    private final HttpListener http;
    private final List<PendingCommand> dying = new ArrayList<>();
    private @Nullable ControlServer control;
    private @Nullable ServicesSpec last;
    private @Nullable RuntimePaths runtimePaths;
    private @Nullable SnapshotWriter snapshotWriter;
    private @Nullable SocketHolder socketHolder;
    private @Nullable UnixSocketFiles unixSocketFiles;

    private long reexecs;
    private long recoveries;
    private boolean stopping;

    /// What is there belongs to workers that live, and to the manager that comes after this one.
    private boolean leavesAll;

    private boolean over;

    /// Looked after at the end of a turn, when all that one request changes is changed: a reload
    /// binds the sockets of all programs before the first of them takes over its definition.
    private boolean socketsMayBeOver = true;

    private boolean orphansMayBeDead;

    private @Nullable OperatorOverrides operatorOverrides;

    /// What operators had set by hand of programs of which nothing else is left.
    private Map<String, OperatorOverride> unhosted = Map.of();

    private Manager(LaunchOptions options, List<String> words) {
        StartDirectory.path(); // by and by it may be there no more
        this.options = options.absolute();
        passed = SystemdSockets.inherited(System.getenv(), managerLog);
        service = new SystemdNotifier(System.getenv(), passed.names(), programTable, managerLog);
        sockets.offer(passed);
        sockets.whenJoined(this::joined);
        int nothing = Descriptors.openNull();
        workerOutput = new WorkerOutput(eventLoop, nothing, this::tell);
        workerSpawner =
                new WorkerSpawner(
                        WorkerEnvironment.inherited(System.getenv()),
                        sockets,
                        cgroups,
                        credentials,
                        nothing,
                        workerOutput);
        reloader =
                new Reloader(
                        this.options,
                        HostFacts.surroundings(),
                        programTable,
                        sockets,
                        workerSpawner,
                        managerLog,
                        this);
        statusReports = new StatusReports(sockets, workerOutput);
        commandDispatcher =
                new CommandDispatcher(programTable, statusReports, reloader, managerLog, this);
        reexecRequest =
                new ReexecRequest(
                        eventLoop, this.options, words, managerLog, this::image, this::part);
        var sight = new HttpData(programTable, statusReports, workerOutput, this, this::numbers);
        http = new HttpListener(eventLoop, buffer, managerLog, files, sight);
    }

    /// Runs until it is told to stop.
    ///
    /// @param words the command line that the options were read from, to be read again by the
    ///   manager that replaces this one
    /// @return the exit status, as section EXIT STATUS of einhyrningsins(1) has it
    public static int run(LaunchOptions options, List<String> words) {
        try {
            if (System.getenv(StartDirectory.IMAGE) != null) {
                return goOn(options, words);
            }
            StrayDescriptors.close(System.getenv(), words);
            return new Manager(options, words).run();
        } catch (StartException e) {
            System.err.println("einhyrningsins: " + e.getMessage());
            return e.code().code();
        }
    }

    private int run() throws StartException {
        LoadResult loadResult = reloader.load();
        ServicesSpec services = services(loadResult);
        settings(services);
        RuntimePaths here = moveIn(services);
        here.takeLock();
        renice();
        try {
            openDoors(services, here);
            CrashRecovery crashRecovery =
                    record(here, services, loadResult instanceof LoadResult.Valid);
            if (crashRecovery != null) {
                recover(crashRecovery, loadResult, here);
            } else if (loadResult instanceof LoadResult.Invalid invalid) {
                throw cannotStart(invalid);
            } else {
                open(services, here);
                start(services);
            }
            passed.closeRest(managerLog);
            files.begin();
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    private void loop() {
        leavesAll = true; // whatever ends this loop, unless it is the end
        ProcReader.loopBegins();
        while (!over) {
            turn();
        }
        leavesAll = false;
        managerLog.info("", "everything is stopped");
    }

    // ---- from one manager to the next

    /// Says whether this program could replace the manager that asks.
    ///
    /// @return exit status
    public static int check() {
        try {
            boolean proven = Reexec.prove(System.getenv());
            return proven ? ExitStatus.DONE.code() : ExitStatus.USAGE.code();
        } catch (SnapshotException e) {
            System.err.println("cannot read the state of the manager: " + e.getMessage());
            return ExitStatus.FAILED.code();
        }
    }

    private static int goOn(LaunchOptions options, List<String> words) throws StartException {
        try {
            ReexecSnapshot image = Reexec.inherited(System.getenv());
            if (image != null) {
                return new Manager(options, words).goOn(image);
            }
            throw new IllegalStateException(StartDirectory.IMAGE + " without an image");
        } catch (SnapshotException | IOException e) {
            throw new StartException(
                    ExitStatus.BUG, "cannot go on where the manager before stopped: " + e);
        }
    }

    private int goOn(ReexecSnapshot image) throws StartException, IOException {
        resume(image);
        try {
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    /// Should it fail, nothing of what is there may be removed: whoever comes next needs it.
    private void resume(ReexecSnapshot image) throws StartException, IOException {
        image.descriptors().forEach(fd -> Descriptors.setInherited(fd, false));
        OpenFileLimits.rememberInherited(image.openFiles());
        ManagerSnapshot before = image.manager();
        startedMillis = before.startedMillis();
        reexecs = before.reexecs() + 1;
        recoveries = before.recoveries();
        stopping = before.stopping();
        last = before.settings();
        managerLog.configure(before.log());
        RuntimePaths here = moveIn(options.over(before.settings()));
        here.resume(before.madeDirectory(), before.descriptor("lock"));
        cgroups.begin(here.mark());
        credentials.begin(here.credentials());
        if (before.descriptor("notes") >= 0) {
            recordIn(here.state(), before.descriptor("notes"));
        }
        logOutput.in(eventLoop);
        signals.open();
        AccessControl accessControl = HostFacts.access(before.settings().control(), managerLog);
        ControlServer server =
                new ControlServer(
                        eventLoop,
                        here.control(),
                        before,
                        accessControl,
                        image.clients(),
                        buffer,
                        commandDispatcher);
        control = server;
        files.guard(here.control(), server);
        before.sockets().forEach(socket -> sockets.take(socket, socket.fd()));
        if (before.http() != null) {
            HttpSpec spec = before.settings().http();
            http.resume(before.http(), spec == null ? List.of() : spec.hosts());
        }
        for (ProgramSnapshot program : image.programs()) {
            programTable.add(new ProgramHost(program, surface()), program.retiring());
        }
        if (snapshotWriter != null) { // the first that it writes must name them all
            programTable.everyHost().forEach(snapshotWriter::changed);
        }
        intents().takeUp();
        commandDispatcher.resume(image.nextTicket());
        commandDispatcher.handovers().resume(before.reload());
        reloader.trials().resume(before.trial());
        resume(image.conversations(), server);
        orphansMayBeDead = true;
        orphanReaper.begin();
        files.begin();
        String took = Math.round((Clock.now().nanos() - image.leftAt()) / 1e6) + " ms";
        managerLog.info("", "einhyrningsins " + version() + " goes on, away for " + took);
        reexecRequest.done(took);
    }

    private void resume(List<PendingCommandSnapshot> images, ControlServer server) {
        for (PendingCommandSnapshot image : images) {
            ControlConnection client = server.client(image.client());
            if (client != null) {
                PendingCommand pendingCommand = new PendingCommand(client, image);
                switch (image.about()) {
                    case PROGRAMS -> commandDispatcher.resume(pendingCommand, image.tickets());
                    case END -> dying.add(pendingCommand);
                    case REPLACEMENT -> reexecRequest.resume(pendingCommand);
                }
            }
        }
    }

    /// Goes on where a manager stopped that was killed, and then brings everything to what the file
    /// says now, unless that has problems.
    private void recover(CrashRecovery crashRecovery, LoadResult loadResult, RuntimePaths here)
            throws StartException {
        leavesAll = true;
        managerLog.info("", "einhyrningsins " + version() + ", pid " + Processes.self());
        managerLog.warn("", crashRecovery.told());
        String missing = crashRecovery.missing(here.state());
        if (missing != null) {
            managerLog.warn("", missing);
            unhosted = intents().before(options.reset());
        }
        reexecs = crashRecovery.manager().reexecs();
        recoveries = crashRecovery.manager().recoveries() + 1;
        Map<ProgramHost, Recovery.Found> found = new LinkedHashMap<>();
        try {
            SocketHolder.Former left = SocketHolder.former(here.state());
            crashRecovery.fetchInto(sockets, passed, left);
            if (left != null) {
                Descriptors.close(left.pidfd());
            }
            WorkerSockets.sweep(here.openWorkers());
            here.writePidFile(managerLog);
            int bound = sockets.open(crashRecovery.needed());
            if (snapshotWriter != null) {
                snapshotWriter.resume(crashRecovery.files());
            }
            if (bound > 0 && snapshotWriter != null) {
                snapshotWriter.write(managerImage(crashRecovery.files()));
                kept();
            }
            for (CrashRecovery.Found each : crashRecovery.programs()) {
                ProgramHost host = new ProgramHost(each.image(), surface());
                programTable.add(host, each.image().retiring());
                found.put(host, each.found());
            }
        } catch (IOException e) {
            throw new StartException(ExitStatus.FAILED, "cannot go on: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            String why = e.getMessage() + crashRecovery.advice();
            throw new StartException(ExitStatus.FAILED, "cannot go on: " + why);
        }
        reopenHttp(settings());
        intents().takeUp();
        reloader.trials().resume(crashRecovery.manager().trial());
        orphanReaper.sweepAfterRecovery();
        found.forEach(ProgramHost::recover);
        if (snapshotWriter != null) {
            snapshotWriter
                    .changedForGood(); // one that is killed soon would leave less than it found
        }
        switch (loadResult) {
            case LoadResult.Valid valid -> bringUpToDate(valid.services());
            case LoadResult.Invalid invalid ->
                    managerLog.error(
                            "",
                            problems(invalid)
                                    + "\n"
                                    + "goes on with what the manager before had of it; reload when"
                                    + " it is mended");
        }
        if (crashRecovery.manager().stopping()) {
            everyProgram(new ProgramCommand.Start(null));
        }
    }

    private void bringUpToDate(ServicesSpec services) {
        Set<String> stopped = new TreeSet<>();
        unhosted.forEach(
                (name, byHand) -> {
                    if (byHand.stopped()) {
                        stopped.add(name);
                    }
                });
        reloader.bringUpToDate(services, options.reset(), stopped, commandDispatcher);
        unhosted = Map.of();
    }

    private ReexecSnapshot image() {
        List<ProgramSnapshot> all = new ArrayList<>();
        for (ProgramHost host : programTable.everyHost()) {
            all.add(host.image(programTable.get(host.name()) != host));
        }
        List<PendingCommandSnapshot> open = new ArrayList<>(commandDispatcher.images());
        dying.forEach(asked -> add(open, asked, PendingCommandSnapshot.About.END));
        if (reexecRequest.conversation() != null) {
            add(open, reexecRequest.conversation(), PendingCommandSnapshot.About.REPLACEMENT);
        }
        return new ReexecSnapshot(
                managerImage(List.of()),
                all,
                control == null ? List.of() : control.clients(),
                open,
                commandDispatcher.nextTicket(),
                OpenFileLimits.inheritedOpenFiles(),
                Clock.now().nanos());
    }

    private static void add(
            List<PendingCommandSnapshot> to,
            PendingCommand asked,
            PendingCommandSnapshot.About about) {
        PendingCommandSnapshot image = asked.image(List.of(), about);
        if (image != null) {
            to.add(image);
        }
    }

    /// @param files where the images of programs are
    private ManagerSnapshot managerImage(List<String> files) {
        RuntimePaths here = premises();
        List<KeptDescriptor> kept = new ArrayList<>();
        if (control != null) {
            kept.add(new KeptDescriptor("control", control.listener()));
        }
        if (snapshotWriter != null) {
            kept.add(new KeptDescriptor("notes", snapshotWriter.notes().file()));
        }
        if (here.lock() >= 0) {
            kept.add(new KeptDescriptor("lock", here.lock()));
        }
        return new ManagerSnapshot(
                version(),
                BootId.name(),
                Processes.self(),
                here.control(),
                settings().withoutPrograms(),
                managerLog.spec(),
                startedMillis,
                reexecs,
                recoveries,
                http.image(),
                stopping,
                here.madeForControl(),
                files,
                sockets.images(),
                kept,
                reloader.trials().image(),
                commandDispatcher.handovers().image());
    }

    /// Should the new program not come up after all, the one that is started next has everything.
    private void part() {
        if (snapshotWriter != null && snapshotWriter.due() != null) {
            snapshotWriter.write(this::managerImage);
        }
        workerOutput.part();
    }

    @Override
    public void reexec(PendingCommand pendingCommand) {
        reexecRequest.begin(pendingCommand, objection());
    }

    /// Why this is no time to be replaced; null if nothing speaks against it.
    private @Nullable String objection() {
        if (reloader.trials().underWay()) {
            return "a reload that is to be confirmed is under way; try again after that";
        }
        return commandDispatcher.worksInOrder()
                ? "programs are being stopped or restarted one after the other; try again after"
                        + " that"
                : null;
    }

    // ---- start

    /// What the file says. Where it has problems, what it said when the manager before this one was
    /// killed: its workers have to be looked after all the same.
    private ServicesSpec services(LoadResult loadResult) throws StartException {
        return switch (loadResult) {
            case LoadResult.Valid valid -> {
                for (ConfigProblem warning : valid.warnings()) {
                    managerLog.warn("", warning.render());
                }
                yield valid.services();
            }
            case LoadResult.Invalid invalid -> {
                ServicesSpec before =
                        CrashRecovery.settings(RuntimePaths.state(options, invalid.whereabouts()));
                if (before == null) {
                    throw cannotStart(invalid);
                }
                yield options.over(before);
            }
        };
    }

    private StartException cannotStart(LoadResult.Invalid invalid) {
        // who starts us again and again should not do so for what nobody mends meanwhile
        ExitStatus status = invalid.passing() ? ExitStatus.FAILED : ExitStatus.INVALID;
        return new StartException(status, "cannot start: " + problems(invalid));
    }

    private String problems(LoadResult.Invalid invalid) {
        StringBuilder text =
                new StringBuilder().append(options.definition()).append(" has problems");
        for (ConfigProblem configProblem : invalid.problems()) {
            text.append('\n').append(configProblem.render());
        }
        return text.toString();
    }

    private RuntimePaths moveIn(ServicesSpec services) {
        RuntimePaths here = new RuntimePaths(options, services);
        runtimePaths = here;
        operatorOverrides = new OperatorOverrides(here.state(), options.definition(), managerLog);
        unixSocketFiles =
                new UnixSocketFiles(
                        sockets, files, here.state().path(), managerLog, this::rollOnto);
        return here;
    }

    private void openDoors(ServicesSpec services, RuntimePaths here) throws StartException {
        OpenFileLimits.raiseOpenFiles();
        orphanReaper.begin();
        logOutput.in(eventLoop);
        signals.open();
        ControlSpec spec = services.control();
        here.openControl(spec.forOthers());
        AccessControl accessControl = HostFacts.access(spec, managerLog);
        ControlServer server =
                ControlServer.open(
                        eventLoop, here.control(), spec, accessControl, buffer, commandDispatcher);
        control = server;
        files.guard(here.control(), server);
        letThrough(here, spec);
        cgroups.begin(here.mark()); // nobody else has the control socket
        credentials.begin(here.credentials());
    }

    /// From now on all is written down.
    ///
    /// @return what a manager left that was killed; null if there is nothing
    private @Nullable CrashRecovery record(RuntimePaths here, ServicesSpec services, boolean valid)
            throws StartException {
        StateDirectory state = here.state();
        boolean unnoted = !state.has(SnapshotWriter.NOTES);
        int notes = SnapshotWriter.lock(state, managerLog);
        if (notes < 0) {
            return null;
        }
        Path doors = RuntimePaths.workerDirectory(here.control(), Processes.user());
        CrashRecovery.ByHand byHand = () -> intents().before(options.reset());
        var now = new CrashRecovery.Now(services, valid, here.control(), doors, cgroups, byHand);
        CrashRecovery crashRecovery = CrashRecovery.find(state, unnoted, now, managerLog);
        recordIn(state, notes);
        return crashRecovery;
    }

    private void recordIn(StateDirectory state, int notes) {
        SnapshotWriter opened = new SnapshotWriter(state, programTable, managerLog, notes);
        workerSpawner.noteIn(opened.notes());
        opened.serve(this::writtenAgain);
        snapshotWriter = opened;
        attend();
        if (last != null && last.control().keeper()) {
            socketHolder = new SocketHolder(state, eventLoop, managerLog);
            socketsMayBeOver = true;
        }
    }

    private void open(ServicesSpec services, RuntimePaths here) throws StartException {
        try {
            sockets.open(services.programs().values());
            kept();
            prepare(services);
            http.settle();
            WorkerSockets.sweep(here.openWorkers());
            here.writePidFile(managerLog);
        } catch (IOException e) {
            throw new StartException(ExitStatus.FAILED, "cannot start: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            throw new StartException(ExitStatus.FAILED, "cannot start: " + e.getMessage());
        }
    }

    /// As with einhorn(1), not reason enough not to start.
    private void renice() {
        try {
            if (options.nice() != null) {
                Processes.renice(options.nice());
            }
        } catch (PosixException e) {
            managerLog.warn(
                    "",
                    "keeps its niceness: " + e.getMessage() + " (--nice " + options.nice() + ")");
        }
    }

    private void start(ServicesSpec services) throws StartException {
        managerLog.info(
                "",
                "einhyrningsins "
                        + version()
                        + ", pid "
                        + Processes.self()
                        + ", "
                        + options.definition());
        Map<String, OperatorOverride> byHand = intents().before(options.reset());
        for (ProgramSpec spec : services.programs().values()) {
            try {
                programTable.add(
                        host(spec, byHand.getOrDefault(spec.name(), OperatorOverride.NONE)));
            } catch (IOException e) {
                managerLog.error(
                        spec.name(), "cannot make its worker sockets: " + RuntimeFiles.why(e));
            } catch (PosixException | UnknownAccountException e) {
                managerLog.error(spec.name(), "cannot make its worker sockets: " + e.getMessage());
            }
        }
        for (ProgramHost host : programTable.all()) {
            start(host, byHand.getOrDefault(host.name(), OperatorOverride.NONE));
        }
        if (snapshotWriter != null) {
            snapshotWriter
                    .changedForGood(); // else what serves already would be nobody's to the next one
        }
    }

    private void start(ProgramHost host, OperatorOverride byHand) {
        Program program = host.program();
        if (!byHand.none()) {
            managerLog.info(
                    host.name(),
                    "as an operator set it before: " + byHand.words(program.newest().workers()));
        }
        if (byHand.stopped()) {
            return;
        }
        announce(program.serving().spec(), program.count());
        PendingCommand start = new PendingCommand(null, JsonId.NONE);
        start.expect();
        Set<Integer> scope = byHand.held().isEmpty() ? null : new TreeSet<>();
        for (int slot = 0; scope != null && slot < program.count(); slot++) {
            if (!byHand.held().contains(slot)) {
                scope.add(slot);
            }
        }
        commandDispatcher.ask(host, new ProgramCommand.Start(scope), start);
    }

    private void announce(ProgramSpec spec, int workers) {
        List<String> addresses = new ArrayList<>();
        for (BoundSocket boundSocket : sockets.of(spec)) {
            addresses.add(boundSocket.address());
        }
        String on = addresses.isEmpty() ? "" : " on " + String.join(", ", addresses);
        managerLog.info(
                spec.name(), "starting " + (workers == 1 ? "1 worker" : workers + " workers") + on);
    }

    private RuntimePaths premises() {
        if (runtimePaths == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        return runtimePaths;
    }

    private OperatorOverrides intents() {
        if (operatorOverrides == null) {
            throw new IllegalStateException("hands are laid on programs after the manager is open");
        }
        return operatorOverrides;
    }

    @Override
    public void setByHand() {
        intents().setByHand();
        if (snapshotWriter != null) {
            snapshotWriter
                    .changedForGood(); // else the next manager would not want who is born for it
        }
    }

    /// A stop of everything is not the stop of each program.
    private void keepIntents() {
        if (!stopping && !intents().keep(programTable) && snapshotWriter != null) {
            snapshotWriter.later();
        }
    }

    // ---- programs

    @Override
    public ProgramHost host(ProgramSpec spec, @Nullable OperatorOverride byHand)
            throws IOException {
        socketsMayBeOver = true; // they are bound already, and this may fail
        OperatorOverride own =
                byHand == null ? unhosted.getOrDefault(spec.name(), OperatorOverride.NONE) : byHand;
        return new ProgramHost(spec, own, programTable.nextIncarnation(spec.name()), surface());
    }

    private ProgramHost.Surface surface() {
        RuntimePaths here = premises();
        WorkerSocketFactory doors = new WorkerSocketFactory(eventLoop, here, files, buffer);
        return new ProgramHost.Surface(
                eventLoop,
                workerSpawner,
                sockets,
                probeRunner,
                orphanReaper,
                groups,
                doors,
                here.control(),
                this);
    }

    @Override
    public void settings(ServicesSpec services) {
        ServicesSpec before = last;
        if (control != null) { // also where names have other numbers since
            control.admit(services.control(), HostFacts.access(services.control(), managerLog));
        }
        if (before != null && before.control().forOthers() != services.control().forOthers()) {
            letThrough(premises(), services.control());
        }
        last = before == null ? services : services.takenOverBy(before);
        http.settle();
        managerLog.configure(services.log());
    }

    private void letThrough(RuntimePaths here, ControlSpec spec) {
        String obstacle = here.letThrough(spec.forOthers());
        if (obstacle != null) {
            managerLog.warn("", obstacle);
        }
    }

    // ---- metrics and the status page

    @Override
    public void prepare(ServicesSpec services) throws SocketTable.CannotBind {
        http.prepare(services.http());
    }

    @Override
    public void forgo() {
        http.forgo();
    }

    /// Nobody kept its listener, and without it programs can be looked after all the same.
    private void reopenHttp(ServicesSpec services) {
        try {
            prepare(services);
            http.settle();
        } catch (SocketTable.CannotBind e) {
            managerLog.error("", e.getMessage() + "; reload when the address is free");
        }
    }

    private PageData.Manager numbers() {
        int clients = control == null ? 0 : control.count();
        long files = OpenFileLimits.openFiles().soft();
        return new PageData.Manager(startedMillis, reexecs, recoveries, clients, files);
    }

    @Override
    public ServicesSpec settings() {
        if (last == null) {
            throw new IllegalStateException("settings are asked for after the manager has some");
        }
        return last;
    }

    @Override
    public ServicesSpec inForce() {
        ServicesSpec taken = settings();
        return new ServicesSpec(
                taken.control(),
                managerLog.spec(),
                taken.stateDirectory(),
                http.spec(),
                taken.programs());
    }

    @Override
    public void unsettled() {
        socketsMayBeOver = true;
        if (snapshotWriter != null) {
            snapshotWriter.changed();
        }
    }

    @Override
    public void closeUnused() {
        List<ProgramSpec> inUse = reloader.inUse();
        inUse.addAll(commandDispatcher.handovers().definitions());
        sockets.closeAllBut(inUse, programTable::slots);
        List<ProgramSpec> inService = programTable.inService();
        inService.addAll(commandDispatcher.handovers().definitions());
        if (sockets.restAllBut(inService)) {
            programTable.everyHost().forEach(ProgramHost::socketsChanged);
        }
    }

    @Override
    public void decided() {
        if (snapshotWriter != null) {
            snapshotWriter.write(this::managerImage);
        }
    }

    @Override
    public Runnable reloading() {
        files.look(); // a link in a path may lead elsewhere by now
        return service.reloading();
    }

    // ---- the loop

    private void turn() {
        do {
            elapse();
        } while (commandDispatcher.goOn()); // who was let in may have deadlines that have passed
        tidy();
        Moment next = upkeep();
        next = Moment.earlier(next, deadline()); // last: any of that may have set one
        if (!over) {
            eventLoop.turn(next == null ? -1 : Math.max(0, next.nanos() - Clock.now().nanos()));
            tidy();
        }
    }

    /// Tells programs the time whose deadline has passed. What one does then may set a deadline of
    /// another that was looked at before.
    private void elapse() {
        Moment now = Clock.now();
        Moment trial = stopping ? null : reloader.trials().deadline();
        if (trial != null && trial.reached(now)) {
            reloader.goBack(commandDispatcher);
        }
        for (ProgramHost host : programTable.everyHost()) {
            host.elapse(now);
        }
        workerOutput.deadlinePassed(now);
    }

    /// The next deadline of programs; null if there is none.
    private @Nullable Moment deadline() {
        Moment next = stopping ? null : reloader.trials().deadline();
        for (ProgramHost host : programTable.everyHost()) {
            next = Moment.earlier(next, host.deadline());
        }
        return Moment.earlier(next, workerOutput.deadline());
    }

    /// What the manager itself has to do at some time.
    ///
    /// @return when next; null if time alone changes nothing
    private @Nullable Moment upkeep() {
        Moment now = Clock.now();
        Moment next = Moment.earlier(service.turn(now, stopping), reexecRequest.attend(now));
        next = Moment.earlier(next, groups.turn(now));
        next = Moment.earlier(next, reuseportSteering.turn(now));
        next = Moment.earlier(next, files.retry(now));
        http.deadlinePassed(now);
        next = Moment.earlier(next, http.deadline());
        next = snapshotWriter == null ? next : Moment.earlier(next, written(snapshotWriter, now));
        // after the state directory is there again, if it is to be
        return unixSocketFiles == null ? next : Moment.earlier(next, unixSocketFiles.renew(now));
    }

    private @Nullable Moment written(SnapshotWriter to, Moment now) {
        Moment due = to.due();
        if (due != null && due.reached(now)) {
            to.write(this::managerImage);
            keepIntents(); // they may be due again too
        }
        return to.due();
    }

    private void tidy() {
        if (orphansMayBeDead) {
            reapOrphans();
        }
        if (socketsMayBeOver) {
            reloader.makeWay(
                    programTable.staying()); // a version that may come back may be in the way
            socketsMayBeOver = false;
            closeUnused();
            if (unixSocketFiles != null) {
                unixSocketFiles.sync();
            }
            reuseportSteering.changed();
            service.keep(sockets.images());
            kept();
        }
        keepIntents();
    }

    /// A socket was bound anew: workers that have the old one cannot be reached.
    private void rollOnto(SocketKey key) {
        socketsMayBeOver = true;
        programTable.everyHost().forEach(ProgramHost::socketsChanged);
        for (ProgramHost host : List.copyOf(programTable.all())) {
            ProgramSpec newest = host.program().newest();
            boolean has =
                    newest.sockets().stream().anyMatch(s -> SocketKey.of(newest, s).equals(key));
            if (has && !stopping) {
                managerLog.warn(
                        host.name(), "is rolled onto the new socket at " + sockets.path(key));
                PendingCommand nobody = PendingCommand.withNobody();
                nobody.expect();
                commandDispatcher.ask(host, new ProgramCommand.Apply(newest, true), nobody);
            }
        }
    }

    @Override
    public void listen() {
        if (control != null) {
            control.listen();
        }
    }

    @Override
    public void births(ProgramHost host) {
        if (snapshotWriter != null) {
            snapshotWriter.writeBeforeBirths(host, this::managerImage);
        }
    }

    @Override
    public boolean kept() {
        return socketHolder == null || socketHolder.keep(sockets.images());
    }

    /// Somebody had removed all that was written.
    private void writtenAgain(StateJournal stateJournal) throws IOException {
        workerSpawner.noteIn(stateJournal);
        if (socketHolder != null) {
            socketHolder.noteAgain();
        }
        intents().takeUp();
        attend();
    }

    private void attend() {
        SnapshotWriter here = snapshotWriter;
        if (here != null) {
            files.attend(premises().state().path(), here::suspect);
        }
    }

    /// A socket was bound for a worker that is about to be born. Were the manager killed before the
    /// next one can know of it, that one would bind another, which nobody serves.
    private void joined() {
        socketsMayBeOver = true;
        if (snapshotWriter != null) {
            if (snapshotWriter.writeOwn(this::managerImage)) {
                kept();
            }
        }
    }

    @Override
    public void stepped(ProgramHost host) {
        service.changed();
        reuseportSteering.changed();
        if (snapshotWriter != null) {
            snapshotWriter.changed(host);
        }
        if (programTable.dropIfGone(host)) {
            host.close();
            if (snapshotWriter != null) {
                snapshotWriter.gone(host);
            }
            socketsMayBeOver = true;
            managerLog.info(host.name(), "removed");
        }
        if (stopping) {
            endIfVacant();
        }
    }

    @Override
    public void finished() {
        if (snapshotWriter != null) {
            snapshotWriter.changedForGood();
        }
    }

    @Override
    public void redefined(ProgramHost host) {
        if (snapshotWriter != null) {
            snapshotWriter.changedForGood();
        }
        socketsMayBeOver = true;
        workerOutput.redefined(host.program().serving().spec());
        intents().redefined();
        programTable.redefined(host);
    }

    @Override
    public void bug(ProgramHost host, RuntimeException thrown) {
        managerLog.bug(host.name(), thrown);
    }

    private void endIfVacant() {
        String stuck = programTable.stuck();
        if (stuck == null) {
            return;
        }
        if (stuck.isEmpty()) {
            end(true, "everything is stopped");
            return;
        }
        String what = "everything is stopped but what even KILL does not reach: ";
        managerLog.error("", what + stuck + "; it ends when the kernel lets it");
        end(false, what + stuck);
    }

    private void end(boolean done, String message) {
        over = true;
        dying.forEach(pendingCommand -> pendingCommand.outcome(done, message));
        dying.clear();
    }

    // ---- signals

    @Override
    public void reloadAll() {
        if (stopping) {
            managerLog.warn("", "does not reload: everything is being stopped");
            return;
        }
        PendingCommand pendingCommand = new PendingCommand(null, JsonId.NONE);
        reloader.reload(Set.of(), null, false, pendingCommand, commandDispatcher);
    }

    @Override
    public void everyProgram(ProgramCommand programCommand) {
        for (ProgramHost host : programTable.everyHost()) {
            PendingCommand pendingCommand = new PendingCommand(null, JsonId.NONE);
            pendingCommand.expect();
            commandDispatcher.ask(host, programCommand, pendingCommand);
        }
    }

    /// The first time it is told, everything stops gracefully; every further time, what has not
    /// gone gets its next signal.
    @Override
    public void stop(@Nullable Signal first) {
        if (stopping) {
            everyProgram(new ProgramCommand.Hasten());
            commandDispatcher.stopAtOnce();
            return;
        }
        keepIntents();
        commandDispatcher.handovers().drop("everything is being stopped");
        stopping = true;
        managerLog.info("", "stopping everything");
        List<ProgramHost> every = programTable.everyHost();
        PendingCommand pendingCommand = new PendingCommand(null, JsonId.NONE);
        every.forEach(host -> pendingCommand.expect());
        commandDispatcher.stop(every, first, pendingCommand);
        endIfVacant();
    }

    @Override
    public void quit() {
        keepIntents();
        stopping = true;
        everyProgram(new ProgramCommand.Stop(null, null));
        managerLog.warn("", "exits at once; workers were told to go and are not waited for");
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
        tellOfChanges();
        int reaped =
                Processes.reapOrphans(
                        pid -> {
                            orphansMayBeDead = ours(pid);
                            return orphansMayBeDead;
                        });
        if (reaped > 0) {
            orphansMayBeDead = true; // one turn reaps so many and no more
            orphanReaper.sweep();
        }
    }

    /// Whoever was stopped by a signal, or goes on.
    private void tellOfChanges() {
        for (Processes.Change next = Processes.nextChange();
                next != null;
                next = Processes.nextChange()) {
            for (ProgramHost host : programTable.everyHost()) {
                host.changed(next);
            }
        }
    }

    private boolean ours(int pid) {
        for (ProgramHost host : programTable.everyHost()) {
            if (host.workforce().owns(pid)) {
                return true;
            }
        }
        return probeRunner.owns(pid) || reexecRequest.owns(pid);
    }

    // ---- what programs tell

    @Override
    public void progress(long ticket, String message) {
        commandDispatcher.progress(ticket, message);
    }

    @Override
    public void answer(ProgramHost host, long ticket, boolean done, String message) {
        if (snapshotWriter != null && commandDispatcher.isAwaited(ticket)) {
            snapshotWriter.changed(host); // in this very step, which is not over
            snapshotWriter.write(this::managerImage); // what was told to be done stays done
        }
        commandDispatcher.answer(ticket, done, message);
    }

    @Override
    public void report(
            ProgramHost host, ProgramEffect.Severity severity, String subject, String message) {
        LogSpec.Level level =
                switch (severity) {
                    case ERROR -> LogSpec.Level.ERROR;
                    case WARN -> LogSpec.Level.WARN;
                    case INFO -> LogSpec.Level.INFO;
                    case DEBUG -> LogSpec.Level.DEBUG;
                };
        tell(level, host.name(), subject, message);
    }

    private void tell(LogSpec.Level level, String program, String message) {
        tell(level, program, program, message);
    }

    private void tell(LogSpec.Level level, String program, String subject, String message) {
        managerLog.write(level, subject, message);
        if (control != null) {
            control.tell(program, subject + ": " + message);
        }
    }

    // ---- what operators ask of the manager itself

    @Override
    public void die(PendingCommand pendingCommand, @Nullable Signal first) {
        pendingCommand.expect();
        if (over) {
            pendingCommand.outcome(true, "everything is stopped");
            return;
        }
        dying.add(pendingCommand);
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
                Clock.millisSince(startedMillis),
                options.definition().toString(),
                reloader.trials().leftMillis(),
                list);
    }

    @Override
    public String version() {
        return org.einhyrningsins.spec.BuildInfo.text();
    }

    @Override
    public String loudness(boolean more) {
        LogSpec.Level level =
                more ? managerLog.spec().level().louder() : managerLog.spec().level().quieter();
        managerLog.configure(managerLog.spec().withLevel(level));
        return "the log's level is " + level.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String state() {
        var general =
                new EinhornState.General(
                        control == null ? null : control.path(),
                        options.pidFile(),
                        managerLog.spec().level(),
                        !stopping);
        return new EinhornState(sockets, programTable.everyHost(), general).document();
    }

    // ---- end

    private void close() {
        if (leavesAll) {
            return;
        }
        service.end();
        if (snapshotWriter != null) {
            snapshotWriter.delete();
            if (socketHolder != null) {
                socketHolder.end();
            }
        }
        programTable.everyHost().forEach(ProgramHost::close);
        http.close();
        workerOutput.close();
        sockets.closeAllBut(List.of(), name -> 0);
        cgroups.close();
        credentials.close();
        if (runtimePaths != null) {
            runtimePaths.close();
        }
        if (control != null) {
            files.leave(control.path());
            control.close();
        }
        if (runtimePaths != null) {
            runtimePaths.closeControl();
        }
        logOutput.close();
        eventLoop.close();
    }
}
