// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.jspecify.annotations.Nullable;

/// Thrown when a worker cannot be spawned; the message tells a person why.
public final class SpawnRefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean releaseMissing;

    public SpawnRefusedException(@Nullable String message) {
        this(message, false);
    }

    /// Makes one with its reason.
    ///
    /// @param releaseMissing true if a file or directory of the program's release is missing
    SpawnRefusedException(@Nullable String message, boolean releaseMissing) {
        super(message);
        this.releaseMissing = releaseMissing;
    }

    /// True if a file or directory of the program's release is missing.
    public boolean isReleaseMissing() {
        return releaseMissing;
    }
}
