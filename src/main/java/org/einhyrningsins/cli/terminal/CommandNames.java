// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

/// The names of the two programs, as messages and help have them.
public final class CommandNames {
    /// The manager.
    public static final String MANAGER = "einhyrningsins";

    /// The client that operators use.
    public static final String CONTROL = "einhyrningsinsctl";

    private CommandNames() {}
}
