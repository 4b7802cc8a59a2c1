// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.spawn.ChildConfinement;
import org.einhyrningsins.posix.spawn.ChildScheduling;
import org.einhyrningsins.spec.process.Capability;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.einhyrningsins.spec.process.SchedulingSpec;
import org.einhyrningsins.spec.process.SchedulingSpec.IoClass;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Works out what is taken from the workers of a program.
final class WorkerConfinement {
    private static final int ROOT = 0;

    private WorkerConfinement() {}

    /// A program with a user of its own, who is not root, is given nothing that it did not ask for.
    /// One that may gain privileges (`no-new-privs: false`) and names no capabilities keeps the
    /// bounding set: else sudo would be root in name only.
    ///
    /// @param credentials as whom the workers run; null for the manager's user
    static ChildConfinement of(ProcessIdentitySpec identity, @Nullable Credentials credentials) {
        ConfinementSpec spec = identity.confinement();
        return new ChildConfinement(
                privileges(spec, identity, credentials), scheduling(spec.scheduling()), -1);
    }

    private static ChildScheduling scheduling(SchedulingSpec spec) {
        IoClass io = spec.ioClass();
        return new ChildScheduling(
                spec.oomScoreAdj(), spec.cpus(), io == null ? null : io.priority());
    }

    private static ChildPrivileges privileges(
            ConfinementSpec spec, ProcessIdentitySpec identity, @Nullable Credentials credentials) {
        boolean other = identity.user() != null && credentials != null && credentials.uid() != ROOT;
        Boolean asked = spec.noNewPrivs();
        boolean noNewPrivs = asked == null ? other || spec.sandbox() != null : asked;
        List<Capability> capabilities = spec.capabilities();
        if (capabilities == null) {
            long none = other ? 0 : ChildPrivileges.UNTOUCHED;
            return new ChildPrivileges(noNewPrivs, none, other && noNewPrivs, other);
        }
        return new ChildPrivileges(noNewPrivs, bits(capabilities), true, other);
    }

    private static long bits(List<Capability> capabilities) {
        long bits = 0;
        for (Capability capability : capabilities) {
            bits |= capability.bit();
        }
        return bits;
    }
}
