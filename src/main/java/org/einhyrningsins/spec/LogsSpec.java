// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.nio.file.Path;

/// Where a worker's standard output and standard error go.
public sealed interface LogsSpec {
    /// Where the manager's own go.
    record Inherit() implements LogsSpec {}

    /// Nowhere: /dev/null.
    record Discard() implements LogsSpec {}

    /// Appended to a file, made with mode 0640 if it is not there.
    record ToFile(Path path) implements LogsSpec {}
}
