// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The parts of the schema, found by the names of shapes.
final class SchemaText {
    static final Path FILE = Path.of("schema/services.schema.json");

    private SchemaText() {}

    static Map<?, ?> definition(Map<?, ?> schema, String name) {
        String last = name.substring(name.lastIndexOf('/') + 1);
        return (Map<?, ?>) get((Map<?, ?>) get(schema, "$defs"), last);
    }

    static Object get(Map<?, ?> map, String key) {
        Object value = map.get(key);
        if (value == null) {
            throw new AssertionError("no " + key + " in " + map.keySet());
        }
        return value;
    }

    /// The properties of a kind of map, wherever the schema has them.
    static Map<?, ?> properties(Map<?, ?> schema, String shape) {
        Map<?, ?> top = (Map<?, ?>) get(schema, "properties");
        Map<?, ?> owner =
                switch (shape) {
                    case "file" -> schema;
                    case "control", "log" -> (Map<?, ?>) get(top, shape);
                    case "allow" -> (Map<?, ?>) get(properties(schema, "control"), shape);
                    case "backoff", "give-up" ->
                            (Map<?, ?>) get(properties(schema, "restart"), shape);
                    case "canary" -> (Map<?, ?>) get(properties(schema, "rollout"), shape);
                    default -> definition(schema, shape);
                };
        List<Object> alternatives = new ArrayList<>();
        alternatives.add(owner);
        if (owner.get("oneOf") instanceof List<?> ways) {
            alternatives.addAll(ways);
        }
        for (Object way : alternatives) {
            if (((Map<?, ?>) way).get("properties") instanceof Map<?, ?> properties) {
                assertThat(((Map<?, ?>) way).get("additionalProperties")).isEqualTo(false);
                return properties;
            }
        }
        throw new AssertionError("no properties for " + shape);
    }
}
