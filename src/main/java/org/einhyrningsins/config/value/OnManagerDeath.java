// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

/// Effect of the manager's sudden death on workers, as `on-manager-death` has it.
public enum OnManagerDeath {
    CONTINUE,
    STOP;

    public static OnManagerDeath of(boolean outlive) {
        return outlive ? CONTINUE : STOP;
    }
}
