// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Reasons why workers of a definition could not be spawned, found without trying: an unknown
/// account, a missing directory, credential file or executable.
final class SpawnObjections {
    private final Map<String, String> inherited;

    /// @param inherited the manager's environment, as far as workers inherit it
    SpawnObjections(Map<String, String> inherited) {
        this.inherited = inherited;
    }

    /// Returns the user of a definition's workers; null for the manager's.
    static @Nullable Credentials credentials(ProgramSpec spec) throws SpawnRefusedException {
        ProcessIdentitySpec identity = spec.identity();
        if (identity.user() == null && identity.group() == null) {
            return null;
        }
        try {
            return Accounts.credentials(identity.user(), identity.group());
        } catch (UnknownAccountException e) {
            throw new SpawnRefusedException(e.getMessage());
        }
    }

    /// Describes why a worker of that definition could not be spawned, as far as one can see
    /// without trying. The view of another user is unknown, so only what is certain counts.
    ///
    /// @return null if nothing speaks against it
    @Nullable String objection(ProgramSpec spec) {
        try {
            credentials(spec);
        } catch (SpawnRefusedException e) {
            return e.getMessage();
        }
        if (Files.notExists(spec.workingDirectory()) && !isMade(spec)) {
            return "directory " + spec.workingDirectory() + ": no such directory (ENOENT)";
        }
        Release release = spec.release();
        if (release != null && release.program() != null && Files.notExists(release.program())) {
            return "command " + release.program() + ": no such file (ENOENT)";
        }
        for (Path secret : spec.identity().confinement().credentials().values()) {
            if (Files.notExists(secret)) {
                return "credentials " + secret + ": no such file (ENOENT)";
            }
        }
        String objection = objection("command", spec, spec.command().getFirst());
        HealthSpec health = spec.monitoring().health();
        if (objection == null
                && health != null
                && health.target() instanceof AckSpec.ExecTarget check) {
            objection = objection("health.exec", spec, check.command().getFirst());
        }
        return objection;
    }

    /// True if its working directory is created before it starts.
    private static boolean isMade(ProgramSpec spec) {
        for (DirectorySpec directory : spec.identity().confinement().directories()) {
            if (directory.path().startsWith(spec.workingDirectory())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String objection(String key, ProgramSpec spec, TextTemplate command) {
        try {
            requireExecutable(spec, command);
            return null;
        } catch (PosixException e) {
            boolean certain = spec.identity().user() == null || e.errno() == Errno.ENOENT;
            return certain ? key + " " + e.getMessage() : null;
        }
    }

    /// Checks that the executable exists. A command that differs from slot to slot is checked for
    /// the first slot; one that depends on a port is not known yet.
    private void requireExecutable(ProgramSpec spec, TextTemplate command) {
        TextTemplate path = spec.env().get("PATH");
        boolean known = path == null || path.constant();
        for (TextTemplate.Part part : command.parts()) {
            known &= !(part instanceof TextTemplate.AddressOf);
        }
        known &= spec.release() != null || !command.needsRelease();
        if (known) {
            String search =
                    path == null
                            ? inheritedPath(spec)
                            : Release.apply(spec.release(), path).expand(0, Map.of());
            String directory = spec.workingDirectory().toString();
            TextTemplate name = Release.apply(spec.release(), command);
            ExecutableSearch.find(name.expand(0, Map.of()), directory, search);
        }
    }

    private String inheritedPath(ProgramSpec spec) {
        String path = spec.dropEnv().contains("PATH") ? null : inherited.get("PATH");
        return path == null ? SpawnTemplate.DEFAULT_PATH : path;
    }
}
