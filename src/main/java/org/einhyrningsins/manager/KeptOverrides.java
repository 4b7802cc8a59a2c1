// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.handover.OperatorOverrides;
import org.einhyrningsins.manager.history.RecordedDefinitions;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Operator overrides, kept in the state directory from one manager to the next.
final class KeptOverrides {
    private final ManagerParts parts;
    private @Nullable OperatorOverrides file;

    /// Overrides of programs of which a crash left nothing else.
    private Map<String, OperatorOverride> unhosted = Map.of();

    KeptOverrides(ManagerParts parts) {
        this.parts = parts;
    }

    /// Keeps them in this file from now on.
    void open(OperatorOverrides opened) {
        file = opened;
    }

    private OperatorOverrides file() {
        if (file == null) {
            throw new IllegalStateException("overrides are kept once the paths are known");
        }
        return file;
    }

    /// Reads what the manager before left, by program; nothing if this one was told to forget it.
    Map<String, OperatorOverride> before() throws StartException {
        return file().before(parts.runtime.options().reset());
    }

    /// Goes on from what programs have now.
    void adoptCurrent() {
        file().load();
    }

    /// Definitions of programs have changed.
    void redefined() {
        file().redefined();
    }

    /// An operator set something. The next manager would not want workers started for that, so it
    /// is written at once.
    void setByHand() {
        file().setByHand();
        parts.recorder.changedForGood();
    }

    /// Writes what changed. A stop of everything is not the stop of each program.
    void writeIfChanged() {
        if (!parts.shutdown.stopping() && !file().write(parts.programTable)) {
            parts.recorder.retryLater();
        }
    }

    // ---- after a crash that left no programs

    /// Reads what was set of programs that have to be hosted anew.
    void readUnhosted() throws StartException {
        unhosted = before();
    }

    /// Returns the overrides of programs that are hosted anew.
    Map<String, OperatorOverride> unhosted() {
        return unhosted;
    }

    /// Returns the overrides of a program that is hosted anew.
    OperatorOverride unhosted(String program) {
        return unhosted.getOrDefault(program, OperatorOverride.NONE);
    }

    /// Keeps of the rollbacks among them those whose definitions are recorded.
    void settleUnhosted(RecordedDefinitions recorded) {
        Map<String, OperatorOverride> settled = new HashMap<>();
        unhosted.forEach(
                (name, override) ->
                        settled.put(name, recorded.withEffectiveRollback(name, override)));
        unhosted = settled;
    }

    /// The programs among them that an operator had stopped.
    Set<String> unhostedAndStopped() {
        Set<String> stopped = new TreeSet<>();
        unhosted.forEach(
                (name, override) -> {
                    if (override.stopped()) {
                        stopped.add(name);
                    }
                });
        return stopped;
    }

    /// All programs of the file are hosted.
    void forgetUnhosted() {
        unhosted = Map.of();
    }
}
