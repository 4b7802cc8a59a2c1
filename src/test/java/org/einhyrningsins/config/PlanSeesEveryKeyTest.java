// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.Settings;
import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Change;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Difference;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.plan.Plan;
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

/// A plan shows a change of each key of the language. The keys are those of
/// [org.einhyrningsins.config.source.Shape], so a new one is tested as soon as it is read: it is
/// given all values there are, and whatever a file then means, a plan has to tell from what another
/// value makes it mean.
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
                    "continue",
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
        assertThat(meanings).as("what files mean that differ in " + key).hasSizeGreaterThan(1);
        for (int i = 1; i < meanings.size(); i++) {
            ServicesSpec now = meanings.get(i - 1);
            ServicesSpec next = meanings.get(i);
            Plan plan = plan(now, next);
            String what = key + ", " + plan;
            assertThat(shown(plan)).as(what).isNotEmpty();
            assertThat(shown(plan(next, now))).as(what).isNotEmpty();
            assertThat(plan.nothing()).as(what).isEqualTo(waits(plan));
            checkWhatRolls(plan);
            checkWhatWaits(plan, now, next);
        }
    }

    /// What a file means with each value that is valid, without what means the same.
    private List<ServicesSpec> meanings(SchemaAgreementTest.Key key) throws IOException {
        List<String> values = new ArrayList<>(SchemaAgreementTest.VALUES);
        values.addAll(FILES);
        values.addAll(MORE);
        Set<ServicesSpec> meanings = new LinkedHashSet<>();
        for (String value : values) {
            Path file = Files.writeString(directory.resolve("services.yaml"), file(key, value));
            Surroundings machine = new Surroundings(Map.of(), 2, _ -> true, _ -> true);
            if (Loader.load(file, machine) instanceof Loaded.Valid valid) {
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
            default -> key.file(value);
        };
    }

    /// As the manager does it, with all programs running.
    private static Plan plan(ServicesSpec now, ServicesSpec next) {
        SequencedMap<String, Program> running = new LinkedHashMap<>();
        Event start = new Event.Requested(1, new Command.Start(null));
        now.programs()
                .forEach(
                        (name, spec) ->
                                running.put(
                                        name,
                                        Program.of(spec, new Moment(0))
                                                .step(start, new Moment(0))
                                                .program()));
        Plan.Now state = new Plan.Now(running, now.programs().values());
        return Plan.between(state, next.programs(), Set.of(), Settings::of)
                .withSettings(Settings.of(now), Settings.of(next));
    }

    /// What it shows of a change, wherever it is.
    private static List<String> shown(Plan plan) {
        List<String> shown = new ArrayList<>();
        plan.settings().forEach(setting -> shown.add(setting.words()));
        for (Change change : plan.changes().values()) {
            boolean appears = change.before() == null || change.after() == null;
            if (appears) {
                shown.add(change.toString());
            }
            change.differences().forEach(difference -> shown.add(difference.words()));
        }
        return shown;
    }

    private static boolean waits(Plan plan) {
        boolean same =
                plan.changes().values().stream()
                        .allMatch(change -> change.kind() == Change.Kind.UNCHANGED);
        return same && plan.settings().stream().allMatch(Difference::waitsForStart);
    }

    /// A program whose workers are replaced has a key that says so, and no other has.
    private static void checkWhatRolls(Plan plan) {
        for (Change change : plan.changes().values()) {
            if (change.before() != null && change.after() != null) {
                boolean newWorkers = !change.before().birth().equals(change.after().birth());
                assertThat(change.differences().stream().anyMatch(Difference::rolls))
                        .as(change.toString())
                        .isEqualTo(newWorkers);
            }
        }
    }

    /// What is said to wait for the next start is what a manager that runs does not take over.
    private static void checkWhatWaits(Plan plan, ServicesSpec now, ServicesSpec next) {
        Plan left = plan(next.takenOverBy(now), next);
        List<Difference> waiting =
                plan.settings().stream().filter(Difference::waitsForStart).toList();
        assertThat(left.settings()).isEqualTo(waiting);
    }
}
