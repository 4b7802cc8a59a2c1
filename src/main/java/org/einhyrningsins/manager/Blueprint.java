// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Version;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.SpawnOrder;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Template;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the workers of one version have in common, worked out once: a respawn should not cost more
/// than what is new about it.
final class Blueprint {
    static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    private final Version version;
    private final Map<String, String> addresses = new HashMap<>();
    private final List<String> environment = new ArrayList<>();
    private final List<Map.Entry<String, Template>> own = new ArrayList<>();
    private final List<Integer> descriptors = new ArrayList<>();
    private final List<String> ownPid;
    private final @Nullable Credentials credentials;
    private final String path;
    private @Nullable String executable;

    /// @param inherited what workers inherit of the manager's environment
    /// @param bound the sockets of the version's definition, in its order
    /// @param acks the socket they ack at
    /// @param notifications the socket they notify at
    /// @param nothing a descriptor of /dev/null
    Blueprint(
            Version version,
            Map<String, String> inherited,
            List<Bound> bound,
            Path acks,
            Path notifications,
            @Nullable Credentials credentials,
            int nothing) {
        this.version = version;
        this.credentials = credentials;
        ProgramSpec spec = version.spec();
        for (int i = 0; i < bound.size(); i++) {
            addresses.put(spec.sockets().get(i).name(), bound.get(i).address());
        }
        Map<String, String> same = new LinkedHashMap<>(inherited);
        spec.dropEnv().forEach(same::remove);
        spec.env().forEach((name, value) -> set(same, name, value));
        Environment.announce(same, spec, bound, version.generation());
        same.put("EINHORN_SOCK_PATH", acks.toString());
        same.put("NOTIFY_SOCKET", notifications.toString());
        if (spec.bond().descriptor()) {
            int number = ProgramSpec.FIRST_SOCKET_FD + bound.size();
            same.put("EINHORN_SOCK_FD", Integer.toString(number));
        }
        own.removeIf(entry -> same.containsKey(entry.getKey()));
        same.forEach((name, value) -> environment.add(name + "=" + value));
        path = same.getOrDefault("PATH", DEFAULT_PATH);
        ownPid = bound.isEmpty() ? List.of() : List.of("LISTEN_PID");
        describe(spec, bound, nothing);
    }

    /// What differs from worker to worker is left for [#order].
    private void set(Map<String, String> same, String name, Template value) {
        if (value.constant()) {
            same.put(name, value.expand(0, addresses));
        } else {
            same.remove(name);
            own.add(Map.entry(name, value));
        }
    }

    private void describe(ProgramSpec spec, List<Bound> bound, int nothing) {
        descriptors.addAll(List.of(nothing, nothing, nothing));
        for (int i = 0; i < bound.size(); i++) {
            descriptors.add(bound.get(i).fd());
            if (spec.sockets().get(i).name().equals(spec.stdin())) {
                descriptors.set(0, bound.get(i).fd());
            }
        }
    }

    Version version() {
        return version;
    }

    @Nullable Credentials credentials() {
        return credentials;
    }

    /// Whether the file to execute is remembered from an earlier worker, and may have moved since.
    boolean remembersExecutable() {
        return executable != null;
    }

    void forgetExecutable() {
        executable = null;
    }

    /// The order for one worker.
    ///
    /// @param out what becomes its descriptor 1
    /// @param err what becomes its descriptor 2
    /// @param line what becomes its EINHORN_SOCK_FD; -1 for none
    SpawnOrder order(WorkerId id, int out, int err, int line) {
        ProgramSpec spec = version.spec();
        List<String> argv = new ArrayList<>(spec.command().size());
        for (Template word : spec.command()) {
            argv.add(word.expand(id.slot(), addresses));
        }
        List<String> assignments = new ArrayList<>(environment.size() + own.size() + 2);
        assignments.addAll(environment);
        assignments.add("EINHORN_CHILD_INDEX=" + id.slot());
        assignments.add(Strays.MARK + "=" + Strays.mark(spec.name(), id));
        for (Map.Entry<String, Template> entry : own) {
            assignments.add(entry.getKey() + "=" + entry.getValue().expand(id.slot(), addresses));
        }
        List<Integer> given = new ArrayList<>(descriptors);
        given.set(1, out);
        given.set(2, err);
        if (line >= 0) {
            given.add(line);
        }
        IdentitySpec identity = spec.identity();
        return new SpawnOrder(
                executable(argv.getFirst()),
                argv,
                assignments,
                ownPid,
                spec.directory().toString(),
                given,
                credentials,
                identity.umask(),
                identity.nice(),
                identity.limits(),
                spec.bond().outlive() ? null : spec.stop().steps().getFirst().signal());
    }

    private String executable(String command) {
        String remembered = executable;
        if (remembered != null) {
            return remembered;
        }
        ProgramSpec spec = version.spec();
        String found = Processes.findExecutable(command, spec.directory().toString(), path);
        executable = spec.command().getFirst().constant() ? found : null;
        return found;
    }
}
