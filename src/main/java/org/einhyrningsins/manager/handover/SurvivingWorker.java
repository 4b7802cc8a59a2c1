// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A worker of a manager that is gone, known by what it carries: variables that it was started
/// with, or the control group that it was started in. What is written in the state directory says
/// more; this is for what is missing there.
///
/// Variables can be forged, so a worker is believed only what its user could do anyway: see
/// [#mayBelongTo]. They are inherited too: the worker itself is the one that leads its process
/// group and whose pid they name.
///
/// @param pid its own, by which its process group is known too
/// @param members if its own process is gone, others of its process group; else empty
/// @param claim what it says of itself
/// @param user its real user
/// @param grouped whether it is in a control group that only a manager of ours makes
/// @param startTicks when it started, in ticks since boot
record SurvivingWorker(
        int pid, List<Integer> members, Claim claim, int user, boolean grouped, long startTicks) {
    /// The worker that a process says it is, by variables that may be forged.
    ///
    /// @param generation of its definition; 0 if it does not say
    /// @param sum of its definition, see [org.einhyrningsins.spec.ProgramSpec.SpawnSettings#sum()];
    ///   empty if it does not say
    /// @param door the name of the worker sockets that it was given; null if it does not say
    record Claim(String program, WorkerId id, int generation, String sum, @Nullable String door) {}

    private static final String NOTIFY = "NOTIFY_SOCKET";

    /// All that can be found.
    ///
    /// @param directory where the worker sockets of this manager are: what names others is
    ///   another's
    /// @param groups by the mark of the worker, the processes in each control group
    static List<SurvivingWorker> all(Path directory, Map<String, List<Integer>> groups) {
        Map<Integer, SurvivingWorker> found = new HashMap<>();
        Map<Integer, List<Integer>> left = new HashMap<>();
        String doors = directory + "/";
        for (int pid : Processes.all()) {
            Map<String, String> variables = ProcReader.variables(pid, WorkerTag.VARIABLE);
            String mark = variables.get(WorkerTag.VARIABLE);
            if (mark == null
                    || !variables.getOrDefault(NOTIFY, "").startsWith(doors)
                    || pid == Processes.self()) {
                continue;
            }
            if (isWorker(pid, variables)) {
                put(found, of(pid, List.of(), mark, variables, false));
            } else if (isLeftOfOne(pid, variables)) {
                left.computeIfAbsent(ProcessGroups.group(pid), group -> new ArrayList<>()).add(pid);
            }
        }
        left.forEach(
                (group, members) -> {
                    Map<String, String> its =
                            ProcReader.variables(members.getFirst(), WorkerTag.VARIABLE);
                    put(
                            found,
                            of(
                                    group,
                                    members,
                                    its.getOrDefault(WorkerTag.VARIABLE, ""),
                                    its,
                                    false));
                });
        groups.forEach((mark, pids) -> put(found, grouped(mark, pids)));
        return new ArrayList<>(found.values());
    }

    private static @Nullable SurvivingWorker grouped(String mark, List<Integer> pids) {
        int leader = leader(pids);
        int one = leader > 0 ? leader : firstAlive(pids);
        if (one == 0) {
            return null;
        }
        Map<String, String> its = ProcReader.variables(one, WorkerTag.VARIABLE);
        return leader > 0
                ? of(leader, List.of(), mark, its, true)
                : of(ProcessGroups.group(one), List.copyOf(pids), mark, its, true);
    }

    private static int firstAlive(List<Integer> pids) {
        for (int pid : pids) {
            if (ProcessStatus.isAlive(pid)) {
                return pid;
            }
        }
        return 0;
    }

    private static void put(Map<Integer, SurvivingWorker> found, @Nullable SurvivingWorker one) {
        if (one != null) {
            found.put(one.pid(), one);
        }
    }

    /// Not what came from one.
    private static boolean isWorker(int pid, Map<String, String> variables) {
        String own = variables.getOrDefault(WorkerTag.OWN_PID, variables.get("LISTEN_PID"));
        return ProcessGroups.leads(pid) && (own == null || own.equals(Integer.toString(pid)));
    }

    /// In the process group of a worker whose own process is gone.
    private static boolean isLeftOfOne(int pid, Map<String, String> variables) {
        String own = variables.getOrDefault(WorkerTag.OWN_PID, variables.get("LISTEN_PID"));
        int group = ProcessGroups.group(pid);
        return group > 1
                && !ProcessStatus.isAlive(group)
                && (own == null || own.equals(Integer.toString(group)));
    }

    /// The process of a control group that was there first, among those that lead a group; 0 if
    /// there is none.
    private static int leader(List<Integer> pids) {
        int leader = 0;
        long earliest = Long.MAX_VALUE;
        for (int pid : pids) {
            long started = ProcessGroups.leads(pid) ? ProcReader.startTimeIfAlive(pid) : -1;
            if (started >= 0 && started < earliest) {
                earliest = started;
                leader = pid;
            }
        }
        return leader;
    }

    /// @return null if it makes no sense
    private static @Nullable SurvivingWorker of(
            int pid,
            List<Integer> members,
            String mark,
            Map<String, String> variables,
            boolean grouped) {
        String[] words = mark.split(":", -1);
        String[] definition = variables.getOrDefault(WorkerTag.DEFINITION, "0:").split(":", -1);
        try {
            int asked = members.isEmpty() ? pid : members.getFirst();
            long started = ProcReader.startTimeIfAlive(asked);
            return words.length != 3 || definition.length != 2 || started < 0
                    ? null
                    : new SurvivingWorker(
                            pid,
                            members,
                            claim(words, definition, variables.getOrDefault(NOTIFY, "")),
                            ProcessStatus.realUser(asked),
                            grouped,
                            started);
        } catch (NumberFormatException forged) {
            return null;
        }
    }

    private static Claim claim(String[] mark, String[] definition, String notifySocket) {
        return new Claim(
                mark[0],
                new WorkerId(Integer.parseInt(mark[1]), Long.parseLong(mark[2])),
                Integer.parseInt(definition[0]),
                definition[1],
                WorkerSockets.nameOf(notifySocket));
    }

    /// True if it may be taken for a worker that is a user's: who is neither that user's nor ours
    /// is left alone, whatever it says of itself.
    ///
    /// @param uid of the workers of its program; -1 for ours
    boolean mayBelongTo(int uid) {
        return grouped || user == Processes.user() || (uid >= 0 && user == uid);
    }

    /// As the notes would have it.
    StateJournal.SpawnNote birth() {
        return new StateJournal.SpawnNote(
                claim.program(), claim.id(), claim.generation(), startTicks, pid);
    }
}
