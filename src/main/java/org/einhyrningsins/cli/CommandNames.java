// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

/// The names of the two programs, as messages and help have them.
final class CommandNames {
    /// The manager.
    static final String MANAGER = "einhyrningsins";

    /// The client that operators use.
    static final String CONTROL = "einhyrningsinsctl";

    private CommandNames() {}
}
