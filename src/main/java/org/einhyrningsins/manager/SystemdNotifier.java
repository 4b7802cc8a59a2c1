// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/// Tells whoever started the manager how it does, as sd_notify(3) has it: systemd, where the
/// manager is a service of Type=notify. It is given copies of the sockets too, and passes them to
/// the next manager (FileDescriptorStoreMax=).
///
/// It is told by datagrams, and need not read them: what there is no room for is said a little
/// later, and if nobody receives at all, that is logged once, and tried again with the next news.
final class SystemdNotifier {
    private static final int MAX_NEWS = 16;
    private static final Duration ROOM_SOON = Duration.ofMillis(200);
    private static final Duration STATUS_REST = Duration.ofSeconds(1);

    /// Time that is asked for, again and again, while a stop or a reload takes long.
    private static final Duration EXTENSION = Duration.ofSeconds(60);

    private static final Duration EXTEND_EVERY = Duration.ofSeconds(20);

    private final ProgramTable programTable;
    private final SystemdSender sender;
    private final SystemdFdStore store;
    private final @Nullable Duration pingEvery;

    private final Deque<String> queued = new ArrayDeque<>(List.of("READY=1"));
    private boolean unsent = true;
    private boolean statusMayDiffer = true;
    private String status = "";
    private int reloads;
    private boolean begun;
    private boolean stopping;
    private @Nullable Moment again;
    private Moment nextPing = Clock.now();
    private Moment nextStatus = nextPing;
    private Moment nextExtension = nextPing;

    /// @param environment the manager's own
    /// @param before names under which it kept sockets for the manager before
    SystemdNotifier(
            Map<String, String> environment,
            List<String> before,
            ProgramTable programTable,
            ManagerLog managerLog) {
        this.programTable = programTable;
        sender = SystemdSender.of(environment.get("NOTIFY_SOCKET"), managerLog);
        pingEvery = pingEvery(environment);
        int most = (int) Math.min(number(environment.get("FDSTORE")), Integer.MAX_VALUE);
        store = new SystemdFdStore(sender, most, before, managerLog);
    }

    /// Half of what it waits for, as sd_watchdog_enabled(3) recommends.
    private static @Nullable Duration pingEvery(Map<String, String> environment) {
        String pid = environment.get("WATCHDOG_PID");
        long micros = number(environment.get("WATCHDOG_USEC"));
        boolean ours = pid == null || number(pid) == Processes.self();
        return ours && micros > 0 && micros < Long.MAX_VALUE / 1_000
                ? Duration.ofNanos(micros * 1_000 / 2)
                : null;
    }

    /// @return the largest there is if it is none
    private static long number(@Nullable String text) {
        try {
            return text == null ? Long.MAX_VALUE : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    // ---- what there is to tell

    /// Takes note that the state of programs may have changed.
    void changed() {
        statusMayDiffer = true;
    }

    /// A reload begins.
    ///
    /// @return to be run when it is over
    Runnable reloading() {
        reloads++;
        enqueue("RELOADING=1\nMONOTONIC_USEC=" + Clock.now().nanos() / 1_000);
        return () -> {
            reloads--;
            if (reloads == 0 && !stopping) {
                enqueue("READY=1");
            }
        };
    }

    /// Has it keep these sockets from now on, and no others.
    void keep(List<SocketSnapshot> sockets) {
        unsent |= store.keep(sockets);
    }

    private void enqueue(String text) {
        if (sender.isOpen()) {
            if (queued.size() == MAX_NEWS) {
                queued.removeFirst(); // the newest tell how it is
            }
            queued.addLast(text);
            unsent = true;
            statusMayDiffer = true;
            nextStatus = Clock.now(); // or it would tell of a reload that is over
            nextExtension = nextStatus; // a time that was asked for is that of what is over
        }
    }

    // ---- telling it

    /// Tells what there is to tell by now.
    ///
    /// @param ending everything is being stopped
    /// @return when there is more to tell, if nothing happens before; null for never
    @Nullable Moment turn(Moment now, boolean ending) {
        if (!sender.isOpen()) {
            return null;
        }
        begun = true;
        if (ending && !stopping) {
            stopping = true;
            enqueue("STOPPING=1");
        }
        if (again == null || again.reached(now)) {
            boolean room = (!unsent || sendAll()) && extendStopTimeout(now) && report(now);
            again = room ? null : now.plus(ROOM_SOON);
        }
        return again == null ? next() : again;
    }

    private @Nullable Moment next() {
        Moment next = pingEvery == null ? null : nextPing;
        next = Moment.earlier(next, statusMayDiffer ? nextStatus : null);
        return Moment.earlier(next, hasBoundedWait() ? nextExtension : null);
    }

    /// The sockets come first: READY=1 says that they are safe.
    private boolean sendAll() {
        boolean room = store.update();
        while (room && !queued.isEmpty()) {
            room = sender.send(queued.getFirst(), -1);
            if (room) {
                queued.removeFirst();
            }
        }
        unsent = !room;
        return room;
    }

    private boolean extendStopTimeout(Moment now) {
        if (pingEvery != null && nextPing.reached(now)) {
            if (!sender.send("WATCHDOG=1", -1)) {
                return false;
            }
            nextPing = now.plus(pingEvery);
        }
        if (nextExtension.reached(now) && hasBoundedWait()) {
            if (!sender.send("EXTEND_TIMEOUT_USEC=" + EXTENSION.toNanos() / 1_000, -1)) {
                return false;
            }
            nextExtension = now.plus(EXTEND_EVERY);
        }
        return true;
    }

    /// True if something is under way that has a deadline. What has none may never end, and systemd
    /// has a timeout of its own for that.
    private boolean hasBoundedWait() {
        if (stopping || reloads > 0) {
            for (ProgramHost host : programTable.everyHost()) {
                if (host.deadline() != null) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean report(Moment now) {
        if (!statusMayDiffer || !nextStatus.reached(now)) {
            return true;
        }
        String next = status();
        if (!next.equals(status)) {
            if (!sender.send("STATUS=" + next, -1)) {
                return false;
            }
            status = next;
            nextStatus = now.plus(STATUS_REST);
        }
        statusMayDiffer = false;
        return true;
    }

    /// Describes the state of all programs in a line.
    private String status() {
        int wantedWorkers = 0;
        int up = 0;
        List<String> failed = new ArrayList<>();
        for (ProgramHost host : programTable.all()) {
            boolean stopped = host.program().phase() instanceof ProgramPhase.Stopped;
            wantedWorkers += stopped ? 0 : host.program().count();
            up += host.program().ready();
            if (host.program().phase() instanceof ProgramPhase.Failed) {
                failed.add(host.name());
            }
        }
        String doing = stopping ? "stopping: " : reloads > 0 ? "reloading: " : "";
        String workers = stopping ? up + " workers up" : up + " of " + workers(wantedWorkers);
        String trouble = failed.isEmpty() ? "" : "; failed: " + String.join(", ", failed);
        int count = programTable.all().size();
        return doing + count + (count == 1 ? " program, " : " programs, ") + workers + trouble;
    }

    private static String workers(int count) {
        return count + (count == 1 ? " worker up" : " workers up");
    }

    /// The manager ends, and its sockets with it. One that could not start has nothing to say: it
    /// was never up, and what is kept is for the next one.
    void end() {
        if (!sender.isOpen()) {
            return;
        }
        if (begun) {
            keep(List.of());
            again = null;
            turn(Clock.now(), true);
        }
        sender.close();
    }
}
