// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.file.SafeDirectories;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Directories and credential files that are made for a worker before it starts.
final class WorkerFiles {
    private final WorkerCredentials secrets;

    WorkerFiles(WorkerCredentials secrets) {
        this.secrets = secrets;
    }

    /// Makes those of one worker, or begins to: see [SpawnPreparation].
    ///
    /// @param owner the worker's user; null for the manager's
    void prepare(
            ProgramSpec spec, WorkerId id, @Nullable Credentials owner, SpawnPreparation.Site site)
            throws SpawnRefusedException {
        ConfinementSpec confinement = spec.identity().confinement();
        String mark = WorkerTag.of(spec.name(), id);
        try {
            List<DirectorySpec> directories = confinement.directories();
            if (!directories.isEmpty()) {
                site.lay("directories", () -> makeDirectories(directories, owner));
            }
            Map<String, Path> sources = confinement.credentials();
            if (!sources.isEmpty()) {
                secrets.reserve(mark);
                Path directory = secrets.directory(mark);
                site.lay("credentials", () -> WorkerCredentials.make(directory, sources, owner));
            }
        } catch (IOException e) {
            throw new SpawnRefusedException("credentials: " + RuntimeFiles.why(e));
        } catch (PosixException e) {
            throw new SpawnRefusedException("credentials: " + e.getMessage());
        } catch (SpawnException e) {
            secrets.remove(mark);
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    private static void makeDirectories(
            List<DirectorySpec> directories, @Nullable Credentials owner) {
        for (DirectorySpec directory : directories) {
            SafeDirectories.make(directory.path(), directory.mode(), owner);
        }
    }

    /// Removes those that are the worker's alone.
    void discard(String mark) {
        secrets.remove(mark);
    }
}
