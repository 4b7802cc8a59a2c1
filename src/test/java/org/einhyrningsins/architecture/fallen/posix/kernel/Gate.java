// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.posix.kernel;

import org.einhyrningsins.architecture.fallen.posix.socket.Socket;

/// Looks up, to a higher floor of the same room.
public class Gate {
    Socket above = new Socket();
}
