// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;

/// World after world, one at a time. Loaded by [Redirection].
public final class Campaign implements LongFunction<Map.Entry<Long, SortedMap<String, Integer>>> {
    /// Runs the world of that seed.
    ///
    /// @return how many steps there were, and how many faults of each kind
    @Override
    public Map.Entry<Long, SortedMap<String, Integer>> apply(long seed) {
        World world = new World(seed, Boolean.getBoolean("manager.trace"));
        world.run();
        return Map.entry(world.steps(), new TreeMap<>(world.faults()));
    }
}
