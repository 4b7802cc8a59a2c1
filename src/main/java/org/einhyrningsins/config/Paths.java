// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import java.nio.file.Path;

/// Paths of the file.
final class Paths {
    private Paths() {}

    /// Absolute, and without `.`; `..` stays, since what it means depends on links.
    static Path of(Path base, String text) {
        Path path = base.resolve(text);
        return text.contains("..") ? path : path.normalize();
    }
}
