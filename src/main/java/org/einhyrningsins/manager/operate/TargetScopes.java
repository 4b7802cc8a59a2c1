// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Finds the programs and slots that the targets of a command name.
final class TargetScopes {
    private final ProgramTable programTable;

    TargetScopes(ProgramTable programTable) {
        this.programTable = programTable;
    }

    /// The programs that are named, all if there are no targets, each with its slots; null for all
    /// slots. All are without tasks that are at rest, unless they failed.
    ///
    /// @throws UsageException if there is no such program or slot
    Map<ProgramHost, @Nullable Set<Integer>> of(List<CommandTarget> targets) throws UsageException {
        return of(
                targets,
                program ->
                        !program.newest().isTask()
                                || !program.hasNoProcess()
                                || program.slots().stream().anyMatch(Slot::endedBadly));
    }

    /// The same for a command that acts: all are without those that are started by hand, unless
    /// they run.
    Map<ProgramHost, @Nullable Set<Integer>> toAct(List<CommandTarget> targets)
            throws UsageException {
        return of(targets, program -> !program.newest().startedByHand() || !program.hasNoProcess());
    }

    private Map<ProgramHost, @Nullable Set<Integer>> of(
            List<CommandTarget> targets, Predicate<Program> all) throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = new LinkedHashMap<>();
        if (targets.isEmpty()) {
            for (ProgramHost host : programTable.all()) {
                if (all.test(host.program())) {
                    scopes.put(host, null);
                }
            }
        }
        for (CommandTarget commandTarget : targets) {
            ProgramHost host = host(commandTarget);
            Set<Integer> scope = scopes.get(host);
            if (commandTarget.whole() || (scope == null && scopes.containsKey(host))) {
                scopes.put(host, null);
            } else {
                Set<Integer> wider = scope == null ? new TreeSet<>() : new TreeSet<>(scope);
                wider.add(slot(host, commandTarget));
                scopes.put(host, wider);
            }
        }
        return scopes;
    }

    private ProgramHost host(CommandTarget commandTarget) throws UsageException {
        ProgramHost host = programTable.get(commandTarget.program());
        if (host == null) {
            throw new UsageException(programTable.unknown(commandTarget.program()));
        }
        return host;
    }

    private static int slot(ProgramHost host, CommandTarget commandTarget) throws UsageException {
        int count = host.program().count();
        if (commandTarget.slot() >= count) {
            String slots = count == 0 ? "no slots" : "slots 0 to " + (count - 1);
            throw new UsageException(
                    "no slot "
                            + commandTarget.slot()
                            + " in '"
                            + host.name()
                            + "'; it has "
                            + slots);
        }
        return commandTarget.slot();
    }

    /// Names of the programs to reload or to plan, which need not exist yet.
    ///
    /// @throws UsageException if one worker is named
    static Set<String> reloaded(List<CommandTarget> targets) throws UsageException {
        Set<String> named = new LinkedHashSet<>();
        for (CommandTarget commandTarget : targets) {
            if (!commandTarget.whole()) {
                throw new UsageException(
                        "cannot reload "
                                + commandTarget
                                + ": a definition is the whole program's; 'upgrade "
                                + commandTarget
                                + "' rolls that worker alone");
            }
            named.add(commandTarget.program());
        }
        return named;
    }
}
