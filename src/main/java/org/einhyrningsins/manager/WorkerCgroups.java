// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Moment;
import org.einhyrningsins.posix.Birth;
import org.einhyrningsins.posix.Cgroups;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.SpawnException;
import org.einhyrningsins.posix.SpawnOrder;
import org.einhyrningsins.posix.Spawner;
import org.einhyrningsins.spec.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// A control group for each worker, where the manager may make them ([Cgroups]): then everything a
/// worker started can be ended, also what cleared its environment and lost its parents. Named like
/// the worker's mark, in a directory named like the control socket, so that the next manager knows
/// those of one that was killed. Where there are none, nothing else is different.
final class WorkerCgroups {
    private static final String PREFIX = "einhyrningsins-";

    /// Behind the mark of a worker: a command that tells how it is, with a number.
    private static final String CHECK = ":check-";

    /// Groups that were killed and are not empty yet; what is beyond, the next manager sweeps.
    private static final int MOST_LINGERING = 1_000;

    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final Log log;
    private static final String NO_GROUPS =
            "; the manager may make no control groups here, which limits take: Delegate=yes and"
                    + " DelegateSubgroup= in its unit, or leave cgroup out";
    private static final String NO_SUBGROUP =
            "; the manager is itself in the group that is to be divided: DelegateSubgroup=manager"
                    + " in its unit (systemd 254), or leave cgroup out";
    private static final String NO_CONTROLLER =
            "; the kernel or whoever started the manager does not give it: see cgroup.controllers";

    private final Set<String> controllers = new HashSet<>();
    private final Set<String> lived = new HashSet<>();
    private final Deque<String> lingering = new ArrayDeque<>();
    private @Nullable Cgroups groups;
    private boolean refused;
    private long checks;

    WorkerCgroups(Log log) {
        this.log = log;
    }

    /// From now on, workers get groups, if we may make any.
    ///
    /// @param manager tells us from other managers
    void begin(String manager) {
        try {
            Cgroups opened = Cgroups.open(PREFIX + manager);
            groups = opened;
            if (opened.found()) {
                takeOver(opened);
            }
            log.debug("", "workers get control groups of their own below " + opened.path());
        } catch (PosixException e) {
            log.debug("", "workers get no control groups of their own: " + e.getMessage());
        }
    }

    /// Of a manager that was killed, or was us before we replaced ourselves: the empty ones are
    /// removed, in the others workers live that we may know.
    private void takeOver(Cgroups found) {
        for (String name : found.names()) {
            if (name.contains(CHECK)) { // nobody waits for its answer any more
                found.kill(name);
                lingering.add(name);
            } else if (!found.remove(name)) {
                lived.add(name);
            }
        }
    }

    /// The processes of each worker of a manager before this one, by the worker's mark.
    Map<String, List<Integer>> found() {
        Map<String, List<Integer>> found = new HashMap<>();
        Cgroups here = groups;
        for (String mark : here == null ? Set.<String>of() : lived) {
            found.put(mark, here == null ? List.of() : here.processes(mark));
        }
        return found;
    }

    /// Spawns a worker into a group of its own, if there is one to be had.
    ///
    /// @param patience as [Spawner#begin] has it
    /// @param limits of the group; null for none
    /// @throws SpawnException also if there is no group to be had that has these limits
    Birth spawn(
            String mark,
            Spawner spawner,
            SpawnOrder order,
            String note,
            long patience,
            @Nullable CgroupSpec limits)
            throws SpawnException {
        int group = make(mark);
        if (limits != null) {
            limit(mark, group, limits);
        }
        if (group < 0) {
            return spawner.begin(order, note, Spawner.OWN_CGROUP, patience);
        }
        boolean born = false;
        try {
            Birth birth = spawner.begin(order, note, group, patience);
            born = true;
            return birth;
        } catch (SpawnException e) {
            if (!e.refusesCgroup()) {
                throw e;
            }
            log.warn("", "workers get no control groups of their own any more: " + e.getMessage());
            refused = true;
            return spawner.begin(order, note, Spawner.OWN_CGROUP, patience);
        } finally {
            Descriptors.close(group);
            if (!born) {
                end(mark, 0);
            }
        }
    }

