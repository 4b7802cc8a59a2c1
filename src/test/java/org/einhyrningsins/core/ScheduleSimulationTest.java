// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/// A job by a schedule, whose times are told at random and again, whose runs end, fail, are stopped
/// or go on, and whose manager is killed at any boundary: each time has one run at most, and the
/// last one has its run.
class ScheduleSimulationTest {
    private static final int SEEDS = 1_500;
    private static final int STEPS = 120;

    @ParameterizedTest
    @ValueSource(strings = {"skip", "wait", "kill"})
    void eachTimeHasOneRunAtMost(String overlap) {
        int runs = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            World world = new World(seed, overlap);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        overlap + ", seed " + seed + "\n" + String.join("\n", world.lines), broken);
            }
            runs += world.born.values().stream().mapToInt(Integer::intValue).sum();
        }
        assertThat(runs).isGreaterThan(10 * SEEDS);
    }

    private static final class World {
        private final SplittableRandom random;
        private final String overlap;
        private final List<String> lines = new ArrayList<>();

        /// Number of processes for each time.
        private final Map<Long, Integer> born = new HashMap<>();

        private final Set<WorkerId> alive = new HashSet<>();
        private final Map<WorkerId, WorkerExit> ended = new HashMap<>();
        private Program program;

        /// As it is written down: before each birth, and else when it comes to it.
        private Program image;

        private long nanos;
        private long due;
        private long stoppedAt;

        World(long seed, String overlap) {
            this.random = new SplittableRandom(seed);
            this.overlap = overlap;
            String words =
                    "workers=1 manual=true restart=never ack=timer:100ms job=0/none schedule=";
            program = Program.of(Definition.of(words + overlap).spec(), new Moment(0));
            image = program;
        }

        void run() {
            for (int i = 0; i < STEPS; i++) {
                nanos += random.nextLong(Duration.ofSeconds(2).toNanos());
                switch (random.nextInt(10)) {
                    case 0, 1, 2 -> {
                        due += 60_000;
                        tell(due);
                    }
                    case 3 -> tell(due);
                    case 4 -> crash();
                    case 5 -> stop();
                    case 6 -> step(new ProgramEvent.DeadlinePassed());
                    default -> oneEnds();
                }
                image = random.nextInt(3) == 0 ? program : image;
            }
            for (int i = 0; !alive.isEmpty(); i++) {
                assertThat(i).as("runs again and again").isLessThan(STEPS);
                nanos += Duration.ofSeconds(1).toNanos();
                oneEnds();
            }
            assertThat(program.tasks().queued()).isFalse();
            assertThat(born.values()).allMatch(count -> count <= 1);
            if (!overlap.equals("skip") && stoppedAt < due) {
                assertThat(born).as("the last time, %d", due).containsKey(due);
            }
        }

        private void tell(long at) {
            if (at > 0) {
                step(new ProgramEvent.Due(at, true, 0));
            }
        }

        private void stop() {
            stoppedAt = due;
            step(new ProgramEvent.Requested(nanos, new ProgramCommand.Stop(null, null)));
        }

        private void oneEnds() {
            if (!alive.isEmpty()) {
                WorkerId worker = alive.iterator().next();
                WorkerExit exit = new WorkerExit(random.nextInt(2) * 7, 0);
                alive.remove(worker);
                ended.put(worker, exit);
                if (random.nextInt(10) == 0) {
                    crash(); // before its end was seen
                } else {
                    step(new ProgramEvent.Exited(worker, exit));
                }
            }
        }

        private void step(ProgramEvent event) {
            lines.add(Lines.of(event));
            take(program.step(event, new Moment(nanos)));
        }

        private void take(Transition step) {
            program = step.program();
            Set<WorkerId> ordered = new HashSet<>();
            for (ProgramEffect effect : step.effects()) {
                if (effect instanceof ProgramEffect.Spawn spawn) {
                    image = program;
                    ordered.add(spawn.worker());
                }
            }
            lines.add("  = " + Lines.of(program));
            if (!ordered.isEmpty() && random.nextInt(6) == 0) {
                recover(ordered);
                return;
            }
            alive.addAll(ordered);
            ordered.forEach(worker -> born.merge(program.tasks().dueMillis(), 1, Integer::sum));
        }

        private void crash() {
            recover(Set.of());
        }

        /// The next manager: it has the image, looks who lives, and is told again what it does not
        /// know to have been due.
        private void recover(Set<WorkerId> unborn) {
            lines.add("killed");
            program = image;
            Set<WorkerId> living = new HashSet<>();
            for (Slot slot : program.slots()) {
                for (Worker worker : slot.workers()) {
                    if (alive.contains(worker.id())) {
                        living.add(worker.id());
                    }
                }
            }
            var found = new Recovery.Found(living, Set.of(), List.of(), Set.of(), unborn, ended);
            take(Recovery.after(program, found, new Moment(nanos)));
            if (program.tasks().dueMillis() < due) {
                tell(due);
            }
        }
    }
}
