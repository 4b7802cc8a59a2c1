// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Where the control socket is if nobody says otherwise: the one rule, for manager and client.
///
/// Root's is under /run whatever the environment says: a manager started at boot has no
/// XDG_RUNTIME_DIR, and root's shell has one, and the two must meet.
public final class ControlPath {
    /// The variable with which a client names another socket.
    public static final String VARIABLE = "EINHYRNINGSINS_SOCKET";

    private static final int ROOT = 0;
    private static final String NAME = "control.sock";

    private ControlPath() {}

    /// The path of the manager of that user.
    public static Path standard(Map<String, String> environment, int uid) {
        if (uid == ROOT) {
            return Path.of("/run/einhyrningsins", NAME);
        }
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.startsWith("/")
                ? Path.of(runtime, "einhyrningsins", NAME)
                : Path.of("/tmp/einhyrningsins-" + uid, NAME);
    }

    /// The path a client of this process's user asks at.
    public static Path forClient(Map<String, String> environment) {
        String named = environment.getOrDefault(VARIABLE, "");
        return named.isEmpty() ? standard(environment, ownUid()) : Path.of(named);
    }

    /// The owner of /proc/self is the effective user of this process, and reading it needs no
    /// native library.
    private static int ownUid() {
        try {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return uid instanceof Integer number ? number : ROOT;
        } catch (IOException | UnsupportedOperationException noProc) {
            return System.getProperty("user.name", "").equals("root") ? ROOT : -1;
        }
    }
}
