// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// No such user or group on this system.
public final class UnknownAccountException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param kind user or group
    UnknownAccountException(String kind, String name) {
        super("no " + kind + " '" + name + "' on this system; create it, or write its number");
    }
}
