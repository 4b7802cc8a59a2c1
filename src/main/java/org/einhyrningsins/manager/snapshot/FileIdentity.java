// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import java.nio.file.Path;

/// Identity of a file at one time: another file under its name, or other content, shows.
///
/// @param inode 0 if there was no such file
/// @param size bytes
/// @param modifiedMillis time of the last change of its content: milliseconds since 1970, UTC
public record FileIdentity(Path path, long inode, long size, long modifiedMillis) {
    /// True if there was no such file.
    public boolean missing() {
        return inode == 0;
    }
}
