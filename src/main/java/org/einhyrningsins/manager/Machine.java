// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.Surroundings;
import org.einhyrningsins.posix.Accounts;

/// The machine a file is read on: the same for the manager and for `check`.
public final class Machine {
    private Machine() {}

    /// What the loader may ask of it. The environment is what workers inherit, without what is the
    /// launcher's or the manager's own.
    public static Surroundings surroundings() {
        return new Surroundings(
                Environment.inherited(System.getenv()),
                Runtime.getRuntime().availableProcessors(),
                name -> Accounts.uid(name).isPresent(),
                name -> Accounts.gid(name).isPresent(),
                new ProcessRights());
    }
}
