// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.control.wire.ExitStatus;

/// Reason why the manager cannot start. Nothing was started.
public final class StartException extends Exception {
    private static final long serialVersionUID = 1L;
    private final ExitStatus code;

    /// Ends a start with that exit status.
    ///
    /// @param message the failure, its reason and the next step
    public StartException(ExitStatus code, String message) {
        super(message);
        this.code = code;
    }

    /// The exit status of the manager.
    public ExitStatus code() {
        return code;
    }
}
