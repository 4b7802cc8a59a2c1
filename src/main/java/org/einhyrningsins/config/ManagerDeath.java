// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

/// What workers do when the manager is killed, as `on-manager-death` says it.
enum ManagerDeath {
    CONTINUE,
    STOP;

    static ManagerDeath of(boolean outlive) {
        return outlive ? CONTINUE : STOP;
    }
}
