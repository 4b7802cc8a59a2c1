// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.posix.kernel.Credentials;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A program's worker sockets.
///
/// @param user their owner; empty for the manager's own user
/// @param name of their files, which running workers have in their environment
/// @param owner user who may connect, besides root; null for the manager's own user
/// @param acks descriptor, for a re-exec; else -1
/// @param notifications descriptor, for a re-exec; else -1
/// @param clients clients that are connected, for a re-exec
public record WorkerSocketsSnapshot(
        String user,
        String name,
        @Nullable Credentials owner,
        int acks,
        int notifications,
        List<WorkerClientSnapshot> clients) {}
