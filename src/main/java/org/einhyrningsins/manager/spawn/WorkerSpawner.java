// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.output.LogWriterThreads;
import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.posix.spawn.ChildGate;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.ConfinementSpec;
import org.einhyrningsins.spec.DirectorySpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.ProcessIdentitySpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Turns an order to spawn into a process.
public final class WorkerSpawner {
    private static final int[] NONE = {-1, -1};

    private final SequencedMap<String, String> inherited;
    private final SocketTable sockets;
    private final WorkerCgroups cgroups;
    private final WorkerCredentials secrets;
    private final Spawner spawner = new Spawner();
    private final WaitBudget waitBudget = new WaitBudget();
    private final SpawnPreparation spawnPreparation = new SpawnPreparation(waitBudget);
    private @Nullable StateJournal stateJournal;
    private @Nullable Integer own;
    private final int nothing;
    private final WorkerOutput workerOutput;

    /// Spawns workers of one manager.
    ///
    /// @param nothing a descriptor of /dev/null
    public WorkerSpawner(
            SequencedMap<String, String> inherited,
            SocketTable sockets,
            WorkerCgroups cgroups,
            WorkerCredentials secrets,
            int nothing,
            WorkerOutput workerOutput) {
        this.inherited = inherited;
        this.sockets = sockets;
        this.cgroups = cgroups;
        this.secrets = secrets;
        this.nothing = nothing;
        this.workerOutput = workerOutput;
    }

