// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// Link between workers and their manager: how they find it, and what becomes of them without it.
///
/// @param workerSocket target of EINHORN_SOCK_PATH
/// @param descriptor true if each worker also inherits a connection to acknowledge on
///   (EINHORN_SOCK_FD)
/// @param outlive true if workers go on when the manager dies; else the kernel sends them the first
///   signal of their `stop`
public record ManagerLinkSpec(WorkerSocket workerSocket, boolean descriptor, boolean outlive) {
    /// A socket of the program's own, no descriptor, and workers that outlive their manager.
    public static final ManagerLinkSpec DEFAULT =
            new ManagerLinkSpec(WorkerSocket.OWN, false, true);

    /// Target of EINHORN_SOCK_PATH.
    public enum WorkerSocket {
        /// A socket of the program's own, which takes only workers' messages.
        OWN,
        /// The control socket, as einhorn(1) has it. A worker can then do all that its user may.
        CONTROL
    }
}
