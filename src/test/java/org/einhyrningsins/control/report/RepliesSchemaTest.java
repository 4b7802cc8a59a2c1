// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.SnakeYamlNode;

import org.einhyrningsins.control.report.OutcomeReport.Failure;
import org.einhyrningsins.control.report.OutcomeReport.Generations;
import org.einhyrningsins.control.report.OutcomeReport.Outcome;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The schema of replies describes what is written, field by field. The shipped one lets later
/// versions add fields; here it does not.
class RepliesSchemaTest {
    private static final Path FILE = Path.of("schema/replies.schema.json");
    private static final URI ID = URI.create("urn:replies");
    private static final JsonId ONE = JsonId.of(1);

    private final Map<?, ?> schema = (Map<?, ?>) yaml(read(FILE));
    private final Validator validator =
            new ValidatorFactory()
                    .withJsonNodeFactory(new SnakeYamlNode.Factory())
                    .createValidator();

    RepliesSchemaTest() {
        validator.registerSchema(ID, dump(strict(schema)));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Object yaml(String text) {
        return new Yaml().load(text);
    }

    private static String dump(Object value) {
        DumperOptions options = new DumperOptions();
        options.setDereferenceAliases(true);
        return new Yaml(options).dump(value);
    }

    private static Object strict(Object node) {
        if (node instanceof List<?> list) {
            return list.stream().map(RepliesSchemaTest::strict).toList();
        }
        if (!(node instanceof Map<?, ?> map)) {
            return node;
        }
        Map<Object, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(key, strict(value)));
        if (map.get("properties") instanceof Map<?, ?> && "object".equals(map.get("type"))) {
            copy.putIfAbsent("additionalProperties", false);
        }
        copy.remove("$id");
        return copy;
    }

    private static List<String> golden() {
        List<String> lines = new ArrayList<>();
        for (String name : List.of("replies.txt")) {
            Path file = Path.of("src/test/resources/org/einhyrningsins/control", name);
            lines.addAll(read(file).lines().toList());
        }
        lines.add(outcomes());
        Fact fact = new Fact(5, "web", 0, 9, FactKind.EXITED, "exit", Map.of("code", "3"));
        EventReport.Entry event = new EventReport.Entry("1970-01-01T00:00:00.005Z", fact);
        lines.add(line(new EventReport(List.of(event))));
        lines.add(
                line(
                        new ExplainReport(
                                List.of(
                                        new ExplainReport.Explanation(
                                                "web",
                                                "running",
                                                new ExplainReport.Cause("well", "all", "", 0),
                                                List.of(event),
                                                "",
                                                new ExplainReport.Next("", ""),
                                                "")))));
        GenerationStatus generation =
                new GenerationStatus(
                        2,
                        true,
                        true,
                        "r41",
                        new GenerationStatus.Source("x", "y", "reload", 1, "ann"),
                        List.of("env"),
                        new GenerationStatus.Outcome("rolled", "", 5, 6),
                        new GenerationStatus.Files(List.of(), List.of("./web")));
        lines.add(
                line(
                        new HistoryReport(
                                List.of(
                                        new HistoryReport.ProgramReport(
                                                "web", true, "", List.of(generation), "")))));
        return lines;
    }

    private static String line(ReplyData data) {
        byte[] line = ReplyWriter.done(ONE, ExitStatus.FAILED, "", data);
        return new String(line, StandardCharsets.UTF_8).strip();
    }

    private static String outcomes() {
        LastExit exit =
                new LastExit(
                        new WorkerId(1, 7),
                        new LastExit.Status(null, "SIGKILL", false, true, true, 2),
                        "",
                        "killed",
                        "2026-01-01T00:00:00Z",
                        5);
        Outcome failed =
                new Outcome(
                        "web",
                        false,
                        "web: failed",
                        "2026-01-01T00:00:00Z",
                        new Generations(null, 3),
                        new Failure(1, exit, "no database"),
                        -1);
        Outcome gone = new Outcome("db", true, "db: gone", "2026-01-01T00:00:00Z", null, null, 4);
        return line(new OutcomeReport(List.of(failed.since(2, 1_500), gone)));
    }

    private boolean valid(Object reply) {
        return validator.validate(ID, dump(reply)).isValid();
    }

    @Test
    void acceptsWhatIsWritten() {
        for (String line : golden()) {
            Validator.Result result = validator.validate(ID, dump(yaml(line)));
            assertThat(result.getErrors().stream().map(e -> e.getInstanceLocation() + e.getError()))
                    .as(line)
                    .satisfies(errors -> assertThat(result.isValid()).isTrue());
        }
    }

    @Test
    void refusesAFieldThatItDoesNotNameAndOneThatIsMissing() {
        int places = 0;
        for (String line : golden()) {
            Object reply = yaml(line);
            for (Map<Object, Object> object : objects(reply)) {
                places++;
                object.put("surprise", 1);
                assertThat(valid(reply)).as("surprise in " + object).isFalse();
                object.remove("surprise");
            }
        }
        assertThat(places).isGreaterThan(20);
        Object reply = yaml(outcomes());
        for (String name : List.of("program", "result", "message", "at")) {
            Map<Object, Object> outcome = objects(reply).get(2);
            Object value = outcome.remove(name);
            assertThat(value).as(name).isNotNull();
            assertThat(valid(reply)).as("without " + name).isFalse();
            outcome.put(name, value);
        }
        assertThat(valid(reply)).isTrue();
    }

    /// The object and all in it, from outside.
    private static List<Map<Object, Object>> objects(Object node) {
        List<Map<Object, Object>> found = new ArrayList<>();
        if (node instanceof Map<?, ?> map) {
            @SuppressWarnings("unchecked") // of YAML
            Map<Object, Object> mutable = (Map<Object, Object>) map;
            found.add(mutable);
            map.values().forEach(value -> found.addAll(objects(value)));
        } else if (node instanceof List<?> list) {
            list.forEach(value -> found.addAll(objects(value)));
        }
        return found;
    }

    @Test
    void hasEveryWordForTypesAndStates() {
        Map<?, ?> definitions = (Map<?, ?>) Objects.requireNonNull(schema.get("$defs"));
        assertThat(definitions.containsKey("line")).as("lines of logs").isTrue();
        assertThat(read(FILE))
                .contains(
                        Arrays.stream(FactKind.values())
                                .map(kind -> '"' + kind.word() + '"')
                                .toList())
                .contains(
                        Arrays.stream(ProgramStatus.State.values())
                                .map(state -> '"' + state.word() + '"')
                                .toList());
    }
}
