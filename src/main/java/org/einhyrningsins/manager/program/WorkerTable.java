// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.manager.output.LogWriterThreads;
import org.einhyrningsins.manager.output.ManagedLogFile;
import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessTree;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/// The processes of one program's workers: which is whose, what each last said of itself, and what
/// the last of those that went had written.
public final class WorkerTable {
    private static final int LAST_LINES = 10;
    private static final int LAST_BYTES = 4 * 1024;
    private static final int MANY_LINES = 20;
    private static final int MANY_BYTES = 8 * 1024;
    private static final int REMEMBERED = 32;

    /// In characters: the state has it for every worker.
    private static final int MAX_WORK = 256;

    private static final int MAX_ANCESTORS = 64;

    private final Map<WorkerId, WorkerProcess> processes = new HashMap<>();
    private final Map<WorkerId, String> statusText = new HashMap<>();
    private final Map<WorkerId, Times> times = new HashMap<>();
    private final Deque<WorkerProcess> departed = new ArrayDeque<>();

    /// Times of what last happened to a worker, by the wall clock, for people.
    ///
    /// @param signaledMillis it was sent a signal; 0 for never
    /// @param pingedMillis it said that it was alive; 0 for never
    /// @param work what it then was at, as it said itself; null if it did not
    public record Times(long signaledMillis, long pingedMillis, @Nullable JsonId work) {
        static final Times NONE = new Times(0, 0, null);
    }

    void add(WorkerProcess process) {
        processes.put(process.id(), process);
    }

    public @Nullable WorkerProcess of(WorkerId id) {
        return processes.get(id);
    }

    /// All that live.
    public Collection<WorkerProcess> all() {
        return processes.values();
    }

    /// Takes it out as if it had never been.
    @Nullable WorkerProcess forget(WorkerId id) {
        return processes.remove(id);
    }

    /// It is dead; its last lines are remembered for a while.
    void depart(WorkerProcess process) {
        processes.remove(process.id());
        statusText.remove(process.id());
        times.remove(process.id());
        departed.addLast(process);
        if (departed.size() > REMEMBERED) {
            departed.removeFirst();
        }
    }

    /// Returns whether a process is a worker of it.
    public boolean owns(int pid) {
        return byPid(pid) != null;
    }

    /// Returns whether one of its workers has that mark.
    boolean hasTag(String program, String mark) {
        for (WorkerId id : processes.keySet()) {
            if (mark.equals(WorkerTag.of(program, id))) {
                return true;
            }
        }
        return false;
    }

    @Nullable WorkerProcess byPid(int pid) {
        for (WorkerProcess process : processes.values()) {
            if (process.pid() == pid) {
                return process;
            }
        }
        return null;
    }

    /// Name of a worker in a log: its slot, and its pid as long as it has one.
    String logName(String program, WorkerId worker) {
        WorkerProcess process = processes.get(worker);
        String slot = program + ":" + worker.slot();
        return process == null ? slot : slot + " pid " + process.pid();
    }

    /// Words of a worker about itself, by STATUS=; empty if it said nothing.
    public String statusText(WorkerId id) {
        return statusText.getOrDefault(id, "");
    }

    void setStatusText(WorkerId id, String text) {
        statusText.put(id, text);
    }

    public Times times(WorkerId id) {
        return times.getOrDefault(id, Times.NONE);
    }

    void signaled(WorkerId id) {
        Times before = times(id);
        times.put(id, new Times(Clock.wallMillis(), before.pingedMillis(), before.work()));
    }

    void pinged(WorkerId id, @Nullable JsonId work) {
        boolean kept = work != null && work.json().length() <= MAX_WORK;
        long signaled = times(id).signaledMillis();
        times.put(id, new Times(signaled, Clock.wallMillis(), kept ? work : null));
    }

    // ---- whom to believe

