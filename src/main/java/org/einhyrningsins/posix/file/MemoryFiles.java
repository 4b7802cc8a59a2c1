// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.ByteBuffer;

/// Files in memory, without a name: see memfd_create(2).
public final class MemoryFiles {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_EXEC = 0x10;

    private MemoryFiles() {}

    /// A file in memory that holds these bytes, to be read from its beginning by whoever is given
    /// it: see memfd_create(2). Raised.
    public static int memory(String name, byte[] content) {
        long at = NativeScratch.here().path(name);
        return filled(SystemCalls.call(Syscall.MEMFD_CREATE, at, MFD_CLOEXEC), content);
    }

    /// The same for a program, to be executed by the descriptor.
    ///
    /// @throws PosixException with EACCES where the machine allows no such programs
    ///   (vm.memfd_noexec)
    public static int program(String name, byte[] content) {
        long at = NativeScratch.here().path(name);
        long fd = SystemCalls.call(Syscall.MEMFD_CREATE, at, MFD_CLOEXEC | MFD_EXEC);
        if (SystemCalls.is(fd, Errno.EINVAL)) { // before Linux 6.3: each may be executed
            fd = SystemCalls.call(Syscall.MEMFD_CREATE, at, MFD_CLOEXEC);
        }
        return filled(fd, content);
    }

    private static int filled(long fd, byte[] content) {
        int raised = Descriptors.raise((int) SystemCalls.check("memfd_create", fd));
        try {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                Descriptors.write(raised, bytes);
            }
        } catch (PosixException e) {
            Descriptors.close(raised);
            throw e;
        }
        return raised;
    }
}
