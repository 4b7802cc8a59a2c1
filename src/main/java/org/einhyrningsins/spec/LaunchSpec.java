// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.process.ProcessIdentitySpec;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Start of a worker: command, environment, rights, output and link to the manager.
///
/// @param command program and arguments, at least one; exec'ed as they are, never given to a shell
/// @param directory working directory, absolute
/// @param env variables to set, after `env-file`, in order; they win over the inherited ones
/// @param dropEnv names of inherited variables that workers must not see
/// @param identity user, group, umask, nice and limits
/// @param logs destination of descriptors 1 and 2
/// @param managerLink link between workers and the manager
public record LaunchSpec(
        List<TextTemplate> command,
        Path directory,
        SequencedMap<String, TextTemplate> env,
        List<String> dropEnv,
        ProcessIdentitySpec identity,
        LogsSpec logs,
        ManagerLinkSpec managerLink) {
    public LaunchSpec {
        command = List.copyOf(command);
        env = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(env));
        dropEnv = List.copyOf(dropEnv);
    }

    /// A command with the manager's own environment, rights and output.
    public static LaunchSpec of(List<TextTemplate> command, Path directory) {
        return new LaunchSpec(
                command,
                directory,
                new LinkedHashMap<>(),
                List.of(),
                ProcessIdentitySpec.INHERITED,
                new LogsSpec.Inherit(),
                ManagerLinkSpec.DEFAULT);
    }

    /// The same start of another command.
    public LaunchSpec withCommand(List<TextTemplate> other) {
        return new LaunchSpec(other, directory, env, dropEnv, identity, logs, managerLink);
    }

    /// The same start of a task, with more variables.
    LaunchSpec of(TaskSpec task) {
        SequencedMap<String, TextTemplate> all = new LinkedHashMap<>(env);
        all.putAll(task.env());
        return new LaunchSpec(task.command(), directory, all, dropEnv, identity, logs, managerLink);
    }

    /// The same command with other output.
    public LaunchSpec withLogs(LogsSpec other) {
        return new LaunchSpec(command, directory, env, dropEnv, identity, other, managerLink);
    }

    /// Returns the part that a running worker cannot change: all but the manager's own handling of
    /// its output.
    LaunchSpec fixed() {
        LogsSpec output = logs.atSpawn();
        return output.equals(logs) ? this : withLogs(output);
    }
}
