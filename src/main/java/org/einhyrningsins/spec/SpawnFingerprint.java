// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.einhyrningsins.spec.process.SchedulingSpec;
import org.jspecify.annotations.Nullable;

/// Sums up what workers are started with: see [ProgramSpec.SpawnSettings#sum()]. Each part is
/// followed by a character that ends it, and sets, which have no order of their own, come in that
/// of their type.
final class SpawnFingerprint {
    private static final long BASIS = 0xcbf29ce484222325L; // FNV-1a, 64 bits
    private static final long PRIME = 0x100000001b3L;

    private long hash = BASIS;

    SpawnFingerprint(ProgramSpec.SpawnSettings birth) {
        LaunchSpec launch = birth.launch();
        launch.command().forEach(this::add);
        end();
        add(launch.directory());
        launch.env().forEach((name, value) -> add(name).add(value));
        end();
        launch.dropEnv().forEach(this::add);
        end();
        add(launch.identity());
        add(birth.bind());
        add(launch.logs());
        ManagerLinkSpec bond = launch.managerLink();
        add(bond.workerSocket()).add(bond.descriptor()).add(bond.outlive());
        add(birth.watchdog());
        add(birth.ackPipe() != null).add(birth.ackPipe() == null ? null : birth.ackPipe().number());
        add(birth.readsOutput());
        addKey("obstacle", birth.found().obstacle());
        Release release = birth.found().release();
        if (release != null) {
            add("release").add(release.link()).add(release.path());
            add(release.directory()).add(release.program());
        }
    }

    String text() {
        return Long.toHexString(hash);
    }

    private void add(ProcessIdentitySpec identity) {
        add(identity.user()).add(identity.group()).add(identity.umask()).add(identity.nice());
        for (ProcessIdentitySpec.Resource resource : ProcessIdentitySpec.Resource.values()) {
            ProcessIdentitySpec.Limit limit = identity.limits().get(resource);
            add(limit == null ? null : limit.soft()).add(limit == null ? null : limit.hard());
        }
        add(identity.confinement());
    }

    /// Adds only what is set, so that a fingerprint made by an earlier version stays the same.
    private void add(ConfinementSpec confinement) {
        addKey("no-new-privs", confinement.noNewPrivs());
        addKey("capabilities", confinement.capabilities());
        SchedulingSpec scheduling = confinement.scheduling();
        addKey("oom-score-adj", scheduling.oomScoreAdj());
        addKey("cpus", scheduling.cpus().isEmpty() ? null : scheduling.cpus());
        SchedulingSpec.IoClass io = scheduling.ioClass();
        addKey("io-class", io == null ? null : io.priority());
        for (DirectorySpec directory : confinement.directories()) {
            add("directories").add(directory.path()).add(directory.mode());
        }
        SandboxSpec sandbox = confinement.sandbox();
        if (sandbox != null) {
            add("sandbox").add(sandbox.read()).add(sandbox.write()).add(sandbox.connect());
            add(sandbox.bind()).add(sandbox.required());
            addKey("scope", sandbox.scope().isEmpty() ? null : sandbox.scope());
        }
        CgroupSpec cgroup = confinement.cgroup();
        if (cgroup != null) {
            add("cgroup").add(cgroup.files());
        }
        confinement.credentials().forEach((name, path) -> add("credentials").add(name).add(path));
    }

    private void addKey(String key, @Nullable Object value) {
        if (value != null) {
            add(key).add(value);
        }
    }

    private void add(BindSpec bind) {
        bind.sockets().forEach(this::add);
        end();
        add(bind.stdin());
        for (SocketProtocol socketProtocol : SocketProtocol.values()) {
            add(bind.protocols().contains(socketProtocol));
        }
    }

    private void add(SocketSpec socket) {
        add(socket.name()).add(socket.address());
        add(socket.reuseAddress()).add(socket.nonBlocking()).add(socket.backlog());
        add(socket.ipv6Only()).add(socket.perWorker());
        SocketSpec.UnixFile file = socket.file();
        add(file.mode()).add(file.owner()).add(file.group());
    }

    /// Adds the log settings that a worker is started with; it has no others.
    private void add(LogsSpec logs) {
        add(logs.getClass().getSimpleName()).add(logs.file(0)).add(logs.file(1));
    }

    private SpawnFingerprint add(@Nullable Object part) {
        String text = part == null ? "\1" : part.toString();
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * PRIME;
        }
        return end();
    }

    private SpawnFingerprint end() {
        hash *= PRIME; // as with a character 0
        return this;
    }
}
