// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.jspecify.annotations.Nullable;

/// The worker that writes to a pipe.
final class PipeWriter {
    private final String program;
    private final int slot;
    private int pid;
    private @Nullable PeerCredentials credentials;

    PipeWriter(String program, int slot) {
        this.program = program;
        this.slot = slot;
    }

    /// Sets its pid: it has been spawned.
    void spawned(int worker) {
        pid = worker;
    }

    String program() {
        return program;
    }

    int slot() {
        return slot;
    }

    /// Returns its pid; 0 before it is started.
    int pid() {
        return pid;
    }

    /// Returns its pid with its user and group, asked for once; null if unknown.
    @Nullable PeerCredentials credentials() {
        if (credentials == null && pid > 0) {
            credentials = ProcessStatus.identity(pid);
        }
        return credentials;
    }
}
