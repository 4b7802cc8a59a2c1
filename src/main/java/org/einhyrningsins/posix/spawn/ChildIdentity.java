// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/// User, file mode mask, niceness and limits of a child. Null means: as the manager.
///
/// @param nice -20 to 19
/// @param limits those to be set; NOFILE is what the manager was started with, if not given
public record ChildIdentity(
        @Nullable Credentials credentials,
        @Nullable Integer umask,
        @Nullable Integer nice,
        Map<Resource, Limit> limits) {
    /// Those of the manager.
    public static final ChildIdentity INHERITED = new ChildIdentity(null, null, null, Map.of());
}
