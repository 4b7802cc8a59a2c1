// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/// The whole manager on simulated machines. `-Dmanager.faults=1000000` for more of them,
/// `-Dmanager.seed=S` for other worlds than the usual, `-Dmanager.seed=S -Dmanager.faults=1` for
/// one alone, and with `-Dmanager.trace=true` each of its calls.
final class ManagerSimulationTest {
    private static final long FAULTS = Long.getLong("manager.faults", 3_000);
    private static final long SEED = Long.getLong("manager.seed", 1);
    private static final int MOST_BROKEN = 20;

    @Test
    void losesNothingWhateverFails() throws ReflectiveOperationException {
        LongUnaryOperator campaign = campaign();
        System.out.printf("manager simulation: seed %d, %d faults%n", SEED, FAULTS);
        long began = System.nanoTime();
        long faults = 0;
        List<AssertionError> broken = new ArrayList<>();
        for (long seed = SEED; faults < FAULTS && broken.size() < MOST_BROKEN; seed++) {
            try {
                faults += campaign.applyAsLong(seed);
            } catch (AssertionError e) {
                System.out.println("broken: " + String.valueOf(e.getMessage()).split("\n", 2)[0]);
                broken.add(e);
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        long steps = Long.parseLong(campaign.toString().split(" ", -1)[0]);
        System.out.printf(
                "manager simulation: %d faults, %.1f s, %.0f steps/s, %.0f faults/s, %d broken;"
                        + " %s%n",
                faults, seconds, steps / seconds, faults / seconds, broken.size(), campaign);
        if (!broken.isEmpty()) {
            throw broken.getFirst();
        }
    }

    private static LongUnaryOperator campaign() throws ReflectiveOperationException {
        ClassLoader loader = new Redirection(ManagerSimulationTest.class.getClassLoader());
        Class<?> campaign = loader.loadClass("org.einhyrningsins.simulation.Campaign");
        return (LongUnaryOperator) campaign.getDeclaredConstructor().newInstance();
    }
}
