// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import java.nio.file.Path;

/// A directory that is made for a worker before it starts.
///
/// @param path absolute
/// @param mode permission bits, 0 to 0777
public record DirectorySpec(Path path, int mode) {
    /// Default mode.
    public static final int USUAL_MODE = 0755;
}
