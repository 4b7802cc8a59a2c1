// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Receiver of progress.
public interface ReplyHandler {
    /// Handles progress.
    ///
    /// @return true to go on listening
    boolean progress(ControlReply controlReply);
}
