// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.program.OrphanReaper;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.posix.process.Children;

import java.util.function.IntPredicate;

/// Reaps the children of the manager that nobody waits for: orphans that workers left behind.
/// Workers themselves are reaped by their pidfds.
final class ChildReaper {
    private final ProgramTable programTable;
    private final OrphanReaper orphanReaper;
    private final IntPredicate others;
    private boolean mayBeDead;

    /// Reaps for the programs of a table.
    ///
    /// @param others tells of a pid whether it is a child which some other part waits for
    ChildReaper(ProgramTable programTable, OrphanReaper orphanReaper, IntPredicate others) {
        this.programTable = programTable;
        this.orphanReaper = orphanReaper;
        this.others = others;
    }

    /// A child may have died: it is looked for at the next [#reap].
    void childDied() {
        mayBeDead = true;
    }

    /// Reaps as far as the first dead worker, which is to be reaped as such; what is behind it has
    /// its turn after that.
    void reap() {
        if (!mayBeDead) {
            return;
        }
        mayBeDead = false;
        reportStopsAndContinues();
        int reaped =
                Children.reapOrphans(
                        pid -> {
                            mayBeDead = isWaitedFor(pid);
                            return mayBeDead;
                        });
        if (reaped > 0) {
            mayBeDead = true; // one turn reaps so many and no more
            orphanReaper.sweep();
        }
    }

    /// Tells programs which processes were stopped by a signal, or go on.
    private void reportStopsAndContinues() {
        for (Children.Change next = Children.nextChange();
                next != null;
                next = Children.nextChange()) {
            for (ProgramHost host : programTable.everyHost()) {
                host.changed(next);
            }
        }
    }

    private boolean isWaitedFor(int pid) {
        for (ProgramHost host : programTable.everyHost()) {
            if (host.workforce().owns(pid)) {
                return true;
            }
        }
        return others.test(pid);
    }
}
