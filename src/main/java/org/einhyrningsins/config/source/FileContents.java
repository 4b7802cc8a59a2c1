// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens and reads a regular file. Whoever may write in its directory may put something else there
/// at any moment, so who must not wait gives a reader of its own.
public interface FileContents {
    /// The first bytes of a file.
    ///
    /// @param most no more than these
    /// @throws IOException with the reason in it: a `NoSuchFileException`, an
    ///   `AccessDeniedException`, or a `FileSystemException`
    byte[] read(Path file, int most) throws IOException;

    /// Reads as Java does: waits where opening the file waits.
    FileContents WAITING =
            (file, most) -> {
                try (InputStream in = Files.newInputStream(file)) {
                    return in.readNBytes(most);
                }
            };
}
