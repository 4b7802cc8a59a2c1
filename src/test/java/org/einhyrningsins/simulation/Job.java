// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

/// A worker that does its work and ends, well or not.
final class Job implements Child.Actor {
    private final World world;
    private final Child child;

    Job(World world, Program program, Child child) {
        this.world = world;
        this.child = child;
        int run = ++program.runs;
        boolean well = run > program.failures;
        world.after(
                world.random().nextLong(3 * World.SECOND),
                () -> {
                    if (!child.dead) {
                        program.well |= well;
                        world.kernel().dies(child, well ? 0 : 1, 0);
                    }
                });
    }

    @Override
    public void signal(int number) {
        if (number == 15) {
            world.kernel().dies(child, 0, number);
        }
    }
}
