// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.RLimit;

import org.einhyrningsins.posix.file.Descriptors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A process with so many free descriptors and no more, until it ends. What is to be tried must
/// have been tried before: classes are files too.
public final class Scarcity {
    private static final int NOFILE = jnr.constants.platform.RLIMIT.RLIMIT_NOFILE.intValue();

    /// More than are open in a test, and above the numbers that descriptors are raised to.
    private static final int FEW = 600;

    private static final POSIX LIBC = POSIXFactory.getNativePOSIX();

    private final RLimit before = LIBC.getrlimit(NOFILE);
    private final List<Integer> fillers = new ArrayList<>();

    public Scarcity(int free) {
        if (LIBC.setrlimit(NOFILE, FEW, before.rlimMax()) != 0) {
            throw new IllegalStateException("cannot set the limit of open files");
        }
        int fd = open();
        while (fd >= 0) {
            fillers.add(fd);
            fd = open();
        }
        for (int i = 0; i < free; i++) {
            Descriptors.close(fillers.removeLast());
        }
    }

    private static int open() {
        return LIBC.open("/dev/null", 0, 0);
    }

    /// There are as many as before.
    public void end() {
        LIBC.setrlimit(NOFILE, before.rlimCur(), before.rlimMax());
        fillers.forEach(Descriptors::close);
        fillers.clear();
    }

    /// How many of a kind this process has open.
    ///
    /// @param of what /proc calls them: "pipe:", "socket:"
    public static long open(String of) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(file -> target(file).startsWith(of)).count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
