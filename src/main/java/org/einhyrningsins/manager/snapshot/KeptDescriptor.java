// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// A descriptor that outlives the program that opened it, and what it is.
///
/// @param name unique where it stands: `output`, `line` …
/// @param fd its number; the same before and after
public record KeptDescriptor(String name, int fd, long inode) {
    /// Makes a descriptor that is only handed on.
    public KeptDescriptor(String name, int fd) {
        this(name, fd, 0);
    }
}
