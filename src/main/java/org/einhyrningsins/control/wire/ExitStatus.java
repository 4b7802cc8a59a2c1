// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Result of a command: the exit status of the client, and `code` on the wire.
public enum ExitStatus {
    DONE(0),
    /// The thing asked for failed; the message says how things are now.
    FAILED(1),
    /// The request makes no sense as it stands.
    USAGE(2),
    /// The configuration is invalid; the running state is untouched.
    INVALID(3),
    NO_MANAGER(4),
    NOT_ALLOWED(5),
    /// The outcome is unknown; what was begun goes on.
    TIMED_OUT(6),
    /// Not an error: `plan` found something to do.
    CHANGES(10),
    /// An internal error: EX_SOFTWARE of sysexits.h.
    BUG(70);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    /// The number of it.
    public int code() {
        return code;
    }
}
