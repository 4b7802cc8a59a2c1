// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;

/// The whole manager on simulated machines. `-Dmanager.faults=1000000` for more of them,
/// `-Dmanager.threads=2` for two at a time, `-Dmanager.seed=S` for other worlds than the usual,
/// `-Dmanager.seed=S -Dmanager.faults=1` for one alone, and with `-Dmanager.trace=true` each of its
/// calls.
final class ManagerSimulationTest {
    private static final long FAULTS = Long.getLong("manager.faults", 3_000);
    private static final long SEED = Long.getLong("manager.seed", 1);
    private static final int THREADS = Integer.getInteger("manager.threads", 1);
    private static final int MAX_BROKEN = 20;

    private final SortedMap<String, Integer> kinds = new TreeMap<>();
    private final List<Throwable> broken = new ArrayList<>();
    private long next = SEED;
    private long faults;
    private long steps;
    private long worlds;

    @Test
    void losesNothingWhateverFails() throws Exception {
        System.out.printf("manager simulation: seed %d, %d faults%n", SEED, FAULTS);
        long began = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            LongFunction<Map.Entry<Long, SortedMap<String, Integer>>> campaign = campaign();
            threads.add(Thread.ofPlatform().start(() -> run(campaign)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        report((System.nanoTime() - began) / 1e9);
        if (!broken.isEmpty()) {
            throw new AssertionError(broken.getFirst().getMessage(), broken.getFirst());
        }
    }

    @SuppressWarnings("unchecked")
    private static LongFunction<Map.Entry<Long, SortedMap<String, Integer>>> campaign()
            throws ReflectiveOperationException {
        ClassLoader loader = new Redirection(ManagerSimulationTest.class.getClassLoader());
        Class<?> campaign = loader.loadClass("org.einhyrningsins.simulation.Campaign");
        return (LongFunction<Map.Entry<Long, SortedMap<String, Integer>>>)
                campaign.getDeclaredConstructor().newInstance();
    }

    private void run(LongFunction<Map.Entry<Long, SortedMap<String, Integer>>> campaign) {
        for (long seed = nextSeed(); seed >= 0; seed = nextSeed()) {
            try {
                Map.Entry<Long, SortedMap<String, Integer>> world = campaign.apply(seed);
                count(world.getKey(), world.getValue());
            } catch (Throwable e) { // whatever it is, it is the end of that world only
                broken(seed, e);
            }
        }
    }

    /// @return -1 if there are enough
    private synchronized long nextSeed() {
        return faults < FAULTS && broken.size() < MAX_BROKEN ? next++ : -1;
    }

    private synchronized void count(long moreSteps, Map<String, Integer> more) {
        steps += moreSteps;
        worlds++;
        more.forEach(
                (kind, count) -> {
                    kinds.merge(kind, count, Integer::sum);
                    faults += count;
                });
    }

    private synchronized void broken(long seed, Throwable what) {
        String words = String.valueOf(what.getMessage()).split("\n", 2)[0];
        System.out.println("broken: world " + seed + ": " + words);
        broken.add(what);
    }

    private void report(double seconds) {
        System.out.printf(
                "manager simulation: %d faults, %.1f s, %.0f steps/s, %.0f faults/s, %d broken;"
                        + " %d steps in %d worlds%n",
                faults, seconds, steps / seconds, faults / seconds, broken.size(), steps, worlds);
        kinds.forEach((kind, count) -> System.out.printf("%9d  %s%n", count, kind));
    }
}
