// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager;

import org.einhyrningsins.architecture.fallen.cli.Main;
import org.einhyrningsins.architecture.fallen.manager.runtime.Clock;

/// Looks upstairs; a second class beside [Clock] that reads the clock; waits by the time of day;
/// and removes whatever a path leads to.
public class Loop {
    Main upstairs = new Main();
    long now = System.nanoTime();
    long until = new Clock().wallMillis() + 1000;

    void remove(java.nio.file.Path file) throws java.io.IOException {
        java.nio.file.Files.deleteIfExists(file);
    }
}
