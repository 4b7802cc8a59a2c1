// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

/// Limits of open files of the manager and of its workers.
///
/// A manager of many workers holds more descriptors than the usual 1,024. Workers shall not inherit
/// that: a program that uses select(2) breaks above 1,024, and one that closes "all" descriptors in
/// a loop takes forever. So what the manager was started with is remembered and given on.
public final class OpenFileLimits {
    private OpenFileLimits() {}

    private static volatile @Nullable Limit inherited;
    private static volatile @Nullable Limit current;

    /// Raises the manager's soft limit of open files to the hard one.
    ///
    /// @return the limit now
    public static Limit raiseOpenFiles() {
        inheritedOpenFiles();
        Limit raised = new Limit(openFiles().hard(), openFiles().hard());
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, raised.soft()).putLong(8, raised.hard());
        SystemCalls.check("prlimit NOFILE", prlimit(nativeScratch.structures, 0));
        current = raised;
        return raised;
    }

    /// Returns the limit that this process was started with, which workers get. Correct only if the
    /// JVM was told to leave its limit alone (-XX:-MaxFDLimit).
    public static Limit inheritedOpenFiles() {
        Limit known = inherited;
        if (known == null) {
            known = openFiles();
            inherited = known;
        }
        return known;
    }

    /// Sets the limit after a re-exec: the one that the first manager was started with.
    public static void rememberInherited(Limit openFiles) {
        inherited = openFiles;
    }

    /// The limit of this process.
    public static Limit openFiles() {
        Limit known = current;
        if (known == null) {
            NativeScratch nativeScratch = NativeScratch.here();
            SystemCalls.check("prlimit NOFILE", prlimit(0, nativeScratch.structures));
            known = new Limit(nativeScratch.bytes.getLong(0), nativeScratch.bytes.getLong(8));
            current = known;
        }
        return known;
    }

    private static long prlimit(long wanted, long old) {
        return SystemCalls.call(Syscall.PRLIMIT64, 0, Resource.NOFILE.number(), wanted, old);
    }
}
