// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Cgroups;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/// A control group for each worker, where the manager may make them ([Cgroups]): then everything a
/// worker started can be ended, also what cleared its environment and lost its parents. Named like
/// the worker's mark, in that of its program ([ProgramCgroups]), in a directory named like the
/// control socket, so that the next manager knows those of one that was killed. Where there are
/// none, nothing else is different.
public final class WorkerCgroups {
    private static final String PREFIX = "einhyrningsins-";

    /// Behind the mark of a worker: a command that tells how it is, with a number.
    private static final String CHECK = ":check-";

    /// Groups that were killed and are not empty yet; what is beyond, the next manager sweeps.
    private static final int MAX_LINGERING = 1_000;

    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final ManagerLog managerLog;

    /// Programs whose workers are limited together.
    private final Set<String> limited = new HashSet<>();

    /// Paths of the groups, by worker tag.
    private final Map<String, String> lived = new HashMap<>();

    private final Deque<String> lingering = new ArrayDeque<>();
    private @Nullable Cgroups groups;
    private @Nullable ProgramCgroups programs;
    private boolean refused;
    private long checks;

    public WorkerCgroups(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Enables groups for workers, if the manager may make any.
    ///
    /// @param manager name that tells this manager from others
    public void begin(String manager) {
        try {
            Cgroups opened = Cgroups.open(PREFIX + manager);
            groups = opened;
            programs = new ProgramCgroups(opened);
            if (opened.found()) {
                takeOver(opened, programs);
            }
            managerLog.debug("", "workers get control groups of their own below " + opened.path());
        } catch (PosixException e) {
            managerLog.debug("", "workers get no control groups of their own: " + e.getMessage());
        }
    }

    /// Takes over groups of a manager that was killed, or re-executed: empty ones are removed, in
    /// the others live workers that may be known.
    private void takeOver(Cgroups found, ProgramCgroups of) {
        for (String name : found.names()) {
            if (ProgramCgroups.isOne(name)) {
                found.names(name).forEach(mark -> takeOver(found, mark, name + "/" + mark));
                of.found(name);
            } else { // as an earlier version had them
                takeOver(found, name, name);
            }
        }
    }

    private void takeOver(Cgroups found, String mark, String place) {
        if (mark.contains(CHECK)) { // nobody waits for its answer any more
            found.kill(place);
            lingering.add(place);
        } else if (!found.remove(place)) {
            lived.put(mark, place);
        }
    }

    /// The processes of each worker of a manager before this one, by the worker's mark.
    public Map<String, List<Integer>> found() {
        Map<String, List<Integer>> found = new HashMap<>();
        Cgroups here = groups;
        if (here != null) {
            lived.forEach((mark, place) -> found.put(mark, here.processes(place)));
        }
        return found;
    }

    /// Spawns a worker into a group of its own, if there is one to be had.
    ///
    /// @param patience as [Spawner#begin] has it
    /// @param limits of the group; null for none
    /// @throws SpawnException also if there is no group to be had that has these limits
    PendingChild spawn(
            String mark,
            Spawner spawner,
            SpawnRequest order,
            String note,
            long patience,
            @Nullable CgroupSpec limits)
            throws SpawnException {
        int group = make(mark);
        limit(mark, group, limits);
        if (group < 0) {
            return spawner.begin(order, note, Spawner.OWN_CGROUP, patience);
        }
        boolean born = false;
        try {
            PendingChild pendingChild = spawner.begin(order, note, group, patience);
            born = true;
            return pendingChild;
        } catch (SpawnException e) {
            if (!e.refusesCgroup()) {
                throw e;
            }
            managerLog.warn(
                    "", "workers get no control groups of their own any more: " + e.getMessage());
            refused = true;
            return spawner.begin(order, note, Spawner.OWN_CGROUP, patience);
        } finally {
            Descriptors.close(group);
            if (!born) {
                end(mark, 0);
            }
        }
    }

    /// @param limits of its own; null for none
    private void limit(String mark, int group, @Nullable CgroupSpec limits) throws SpawnException {
        String program = ProgramCgroups.program(mark);
        Cgroups here = groups;
        ProgramCgroups of = programs;
        if (here == null || of == null || group < 0) {
            if (limits != null || limited.contains(program)) {
                throw new SpawnException("cgroup", Errno.EACCES.number(), CgroupAdvice.NO_GROUPS);
            }
            return;
        }
        try {
            of.applyLimits(program);
            for (Map.Entry<String, String> each : files(program, limits).entrySet()) {
                of.enable(each.getKey());
                here.set(place(mark), each.getKey(), each.getValue());
            }
        } catch (PosixException e) {
            Descriptors.close(group);
            end(mark, 0);
            throw new SpawnException("cgroup: " + e.call(), e.number(), CgroupAdvice.of(e));
        }
    }

    private Map<String, String> files(String program, @Nullable CgroupSpec limits) {
        Map<String, String> files = limits == null ? Map.of() : limits.files();
        ProgramCgroups of = programs;
        if (of != null && of.sharesMemory(program)) {
            files = new LinkedHashMap<>(files);
            files.put(CgroupSpec.OOM_GROUP, "1");
        }
        return files;
    }

    private String place(String mark) {
        return lived.getOrDefault(mark, mark);
    }

    /// Sets the limits of all workers of a program together, also of those that run.
    ///
    /// @param report receives the reason of a failure, and workers not under the limits
    /// @return false if it is not known yet whether they hold
    public boolean limit(
            String program, @Nullable CgroupSpec limits, BiConsumer<Severity, String> report) {
        if (limits == null) {
            limited.remove(program);
        } else {
            limited.add(program);
        }
        ProgramCgroups of = programs;
        if (of == null) {
            return true; // told when a worker is to be started
        }
        of.want(program, limits);
        try {
            boolean settled = of.applyLimits(program);
            if (limits != null) {
                include(program, of, report);
            }
            return settled;
        } catch (PosixException e) {
            String what = "the limits of all workers together cannot be changed: ";
            report.accept(Severity.ERROR, what + e.getMessage() + CgroupAdvice.of(e));
            return true;
        }
    }

    /// Sets workers that run to be killed as a whole, too.
    private void include(String program, ProgramCgroups of, BiConsumer<Severity, String> report) {
        Cgroups here = groups;
        for (Map.Entry<String, String> each : lived.entrySet()) {
            String mark = each.getKey();
            if (here == null || !mark.startsWith(program + ":")) {
                continue;
            }
            if (each.getValue().equals(mark)) {
                String what = " was started by an earlier version of the manager, and is not";
                String next = " under the limits of all workers together until it is replaced";
                report.accept(Severity.WARN, mark + what + next);
            } else if (of.sharesMemory(program)) {
                of.enable(CgroupSpec.OOM_GROUP);
                here.set(each.getValue(), CgroupSpec.OOM_GROUP, "1");
            }
        }
    }

    /// There is no such program any more.
    public void forget(String program) {
        limited.remove(program);
        if (programs != null) {
            programs.forget(program);
        }
    }

    /// Adds to the exit of a killed worker whether memory ran out, and whose. Even without an exit
    /// this is known if its group is killed as a whole.
    public WorkerExit withCause(WorkerExit workerExit, String mark) {
        Cgroups here = groups;
        ProgramCgroups of = programs;
        if (here == null
                || of == null
                || !lived.containsKey(mark)
                || here.oomKills(place(mark)) == 0
                || (workerExit.signal() == 0 && !here.isKilledWhole(place(mark)))) {
            return workerExit;
        }
        WorkerExit killed =
                new WorkerExit(0, Signal.KILL.number(), workerExit.core(), 0, false, false);
        boolean own = here.ooms(place(mark)) > 0;
        return !own && of.ranOutOfMemory(ProgramCgroups.program(mark))
                ? killed.outOfSharedMemory()
                : killed.outOfMemory();
    }

    /// Spawns a command that tells how a worker is, into a group of its own, if there is one to be
    /// had: what it leaves is not the worker's, and is not to outlive it.
    Check check(String mark, Spawner spawner, SpawnRequest order, long patience)
            throws SpawnException {
        String own = mark + CHECK + ++checks;
        return new Check(own, spawn(own, spawner, order, "", patience, null), -1);
    }

    /// A command that tells how a worker is.
    ///
    /// @param mark for [#end]
    /// @param output our end of the pipe that has what it writes
    public record Check(String mark, PendingChild birth, int output) {
        Check withOutput(int pipe) {
            return new Check(mark, birth, pipe);
        }
    }

    /// @return its directory; -1 if there is none
    private int make(String mark) {
        ProgramCgroups of = programs;
        if (of == null || refused) {
            return -1;
        }
        try {
            // what is left of one of that name was another manager's: hands off
            lived.remove(mark);
            int group = of.make(mark);
            lived.put(mark, ProgramCgroups.place(mark));
            return group;
        } catch (PosixException e) {
            managerLog.debug(mark, "gets no control group of its own: " + e.getMessage());
            return -1;
        }
    }

    /// Ends everything in the group of a worker that is dead, and removes it, now or later.
    ///
    /// @param processGroup of the worker; what is in it is ended anyway and not worth a word
    /// @return the number of its processes in other process groups; -1 if it had no control group
    public int end(String mark, int processGroup) {
        removeEmpty();
        Cgroups here = groups;
        String place = lived.remove(mark);
        if (here == null || place == null) {
            return -1;
        }
        if (here.remove(place)) {
            return 0;
        }
        List<Integer> left = here.processes(place);
        here.kill(place);
        if (lingering.size() < MAX_LINGERING) {
            lingering.add(place);
        }
        return signalProcesses(mark, left, processGroup);
    }

    private int signalProcesses(String mark, List<Integer> left, int processGroup) {
        List<Integer> strangers = new ArrayList<>();
        for (int pid : left) {
            if (ProcessGroups.group(pid) != processGroup) {
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
                managerLog.debug(
                        worker, "its check left pid " + strangers.getFirst() + others + "; ended");
                return strangers.size();
            }
            managerLog.info(worker, "left pid " + strangers.getFirst() + others + " behind; ended");
        }
        return strangers.size();
    }

    /// Ends what is left of the workers of a manager that was killed, which died meanwhile.
    public void endAll(Predicate<String> dead) {
        for (String mark : List.copyOf(lived.keySet())) {
            if (dead.test(mark)) {
                end(mark, 0);
            }
        }
    }

    /// The processes in a worker's group; null if it has none.
    public @Nullable List<Integer> processes(String mark) {
        Cgroups here = groups;
        return here == null || !lived.containsKey(mark) ? null : here.processes(place(mark));
    }

    /// Removes those that are empty by now.
    public void removeEmpty() {
        Cgroups here = groups;
        if (here != null && !lingering.isEmpty()) {
            lingering.removeIf(here::removeAll);
        }
        if (programs != null) {
            programs.removeRetired();
        }
    }

    /// Closes the groups: no worker is spawned any more. Waits a moment for killed ones.
    public void close() {
        Cgroups here = groups;
        if (here == null) {
            return;
        }
        Moment end = Clock.now().plus(PATIENCE);
        removeEmpty();
        while (!lingering.isEmpty() && !end.reached(Clock.now())) {
            here.awaitEmpty(lingering.getFirst(), 10);
            removeEmpty();
        }
        here.close();
        groups = null;
        programs = null;
    }
}
