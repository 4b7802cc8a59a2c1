// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.control.ExitStatus;

import java.nio.file.Path;

/// `check` and `print`: what a file means, without running it.
final class FileCheck {
    @SuppressWarnings("unused")
    private final Output out;

    private final Output err;

    FileCheck(Output out, Output err) {
        this.out = out;
        this.err = err;
    }

    /// Says whether a file is valid: on stdout how much is in it, on stderr every problem.
    int check(Path file, boolean json) {
        return missing(file);
    }

    /// Shows what it means.
    int print(Path file) {
        return missing(file);
    }

    private int missing(Path file) {
        err.print(Main.NAME + ": cannot read " + file + ": this build has no configuration reader");
        return ExitStatus.BUG.code();
    }
}
