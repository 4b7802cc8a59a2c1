// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.posix.spawn.ChildCommand;
import org.einhyrningsins.posix.spawn.ChildConfinement;
import org.einhyrningsins.posix.spawn.ChildIdentity;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Data that the workers of one version have in common, computed once: a respawn should not cost
/// more than what is new about it.
public final class SpawnTemplate {
    static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    /// Variables about descriptors and rights that a worker has and its checks do not.
    private static final List<String> WORKERS_OWN =
            List.of(
                    "EINHORN_FD_",
                    "EINHORN_SOCK_",
                    "EINHORN_ACK_FD=",
                    "LISTEN_FD",
                    "NOTIFY_SOCKET=",
                    "SERVER_STARTER_PORT=",
                    "WATCHDOG_USEC=");

    private final ProgramVersion programVersion;
    private final List<BoundSocket> bound;
    private final boolean hasSharedSockets;
    private final Map<String, String> addresses = new HashMap<>();
    private final List<String> environment = new ArrayList<>();
    private final List<Map.Entry<String, TextTemplate>> own = new ArrayList<>();
    private final List<String> ownPid = new ArrayList<>(3);
    private final ChildIdentity childIdentity;
    private final ChildConfinement childConfinement;
    private final String path;
    private final @Nullable Release release;
    private final WorkerCredentials secrets;
    private final int devNull;
    private final int ackFd;
    private @Nullable String executable;

    /// @param inherited variables that workers inherit of the manager
    /// @param bound the sockets of the version's definition, in its order; of those that each slot
    ///   has of its own, any
    /// @param acks the socket they ack at
    /// @param notifications the socket they notify at
    /// @param devNull a descriptor of /dev/null
    SpawnTemplate(
            ProgramVersion programVersion,
            Map<String, String> inherited,
            List<BoundSocket> bound,
            Path acks,
            Path notifications,
            @Nullable Credentials credentials,
            WorkerCredentials secrets,
            int devNull) {
        this.programVersion = programVersion;
        ProcessIdentitySpec identity = programVersion.spec().identity();
        childIdentity =
                new ChildIdentity(
                        credentials, identity.umask(), identity.nice(), identity.limits());
        childConfinement = WorkerConfinement.of(identity, credentials);
        this.devNull = devNull;
        this.secrets = secrets;
        ProgramSpec spec = programVersion.spec();
        this.bound = List.copyOf(bound);
        hasSharedSockets = spec.sockets().stream().noneMatch(SocketSpec::perWorker);
        for (int i = 0; i < bound.size(); i++) {
            addresses.put(spec.sockets().get(i).name(), bound.get(i).address());
        }
        Map<String, String> same = new LinkedHashMap<>(inherited);
        spec.dropEnv().forEach(same::remove);
        release = spec.release();
        if (release != null && spec.directory().toString().equals(same.get("PWD"))) {
            same.put("PWD", spec.workingDirectory().toString()); // inherited, and through the link
        }
        spec.env().forEach((name, value) -> set(same, name, Release.apply(release, value)));
        WorkerEnvironment.announce(same, spec, bound, programVersion.generation());
        same.put("EINHORN_SOCK_PATH", acks.toString());
        same.put("NOTIFY_SOCKET", notifications.toString());
        if (spec.managerLink().descriptor()) {
            int number = ProgramSpec.FIRST_SOCKET_FD + bound.size();
            same.put("EINHORN_SOCK_FD", Integer.toString(number));
        }
        ackFd = ackNumber(spec);
        if (ackFd >= 0) {
            same.put("EINHORN_ACK_FD", Integer.toString(ackFd));
        }
        Duration watchdog = spec.monitoring().watchdog();
        if (watchdog != null) {
            same.put("WATCHDOG_USEC", Long.toString(watchdog.toNanos() / 1_000));
            ownPid.add("WATCHDOG_PID");
        }
        same.put(
                WorkerTag.DEFINITION,
                programVersion.generation() + ":" + spec.spawnSettings().sum());
        ownPid.add(WorkerTag.OWN_PID);
        if (!spec.identity().confinement().credentials().isEmpty()) {
            same.remove(WorkerCredentials.VARIABLE); // each worker has its own
            own.removeIf(entry -> entry.getKey().equals(WorkerCredentials.VARIABLE));
        }
        own.removeIf(entry -> same.containsKey(entry.getKey()));
        same.forEach((name, value) -> environment.add(name + "=" + value));
        path = same.getOrDefault("PATH", DEFAULT_PATH);
        if (!bound.isEmpty()) {
            ownPid.add("LISTEN_PID");
        }
    }

    /// Returns the descriptor number of a worker's ack pipe; -1 for none.
    static int ackNumber(ProgramSpec spec) {
        if (!(spec.ack().mode() instanceof AckSpec.Fd fd)) {
            return -1;
        }
        Integer chosen = fd.number();
        return chosen == null ? firstFree(spec) : chosen;
    }

    /// The number after those of the sockets and of the connection to the manager.
    private static int firstFree(ProgramSpec spec) {
        return ProgramSpec.FIRST_SOCKET_FD
                + spec.sockets().size()
                + (spec.managerLink().descriptor() ? 1 : 0);
    }

