// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Variables of other processes, as they were when these executed their programs.
public final class ProcessEnvironment {
    /// The variable of a process as it was when it executed what it is; null if it had none, is
    /// dead, or may not be looked at.
    public static @Nullable String variable(int pid, String name) {
        byte[] all = Descriptors.readWhole("/proc/" + pid + "/environ");
        String wanted = name + "=";
        for (String entry : new String(all, StandardCharsets.UTF_8).split("\0", -1)) {
            if (entry.startsWith(wanted)) {
                return entry.substring(wanted.length());
            }
        }
        return null;
    }

    /// The variables of a process as they were when it executed what it is.
    ///
    /// @param one that it has to have
    /// @return empty if it has not, is dead, has written over them, or may not be looked at
    /// @throws PosixException if the kernel cannot be asked now
    public static Map<String, String> variables(int pid, String one) {
        byte[] all = environment(pid);
        Map<String, String> variables = new HashMap<>();
        if (!contains(all, (one + "=").getBytes(StandardCharsets.UTF_8))) {
            return variables;
        }
        for (String entry : new String(all, StandardCharsets.UTF_8).split("\0", -1)) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return variables.containsKey(one) ? variables : Map.of();
    }

    private static byte[] environment(int pid) {
        try {
            return Descriptors.readAboutProcess("/proc/" + pid + "/environ");
        } catch (PosixException e) {
            if (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
                return new byte[0];
            }
            throw e;
        }
    }

    private static boolean contains(byte[] all, byte[] part) {
        for (int at = 0; at + part.length <= all.length; at++) {
            int same = 0;
            while (same < part.length && all[at + same] == part[same]) {
                same++;
            }
            if (same == part.length) {
                return true;
            }
        }
        return false;
    }

    private ProcessEnvironment() {}
}
