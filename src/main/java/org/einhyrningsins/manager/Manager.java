// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.channel.WorkerDoor;
import org.einhyrningsins.manager.channel.WorkerDoors;
import org.einhyrningsins.manager.control.Access;
import org.einhyrningsins.manager.control.Connection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.Conversation;
import org.einhyrningsins.manager.handover.Heritage;
import org.einhyrningsins.manager.handover.Recorder;
import org.einhyrningsins.manager.handover.Replacement;
import org.einhyrningsins.manager.handover.Succession;
import org.einhyrningsins.manager.http.HttpDoor;
import org.einhyrningsins.manager.operate.HttpSight;
import org.einhyrningsins.manager.operate.Intents;
import org.einhyrningsins.manager.operate.OlderState;
import org.einhyrningsins.manager.operate.Operator;
import org.einhyrningsins.manager.operate.Reloader;
import org.einhyrningsins.manager.operate.Statuses;
import org.einhyrningsins.manager.page.Snapshot;
import org.einhyrningsins.manager.program.Prober;
import org.einhyrningsins.manager.program.ProcessGroups;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.program.Steering;
import org.einhyrningsins.manager.program.Strays;
import org.einhyrningsins.manager.runtime.Aside;
import org.einhyrningsins.manager.runtime.CannotStart;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.manager.runtime.Premises;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StandardError;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ConversationImage;
import org.einhyrningsins.manager.snapshot.HandoverImage;
import org.einhyrningsins.manager.snapshot.ImageException;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.ManagerImage;
import org.einhyrningsins.manager.snapshot.Notes;
import org.einhyrningsins.manager.snapshot.ProgramImage;
import org.einhyrningsins.manager.socket.Keeper;
import org.einhyrningsins.manager.socket.ListenerFiles;
import org.einhyrningsins.manager.socket.PassedSockets;
import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.Births;
import org.einhyrningsins.manager.spawn.Environment;
import org.einhyrningsins.manager.spawn.Outputs;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Boot;
import org.einhyrningsins.posix.kernel.Bound;
import org.einhyrningsins.posix.kernel.Limits;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Intent;
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
        implements ProgramHost.Listener, Operator.Conduct, Reloader.Hosting, SignalDesk.Obeyed {
    /// The first word of the command line of a child that only says whether it could replace the
    /// manager.
    public static final String CHECK = Succession.CHECK;

    private static final int BUFFER = 64 * 1024;
    private static final int STDERR = 2;

    private final LaunchOptions options;
    private final StandardError standardError = new StandardError(STDERR);
    private final Log log = new Log(standardError, LogSpec.DEFAULT);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private long startedMillis = Clock.wallMillis();
    private final Programs programs = new Programs();
    private final Loop loop = new Loop(log);
    private final SocketTable sockets = new SocketTable(log);
    private final PassedSockets passed;
    private final ServiceManager service;
    private final SocketFiles files = new SocketFiles(loop, log);
    private final WorkerCgroups cgroups = new WorkerCgroups(log);
    private final WorkerCredentials credentials = new WorkerCredentials();
    private final Strays strays = new Strays(programs, cgroups, credentials, log);
    private final ProcessGroups groups = new ProcessGroups(loop);
    private final Prober prober = new Prober(loop, buffer);
    private final Outputs outputs;
    private final Births births;
    private final Reloader reloader;
    private final Operator operator;
    private final Statuses statuses;
    private final Steering steering = new Steering(sockets, programs);
    private final SignalDesk signals = new SignalDesk(loop, log, this);
    private final Replacement replacement;
    private final HttpDoor http;
    private final List<Conversation> dying = new ArrayList<>();
    private @Nullable ControlServer control;
    private @Nullable ServicesSpec last;
    private @Nullable Premises premises;
    private @Nullable Recorder recorder;
    private @Nullable Keeper keeper;
    private @Nullable ListenerFiles listenerFiles;

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

    private @Nullable Intents intents;

    /// What operators had set by hand of programs of which nothing else is left.
    private Map<String, Intent> unhosted = Map.of();

    private Manager(LaunchOptions options, List<String> words) {
        StartDirectory.path(); // by and by it may be there no more
        this.options = options.absolute();
        passed = PassedSockets.inherited(System.getenv(), log);
        service = new ServiceManager(System.getenv(), passed.names(), programs, log);
        sockets.offer(passed);
        sockets.whenJoined(this::joined);
        int nothing = Descriptors.openNull();
        outputs = new Outputs(loop, nothing, this::tell);
        births =
                new Births(
                        Environment.inherited(System.getenv()),
                        sockets,
                        cgroups,
                        credentials,
                        nothing,
                        outputs);
        reloader =
                new Reloader(
                        this.options, Machine.surroundings(), programs, sockets, births, log, this);
        statuses = new Statuses(sockets, outputs);
        operator = new Operator(programs, statuses, reloader, log, this);
        replacement = new Replacement(loop, this.options, words, log, this::image, this::part);
        var sight = new HttpSight(programs, statuses, outputs, this, this::numbers);
        http = new HttpDoor(loop, buffer, log, files, sight);
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
            InheritedDescriptors.close(System.getenv(), words);
            return new Manager(options, words).run();
        } catch (CannotStart e) {
            System.err.println("einhyrningsins: " + e.getMessage());
            return e.code().code();
        }
    }

    private int run() throws CannotStart {
        Loaded loaded = reloader.load();
        ServicesSpec services = services(loaded);
        settings(services);
        Premises here = moveIn(services);
        here.takeLock();
        renice();
        try {
            openDoors(services, here);
            Heritage heritage = record(here, services, loaded instanceof Loaded.Valid);
            if (heritage != null) {
                recover(heritage, loaded, here);
            } else if (loaded instanceof Loaded.Invalid invalid) {
                throw cannotStart(invalid);
            } else {
                open(services, here);
                start(services);
            }
            passed.closeRest(log);
            files.begin();
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    private void loop() {
        leavesAll = true; // whatever ends this loop, unless it is the end
        Aside.loopBegins();
        while (!over) {
            turn();
        }
        leavesAll = false;
        log.info("", "everything is stopped");
    }

    // ---- from one manager to the next

    /// Says whether this program could replace the manager that asks.
    ///
    /// @return exit status
    public static int check() {
        try {
            boolean proven = Succession.prove(System.getenv());
            return proven ? ExitStatus.DONE.code() : ExitStatus.USAGE.code();
        } catch (ImageException e) {
            System.err.println("cannot read the state of the manager: " + e.getMessage());
            return ExitStatus.FAILED.code();
        }
    }

    private static int goOn(LaunchOptions options, List<String> words) throws CannotStart {
        try {
            HandoverImage image = Succession.inherited(System.getenv());
            if (image != null) {
                return new Manager(options, words).goOn(image);
            }
            throw new IllegalStateException(StartDirectory.IMAGE + " without an image");
        } catch (ImageException | IOException e) {
            throw new CannotStart(
                    ExitStatus.BUG, "cannot go on where the manager before stopped: " + e);
        }
    }

    private int goOn(HandoverImage image) throws CannotStart, IOException {
        resume(image);
        try {
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    /// Should it fail, nothing of what is there may be removed: whoever comes next needs it.
    private void resume(HandoverImage image) throws CannotStart, IOException {
        image.descriptors().forEach(fd -> Descriptors.setInherited(fd, false));
        Limits.rememberInherited(image.openFiles());
        ManagerImage before = image.manager();
        startedMillis = before.startedMillis();
        reexecs = before.reexecs() + 1;
        recoveries = before.recoveries();
        stopping = before.stopping();
        last = before.settings();
        log.configure(before.log());
        Premises here = moveIn(options.over(before.settings()));
        here.resume(before.madeDirectory(), before.descriptor("lock"));
        cgroups.begin(here.mark());
        credentials.begin(here.credentials());
        if (before.descriptor("notes") >= 0) {
            recordIn(here.state(), before.descriptor("notes"));
        }
        standardError.in(loop);
        signals.open();
        Access access = Machine.access(before.settings().control(), log);
        ControlServer server =
                new ControlServer(
                        loop, here.control(), before, access, image.clients(), buffer, operator);
        control = server;
        files.guard(here.control(), server);
        before.sockets().forEach(socket -> sockets.take(socket, socket.fd()));
        if (before.http() != null) {
            HttpSpec spec = before.settings().http();
            http.resume(before.http(), spec == null ? List.of() : spec.hosts());
        }
        for (ProgramImage program : image.programs()) {
            programs.add(new ProgramHost(program, surface()), program.retiring());
        }
        if (recorder != null) { // the first that it writes must name them all
            programs.everyHost().forEach(recorder::changed);
        }
        intents().takeUp();
        operator.resume(image.nextTicket());
        operator.handovers().resume(before.reload());
        reloader.trials().resume(before.trial());
        resume(image.conversations(), server);
        orphansMayBeDead = true;
        strays.begin();
        files.begin();
        String took = Math.round((Clock.now().nanos() - image.leftAt()) / 1e6) + " ms";
        log.info("", "einhyrningsins " + version() + " goes on, away for " + took);
        replacement.done(took);
    }

    private void resume(List<ConversationImage> images, ControlServer server) {
        for (ConversationImage image : images) {
            Connection client = server.client(image.client());
            if (client != null) {
                Conversation conversation = new Conversation(client, image);
                switch (image.about()) {
                    case PROGRAMS -> operator.resume(conversation, image.tickets());
                    case END -> dying.add(conversation);
                    case REPLACEMENT -> replacement.resume(conversation);
                }
            }
        }
    }

    /// Goes on where a manager stopped that was killed, and then brings everything to what the file
    /// says now, unless that has problems.
    private void recover(Heritage heritage, Loaded loaded, Premises here) throws CannotStart {
        leavesAll = true;
        log.info("", "einhyrningsins " + version() + ", pid " + Processes.self());
        log.warn("", heritage.told());
        String missing = heritage.missing(here.state());
        if (missing != null) {
            log.warn("", missing);
            unhosted = intents().before(options.reset());
        }
        reexecs = heritage.manager().reexecs();
        recoveries = heritage.manager().recoveries() + 1;
        Map<ProgramHost, Recovery.Found> found = new LinkedHashMap<>();
        try {
            Keeper.Former left = Keeper.former(here.state());
            heritage.fetchInto(sockets, passed, left);
            if (left != null) {
                Descriptors.close(left.pidfd());
            }
            WorkerDoor.sweep(here.openWorkers());
            here.writePidFile(log);
            int bound = sockets.open(heritage.needed());
            if (recorder != null) {
                recorder.resume(heritage.files());
            }
            if (bound > 0 && recorder != null) {
                recorder.write(managerImage(heritage.files()));
                kept();
            }
            for (Heritage.Found each : heritage.programs()) {
                ProgramHost host = new ProgramHost(each.image(), surface());
                programs.add(host, each.image().retiring());
                found.put(host, each.found());
            }
        } catch (IOException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot go on: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            String why = e.getMessage() + heritage.advice();
            throw new CannotStart(ExitStatus.FAILED, "cannot go on: " + why);
        }
        reopenHttp(settings());
        intents().takeUp();
        reloader.trials().resume(heritage.manager().trial());
        strays.sweepAfterRecovery();
        found.forEach(ProgramHost::recover);
        if (recorder != null) {
            recorder.changedForGood(); // one that is killed soon would leave less than it found
        }
        switch (loaded) {
            case Loaded.Valid valid -> bringUpToDate(valid.services());
            case Loaded.Invalid invalid ->
                    log.error(
                            "",
                            problems(invalid)
                                    + "\n"
                                    + "goes on with what the manager before had of it; reload when"
                                    + " it is mended");
        }
        if (heritage.manager().stopping()) {
            everyProgram(new Command.Start(null));
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
        reloader.bringUpToDate(services, options.reset(), stopped, operator);
        unhosted = Map.of();
    }

    private HandoverImage image() {
        List<ProgramImage> all = new ArrayList<>();
        for (ProgramHost host : programs.everyHost()) {
            all.add(host.image(programs.get(host.name()) != host));
        }
        List<ConversationImage> open = new ArrayList<>(operator.images());
        dying.forEach(asked -> add(open, asked, ConversationImage.About.END));
        if (replacement.conversation() != null) {
            add(open, replacement.conversation(), ConversationImage.About.REPLACEMENT);
        }
        return new HandoverImage(
                managerImage(List.of()),
                all,
                control == null ? List.of() : control.clients(),
                open,
                operator.nextTicket(),
                Limits.inheritedOpenFiles(),
                Clock.now().nanos());
    }

    private static void add(
            List<ConversationImage> to, Conversation asked, ConversationImage.About about) {
        ConversationImage image = asked.image(List.of(), about);
        if (image != null) {
            to.add(image);
        }
    }

    /// @param files where the images of programs are
    private ManagerImage managerImage(List<String> files) {
        Premises here = premises();
        List<KeptDescriptor> kept = new ArrayList<>();
        if (control != null) {
            kept.add(new KeptDescriptor("control", control.listener()));
        }
        if (recorder != null) {
            kept.add(new KeptDescriptor("notes", recorder.notes().file()));
        }
        if (here.lock() >= 0) {
            kept.add(new KeptDescriptor("lock", here.lock()));
        }
        return new ManagerImage(
                version(),
                Boot.name(),
                Processes.self(),
                here.control(),
                settings().withoutPrograms(),
                log.spec(),
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
                operator.handovers().image());
    }

    /// Should the new program not come up after all, the one that is started next has everything.
    private void part() {
        if (recorder != null && recorder.due() != null) {
            recorder.write(this::managerImage);
        }
        outputs.part();
    }

    @Override
    public void reexec(Conversation conversation) {
        replacement.begin(conversation, objection());
    }

    /// Why this is no time to be replaced; null if nothing speaks against it.
    private @Nullable String objection() {
        if (reloader.trials().underWay()) {
            return "a reload that is to be confirmed is under way; try again after that";
        }
        return operator.worksInOrder()
                ? "programs are being stopped or restarted one after the other; try again after"
                        + " that"
                : null;
    }

    // ---- start

    /// What the file says. Where it has problems, what it said when the manager before this one was
    /// killed: its workers have to be looked after all the same.
    private ServicesSpec services(Loaded loaded) throws CannotStart {
        return switch (loaded) {
            case Loaded.Valid valid -> {
                for (Problem warning : valid.warnings()) {
                    log.warn("", warning.render());
                }
                yield valid.services();
            }
            case Loaded.Invalid invalid -> {
                ServicesSpec before =
                        Heritage.settings(Premises.state(options, invalid.whereabouts()));
                if (before == null) {
                    throw cannotStart(invalid);
                }
                yield options.over(before);
            }
        };
    }

    private CannotStart cannotStart(Loaded.Invalid invalid) {
        // who starts us again and again should not do so for what nobody mends meanwhile
        ExitStatus status = invalid.passing() ? ExitStatus.FAILED : ExitStatus.INVALID;
        return new CannotStart(status, "cannot start: " + problems(invalid));
    }

    private String problems(Loaded.Invalid invalid) {
        StringBuilder text =
                new StringBuilder().append(options.definition()).append(" has problems");
        for (Problem problem : invalid.problems()) {
            text.append('\n').append(problem.render());
        }
        return text.toString();
    }

    private Premises moveIn(ServicesSpec services) {
        Premises here = new Premises(options, services);
        premises = here;
        intents = new Intents(here.state(), options.definition(), log);
        listenerFiles = new ListenerFiles(sockets, files, here.state().path(), log, this::rollOnto);
        return here;
    }

    private void openDoors(ServicesSpec services, Premises here) throws CannotStart {
        Limits.raiseOpenFiles();
        strays.begin();
        standardError.in(loop);
        signals.open();
        ControlSpec spec = services.control();
        here.openControl(spec.forOthers());
        Access access = Machine.access(spec, log);
        ControlServer server =
                ControlServer.open(loop, here.control(), spec, access, buffer, operator);
        control = server;
        files.guard(here.control(), server);
        letThrough(here, spec);
        cgroups.begin(here.mark()); // nobody else has the control socket
        credentials.begin(here.credentials());
    }

    /// From now on all is written down.
    ///
    /// @return what a manager left that was killed; null if there is nothing
    private @Nullable Heritage record(Premises here, ServicesSpec services, boolean valid)
            throws CannotStart {
        StateDirectory state = here.state();
        boolean unnoted = !state.has(Recorder.NOTES);
        int notes = Recorder.lock(state, log);
        if (notes < 0) {
            return null;
        }
        Path doors = Premises.workerDirectory(here.control(), Processes.user());
        Heritage.ByHand byHand = () -> intents().before(options.reset());
        var now = new Heritage.Now(services, valid, here.control(), doors, cgroups, byHand);
        Heritage heritage = Heritage.find(state, unnoted, now, log);
        recordIn(state, notes);
        return heritage;
    }

    private void recordIn(StateDirectory state, int notes) {
        Recorder opened = new Recorder(state, programs, log, notes);
        births.noteIn(opened.notes());
        opened.serve(this::writtenAgain);
        recorder = opened;
        attend();
        if (last != null && last.control().keeper()) {
            keeper = new Keeper(state, loop, log);
            socketsMayBeOver = true;
        }
    }

    private void open(ServicesSpec services, Premises here) throws CannotStart {
        try {
            sockets.open(services.programs().values());
            kept();
            prepare(services);
            http.settle();
            WorkerDoor.sweep(here.openWorkers());
            here.writePidFile(log);
        } catch (IOException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            throw new CannotStart(ExitStatus.FAILED, "cannot start: " + e.getMessage());
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

    private void start(ServicesSpec services) throws CannotStart {
        log.info(
                "",
                "einhyrningsins "
                        + version()
                        + ", pid "
                        + Processes.self()
                        + ", "
                        + options.definition());
        Map<String, Intent> byHand = intents().before(options.reset());
        for (ProgramSpec spec : services.programs().values()) {
            try {
                programs.add(host(spec, byHand.getOrDefault(spec.name(), Intent.NONE)));
            } catch (IOException e) {
                log.error(spec.name(), "cannot make its worker sockets: " + RuntimeFiles.why(e));
            } catch (PosixException | UnknownAccountException e) {
                log.error(spec.name(), "cannot make its worker sockets: " + e.getMessage());
            }
        }
        for (ProgramHost host : programs.all()) {
            start(host, byHand.getOrDefault(host.name(), Intent.NONE));
        }
        if (recorder != null) {
            recorder.changedForGood(); // else what serves already would be nobody's to the next one
        }
    }

    private void start(ProgramHost host, Intent byHand) {
        Program program = host.program();
        if (!byHand.none()) {
            log.info(
                    host.name(),
                    "as an operator set it before: " + byHand.words(program.newest().workers()));
        }
        if (byHand.stopped()) {
            return;
        }
        announce(program.serving().spec(), program.count());
        Conversation start = new Conversation(null, JsonId.NONE);
        start.expect();
        Set<Integer> scope = byHand.held().isEmpty() ? null : new TreeSet<>();
        for (int slot = 0; scope != null && slot < program.count(); slot++) {
            if (!byHand.held().contains(slot)) {
                scope.add(slot);
            }
        }
        operator.ask(host, new Command.Start(scope), start);
    }

    private void announce(ProgramSpec spec, int workers) {
        List<String> addresses = new ArrayList<>();
        for (Bound bound : sockets.of(spec)) {
            addresses.add(bound.address());
        }
        String on = addresses.isEmpty() ? "" : " on " + String.join(", ", addresses);
        log.info(
                spec.name(), "starting " + (workers == 1 ? "1 worker" : workers + " workers") + on);
    }

    private Premises premises() {
        if (premises == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        return premises;
    }

    private Intents intents() {
        if (intents == null) {
            throw new IllegalStateException("hands are laid on programs after the manager is open");
        }
        return intents;
    }

    @Override
    public void setByHand() {
        intents().setByHand();
        if (recorder != null) {
            recorder.changedForGood(); // else the next manager would not want who is born for it
        }
    }

    /// A stop of everything is not the stop of each program.
    private void keepIntents() {
        if (!stopping && !intents().keep(programs) && recorder != null) {
            recorder.later();
        }
    }

    // ---- programs

    @Override
    public ProgramHost host(ProgramSpec spec, @Nullable Intent byHand) throws IOException {
        socketsMayBeOver = true; // they are bound already, and this may fail
        Intent own = byHand == null ? unhosted.getOrDefault(spec.name(), Intent.NONE) : byHand;
        return new ProgramHost(spec, own, programs.nextIncarnation(spec.name()), surface());
    }

    private ProgramHost.Surface surface() {
        Premises here = premises();
        WorkerDoors doors = new WorkerDoors(loop, here, files, buffer);
        return new ProgramHost.Surface(
                loop, births, sockets, prober, strays, groups, doors, here.control(), this);
    }

    @Override
    public void settings(ServicesSpec services) {
        ServicesSpec before = last;
        if (control != null) { // also where names have other numbers since
            control.admit(services.control(), Machine.access(services.control(), log));
        }
        if (before != null && before.control().forOthers() != services.control().forOthers()) {
            letThrough(premises(), services.control());
        }
        last = before == null ? services : services.takenOverBy(before);
        http.settle();
        log.configure(services.log());
    }

    private void letThrough(Premises here, ControlSpec spec) {
        String obstacle = here.letThrough(spec.forOthers());
        if (obstacle != null) {
            log.warn("", obstacle);
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
            log.error("", e.getMessage() + "; reload when the address is free");
        }
    }

    private Snapshot.Manager numbers() {
        int clients = control == null ? 0 : control.count();
        long files = Limits.openFiles().soft();
        return new Snapshot.Manager(startedMillis, reexecs, recoveries, clients, files);
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
                taken.control(), log.spec(), taken.stateDirectory(), http.spec(), taken.programs());
    }

    @Override
    public void unsettled() {
        socketsMayBeOver = true;
        if (recorder != null) {
            recorder.changed();
        }
    }

    @Override
    public void closeUnused() {
        List<ProgramSpec> inUse = reloader.inUse();
        inUse.addAll(operator.handovers().definitions());
        sockets.closeAllBut(inUse, programs::slots);
        List<ProgramSpec> inService = programs.inService();
        inService.addAll(operator.handovers().definitions());
        if (sockets.restAllBut(inService)) {
            programs.everyHost().forEach(ProgramHost::socketsChanged);
        }
    }

    @Override
    public void decided() {
        if (recorder != null) {
            recorder.write(this::managerImage);
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
        } while (operator.goOn()); // who was let in may have deadlines that have passed
        tidy();
        Moment next = upkeep();
        next = Moment.earlier(next, deadline()); // last: any of that may have set one
        if (!over) {
            loop.turn(next == null ? -1 : Math.max(0, next.nanos() - Clock.now().nanos()));
            tidy();
        }
    }

    /// Tells programs the time whose deadline has passed. What one does then may set a deadline of
    /// another that was looked at before.
    private void elapse() {
        Moment now = Clock.now();
        Moment trial = stopping ? null : reloader.trials().deadline();
        if (trial != null && trial.reached(now)) {
            reloader.goBack(operator);
        }
        for (ProgramHost host : programs.everyHost()) {
            host.elapse(now);
        }
        outputs.deadlinePassed(now);
    }

    /// The next deadline of programs; null if there is none.
    private @Nullable Moment deadline() {
        Moment next = stopping ? null : reloader.trials().deadline();
        for (ProgramHost host : programs.everyHost()) {
            next = Moment.earlier(next, host.deadline());
        }
        return Moment.earlier(next, outputs.deadline());
    }

    /// What the manager itself has to do at some time.
    ///
    /// @return when next; null if time alone changes nothing
    private @Nullable Moment upkeep() {
        Moment now = Clock.now();
        Moment next = Moment.earlier(service.turn(now, stopping), replacement.attend(now));
        next = Moment.earlier(next, groups.turn(now));
        next = Moment.earlier(next, steering.turn(now));
        next = Moment.earlier(next, files.retry(now));
        http.deadlinePassed(now);
        next = Moment.earlier(next, http.deadline());
        next = recorder == null ? next : Moment.earlier(next, written(recorder, now));
        // after the state directory is there again, if it is to be
        return listenerFiles == null ? next : Moment.earlier(next, listenerFiles.renew(now));
    }

    private @Nullable Moment written(Recorder to, Moment now) {
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
            reloader.makeWay(programs.staying()); // a version that may come back may be in the way
            socketsMayBeOver = false;
            closeUnused();
            if (listenerFiles != null) {
                listenerFiles.sync();
            }
            steering.changed();
            service.keep(sockets.images());
            kept();
        }
        keepIntents();
    }

    /// A socket was bound anew: workers that have the old one cannot be reached.
    private void rollOnto(SocketKey key) {
        socketsMayBeOver = true;
        programs.everyHost().forEach(ProgramHost::socketsChanged);
        for (ProgramHost host : List.copyOf(programs.all())) {
            ProgramSpec newest = host.program().newest();
            boolean has =
                    newest.sockets().stream().anyMatch(s -> SocketKey.of(newest, s).equals(key));
            if (has && !stopping) {
                log.warn(host.name(), "is rolled onto the new socket at " + sockets.path(key));
                Conversation nobody = Conversation.withNobody();
                nobody.expect();
                operator.ask(host, new Command.Apply(newest, true), nobody);
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
        if (recorder != null) {
            recorder.writeBeforeBirths(host, this::managerImage);
        }
    }

    @Override
    public boolean kept() {
        return keeper == null || keeper.keep(sockets.images());
    }

    /// Somebody had removed all that was written.
    private void writtenAgain(Notes notes) throws IOException {
        births.noteIn(notes);
        if (keeper != null) {
            keeper.noteAgain();
        }
        intents().takeUp();
        attend();
    }

    private void attend() {
        Recorder here = recorder;
        if (here != null) {
            files.attend(premises().state().path(), here::suspect);
        }
    }

    /// A socket was bound for a worker that is about to be born. Were the manager killed before the
    /// next one can know of it, that one would bind another, which nobody serves.
    private void joined() {
        socketsMayBeOver = true;
        if (recorder != null) {
            if (recorder.writeOwn(this::managerImage)) {
                kept();
            }
        }
    }

    @Override
    public void stepped(ProgramHost host) {
        service.changed();
        steering.changed();
        if (recorder != null) {
            recorder.changed(host);
        }
        if (programs.dropIfGone(host)) {
            host.close();
            if (recorder != null) {
                recorder.gone(host);
            }
            socketsMayBeOver = true;
            log.info(host.name(), "removed");
        }
        if (stopping) {
            endIfVacant();
        }
    }

    @Override
    public void finished() {
        if (recorder != null) {
            recorder.changedForGood();
        }
    }

    @Override
    public void redefined(ProgramHost host) {
        if (recorder != null) {
            recorder.changedForGood();
        }
        socketsMayBeOver = true;
        outputs.redefined(host.program().serving().spec());
        intents().redefined();
        programs.redefined(host);
    }

    @Override
    public void bug(ProgramHost host, RuntimeException thrown) {
        log.bug(host.name(), thrown);
    }

    private void endIfVacant() {
        String stuck = programs.stuck();
        if (stuck == null) {
            return;
        }
        if (stuck.isEmpty()) {
            end(true, "everything is stopped");
            return;
        }
        String what = "everything is stopped but what even KILL does not reach: ";
        log.error("", what + stuck + "; it ends when the kernel lets it");
        end(false, what + stuck);
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
        reloader.reload(Set.of(), null, false, conversation, operator);
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
            operator.stopAtOnce();
            return;
        }
        keepIntents();
        operator.handovers().drop("everything is being stopped");
        stopping = true;
        log.info("", "stopping everything");
        List<ProgramHost> every = programs.everyHost();
        Conversation conversation = new Conversation(null, JsonId.NONE);
        every.forEach(host -> conversation.expect());
        operator.stop(every, first, conversation);
        endIfVacant();
    }

    @Override
    public void quit() {
        keepIntents();
        stopping = true;
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
        tellOfChanges();
        int reaped =
                Processes.reapOrphans(
                        pid -> {
                            orphansMayBeDead = ours(pid);
                            return orphansMayBeDead;
                        });
        if (reaped > 0) {
            orphansMayBeDead = true; // one turn reaps so many and no more
            strays.sweep();
        }
    }

    /// Whoever was stopped by a signal, or goes on.
    private void tellOfChanges() {
        for (Processes.Change next = Processes.nextChange();
                next != null;
                next = Processes.nextChange()) {
            for (ProgramHost host : programs.everyHost()) {
                host.changed(next);
            }
        }
    }

    private boolean ours(int pid) {
        for (ProgramHost host : programs.everyHost()) {
            if (host.workforce().owns(pid)) {
                return true;
            }
        }
        return prober.owns(pid) || replacement.owns(pid);
    }

    // ---- what programs tell

    @Override
    public void progress(long ticket, String message) {
        operator.progress(ticket, message);
    }

    @Override
    public void answer(ProgramHost host, long ticket, boolean done, String message) {
        if (recorder != null && operator.isAwaited(ticket)) {
            recorder.changed(host); // in this very step, which is not over
            recorder.write(this::managerImage); // what was told to be done stays done
        }
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
        tell(level, host.name(), subject, message);
    }

    private void tell(LogSpec.Level level, String program, String message) {
        tell(level, program, program, message);
    }

    private void tell(LogSpec.Level level, String program, String subject, String message) {
        log.write(level, subject, message);
        if (control != null) {
            control.tell(program, subject + ": " + message);
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
                Clock.millisSince(startedMillis),
                options.definition().toString(),
                reloader.trials().leftMillis(),
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
        if (leavesAll) {
            return;
        }
        service.end();
        if (recorder != null) {
            recorder.delete();
            if (keeper != null) {
                keeper.end();
            }
        }
        programs.everyHost().forEach(ProgramHost::close);
        http.close();
        outputs.close();
        sockets.closeAllBut(List.of(), name -> 0);
        cgroups.close();
        credentials.close();
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
