// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.RandomConfiguration;
import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.core.House;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;

/// A reload does exactly what the plan said: random pairs of files, in a simulated house of
/// programs. `-Dplan.seeds=N` for more of them, `-Dplan.seed=S` for one.
class PlanKeptTest {
    private static final long SEEDS = Long.getLong("plan.seeds", 200);

    @TempDir Path directory;

    private final EnumMap<DefinitionChange.Kind, Integer> seen =
            new EnumMap<>(DefinitionChange.Kind.class);

    @Test
    void aReloadDoesExactlyWhatThePlanSaid() throws IOException {
        Long only = Long.getLong("plan.seed");
        for (long seed = only == null ? 1 : only; seed <= (only == null ? SEEDS : only); seed++) {
            try {
                play(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        EnumSet<DefinitionChange.Kind> possible = // nothing fails in that house
                EnumSet.complementOf(EnumSet.of(DefinitionChange.Kind.REFUSED));
        assertThat(only == null ? seen.keySet() : possible)
                .containsExactlyInAnyOrderElementsOf(possible);
    }

    private void play(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        RandomConfiguration file = new RandomConfiguration(random, "test");
        House house = new House(random);
        house.carryOut(plan(house, load(file), Set.of()));
        house.rest();
        for (int i = 0; i < 3; i++) {
            if (random.nextInt(3) == 0) {
                byHand(house, random);
            }
            boolean quiet = random.nextBoolean();
            if (quiet) {
                house.rest();
            } else { // in the middle of another reload
                file.change();
                house.carryOut(plan(house, load(file), Set.of()));
                house.steps(random.nextInt(40));
            }
            file.change();
            house.failures().clear();
            reload(house, load(file), random.nextInt(4) == 0 ? file.some() : Set.of());
            assertThat(quiet ? house.failures() : List.of()).isEmpty();
        }
    }

    private SequencedMap<String, ProgramSpec> load(RandomConfiguration file) throws IOException {
        return file.load(directory.resolve("services.yaml")).programs();
    }

    private static void byHand(House house, SplittableRandom random) {
        for (String name : house.states().keySet()) {
            switch (random.nextInt(6)) {
                case 0 -> house.ask(name, new ProgramCommand.Stop(null, null));
                case 1 -> house.ask(name, new ProgramCommand.ScaleTo(random.nextInt(5)));
                case 2 -> house.ask(name, new ProgramCommand.Upgrade(null, null));
                default -> {}
            }
        }
    }

    private static ReloadPlan plan(
            House house, SequencedMap<String, ProgramSpec> next, Set<String> named) {
        return ReloadPlan.between(house.now(), next, named, DefinitionSettings::of);
    }

    private void reload(House house, SequencedMap<String, ProgramSpec> next, Set<String> named) {
        Map<String, Program> before = house.states();
        ReloadPlan reloadPlan = plan(house, next, named);
        assertThat(plan(house, next, named)).isEqualTo(reloadPlan);
        house.carryOut(reloadPlan);
        house.rest();
        Map<String, Program> after = house.states();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            seen.merge(definitionChange.kind(), 1, Integer::sum);
            Program was = before.get(definitionChange.program());
            Program is = after.get(definitionChange.program());
            if (house.kept().contains(definitionChange.program())) {
                stays(definitionChange, was, is);
            } else {
                kept(definitionChange, was, is);
            }
        }
        for (String name : before.keySet()) {
            if (!reloadPlan.changes().containsKey(name)) {
                sameWorkers(name, before.get(name), after.get(name));
            }
        }
        // a program may be rolled by name for ever, but nothing is left of what the file says
        ReloadPlan again = plan(house, next, Set.of());
        for (String name : reloadPlan.changes().keySet()) {
            if (house.kept().contains(name)) {
                continue; // who is to take over from it does not run
            }
            DefinitionChange left = again.changes().get(name);
            assertThat(left == null ? DefinitionChange.Kind.UNCHANGED : left.kind())
                    .as("%s again, after %s", left, reloadPlan.changes().get(name))
                    .isEqualTo(DefinitionChange.Kind.UNCHANGED);
        }
    }

    /// It gives up what another one that does not run is to take over, or waits for such a one.
    private static void stays(
            DefinitionChange definitionChange, @Nullable Program was, @Nullable Program is) {
        assertThat(definitionChange.notes())
                .as(definitionChange.program())
                .anyMatch(
                        note ->
                                note.startsWith("stays as it is")
                                        || note.startsWith("gives ")
                                        || note.startsWith("renamed ")
                                        || note.startsWith("exchanges "));
        sameWorkers(definitionChange.program(), was, is);
    }

    private static void kept(
            DefinitionChange definitionChange, @Nullable Program was, @Nullable Program is) {
        List<Boolean> rolls =
                definitionChange.differences().stream().map(KeyDifference::rolls).toList();
        switch (definitionChange.kind()) {
            case ADDED -> {
                assertThat(was).isNull();
                allOf(definitionChange, is);
            }
            case REMOVED -> assertThat(is).isNull();
            case UNCHANGED -> {
                assertThat(rolls).isEmpty();
                sameWorkers(definitionChange.program(), was, is);
            }
            case REFUSED -> sameWorkers(definitionChange.program(), was, is);
            case NOTED -> assertThat(House.serving(is)).isEmpty();
            case IN_PLACE -> {
                int count = is == null ? -1 : is.count();
                assertThat(House.serving(is)).hasSize(count);
                House.serving(was)
                        .forEach(
                                (slot, worker) -> {
                                    Worker now = House.serving(is).get(slot);
                                    assertThat(now == null ? null : now.id())
                                            .as("slot %s", slot)
                                            .isEqualTo(slot < count ? worker.id() : null);
                                });
            }
            case BACK -> {
                allOf(definitionChange, is);
                Map<Integer, Worker> now = House.serving(is);
                House.serving(was)
                        .forEach(
                                (slot, worker) -> {
                                    Worker left = now.get(slot);
                                    if (left != null && ofTheFile(definitionChange, worker)) {
                                        assertThat(left.id()).isEqualTo(worker.id());
                                    }
                                });
            }
            case ROLLED -> {
                allOf(definitionChange, is);
                Set<Object> old = new HashSet<>();
                House.serving(was).values().forEach(worker -> old.add(worker.id()));
                House.serving(is)
                        .values()
                        .forEach(worker -> assertThat(old).doesNotContain(worker.id()));
            }
        }
        if (definitionChange.kind() != DefinitionChange.Kind.REMOVED
                && definitionChange.kind() != DefinitionChange.Kind.REFUSED) {
            bornAsTheFileSays(definitionChange, is);
            assertThat(is).isNotNull();
            assertThat(is == null ? null : is.newest()).isEqualTo(definitionChange.after());
        }
    }

    private static void allOf(DefinitionChange definitionChange, @Nullable Program is) {
        assertThat(is).isNotNull();
        if (is == null || definitionChange.after() == null) {
            return;
        }
        assertThat(House.serving(is)).hasSize(is.count());
    }

    private static boolean ofTheFile(DefinitionChange definitionChange, Worker worker) {
        ProgramSpec file = definitionChange.after();
        return file != null && worker.version().spec().spawnSettings().equals(file.spawnSettings());
    }

    /// Whoever serves in the end, a rollout before this one has not left anybody else.
    private static void bornAsTheFileSays(DefinitionChange definitionChange, @Nullable Program is) {
        ProgramSpec file = definitionChange.after();
        for (Worker worker : House.serving(is).values()) {
            assertThat(worker.version().spec().spawnSettings())
                    .as("worker %s", worker.id())
                    .isEqualTo(file == null ? null : file.spawnSettings());
        }
    }

    /// A rollout that was under way goes on: then they are new, and the plan said nothing else.
    private static void sameWorkers(String name, @Nullable Program was, @Nullable Program is) {
        if (was == null || is == null || was.rollout() != null) {
            return;
        }
        Map<Integer, Worker> before = House.serving(was);
        House.serving(is)
                .forEach(
                        (slot, worker) -> {
                            Worker old = before.get(slot);
                            if (old != null) {
                                assertThat(worker.id()).as(name).isEqualTo(old.id());
                            }
                        });
    }
}
