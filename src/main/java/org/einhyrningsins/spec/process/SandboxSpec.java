// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/// Landlock sandbox of a worker: limits enforced by the kernel, whatever the worker's user may.
///
/// @param read absolute paths that it may read and execute, besides those that every program needs
/// @param write absolute paths that it may change as well
/// @param connect TCP ports that it may connect to; null for all
/// @param bind TCP ports that it may bind; null for all
/// @param scope what is limited to the worker and the processes that it starts
/// @param required true if the worker is not started where the kernel lacks support for it
public record SandboxSpec(
        List<Path> read,
        List<Path> write,
        @Nullable List<Integer> connect,
        @Nullable List<Integer> bind,
        List<Scope> scope,
        boolean required) {
    public SandboxSpec {
        read = List.copyOf(read);
        write = List.copyOf(write);
        connect = connect == null ? null : List.copyOf(connect);
        bind = bind == null ? null : List.copyOf(bind);
        scope = List.copyOf(new TreeSet<>(scope));
    }

    /// Means of communication that may be limited to a worker and the processes that it starts.
    public enum Scope {
        /// Signals: none to processes outside.
        SIGNALS,
        /// Abstract UNIX sockets: no connection to those of processes outside.
        ABSTRACT_SOCKETS
    }

    /// The version of Landlock's interface that it takes: 3 (Linux 6.2) for files, 4 (6.7) for
    /// ports, 6 (6.12) for scopes.
    public int abi() {
        if (!scope.isEmpty()) {
            return 6;
        }
        return connect == null && bind == null ? 3 : 4;
    }
}
