// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Privileges, resources and isolation of a worker, beyond the rights of its user.
///
/// @param noNewPrivs true if no program that the worker executes may give it more rights; null:
///   true if it runs as another user than the manager
/// @param capabilities the capabilities that it has and can ever have, each once, by number; null:
///   none as another user, else the manager's
/// @param scheduling its share of processors and disks
/// @param directories directories created for it before it starts, in order
/// @param credentials absolute paths of files with secrets for it, by credential name
/// @param sandbox what it may access; null for everything its user may
/// @param cgroup the limits of its control group; null for none
public record ConfinementSpec(
        @Nullable Boolean noNewPrivs,
        @Nullable List<Capability> capabilities,
        SchedulingSpec scheduling,
        List<DirectorySpec> directories,
        SequencedMap<String, Path> credentials,
        @Nullable SandboxSpec sandbox,
        @Nullable CgroupSpec cgroup) {
    /// No settings.
    public static final ConfinementSpec NONE =
            new ConfinementSpec(
                    null, null, SchedulingSpec.NONE, List.of(), new LinkedHashMap<>(), null, null);

    public ConfinementSpec {
        capabilities =
                capabilities == null ? null : List.copyOf(new TreeSet<>(Set.copyOf(capabilities)));
        directories = List.copyOf(directories);
        credentials = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(credentials));
    }
}
