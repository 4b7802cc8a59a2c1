// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// A log file that the manager writes, in the loop or beside it.
public sealed interface ManagedLogFile extends BufferedLogTarget permits LogFile, OffLoopLogFile {
    Path path();

    /// Returns the file's identity; null while it cannot be opened.
    AppendFiles.@Nullable Extent extent();

    /// Returns the number of this file among those of its name, counted from the start of the
    /// manager.
    long number();

    long size();

    void configure(LogsSpec.Kept next);
}
