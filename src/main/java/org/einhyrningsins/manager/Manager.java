// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

/// The manager's door.
public final class Manager {
    private Manager() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status
    public static int run(LaunchOptions options) {
        System.err.println("einhyrningsins: no manager in this build for " + options.config());
        return 70;
    }
}
