// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.spec.ProgramSpec;

/// Decides what it takes for a program to take over a definition: nothing, a change in place, or a
/// rollout.
public record Takeover(Program program) {
    /// Returns the kind of change that taking over that definition is.
    ///
    /// @param roll roll even if nothing has changed
    DefinitionChange.Kind kind(ProgramSpec spec, boolean roll) {
        if (!roll
                && program.newest().equals(spec)
                && (isRollingOut() || isStartedWith(spec.spawnSettings()))) {
            return DefinitionChange.Kind.UNCHANGED;
        }
        if (!roll && isRefused(spec)) {
            return DefinitionChange.Kind.REFUSED;
        }
        if (program.phase() instanceof ProgramPhase.Stopped
                || program.phase() instanceof ProgramPhase.Waiting) {
            return DefinitionChange.Kind.NOTED;
        }
        if (spec.job() != null) { // what runs ends, and the next run is of the new definition
            return program.hasNoProcess()
                    ? DefinitionChange.Kind.NOTED
                    : DefinitionChange.Kind.IN_PLACE;
        }
        if ((!roll && isStartedWith(spec.spawnSettings())) || replacesNone(spec)) {
            return DefinitionChange.Kind.IN_PLACE;
        }
        return !roll && isReturn(spec.spawnSettings())
                ? DefinitionChange.Kind.BACK
                : DefinitionChange.Kind.ROLLED;
    }

    /// True if that definition failed and nothing of it has changed: it is tried again only when
    /// somebody asks for it by name.
    private boolean isRefused(ProgramSpec spec) {
        VersionFailure failure = program.setback();
        return failure != null && !isRollingOut() && failure.isOf(spec, program.newest());
    }

    /// True if a program whose release is gone is to be rolled to the one that its links point at
    /// now: else a slot that has lost its worker would stay empty. A release that failed is not
    /// tried again, a rollout under way is not given up, and a rollback by hand is not left.
    ///
    /// @param renewed the definition that serves, with that release
    public boolean leavesRelease(ProgramSpec renewed) {
        return program.phase() instanceof ProgramPhase.Running
                && program.rollout() == null
                && program.serving().rollback() == null
                && !program.serving().spec().equals(renewed)
                && !isRefused(renewed);
    }

    /// True if no worker would be replaced by another: all that serve only stop and nobody gets
    /// their sockets, or none serves yet.
    private boolean replacesNone(ProgramSpec spec) {
        ProgramSpec now = program.serving().spec();
        int wanted = program.count() == now.workers() ? spec.workers() : program.count();
        boolean onlyGo = wanted == 0 && spec.sockets().equals(now.sockets());
        return program.rollout() == null
                && (onlyGo || (program.count() == 0 && program.hasNoProcess()));
    }

    /// True if all workers that were started otherwise would stop if the rollout under way were
    /// aborted, or do so since one was.
    private boolean isReturn(ProgramSpec.SpawnSettings birth) {
        boolean serves =
                program.phase() instanceof ProgramPhase.Running
                        && program.serving().spec().spawnSettings().equals(birth);
        return serves && (isRollingOut() || onlyReplacedDiffer(birth));
    }

    private boolean onlyReplacedDiffer(ProgramSpec.SpawnSettings birth) {
        for (Slot slot : program.slots()) {
            Worker current = slot.current();
            if (current != null
                    && !current.health().recalled()
                    && !current.version().spec().spawnSettings().equals(birth)) {
                return false;
            }
        }
        return program.rollout() == null;
    }

    private boolean isRollingOut() {
        Rollout rollout = program.rollout();
        return rollout != null && !rollout.draining();
    }

    /// True if respawns and all workers that serve are started with this. A rollout that failed, or
    /// is under way, may have left some that are not.
    private boolean isStartedWith(ProgramSpec.SpawnSettings birth) {
        for (Slot slot : program.slots()) {
            Worker current = slot.current();
            if (current != null && !current.version().spec().spawnSettings().equals(birth)) {
                return false;
            }
        }
        return program.serving().spec().spawnSettings().equals(birth);
    }
}
