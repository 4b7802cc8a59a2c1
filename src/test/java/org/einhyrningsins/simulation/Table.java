// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The descriptors of one process.
final class Table {
    private final TreeMap<Integer, Entry> entries = new TreeMap<>();
    int limit = 4096;

    static final class Entry {
        final OpenFile file;
        boolean closedOnExec;

        Entry(OpenFile file, boolean closedOnExec) {
            this.file = file;
            this.closedOnExec = closedOnExec;
        }
    }

    @Nullable OpenFile get(int fd) {
        Entry entry = entries.get(fd);
        return entry == null ? null : entry.file;
    }

    @Nullable Entry entry(int fd) {
        return entries.get(fd);
    }

    NavigableMap<Integer, Entry> all() {
        return entries;
    }

    /// Gives a file the first free number.
    ///
    /// @return its number; -1 if there is none left
    int add(OpenFile file, int from, boolean closedOnExec) {
        int fd = from;
        for (int taken : entries.tailMap(from, true).keySet()) {
            if (taken != fd) {
                break;
            }
            fd++;
        }
        if (fd >= limit) {
            if (file.holders == 0) {
                file.released();
            }
            return -1;
        }
        put(fd, file, closedOnExec);
        return fd;
    }

    void put(int fd, OpenFile file, boolean closedOnExec) {
        file.holders++;
        close(fd);
        entries.put(fd, new Entry(file, closedOnExec));
    }

    boolean close(int fd) {
        Entry entry = entries.remove(fd);
        if (entry == null) {
            return false;
        }
        if (--entry.file.holders == 0) {
            entry.file.released();
        }
        return true;
    }

    void closeAll() {
        List.copyOf(entries.keySet()).forEach(this::close);
    }

    void closeForExec() {
        for (Map.Entry<Integer, Entry> each : new ArrayList<>(entries.entrySet())) {
            if (each.getValue().closedOnExec) {
                close(each.getKey());
            }
        }
    }

    Table copy() {
        Table copy = new Table();
        copy.limit = limit;
        entries.forEach((fd, entry) -> copy.put(fd, entry.file, entry.closedOnExec));
        return copy;
    }
}
