// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.config;

import org.einhyrningsins.architecture.fallen.control.Wire;
import org.einhyrningsins.architecture.fallen.posix.Calls;

/// Looks across, into posix and control.
public class Yaml {
    Calls calls = new Calls();
    Wire wire = new Wire();
}
