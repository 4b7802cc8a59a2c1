// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// A plan shows a change of each key of the language. The keys are those of
/// [org.einhyrningsins.config.source.ConfigShape], so a new one is tested as soon as it is read: it
/// is given all values there are, and whatever a file then means, a plan has to tell from what
/// another value makes it mean.
class PlanSeesEveryKeyTest {
    /// For the keys that need something besides their value.
    private static final List<String> FILES = List.of("a.yaml", "b.yaml", "a.env", "b.env");

    /// For those of which the usual values have only one that is valid, or means something.
    private static final List<String> MORE =
            List.of(
                    "false",
                    "b",
                    "2s",
                    "[time]",
                    "[slot]",
                    "signals",
                    "started",
                    "{shop: b}",
                    "{trade: b}",
                    "done",
                    "continue",
                    "fd",
                    "{to: ./x.log, max-size: 1MiB}",
                    "{to: ./x.log, max-size: 2MiB}",
                    "{keeper: true}",
                    "{admin: [a]}",
                    "{exec: a}",
                    "{exec: b}",
                    "{bind: \":81\"}",
                    "{workers: 1}",
                    "{workers: 1, watch: 1m}",
                    "{deaths: 3, within: 1m}",
                    "{read: [/a]}",
                    "{tasks: 7}");

    @TempDir Path directory;

    static List<SchemaAgreementTest.Key> keys() {
        return SchemaAgreementTest.keys();
    }

    @BeforeEach
    void makeWhatKeysName() throws IOException {
        for (String name : FILES) {
            boolean variables = name.endsWith(".env");
            String text = variables ? "FROM=" + name : "programs: {" + name + ": {command: x}}";
            Files.writeString(directory.resolve(name), text);
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void showsAChangeOfTheKey(SchemaAgreementTest.Key key) throws IOException {
        List<ServicesSpec> meanings = meanings(key);
        assertThat(meanings)
                .as(
                        "what files mean that differ in %s; a reader in config.read has to read it",
                        key)
                .hasSizeGreaterThan(1);
        Set<Boolean> rolls = new TreeSet<>();
        Set<Boolean> waits = new TreeSet<>();
        for (int i = 1; i < meanings.size(); i++) {
            ServicesSpec now = meanings.get(i - 1);
            ServicesSpec next = meanings.get(i);
            checkWhatIsPrinted(key, next);
            ReloadPlan reloadPlan = plan(now, next);
            String what = key + ", " + reloadPlan;
            assertThat(shown(reloadPlan)).as(what).isNotEmpty();
            assertThat(shown(plan(next, now))).as(what).isNotEmpty();
            assertThat(reloadPlan.nothing()).as(what).isEqualTo(waits(reloadPlan));
            rolls.add(reloadPlan.changes().values().stream().anyMatch(PlanSeesEveryKeyTest::rolls));
            waits.add(reloadPlan.settings().stream().anyMatch(KeyDifference::waitsForStart));
            checkWhatRolls(reloadPlan);
            checkWhatWaits(reloadPlan, now, next);
        }
        KeyRow row = KeyRow.of(key);
        String what = "when a change of %s applies, which the table of ConfigShape says";
        // control, defaults and the like: what holds is said of the keys in them
        if (!row.kind().equals("map") || !row.applies().equals("reload")) {
            assertThat(rolls).as("replaces workers: " + what, key).isEqualTo(rolls(row));
            assertThat(waits)
                    .as("waits for the next start: " + what, key)
                    .isEqualTo(Set.of(row.applies().equals("start")));
        }
    }

    /// Whether changes of a key replace workers, as the table says it.
    private static Set<Boolean> rolls(KeyRow row) {
        return switch (row.applies()) {
            case "rolled", "bind" -> Set.of(true);
            case "either" -> Set.of(true, false);
            default -> Set.of(false);
        };
    }

    /// What `print` shows of a key is what is read.
    private void checkWhatIsPrinted(SchemaAgreementTest.Key key, ServicesSpec services)
            throws IOException {
        String printed = ConfigPrinter.print(services);
        Path file = Files.writeString(directory.resolve("printed.yaml"), printed);
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, _ -> true, _ -> true);
        assertThat(ConfigLoader.load(file, machine))
                .as("ConfigPrinter has to print %s so that it is read again:%n%s", key, printed)
                .isInstanceOfSatisfying(
                        LoadResult.Valid.class,
                        valid -> assertThat(valid.services()).isEqualTo(services));
    }

    private static boolean rolls(DefinitionChange change) {
        return change.differences().stream().anyMatch(KeyDifference::rolls);
    }

    /// What a file means with each value that is valid, without what means the same.
    private List<ServicesSpec> meanings(SchemaAgreementTest.Key key) throws IOException {
        List<String> values = new ArrayList<>(SchemaAgreementTest.VALUES);
        values.addAll(FILES);
        values.addAll(MORE);
        Set<ServicesSpec> meanings = new LinkedHashSet<>();
        for (String value : values) {
            Path file = Files.writeString(directory.resolve("services.yaml"), file(key, value));
            LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, _ -> true, _ -> true);
            if (ConfigLoader.load(file, machine) instanceof LoadResult.Valid valid) {
                meanings.add(valid.services());
            }
        }
        return List.copyOf(meanings);
    }

