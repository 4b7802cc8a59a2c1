// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.SnakeYamlNode;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The schema and the loader say the same of each key, whatever it is given. The keys are those of
/// [ConfigShape], so a new one is tested as soon as it is read, and the values are the same for
/// all: where one of the two refuses a value, the other has to.
class SchemaAgreementTest {
    private static final URI ID = URI.create("urn:agreement");

    private static final Map<?, ?> SCHEMA = map(load(Samples.read(SchemaText.FILE)));

    private static final Validator VALIDATOR = validator();

    /// What no schema can see: what is on the machine, and elsewhere in the file.
    private static final Pattern BLIND =
            Pattern.compile(
                    "cannot read |has no socket named|there is no program|is named twice|cannot be"
                        + " resolved|is not an IP address|needs a scope|a scope is for|has no"
                        + " address of|the soft limit is above|smooth needs room|must not be"
                        + " longer|expected a time of at most 10 years|expected a size of at"
                        + " most|for a program with a socket|is longer than max|mode is missing|is"
                        + " no regular expression|is unknown; write|the file is empty|~ is not"
                        + " replaced|no program starts with"
                            // SnakeYAML makes numbers of these before the schema sees them
                            + "|octal or decimal|expected octal|zero as octal"
                            + "|found \"1e3\"|found \"-0\"|found 007");

    /// Of every kind, in range for some keys and out of it for others.
    static final List<String> VALUES =
            List.of(
                    // numbers
                    "-21",
                    "-1",
                    "0",
                    "1",
                    "2",
                    "19",
                    "100",
                    "101",
                    "1000",
                    "10000",
                    "10001",
                    "65535",
                    "65536",
                    "99999",
                    "1.5",
                    "0.5",
                    "1e3",
                    "-0",
                    "007",
                    // words
                    "true",
                    "\"true\"",
                    "maybe",
                    "\"\"",
                    "\" \"",
                    "word",
                    "ready",
                    "\"1\"",
                    "\"0\"",
                    "\"-1\"",
                    "cpus",
                    "cpus*2",
                    "cpus*",
                    "cpu*2",
                    "null",
                    "\"null\"",
                    "inherit",
                    "always",
                    "never",
                    "on-failure",
                    "smooth",
                    "fleet",
                    "replace",
                    "manual",
                    "timer",
                    "notify",
                    "probe",
                    "debug",
                    "info",
                    "warn",
                    "error",
                    "text",
                    "json",
                    "idle",
                    "best-effort:7",
                    "best-effort:8",
                    "\"idle:1\"",
                    "realtime",
                    "CAP_CHOWN",
                    "net-raw",
                    "[SYS_ADMIN, Cap_Bpf]",
                    "[]",
                    "\"0-3, 8\"",
                    "[0, 2-3]",
                    "0-",
                    "nginx",
                    "einhorn",
                    "fd0",
                    "own",
                    "stop",
                    "process",
                    "group",
                    "control",
                    "all",
                    "TERM",
                    "sigterm",
                    "15",
                    "\"15\"",
                    "TERM 5s",
                    "KILL",
                    "FOO",
                    "go 10s",
                    "unlimited",
                    // times, sizes, permissions
                    "0s",
                    "0.0s",
                    "30s",
                    "\"30\"",
                    "1.5m",
                    "30 s",
                    "1h30m",
                    "999999d",
                    "1.5",
                    "64MiB",
                    "\"150%\"",
                    "0%",
                    "50 %",
                    "10MB",
                    "64mb",
                    "\"10:20\"",
                    "\"64KiB:unlimited\"",
                    "\"0640\"",
                    "\"022\"",
                    "\"888\"",
                    "\"0o22\"",
                    "\"07777\"",
                    // addresses
                    "http",
                    "\":80\"",
                    "\"80\"",
                    "127.0.0.1:80",
                    "\"127.0.0.1:80,n,r\"",
                    "\"127.0.0.1:80,x\"",
                    "\"[::1]:80\"",
                    "\"[::]:80\"",
                    "\"*:80\"",
                    "udp:127.0.0.1:53",
                    "unix:/run/x.sock",
                    "\"unix:@x\"",
                    "\"@x\"",
                    "\"@\"",
                    "\"@1000\"",
                    "\"unix:\"",
                    "/run/x.sock",
                    "127.0.0.1:65536",
                    "\"http://{http}/\"",
                    "\"GET http://127.0.0.1:80/x\"",
                    "\"https://127.0.0.1/\"",
                    "./x.log",
                    // what people write, and where
                    "yes",
                    "off",
                    "\"8080:80\"",
                    "\"127.0.0.1:${PORT}\"",
                    "\"http://127.0.0.1:80\"",
                    "~/x.sock",
                    "/dev/stdout",
                    "\"a | b\"",
                    "\"a $HOME\"",
                    "\"a '|' \\\"${program}\\\" $$${slot} b\\\\ c\"",
                    "[\"~/x\"]",
                    "job",
                    "service",
                    "auto",
                    "skip",
                    "wait",
                    "kill",
                    "\"@daily\"",
                    "\"@never\"",
                    "\"30 2 * * 1-5\"",
                    "\"*/5 * * jan sun\"",
                    "\"0 0 * *\"",
                    "Europe/Berlin",
                    "UTC",
                    // lists and maps
                    "[]",
                    "[word]",
                    "[1, 2]",
                    "[[word]]",
                    "[{}]",
                    "[null]",
                    "[\"\"]",
                    "{}",
                    "{word: word}",
                    "{word: [word]}",
                    "{word: {word: word}}",
                    "{\"a=b\": c}",
                    "{word: null}",
                    "{tcp: \":80\"}",
                    "[{tcp: \":80\"}]",
                    "[{tcp: \":80\", udp: \":80\"}]",
                    "[\":80\", \"unix:/run/x.sock\"]",
                    "[nginx, puma]",
                    "[TERM 5s, KILL]",
                    "{signal: TERM}",
                    "{mode: manual}",
                    "{mode: manual, timer: 1s}",
                    "{timer: 1s}",
                    "{when: never}",
                    "{first: 1s, max: 2s}",
                    "{deaths: 2, within: 1m}",
                    "{deaths: 2}",
                    "{strategy: fleet}",
                    "{nofile: 1024}",
                    "{level: debug}",
                    "{bind: \":80\"}",
                    "{bind: {tcp: \":80\"}}",
                    "{web: {command: word}}");

