// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

/// The manager's door.
public final class Manager {
    private Manager() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status
    public static int run(LaunchOptions options) {
        throw new UnsupportedOperationException("no manager in this build: " + options.config());
    }
}
