// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.file.Files;
import java.nio.file.Path;

/// Search for the file that a command names, as execvp does it.
public final class ExecutableSearch {
    private static final int EXECUTE = 1;
    private static final int EFFECTIVE_IDS = 0x200;

    /// Finds what a command names, as execvp would: with a slash it is a path, else it is looked
    /// for.
    ///
    /// @param directory base of relative paths (also in `path`)
    /// @param path directories with colons between them
    /// @return an absolute path
    /// @throws PosixException with ENOENT, EACCES or EISDIR and such
    public static String find(String command, String directory, String path) {
        if (command.indexOf('/') >= 0) {
            return executable(command, Path.of(directory).resolve(command));
        }
        PosixException worst = new PosixException(command, Errno.ENOENT.number());
        for (String each : path.split(":", -1)) {
            try {
                return executable(command, Path.of(directory).resolve(each).resolve(command));
            } catch (PosixException e) {
                worst = e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR ? worst : e;
            }
        }
        throw worst;
    }

    private static String executable(String command, Path file) {
        String found = file.normalize().toString();
        long at = NativeScratch.here().path(found);
        long result =
                SystemCalls.call(
                        Syscall.FACCESSAT2, Descriptors.AT_FDCWD, at, EXECUTE, EFFECTIVE_IDS);
        SystemCalls.check(command, result);
        if (Files.isDirectory(file)) {
            throw new PosixException(command, Errno.EISDIR.number());
        }
        if (!Files.isRegularFile(file)) {
            throw new PosixException(command, Errno.EACCES.number());
        }
        return found;
    }

    private ExecutableSearch() {}
}
