// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.control;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/// Calls the system, starts a thread and a process, and leaves.
public class Wire {
    jnr.ffi.@Nullable Pointer pointer;

    void everythingForbidden() throws IOException {
        new Thread(() -> {}).start();
        new ProcessBuilder("true").start();
        System.exit(1);
    }
}
