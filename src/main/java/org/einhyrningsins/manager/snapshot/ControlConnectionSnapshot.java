// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.control.wire.JsonId;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;

/// A client at the control socket.
///
/// @param follows the request by which it follows what happens; null if it does not
/// @param followed these programs only; empty for all
/// @param partialLine the bytes of a line that has not ended yet, as ISO-8859-1
/// @param unsentReplies replies that it has not taken yet, as ISO-8859-1
/// @param followsFacts true if it follows facts with types and times; null for lines of text
/// @param waits conditions that it waits for; null for none, as in older images
public record ControlConnectionSnapshot(
        int fd,
        @Nullable JsonId follows,
        Set<String> followed,
        String partialLine,
        String unsentReplies,
        @Nullable List<ConditionWaitSnapshot> waits,
        @Nullable Boolean followsFacts) {
    public ControlConnectionSnapshot {
        followed = Set.copyOf(followed);
    }
}
