// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;

/// Works out which programs of a reload give up sockets, or their place, to others that do not
/// serve yet.
final class SocketHandoverPlan {
    private final Map<String, Program> programs;
    private final SequencedMap<String, DefinitionChange> changes;
    private final Map<SocketKey, String> receivers = new HashMap<>();
    private final Map<SocketKey, String> elsewhere = new HashMap<>();
    private final List<SocketHandover> handovers = new ArrayList<>();
    private final List<String> objections = new ArrayList<>();
    private final SequencedMap<String, String> heirs = new LinkedHashMap<>();

    /// @param programs as they are now, by name
    /// @param file definitions of all programs in the file, by name
    SocketHandoverPlan(
            Map<String, Program> programs,
            SequencedMap<String, DefinitionChange> changes,
            SequencedMap<String, ProgramSpec> file,
            List<SocketMove> moves) {
        this.programs = programs;
        this.changes = changes;
        for (SocketMove move : moves) {
            if (move.to() != null) {
                receivers.put(move.to().key(), move.to().program());
                if (move.from() != null) { // the other name of a port that the kernel chose
                    receivers.put(move.from().key(), move.to().program());
                }
            }
        }
        for (ProgramSpec spec : file.values()) {
            for (SocketSpec socket : spec.sockets()) {
                elsewhere.put(SocketKey.of(spec, socket), spec.name());
            }
        }
        for (DefinitionChange definitionChange : changes.values()) {
            Program giver = programs.get(definitionChange.program());
            if (giver != null && gives(definitionChange) && runs(giver)) {
                give(giver, definitionChange.after());
            }
        }
        for (DefinitionChange definitionChange : changes.values()) {
            ProgramSpec after = definitionChange.after();
            if (after != null && isNew(after.name())) {
                rename(after);
            }
        }
        circles();
        for (DefinitionChange definitionChange : changes.values()) {
            Program old = programs.get(definitionChange.program());
            String heir = old == null || definitionChange.after() != null ? null : heir(old);
            if (heir != null) {
                heirs.putIfAbsent(heir, definitionChange.program());
            }
        }
    }

    /// New programs, each with the one whose name it has in the file instead. What was set by hand
    /// is theirs as well.
    SequencedMap<String, String> heirs() {
        return heirs;
    }

    /// Returns the new name of a program that is removed; null if none takes its place.
    private @Nullable String heir(Program old) {
        for (SocketHandover socketHandover : handovers) {
            if (socketHandover.giver().equals(old.name())) {
                return socketHandover.renamed() ? socketHandover.receivers().getFirst() : null;
            }
        }
        Set<String> all = new LinkedHashSet<>();
        for (SocketKey key : held(old).keySet()) {
            String receiver = receivers.get(key);
            String other = receiver == null ? elsewhere.get(key) : receiver;
            if (other != null && !other.equals(old.name())) {
                all.add(other);
            }
        }
        for (DefinitionChange definitionChange : changes.values()) {
            ProgramSpec after = definitionChange.after();
            boolean takesNone = all.isEmpty() && !heirs.containsKey(definitionChange.program());
            boolean alike =
                    takesNone && after != null && after.command().equals(old.newest().command());
            if (isNew(definitionChange.program())
                    && (alike || all.equals(Set.of(definitionChange.program())))) {
                return definitionChange.program();
            }
        }
        return null;
    }

    List<SocketHandover> handovers() {
        return handovers;
    }

    List<String> objections() {
        return objections;
    }

    private static boolean gives(DefinitionChange definitionChange) {
        return definitionChange.kind() == DefinitionChange.Kind.REMOVED
                || definitionChange.kind() == DefinitionChange.Kind.ROLLED;
    }

    /// True if workers of the program run: where none does, nothing is lost.
    private static boolean runs(Program program) {
        boolean runs = program.phase() instanceof ProgramPhase.Running && program.count() > 0;
        return runs || !program.hasNoProcess();
    }

    private void give(Program giver, @Nullable ProgramSpec next) {
        Map<SocketKey, SocketSpec> given = held(giver);
        if (next != null) {
            next.sockets().forEach(socket -> given.remove(SocketKey.of(next, socket)));
        }
        SequencedSet<String> to = new LinkedHashSet<>();
        SequencedSet<String> all = new LinkedHashSet<>(List.of(giver.name()));
        List<String> addresses = new ArrayList<>();
        List<String> alone = new ArrayList<>();
        given.forEach(
                (key, socket) -> {
                    String receiver = receivers.get(key);
                    String other = receiver == null ? elsewhere.get(key) : receiver;
                    if (other == null || other.equals(giver.name()) || serves(other, key)) {
                        return;
                    }
                    all.add(other);
                    if (receiver == null || !changes.containsKey(receiver)) {
                        alone.add(alone(giver.name(), socket, other));
                        return;
                    }
                    to.add(receiver);
                    addresses.add(socket.address().toString());
                });
        String together = all.size() == 2 ? "both" : "them together";
        String names = String.join(" ", all);
        alone.forEach(each -> objections.add(each + "; reload " + together + ": reload " + names));
        if (!to.isEmpty()) {
            boolean renamed = next == null && to.size() == 1 && isNew(to.getFirst());
            handovers.add(new SocketHandover(giver.name(), to, addresses, renamed));
        }
    }

