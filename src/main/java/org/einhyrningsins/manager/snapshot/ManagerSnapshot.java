// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Snapshot of the manager's own state.
///
/// @param instance the manager that wrote this
/// @param history its start, and those that went on in its place
/// @param configuration what it was configured with
/// @param descriptors what it has open
/// @param pending commands that are under way
/// @param programs locations of their snapshots, in the order of the file; for a re-exec empty
public record ManagerSnapshot(
        Instance instance,
        History history,
        Configuration configuration,
        Descriptors descriptors,
        Pending pending,
        List<String> programs) {
    /// Manager that wrote a snapshot.
    ///
    /// @param release its version
    /// @param boot boot that its pids and moments belong to
    /// @param pid its pid
    public record Instance(String release, String boot, int pid) {}

    /// Start of a manager, and the number of those that went on in its place.
    ///
    /// @param startedMillis when it was started, wall clock; a re-exec does not change it
    /// @param reexecs how often it went on as another program
    /// @param recoveries how often it went on after it had been killed
    public record History(long startedMillis, long reexecs, long recoveries) {
        /// That of a manager that starts now.
        public static History fresh() {
            return new History(Clock.wallMillis(), 0, 0);
        }

        /// That of a manager which goes on after a re-exec of the one before.
        public History reexeced() {
            return new History(startedMillis, reexecs + 1, recoveries);
        }

        /// That of a manager which starts now because the one before it was killed.
        public History afterCrash(History before) {
            return new History(startedMillis, before.reexecs, before.recoveries + 1);
        }
    }

    /// Configuration of a manager.
    ///
    /// @param control path of its control socket
    /// @param madeDirectory true if it created the directory of the control socket, and removes it
    ///   at the end
    /// @param settings the file's settings, without its programs
    /// @param log log settings as they are now
    public record Configuration(
            Path control, boolean madeDirectory, ServicesSpec settings, LogSpec log) {}

    /// Sockets and files that a manager has open.
    ///
    /// @param http its HTTP listener; null for none
    /// @param kept its own descriptors, for a re-exec
    public record Descriptors(
            @Nullable SocketSnapshot http,
            List<SocketSnapshot> sockets,
            List<KeptDescriptor> kept) {}

    /// Commands to the manager that are under way.
    ///
    /// @param stopping true if it was told to stop everything
    /// @param trial a reload that waits to be confirmed; null for none
    /// @param reload a reload in which programs wait for others that take over from them; null for
    ///   none
    public record Pending(
            boolean stopping,
            @Nullable PendingConfirmationSnapshot trial,
            @Nullable ReloadSnapshot reload) {
        /// Nothing is under way.
        public static final Pending NONE = new Pending(false, null, null);
    }

    /// See [Instance#boot()].
    public String boot() {
        return instance.boot;
    }

    /// See [Instance#pid()].
    public int pid() {
        return instance.pid;
    }

    /// See [Configuration#settings()].
    public ServicesSpec settings() {
        return configuration.settings;
    }

    /// See [Descriptors#http()].
    public @Nullable SocketSnapshot http() {
        return descriptors.http;
    }

    /// See [Descriptors#sockets()].
    public List<SocketSnapshot> sockets() {
        return descriptors.sockets;
    }

    /// The descriptor of that name; -1 if there is none.
    public int descriptor(String name) {
        for (KeptDescriptor descriptor : descriptors.kept) {
            if (descriptor.name().equals(name)) {
                return descriptor.fd();
            }
        }
        return -1;
    }
}
