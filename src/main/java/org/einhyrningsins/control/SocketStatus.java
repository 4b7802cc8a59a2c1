// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

/// A socket the manager holds.
///
/// @param address where it is bound, with the port the kernel chose
public record SocketStatus(String name, String address) {}
