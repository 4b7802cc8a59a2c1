// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Puts `defaults` under a program: maps are merged at every depth, all else is replaced.
final class ProgramDefaults {
    private ProgramDefaults() {}

    /// Puts them under a program. A job takes none of what is for services.
    static Mapping of(Mapping program, Mapping defaults) {
        Entry kind = program.entries().get("kind");
        boolean job = kind != null && kind.value() instanceof Scalar word && isJob(word);
        return under(program, job ? ofJobs(defaults) : defaults);
    }

    private static boolean isJob(Scalar word) {
        return word.text().equals("job");
    }

    private static Mapping ofJobs(Mapping defaults) {
        Mapping kept = without(defaults, JobReader.OF_SERVICES);
        Entry rollout = kept.entries().get("rollout");
        if (rollout != null && rollout.value() instanceof Mapping map) {
            Mapping rest = without(map, JobReader.OF_ROLLOUTS);
            kept.entries().put("rollout", new Entry(rollout.key(), rest));
        }
        Entry restart = kept.entries().remove("restart");
        if (restart != null && restart.value() instanceof Mapping map) {
            Mapping delays = without(map, List.of("when"));
            kept.entries().put("restart", new Entry(restart.key(), delays));
        }
        return kept;
    }

    private static Mapping without(Mapping map, List<String> keys) {
        SequencedMap<String, Entry> kept = new LinkedHashMap<>(map.entries());
        keys.forEach(kept::remove);
        return new Mapping(map.place(), kept);
    }

    private static Mapping under(Mapping program, Mapping defaults) {
        SequencedMap<String, Entry> merged = new LinkedHashMap<>(defaults.entries());
        for (Map.Entry<String, Entry> entry : program.entries().entrySet()) {
            Entry mine = entry.getValue();
            Entry other = merged.get(entry.getKey());
            if (other != null
                    && other.value() instanceof Mapping below
                    && mine.value() instanceof Mapping map) {
                Mapping base =
                        switch (entry.getKey()) {
                            case "ack" -> ackUnder(map, below);
                            case "health" -> healthUnder(map, below);
                            default -> below;
                        };
                mine = new Entry(mine.key(), under(map, base));
            }
            merged.put(entry.getKey(), mine);
        }
        return new Mapping(program.place(), merged);
    }

    /// A check that says whom it asks does not ask somebody else too.
    private static Mapping healthUnder(Mapping health, Mapping defaults) {
        if (ProbeTargetReader.KEYS.stream().noneMatch(health.entries()::containsKey)) {
            return defaults;
        }
        SequencedMap<String, Entry> kept = new LinkedHashMap<>(defaults.entries());
        ProbeTargetReader.KEYS.forEach(kept::remove);
        return new Mapping(defaults.place(), kept);
    }

    /// Returns the number of values of a program, with those in its maps and lists. An alias counts
    /// in full.
    static int valueCount(ConfigNode configNode) {
        int weight = 1;
        if (configNode instanceof Mapping map) {
            for (Entry entry : map.entries().values()) {
                weight += 1 + valueCount(entry.value());
            }
        } else if (configNode instanceof Items list) {
            for (ConfigNode value : list.values()) {
                weight += valueCount(value);
            }
        }
        return weight;
    }

    /// An ack that says its own way of knowing takes no part of another way, but the timeout.
    private static Mapping ackUnder(Mapping ack, Mapping defaults) {
        Map<String, Entry> own = ack.entries();
        if (!own.containsKey("mode") && !own.containsKey("timer") && !own.containsKey("probe")) {
            return defaults;
        }
        SequencedMap<String, Entry> kept = new LinkedHashMap<>(defaults.entries());
        kept.keySet().removeIf(key -> !key.equals("timeout"));
        return new Mapping(defaults.place(), kept);
    }
}
