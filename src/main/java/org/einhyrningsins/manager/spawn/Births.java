// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.manager.output.LogLanes;
import org.einhyrningsins.manager.output.LogPipe;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Patience;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.snapshot.Notes;
import org.einhyrningsins.manager.snapshot.WorkerImage;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Pipes;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Bound;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.posix.spawn.Birth;
import org.einhyrningsins.posix.spawn.Gate;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnOrder;
import org.einhyrningsins.posix.spawn.Spawned;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.ConfinementSpec;
import org.einhyrningsins.spec.DirectorySpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Template;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Turns an order to spawn into a process.
public final class Births {
    private static final int[] NONE = {-1, -1};

    private final SequencedMap<String, String> inherited;
    private final SocketTable sockets;
    private final WorkerCgroups cgroups;
    private final WorkerCredentials secrets;
    private final Spawner spawner = new Spawner();
    private final Patience patience = new Patience();
    private final Groundwork groundwork = new Groundwork(patience);
    private @Nullable Notes notes;
    private @Nullable Integer own;
    private final int nothing;
    private final Outputs outputs;

    /// @param nothing a descriptor of /dev/null
    public Births(
            SequencedMap<String, String> inherited,
            SocketTable sockets,
            WorkerCgroups cgroups,
            WorkerCredentials secrets,
            int nothing,
            Outputs outputs) {
        this.inherited = inherited;
        this.sockets = sockets;
        this.cgroups = cgroups;
        this.secrets = secrets;
        this.nothing = nothing;
        this.outputs = outputs;
    }

    /// Why a worker could not be born, as a person reads it.
    public static final class Stillborn extends Exception {
        private static final long serialVersionUID = 1L;

        public Stillborn(@Nullable String message) {
            super(message);
        }
    }

    /// Works out what the workers of a version have in common.
    ///
    /// @param acks where they ack
    /// @param notifications where they notify
    public Blueprint blueprint(Version version, Path acks, Path notifications) throws Stillborn {
        List<Bound> bound = awake(version.spec());
        Credentials credentials = credentials(version.spec());
        Map<String, String> given = given(version.spec().identity(), credentials);
        return new Blueprint(
                version, given, bound, acks, notifications, credentials, secrets, nothing);
    }

    /// What a worker inherits of the manager's environment: what is about the manager's own user is
    /// not about another.
    private Map<String, String> given(IdentitySpec identity, @Nullable Credentials credentials) {
        return identity.user() == null || credentials == null
                ? inherited
                : Environment.of(inherited, Accounts.account(credentials.uid()).orElse(null));
    }

