// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.DependencyState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.plan.DependencyGraph;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StartSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Lets programs start, or restart, when those they come after are up, and stops those before the
/// others. What may happen is for [DependencyGraph] to say; here it is known who waits.
final class OrderedRestart {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final CommandSender asking;
    private final List<Batch> batches = new ArrayList<>();
    private final List<Restarts> restarts = new ArrayList<>();

    /// Passes a command on to a program, and its answer to a conversation that expects it.
    interface CommandSender {
        void send(ProgramHost host, ProgramCommand programCommand, PendingCommand pendingCommand);
    }

    /// Programs that were to stop together.
    ///
    /// @param sequence of them, as it was when they were to stop
    /// @param due those that were not told yet
    private record Batch(
            List<ProgramHost> hosts,
            DependencyGraph sequence,
            Set<ProgramHost> due,
            ProgramCommand.Stop stop,
            PendingCommand conversation) {}

    /// Programs that were to restart together.
    ///
    /// @param hosts by name
    /// @param due those that were not told yet
    /// @param blocked those that will not be, since one before them failed
    private record Restarts(
            Map<String, ProgramHost> hosts,
            DependencyGraph sequence,
            Set<String> due,
            Set<String> blocked,
            PendingCommand conversation) {}

    /// True if programs are still to be told to stop or to restart. That is recorded only here.
    boolean busy() {
        return !batches.isEmpty() || !restarts.isEmpty();
    }

    OrderedRestart(ProgramTable programTable, ManagerLog managerLog, CommandSender asking) {
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.asking = asking;
    }

    /// Stops programs, each when those of them that come after it have gone. The conversation
    /// already expects an answer of each.
    void stop(List<ProgramHost> hosts, @Nullable Signal first, PendingCommand pendingCommand) {
        hosts.forEach(this::stopped);
        Batch batch =
                new Batch(
                        List.copyOf(hosts),
                        sequence(hosts),
                        new LinkedHashSet<>(hosts),
                        new ProgramCommand.Stop(null, first),
                        pendingCommand);
        batches.add(batch);
        stopUnblocked();
        for (ProgramHost host : batch.due()) {
            String words = "stops when those that come after it have gone";
            managerLog.info(host.name(), words);
            pendingCommand.progress(host.name() + ": " + words);
        }
    }

    /// Stops all that wait for it, whoever has gone.
    void stopAtOnce() {
        List<Batch> all = List.copyOf(batches);
        batches.clear();
        all.forEach(batch -> sendRestart(batch, batch.due()));
    }

    private static void fail(PendingCommand command, ProgramHost host, String words) {
        String message = host.name() + ": " + words;
        command.programAnswered(ProgramOutcomes.of(host.name(), host, false, message), message);
    }

    /// It is to run again: what was to stop it is over.
    void startedAgain(ProgramHost host) {
        for (Batch batch : batches) {
            if (batch.due().remove(host)) {
                String words = "started again meanwhile by the operator";
                fail(batch.conversation(), host, words);
            }
        }
    }

    /// Restarts programs, each when those of them that it comes after are up again. The
    /// conversation already expects an answer of each.
    void restart(List<ProgramHost> hosts, PendingCommand pendingCommand) {
        Map<String, ProgramHost> byName = new LinkedHashMap<>();
        hosts.forEach(host -> byName.put(host.name(), host));
        Restarts all =
                new Restarts(
                        byName,
                        sequence(hosts),
                        new LinkedHashSet<>(byName.keySet()),
                        new HashSet<>(),
                        pendingCommand);
        restarts.add(all);
        restartUnblocked();
        for (String name : all.due()) {
            String words = "restarts when those that it comes after are up again";
            managerLog.info(name, words);
            pendingCommand.progress(name + ": " + words);
        }
    }

    /// It is to stop: it is not restarted any more.
    void stopped(ProgramHost host) {
        for (Restarts all : restarts) {
            if (all.hosts().get(host.name()) == host && all.due().remove(host.name())) {
                String words = "not restarted: stopped meanwhile by the operator";
                fail(all.conversation(), host, words);
            }
        }
    }

    /// Does what may be done by now.
    ///
    /// @param starts whether anything may start
    /// @return whether anybody was told anything
    boolean proceed(boolean starts) {
        boolean told = stopUnblocked();
        told |= starts && restartUnblocked();
        told |= starts && startUnblocked();
        return (starts && restartWithOthers()) || told;
    }

    // ---- start

    private boolean startUnblocked() {
        return anyWaiting() && startUnblocked(sequence(programTable.all()));
    }

    private boolean anyWaiting() {
        for (ProgramHost host : programTable.all()) {
            if (host.program().phase() instanceof ProgramPhase.Waiting) {
                return true;
            }
        }
        return false;
    }

    private static DependencyGraph sequence(Collection<ProgramHost> hosts) {
        Map<String, List<String>> after = new LinkedHashMap<>();
        for (ProgramHost host : hosts) {
            after.put(host.name(), host.program().serving().spec().after());
        }
        return DependencyGraph.of(after);
    }