    /// Sets a variable that is the same for all workers; one that differs is left to [#order].
    private void set(Map<String, String> same, String name, TextTemplate value) {
        if (value.constant()) {
            same.put(name, value.expand(0, addresses));
        } else {
            same.remove(name);
            own.add(Map.entry(name, value));
        }
    }

    private List<Integer> descriptors(ProgramSpec spec, WorkerDescriptors its) {
        List<BoundSocket> sockets = its.sockets();
        List<Integer> given = new ArrayList<>(List.of(devNull, its.out(), its.err()));
        for (int i = 0; i < sockets.size(); i++) {
            given.add(sockets.get(i).fd());
            if (spec.sockets().get(i).name().equals(spec.stdin())) {
                given.set(0, sockets.get(i).fd());
            }
        }
        if (its.ackSocket() >= 0) {
            given.add(its.ackSocket());
        }
        while (its.ack() >= 0 && given.size() < ackFd) {
            given.add(-1);
        }
        if (its.ack() >= 0) {
            given.add(its.ack());
        }
        return given;
    }

    public ProgramVersion version() {
        return programVersion;
    }

    /// The sockets of the definition, in its order; of those that each slot has of its own, any.
    List<BoundSocket> bound() {
        return bound;
    }

    /// True if all workers have the same sockets.
    boolean hasSharedSockets() {
        return hasSharedSockets;
    }

    @Nullable Credentials credentials() {
        return childIdentity.credentials();
    }

    /// True if the file to execute is remembered from an earlier worker, and may have moved since.
    boolean remembersExecutable() {
        return executable != null;
    }

    public void forgetExecutable() {
        executable = null;
    }

    /// The order for one worker.
    SpawnRequest order(WorkerId id, WorkerDescriptors its) {
        ProgramSpec spec = programVersion.spec();
        List<String> argv = words(id, spec.command());
        String executable = executable(argv.getFirst());
        keepOwnName(id, argv);
        List<Integer> given = descriptors(spec, its);
        Signal orphaned =
                spec.managerLink().outlive() ? null : spec.stop().steps().getFirst().signal();
        return order(executable, argv, assignments(id), ownPid, given, orphaned);
    }

    /// The order for a command that tells how a worker is: it has the worker's user, directory and
    /// environment, but none of its descriptors, and so none of the variables that are about them.
    ///
    /// @param pid the worker's, in MAINPID as systemd calls it
    /// @param output its standard output and standard error
    SpawnRequest check(WorkerId id, List<TextTemplate> command, int pid, int output) {
        List<String> argv = words(id, command);
        List<String> assignments = assignments(id);
        assignments.removeIf(SpawnTemplate::isWorkersOwn);
        assignments.add("MAINPID=" + pid);
        String directory = programVersion.spec().workingDirectory().toString();
        String executable = ExecutableSearch.find(argv.getFirst(), directory, path);
        List<Integer> given = List.of(devNull, output, output);
        return order(executable, argv, assignments, List.of(), given, Signal.KILL);
    }

    private static boolean isWorkersOwn(String assignment) {
        for (String prefix : WORKERS_OWN) {
            if (assignment.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /// Leaves its name to a program whose file is the link itself: some do what their name says.
    private void keepOwnName(WorkerId id, List<String> argv) {
        ProgramSpec spec = programVersion.spec();
        TextTemplate first = spec.command().getFirst();
        if (release != null && !first.needsRelease()) {
            String written = first.expand(id.slot(), addresses);
            if (spec.directory().resolve(written).equals(release.link())) {
                argv.set(0, written);
            }
        }
    }

    private List<String> words(WorkerId id, List<TextTemplate> command) {
        List<String> argv = new ArrayList<>(command.size());
        for (TextTemplate word : command) {
            argv.add(Release.apply(release, word).expand(id.slot(), addresses));
        }
        return argv;
    }

    private List<String> assignments(WorkerId id) {
        List<String> assignments = new ArrayList<>(environment.size() + own.size() + 4);
        assignments.addAll(environment);
        assignments.add("EINHORN_CHILD_INDEX=" + id.slot());
        String mark = WorkerTag.of(programVersion.spec().name(), id);
        assignments.add(WorkerTag.VARIABLE + "=" + mark);
        if (!programVersion.spec().identity().confinement().credentials().isEmpty()) {
            assignments.add(secrets.assignment(mark));
        }
        for (Map.Entry<String, TextTemplate> entry : own) {
            assignments.add(entry.getKey() + "=" + entry.getValue().expand(id.slot(), addresses));
        }
        return assignments;
    }

    private SpawnRequest order(
            String executable,
            List<String> argv,
            List<String> assignments,
            List<String> pidVariables,
            List<Integer> given,
            @Nullable Signal orphaned) {
        String directory = programVersion.spec().workingDirectory().toString();
        ChildCommand command =
                new ChildCommand(executable, argv, assignments, pidVariables, directory);
        return new SpawnRequest(command, given, childIdentity, childConfinement, orphaned, -1);
    }

    private String executable(String command) {
        String remembered = executable;
        if (remembered != null) {
            return remembered;
        }
        ProgramSpec spec = programVersion.spec();
        Path program = release == null ? null : release.program();
        String found =
                ExecutableSearch.find(
                        program == null ? command : program.toString(),
                        spec.workingDirectory().toString(),
                        path);
        executable = spec.command().getFirst().constant() ? found : null;
        return found;
    }
}
