// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The programs of this manager, by name, in the order of the file; and those that the file has
/// lost and whose last workers are still leaving.
final class Programs {
    private final SequencedMap<String, ProgramHost> hosts = new LinkedHashMap<>();
    private final List<ProgramHost> retiring = new ArrayList<>();

    @Nullable ProgramHost get(String name) {
        return hosts.get(name);
    }

    Collection<ProgramHost> all() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    /// All, and those that are retiring.
    List<ProgramHost> everyHost() {
        List<ProgramHost> every = new ArrayList<>(hosts.values());
        every.addAll(retiring);
        return every;
    }

    /// @param leaving the file has it no more
    void add(ProgramHost host, boolean leaving) {
        if (leaving) {
            retiring.add(host);
        } else {
            hosts.put(host.name(), host);
        }
    }

    /// It goes when its last worker has gone.
    void retire(ProgramHost host) {
        hosts.remove(host.name(), host);
        retiring.add(host);
    }

    /// Forgets a program that was retiring and whose last worker has gone.
    ///
    /// @return whether it was that
    boolean dropIfGone(ProgramHost host) {
        return host.program().vacant() && retiring.remove(host);
    }

    /// Puts them in the order of a newer file.
    void order(Collection<String> names) {
        for (String name : names) {
            ProgramHost host = hosts.remove(name);
            if (host != null) {
                hosts.put(name, host);
            }
        }
    }

    /// The newest definitions, for comparison with a file.
    SequencedMap<String, ProgramSpec> definitions() {
        SequencedMap<String, ProgramSpec> definitions = new LinkedHashMap<>();
        hosts.forEach((name, host) -> definitions.put(name, host.program().newest()));
        return definitions;
    }

    /// Every definition whose sockets are needed.
    List<ProgramSpec> inUse() {
        List<ProgramSpec> inUse = new ArrayList<>();
        for (ProgramHost host : everyHost()) {
            inUse.addAll(host.program().definitions());
        }
        return inUse;
    }

    /// Whether no process is left.
    boolean vacant() {
        for (ProgramHost host : everyHost()) {
            if (!host.program().vacant()) {
                return false;
            }
        }
        return true;
    }
}
