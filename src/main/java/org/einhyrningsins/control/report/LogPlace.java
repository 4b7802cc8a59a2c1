// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.control.wire.CommandTarget;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Location of the output of a program's workers, for a client that reads the file itself.
///
/// @param slot its slot; [CommandTarget#WHOLE] for the whole program
/// @param file an absolute path; null if it goes to none
/// @param prefix the words before each line: `time`, `slot`, `pid`
/// @param shared true if other slots' lines are in the file too
/// @param others other programs that write to the same file; the writer of a line is then unknown
/// @param why reason why there is no file, and where to look instead; else empty
public record LogPlace(
        String program,
        int slot,
        @Nullable String file,
        List<String> prefix,
        boolean shared,
        List<String> others,
        String why) {
    public LogPlace {
        prefix = List.copyOf(prefix);
        others = List.copyOf(others);
    }

    /// The same with other programs that write to the file.
    public LogPlace withOthers(List<String> names) {
        return new LogPlace(program, slot, file, prefix, shared, names, why);
    }

    /// Returns the program or slot that it belongs to, as in `web:0`.
    public String label() {
        return new CommandTarget(program, slot).toString();
    }
}
