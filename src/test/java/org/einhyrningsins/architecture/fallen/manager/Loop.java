// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager;

import org.einhyrningsins.architecture.fallen.cli.Main;

/// Looks upstairs; and a second class beside [Clock] that reads the clock.
public class Loop {
    Main upstairs = new Main();
    long now = System.nanoTime();
}
