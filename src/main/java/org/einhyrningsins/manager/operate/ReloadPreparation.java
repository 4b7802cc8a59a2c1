// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Gets what a reload needs before any program is told: sockets are bound, worker sockets opened,
/// hosts of new programs made. It gets all of that, or leaves everything as it was.
final class ReloadPreparation {
    private final ProgramTable programTable;
    private final SocketTable sockets;
    private final Reloader.Hosting hosting;

    ReloadPreparation(ProgramTable programTable, SocketTable sockets, Reloader.Hosting hosting) {
        this.programTable = programTable;
        this.sockets = sockets;
        this.hosting = hosting;
    }

    /// Gets what the plan needs.
    ///
    /// @param settings those that come into force; null if those in force stay
    /// @param reset nothing is kept of what was set by hand
    StagedResources prepare(ReloadPlan reloadPlan, @Nullable ServicesSpec settings, boolean reset)
            throws ReloadPlanner.Refused {
        Map<String, OperatorOverride> byHand = new HashMap<>();
        if (!reset) {
            reloadPlan.inherited().forEach((name, its) -> byHand.put(name, its.intent()));
        }
        StagedResources stagedResources = new StagedResources(programTable, hosting, byHand);
        try {
            if (settings != null) {
                hosting.prepare(settings);
            }
            for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
                stagedResources.prepare(definitionChange);
            }
            openSockets(reloadPlan);
            return stagedResources;
        } catch (StagedResources.Failed | SocketTable.CannotBind e) {
            stagedResources.undo();
            hosting.forgo();
            throw new ReloadPlanner.Refused(ExitStatus.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private void openSockets(ReloadPlan reloadPlan) throws SocketTable.CannotBind {
        makeWay(needed(reloadPlan));
        if (sockets.open(needed(reloadPlan), reloadPlan.sockets()) > 0) {
            hosting.decided(); // a worker started with one must not be all that knows of it
            if (!hosting.kept()) {
                hosting.unsettled();
                throw new SocketTable.CannotBind(
                        "cannot start a keeper that has the new sockets (control.keeper); the"
                                + " log says why");
            }
        }
    }

    private static List<ProgramSpec> needed(ReloadPlan reloadPlan) {
        List<ProgramSpec> needed = new ArrayList<>();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            if (definitionChange.after() != null) {
                needed.add(definitionChange.after());
            }
        }
        return needed;
    }

    /// Closes sockets that are open only since a version may come back, and that are in the way of
    /// one that is wanted now: that version does not come back then.
    void makeWay(List<ProgramSpec> wanted) {
        boolean some = false;
        for (ProgramHost host : programTable.everyHost()) {
            FallbackVersion fallbackVersion = host.program().fallback();
            if (fallbackVersion == null
                    || fallbackVersion.taken() != null
                    || host.program().isFirstRollout()) {
                continue;
            }
            String why = blocker(fallbackVersion.version().spec(), wanted);
            if (why != null) {
                host.take(new ProgramEvent.FallbackLost(why));
                some = true;
            }
        }
        if (some) {
            hosting.closeUnused();
        }
    }

    /// A socket of the older definition that somebody else has, in words; null for none.
    private static @Nullable String blocker(ProgramSpec older, List<ProgramSpec> wanted) {
        for (SocketSpec held : older.sockets()) {
            for (ProgramSpec program : wanted) {
                for (SocketSpec socket : program.sockets()) {
                    boolean same = SocketKey.of(program, socket).equals(SocketKey.of(older, held));
                    boolean own = program.name().equals(older.name());
                    if (same && !own) {
                        return held.address() + " belongs to " + program.name();
                    }
                    if (same && !held.hasFlagsOf(socket)) {
                        return held.address() + " has other flags";
                    }
                    if (!same && socket.overlaps(held)) {
                        return socket.address() + " of " + program.name() + " is in the way";
                    }
                }
            }
        }
        return null;
    }
}
