// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/// What a worker may reach, whatever its user may; the kernel's Landlock holds it to that.
///
/// @param read absolute paths of what it may read and execute, besides what every program needs
/// @param write absolute paths of what it may change as well
/// @param connect TCP ports that it may connect to; null for all
/// @param bind TCP ports that it may bind; null for all
/// @param scope what it reaches only among the processes that it starts
/// @param required whether it is not started where the kernel lacks what that takes
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

    /// What may be kept among a worker and what it starts.
    public enum Scope {
        /// It sends signals to no others.
        SIGNALS,
        /// It connects to no abstract UNIX sockets of others.
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
