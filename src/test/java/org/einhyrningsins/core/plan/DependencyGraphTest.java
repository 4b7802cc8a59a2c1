// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Definition;
import org.einhyrningsins.core.Lines;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.DependencyState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.StartSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;

/// Random programs in random orders, circles among them: who starts when, and that nobody waits for
/// ever. The world asks the sequence after each step, as the manager does.
final class DependencyGraphTest {
    private static final int WORLDS = Integer.getInteger("sequence.worlds", 2_000);

    @Test
    void putsEachAfterItsOwn() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < WORLDS; i++) {
            Map<String, List<String>> named = graph(random, 1 + random.nextInt(12), true);
            DependencyGraph dependencyGraph = DependencyGraph.of(named);
            assertThat(dependencyGraph.after().keySet()).isEqualTo(named.keySet());
            Set<String> earlier = new HashSet<>();
            dependencyGraph
                    .after()
                    .forEach(
                            (name, others) -> {
                                assertThat(earlier).containsAll(others);
                                assertThat(named.get(name)).containsAll(others);
                                earlier.add(name);
                            });
        }
    }

    @Test
    void leavesOutNothingWhereThereIsNoCircle() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < WORLDS; i++) {
            Map<String, List<String>> named = graph(random, 1 + random.nextInt(12), false);
            assertThat(DependencyGraph.of(named).after()).containsAllEntriesOf(named);
        }
    }

    @Test
    void oneRestartsWhenThoseBeforeItAreUpAgainOrStopped() {
        DependencyGraph dependencyGraph =
                DependencyGraph.of(Map.of("web", List.of("api", "db"), "api", List.of()));
        for (DependencyState dependencyState : DependencyState.values()) {
            boolean may =
                    dependencyState == DependencyState.UP
                            || dependencyState == DependencyState.STOPPED;
            assertThat(dependencyGraph.mayRestart("web", Map.of("api", dependencyState)))
                    .as(dependencyState.toString())
                    .isEqualTo(may);
            boolean never =
                    dependencyState == DependencyState.FAILED
                            || dependencyState == DependencyState.BLOCKED;
            assertThat(dependencyGraph.blocks("web", Map.of("api", dependencyState)))
                    .as(dependencyState.toString())
                    .isEqualTo(never ? "api" : null);
        }
        assertThat(dependencyGraph.mayRestart("api", Map.of("web", DependencyState.WAITING)))
                .isTrue();
        assertThat(dependencyGraph.blocks("api", Map.of("web", DependencyState.FAILED))).isNull();
    }

    @Test
    void aChainMayBeLong() {
        Map<String, List<String>> chain = new LinkedHashMap<>();
        for (int i = 0; i < 50_000; i++) {
            chain.put("p" + i, List.of("p" + (i + 1)));
        }
        assertThat(DependencyGraph.of(chain).after().sequencedKeySet().getFirst())
                .isEqualTo("p49999");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void startsEachWhenThoseBeforeItAreUp(boolean circles) {
        for (long seed = 1; seed <= WORLDS; seed++) {
            World world = new World(seed, circles);
            try {
                world.startsAll();
                world.stopsAll();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + "\n" + String.join("\n", world.log), e);
            }
        }
    }

    /// @param circles also names that make one
    private static Map<String, List<String>> graph(
            SplittableRandom random, int size, boolean circles) {
        Map<String, List<String>> graph = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            List<String> others = new ArrayList<>();
            for (int j = 0; j < (circles ? size : i); j++) {
                if (j != i && random.nextInt(4) == 0) {
                    others.add("p" + j);
                }
            }
            graph.put("p" + i, others);
        }
        return graph;
    }

    /// Programs of one worker each. Some of them never come up, some are stopped.
    private static final class World {
        final List<String> log = new ArrayList<>();
        private final SplittableRandom random;
        private final DependencyGraph dependencyGraph;
        private final SequencedMap<String, Program> programs = new LinkedHashMap<>();
        private final Set<String> broken = new HashSet<>();
        private final Set<String> stopped = new HashSet<>();
        private final Set<Long> answered = new HashSet<>();
        private long millis;
        private long ticket;

        World(long seed, boolean circles) {
            random = new SplittableRandom(seed);
            Map<String, List<String>> named = graph(random, 1 + random.nextInt(9), circles);
            dependencyGraph = DependencyGraph.of(named);
            named.forEach((name, after) -> programs.put(name, program(name, after)));
            log.add("after " + dependencyGraph.after());
        }

        private Program program(String name, List<String> after) {
            if (random.nextInt(6) == 0) {
                broken.add(name);
            } else if (random.nextInt(6) == 0) {
                stopped.add(name);
            }
            String words = "workers=" + (random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2));
            ProgramSpec usual = Definition.of(words + " restart=never").spec();
            Map<String, StartSpec.Terms> terms = new LinkedHashMap<>();
            for (String other : after) {
                if (random.nextInt(3) == 0) {
                    StartSpec.When when =
                            random.nextBoolean() ? StartSpec.When.STARTED : StartSpec.When.DONE;
                    terms.put(other, new StartSpec.Terms(when, false));
                }
            }
            StartSpec start = new StartSpec(false, after, terms);
            return Program.of(usual.named(name).startingAfter(start), new Moment(0));
        }

        void startsAll() {
            for (String name : programs.keySet()) {
                if (!stopped.contains(name)) {
                    step(
                            name,
                            new ProgramEvent.Requested(++ticket, new ProgramCommand.Start(null)));
                }
            }
            settle();
            assertThat(answered).hasSize((int) ticket);
            for (Program program : programs.values()) {
                boolean hindered = comesAfterBroken(program.name());
                DependencyState expected =
                        stopped.contains(program.name())
                                ? DependencyState.STOPPED
                                : hindered
                                        ? DependencyState.BLOCKED
                                        : isBroken(program)
                                                ? DependencyState.FAILED
                                                : DependencyState.UP;
                assertThat(program.dependencyState()).as(program.name()).isEqualTo(expected);
            }
        }

        private boolean isBroken(Program program) {
            return broken.contains(program.name()) && program.count() > 0;
        }

        private boolean comesAfterBroken(String name) {
            for (String other : dependencyGraph.after().getOrDefault(name, List.of())) {
                Program program = programs.get(other);
                StartSpec.When when = when(name, other);
                if (program == null || (stopped.contains(other) && when == null)) {
                    continue; // an order and no more
                }
                boolean fails = isBroken(program) && when != StartSpec.When.STARTED;
                if (stopped.contains(other) || fails || comesAfterBroken(other)) {
                    return true;
                }
            }
            return false;
        }

        private StartSpec.@Nullable When when(String name, String other) {
            Program program = programs.get(name);
            return program == null ? null : program.serving().spec().terms(other).when();
        }

        /// Those go last that others come after.
        void stopsAll() {
            Set<String> due = new HashSet<>(programs.keySet());
            while (!due.isEmpty()) {
                Set<String> left = new HashSet<>(due);
                programs.forEach(
                        (name, program) -> {
                            if (!program.hasNoProcess()) {
                                left.add(name);
                            }
                        });
                Set<String> needed = dependencyGraph.needed(left);
                Set<String> may = new HashSet<>(due);
                may.removeAll(needed);
                if (may.isEmpty()) {
                    exitSomebody();
                    continue;
                }
                for (String name : may) {
                    for (var entry : dependencyGraph.after().entrySet()) {
                        Program other = programs.get(entry.getKey());
                        if (entry.getValue().contains(name) && other != null) {
                            assertThat(other.hasNoProcess()).as(name + " before " + other).isTrue();
                        }
                    }
                    step(
                            name,
                            new ProgramEvent.Requested(
                                    ++ticket, new ProgramCommand.Stop(null, null)));
                }
                due.removeAll(may);
            }
        }

        private void exitSomebody() {
            for (Program program : List.copyOf(programs.values())) {
                for (Slot slot : program.slots()) {
                    for (Worker worker : slot.leaving()) {
                        step(
                                program.name(),
                                new ProgramEvent.Exited(worker.id(), new WorkerExit(0, 0)));
                        return;
                    }
                }
            }
            throw new AssertionError("nobody may be stopped, and nobody goes");
        }

        private void settle() {
            boolean moves = true;
            while (moves) {
                moves = goOn() || workers();
            }
        }

        private boolean goOn() {
            boolean told = false;
            for (String name : dependencyGraph.after().keySet()) {
                Program program = programs.get(name);
                ProgramEvent programEvent =
                        program == null ? null : dependencyGraph.next(program, programs);
                if (programEvent != null) {
                    step(name, programEvent);
                    told = true;
                }
            }
            return told;
        }

        /// Some worker that is starting acks, or ends.
        private boolean workers() {
            List<String> names = new ArrayList<>(programs.keySet());
            int first = random.nextInt(names.size());
            for (int i = 0; i < names.size(); i++) {
                String name = names.get((first + i) % names.size());
                Program program = programs.get(name);
                for (Slot slot : program == null ? List.<Slot>of() : program.slots()) {
                    Worker worker = slot.current();
                    if (worker != null && worker.state() instanceof WorkerState.Starting) {
                        step(
                                name,
                                broken.contains(name)
                                        ? new ProgramEvent.Exited(worker.id(), new WorkerExit(1, 0))
                                        : new ProgramEvent.Acked(worker.id()));
                        return true;
                    }
                }
            }
            return false;
        }

        private void step(String name, ProgramEvent programEvent) {
            Program before = programs.get(name);
            if (before == null) {
                throw new IllegalStateException(name);
            }
            log.add(name + " " + Lines.of(programEvent));
            Transition step = before.step(programEvent, new Moment(++millis * 1_000_000));
            programs.put(name, step.program());
            for (ProgramEffect programEffect : step.effects()) {
                switch (programEffect) {
                    case ProgramEffect.Spawn ignored -> mayRun(name);
                    case ProgramEffect.Answer answer ->
                            assertThat(answered.add(answer.ticket())).isTrue();
                    default -> {}
                }
            }
        }

        private void mayRun(String name) {
            for (String other : dependencyGraph.after().getOrDefault(name, List.of())) {
                Program program = programs.get(other);
                assertThat(program).isNotNull();
                if (program != null && (!stopped.contains(other) || when(name, other) != null)) {
                    assertThat(program.dependencyState(when(name, other)))
                            .as(name + " after " + other)
                            .isEqualTo(DependencyState.UP);
                }
            }
        }
    }
}
