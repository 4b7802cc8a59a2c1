// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import java.util.List;

/// Files of a generation that are not what they were when it began.
///
/// @param gone those that are no longer there, in words
/// @param changed those that are others by now, or have other content
public record FileChanges(List<String> gone, List<String> changed) {
    /// All are as they were, as far as one knows.
    public static final FileChanges NONE = new FileChanges(List.of(), List.of());

    public FileChanges {
        gone = List.copyOf(gone);
        changed = List.copyOf(changed);
    }
}
