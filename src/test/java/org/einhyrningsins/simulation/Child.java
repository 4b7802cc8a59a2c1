// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A process: the manager, or one that came from it.
final class Child {
    static final String MARK = "EINHYRNINGSINS_WORKER";

    final int pid;
    final long startTicks;
    int parent;
    int group;
    Table table;
    List<String> argv = List.of();
    Map<String, String> environment = new HashMap<>();
    boolean dead;
    boolean reaped;
    boolean stopped;

    /// It was stopped, or goes on, and its parent was not told.
    boolean changed;

    boolean executed;

    /// It comes from a worker.
    boolean forked;

    /// It lost its parent and was given to the manager.
    boolean orphan;

    /// It accepts connections.
    boolean serves;

    /// It said itself that it is up.
    boolean said;

    int exitCode;
    int exitSignal;
    @Nullable Actor actor;

    /// What its program does.
    interface Actor {
        void signal(int number);
    }

    Child(int pid, int parent, long startTicks, Table table) {
        this.pid = pid;
        this.parent = parent;
        this.group = pid;
        this.startTicks = startTicks;
        this.table = table;
    }

    /// PROGRAM:SLOT:INCARNATION of the worker it is or comes from; empty if none.
    String mark() {
        return environment.getOrDefault(MARK, "");
    }

    String program() {
        String mark = mark();
        return mark.isEmpty() ? "" : mark.substring(0, mark.indexOf(':'));
    }

    boolean worker() {
        return !forked && !dead && !mark().isEmpty();
    }

    int slot() {
        return Integer.parseInt(mark().split(":", -1)[1]);
    }
}
