// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Version;
import org.einhyrningsins.posix.Accounts;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.SpawnException;
import org.einhyrningsins.posix.SpawnOrder;
import org.einhyrningsins.posix.Spawned;
import org.einhyrningsins.posix.Spawner;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Template;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Turns an order to spawn into a process.
final class Births {
    private final SequencedMap<String, String> inherited;
    private final SocketTable sockets;
    private final Spawner spawner = new Spawner();
    private final int nothing = Descriptors.openNull();

    Births(SequencedMap<String, String> inherited, SocketTable sockets) {
        this.inherited = inherited;
        this.sockets = sockets;
    }

    /// Why a worker could not be born, as a person reads it.
    static final class Stillborn extends Exception {
        private static final long serialVersionUID = 1L;

        Stillborn(String message) {
            super(message);
        }
    }

    /// Spawns a worker.
    ///
    /// @param door where it acks and notifies
    WorkerProcess spawn(WorkerId id, Version version, WorkerDoor door) throws Stillborn {
        ProgramSpec spec = version.spec();
        List<Bound> bound = sockets.of(spec);
        @Nullable Credentials credentials = credentials(spec);
        int output = output(spec.logs());
        try {
            Path log = spec.logs() instanceof LogsSpec.ToFile file ? file.path() : null;
            long offset = log == null ? 0 : length(log);
            SpawnOrder order = order(id, version, bound, door, credentials, output);
            Spawned spawned = spawner.spawn(order);
            int uid = credentials == null ? -1 : credentials.uid();
            return new WorkerProcess(
                    id, spawned.pid(), spawned.pidfd(), uid, Clock.wallMillis(), log, offset);
        } catch (SpawnException e) {
            throw new Stillborn(String.valueOf(e.getMessage()));
        } catch (PosixException e) {
            throw new Stillborn(String.valueOf(e.getMessage()));
        } finally {
            if (output > 2 && output != nothing) {
                Descriptors.close(output);
            }
        }
    }

    private SpawnOrder order(
            WorkerId id,
            Version version,
            List<Bound> bound,
            WorkerDoor door,
            @Nullable Credentials credentials,
            int output) {
        ProgramSpec spec = version.spec();
        Map<String, String> addresses = addresses(spec, bound);
        List<String> argv = new ArrayList<>(spec.command().size());
        for (Template word : spec.command()) {
            argv.add(word.expand(id.slot(), addresses));
        }
        Map<String, String> environment = environment(id, version, bound, door, addresses);
        String directory = spec.directory().toString();
        String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        String executable = Processes.findExecutable(argv.getFirst(), directory, path);
        IdentitySpec identity = spec.identity();
        return new SpawnOrder(
                executable,
                argv,
                assignments(environment),
                bound.isEmpty() ? List.of() : List.of("LISTEN_PID"),
                directory,
                descriptors(spec, bound, output),
                credentials,
                identity.umask(),
                identity.nice(),
                identity.limits());
    }

    private static Map<String, String> addresses(ProgramSpec spec, List<Bound> bound) {
        Map<String, String> addresses = new HashMap<>();
        for (int i = 0; i < bound.size(); i++) {
            addresses.put(spec.sockets().get(i).name(), bound.get(i).address());
        }
        return addresses;
    }

    private Map<String, String> environment(
            WorkerId id,
            Version version,
            List<Bound> bound,
            WorkerDoor door,
            Map<String, String> addresses) {
        ProgramSpec spec = version.spec();
        Map<String, String> environment = new LinkedHashMap<>(inherited);
        spec.dropEnv().forEach(environment::remove);
        spec.env()
                .forEach(
                        (name, value) -> environment.put(name, value.expand(id.slot(), addresses)));
        Environment.announce(environment, spec, bound, id, version.generation());
        environment.put("EINHORN_SOCK_PATH", door.ackPath().toString());
        environment.put("NOTIFY_SOCKET", door.notifyPath().toString());
        return environment;
    }

    private static List<String> assignments(Map<String, String> environment) {
        List<String> assignments = new ArrayList<>(environment.size());
        environment.forEach((name, value) -> assignments.add(name + "=" + value));
        return assignments;
    }

    private List<Integer> descriptors(ProgramSpec spec, List<Bound> bound, int output) {
        List<Integer> descriptors = new ArrayList<>(bound.size() + 3);
        descriptors.add(nothing);
        descriptors.add(output);
        descriptors.add(output == 1 ? 2 : output); // inherited: each its own
        for (int i = 0; i < bound.size(); i++) {
            descriptors.add(bound.get(i).fd());
            if (spec.sockets().get(i).name().equals(spec.stdin())) {
                descriptors.set(0, bound.get(i).fd());
            }
        }
        return descriptors;
    }

    private int output(LogsSpec logs) throws Stillborn {
        return switch (logs) {
            case LogsSpec.Inherit ignored -> 1;
            case LogsSpec.Discard ignored -> nothing;
            case LogsSpec.ToFile file -> append(file.path());
        };
    }

    private static int append(Path file) throws Stillborn {
        try {
            return Descriptors.openAppend(file);
        } catch (PosixException e) {
            throw new Stillborn("cannot open its log: " + e.getMessage());
        }
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    private static @Nullable Credentials credentials(ProgramSpec spec) throws Stillborn {
        IdentitySpec identity = spec.identity();
        if (identity.user() == null && identity.group() == null) {
            return null;
        }
        try {
            return Accounts.credentials(identity.user(), identity.group());
        } catch (UnknownAccountException e) {
            throw new Stillborn(String.valueOf(e.getMessage()));
        }
    }
}
