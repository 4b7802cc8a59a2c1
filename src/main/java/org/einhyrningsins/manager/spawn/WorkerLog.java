// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.posix.file.AppendFiles;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Destination of a worker's output.
///
/// @param file the file that it arrives in; null for none
/// @param offset length of that file at the worker's start
/// @param extent that file, and its length then; null if it is not known, or written by the manager
/// @param pipes pipes to the manager, if it brings the output there: one, or one for standard
///   output and one for standard error
public record WorkerLog(
        @Nullable Path file,
        long offset,
        AppendFiles.@Nullable Extent extent,
        List<OutputPipe> pipes) {

    /// Output that workers write to where it goes.
    static WorkerLog direct(@Nullable Path file, AppendFiles.@Nullable Extent extent) {
        return through(file, extent, List.of());
    }

    /// Output that the manager brings there.
    static WorkerLog through(
            @Nullable Path file, AppendFiles.@Nullable Extent extent, List<OutputPipe> pipes) {
        return new WorkerLog(file, extent == null ? 0 : extent.size(), extent, pipes);
    }
}
