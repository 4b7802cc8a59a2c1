// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Puts a service of a compose file over the one that it extends: maps are merged, lists joined,
/// and of single values the own ones count. What may be written as a map or as a list is one map,
/// whichever form each of the two has. Source: docs.docker.com, "Merge Compose files".
final class ComposeExtends {
    /// Lists of `NAME=value`, or of names.
    private static final String MAP_OR_LIST =
            "environment|labels|annotations|sysctls|extra_hosts|depends_on|networks"
                    + "|build[.](args|labels|extra_hosts|additional_contexts)|deploy[.]labels";

    /// A single text is a list of one.
    private static final String LIST_OR_TEXT =
            "env_file|dns|dns_search|dns_opt|tmpfs|expose|label_file";

    /// The own one counts as a whole.
    private static final String WHOLE = "command|entrypoint|healthcheck[.]test";

    private ComposeExtends() {}

    static SequencedMap<String, Entry> merged(
            Map<String, Entry> base, SequencedMap<String, Entry> own) {
        return merged("", base, own);
    }

    /// @param path before their keys, as in `build.`
    private static SequencedMap<String, Entry> merged(
            String path, Map<String, Entry> base, Map<String, Entry> own) {
        SequencedMap<String, Entry> merged = new LinkedHashMap<>(base);
        own.forEach(
                (name, entry) -> {
                    Entry under = base.get(name);
                    String key = path + name;
                    boolean whole = under == null || key.matches(WHOLE);
                    merged.put(name, whole || under == null ? entry : merged(key, under, entry));
                });
        return merged;
    }

    private static Entry merged(String key, Entry base, Entry own) {
        ConfigNode under = unified(key, base.value());
        ConfigNode over = unified(key, own.value());
        if (under instanceof Mapping one && over instanceof Mapping other) {
            SequencedMap<String, Entry> all = merged(key + ".", one.entries(), other.entries());
            return new Entry(own.key(), new Mapping(over.place(), all));
        } else if (under instanceof Items one && over instanceof Items other) {
            return new Entry(own.key(), new Items(over.place(), concatenated(one, other)));
        }
        boolean nothing = over instanceof Scalar scalar && scalar.isNull();
        return nothing && !(under instanceof Scalar) ? base : own;
    }

    /// Returns a value in the form in which both can be merged.
    private static ConfigNode unified(String key, ConfigNode value) {
        if (value instanceof Items list && key.matches(MAP_OR_LIST)) {
            return map(list);
        }
        boolean single = value instanceof Scalar scalar && !scalar.isNull();
        return single && key.matches(LIST_OR_TEXT)
                ? new Items(value.place(), List.of(value))
                : value;
    }

    private static Mapping map(Items list) {
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        for (ConfigNode item : list.values()) {
            String text = ForeignMap.shown(item);
            int equals = text.indexOf('=');
            String name = equals < 0 ? text : text.substring(0, equals);
            String value = equals < 0 ? "" : text.substring(equals + 1);
            entries.putLast(
                    name, new Entry(item.place(), new Scalar(item.place(), value, equals < 0)));
        }
        return new Mapping(list.place(), entries);
    }

    /// Returns both lists, without duplicates.
    private static List<ConfigNode> concatenated(Items base, Items own) {
        List<ConfigNode> all = new ArrayList<>(base.values());
        List<String> known = base.values().stream().map(ForeignMap::shown).toList();
        own.values().stream().filter(v -> !known.contains(ForeignMap.shown(v))).forEach(all::add);
        return all;
    }
}
