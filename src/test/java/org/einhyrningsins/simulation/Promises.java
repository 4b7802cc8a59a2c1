// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What must be so at every moment, seen from the machine: the manager is not asked.
final class Promises {
    private static final int FIRST_SOCKET = 3;
    private static final Pattern UP = Pattern.compile(" pid (\\d+): ready after");

    private final World world;
    private final Map<String, Child> workers = new HashMap<>();
    private final Map<Integer, Child> byPid = new HashMap<>();
    private final Set<OpenFile.Bound> serving = new HashSet<>();
    private boolean exiting;
    private boolean settled;
    private boolean forgetful;

    /// It has said that it would not survive being killed now.
    private boolean unwritten;

    private boolean intentsUnwritten;
    private long saids;
    private long complaints;

    /// It could not say its last line, which comes with the next.
    private boolean held;

    /// It has all it needs, and waits for what comes.
    private boolean waits;

    /// It runs, and has come to its loop.
    private boolean loops;

    /// It is in its wait, and has nothing open for a moment only.
    private boolean idle;

    private @Nullable Map<String, Integer> descriptors;

    Promises(World world) {
        this.world = world;
    }

    // ---- what happens

    /// A manager runs.
    ///
    /// @param became it was one before; what that had not written is written soon, or said again
    void began(boolean became) {
        exiting = false;
        waits = became;
        loops = false;
        idle = false;
        boolean carried = became && !written();
        unwritten = carried;
        intentsUnwritten = false;
        complaints++; // what the one before could not write is written by now, or said again
        if (carried) {
            long one = ++saids;
            world.after(World.SECOND, () -> unwritten &= saids != one);
        }
        world.shop().dread();
    }

    /// Whether what it knows is written down, or it has not said otherwise.
    boolean written() {
        return !unwritten && !intentsUnwritten;
    }

    void waits() {
        waits = true;
        loops = true;
        idle = true;
    }

    void wakes() {
        idle = false;
    }

    boolean idle() {
        return idle && world.managerOrNull() != null;
    }

    private boolean loops() {
        return loops && world.managerOrNull() != null;
    }

    /// Whether nothing is lost if it ends now. One that became another has nowhere to go back to:
    /// it may not begin, and what it had said that it could not write down is gone then.
    boolean mayFail() {
        return loops || written();
    }

    /// What was written is gone: who has lived for long is taken for up by the next manager.
    void forgets() {
        forgetful = true;
    }

    void settled() {
        settled = true;
        world.shop().confirmed();
        descriptors = open();
    }

    void born(Child child) {
        String mark = child.mark();
        if (mark.isEmpty()) {
            return;
        }
        byPid.put(child.pid, child);
        Child before = workers.put(mark, child);
        if (before != null && !before.dead) {
            throw new World.Broken("two workers are " + mark);
        }
        if (settled && child.program().equals("bystander") && !world.shop().closes()) {
            throw new World.Broken("a bystander is born: " + mark);
        }
        sameSockets(child);
    }

    /// All workers that have a socket of some address have the same one.
    private void sameSockets(Child child) {
        for (OpenFile.Bound socket : sockets(child)) {
            serving.add(socket);
            if (!socket.listening) {
                throw new World.Broken("worker " + child.mark() + " has a socket that is deaf");
            }
            for (Child each : workers.values()) {
                for (OpenFile.Bound theirs :
                        each.dead ? List.<OpenFile.Bound>of() : sockets(each)) {
                    if (theirs != socket
                            && Objects.equals(theirs.name, socket.name)
                            && isReached(theirs)) {
                        String both = each.mark() + ", " + child.mark();
                        throw new World.Broken("two sockets " + socket.name + ": " + both);
                    }
                }
            }
        }
    }

    /// Whether its name leads to it: somebody may have removed the file, and another is there.
    private boolean isReached(OpenFile.Bound socket) {
        return socket.name == null || world.kernel().holder(socket.name) == socket;
    }

    /// Those of a worker, in their order.
    static List<OpenFile.Bound> sockets(Child worker) {
        List<OpenFile.Bound> sockets = new ArrayList<>();
        int fd = FIRST_SOCKET;
        while (worker.table.get(fd++) instanceof OpenFile.Bound socket) {
            sockets.add(socket);
        }
        return sockets;
    }

    /// Whether the worker is dead that it comes from.
    boolean isGone(Child forked) {
        Child worker = workers.get(forked.mark());
        return worker == null || worker.dead;
    }

    void died(Child child) {
        boolean worker = workers.get(child.mark()) == child;
        if (worker && settled && child.program().equals("bystander") && !world.shop().closes()) {
            throw new World.Broken("a bystander dies: " + child.mark());
        }
    }

