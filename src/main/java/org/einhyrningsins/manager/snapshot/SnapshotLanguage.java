// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// Language and version of snapshots.
public final class SnapshotLanguage {
    private SnapshotLanguage() {}

    /// Grows when a name of the format changes, or when an older text would be misunderstood; what
    /// was merely added has its default.
    public static final int NUMBER = 2;

    /// The name of what a value of a sealed type is.
    static final String IS = "is";

    static final String FORMAT = "format";
    static final String VERSIONS = "versions";
    static final String BODY = "body";
}
