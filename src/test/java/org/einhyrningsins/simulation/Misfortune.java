// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.util.SplittableRandom;

/// Which calls may fail although nothing is wrong with them, and how.
final class Misfortune {
    private static final int[] NEVER = {};
    private static final int[] NO_DESCRIPTOR = {Kernel.EMFILE, 23, Kernel.ENOMEM};
    private static final int[] SPAWN = {Kernel.EAGAIN, Kernel.ENOMEM, Kernel.EMFILE};
    private static final int[] INTERRUPTED = {Kernel.EINTR};
    private static final int[] WRITE = {Kernel.ENOSPC, Kernel.EIO, Kernel.EINTR, Kernel.EAGAIN};
    private static final int[] BIND = {Kernel.EADDRINUSE, Kernel.EACCES, Kernel.ENOMEM};
    private static final int[] MEMORY = {Kernel.ENOMEM};
    private static final int[] WATCH = {Kernel.ENOSPC, Kernel.ENOMEM};
    private static final int[] OPEN = {Kernel.EMFILE, 23, Kernel.EINTR, Kernel.EACCES};

    private Misfortune() {}

    static int[] of(String call) {
        return switch (call) {
            case "spawn" -> SPAWN;
            case "OPENAT" -> OPEN;
            case "SOCKET", "SOCKETPAIR", "PIPE2", "PIDFD_OPEN", "EPOLL_CREATE1", "SIGNALFD4" ->
                    NO_DESCRIPTOR;
            case "FCNTL", "ACCEPT4", "PIDFD_GETFD", "MEMFD_CREATE", "INOTIFY_INIT1" ->
                    NO_DESCRIPTOR;
            case "INOTIFY_ADD_WATCH", "EPOLL_CTL" -> WATCH;
            case "EPOLL_PWAIT2", "PPOLL", "READ", "WAITID" -> INTERRUPTED;
            case "WRITE" -> WRITE;
            case "BIND" -> BIND;
            case "RECVMSG" -> INTERRUPTED;
            case "EXECVE" -> MEMORY;
            default -> NEVER;
        };
    }

    /// A write to a file may fail, one to a connection by hanging up.
    static boolean writable(@Nullable OpenFile file) {
        return file instanceof OpenFile.OnDisk;
    }

    static int ofChild(String call) {
        return switch (call) {
            case "EXECVE" -> Kernel.ENOENT;
            case "CHDIR" -> Kernel.EACCES;
            default -> 0;
        };
    }

    static String ofFiles(String call, SplittableRandom random) {
        boolean reads = call.startsWith("read") || call.startsWith("list");
        return switch (random.nextInt(reads ? 2 : 4)) {
            case 0 -> "Too many open files in system";
            case 1 -> "Input/output error";
            case 2 -> "No space left on device";
            default -> "Read-only file system";
        };
    }
}
