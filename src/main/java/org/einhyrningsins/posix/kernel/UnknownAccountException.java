// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Error for a user or group that this system does not have.
public final class UnknownAccountException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param kind user or group
    UnknownAccountException(String kind, String name) {
        super("no " + kind + " '" + name + "' on this system; create it, or write its number");
    }
}
