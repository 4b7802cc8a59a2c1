// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.WorkerExit;

/// Advice for workers that fail in a known way.
public final class FailureAdvice {
    private FailureAdvice() {}

    /// About a slot whose workers failed; empty where nothing is known.
    public static String about(Slot.Past past) {
        PreviousExit last = past.last();
        WorkerExit workerExit = last == null ? null : last.exit();
        if (last == null
                || workerExit == null
                || !last.why().isEmpty()
                || past.quickDeaths() == 0) {
            return "";
        }
        if (workerExit.isInBackground()) {
            return "it ends with status 0 while what it started lives on; run it in the foreground"
                    + " (often an option such as --foreground, --nodaemon or -F)";
        }
        if (workerExit.success() && past.quickDeaths() > 1) {
            return "it ends with status 0 again and again; if it puts itself into the background,"
                    + " run it in the foreground; if it is to run once, set restart: never";
        }
        return "";
    }
}
