// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.jspecify.annotations.Nullable;

/// Thrown when a worker cannot be spawned; the message tells a person why.
public final class SpawnRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    public SpawnRefusedException(@Nullable String message) {
        super(message);
    }
}
