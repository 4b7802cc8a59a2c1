// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.PutAside;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// The names of log files that were put aside: `web.log-20261123T101500.123Z`, then with `.gz`. The
/// time is the one when it was put aside. They sort by age, and a pattern like `*.log` does not
/// find them.
final class LogNames {
    private LogNames() {}

    /// A name for a file to be put aside now, later than all before, also if the clock went back.
    ///
    /// @param after the moment of the name before, milliseconds since 1970
    static long moment(Path file, long nowMillis, long after) {
        long moment = Math.max(nowMillis, after + 1);
        while (taken(name(file, moment)) || taken(PutAside.compressed(name(file, moment)))) {
            moment++;
        }
        return moment;
    }

    private static boolean taken(Path name) {
        return Files.exists(name, LinkOption.NOFOLLOW_LINKS);
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