    /// In an order in which who is told needs not be looked at again: what one is told changes only
    /// those after it.
    private boolean startUnblocked(DependencyGraph dependencyGraph) {
        Map<String, Program> now = new HashMap<>();
        boolean told = false;
        for (String name : dependencyGraph.after().keySet()) {
            ProgramHost host = programTable.get(name);
            if (host != null) {
                ProgramEvent programEvent = dependencyGraph.next(host.program(), now);
                if (programEvent != null) {
                    host.take(programEvent);
                    told = true;
                }
                now.put(name, host.program());
            }
        }
        return told;
    }

    // ---- restart with another

    /// Has programs restarted with others that were. One that waits for its turn in a restart of
    /// several is not meant.
    private boolean restartWithOthers() {
        List<ProgramHost> bound = new ArrayList<>();
        for (ProgramHost host : programTable.all()) {
            if (!host.program().serving().spec().supervision().start().terms().isEmpty()
                    && restarts.stream().noneMatch(all -> all.due().contains(host.name()))) {
                bound.add(host);
            }
        }
        if (bound.isEmpty()) {
            return false;
        }
        boolean told = false;
        DependencyGraph graph = sequence(programTable.all());
        for (ProgramHost host : bound) {
            Program other = graph.restartsWith(host.program(), programTable.states());
            if (other != null) {
                Moment at = Objects.requireNonNull(other.versions().renewal().at());
                String by = other.name() + " was restarted";
                host.take(
                        new ProgramEvent.DependencyRestarted(
                                other.name(), at, Clock.origin(VersionOrigin.Made.DEPENDENCY, by)));
                told = true;
            }
        }
        return told;
    }

    // ---- restart

    private boolean restartUnblocked() {
        boolean told = false;
        for (Restarts all : List.copyOf(restarts)) {
            told |= restartUnblocked(all);
        }
        restarts.removeIf(all -> all.due().isEmpty());
        return told;
    }

    /// In an order in which what becomes of one is known before those after it are looked at.
    private boolean restartUnblocked(Restarts all) {
        boolean told = false;
        for (String name : all.sequence().after().keySet()) {
            ProgramHost host = all.hosts().get(name);
            if (host != null && all.due().contains(name)) {
                told |= restartIfUnblocked(host, all);
            }
        }
        return told;
    }

    private boolean restartIfUnblocked(ProgramHost host, Restarts all) {
        Map<String, DependencyState> now = dependencies(host, all);
        String by = all.sequence().blocks(host.name(), now);
        if (by != null) {
            all.due().remove(host.name());
            all.blocked().add(host.name());
            String why = all.blocked().contains(by) ? " was not either" : " has failed";
            String words = "not restarted, since " + by + why + "; it is left as it is";
            managerLog.warn(host.name(), words);
            fail(all.conversation(), host, words);
        } else if (all.sequence().mayRestart(host.name(), now)) {
            all.due().remove(host.name());
            asking.send(host, new ProgramCommand.Restart(null), all.conversation());
            return true;
        }
        return false;
    }

    private static Map<String, DependencyState> dependencies(ProgramHost host, Restarts all) {
        Map<String, DependencyState> now = new HashMap<>();
        for (String name : all.sequence().after().getOrDefault(host.name(), List.of())) {
            ProgramHost other = all.hosts().get(name);
            if (other != null) {
                StartSpec.Terms terms = host.program().serving().spec().terms(name);
                now.put(name, standing(other, all, terms.when()));
            }
        }
        return now;
    }

    private static DependencyState standing(
            ProgramHost host, Restarts all, StartSpec.@Nullable When when) {
        if (all.blocked().contains(host.name())) {
            return DependencyState.BLOCKED;
        }
        return all.due().contains(host.name())
                ? DependencyState.WAITING
                : host.program().dependencyState(when);
    }

    // ---- stop

    private boolean stopUnblocked() {
        boolean told = false;
        for (Batch batch : List.copyOf(batches)) {
            told |= stopUnblocked(batch);
        }
        batches.removeIf(batch -> batch.due().isEmpty());
        return told;
    }

    private boolean stopUnblocked(Batch batch) {
        Set<String> left = new HashSet<>();
        for (ProgramHost host : batch.hosts()) {
            if (isLeft(host, batch)) {
                left.add(host.name());
            }
        }
        Set<String> needed = batch.sequence().needed(left);
        List<ProgramHost> may = new ArrayList<>();
        for (ProgramHost host : batch.due()) {
            if (!needed.contains(host.name()) || isGone(host)) {
                may.add(host);
            }
        }
        may.forEach(batch.due()::remove);
        sendRestart(batch, may);
        return !may.isEmpty();
    }

    /// True if others wait for this program: it is still to stop, or is stopping. False for one
    /// that was started again.
    private static boolean isLeft(ProgramHost host, Batch batch) {
        boolean stops = host.program().phase() instanceof ProgramPhase.Stopped;
        return (stops || batch.due().contains(host)) && !isGone(host);
    }

    /// True if no process of it is left, except those that hang in the kernel: nobody waits for
    /// these.
    private static boolean isGone(ProgramHost host) {
        for (Slot slot : host.program().slots()) {
            for (Worker worker : slot.workers()) {
                if (!worker.stuck()) {
                    return false;
                }
            }
        }
        return true;
    }

    private void sendRestart(Batch batch, Collection<ProgramHost> hosts) {
        for (ProgramHost host : hosts) {
            asking.send(host, batch.stop(), batch.conversation());
        }
    }
}
