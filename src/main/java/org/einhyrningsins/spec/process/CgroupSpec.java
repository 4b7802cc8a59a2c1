// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// The limits of a control group: that of a worker with all that it starts, or that of all workers
/// of a program. Null means: none.
///
/// @param memoryMax bytes; who needs more is killed
/// @param memoryHigh bytes; who needs more is slowed down
/// @param cpu percent of one processor, at least 1
/// @param tasks processes and threads, at least 1
/// @param ioWeight 1 to 10000, of a usual 100
public record CgroupSpec(
        @Nullable Long memoryMax,
        @Nullable Long memoryHigh,
        @Nullable Integer cpu,
        @Nullable Integer tasks,
        @Nullable Integer ioWeight) {
    private static final int PERIOD_MICROS = 100_000;

    /// File of a group that makes the OOM killer kill all its processes, or none.
    public static final String OOM_GROUP = "memory.oom.group";

    /// Contents of the files of a control group without limits.
    public static final Map<String, String> UNLIMITED =
            Map.of(
                    "memory.max", "max",
                    "memory.high", "max",
                    "cpu.max", "max " + PERIOD_MICROS,
                    "pids.max", "max",
                    "io.weight", "default 100");

    /// Returns the file names of the control group with the values to write, see the kernel's
    /// cgroup-v2 documentation. The first part of each name is that of its controller.
    public SequencedMap<String, String> files() {
        SequencedMap<String, String> files = new LinkedHashMap<>();
        if (memoryMax != null) {
            files.put("memory.max", memoryMax.toString());
            files.put(OOM_GROUP, "1"); // half a worker is of no use
        }
        if (memoryHigh != null) {
            files.put("memory.high", memoryHigh.toString());
        }
        if (cpu != null) {
            files.put("cpu.max", (long) cpu * (PERIOD_MICROS / 100) + " " + PERIOD_MICROS);
        }
        if (tasks != null) {
            files.put("pids.max", tasks.toString());
        }
        if (ioWeight != null) {
            files.put("io.weight", ioWeight.toString());
        }
        return files;
    }

    /// The same for the group that all workers of a program are in, of which one is killed.
    public SequencedMap<String, String> filesOfProgram() {
        SequencedMap<String, String> files = files();
        files.remove(OOM_GROUP);
        return files;
    }
}