    /// Nobody has a socket any more.
    void closed(OpenFile.Bound socket, String name) {
        boolean manager = world.managerOrNull() != null && !world.manager().dead;
        boolean served = serving.remove(socket) && world.shop().serves(name);
        boolean another = world.kernel().holder(name) != null; // at the file that was removed
        if (served && !another && manager && waits && !exiting && !world.shop().closes()) {
            throw new World.Broken("closed: " + name);
        }
    }

    void cannotSay() {
        held = true;
    }

    void said(String text) {
        held = false;
        if (text.contains("cannot save recovery state")) {
            unwritten = true;
            saids++;
            isTriedAgain();
        } else if (text.contains("what would survive this manager is written again")) {
            unwritten = false;
        } else if (text.contains("by hand is forgotten when the manager ends")) {
            intentsUnwritten = true;
            isTriedAgain();
        } else if (text.contains("by hand is written again")) {
            intentsUnwritten = false;
        }
        Matcher up = UP.matcher(text);
        Child worker = up.find() ? byPid.get(Integer.parseInt(up.group(1))) : null;
        if (worker != null
                && !worker.said
                && !forgetful
                && !world.shop().needsNoAck(worker.program())) {
            throw new World.Broken("taken for up without having said so: " + worker.mark());
        }
        if (text.contains("our own bug")) {
            throw new World.Broken(text);
        }
    }

    /// It threw an exception that nobody caught. One that has begun its work is to survive whatever
    /// fails.
    void failed(RuntimeException e) {
        if (loops || !world.hadMisfortune()) {
            throw new World.Broken("it failed: " + e);
        }
    }

    void exits(Child manager, int status) {
        exiting = true;
        if (status == 0 && !world.shop().closes()) {
            throw new World.Broken("it ends without being told to");
        }
    }

    /// What cannot be written is tried each second, also by one that has nothing else to do: that
    /// fails again, or it is written.
    private void isTriedAgain() {
        long one = ++complaints;
        world.after(
                World.SECOND,
                () -> {
                    if (complaints != one || written() || !loops()) {
                        return;
                    }
                    if (!held && world.sinceRefusal() > 3 * World.SECOND) {
                        throw new World.Broken("what could not be written is not tried again");
                    }
                    isTriedAgain();
                });
    }

    // ---- at rest

    /// Whether something is open that was not at first. Sockets of a version that may come back
    /// are, for as long as it may.
    ///
    /// @return what differs; empty if nothing does
    String left() {
        Map<String, Integer> now = open();
        return now.equals(descriptors)
                ? ""
                : "descriptors at first " + descriptors + ", at rest " + now;
    }

    void rest() {
        if (!written()) {
            throw new World.Broken("what would survive it is not written again");
        }
        Set<Child> watched = new HashSet<>();
        for (Table.Entry entry : world.manager().table.all().values()) {
            if (entry.file instanceof OpenFile.PidFd pidfd && !watched.add(pidfd.child)) {
                throw new World.Broken("two pidfds of " + pidfd.child.mark());
            }
        }
        for (Child child : world.kernel().processes().values()) {
            if (child.dead) {
                throw new World.Broken("a zombie: " + child.mark());
            }
            if (child.forked && isGone(child)) {
                throw new World.Broken("left behind: " + child.pid + " " + child.mark());
            }
            if (child.worker() && !watched.contains(child)) {
                throw new World.Broken("nobody watches " + child.pid + " " + child.mark());
            }
        }
    }

    /// Descriptors of the manager by kind, but for those of workers.
    private Map<String, Integer> open() {
        Map<String, Integer> kinds = new TreeMap<>();
        for (Table.Entry entry : world.manager().table.all().values()) {
            String kind = entry.file.getClass().getSimpleName();
            boolean counted =
                    switch (entry.file) {
                        case OpenFile.PidFd pidfd -> pidfd.child.reaped;
                        case OpenFile.Stream ignored -> false;
                        case OpenFile.Nothing ignored -> false; // one more after a reexec
                        case OpenFile.Watches ignored -> false; // not to be had, which it says
                        case OpenFile.PipeEnd pipe -> pipe.other == null || pipe.other.holders == 0;
                        default -> true;
                    };
            if (counted) {
                kinds.merge(kind, 1, Integer::sum);
            }
        }
        kinds.merge("Bound", -world.shop().bound(), Integer::sum);
        return kinds;
    }

    /// The manager has exited with 0.
    void ended() {
        for (Child child : world.kernel().processes().values()) {
            throw new World.Broken("left behind: " + child.pid + " " + child.mark());
        }
        for (String left : world.disk().below("/run/m")) {
            if (!left.equals(World.STATE)) { // what was set by hand may be in it
                throw new World.Broken("left behind: " + left);
            }
        }
        for (String left : world.disk().below(World.STATE)) {
            if (left.contains("/history-")) {
                HistoryPromise.keeps(world.disk(), left);
            } else if (!left.contains("/intent.json") && !left.contains("/facts")) {
                throw new World.Broken("left behind: " + left);
            }
        }
    }
}
