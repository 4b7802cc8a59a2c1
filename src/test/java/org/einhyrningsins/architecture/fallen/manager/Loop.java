// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager;

import org.einhyrningsins.architecture.fallen.cli.Main;

/// Looks upstairs; a second class beside [Clock] that reads the clock; and waits by the time of
/// day.
public class Loop {
    Main upstairs = new Main();
    long now = System.nanoTime();
    long until = new Clock().wallMillis() + 1000;
}
