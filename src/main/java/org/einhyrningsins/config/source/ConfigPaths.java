// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.nio.file.Path;

/// Paths of the file.
public final class ConfigPaths {
    /// Replacement for bytes that are not UTF-8.
    private static final char LOST = '\uFFFD';

    private ConfigPaths() {}

    /// Returns advice on a path at which there is nothing, if bytes of it are not UTF-8 and were
    /// lost when it was read; else empty.
    static String lostBytes(Path path) {
        return path.toAbsolutePath().toString().indexOf(LOST) < 0
                ? ""
                : " by that name: a name on the way is no UTF-8; rename it, or reach it by a link";
    }

    /// Absolute, and without `.`; `..` stays, since what it means depends on links.
    public static Path of(Path base, String text) {
        Path path = base.resolve(text);
        return text.contains("..") ? path : path.normalize();
    }
}
