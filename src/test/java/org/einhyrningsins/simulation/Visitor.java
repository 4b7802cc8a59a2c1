// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/// The clients of programs: they connect, and want to be served.
final class Visitor {
    private static final int NOBODY = 998;
    private static final long LOOK = 20 * World.MILLI;

    private final World world;

    /// Addresses whose files were removed just now.
    private final Set<String> excused = new HashSet<>();

    private int waiting;

    Visitor(World world) {
        this.world = world;
    }

    /// Whether nobody can be reached at an address, since its file was removed.
    void excuse(String address, boolean is) {
        if (is) {
            excused.add(address);
        } else {
            excused.remove(address);
        }
    }

    /// Whether somebody would let a client in, and who that is counts for nothing.
    boolean isOpen(String address) {
        OpenFile.Bound door = world.kernel().holder(address);
        return door != null && door.listening;
    }

    /// How many have not been served yet.
    int waiting() {
        return waiting;
    }

    /// Connects: it must not be refused, and a living worker has to accept it in time.
    ///
    /// @param patience how long it waits at most
    /// @param right who may accept it
    void visit(String address, long patience, Predicate<Child> right) {
        OpenFile.Bound door = world.kernel().holder(address);
        if (door == null || !door.listening) {
            if (!excused.contains(address)) {
                throw new World.Broken("a client is refused: " + address);
            }
            return;
        }
        waiting++;
        OpenFile.Stream line = world.kernel().connected(door, NOBODY);
        waits(new Visit(address, door, line, world.nanosNow() + patience, right));
    }

    private record Visit(
            String address,
            OpenFile.Bound door,
            OpenFile.Stream line,
            long until,
            Predicate<Child> right) {}

    private void waits(Visit visit) {
        OpenFile.Stream line = visit.line();
        if (line.hungUp) {
            waiting--;
            if (!excused.contains(visit.address()) && !world.shop().closes()) {
                throw new World.Broken("a client is reset: " + visit.address());
            }
            return;
        }
        for (Child child : world.kernel().processes().values()) {
            if (accepts(child, visit.door())) {
                waiting--;
                visit.door().waiting.remove(line.other);
                line.released();
                if (!visit.right().test(child)) {
                    throw new World.Broken(
                            visit.address()
                                    + " is served by "
                                    + child.mark()
                                    + " of version "
                                    + child.environment.get("VERSION"));
                }
                return;
            }
        }
        if (world.nanosNow() > visit.until()) {
            throw new World.Broken("nobody serves " + visit.address());
        }
        world.after(LOOK, () -> waits(visit));
    }

    static boolean accepts(Child child, OpenFile.Bound door) {
        return child.worker()
                && child.serves
                && !child.stopped
                && Promises.sockets(child).contains(door);
    }
}