    @TempDir Path directory;

    /// A key, and a file that has nothing wrong but perhaps its value, `%s`.
    record Key(ConfigShape shape, String name) {
        String file(String value) {
            return context(this).replace("%s", value);
        }

        /// The same without the key.
        String fileWithout() {
            return context(this).replace(name + ": %s", "");
        }

        @Override
        public String toString() {
            return shape.name() + "." + name;
        }
    }

    private static String context(Key key) {
        String own = key.name() + ": %s";
        return switch (key.shape().name()) {
            case "file" ->
                    (key.name().equals("programs") ? "" : "programs: {web: {command: x}}\n") + own;
            case "http" -> {
                String bind = key.name().equals("bind") ? "" : "bind: \"127.0.0.1:0\", ";
                yield "programs: {}\nhttp: {" + bind + own + "}";
            }
            case "http-bind" -> "programs: {}\nhttp: {bind: {" + address(key.name()) + own + "}}";
            case "control", "log" -> "programs: {}\n" + key.shape().name() + ": {" + own + "}";
            case "allow" -> "programs: {}\ncontrol: {allow: {" + own + "}}";
            case "dependency" ->
                    "programs: {b: {command: x}, word: {command: x, kind: job}, web: {command: x,"
                            + " after: {"
                            + (key.name().equals("program") ? "" : "program: word, ")
                            + own
                            + "}}}";
            case "task" -> {
                String run = key.name().equals("run") ? "" : "run: ./migrate, ";
                yield program("command: x, rollout: {before: {" + run + own + "}}");
            }
            case "program" ->
                    program(
                            JobKeys.beside(key.name()).stream()
                                            .map(each -> each + ", ")
                                            .collect(Collectors.joining())
                                    + (key.name().equals("command") ? "" : "command: x, ")
                                    + (List.of("bind", "kind").contains(key.name())
                                                    || !JobKeys.beside(key.name()).isEmpty()
                                            ? ""
                                            : "bind: {name: http, tcp: \":8080\"}, ")
                                    + own);
            case "limits", "stop", "rollout", "sandbox", "cgroup" ->
                    program("command: x, " + key.shape().name() + ": {" + own + "}");
            case "restart" -> program("command: x, restart: {" + own + "}");
            case "logs" ->
                    program(
                            "command: x, logs: {"
                                    + (key.name().equals("to") ? "" : "to: ./x.log, ")
                                    + (key.name().equals("max-size") ? "" : "max-size: 1MiB, ")
                                    + own
                                    + "}");
            case "directory" -> {
                String path = key.name().equals("path") ? "" : "path: /run/web, ";
                yield program("command: x, directories: [{" + path + own + "}]");
            }
            case "program-cgroup" -> program("command: x, cgroup: {program: {" + own + "}}");
            case "canary" -> program("command: x, rollout: {canary: {" + own + "}}");
            case "backoff" -> program("command: x, restart: {backoff: {" + own + "}}");
            case "give-up" -> {
                String other = key.name().equals("deaths") ? "within: 1m" : "deaths: 2";
                yield program("command: x, restart: {give-up: {" + other + ", " + own + "}}");
            }
            case "bind" -> program("command: x, bind: [{" + address(key.name()) + own + "}]");
            case "ack" -> acknowledged("{" + way(key.name()) + own + "}");
            case "probe" -> acknowledged("{probe: {" + target(key.name()) + own + "}}");
            case "health" ->
                    program(
                            "command: x, bind: {name: http, tcp: \":8080\"}, health: {"
                                    + target(key.name())
                                    + own
                                    + "}");
            default ->
                    throw new AssertionError(
                            "say in SchemaAgreementTest.context in what file "
                                    + key
                                    + " may stand");
        };
    }