    private static String file(SchemaAgreementTest.Key key, String value) {
        return switch (key.toString()) {
            case "program.after" ->
                    "programs: {word: {command: x}, b: {command: x}, web: {command: x, after: %s}}"
                            .formatted(value);
            case "program.stdin" ->
                    "programs: {web: {command: x, bind: [{name: b, tcp: \":1\"}, {name: http, tcp: \":2\"}], stdin: %s}}"
                            .formatted(value);
            case "file.groups" -> "programs: {b: {command: x}}\ngroups: %s".formatted(value);
            case "dependency.when" ->
                    "programs: {b: {command: x, restart: never}, web: {command: x, after: {program: b, when: %s}}}"
                            .formatted(value);
            default -> key.file(value);
        };
    }

    /// As the manager does it, with all programs running.
    private static ReloadPlan plan(ServicesSpec now, ServicesSpec next) {
        SequencedMap<String, Program> running = new LinkedHashMap<>();
        ProgramEvent start = new ProgramEvent.Requested(1, new ProgramCommand.Start(null));
        now.programs()
                .forEach(
                        (name, spec) ->
                                running.put(
                                        name,
                                        Program.of(spec, new Moment(0))
                                                .step(start, new Moment(0))
                                                .program()));
        ReloadPlan.Now state = new ReloadPlan.Now(running, now.programs().values());
        return ReloadPlan.between(state, next.programs(), Set.of(), DefinitionSettings::of)
                .withSettings(DefinitionSettings.of(now), DefinitionSettings.of(next));
    }

    /// What it shows of a change, wherever it is.
    private static List<String> shown(ReloadPlan reloadPlan) {
        List<String> shown = new ArrayList<>();
        reloadPlan.settings().forEach(setting -> shown.add(setting.words()));
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            boolean appears = definitionChange.before() == null || definitionChange.after() == null;
            if (appears) {
                shown.add(definitionChange.toString());
            }
            definitionChange
                    .differences()
                    .forEach(keyDifference -> shown.add(keyDifference.words()));
        }
        return shown;
    }

    private static boolean waits(ReloadPlan reloadPlan) {
        boolean same =
                reloadPlan.changes().values().stream()
                        .allMatch(
                                definitionChange ->
                                        definitionChange.kind() == DefinitionChange.Kind.UNCHANGED);
        return same && reloadPlan.settings().stream().allMatch(KeyDifference::waitsForStart);
    }

    /// A program whose workers are replaced has a key that says so, and no other has.
    private static void checkWhatRolls(ReloadPlan reloadPlan) {
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            if (definitionChange.before() != null && definitionChange.after() != null) {
                boolean newWorkers =
                        !definitionChange
                                .before()
                                .spawnSettings()
                                .equals(definitionChange.after().spawnSettings());
                assertThat(definitionChange.differences().stream().anyMatch(KeyDifference::rolls))
                        .as(definitionChange.toString())
                        .isEqualTo(newWorkers);
            }
        }
    }

    /// What is said to wait for the next start is what a manager that runs does not take over.
    private static void checkWhatWaits(ReloadPlan reloadPlan, ServicesSpec now, ServicesSpec next) {
        ReloadPlan left = plan(next.takenOverBy(now), next);
        List<KeyDifference> waiting =
                reloadPlan.settings().stream().filter(KeyDifference::waitsForStart).toList();
        assertThat(left.settings()).isEqualTo(waiting);
    }
}
