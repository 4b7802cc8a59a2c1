// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.LogPlace;
import org.einhyrningsins.control.report.ProgramDetails;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessUsage;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Details of programs for `show`: what they are started with, and what they use. The use is read
/// from /proc on another thread, for which the loop waits as long as for any such question.
final class DetailReports {
    /// Processes that are looked at for one answer.
    private static final int MAX_PROCESSES = 2_000;

    private DetailReports() {}

    static Map<String, ProgramDetails> of(Set<ProgramHost> hosts) {
        Map<String, Set<Integer>> groups = new HashMap<>();
        hosts.forEach(host -> groups.put(host.name(), groups(host)));
        Map<String, ProgramDetails.Usage> usages =
                ProcReader.ask(DetailReports.class, () -> usages(groups)).answer();
        Map<String, ProgramDetails> details = new LinkedHashMap<>();
        for (ProgramHost host : hosts) {
            ProgramDetails.Usage usage = usages == null ? null : usages.get(host.name());
            details.put(host.name(), of(host.program(), usage));
        }
        return details;
    }

    private static ProgramDetails of(Program program, ProgramDetails.@Nullable Usage usage) {
        ProgramSpec spec = program.serving().spec();
        List<String> command = new ArrayList<>();
        spec.command().forEach(word -> command.add(word.toString()));
        String user = spec.identity().user();
        return new ProgramDetails(
                command,
                spec.directory().toString(),
                user == null ? "the manager's (uid " + Processes.user() + ")" : user,
                logs(program),
                usage);
    }

    private static List<String> logs(Program program) {
        List<String> logs = new ArrayList<>();
        try {
            for (LogPlace place : LogLocations.of(program, null)) {
                String file = place.file();
                logs.add(file == null ? place.why() : file);
            }
        } catch (UsageException e) {
            logs.add(String.valueOf(e.getMessage()));
        }
        return logs;
    }

    /// The process groups of its workers.
    private static Set<Integer> groups(ProgramHost host) {
        Set<Integer> groups = new HashSet<>();
        for (Slot slot : host.program().slots()) {
            for (Worker worker : slot.workers()) {
                WorkerProcess process = host.workforce().of(worker.id());
                if (process != null) {
                    groups.add(process.pid());
                }
            }
        }
        return groups;
    }

    private static Map<String, ProgramDetails.Usage> usages(Map<String, Set<Integer>> groups) {
        Set<Integer> all = new HashSet<>();
        groups.values().forEach(all::addAll);
        Map<Integer, List<Integer>> members = all.isEmpty() ? Map.of() : ProcessGroups.members(all);
        Map<String, ProgramDetails.Usage> usages = new HashMap<>();
        int left = MAX_PROCESSES;
        for (var entry : groups.entrySet()) {
            int count = 0;
            long memory = 0;
            double cpu = 0;
            for (int group : entry.getValue()) {
                for (int pid : members.getOrDefault(group, List.of())) {
                    ProcessUsage usage = left-- > 0 ? ProcessUsage.of(pid) : null;
                    count++;
                    memory += usage == null ? 0 : usage.residentBytes();
                    cpu += usage == null ? 0 : usage.cpuSeconds();
                }
            }
            if (count > 0 && left >= 0) {
                long millis = Math.round(cpu * 1000);
                usages.put(entry.getKey(), new ProgramDetails.Usage(count, memory, millis));
            }
        }
        return usages;
    }
}
