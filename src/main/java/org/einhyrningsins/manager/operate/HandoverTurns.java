// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SocketHandover;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot.Task;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The programs of one reload that change one after the other, since some take over from others.
final class HandoverTurns {
    private final List<SocketHandover> handovers;
    private final Map<String, String> barred;
    private final Map<String, String> takes = new HashMap<>();
    private final List<Task> tasks = new ArrayList<>();
    private final Map<String, Program> before;
    private final Map<String, OperatorOverride.Rollback> kept;

    /// @param before the programs as they were before the reload
    /// @param stopped new ones that are not started, so nobody waits for them
    /// @param reset what was set by hand is as the file says it again
    HandoverTurns(
            ReloadPlan reloadPlan,
            Map<String, Program> before,
            Set<String> stopped,
            boolean reset) {
        this.before = before;
        kept = reloadPlan.kept();
        handovers =
                reloadPlan.handovers().stream()
                        .filter(
                                socketHandover ->
                                        socketHandover.receivers().stream()
                                                .noneMatch(stopped::contains))
                        .toList();
        barred = reloadPlan.barred(before, reset);
        for (SocketHandover socketHandover : handovers) {
            takes.putIfAbsent(socketHandover.giver(), "");
            for (String receiver : socketHandover.receivers()) {
                String words = socketHandover.what() + " from " + socketHandover.giver();
                takes.merge(receiver, words, (a, b) -> a.isEmpty() ? b : a + " and " + b);
            }
        }
    }

    /// Returns whether a program has its turn.
    boolean has(String program) {
        return takes.containsKey(program);
    }

    /// Question to a program that does not change: whether it serves as it is to.
    @Nullable ProgramCommand joining(DefinitionChange definitionChange) {
        return has(definitionChange.program()) && definitionChange.after() != null
                ? new ProgramCommand.Apply(
                        definitionChange.after(), false, kept.get(definitionChange.program()))
                : null;
    }

    void add(DefinitionChange definitionChange, ProgramCommand programCommand, long ticket) {
        Program was = before.get(definitionChange.program());
        boolean added = definitionChange.kind() == DefinitionChange.Kind.ADDED;
        tasks.add(
                new Task(
                        definitionChange.program(),
                        added
                                ? new ProgramCommand.Debut(predecessor(definitionChange.program()))
                                : programCommand,
                        definitionChange.after(),
                        definitionChange.kind() == DefinitionChange.Kind.REMOVED,
                        added || (was != null && was.isFirstRollout()),
                        ticket,
                        takes.getOrDefault(definitionChange.program(), "")));
    }

    /// Program that served until now under another name; null if none did.
    private @Nullable ProgramSpec predecessor(String added) {
        for (SocketHandover socketHandover : handovers) {
            Program old = before.get(socketHandover.giver());
            boolean its = socketHandover.renamed() && socketHandover.receivers().contains(added);
            if (its && old != null && old.ready() > 0 && !old.isFirstRollout()) {
                return old.serving().spec().named(added);
            }
        }
        return null;
    }

    void begin(SocketHandoverRunner runner) {
        if (!tasks.isEmpty()) {
            runner.begin(handovers, tasks, barred);
        }
    }
}
