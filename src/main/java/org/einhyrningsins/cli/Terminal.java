// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Whether a person looks at stderr.
final class Terminal {
    private Terminal() {}

    /// Asked of /proc, since java.io.Console takes longer to load than a command to run, and looks
    /// at other descriptors.
    static boolean showsStderr(Map<String, String> environment) {
        if (environment.getOrDefault("TERM", "dumb").equals("dumb")) {
            return false;
        }
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return file.startsWith("/dev/pts/")
                    || file.startsWith("/dev/tty")
                    || file.equals("/dev/console");
        } catch (IOException noProc) {
            return false;
        }
    }
}
