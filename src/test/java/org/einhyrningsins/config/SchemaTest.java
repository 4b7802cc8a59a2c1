// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.SnakeYamlNode;

import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The schema for editors says what the loader says. Faults that no schema can see (an unknown
/// user, a socket that is not there) stand in files that begin with `# schema: blind`.
class SchemaTest {
    private static final URI ID = URI.create("urn:services");

    private static final Map<?, ?> SCHEMA = (Map<?, ?>) yaml(SchemaText.FILE);

    private static final Validator VALIDATOR = validator();

    private static Validator validator() {
        Validator validator =
                new ValidatorFactory()
                        .withJsonNodeFactory(new SnakeYamlNode.Factory())
                        .createValidator();
        validator.registerSchema(ID, plain(SCHEMA));
        return validator;
    }

    private static Object yaml(Path file) {
        return new Yaml().load(Samples.read(file));
    }

    /// As YAML again, with merge keys and aliases resolved.
    private static String plain(Object value) {
        DumperOptions options = new DumperOptions();
        options.setDereferenceAliases(true);
        return new Yaml(options).dump(value);
    }

    static List<Path> good() {
        return Samples.good();
    }

    static List<Path> visiblyBad() {
        return Samples.in("bad").stream()
                .filter(file -> !Samples.read(file).startsWith("# schema: blind"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("good")
    void acceptsWhatTheLoaderAccepts(Path file) {
        Validator.Result result = VALIDATOR.validate(ID, plain(yaml(file)));
        assertThat(result.getErrors().stream().map(e -> e.getInstanceLocation() + e.getError()))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("visiblyBad")
    void refusesWhatTheLoaderRefuses(Path file) {
        assertThat(VALIDATOR.validate(ID, plain(yaml(file))).isValid()).isFalse();
    }

    @Test
    void isASchema() {
        URI meta = URI.create("https://json-schema.org/draft/2020-12/schema");
        assertThat(VALIDATOR.validate(meta, plain(SCHEMA)).isValid()).isTrue();
    }

    @Test
    void hasTheKeysOfTheLoader() {
        for (ConfigShape configShape : ConfigShape.ALL) {
            if (configShape.equals(ConfigShape.INCLUDED)) {
                continue;
            }
            Map<?, ?> properties = properties(configShape.name());
            assertThat(properties.keySet().stream().map(Object::toString))
                    .as(configShape.name())
                    .containsExactlyInAnyOrderElementsOf(configShape.keys());
        }
    }

    @Test
    void describesEveryKey() {
        for (ConfigShape configShape : ConfigShape.ALL) {
            if (configShape.equals(ConfigShape.INCLUDED)) {
                continue;
            }
            properties(configShape.name())
                    .forEach(
                            (key, value) ->
                                    assertThat(description((Map<?, ?>) value))
                                            .as(configShape.name() + "." + key)
                                            .isNotNull());
        }
    }

    @Test
    void namesTheDefaultsOfTheSpec() {
        assertThat(defaultOf("restart", "burst")).isEqualTo(RestartSpec.DEFAULT.burst());
        assertThat(defaultOf("backoff", "factor"))
                .isEqualTo((int) RestartSpec.DEFAULT.backoff().factor());
        assertThat(defaultOf("rollout", "max-surge")).isEqualTo(RolloutSpec.DEFAULT.maxSurge());
        assertThat(defaultOf("rollout", "retries")).isEqualTo(RolloutSpec.DEFAULT.retries());
        assertThat(defaultOf("bind", "backlog")).isEqualTo(SocketSpec.DEFAULT_BACKLOG);
    }

    private static Object defaultOf(String shape, String key) {
        return get((Map<?, ?>) get(properties(shape), key), "default");
    }

    @Test
    void everyKeyIsInAGoodSample() {
        Set<Object> used = new TreeSet<>();
        for (Path file : good()) {
            keys(yaml(file), used);
        }
        for (ConfigShape configShape : ConfigShape.ALL) {
            assertThat(used).as(configShape.name()).containsAll(configShape.keys());
        }
    }

    private static void keys(Object value, Set<Object> into) {
        switch (value) {
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    into.add(entry.getKey().toString());
                    keys(entry.getValue() == null ? "" : entry.getValue(), into);
                }
            }
            case List<?> list -> list.forEach(element -> keys(element, into));
            default -> {}
        }
    }

    private static @Nullable Object description(Map<?, ?> property) {
        Object reference = property.get("$ref");
        Object description = property.get("description");
        return description != null || reference == null
                ? description
                : definition(reference.toString().substring("#/$defs/".length()))
                        .get("description");
    }

    private static Map<?, ?> definition(String name) {
        return SchemaText.definition(SCHEMA, name);
    }

    private static Object get(Map<?, ?> map, String key) {
        return SchemaText.get(map, key);
    }

    private static Map<?, ?> properties(String shape) {
        return SchemaText.properties(SCHEMA, shape);
    }
}
