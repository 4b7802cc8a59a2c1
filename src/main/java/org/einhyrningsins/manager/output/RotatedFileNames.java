// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.control.report.RotatedFiles;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.SafePath;

import java.nio.file.Path;

/// The names of log files that were put aside: `web.log-20261123T101500.123Z`, then with `.gz`. The
/// time is the one when it was put aside. They sort by age, and a pattern like `*.log` does not
/// find them.
final class RotatedFileNames {
    private RotatedFileNames() {}

    /// A name for a file to be put aside now, later than all before, also if the clock went back.
    ///
    /// @param after the moment of the name before, milliseconds since 1970
    static long moment(SafePath place, long nowMillis, long after) {
        long moment = Math.max(nowMillis, after + 1);
        while (taken(place, moment)) {
            moment++;
        }
        return moment;
    }

    private static boolean taken(SafePath place, long moment) {
        Path name = name(Path.of(place.name()), moment);
        return DirectoryEntries.exists(place, name.toString())
                || DirectoryEntries.exists(place, RotatedFiles.compressed(name).toString());
    }

    static Path name(Path file, long momentMillis) {
        StringBuilder stamp = new StringBuilder(24);
        Timestamp.append(stamp, momentMillis);
        StringBuilder name = new StringBuilder(64).append(file.getFileName()).append('-');
        for (int i = 0; i < stamp.length(); i++) {
            char c = stamp.charAt(i);
            if (c != '-' && c != ':') {
                name.append(c);
            }
        }
        return file.resolveSibling(name.toString());
    }
}
