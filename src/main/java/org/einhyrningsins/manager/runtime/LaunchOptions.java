// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Options of the manager's command line.
///
/// @param definition source of the configuration
/// @param controlSocket path that replaces the definition's or the default; null for those
/// @param pidFile written at start, removed at the end; null for none
/// @param lockFile locked as long as the manager runs; null for none
/// @param nice the manager's own niceness, -20 to 19; null leaves it
/// @param level level of the log, whatever the definition says; null for the definition's
/// @param reexecAs the words to execute instead of the launcher when the manager replaces itself;
///   empty for the launcher
/// @param reset true to drop operator overrides
public record LaunchOptions(
        ConfigOrigin definition,
        @Nullable Path controlSocket,
        @Nullable Path pidFile,
        @Nullable Path lockFile,
        @Nullable Integer nice,
        LogSpec.@Nullable Level level,
        List<String> reexecAs,
        boolean reset) {
    /// Makes options that keep operator overrides.
    public LaunchOptions(
            ConfigOrigin definition,
            @Nullable Path controlSocket,
            @Nullable Path pidFile,
            @Nullable Path lockFile,
            @Nullable Integer nice,
            LogSpec.@Nullable Level level,
            List<String> reexecAs) {
        this(definition, controlSocket, pidFile, lockFile, nice, level, reexecAs, false);
    }

    /// The same with paths that mean the same wherever the manager is by then.
    public LaunchOptions absolute() {
        return new LaunchOptions(
                definition instanceof ConfigOrigin.File file
                        ? new ConfigOrigin.File(StartDirectory.resolve(file.path()))
                        : definition,
                absolute(controlSocket),
                absolute(pidFile),
                absolute(lockFile),
                nice,
                level,
                reexecAs,
                reset);
    }

    private static @Nullable Path absolute(@Nullable Path path) {
        return path == null ? null : StartDirectory.resolve(path);
    }

    /// Returns the definition's settings, with those of the command line in their place.
    public ServicesSpec over(ServicesSpec services) {
        LogSpec log = services.log();
        return new ServicesSpec(
                over(services.control()),
                level == null ? log : log.withLevel(level),
                services.stateDirectory(),
                services.http(),
                services.programs(),
                services.groups());
    }

    /// The operator's socket, where the command line does not name another.
    ControlSpec over(ControlSpec control) {
        return controlSocket == null
                ? control
                : control.withSocket(controlSocket.toAbsolutePath().normalize());
    }
}
