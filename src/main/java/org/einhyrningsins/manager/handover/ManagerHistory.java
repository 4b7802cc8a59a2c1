// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;

/// The start of a manager and the number of those that went on in its place.
///
/// @param startedMillis when it was started, wall clock; a re-exec does not change it
/// @param reexecs how often it went on as another program
/// @param recoveries how often it went on after it had been killed
public record ManagerHistory(long startedMillis, long reexecs, long recoveries) {
    /// That of a manager that starts now.
    public static ManagerHistory fresh() {
        return new ManagerHistory(Clock.wallMillis(), 0, 0);
    }

    /// That of a manager which goes on after a re-exec.
    public static ManagerHistory afterReexec(ManagerSnapshot before) {
        return new ManagerHistory(
                before.startedMillis(), before.reexecs() + 1, before.recoveries());
    }

    /// That of a manager which starts now because the one before it was killed.
    public ManagerHistory afterCrash(ManagerSnapshot before) {
        return new ManagerHistory(startedMillis, before.reexecs(), before.recoveries() + 1);
    }
}
