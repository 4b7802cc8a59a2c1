// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.spec.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.ProcessIdentitySpec.Resource;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// A child to be born. Null means: as the manager.
///
/// @param executable its path; taken from the directory if relative
/// @param argv with the name it is called by first
/// @param environment `NAME=VALUE`; the whole of it
/// @param ownPidVariables names of variables that hold the child's own pid
/// @param directory working directory
/// @param descriptors those that become 0, 1, 2, 3 …, -1 for a number that stays free; the child
///   has no others
/// @param nice -20 to 19
/// @param limits those to be set; NOFILE is what the manager was started with, if not given
/// @param confinement restrictions beyond that
/// @param orphaned signal that the kernel sends it when the thread that spawned it ends; null for
///   none
public record SpawnRequest(
        String executable,
        List<String> argv,
        List<String> environment,
        List<String> ownPidVariables,
        String directory,
        List<Integer> descriptors,
        @Nullable Credentials credentials,
        @Nullable Integer umask,
        @Nullable Integer nice,
        Map<Resource, Limit> limits,
        ChildConfinement confinement,
        @Nullable Signal orphaned) {
    /// The same for a child that restricts itself by a ruleset of [Landlock]; below 0, by none.
    public SpawnRequest within(int ruleset) {
        ChildConfinement other = confinement.within(ruleset);
        return other.equals(confinement) ? this : with(other);
    }

    /// The same for a child that waits at a gate; null for none.
    public SpawnRequest behind(@Nullable ChildGate childGate) {
        return childGate == null ? this : with(confinement.behind(childGate));
    }

    private SpawnRequest with(ChildConfinement other) {
        return new SpawnRequest(
                executable,
                argv,
                environment,
                ownPidVariables,
                directory,
                descriptors,
                credentials,
                umask,
                nice,
                limits,
                other,
                orphaned);
    }
}
