// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.output.LogWriterThreads;
import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Niceness;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.spawn.MonitorRecord;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Turns an order to spawn into a process.
public final class WorkerSpawner {
    private static final int[] NONE = {-1, -1};

    private final SequencedMap<String, String> inherited;
    private final SocketTable sockets;
    private final WorkerCgroups cgroups;
    private final WorkerCredentials secrets;
    private final WorkerFiles files;
    private final SpawnObjections objections;
    private final ConfinedSpawner spawner;
    private @Nullable Integer ownSockets;
    private @Nullable JobRecords records;
    private final int devNull;
    private final WorkerOutput workerOutput;

    /// Spawns workers of one manager.
    ///
    /// @param devNull a descriptor of /dev/null
    public WorkerSpawner(
            SequencedMap<String, String> inherited,
            SocketTable sockets,
            WorkerCgroups cgroups,
            WorkerCredentials secrets,
            int devNull,
            WorkerOutput workerOutput) {
        this.inherited = inherited;
        this.sockets = sockets;
        this.cgroups = cgroups;
        this.secrets = secrets;
        this.devNull = devNull;
        this.workerOutput = workerOutput;
        files = new WorkerFiles(secrets);
        objections = new SpawnObjections(inherited);
        spawner = new ConfinedSpawner(cgroups, secrets);
    }

    /// Works out what the workers of a version have in common.
    ///
    /// @param acks path of their ack socket
    /// @param notifications path of their notify socket
    public SpawnTemplate blueprint(ProgramVersion programVersion, Path acks, Path notifications)
            throws SpawnRefusedException {
        List<BoundSocket> bound = listening(programVersion.spec());
        Credentials credentials = SpawnObjections.credentials(programVersion.spec());
        Map<String, String> given =
                inheritedVariables(programVersion.spec().identity(), credentials);
        return new SpawnTemplate(
                programVersion, given, bound, acks, notifications, credentials, secrets, devNull);
    }

    /// Returns the part of the manager's environment that a worker inherits; variables about the
    /// manager's own user are not inherited by another.
    private Map<String, String> inheritedVariables(
            ProcessIdentitySpec identity, @Nullable Credentials credentials) {
        return identity.user() == null || credentials == null
                ? inherited
                : WorkerEnvironment.of(inherited, Accounts.account(credentials.uid()).orElse(null));
    }

    /// Describes why a worker of that definition could not be spawned, as far as one can see
    /// without trying.
    ///
    /// @return null if nothing speaks against it
    public @Nullable String objection(ProgramSpec spec) {
        return objections.objection(spec);
    }

    /// Sets the journal in which workers leave their notes.
    public void journalTo(StateJournal file) {
        spawner.journalTo(file);
    }

    /// Sets the files in which the ends of jobs are written.
    public void recordIn(JobRecords jobRecords) {
        records = jobRecords;
        spawner.recordIn(jobRecords);
    }

    /// Returns what the monitor of a job's worker wrote of its end; null if it wrote nothing.
    public MonitorRecord.@Nullable End recordedEnd(String program, WorkerId id) {
        JobRecords known = records;
        return known == null ? null : known.end(program, id);
    }

    /// Removes the files of workers that are not among those, by their tags.
    public void keepRecords(Set<String> living) {
        if (records != null) {
            records.keepOnly(living);
        }
    }

    /// Removes the file in which the end of a job's worker was written.
    public void forgetEnd(String program, WorkerId id) {
        if (records != null) {
            records.remove(program, id);
        }
    }

    /// Writes into the journal that a worker said that it is up.
    public void journalAck(String program, WorkerId id) {
        StateJournal journal = spawner.journal();
        if (journal != null) {
            journal.acked(program, id);
        }
    }

    /// Writes into the journal that a worker's process ended, before anybody learns of it.
    public void journalEnd(String program, WorkerId id, WorkerExit workerExit) {
        StateJournal journal = spawner.journal();
        if (journal != null) {
            journal.ended(program, id, workerExit);
        }
    }

    /// Goes on with the output of a worker that another manager started.
    ///
    /// @return nothing if we do not bring it, or cannot any more, which is said
    public List<OutputPipe> resume(ProgramSpec spec, WorkerSnapshot worker) {
        return workerOutput.resume(spec, worker);
    }

    /// A worker's process.
    ///
    /// @param birth the child on its way to its program; null if it executes it already
    public record SpawnedWorker(WorkerProcess process, @Nullable PendingChild birth) {}

