// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.snapshot.SocketSnapshot;

/// A place from which listening sockets that are open elsewhere may be had: workers, the keeper,
/// the manager's own parent.
public interface SocketSource {
    /// Returns a descriptor of that socket that is the caller's own; -1 if it is not to be had
    /// here.
    int fetch(SocketSnapshot socket);
}
