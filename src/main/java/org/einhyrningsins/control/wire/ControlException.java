// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// The manager could not be asked, or did not answer. The message is for the one who asked.
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ExitStatus status;

    public ControlException(ExitStatus status, String message) {
        super(message);
        this.status = status;
    }

    /// Returns the exit status for it.
    public ExitStatus status() {
        return status;
    }
}
