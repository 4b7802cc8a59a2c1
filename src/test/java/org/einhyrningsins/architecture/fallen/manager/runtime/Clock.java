// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager.runtime;

/// The clock that there should be one of.
public class Clock {
    long now = System.currentTimeMillis();

    public long wallMillis() {
        return now;
    }
}