    private static String program(String keys) {
        return "programs: {web: {" + keys + "}}";
    }

    private static String acknowledged(String ack) {
        return program("command: x, bind: {name: http, tcp: \":8080\"}, ack: " + ack);
    }

    private static String address(String key) {
        return switch (key) {
            case "tcp", "udp", "unix" -> "";
            case "mode", "owner", "group" -> "unix: /run/x.sock, ";
            case "ipv6-only" -> "tcp: \"[::]:80\", ";
            default -> "tcp: \":80\", ";
        };
    }

    private static String target(String key) {
        return switch (key) {
            case "tcp", "http", "exec" -> "";
            default -> "tcp: http, ";
        };
    }

    private static String way(String key) {
        return switch (key) {
            case "mode", "timer", "probe" -> "";
            case "after" -> "mode: timer, ";
            case "tcp", "http", "exec" -> "mode: probe, ";
            case "fd" -> "mode: fd, ";
            case "match" -> "mode: log, ";
            case "every" -> "mode: probe, tcp: http, ";
            default -> "mode: manual, ";
        };
    }

    static List<Key> keys() {
        List<Key> keys = new ArrayList<>();
        for (ConfigShape configShape : ConfigShape.ALL) {
            for (String name :
                    configShape.equals(ConfigShape.INCLUDED)
                            ? List.<String>of()
                            : configShape.keys()) {
                keys.add(new Key(configShape, name));
            }
        }
        return keys;
    }

