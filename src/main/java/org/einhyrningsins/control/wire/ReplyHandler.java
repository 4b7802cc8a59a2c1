// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Receiver of progress.
public interface ReplyHandler {
    /// Something happened on the way.
    ///
    /// @return whether to go on listening
    boolean progress(ControlReply controlReply);
}
