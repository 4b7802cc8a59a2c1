// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Checks of terminals: whether a person is at the other end of a descriptor.
public final class Terminal {
    private Terminal() {}

    /// Asked of /proc, since java.io.Console takes longer to load than a command to run, and looks
    /// at other descriptors.
    public static boolean showsStderr(Map<String, String> environment) {
        return !isDumb(environment) && isTerminal(2);
    }

    /// True if the terminal, if there is one, can do nothing but print.
    public static boolean isDumb(Map<String, String> environment) {
        return environment.getOrDefault("TERM", "dumb").equals("dumb");
    }

    /// Returns the width of the terminal at stdout in columns: `COLUMNS`, else what the launcher
    /// was told by the kernel; 0 if nobody knows. To be asked only where stdout is a terminal.
    public static int width(Map<String, String> environment) {
        int told = number(environment.getOrDefault("COLUMNS", ""));
        return told > 0 ? told : number(System.getProperty("einhyrningsins.columns", ""));
    }

    private static int number(String text) {
        try {
            return Math.max(0, Integer.parseInt(text));
        } catch (NumberFormatException none) {
            return 0;
        }
    }

    public static boolean isTerminal(int descriptor) {
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return file.startsWith("/dev/pts/")
                    || file.startsWith("/dev/tty")
                    || file.equals("/dev/console");
        } catch (IOException noProc) {
            return false;
        }
    }
}
