// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.FileStatus;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Rulesets of Landlock, see landlock(7): what a process that restricts itself by one can reach
/// from then on, with all that it starts.
public final class Landlock {
    private static final int O_PATH = 0x200000;
    private static final int VERSION = 1;
    private static final int PATH_BENEATH = 1;
    private static final int NET_PORT = 2;
    private static final long BIND_TCP = 1;
    private static final long CONNECT_TCP = 1 << 1;
    private static final long SCOPE_ABSTRACT_UNIX_SOCKET = 1; // since 6
    private static final long SCOPE_SIGNAL = 1 << 1;
    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 1 << 1;
    private static final long READ_FILE = 1 << 2;
    private static final long READ_DIR = 1 << 3;
    private static final long MAKE_CHAR = 1 << 6;
    private static final long MAKE_BLOCK = 1 << 11;
    private static final long ABI_1_RIGHTS = (1 << 13) - 1;
    private static final long REFER = 1 << 13; // since 2
    private static final long TRUNCATE = 1 << 14; // since 3
    private static final long IOCTL_DEV = 1 << 15; // since 5
    private static final long READ = EXECUTE | READ_FILE | READ_DIR;
    private static final long FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
    private static final int DIRECTORY = 0040000;
    private static final int TYPE = 0170000;

    /// Rules of a sandbox.
    ///
    /// @param usual paths to read and execute, as far as they exist
    /// @param usualDevices paths to read and write, as far as they exist
    /// @param read paths to read and execute
    /// @param write paths to change as well
    /// @param connect TCP ports to connect to; null for all
    /// @param bind TCP ports to bind; null for all
    /// @param scope what is limited to the processes that are restricted together
    public record Rules(
            List<Path> usual,
            List<Path> usualDevices,
            List<Path> read,
            List<Path> write,
            @Nullable List<Integer> connect,
            @Nullable List<Integer> bind,
            List<SandboxSpec.Scope> scope) {}

    private final int abi;
    private final int ruleset;
    private final long handled;

    private Landlock(int abi, int ruleset, long handled) {
        this.abi = abi;
        this.ruleset = ruleset;
        this.handled = handled;
    }

    /// The version of the interface that the kernel has; 0 if it has none, or it is switched off.
    public static int abi() {
        return (int) Math.max(0, SystemCalls.call(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, VERSION));
    }

    /// Makes a ruleset of all that the kernel's version can hold to, by which nothing may be
    /// reached until it is [#fill]ed.
    ///
    /// @return close-on-exec, out of the way of those of children; -1 if the kernel has no Landlock
    public static int ruleset(Rules rules) {
        int abi = abi();
        if (abi == 0) {
            return -1;
        }
        long files = files(abi);
        long ports = rules.connect() == null ? 0 : CONNECT_TCP;
        ports |= rules.bind() == null ? 0 : BIND_TCP;
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, files).putLong(8, ports).putLong(16, scopes(rules));
        int size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
        long made =
                SystemCalls.call(
                        Syscall.LANDLOCK_CREATE_RULESET, nativeScratch.structures, size, 0);
        return Descriptors.raise((int) SystemCalls.check("landlock_create_ruleset", made));
    }

    private static long scopes(Rules rules) {
        long scopes = 0;
        for (SandboxSpec.Scope scope : rules.scope()) {
            scopes |=
                    switch (scope) {
                        case ABSTRACT_SOCKETS -> SCOPE_ABSTRACT_UNIX_SOCKET;
                        case SIGNALS -> SCOPE_SIGNAL;
                    };
        }
        return scopes;
    }

    private static long files(int abi) {
        long files = ABI_1_RIGHTS;
        files |= abi >= 2 ? REFER : 0;
        files |= abi >= 3 ? TRUNCATE : 0;
        return abi >= 5 ? files | IOCTL_DEV : files;
    }

    /// Lets be reached what may be. To look a path up may take as long as whoever owns a part of it
    /// likes. Any thread may; the child may have the ruleset already.
    ///
    /// @throws PosixException if a path of `read` or `write` is not there
    public static void fill(int ruleset, Rules rules) {
        int abi = abi();
        new Landlock(abi, ruleset, files(abi)).add(rules);
    }

    private void add(Rules rules) {
        long write = handled & ~(MAKE_CHAR | MAKE_BLOCK);
        rules.usual().forEach(path -> path(path, READ, true));
        rules.usualDevices().forEach(path -> path(path, write, true));
        rules.read().forEach(path -> path(path, READ, false));
        rules.write().forEach(path -> path(path, write, false));
        if (abi >= 4) {
            ports(rules.connect(), CONNECT_TCP);
            ports(rules.bind(), BIND_TCP);
        }
    }

    private void path(Path path, long access, boolean mayBeMissing) {
        long at = NativeScratch.here().path(path);
        int flags = O_PATH | Descriptors.O_CLOEXEC;
        long fd = SystemCalls.call(Syscall.OPENAT, Descriptors.AT_FDCWD, at, flags, 0);
        if (fd < 0 && mayBeMissing) {
            return;
        }
        int place = (int) SystemCalls.check("open " + path, fd);
        try {
            boolean isDirectory = (FileStatus.of(place).mode() & TYPE) == DIRECTORY;
            NativeScratch nativeScratch = NativeScratch.here();
            nativeScratch.bytes.putLong(0, isDirectory ? access : access & FILE_RIGHTS & handled);
            nativeScratch.bytes.putInt(8, place);
            add(PATH_BENEATH, nativeScratch.structures, path);
        } finally {
            Descriptors.close(place);
        }
    }

    private void ports(@Nullable List<Integer> ports, long access) {
        for (int port : ports == null ? List.<Integer>of() : ports) {
            NativeScratch nativeScratch = NativeScratch.here();
            nativeScratch.bytes.putLong(0, access).putLong(8, port);
            add(NET_PORT, nativeScratch.structures, port);
        }
    }

    private void add(int type, long rule, Object what) {
        long added = SystemCalls.call(Syscall.LANDLOCK_ADD_RULE, ruleset, type, rule, 0);
        SystemCalls.check("landlock_add_rule " + what, added);
    }
}
