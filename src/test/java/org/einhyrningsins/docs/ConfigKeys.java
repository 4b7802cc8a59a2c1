// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The keys of the configuration, as its schema has them, by their paths: `log.level`, and, since
/// those of a program need no `programs.NAME` before them, `ack.timeout`.
final class ConfigKeys {
    private static final String PROGRAM = "#/$defs/program";

    private final Map<?, ?> schema;

    private ConfigKeys(Map<?, ?> schema) {
        this.schema = schema;
    }

    static ConfigKeys read() {
        try {
            String text = Files.readString(Path.of("schema/services.schema.json"));
            return new ConfigKeys(map(new Yaml().load(text)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Those that a file begins with.
    Set<?> top() {
        return properties(schema).keySet();
    }

    Set<String> all() {
        Set<String> keys = new TreeSet<>();
        collect("", schema, keys);
        collect("", definition(PROGRAM), keys);
        return keys;
    }

    private void collect(String prefix, Map<?, ?> schema, Set<String> into) {
        properties(schema)
                .forEach(
                        (key, inner) -> {
                            into.add(prefix + key);
                            if (!key.equals("defaults")) {
                                collect(prefix + key + ".", map(inner), into);
                            }
                        });
    }

    /// The properties of a map, wherever its schema has them.
    private Map<?, ?> properties(Map<?, ?> schema) {
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            return properties;
        }
        List<Object> ways = new ArrayList<>();
        if (schema.get("$ref") instanceof String reference) {
            ways.add(definition(reference));
        }
        if (schema.get("items") instanceof Map<?, ?> items) {
            ways.add(items);
        }
        if (schema.get("oneOf") instanceof List<?> alternatives) {
            ways.addAll(alternatives);
        }
        for (Object way : ways) {
            Map<?, ?> found = properties(map(way));
            if (!found.isEmpty()) {
                return found;
            }
        }
        return Map.of();
    }

    private Map<?, ?> definition(String reference) {
        Map<?, ?> definitions = map(schema.get("$defs"));
        return map(definitions.get(reference.substring("#/$defs/".length())));
    }

    /// The keys that a file has, by the same paths.
    static Set<String> usedIn(String file) {
        Set<String> keys = new TreeSet<>();
        collectUsed("", new Yaml().load(file), keys);
        return keys;
    }

    private static void collectUsed(String prefix, @Nullable Object value, Set<String> into) {
        if (value instanceof List<?> list) {
            list.forEach(each -> collectUsed(prefix, each, into));
        } else if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String key = prefix + entry.getKey();
                into.add(key);
                switch (key) {
                    case "programs" ->
                            map(entry.getValue())
                                    .values()
                                    .forEach(program -> collectUsed("", program, into));
                    case "defaults" -> collectUsed("", entry.getValue(), into);
                    default -> collectUsed(key + ".", entry.getValue(), into);
                }
            }
        }
    }

    private static Map<?, ?> map(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new AssertionError("expected a map, found " + value);
    }
}
