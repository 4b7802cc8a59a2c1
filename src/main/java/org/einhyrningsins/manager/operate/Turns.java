// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Change;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.plan.Handover;
import org.einhyrningsins.core.plan.Plan;
import org.einhyrningsins.manager.snapshot.ReloadImage.Task;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The programs of one reload that change one after the other, since some take over from others.
final class Turns {
    private final List<Handover> handovers;
    private final Map<String, String> barred;
    private final Map<String, String> takes = new HashMap<>();
    private final List<Task> tasks = new ArrayList<>();
    private final Map<String, Program> before;

    /// @param before the programs as they were before the reload
    /// @param stopped new ones that are not started, so nobody waits for them
    /// @param reset what was set by hand is as the file says it again
    Turns(Plan plan, Map<String, Program> before, Set<String> stopped, boolean reset) {
        this.before = before;
        handovers =
                plan.handovers().stream()
                        .filter(
                                handover ->
                                        handover.receivers().stream().noneMatch(stopped::contains))
                        .toList();
        barred = plan.barred(before, reset);
        for (Handover handover : handovers) {
            takes.putIfAbsent(handover.giver(), "");
            for (String receiver : handover.receivers()) {
                String words = handover.what() + " from " + handover.giver();
                takes.merge(receiver, words, (a, b) -> a.isEmpty() ? b : a + " and " + b);
            }
        }
    }

    /// Whether a program has its turn.
    boolean has(String program) {
        return takes.containsKey(program);
    }

    /// What is asked of a program that does not change: whether it serves as it is to.
    @Nullable Command joining(Change change) {
        return has(change.program()) && change.after() != null
                ? new Command.Apply(change.after(), false)
                : null;
    }

    void add(Change change, Command command, long ticket) {
        Program was = before.get(change.program());
        boolean added = change.kind() == Change.Kind.ADDED;
        tasks.add(
                new Task(
                        change.program(),
                        added ? new Command.Debut(predecessor(change.program())) : command,
                        change.after(),
                        change.kind() == Change.Kind.REMOVED,
                        added || (was != null && was.debuts()),
                        ticket,
                        takes.getOrDefault(change.program(), "")));
    }

    /// What served until now under another name; null if nothing did.
    private @Nullable ProgramSpec predecessor(String added) {
        for (Handover handover : handovers) {
            Program old = before.get(handover.giver());
            boolean its = handover.renamed() && handover.receivers().contains(added);
            if (its && old != null && old.ready() > 0 && !old.debuts()) {
                return old.serving().spec().named(added);
            }
        }
        return null;
    }

    void begin(HandoverRunner runner) {
        if (!tasks.isEmpty()) {
            runner.begin(handovers, tasks, barred);
        }
    }
}
