// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.plan.DefinitionsInUse;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.StringJoiner;

/// The programs of this manager, by name, in the order of the file; and those that the file has
/// lost and whose last workers are still leaving.
public final class ProgramTable {
    private final SequencedMap<String, ProgramHost> hosts = new LinkedHashMap<>();
    private final List<ProgramHost> retiring = new ArrayList<>();
    private boolean ordered;

    public @Nullable ProgramHost get(String name) {
        return hosts.get(name);
    }

    public Collection<ProgramHost> all() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    /// All, and those that are retiring.
    public List<ProgramHost> everyHost() {
        List<ProgramHost> every = new ArrayList<>(hosts.values());
        every.addAll(retiring);
        return every;
    }

    public void add(ProgramHost host) {
        add(host, false);
    }

    /// Adds a program.
    ///
    /// @param leaving the file has it no more
    public void add(ProgramHost host, boolean leaving) {
        if (leaving) {
            retiring.add(host);
        } else {
            hosts.put(host.name(), host);
        }
        definitionChanged(host);
    }

    /// Its definition may have changed.
    public void definitionChanged(ProgramHost host) {
        ordered |= !host.program().serving().spec().after().isEmpty();
    }

    /// Returns whether any program comes, or came, after another.
    public boolean ordered() {
        return ordered;
    }

    /// Of the first worker of a new program. An older one of that name may still be leaving, and a
    /// worker's name (in its environment, its control group, its note) is to be its alone.
    public long nextIncarnation(String name) {
        long next = 1;
        for (ProgramHost host : everyHost()) {
            if (host.name().equals(name)) {
                next = Math.max(next, host.program().pool().nextIncarnation());
            }
        }
        return next;
    }

    /// It goes when its last worker has gone.
    public void retire(ProgramHost host) {
        hosts.remove(host.name(), host);
        retiring.add(host);
    }

    /// Forgets a program that was retiring and whose last worker has gone.
    ///
    /// @return whether it was that
    public boolean dropIfGone(ProgramHost host) {
        return host.program().hasNoProcess() && retiring.remove(host);
    }

    /// Puts them in the order of a newer file.
    public void order(Collection<String> names) {
        for (String name : names) {
            ProgramHost host = hosts.remove(name);
            if (host != null) {
                hosts.put(name, host);
            }
        }
    }

    /// State of each program, by name.
    public SequencedMap<String, Program> states() {
        SequencedMap<String, Program> states = new LinkedHashMap<>();
        hosts.forEach((name, host) -> states.put(name, host.program()));
        return states;
    }

    /// Message for one who asks for a program that is not there.
    public String unknown(String name) {
        String known =
                hosts.isEmpty() ? "there is none" : "there is " + String.join(", ", hosts.keySet());
        return "no program '" + name + "'; " + known;
    }

    /// Every definition whose sockets are needed.
    public List<ProgramSpec> inUse() {
        List<ProgramSpec> inUse = new ArrayList<>();
        for (ProgramHost host : everyHost()) {
            inUse.addAll(DefinitionsInUse.all(host.program()));
        }
        return inUse;
    }

    /// Every definition whose sockets somebody serves, or is to.
    public List<ProgramSpec> inService() {
        List<ProgramSpec> inService = new ArrayList<>();
        for (ProgramHost host : everyHost()) {
            inService.addAll(DefinitionsInUse.served(host.program()));
        }
        return inService;
    }

    /// The same as [#inUse] without those that may come back and are not needed as long as nothing
    /// fails.
    public List<ProgramSpec> needed() {
        List<ProgramSpec> needed = new ArrayList<>();
        for (ProgramHost host : everyHost()) {
            needed.addAll(DefinitionsInUse.needed(host.program()));
        }
        return needed;
    }

    /// The same without programs that are leaving: what they have is nobody's soon.
    public List<ProgramSpec> neededByStaying() {
        List<ProgramSpec> staying = new ArrayList<>();
        for (ProgramHost host : hosts.values()) {
            staying.addAll(DefinitionsInUse.needed(host.program()));
        }
        return staying;
    }

    /// Returns the number of slots of the programs of that name, the maximum if there are several.
    /// Slots count until their workers are gone.
    public int slots(String name) {
        int slots = 0;
        for (ProgramHost host : everyHost()) {
            if (host.name().equals(name)) {
                slots = Math.max(slots, host.program().slots().size());
            }
        }
        return slots;
    }

    /// Returns whether no process is left, but those that hang in the kernel.
    ///
    /// @return those, in words; empty if there are none; null if others are left
    public @Nullable String stuck() {
        StringJoiner stuck = new StringJoiner(", ");
        for (ProgramHost host : everyHost()) {
            for (Slot slot : host.program().slots()) {
                for (Worker worker : slot.workers()) {
                    if (!worker.stuck()) {
                        return null;
                    }
                    stuck.add(host.workforce().logName(host.name(), worker.id()));
                }
            }
        }
        return stuck.toString();
    }
}