    /// Spawns a worker. Nobody makes it wait for longer than there is
    /// [org.einhyrningsins.manager.runtime.WaitBudget].
    public SpawnedWorker spawn(WorkerId id, SpawnTemplate spawnTemplate)
            throws SpawnRefusedException {
        ProgramSpec spec = spawnTemplate.version().spec();
        if (spec.obstacle() != null) {
            throw new SpawnRefusedException(spec.obstacle());
        }
        Credentials credentials = spawnTemplate.credentials();
        List<BoundSocket> own =
                spawnTemplate.hasSharedSockets()
                        ? spawnTemplate.bound()
                        : ownSockets(spec, id.slot());
        SpawnPreparation.Site site = spawner.site(spec.name());
        files.prepare(spec, id, credentials, site);
        WorkerOutput.Output output = workerOutput.open(spec, id, credentials);
        try {
            boolean piped = spec.ack().mode() instanceof AckSpec.Fd;
            int[] line = spec.managerLink().descriptor() ? Connections.pair() : NONE;
            int[] ack = piped ? ackPipeOrClose(line, credentials) : NONE;
            WorkerDescriptors descriptors =
                    new WorkerDescriptors(own, output.out(), output.err(), line[1], ack[1]);
            WorkerChannels channels = WorkerChannels.of(line[0], ack[0]);
            PendingChild pendingChild = spawn(id, spawnTemplate, descriptors, channels, site);
            try {
                return started(
                        id, credentials, pendingChild, spec.identity().nice(), channels, output);
            } catch (RuntimeException bug) {
                killUnrecorded(pendingChild.child(), WorkerTag.of(spec.name(), id), channels);
                throw bug;
            }
        } catch (SpawnException e) {
            discard(spec, id, output);
            throw refused(spec, e.getMessage(), e.errno());
        } catch (PosixException e) {
            discard(spec, id, output);
            throw refused(spec, e.getMessage(), e.errno());
        } finally {
            output.release();
        }
    }

    private static SpawnRefusedException refused(
            ProgramSpec spec, @Nullable String why, Errno errno) {
        String advice = ReleaseAdvice.of(spec, errno);
        return new SpawnRefusedException(why + advice, !advice.isEmpty());
    }

    private void discard(ProgramSpec spec, WorkerId id, WorkerOutput.Output output) {
        workerOutput.discard(output);
        files.discard(WorkerTag.of(spec.name(), id));
    }

    /// Ends a child that nobody would know of: it must not serve.
    private void killUnrecorded(SpawnedChild child, String mark, WorkerChannels channels) {
        ProcessGroups.killGroup(child.pid(), Signal.KILL);
        cgroups.end(mark, child.pid());
        close(child.pidfd(), channels.ackSocket(), channels.ack());
    }

    private SpawnedWorker started(
            WorkerId id,
            @Nullable Credentials credentials,
            PendingChild pendingChild,
            @Nullable Integer nice,
            WorkerChannels channels,
            WorkerOutput.Output output) {
        SpawnedChild child = pendingChild.child();
        output.log().pipes().forEach(pipe -> pipe.spawned(child.pid()));
        nice(child.pid(), nice);
        WorkerProcess process =
                new WorkerProcess(
                        id,
                        new WorkerSnapshot.ProcessState(
                                child.pid(),
                                BootId.ticks(),
                                child.pidfd(),
                                credentials == null ? -1 : credentials.uid(),
                                Clock.wallMillis(),
                                false),
                        channels,
                        output.log());
        return new SpawnedWorker(process, pendingChild.underWay() ? pendingChild : null);
    }

    /// Sets the niceness of a worker, which leads a session of its own.
    ///
    /// @param wanted null for the manager's
    private void nice(int pid, @Nullable Integer wanted) {
        Integer known = ownSockets;
        int ours = known == null ? Niceness.nice() : known;
        ownSockets = ours;
        int nice = wanted == null ? ours : wanted;
        if (nice != 0) {
            Niceness.niceSession(pid, nice);
        }
    }

    /// A version that comes back finds its sockets at rest.
    private List<BoundSocket> listening(ProgramSpec spec) throws SpawnRefusedException {
        try {
            sockets.startListening(spec);
            return sockets.of(spec);
        } catch (SocketTable.CannotBind e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    private List<BoundSocket> ownSockets(ProgramSpec spec, int slot) throws SpawnRefusedException {
        try {
            return sockets.of(spec, slot);
        } catch (SocketTable.CannotBind e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    /// The worker's end outlives ours, so that it can say that it is up while there is no manager.
    private static int[] ackPipe(@Nullable Credentials owner) {
        OutputPipes.Outlet pipe = OutputPipes.smallOutlet(owner);
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
    public LogWriterThreads writerThreads() {
        return workerOutput.writerThreads();
    }

    /// Closes the worker's ends, and the manager's if there is no worker.
    private PendingChild spawn(
            WorkerId id,
            SpawnTemplate spawnTemplate,
            WorkerDescriptors descriptors,
            WorkerChannels channels,
            SpawnPreparation.Site site)
            throws SpawnException {
        boolean born = false;
        try {
            PendingChild pendingChild = spawner.worker(id, spawnTemplate, descriptors, site);
            born = true;
            return pendingChild;
        } finally {
            close(descriptors.ackSocket(), descriptors.ack());
            if (!born) {
                close(channels.ackSocket(), channels.ack());
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
        OutputPipes.Outlet outlet = OutputPipes.smallOutlet(spawnTemplate.credentials());
        WorkerCgroups.Check check = null;
        try {
            check =
                    spawner.check(id, spawnTemplate, command, pid, outlet.worker())
                            .withOutput(outlet.reader());
            return check;
        } finally {
            close(outlet.worker());
            if (check == null) {
                close(outlet.reader());
            }
        }
    }

    /// Ends the processes that a command left that told, or was to tell, how a worker is.
    public void checked(WorkerCgroups.Check check) {
        cgroups.end(check.mark(), check.birth().child().pid());
    }

    /// Gives back what starts need that took their time and are over.
    public void releaseFinished() {
        spawner.releaseFinished();
    }
}
