// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Destination of a worker's standard output and standard error.
public sealed interface LogsSpec {
    /// The manager's own standard output and standard error.
    record Inherit() implements LogsSpec {}

    /// Nowhere: /dev/null.
    record Discard() implements LogsSpec {}

    /// Output to systemd-journald, under the program's name.
    record Journal() implements LogsSpec {}

    /// Appended to a file by the worker itself. The file is made with mode 0640 if it is not there.
    ///
    /// @param path absolute; `%s` in it stands for the slot
    record ToFile(Path path) implements LogsSpec {}

    /// Output to a pipe, and from there to a file that the manager writes: it rotates the file, and
    /// prefixes the lines.
    ///
    /// @param path absolute; `%s` in it stands for the slot
    /// @param maxBytes size at which the file is rotated; 0 for no bound
    /// @param maxAge age at which the file is rotated; null for no bound
    /// @param keep number of rotated files that are kept, from 1
    /// @param compress true if they are compressed (gzip)
    /// @param prefix parts of the prefix of each line, in that order
    record Kept(
            Path path,
            long maxBytes,
            @Nullable Duration maxAge,
            int keep,
            boolean compress,
            List<Word> prefix)
            implements LogsSpec {
        public Kept {
            prefix = List.copyOf(prefix);
        }
    }

    /// The default of `keep`.
    int KEEP = 8;

    /// The least `max-size`: lines up to half a pipe are never torn, so a file should hold some.
    long LEAST_BYTES = 4096;

    /// A word before a line.
    enum Word {
        /// Time when the line was written to the file, UTC, to the millisecond.
        TIME,
        /// The program and the slot, as in `web:0`.
        SLOT,
        /// The worker's process id.
        PID
    }

    /// The file that the worker of a slot writes to; null if it is none.
    default @Nullable Path file(int slot) {
        return switch (this) {
            case Inherit ignored -> null;
            case Discard ignored -> null;
            case Journal ignored -> null;
            case ToFile file -> filled(file.path, slot);
            case Kept kept -> filled(kept.path, slot);
        };
    }

    private static Path filled(Path pattern, int slot) {
        String text = pattern.toString();
        return text.contains("%s") ? Path.of(text.replace("%s", Integer.toString(slot))) : pattern;
    }

    /// Returns the part that a worker is started with. For a file that the manager writes this is a
    /// pipe: all else about that file can change while the worker runs.
    default LogsSpec atSpawn() {
        return switch (this) {
            case Inherit inherit -> inherit;
            case Discard discard -> discard;
            case Journal journal -> journal;
            case ToFile file -> file;
            case Kept ignored -> new Kept(Path.of("|"), 0, null, 1, false, List.of());
        };
    }
}
