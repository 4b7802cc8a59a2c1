// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.image;

import org.einhyrningsins.spec.ControlSpec;
import org.einhyrningsins.spec.LogSpec;

import java.nio.file.Path;
import java.util.List;

/// What is the manager's own.
///
/// @param release which version wrote this
/// @param boot which run of the machine its pids and moments are of
/// @param pid the manager's
/// @param control path of its control socket
/// @param startedMillis when it was first started, wall clock
/// @param stopping it was told to stop everything
/// @param programs in the order of the file
/// @param kept its descriptors, for a re-exec
public record ManagerImage(
        String release,
        String boot,
        int pid,
        Path control,
        ControlSpec controlled,
        LogSpec log,
        long startedMillis,
        boolean stopping,
        List<String> programs,
        List<SocketImage> sockets,
        List<KeptDescriptor> kept) {}
