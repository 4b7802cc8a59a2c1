// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;

/// Advice for a worker that cannot be started since a file or directory is missing: its release may
/// have been removed. Looks nothing up, since whoever owns the directory could make that wait.
public final class ReleaseAdvice {
    private ReleaseAdvice() {}

    /// Returns what to add to the reason why a worker was not started; empty for nothing.
    public static String of(ProgramSpec spec, Errno errno) {
        Release release = spec.release();
        boolean missing = errno == Errno.ENOENT || errno == Errno.ENOTDIR;
        return release == null || !missing
                ? ""
                : "; its release "
                        + release.path()
                        + " is gone, or not whole: `reload "
                        + spec.name()
                        + "` rolls to what "
                        + release.link()
                        + " points at now";
    }
}
