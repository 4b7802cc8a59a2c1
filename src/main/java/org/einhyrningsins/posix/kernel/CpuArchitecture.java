// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The machines we have machine code and system call numbers for.
public enum CpuArchitecture {
    X86_64,
    AARCH64;

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    /// The one we run on.
    ///
    /// @throws IllegalStateException on any other
    public static CpuArchitecture current() {
        return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    }

    /// Says in one line why we cannot run here, if so. Calls nothing native: to be asked first.
    ///
    /// @throws IllegalStateException when system, processor or kernel version will not do
    public static void require() {
        current();
        requireKernel(System.getProperty("os.version", ""));
    }

    public static CpuArchitecture of(String system, String processor) {
        if (system.equals("Linux") && processor.equals("amd64")) {
            return X86_64;
        }
        if (system.equals("Linux") && processor.equals("aarch64")) {
            return AARCH64;
        }
        throw new IllegalStateException(
                "einhyrningsins runs on Linux on x86-64 and aarch64; this is "
                        + system
                        + " on "
                        + processor);
    }

    public static void requireKernel(String version) {
        Matcher matcher = VERSION.matcher(version);
        boolean known = matcher.matches();
        int major = known ? Integer.parseInt(matcher.group(1)) : 0;
        int minor = known ? Integer.parseInt(matcher.group(2)) : 0;
        if (known && (major < 5 || (major == 5 && minor < 9))) {
            throw new IllegalStateException(
                    "einhyrningsins needs Linux 5.9 or newer (pidfds, close_range); this is "
                            + version);
        }
    }
}
