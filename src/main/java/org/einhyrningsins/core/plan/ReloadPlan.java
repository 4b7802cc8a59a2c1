// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/// Computed plan of a reload: `reload` carries it out, `plan` prints it. The two agree because
/// neither knows anything else.
///
/// @param changes by program: first those of the new set in its order, then the removed ones
/// @param settings changes of the settings that belong to no program
/// @param sockets first those of the new set in its order, then those that are closed
/// @param handovers programs that give up sockets, or their place, to others that are to serve
///   first
/// @param objections reasons why it cannot be done, in words; empty if it can, as far as one can
///   see without trying
/// @param inherited operator overrides of programs that get another name, by the new name
/// @param kept rollbacks that programs stay on, by program; their definitions are in the changes
public record ReloadPlan(
        SequencedMap<String, DefinitionChange> changes,
        List<KeyDifference> settings,
        List<SocketMove> sockets,
        List<SocketHandover> handovers,
        List<String> objections,
        Map<String, Inheritance> inherited,
        Map<String, OperatorOverride.Rollback> kept) {
    public ReloadPlan {
        changes = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(changes));
        settings = List.copyOf(settings);
        sockets = List.copyOf(sockets);
        handovers = List.copyOf(handovers);
        objections = List.copyOf(objections);
        inherited = Collections.unmodifiableMap(new LinkedHashMap<>(inherited));
        kept = Map.copyOf(kept);
    }

    /// State before the reload.
    ///
    /// @param programs by name, without those that are being removed
    /// @param inUse every definition whose sockets are open: see [DefinitionsInUse#all]
    public record Now(SequencedMap<String, Program> programs, Collection<ProgramSpec> inUse) {
        public Now {
            programs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(programs));
            inUse = List.copyOf(inUse);
        }
    }

    /// The difference between what runs and what is to run, but for what is no program's.
    ///
    /// @param next by name
    /// @param named only these programs, and those whose place they take that are not in the new
    ///   set any more; they roll whether they changed or not; empty for all that changed
    /// @param settings the keys of a definition, with their values as the configuration writes them
    public static ReloadPlan between(
            Now now,
            SequencedMap<String, ProgramSpec> next,
            Set<String> named,
            Function<ProgramSpec, SequencedMap<String, String>> settings) {
        Set<String> all = named.isEmpty() ? named : withOldNames(now, next, named, settings);
        return of(now, next, all, settings);
    }

    /// Adds the old name of each program that is named by its new name: the two would else serve
    /// side by side.
    private static Set<String> withOldNames(
            Now now,
            SequencedMap<String, ProgramSpec> next,
            Set<String> named,
            Function<ProgramSpec, SequencedMap<String, String>> settings) {
        Set<String> gone = new LinkedHashSet<>(now.programs().sequencedKeySet());
        gone.removeAll(next.keySet());
        gone.addAll(named);
        Set<String> all = new LinkedHashSet<>(named);
        for (SocketHandover socketHandover : of(now, next, gone, settings).handovers()) {
            boolean left = !next.containsKey(socketHandover.giver());
            if (left && socketHandover.receivers().stream().anyMatch(named::contains)) {
                all.add(socketHandover.giver());
            }
        }
        return all;
    }

    private static ReloadPlan of(
            Now now,
            SequencedMap<String, ProgramSpec> next,
            Set<String> named,
            Function<ProgramSpec, SequencedMap<String, String>> settings) {
        SequencedMap<String, DefinitionChange> changes = new LinkedHashMap<>();
        SequencedMap<String, ProgramSpec> result = new LinkedHashMap<>();
        for (ProgramSpec spec : next.values()) {
            Program program = now.programs().get(spec.name());
            if (named.isEmpty() || named.contains(spec.name())) {
                boolean roll = named.contains(spec.name());
                DefinitionChange change = change(program, spec, roll, settings);
                changes.put(spec.name(), change);
                result.put(spec.name(), change.after() == null ? spec : change.after());
            } else if (program != null) {
                result.put(spec.name(), program.newest());
            }
        }
        for (Program program : now.programs().values()) {
            boolean concerned = named.isEmpty() || named.contains(program.name());
            if (concerned && !next.containsKey(program.name())) {
                changes.put(program.name(), removal(program));
            } else {
                result.putIfAbsent(program.name(), program.newest());
            }
        }
        SocketPlan sockets = new SocketPlan(now, result);
        sockets.moves().forEach(move -> remark(move, changes));
        share(now.programs(), changes);
        SocketHandoverPlan handing =
                new SocketHandoverPlan(now.programs(), changes, next, sockets.moves());
        List<String> objections = new ArrayList<>(sockets.objections());
        objections.addAll(handing.objections());
        ReloadPlan reloadPlan =
                new ReloadPlan(
                        changes,
                        List.of(),
                        sockets.moves(),
                        handing.handovers(),
                        objections,
                        inherited(handing.heirs(), now.programs()),
                        Map.of());
        return reloadPlan.telling(now.programs());
    }

    private static Map<String, Inheritance> inherited(
            Map<String, String> heirs, Map<String, Program> programs) {
        Map<String, Inheritance> inherited = new LinkedHashMap<>();
        heirs.forEach(
                (heir, from) -> {
                    Program old = programs.get(from);
                    if (old != null && !old.operatorOverride().none()) {
                        inherited.put(heir, new Inheritance(from, old.operatorOverride()));
                    }
                });
        return inherited;
    }

    /// The same with what programs wait for in their notes.
    private ReloadPlan telling(Map<String, Program> programs) {
        SequencedMap<String, DefinitionChange> withNotes = new LinkedHashMap<>(changes);
        Map<String, String> barred = barred(programs, false);
        Map<String, SocketHandoverOrder.Part> parts = SocketHandoverOrder.of(handovers).parts();
        for (SocketHandover socketHandover : handovers) {
            String giver = socketHandover.giver();
            SocketHandoverOrder.Part part = parts.get(giver);
            String note = socketHandover.giving();
            boolean stays = false;
            for (String receiver : socketHandover.receivers()) {
                if (barred.containsKey(receiver)) {
                    note = stays(socketHandover, receiver, barred.get(receiver));
                    stays = true;
                }
                withNotes.computeIfPresent(
                        receiver,
                        (n, definitionChange) ->
                                definitionChange.withNote(socketHandover.taking()));
            }
            if (part != null && !part.circle().isEmpty()) {
                note =
                        "exchanges sockets with others ("
                                + String.join(", ", part.circle())
                                + "): no old worker of any goes before the new ones of all are up";
            }
            String what = note;
            boolean moves = !stays;
            withNotes.computeIfPresent(
                    giver,
                    (n, definitionChange) ->
                            moves && socketHandover.isOneWay(definitionChange.after())
                                    ? definitionChange
                                            .withNote(what)
                                            .withNote(socketHandover.oneWay())
                                    : definitionChange.withNote(what));
        }
        inherited.forEach(
                (heir, its) ->
                        withNotes.computeIfPresent(
                                heir, (n, definitionChange) -> its.of(definitionChange)));
        return new ReloadPlan(withNotes, settings, sockets, handovers, objections, inherited, kept);
    }

    private static String stays(
            SocketHandover socketHandover, String receiver, @Nullable String why) {
        return "stays as it is: "
                + receiver
                + ", which is to take over "
                + socketHandover.what()
                + ", "
                + why;
    }

    /// The receivers of sockets that will not serve, as far as one knows, each with why.
    ///
    /// @param programs as they are now, by name
    /// @param reset true to drop operator overrides
    public Map<String, String> barred(Map<String, Program> programs, boolean reset) {
        Map<String, String> barred = new LinkedHashMap<>();
        for (SocketHandover socketHandover : handovers) {
            for (String receiver : socketHandover.receivers()) {
                DefinitionChange definitionChange = changes.get(receiver);
                String why =
                        definitionChange == null
                                ? null
                                : SocketHandoverPlan.bar(
                                        programs.get(receiver), definitionChange, reset);
                if (why != null) {
                    barred.put(receiver, why);
                }
            }
        }
        return barred;
    }

    /// Notes addresses shared with programs that the reload does not concern.
    private static void share(
            Map<String, Program> programs, SequencedMap<String, DefinitionChange> changes) {
        List<Program> others = new ArrayList<>(programs.values());
        others.removeIf(program -> changes.containsKey(program.name()));
        changes.replaceAll(
                (name, definitionChange) -> {
                    DefinitionChange noted = definitionChange;
                    if (definitionChange.after() != null) {
                        for (String words :
                                SharedAddresses.words(definitionChange.after(), others)) {
                            noted = noted.withNote(words);
                        }
                    }
                    return noted;
                });
    }

    private static void remark(SocketMove move, SequencedMap<String, DefinitionChange> changes) {
        String remark = move.remark();
        if (remark != null && move.to() != null) {
            changes.computeIfPresent(
                    move.to().program(),
                    (name, definitionChange) -> definitionChange.withNote(remark));
        }
    }

    /// The same with one more note for each program that has one to make.
    ///
    /// @param notes returns the note; null for none
    public ReloadPlan noting(Function<DefinitionChange, @Nullable String> notes) {
        SequencedMap<String, DefinitionChange> noted = new LinkedHashMap<>(changes);
        noted.replaceAll(
                (name, change) -> {
                    String note = notes.apply(change);
                    return note == null ? change : change.withNote(note);
                });
        return new ReloadPlan(noted, settings, sockets, handovers, objections, inherited, kept);
    }

    /// The same, in which programs stay on rollbacks.
    ///
    /// @param notes descriptions for the operator, by program
    public ReloadPlan keeping(
            Map<String, OperatorOverride.Rollback> rollbacks, Map<String, String> notes) {
        SequencedMap<String, DefinitionChange> noted = new LinkedHashMap<>(changes);
        notes.forEach((name, note) -> noted.computeIfPresent(name, (n, its) -> its.withNote(note)));
        return new ReloadPlan(
                noted, settings, sockets, handovers, objections, inherited, rollbacks);
    }

    /// Returns the command to give to a program; null for none.
    public @Nullable ProgramCommand command(DefinitionChange definitionChange) {
        return definitionChange.command(kept.get(definitionChange.program()));
    }

    /// The same, and what changes besides programs.
    ///
    /// @param now the keys of what is in force that are no program's, with their values
    /// @param next the same of what is to be
    public ReloadPlan withSettings(
            SequencedMap<String, String> now, SequencedMap<String, String> next) {
        return new ReloadPlan(
                changes,
                KeyDifference.between(now, next),
                sockets,
                handovers,
                objections,
                inherited,
                kept);
    }

    private static DefinitionChange change(
            @Nullable Program program,
            ProgramSpec next,
            boolean roll,
            Function<ProgramSpec, SequencedMap<String, String>> settings) {
        if (program == null) {
            return new DefinitionChange(
                    next.name(),
                    DefinitionChange.Kind.ADDED,
                    null,
                    next,
                    false,
                    0,
                    List.of(),
                    List.of());
        }
        ProgramSpec newest = program.newest();
        if (next.isTask() && newest.isTask()) { // it gets its definition when it runs
            return new DefinitionChange(
                    next.name(),
                    DefinitionChange.Kind.UNCHANGED,
                    newest,
                    newest,
                    false,
                    0,
                    List.of(),
                    List.of());
        }
        List<KeyDifference> differences =
                newest.equals(next) ? List.of() : KeyDifference.between(newest, next, settings);
        DefinitionChange.Kind kind = program.takeover(next, roll);
        if (kind == DefinitionChange.Kind.REFUSED) {
            return new DefinitionChange(
                    next.name(), kind, newest, newest, roll, 0, differences, List.of());
        }
        return new DefinitionChange(
                next.name(),
                kind,
                newest,
                next,
                roll,
                ChangeNotes.more(program, next),
                differences,
                ChangeNotes.of(program, next, roll));
    }

    private static DefinitionChange removal(Program program) {
        return new DefinitionChange(
                program.name(),
                DefinitionChange.Kind.REMOVED,
                program.newest(),
                null,
                false,
                0,
                List.of(),
                List.of());
    }

    /// True if it changes nothing. What waits for the manager's next start is no change.
    public boolean nothing() {
        for (KeyDifference setting : settings) {
            if (!setting.waitsForStart()) {
                return false;
            }
        }
        for (DefinitionChange definitionChange : changes.values()) {
            if (definitionChange.kind() != DefinitionChange.Kind.UNCHANGED) {
                return false;
            }
        }
        return true;
    }
}
