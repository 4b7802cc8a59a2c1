// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.cli.terminal;

import org.einhyrningsins.architecture.fallen.cli.launch.Launch;

/// Looks up, to a higher floor of the same room.
public class Screen {
    Launch above = new Launch();
}
