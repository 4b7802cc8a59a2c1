// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

/// The worlds of [SimulationTest], in which the manager is replaced and killed at times, at any
/// step, and goes on from what it had written: `-Dsimulation.crashes=N` for more of them,
/// `-Dsimulation.seed=S` for one alone, with its transcript.
final class CrashSimulationTest {
    private static final long SEEDS = Long.getLong("simulation.crashes", 500);

    private final SnapshotEncoder writer = new SnapshotEncoder();

    @Test
    void survivesTheManagerAtAnyStep() {
        Long only = Long.getLong("simulation.seed");
        long began = System.nanoTime();
        long steps = 0;
        long crashes = 0;
        for (long seed = only == null ? 1 : only; seed <= (only == null ? SEEDS : only); seed++) {
            Simulation simulation = new Simulation(seed, new Arrows(), this::remembered);
            simulation.run();
            steps += simulation.steps();
            crashes += simulation.crashes();
            if (only != null) {
                System.out.println(simulation.transcript());
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "crash simulation: %d crashes in %d steps, %.1f s, %.0f steps/s%n",
                crashes, steps, seconds, steps / seconds);
        assertThat(crashes).isGreaterThanOrEqualTo(only == null ? SEEDS : 0);
    }

    private Program remembered(Program program) {
        String text =
                writer.write(
                        new ProgramSnapshot(
                                program, false, List.of(), List.of(), Map.of(), List.of()));
        try {
            return SnapshotDecoder.read(text, ProgramSnapshot.class).program();
        } catch (SnapshotException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