    @ParameterizedTest
    @MethodSource("keys")
    void agreesWithTheLoaderOnEveryValue(Key key) throws IOException {
        List<String> differences = new ArrayList<>();
        int refused = 0;
        int accepted = 0;
        for (String value : VALUES) {
            String text = key.file(value);
            boolean schema = inSchema(text);
            List<ConfigProblem> problems = inLoader(text);
            boolean blind = problems.stream().allMatch(p -> BLIND.matcher(p.message()).find());
            if (schema != problems.isEmpty() && !(schema && blind)) {
                String said = problems.isEmpty() ? "valid" : problems.getFirst().message();
                differences.add(value + ": the loader says " + said);
            }
            refused += schema ? 0 : 1;
            accepted += schema ? 1 : 0;
        }
        assertThat(differences).as(key.toString()).isEmpty();
        assertThat(refused).as("refused").isPositive();
        assertThat(accepted).as("accepted").isPositive();
    }

    @ParameterizedTest
    @MethodSource("keys")
    void refusesATypo(Key key) throws IOException {
        String typo = typo(key);
        String text = context(key).replace(key.name() + ": %s", typo + ": 1");
        assertThat(inSchema(text)).isFalse();
        assertThat(inLoader(text))
                .extracting(ConfigProblem::message)
                .anySatisfy(said -> assertThat(said).startsWith("unknown key; did you mean "));
    }

    /// A letter less, or one more, so that it is another key of no map.
    private static String typo(Key key) {
        String shorter = key.name().substring(0, key.name().length() - 1);
        return key.name().length() > 3 && !key.shape().has(shorter) ? shorter : key.name() + "q";
    }

    @ParameterizedTest
    @MethodSource("keys")
    void givesExamplesThatBothAccept(Key key) throws IOException {
        List<?> examples = examples(key);
        assertThat(examples).as(key.toString()).isNotEmpty();
        for (Object example : examples) {
            DumperOptions flow = new DumperOptions();
            flow.setDefaultFlowStyle(DumperOptions.FlowStyle.FLOW);
            flow.setWidth(10_000);
            String value = new Yaml(flow).dump(Collections.singletonList(example)).strip();
            String text = key.file(value.substring(1, value.length() - 1));
            assertThat(inSchema(text)).as(text).isTrue();
            assertThat(inLoader(text))
                    .as(text)
                    .allMatch(configProblem -> BLIND.matcher(configProblem.message()).find());
        }
    }

    @Test
    void everyExampleForUsersNamesItForTheirEditor() throws IOException {
        String line = "# yaml-language-server: $schema=";
        for (Path file : Samples.good()) {
            if (file.startsWith("examples")) {
                String first = Samples.read(file).lines().findFirst().orElse("");
                assertThat(first).as(file.toString()).startsWith(line);
                Path named = file.resolveSibling(first.substring(line.length()));
                assertThat(Files.isSameFile(named, SchemaText.FILE)).as(first).isTrue();
            }
        }
    }

    // ---- the two

    private static Validator validator() {
        Validator validator =
                new ValidatorFactory()
                        .withJsonNodeFactory(new SnakeYamlNode.Factory())
                        .createValidator();
        validator.registerSchema(ID, new Yaml().dump(SCHEMA));
        return validator;
    }

    private static boolean inSchema(String text) {
        return VALIDATOR.validate(ID, text).isValid();
    }

    private List<ConfigProblem> inLoader(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("services.yaml"), text);
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, _ -> true, _ -> true);
        return switch (ConfigLoader.load(file, machine)) {
            case LoadResult.Valid _ -> List.of();
            case LoadResult.Invalid invalid -> invalid.problems();
        };
    }

    // ---- the schema

    private static List<?> examples(Key key) {
        Map<?, ?> property =
                map(SchemaText.get(SchemaText.properties(SCHEMA, key.shape().name()), key.name()));
        if (property.get("examples") instanceof List<?> examples) {
            return examples;
        } else if (property.get("$ref") instanceof String reference
                && SchemaText.definition(SCHEMA, reference).get("examples")
                        instanceof List<?> examples) {
            return examples;
        }
        return List.of();
    }

    private static Object load(String text) {
        return new Yaml().load(text);
    }

    private static Map<?, ?> map(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new AssertionError("not a map: " + value);
    }
}
