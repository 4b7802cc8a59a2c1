// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// A command that is run once beside the workers of a program, with their user, environment,
/// directory, limits and log, and without sockets.
///
/// @param command program and arguments, at least one
/// @param timeout time after which it is stopped and has failed
/// @param env variables to set beside those of the program, which they win over
public record TaskSpec(
        List<TextTemplate> command, Duration timeout, SequencedMap<String, TextTemplate> env) {
    /// Time that a task has where the file says nothing.
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    public TaskSpec {
        command = List.copyOf(command);
        env = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(env));
    }
}
