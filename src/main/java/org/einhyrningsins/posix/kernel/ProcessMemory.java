// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/// Memory use of processes, from /proc: see proc(5).
public final class ProcessMemory {
    private static final int MAX_PROCESSES = 1_000;
    private static final long KIB = 1024;

    private ProcessMemory() {}

    /// Returns the memory that a process and its descendants use, in bytes; 0 if there is none.
    ///
    /// The resident set counts shared memory once for each process, so it is never too small, and
    /// cheap to read. Only if that is more than `enough` the kernel is made to walk the page tables
    /// for the proportional set, in which shared memory is divided by the processes that share it;
    /// where that is not allowed, the resident set stands.
    public static long ofTree(int pid, long enough) {
        List<Integer> tree = tree(pid);
        long resident = 0;
        for (int each : tree) {
            resident += resident(each);
        }
        if (resident <= enough) {
            return resident;
        }
        long proportional = 0;
        for (int each : tree) {
            long set = field(each, "smaps_rollup", "Pss:");
            proportional += set < 0 ? resident(each) : set;
        }
        return proportional;
    }

    private static long resident(int pid) {
        return Math.max(0, field(pid, "status", "VmRSS:"));
    }

    /// Returns a field in bytes; -1 if it cannot be read.
    private static long field(int pid, String file, String name) {
        try {
            for (String line : lines(Path.of("/proc/" + pid + "/" + file))) {
                if (line.startsWith(name)) {
                    String number = line.substring(name.length()).replace("kB", "").strip();
                    return KIB * Long.parseLong(number);
                }
            }
        } catch (IOException e) {
            return -1; // gone, or another's
        }
        return -1;
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    }

    /// A process and those that come from it, itself first. Each thread has the children it made.
    private static List<Integer> tree(int pid) {
        List<Integer> tree = new ArrayList<>(List.of(pid));
        for (int i = 0; i < tree.size() && tree.size() < MAX_PROCESSES; i++) {
            addChildren(tree.get(i), tree);
        }
        return tree;
    }

    private static void addChildren(int pid, List<Integer> into) {
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                for (String line : lines(thread.resolve("children"))) {
                    StringTokenizer pids = new StringTokenizer(line);
                    while (pids.hasMoreTokens()) {
                        into.add(Integer.valueOf(pids.nextToken()));
                    }
                }
            }
        } catch (IOException e) {
            // gone since, or a kernel that does not list children
        }
    }
}
