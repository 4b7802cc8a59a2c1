// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Rows of the keys below a program that are about the rights and limits of its processes, for
/// [ConfigShape].
final class ProcessShapes {
    private ProcessShapes() {}

    static final String LIMITS =
            """
            cpu         number  -  rolled  CPU time in seconds.
            fsize       size    -  rolled  Size of a file it writes.
            data        size    -  rolled  Size of its data segment.
            stack       size    -  rolled  Size of its main stack.
            core        size    -  rolled  Size of a core dump; 0 for none.
            rss         size    -  rolled  Resident memory (without effect on Linux).
            nproc       number  -  rolled  Processes of its user.
            nofile      number  -  rolled  Open files.
            memlock     size    -  rolled  Memory it locks.
            as          size    -  rolled  Address space.
            locks       number  -  rolled  File locks (without effect on Linux).
            sigpending  number  -  rolled  Queued signals.
            msgqueue    size    -  rolled  Bytes in POSIX message queues.
            nice        number  -  rolled  Ceiling of nice, as 20 minus the nice value.
            rtprio      number  -  rolled  Ceiling of real-time priority.
            rttime      number  -  rolled  Real-time CPU time in microseconds.
            """;

    static final String DIRECTORY =
            """
            path  path   -     rolled  Its path. Directories above it are made, too.
            mode  octal  0755  rolled  Its permission bits.
            """;

    static final String SANDBOX =
            """
            read      path | list                        -     rolled  Paths that it can read and execute, besides those that every program needs.
            write     path | list                        -     rolled  Paths below which it can also change files.
            connect   port | list                        -     rolled  TCP ports to which it can connect. Default: all.
            bind      port | list                        -     rolled  TCP ports that it can bind; sockets of bind are bound already. Default: all.
            scope     signals | abstract-sockets | list  -     rolled  Keeps it from signalling, or from abstract UNIX sockets of, processes that it has not started. Default: none.
            required  flag                               true  rolled  Starts no worker if the kernel cannot enforce all of that.
            """;

    static final String CGROUP =
            """
            memory-max   size               -  rolled    The memory above which a worker is killed.
            memory-high  size               -  rolled    The memory above which a worker is slowed down.
            cpu          percent            -  rolled    Processor time, in percent of one processor.
            tasks        number 1..4194304  -  rolled    Processes and threads.
            io-weight    number 1..10000    -  rolled    Share of the disks; a group without it has 100.
            program      map                -  in place  Limits of all workers of the program together. A change applies to running workers.
            """;

    static final String PROGRAM_CGROUP =
            """
            memory-max   size               -  in place  The memory of all together above which one worker is killed.
            memory-high  size               -  in place  The memory of all together above which they are slowed down.
            cpu          percent            -  in place  Processor time, in percent of one processor.
            tasks        number 1..4194304  -  in place  Processes and threads.
            io-weight    number 1..10000    -  in place  Share of the disks; a group without it has 100.
            """;
}
