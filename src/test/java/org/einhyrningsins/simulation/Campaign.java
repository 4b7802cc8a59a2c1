// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/// World after world, from one seed on, until there were so many faults. Loaded by [Redirection].
public final class Campaign implements LongUnaryOperator {
    private final Map<String, Integer> faults = new TreeMap<>();
    private long steps;
    private long worlds;

    /// Runs the world of that seed.
    ///
    /// @return how many faults there were
    @Override
    public long applyAsLong(long seed) {
        World world = new World(seed, Boolean.getBoolean("manager.trace"));
        world.run();
        steps += world.steps();
        worlds++;
        long count = 0;
        for (Map.Entry<String, Integer> fault : world.faults().entrySet()) {
            faults.merge(fault.getKey(), fault.getValue(), Integer::sum);
            count += fault.getValue();
        }
        return count;
    }

    /// What there was so far: steps, worlds, and each kind of fault with its count.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(steps).append(" steps in ").append(worlds).append(" worlds");
        faults.forEach((kind, count) -> text.append(String.format("%n%9d  %s", count, kind)));
        return text.toString();
    }
}