    /// Reason why a worker could not be spawned, for a person.
    public static final class SpawnRefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        public SpawnRefusedException(@Nullable String message) {
            super(message);
        }
    }

    /// Works out what the workers of a version have in common.
    ///
    /// @param acks path of their ack socket
    /// @param notifications path of their notify socket
    public SpawnTemplate blueprint(ProgramVersion programVersion, Path acks, Path notifications)
            throws SpawnRefusedException {
        List<BoundSocket> bound = awake(programVersion.spec());
        Credentials credentials = credentials(programVersion.spec());
        Map<String, String> given = given(programVersion.spec().identity(), credentials);
        return new SpawnTemplate(
                programVersion, given, bound, acks, notifications, credentials, secrets, nothing);
    }

    /// Returns the part of the manager's environment that a worker inherits; variables about the
    /// manager's own user are not inherited by another.
    private Map<String, String> given(
            ProcessIdentitySpec identity, @Nullable Credentials credentials) {
        return identity.user() == null || credentials == null
                ? inherited
                : WorkerEnvironment.of(inherited, Accounts.account(credentials.uid()).orElse(null));
    }

    /// Describes why a worker of that definition could not be spawned, as far as one can see
    /// without trying. The view of another user is unknown, so only what is certain counts.
    ///
    /// @return null if nothing speaks against it
    public @Nullable String objection(ProgramSpec spec) {
        try {
            credentials(spec);
        } catch (SpawnRefusedException e) {
            return e.getMessage();
        }
        if (Files.notExists(spec.directory()) && !isMade(spec)) {
            return "directory " + spec.directory() + ": no such directory (ENOENT)";
        }
        for (Path secret : spec.identity().confinement().credentials().values()) {
            if (Files.notExists(secret)) {
                return "credentials " + secret + ": no such file (ENOENT)";
            }
        }
        String objection = objection("command", spec, spec.command().getFirst());
        HealthSpec health = spec.care().health();
        if (objection == null
                && health != null
                && health.target() instanceof AckSpec.ExecTarget check) {
            objection = objection("health.exec", spec, check.command().getFirst());
        }
        return objection;
    }

    /// True if its working directory is created before it starts.
    private static boolean isMade(ProgramSpec spec) {
        for (DirectorySpec directory : spec.identity().confinement().directories()) {
            if (directory.path().startsWith(spec.directory())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String objection(String key, ProgramSpec spec, TextTemplate command) {
        try {
            requireExecutable(spec, command);
            return null;
        } catch (PosixException e) {
            boolean certain = spec.identity().user() == null || e.errno() == Errno.ENOENT;
            return certain ? key + " " + e.getMessage() : null;
        }
    }

    /// Checks that the executable exists. A command that differs from slot to slot is checked for
    /// the first slot; one that depends on a port is not known yet.
    private void requireExecutable(ProgramSpec spec, TextTemplate command) {
        TextTemplate path = spec.env().get("PATH");
        boolean known = path == null || path.constant();
        for (TextTemplate.Part part : command.parts()) {
            known &= !(part instanceof TextTemplate.AddressOf);
        }
        if (known) {
            String search = path == null ? inheritedPath(spec) : path.expand(0, Map.of());
            String directory = spec.directory().toString();
            Processes.findExecutable(command.expand(0, Map.of()), directory, search);
        }
    }

    private String inheritedPath(ProgramSpec spec) {
        String path = spec.dropEnv().contains("PATH") ? null : inherited.get("PATH");
        return path == null ? SpawnTemplate.DEFAULT_PATH : path;
    }

    private static @Nullable Credentials credentials(ProgramSpec spec)
            throws SpawnRefusedException {
        ProcessIdentitySpec identity = spec.identity();
        if (identity.user() == null && identity.group() == null) {
            return null;
        }
        try {
            return Accounts.credentials(identity.user(), identity.group());
        } catch (UnknownAccountException e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    /// Sets the journal in which workers leave their notes.
    public void noteIn(StateJournal file) {
        stateJournal = file;
        spawner.noteIn(file.file());
    }

    /// A worker said that it is up.
    public void noteAck(String program, WorkerId id) {
        if (stateJournal != null) {
            stateJournal.acked(program, id);
        }
    }

    /// A worker's process ended, which is noted before anybody hears of it.
    public void noteEnd(String program, WorkerId id, WorkerExit workerExit) {
        if (stateJournal != null) {
            stateJournal.ended(program, id, workerExit);
        }
    }

    /// Goes on with the output of a worker that was born under another manager.
    ///
    /// @return nothing if we do not bring it, or cannot any more, which is said
    public List<OutputPipe> resume(ProgramSpec spec, WorkerSnapshot worker) {
        return workerOutput.resume(spec, worker);
    }

    /// A worker's process.
    ///
    /// @param birth the child on its way to its program; null if it executes it already
    public record Born(WorkerProcess process, @Nullable PendingChild birth) {}

    /// Spawns a worker. Nobody makes it wait for longer than there is [WaitBudget].
    public Born spawn(WorkerId id, SpawnTemplate spawnTemplate) throws SpawnRefusedException {
        ProgramSpec spec = spawnTemplate.version().spec();
        if (spec.obstacle() != null) {
            throw new SpawnRefusedException(spec.obstacle());
        }
        Credentials credentials = spawnTemplate.credentials();
        List<BoundSocket> own =
                spawnTemplate.alike() ? spawnTemplate.bound() : own(spec, id.slot());
        SpawnPreparation.Site site = spawnPreparation.site(spec.name());
        prepare(spec, id, credentials, site);
        WorkerOutput.Output output = workerOutput.open(spec, id, credentials);
        try {
            boolean piped = spec.ack().mode() instanceof AckSpec.Fd;
            int[] line = spec.bond().descriptor() ? Sockets.pair() : NONE;
            int[] ack = piped ? ackPipeOrClose(line, credentials) : NONE;
            PendingChild pendingChild =
                    spawn(id, spawnTemplate, new Given(own, output, site), line, ack);
            SpawnedChild spawnedChild = pendingChild.child();
            output.pipes().forEach(pipe -> pipe.born(spawnedChild.pid()));
            nice(spawnedChild.pid(), spec.identity().nice());
            WorkerProcess process =
                    new WorkerProcess(
                            id,
                            spawnedChild.pid(),
                            spawnedChild.pidfd(),
                            line[0],
                            ack[0],
                            credentials == null ? -1 : credentials.uid(),
                            Clock.wallMillis(),
                            output.file(),
                            output.since(),
                            output.extent(),
                            false,
                            output.pipes());
            return new Born(process, pendingChild.underWay() ? pendingChild : null);
        } catch (SpawnException | PosixException e) {
            workerOutput.discard(output);
            secrets.remove(WorkerTag.of(spec.name(), id));
            throw new SpawnRefusedException(e.getMessage());
        } finally {
            output.release();
        }
    }

    /// Makes what a worker is to find.
    private void prepare(
            ProgramSpec spec, WorkerId id, @Nullable Credentials owner, SpawnPreparation.Site site)
            throws SpawnRefusedException {
        ConfinementSpec confinement = spec.identity().confinement();
        String mark = WorkerTag.of(spec.name(), id);
        try {
            List<DirectorySpec> directories = confinement.directories();
            if (!directories.isEmpty()) {
                site.lay("directories", () -> makeDirectories(directories, owner));
            }
            Map<String, Path> sources = confinement.credentials();
            if (!sources.isEmpty()) {
                secrets.expect(mark);
                Path directory = secrets.directory(mark);
                site.lay("credentials", () -> WorkerCredentials.make(directory, sources, owner));
            }
        } catch (IOException e) {
            throw new SpawnRefusedException("credentials: " + RuntimeFiles.why(e));
        } catch (PosixException e) {
            throw new SpawnRefusedException("credentials: " + e.getMessage());
        } catch (SpawnException e) {
            secrets.remove(mark);
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    private static void makeDirectories(
            List<DirectorySpec> directories, @Nullable Credentials owner) {
        for (DirectorySpec directory : directories) {
            SafePath.makeDirectory(directory.path(), directory.mode(), owner);
        }
    }

    /// Sets the niceness of a worker, which leads a session of its own.
    ///
    /// @param wanted null for the manager's
    private void nice(int pid, @Nullable Integer wanted) {
        Integer known = own;
        int ours = known == null ? Processes.nice() : known;
        own = ours;
        int nice = wanted == null ? ours : wanted;
        if (nice != 0) {
            Processes.niceSession(pid, nice);
        }
    }

    /// A version that comes back finds its sockets at rest.
    private List<BoundSocket> awake(ProgramSpec spec) throws SpawnRefusedException {
        try {
            sockets.wake(spec);
            return sockets.of(spec);
        } catch (SocketTable.CannotBind e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    private List<BoundSocket> own(ProgramSpec spec, int slot) throws SpawnRefusedException {
        try {
            return sockets.of(spec, slot);
        } catch (SocketTable.CannotBind e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    /// The worker's end outlives ours, so that it can say that it is up while there is no manager.
    private static int[] ackPipe(@Nullable Credentials owner) {
        OutputPipes.Outlet pipe = OutputPipes.narrow(owner);
        return new int[] {pipe.reader(), pipe.worker()};
    }

    private static int[] ackPipeOrClose(int[] line, @Nullable Credentials owner) {
        try {
            return ackPipe(owner);
        } catch (PosixException e) {
            close(line);
            throw e;
        }
    }

    /// See [LogWriterThreads].
    public LogWriterThreads lanes() {
        return workerOutput.writerThreads();
    }

    /// Sockets and output of one worker.
    private record Given(
            List<BoundSocket> sockets, WorkerOutput.Output output, SpawnPreparation.Site site) {
        int out() {
            return output.out();
        }

        int err() {
            return output.err();
        }
    }

    private PendingChild spawn(
            WorkerId id, SpawnTemplate spawnTemplate, Given given, int[] line, int[] pipe)
            throws SpawnException {
        boolean born = false;
        try {
            PendingChild pendingChild = spawn(id, spawnTemplate, given, line[1], pipe[1]);
            born = true;
            return pendingChild;
        } finally {
            close(line[1], pipe[1]);
            if (!born) {
                close(line[0], pipe[0]);
            }
        }
    }

    private static void close(int... ends) {
        for (int fd : ends) {
            if (fd >= 0) {
                Descriptors.close(fd);
            }
        }
    }

    /// Spawns a command that tells how a worker is.
    public WorkerCgroups.Check check(
            WorkerId id, SpawnTemplate spawnTemplate, List<TextTemplate> command, int pid)
            throws SpawnException {
        SpawnRequest order = spawnTemplate.check(id, command, pid);
        long wait = waitBudget.nanos(Clock.now());
        String mark = WorkerTag.of(spawnTemplate.version().spec().name(), id);
        try (SandboxRuleset sandboxRuleset = sandbox(order, spawnTemplate.version().spec(), mark)) {
            SpawnPreparation.Site site =
                    spawnPreparation.site(spawnTemplate.version().spec().name());
            sandboxRuleset.fill(site);
            if (site.late()) {
                String why = "; whoever owns a part of its paths makes that wait";
                throw new SpawnException("sandbox", Errno.EAGAIN.number(), why);
            }
            SpawnRequest inside = order.within(sandboxRuleset.ruleset());
            WorkerCgroups.Check check = cgroups.check(mark, spawner, inside, wait);
            noted(check.birth());
            return check;
        }
    }

    /// A command that told, or was to tell, is over: what it left is ended.
    public void checked(WorkerCgroups.Check check) {
        cgroups.end(check.mark(), check.birth().child().pid());
    }

    private PendingChild noted(PendingChild pendingChild) {
        if (pendingChild.underWay()) {
            waitBudget.missed(Clock.now());
        }
        return pendingChild;
    }

    /// Gives back what births need that took their time and are over.
    public void attend() {
        spawner.attend();
    }

    /// A remembered executable that is no longer there is looked for once more.
    private PendingChild spawn(
            WorkerId id, SpawnTemplate spawnTemplate, Given given, int line, int pipe)
            throws SpawnException {
        String note = stateJournal == null ? "" : note(stateJournal, id, spawnTemplate.version());
        if (spawnTemplate.remembersExecutable()) {
            try {
                return born(id, spawnTemplate, given, line, pipe, note);
            } catch (SpawnException e) {
                spawnTemplate.forgetExecutable();
            }
        }
        return born(id, spawnTemplate, given, line, pipe, note);
    }

    private PendingChild born(
            WorkerId id, SpawnTemplate spawnTemplate, Given given, int line, int pipe, String note)
            throws SpawnException {
        String mark = WorkerTag.of(spawnTemplate.version().spec().name(), id);
        SpawnRequest order =
                spawnTemplate.order(id, given.sockets(), given.out(), given.err(), line, pipe);
        try (SandboxRuleset sandboxRuleset = sandbox(order, spawnTemplate.version().spec(), mark)) {
            sandboxRuleset.fill(given.site());
            Runnable undo = () -> WorkerCredentials.discard(secrets.directory(mark));
            ChildGate childGate = given.site().gate(undo);
            SpawnRequest inside = order.within(sandboxRuleset.ruleset()).behind(childGate);
            return noted(begin(mark, spawnTemplate.version().spec(), inside, note, childGate));
        }
    }

    private PendingChild begin(
            String mark,
            ProgramSpec spec,
            SpawnRequest order,
            String note,
            @Nullable ChildGate childGate)
            throws SpawnException {
        CgroupSpec limits = spec.identity().confinement().cgroup();
        PendingChild pendingChild = null;
        try {
            long wait =
                    childGate == null
                            ? waitBudget.nanos(Clock.now())
                            : 0; // that was waited already
            pendingChild = cgroups.spawn(mark, spawner, order, note, wait, limits);
            return pendingChild;
        } finally {
            if (childGate != null) {
                childGate.born();
            }
            if (childGate != null && pendingChild == null) {
                childGate.close();
            }
        }
    }

    private SandboxRuleset sandbox(SpawnRequest order, ProgramSpec spec, String mark) {
        Path executable = Path.of(order.directory()).resolve(order.executable());
        boolean hasSecrets = !spec.identity().confinement().credentials().isEmpty();
        return SandboxRuleset.of(spec, executable, hasSecrets ? secrets.directory(mark) : null);
    }

    private static String note(
            StateJournal stateJournal, WorkerId id, ProgramVersion programVersion) {
        return stateJournal.birth(programVersion.spec().name(), id, programVersion.generation());
    }
}
