// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

/// Lines of output that were lost, counted for status and metrics.
final class LostLines {
    private long lines;
    private long bytes;
    private long reportedLines;
    private long reportedBytes;

    void add(long moreLines, long moreBytes) {
        lines += moreLines;
        bytes += moreBytes;
    }

    long lines() {
        return lines;
    }

    long bytes() {
        return bytes;
    }

    /// Describes all; empty for none.
    String describe() {
        return lines == 0 ? "" : "lost " + BufferedLogTarget.lost(lines, bytes) + " of output";
    }

    /// True if lines were lost since [#markReported].
    boolean hasUnreported() {
        return lines > reportedLines;
    }

    /// Describes those lost since [#markReported].
    String describeUnreported() {
        return BufferedLogTarget.lost(lines - reportedLines, bytes - reportedBytes);
    }

    /// Takes note that all until now were reported.
    void markReported() {
        reportedLines = lines;
        reportedBytes = bytes;
    }
}
