// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

/// A socket the manager holds.
///
/// @param address address it is bound to, with the port the kernel chose
/// @param perWorker whether each slot has one of its own there
public record SocketStatus(String name, String address, boolean perWorker) {
    /// Makes the status of a socket that all workers share.
    public SocketStatus(String name, String address) {
        this(name, address, false);
    }

    /// Returns its address, for people.
    public String place() {
        return perWorker ? address + " (per worker)" : address;
    }
}
