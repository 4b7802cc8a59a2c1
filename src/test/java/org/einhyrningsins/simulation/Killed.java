// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

/// The manager is no more: killed, or become another program. It unwinds what stands on the stack;
/// no call of a dead process does anything.
final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
        super(null, null, false, false);
    }
}
