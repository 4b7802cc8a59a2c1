// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;

/// Thousands of worlds, each from a seed: `-Dsimulation.seeds=N` for more of them,
/// `-Dsimulation.seed=S` for one alone, with its transcript.
final class SimulationTest {
    private static final long SEEDS = Long.getLong("simulation.seeds", 4_000);

    @Test
    void keepsEveryPromiseWhateverHappens() throws IOException {
        Long only = Long.getLong("simulation.seed");
        if (only != null) {
            Simulation simulation = new Simulation(only, new Arrows());
            simulation.run();
            System.out.println(simulation.transcript());
            return;
        }
        long began = System.nanoTime();
        long steps = 0;
        Arrows arrows = new Arrows();
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation simulation = new Simulation(seed, arrows);
            simulation.run();
            steps += simulation.steps();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "simulation: %d seeds, %d steps, %.1f s, %.0f steps/s%n",
                SEEDS, steps, seconds, steps / seconds);
        assertThat(steps).isGreaterThan(SEEDS * 60);
        assertThat(ArrowsTest.others(arrows)).isEmpty();
    }

    @Test
    void doesTheSameWhenTheSameHappens() {
        for (long seed = 1; seed <= 200; seed++) {
            assertThat(transcript(seed)).isEqualTo(transcript(seed));
        }
    }

    /// 5145: a slot in a crash loop got the version before, whose loop it is not.
    @Test
    void keepsThePromisesThatSeedsOnceBroke() {
        assertThat(transcript(5145)).contains("crash loop over: generation 4 serves");
    }

    private static String transcript(long seed) {
        Simulation simulation = new Simulation(seed, new Arrows());
        simulation.run();
        return simulation.transcript();
    }
}
