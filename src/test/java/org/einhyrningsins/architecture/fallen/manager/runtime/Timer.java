// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager.runtime;

import org.einhyrningsins.architecture.fallen.manager.operate.Command;

/// Looks up, to a higher floor of the same room.
public class Timer {
    Command above = new Command();
}