    /// The worker of that pid, if the sender is it or comes from it. Of one that has ended since,
    /// as a command that a worker ran may have, nothing can be looked at: it is believed if it was
    /// of the worker's user, for which the kernel vouches.
    @Nullable WorkerProcess verifiedSender(int claimed, PeerCredentials sender) {
        WorkerProcess process = byPid(claimed);
        if (process == null) {
            return null;
        }
        int pid = sender.pid();
        boolean its = ProcessTree.isDescendant(pid, claimed) || ProcessGroups.group(pid) == claimed;
        return its || (isOfUser(process, sender) && ended(sender)) ? process : null;
    }

    /// One of another PID namespace has pid 0.
    static boolean ended(PeerCredentials sender) {
        return sender.pid() > 0 && !Processes.exists(sender.pid());
    }

    private static boolean isOfUser(WorkerProcess process, PeerCredentials sender) {
        return sender.uid() == (process.uid() < 0 ? Processes.user() : process.uid());
    }

    /// The worker that a process comes from that has ended since: nothing of it can be looked at,
    /// so it is known only where there is nobody else, and by the user that the kernel vouches for.
    ///
    /// @return null if the sender lives, or cannot be known
    @Nullable WorkerProcess onlyOne(PeerCredentials sender) {
        if (processes.size() != 1 || !ended(sender)) {
            return null;
        }
        WorkerProcess only = processes.values().iterator().next();
        return isOfUser(only, sender) ? only : null;
    }

    /// The worker that a process is or comes from. One walk up, however many workers there are. One
    /// whose own process has ended is known by its process group.
    @Nullable WorkerProcess ancestor(int sender) {
        Map<Integer, WorkerProcess> byPid = new HashMap<>();
        processes.values().forEach(process -> byPid.put(process.pid(), process));
        int pid = sender;
        for (int i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
            WorkerProcess process = byPid.get(pid);
            if (process != null) {
                return process;
            }
            pid = ProcessTree.parent(pid);
        }
        return byPid.get(ProcessGroups.group(sender));
    }

    // ---- last words

    /// The last lines that a failed worker wrote, if they went to a file.
    String lastWords(@Nullable WorkerId blame, LogWriterThreads lanes) {
        return lastWords(blame, lanes, LAST_LINES, LAST_BYTES);
    }

    /// The same, more of them: for who asks why it is as it is.
    public String lastLines(WorkerId worker, LogWriterThreads lanes) {
        return lastWords(worker, lanes, MANY_LINES, MANY_BYTES);
    }

    private String lastWords(
            @Nullable WorkerId blame, LogWriterThreads lanes, int lines, int bytes) {
        WorkerProcess process = blame == null ? null : find(blame);
        if (process == null || process.log().file() == null) {
            return "";
        }
        Path log = process.log().file();
        AppendFiles.Extent which = process.log().extent();
        long since = process.log().offset();
        for (OutputPipe pipe : process.log().pipes()) {
            pipe.drain(false);
            ManagedLogFile file = pipe.file();
            log = file == null ? log : file.path();
            since = file == null ? since : pipe.startOffset();
            which = file == null ? which : file.extent();
        }
        if (which == null) {
            return "";
        }
        try {
            byte[] tail = lanes.tail(log, which, since, bytes);
            String text = new String(tail, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : "\nlast lines of " + log + ":\n" + last(text, lines);
        } catch (PosixException e) {
            return "\n(its log cannot be read: " + e.getMessage() + ")";
        }
    }

    private @Nullable WorkerProcess find(WorkerId id) {
        WorkerProcess living = processes.get(id);
        if (living != null) {
            return living;
        }
        for (WorkerProcess process : departed) {
            if (process.id().equals(id)) {
                return process;
            }
        }
        return null;
    }

    private static String last(String text, int lines) {
        int at = text.length();
        for (int i = 0; i < lines && at > 0; i++) {
            at = text.lastIndexOf('\n', at - 1);
        }
        return "  " + text.substring(Math.max(at, -1) + 1).replace("\n", "\n  ");
    }
}