    /// Why a worker of that definition could not be born, as far as one can see without trying.
    /// What another user may see of it is not known, so only what is certain counts.
    ///
    /// @return null if nothing speaks against it
    public @Nullable String objection(ProgramSpec spec) {
        try {
            credentials(spec);
        } catch (Stillborn e) {
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

    /// Whether its working directory is made before it starts.
    private static boolean isMade(ProgramSpec spec) {
        for (DirectorySpec directory : spec.identity().confinement().directories()) {
            if (directory.path().startsWith(spec.directory())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String objection(String key, ProgramSpec spec, Template command) {
        try {
            requireExecutable(spec, command);
            return null;
        } catch (PosixException e) {
            boolean certain = spec.identity().user() == null || e.errno() == Errno.ENOENT;
            return certain ? key + " " + e.getMessage() : null;
        }
    }

    /// What differs from slot to slot is looked for as the first one has it; what depends on a port
    /// is not known yet.
    private void requireExecutable(ProgramSpec spec, Template command) {
        Template path = spec.env().get("PATH");
        boolean known = path == null || path.constant();
        for (Template.Part part : command.parts()) {
            known &= !(part instanceof Template.AddressOf);
        }
        if (known) {
            String search = path == null ? inheritedPath(spec) : path.expand(0, Map.of());
            String directory = spec.directory().toString();
            Processes.findExecutable(command.expand(0, Map.of()), directory, search);
        }
    }

    private String inheritedPath(ProgramSpec spec) {
        String path = spec.dropEnv().contains("PATH") ? null : inherited.get("PATH");
        return path == null ? Blueprint.DEFAULT_PATH : path;
    }

    private static @Nullable Credentials credentials(ProgramSpec spec) throws Stillborn {
        IdentitySpec identity = spec.identity();
        if (identity.user() == null && identity.group() == null) {
            return null;
        }
        try {
            return Accounts.credentials(identity.user(), identity.group());
        } catch (UnknownAccountException e) {
            throw new Stillborn(e.getMessage());
        }
    }

    /// Workers leave their notes there from now on.
    public void noteIn(Notes file) {
        notes = file;
        spawner.noteIn(file.file());
    }

    /// A worker said that it is up.
    public void noteAck(String program, WorkerId id) {
        if (notes != null) {
            notes.acked(program, id);
        }
    }

    /// A worker's process ended, which is noted before anybody hears of it.
    public void noteEnd(String program, WorkerId id, Exit exit) {
        if (notes != null) {
            notes.ended(program, id, exit);
        }
    }

    /// Goes on with the output of a worker that was born under another manager.
    ///
    /// @return nothing if we do not bring it, or cannot any more, which is said
    public List<LogPipe> resume(ProgramSpec spec, WorkerImage worker) {
        return outputs.resume(spec, worker);
    }

    /// A worker's process.
    ///
    /// @param birth how it comes to execute its program, if it does not yet; else null
    public record Born(WorkerProcess process, @Nullable Birth birth) {}

    /// Spawns a worker. Nobody makes it wait for longer than there is [Patience].
    public Born spawn(WorkerId id, Blueprint blueprint) throws Stillborn {
        ProgramSpec spec = blueprint.version().spec();
        if (spec.obstacle() != null) {
            throw new Stillborn(spec.obstacle());
        }
        Credentials credentials = blueprint.credentials();
        List<Bound> own = blueprint.alike() ? blueprint.bound() : own(spec, id.slot());
        Groundwork.Site site = groundwork.site(spec.name());
        prepare(spec, id, credentials, site);
        Outputs.Output output = outputs.open(spec, id, credentials);
        try {
            boolean piped = spec.ack().mode() instanceof AckSpec.Fd;
            int[] line = spec.bond().descriptor() ? Sockets.pair() : NONE;
            int[] ack = piped ? ackPipeOrClose(line, credentials) : NONE;
            Birth birth = spawn(id, blueprint, new Given(own, output, site), line, ack);
            Spawned spawned = birth.child();
            output.pipes().forEach(pipe -> pipe.born(spawned.pid()));
            nice(spawned.pid(), spec.identity().nice());
            WorkerProcess process =
                    new WorkerProcess(
                            id,
                            spawned.pid(),
                            spawned.pidfd(),
                            line[0],
                            ack[0],
                            credentials == null ? -1 : credentials.uid(),
                            Clock.wallMillis(),
                            output.file(),
                            output.since(),
                            output.extent(),
                            false,
                            output.pipes());
            return new Born(process, birth.underWay() ? birth : null);
        } catch (SpawnException | PosixException e) {
            outputs.discard(output);
            secrets.remove(WorkerTag.of(spec.name(), id));
            throw new Stillborn(e.getMessage());
        } finally {
            output.release();
        }
    }

    /// Makes what a worker is to find.
    private void prepare(
            ProgramSpec spec, WorkerId id, @Nullable Credentials owner, Groundwork.Site site)
            throws Stillborn {
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
            throw new Stillborn("credentials: " + RuntimeFiles.why(e));
        } catch (PosixException e) {
            throw new Stillborn("credentials: " + e.getMessage());
        } catch (SpawnException e) {
            secrets.remove(mark);
            throw new Stillborn(e.getMessage());
        }
    }

    private static void makeDirectories(
            List<DirectorySpec> directories, @Nullable Credentials owner) {
        for (DirectorySpec directory : directories) {
            SafePath.makeDirectory(directory.path(), directory.mode(), owner);
        }
    }

    /// It leads a session of its own.
    ///
    /// @param wanted null for ours
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
    private List<Bound> awake(ProgramSpec spec) throws Stillborn {
        try {
            sockets.wake(spec);
            return sockets.of(spec);
        } catch (SocketTable.CannotBind e) {
            throw new Stillborn(e.getMessage());
        }
    }

    private List<Bound> own(ProgramSpec spec, int slot) throws Stillborn {
        try {
            return sockets.of(spec, slot);
        } catch (SocketTable.CannotBind e) {
            throw new Stillborn(e.getMessage());
        }
    }

    /// The worker's end outlives ours, so that it can say that it is up while there is no manager.
    private static int[] ackPipe(@Nullable Credentials owner) {
        Pipes.Outlet pipe = Pipes.narrow(owner);
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

    /// See [LogLanes].
    public LogLanes lanes() {
        return outputs.lanes();
    }

    /// Its sockets, and where it writes.
    private record Given(List<Bound> sockets, Outputs.Output output, Groundwork.Site site) {
        int out() {
            return output.out();
        }

        int err() {
            return output.err();
        }
    }

    private Birth spawn(WorkerId id, Blueprint blueprint, Given given, int[] line, int[] pipe)
            throws SpawnException {
        boolean born = false;
        try {
            Birth birth = spawn(id, blueprint, given, line[1], pipe[1]);
            born = true;
            return birth;
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
            WorkerId id, Blueprint blueprint, List<Template> command, int pid)
            throws SpawnException {
        SpawnOrder order = blueprint.check(id, command, pid);
        long wait = patience.nanos(Clock.now());
        String mark = WorkerTag.of(blueprint.version().spec().name(), id);
        try (Sandbox sandbox = sandbox(order, blueprint.version().spec(), mark)) {
            Groundwork.Site site = groundwork.site(blueprint.version().spec().name());
            sandbox.fill(site);
            if (site.late()) {
                String why = "; whoever owns a part of its paths makes that wait";
                throw new SpawnException("sandbox", Errno.EAGAIN.number(), why);
            }
            SpawnOrder inside = order.within(sandbox.ruleset());
            WorkerCgroups.Check check = cgroups.check(mark, spawner, inside, wait);
            noted(check.birth());
            return check;
        }
    }

    /// A command that told, or was to tell, is over: what it left is ended.
    public void checked(WorkerCgroups.Check check) {
        cgroups.end(check.mark(), check.birth().child().pid());
    }

    private Birth noted(Birth birth) {
        if (birth.underWay()) {
            patience.missed(Clock.now());
        }
        return birth;
    }

    /// Gives back what births need that took their time and are over.
    public void attend() {
        spawner.attend();
    }

    /// A remembered executable that is no longer there is looked for once more.
    private Birth spawn(WorkerId id, Blueprint blueprint, Given given, int line, int pipe)
            throws SpawnException {
        String note = notes == null ? "" : note(notes, id, blueprint.version());
        if (blueprint.remembersExecutable()) {
            try {
                return born(id, blueprint, given, line, pipe, note);
            } catch (SpawnException e) {
                blueprint.forgetExecutable();
            }
        }
        return born(id, blueprint, given, line, pipe, note);
    }

    private Birth born(
            WorkerId id, Blueprint blueprint, Given given, int line, int pipe, String note)
            throws SpawnException {
        String mark = WorkerTag.of(blueprint.version().spec().name(), id);
        SpawnOrder order =
                blueprint.order(id, given.sockets(), given.out(), given.err(), line, pipe);
        try (Sandbox sandbox = sandbox(order, blueprint.version().spec(), mark)) {
            sandbox.fill(given.site());
            Runnable undo = () -> WorkerCredentials.discard(secrets.directory(mark));
            Gate gate = given.site().gate(undo);
            SpawnOrder inside = order.within(sandbox.ruleset()).behind(gate);
            return noted(begin(mark, blueprint.version().spec(), inside, note, gate));
        }
    }

    private Birth begin(
            String mark, ProgramSpec spec, SpawnOrder order, String note, @Nullable Gate gate)
            throws SpawnException {
        CgroupSpec limits = spec.identity().confinement().cgroup();
        Birth birth = null;
        try {
            long wait = gate == null ? patience.nanos(Clock.now()) : 0; // that was waited already
            birth = cgroups.spawn(mark, spawner, order, note, wait, limits);
            return birth;
        } finally {
            if (gate != null) {
                gate.born();
            }
            if (gate != null && birth == null) {
                gate.close();
            }
        }
    }

    private Sandbox sandbox(SpawnOrder order, ProgramSpec spec, String mark) {
        Path executable = Path.of(order.directory()).resolve(order.executable());
        boolean hasSecrets = !spec.identity().confinement().credentials().isEmpty();
        return Sandbox.of(spec, executable, hasSecrets ? secrets.directory(mark) : null);
    }

    private static String note(Notes notes, WorkerId id, Version version) {
        return notes.birth(version.spec().name(), id, version.generation());
    }
}