    private static String alone(String giver, SocketSpec socket, String other) {
        return "cannot take %s from '%s' alone: the file gives it to '%s', which does not serve it yet"
                .formatted(socket.address(), giver, other);
    }

    /// Returns the sockets of the definition that serves, and of workers that another one left.
    private static Map<SocketKey, SocketSpec> held(Program program) {
        Map<SocketKey, SocketSpec> held = new LinkedHashMap<>();
        hold(program.serving().spec(), held);
        Rollout rollout = program.rollout();
        for (Slot slot : program.slots()) {
            Worker current = slot.current();
            if (current != null
                    && !current.version().equals(program.serving())
                    && (rollout == null || !rollout.owns(current))) {
                hold(current.version().spec(), held);
            }
        }
        return held;
    }

    private static void hold(ProgramSpec spec, Map<SocketKey, SocketSpec> held) {
        spec.sockets().forEach(socket -> held.put(SocketKey.of(spec, socket), socket));
    }

    /// True if a worker of that program is up with the socket, and its successors will have it too.
    private boolean serves(String name, SocketKey key) {
        Program program = programs.get(name);
        if (program == null || !has(program.serving().spec(), key)) {
            return false;
        }
        for (Slot slot : program.slots()) {
            Worker current = slot.current();
            if (current != null && current.ready() && has(current.version().spec(), key)) {
                return !program.isFirstRollout();
            }
        }
        return false;
    }

    private static boolean has(ProgramSpec spec, SocketKey key) {
        for (SocketSpec socket : spec.sockets()) {
            if (SocketKey.of(spec, socket).equals(key)) {
                return true;
            }
        }
        return false;
    }

    /// True if the program is new, or was in a reload that is not over.
    private boolean isNew(String name) {
        Program program = programs.get(name);
        return program == null || program.isFirstRollout();
    }

    /// A new program that runs what another one ran, and takes no socket over, may be that one.
    private void rename(ProgramSpec added) {
        Set<String> busy = new LinkedHashSet<>();
        for (SocketHandover socketHandover : handovers) {
            busy.add(socketHandover.giver());
            busy.addAll(socketHandover.receivers());
        }
        if (busy.contains(added.name())) {
            return;
        }
        for (DefinitionChange definitionChange : changes.values()) {
            Program old = programs.get(definitionChange.program());
            ProgramSpec next = definitionChange.after();
            boolean other = next == null || !next.command().equals(added.command());
            if (old != null
                    && gives(definitionChange)
                    && runs(old)
                    && other
                    && !busy.contains(old.name())
                    && old.newest().command().equals(added.command())) {
                SequencedSet<String> to = new LinkedHashSet<>(Set.of(added.name()));
                handovers.add(new SocketHandover(old.name(), to, List.of(), next == null));
                return;
            }
        }
    }

    /// Objects to a circle with strategy replace: there new workers run beside old ones.
    private void circles() {
        SocketHandoverOrder.of(handovers)
                .parts()
                .forEach(
                        (name, part) -> {
                            DefinitionChange definitionChange = changes.get(name);
                            ProgramSpec after =
                                    definitionChange == null ? null : definitionChange.after();
                            boolean alone =
                                    after != null && after.rollout().strategy() == Strategy.REPLACE;
                            if (!part.circle().isEmpty() && alone) {
                                objections.add(
                                        "cannot exchange sockets between %s in one reload: '%s' has rollout.strategy: replace, so its new workers cannot come up beside the old ones; move one socket, reload, then the others"
                                                .formatted(String.join(", ", part.circle()), name));
                            }
                        });
    }

    /// Describes why a receiver will not serve after a reload; null if nothing known prevents it.
    ///
    /// @param reset true if operator overrides are dropped
    static @Nullable String bar(
            @Nullable Program program, DefinitionChange definitionChange, boolean reset) {
        ProgramSpec after = definitionChange.after();
        if (program == null || reset) {
            return after != null && after.workers() == 0 ? "has no workers (workers: 0)" : null;
        }
        if (program.phase() instanceof ProgramPhase.Stopped) {
            return "is stopped";
        }
        Integer byHand = program.operatorOverride().workers();
        int count = byHand != null || after == null ? program.count() : after.workers();
        return count == 0 ? "has no workers" : null;
    }
}