    private void limit(String mark, int group, CgroupSpec limits) throws SpawnException {
        Cgroups here = groups;
        if (here == null || group < 0) {
            throw new SpawnException("cgroup", Errno.EACCES.number(), NO_GROUPS);
        }
        try {
            for (Map.Entry<String, String> each : limits.files().entrySet()) {
                String file = each.getKey();
                String controller = file.substring(0, file.indexOf('.'));
                if (!controllers.contains(controller)) {
                    here.enable(controller);
                    controllers.add(controller);
                }
                here.set(mark, file, each.getValue());
            }
        } catch (PosixException e) {
            Descriptors.close(group);
            end(mark, 0);
            String why = e.errno() == Errno.EBUSY ? NO_SUBGROUP : NO_CONTROLLER;
            throw new SpawnException("cgroup: " + e.call(), e.number(), why);
        }
    }

    /// Whether the kernel killed something of a worker since memory ran out.
    boolean ranOutOfMemory(String mark) {
        Cgroups here = groups;
        return here != null && lived.contains(mark) && here.oomKills(mark) > 0;
    }

    /// Spawns a command that tells how a worker is, into a group of its own, if there is one to be
    /// had: what it leaves is not the worker's, and is not to outlive it.
    Check check(String mark, Spawner spawner, SpawnOrder order, long patience)
            throws SpawnException {
        String own = mark + CHECK + ++checks;
        return new Check(own, spawn(own, spawner, order, "", patience, null));
    }

    /// A command that tells how a worker is.
    ///
    /// @param mark for [#end]
    record Check(String mark, Birth birth) {}

    /// @return its directory; -1 if there is none
    private int make(String mark) {
        Cgroups here = groups;
        if (here == null || refused) {
            return -1;
        }
        try {
            // what is left of one of that name was another manager's: hands off
            lived.remove(mark);
            int group = here.make(mark);
            lived.add(mark);
            return group;
        } catch (PosixException e) {
            log.debug(mark, "gets no control group of its own: " + e.getMessage());
            return -1;
        }
    }

    /// Ends everything in the group of a worker that is dead, and removes it, now or later.
    ///
    /// @param processGroup of the worker; what is in it is ended anyway and not worth a word
    /// @return how many processes in other process groups it had; -1 if it had no control group
    int end(String mark, int processGroup) {
        tidy();
        Cgroups here = groups;
        if (here == null || !lived.remove(mark)) {
            return -1;
        }
        if (here.remove(mark)) {
            return 0;
        }
        List<Integer> left = here.processes(mark);
        here.kill(mark);
        if (lingering.size() < MOST_LINGERING) {
            lingering.add(mark);
        }
        return tell(mark, left, processGroup);
    }

    private int tell(String mark, List<Integer> left, int processGroup) {
        List<Integer> strangers = new ArrayList<>();
        for (int pid : left) {
            if (Processes.group(pid) != processGroup) {
                strangers.add(pid);
            }
        }
        if (!strangers.isEmpty()) {
            int more = strangers.size() - 1;
            String others = more == 0 ? "" : " and " + more + " more";
            int check = mark.indexOf(CHECK);
            String whose = check < 0 ? mark : mark.substring(0, check);
            String worker = whose.substring(0, whose.lastIndexOf(':'));
            if (check >= 0) { // again and again
                log.debug(
                        worker, "its check left pid " + strangers.getFirst() + others + "; ended");
                return strangers.size();
            }
            log.info(worker, "left pid " + strangers.getFirst() + others + " behind; ended");
        }
        return strangers.size();
    }

    /// Ends what is left of the workers of a manager that was killed, which died meanwhile.
    void endAll(Predicate<String> dead) {
        for (String mark : List.copyOf(lived)) {
            if (dead.test(mark)) {
                end(mark, 0);
            }
        }
    }

    /// The processes in a worker's group; null if it has none.
    @Nullable List<Integer> processes(String mark) {
        Cgroups here = groups;
        return here == null || !lived.contains(mark) ? null : here.processes(mark);
    }

    /// Removes those that are empty by now.
    void tidy() {
        Cgroups here = groups;
        if (here != null && !lingering.isEmpty()) {
            lingering.removeIf(here::removeAll);
        }
    }

    /// No worker is born any more. What was killed is waited for, for a moment.
    void close() {
        Cgroups here = groups;
        if (here == null) {
            return;
        }
        Moment end = Clock.now().plus(PATIENCE);
        tidy();
        while (!lingering.isEmpty() && !end.reached(Clock.now())) {
            here.awaitEmpty(lingering.getFirst(), 10);
            tidy();
        }
        here.close();
        groups = null;
    }
}
