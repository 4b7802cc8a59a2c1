// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// What a worker may gain and take, beyond what its user may.
///
/// @param noNewPrivs whether no program that it executes can give it more than it has; null: if it
///   runs as another user than the manager, it cannot
/// @param capabilities all that it has and can ever have, each once, by their numbers; null: none
///   as another user, else the manager's
/// @param scheduling what it gets of processors and disks
/// @param directories those made for it before it starts, in order
/// @param credentials absolute paths of files with secrets for it, by the name of each
/// @param sandbox what it may reach; null for all that its user may
/// @param cgroup the limits of its control group; null for none
public record ConfinementSpec(
        @Nullable Boolean noNewPrivs,
        @Nullable List<Capability> capabilities,
        SchedulingSpec scheduling,
        List<DirectorySpec> directories,
        SequencedMap<String, Path> credentials,
        @Nullable SandboxSpec sandbox,
        @Nullable CgroupSpec cgroup) {
    /// Nothing is said.
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
