// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

/// What workers do when the manager is killed, as `on-manager-death` says it.
public enum OnManagerDeath {
    CONTINUE,
    STOP;

    public static OnManagerDeath of(boolean outlive) {
        return outlive ? CONTINUE : STOP;
    }
}
