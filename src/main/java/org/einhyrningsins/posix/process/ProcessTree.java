// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Descent of processes, as far as the kernel tells: an orphan has lost its descent.
public final class ProcessTree {
    private static final int MAX_ANCESTORS = 1_000;
    private static final String PARENT = "\nPPid:\t";
    private static final int MAX_OF_A_TREE = 10_000;

    /// A process and all that come from it, as far as the kernel tells.
    public static List<Integer> tree(int root) {
        List<Integer> all = new ArrayList<>(List.of(root));
        for (int i = 0; i < all.size() && all.size() < MAX_OF_A_TREE; i++) {
            Path tasks = Path.of("/proc/" + all.get(i) + "/task");
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
                for (Path thread : threads) {
                    all.addAll(pids(Files.readString(thread.resolve("children"))));
                }
            } catch (IOException | DirectoryIteratorException gone) {
                // it has ended
            }
        }
        return all;
    }

    static List<Integer> pids(String text) {
        List<Integer> pids = new ArrayList<>();
        for (String pid : text.strip().split(" ", -1)) {
            if (!pid.isEmpty()) {
                pids.add(Integer.valueOf(pid));
            }
        }
        return pids;
    }

    /// The parent of a process; 0 or less if it has none, or is none.
    public static int parent(int pid) {
        String parent = ProcessStatus.status(pid, PARENT);
        return parent.isEmpty() ? -1 : Integer.parseInt(parent);
    }

    /// True if a process is that ancestor or descends from it, as far as its parents live: an
    /// orphan has lost its descent.
    public static boolean isDescendant(int pid, int ancestor) {
        int at = pid;
        for (int i = 0; i < MAX_ANCESTORS && at > 0; i++) {
            if (at == ancestor) {
                return true;
            }
            at = parent(at);
        }
        return false;
    }

    private ProcessTree() {}
}
