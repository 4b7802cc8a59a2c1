// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Configuration file with everything it includes, validated.
///
/// @param control the operator's socket
/// @param log the manager's own log
/// @param stateDirectory directory of the state that survives the manager; null for the default,
///   beside the control socket
/// @param http the HTTP listener for metrics and the status page; null for none
/// @param programs by name, in the order of the file
/// @param groups names of programs, by the name that commands may use for all of them
public record ServicesSpec(
        ControlSpec control,
        LogSpec log,
        @Nullable Path stateDirectory,
        @Nullable HttpSpec http,
        SequencedMap<String, ProgramSpec> programs,
        SequencedMap<String, List<String>> groups) {
    public ServicesSpec {
        groups = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(groups));
        programs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(programs));
    }

    /// Settings without groups.
    public ServicesSpec(
            ControlSpec control,
            LogSpec log,
            @Nullable Path stateDirectory,
            @Nullable HttpSpec http,
            SequencedMap<String, ProgramSpec> programs) {
        this(control, log, stateDirectory, http, programs, new LinkedHashMap<>());
    }

    /// Returns these settings as a manager that runs with the others takes them over: what is read
    /// only at start stays as it is until another manager starts. A manager that goes on after a
    /// reexec is the same manager, at the same control socket.
    public ServicesSpec takenOverBy(ServicesSpec running) {
        return new ServicesSpec(
                control.takenOverBy(running.control),
                log,
                running.stateDirectory,
                http,
                programs,
                groups);
    }

    /// The same with other programs.
    public ServicesSpec withPrograms(SequencedMap<String, ProgramSpec> others) {
        return new ServicesSpec(control, log, stateDirectory, http, others, groups);
    }

    /// Returns the settings that belong to no program.
    public ServicesSpec withoutPrograms() {
        return new ServicesSpec(control, log, stateDirectory, http, new LinkedHashMap<>(), groups);
    }
}
