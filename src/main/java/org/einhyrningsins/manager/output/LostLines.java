// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

/// Lines of output that were lost, counted for status and metrics.
final class LostLines {
    private long lines;
    private long bytes;
    private long toldLines;
    private long toldBytes;

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

    /// True if lines were lost since [#told].
    boolean anyUntold() {
        return lines > toldLines;
    }

    /// Describes those lost since [#told].
    String untold() {
        return BufferedLogTarget.lost(lines - toldLines, bytes - toldBytes);
    }

    /// Takes note that all until now were reported.
    void told() {
        toldLines = lines;
        toldBytes = bytes;
    }
}
