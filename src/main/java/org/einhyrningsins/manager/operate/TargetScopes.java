// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
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

    /// Puts the programs of a group in its place, wherever a command names one.
    ///
    /// @param groups names of programs, by the name of the group
    record Groups(Map<String, List<String>> groups) {
        /// Returns the command about the programs. `reload` and `plan` read their groups from the
        /// file, as they do their programs.
        ControlCommand in(ControlCommand command) throws UsageException {
            if (groups.isEmpty()) {
                return command;
            }
            return switch (command) {
                case ControlCommand.Status o ->
                        new ControlCommand.Status(in(o.targets()), o.exitCode());
                case ControlCommand.Show o -> new ControlCommand.Show(in(o.targets()), o.graph());
                case ControlCommand.Upgrade o ->
                        new ControlCommand.Upgrade(in(o.targets()), o.fleet());
                case ControlCommand.History o -> new ControlCommand.History(in(o.targets()));
                case ControlCommand.Rollback o -> rollback(o);
                case ControlCommand.Promote o -> new ControlCommand.Promote(in(o.targets()));
                case ControlCommand.Abort o -> new ControlCommand.Abort(in(o.targets()));
                case ControlCommand.Start o -> new ControlCommand.Start(in(o.targets()));
                case ControlCommand.Stop o -> new ControlCommand.Stop(in(o.targets()));
                case ControlCommand.Restart o -> new ControlCommand.Restart(in(o.targets()));
                case ControlCommand.Increase o ->
                        new ControlCommand.Increase(in(o.targets()), o.by());
                case ControlCommand.Decrease o ->
                        new ControlCommand.Decrease(in(o.targets()), o.by());
                case ControlCommand.Scale o ->
                        new ControlCommand.Scale(in(o.targets()), o.workers());
                case ControlCommand.Deliver o ->
                        new ControlCommand.Deliver(o.signals(), in(o.targets()));
                case ControlCommand.Events o ->
                        new ControlCommand.Events(in(o.targets()), o.since(), o.follows(), o.log());
                case ControlCommand.Explain o -> new ControlCommand.Explain(in(o.targets()));
                case ControlCommand.Wait o ->
                        new ControlCommand.Wait(in(o.targets()), o.condition());
                case ControlCommand.Logs o -> new ControlCommand.Logs(in(o.targets()));
                case ControlCommand.Reload o -> o;
                case ControlCommand.Plan o -> o;
                case ControlCommand.Confirm o -> o;
                case ControlCommand.Die o -> o;
                case ControlCommand.Reexec o -> o;
                case ControlCommand.Version o -> o;
                case ControlCommand.State o -> o;
                case ControlCommand.Greet o -> o;
                case ControlCommand.Help o -> o;
                case ControlCommand.Loudness o -> o;
            };
        }

        private ControlCommand rollback(ControlCommand.Rollback order) throws UsageException {
            List<CommandTarget> targets = in(order.targets());
            if (order.generation() != null && targets.size() > 1) {
                throw new UsageException(
                        "'rollback': a generation is one program's, and "
                                + order.targets().getFirst()
                                + " is a group; name one program, or no generation");
            }
            return new ControlCommand.Rollback(targets, order.generation());
        }

        private List<CommandTarget> in(List<CommandTarget> targets) throws UsageException {
            Set<CommandTarget> all = new LinkedHashSet<>();
            for (CommandTarget target : targets) {
                List<String> members = groups.get(target.program());
                if (members == null) {
                    all.add(target);
                    continue;
                }
                if (!target.whole() || target.pid() != CommandTarget.ANY) {
                    throw new UsageException(
                            "'"
                                    + target
                                    + "': "
                                    + target.program()
                                    + " is a group, and workers are a program's; it has "
                                    + String.join(", ", members));
                }
                members.forEach(name -> all.add(new CommandTarget(name, CommandTarget.WHOLE)));
            }
            return List.copyOf(all);
        }

        /// Returns names with those of programs in place of groups.
        static Set<String> names(Set<String> names, Map<String, List<String>> groups) {
            Set<String> all = new LinkedHashSet<>();
            names.forEach(name -> all.addAll(groups.getOrDefault(name, List.of(name))));
            return all;
        }
    }
}
