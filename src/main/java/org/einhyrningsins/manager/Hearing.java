// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.WorkerMessage;
import org.einhyrningsins.core.Effect;
import org.einhyrningsins.core.Event;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// What the workers of one program say at their sockets, and whether it is believed.
final class Hearing implements WorkerDoor.Listener {
    private final ProgramHost host;
    private final Workforce workforce;
    private final Complaints complaints = new Complaints();

    Hearing(ProgramHost host, Workforce workforce) {
        this.host = host;
        this.workforce = workforce;
    }

    @Override
    public boolean acked(int pid, Peer sender) {
        WorkerProcess process = workforce.believed(pid, sender.pid());
        if (process == null) {
            refused(sender, "acknowledge", pid);
            return false;
        }
        acked(process.id());
        return true;
    }

    @Override
    public boolean pinged(WorkerMessage.Ping ping, Peer sender) {
        WorkerProcess process = workforce.believed(ping.pid(), sender.pid());
        if (process == null) {
            refused(sender, "ping", ping.pid());
            return false;
        }
        workforce.pinged(process.id(), ping.work());
        alive(process.id());
        return true;
    }

    private void refused(Peer sender, String deed, int pid) {
        refused(
                "pid "
                        + sender.pid()
                        + " (uid "
                        + sender.uid()
                        + ") may not "
                        + deed
                        + " for pid "
                        + pid
                        + ": it is no worker of '"
                        + host.name()
                        + "', or the sender is neither that worker nor a descendant of it");
    }

    /// Who has no watchdog may ping as it likes.
    private void alive(WorkerId id) {
        if (watchdog(id)) {
            host.take(new Event.Pinged(id));
        }
    }

    private boolean watchdog(WorkerId id) {
        Worker worker = host.worker(id);
        return worker != null && worker.version().spec().care().watchdog() != null;
    }

    @Override
    public void notified(Peer sender, String text) {
        WorkerProcess process = workforce.ancestor(sender.pid());
        if (process == null) {
            refused(
                    "pid "
                            + sender.pid()
                            + " (uid "
                            + sender.uid()
                            + ") is no worker of '"
                            + host.name()
                            + "' and may not notify");
            return;
        }
        for (String line : text.split("\n", -1)) {
            notified(process, line);
        }
    }

    /// In another mode, what counts is not what the worker says here.
    private void acked(WorkerId id) {
        Worker worker = host.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Manual) {
            host.take(new Event.Acked(id));
        } else {
            String what = "acknowledged, but its ack mode is not manual; ignored";
            host.report(Effect.Severity.DEBUG, id, what);
        }
    }

    private void notified(WorkerProcess process, String line) {
        WorkerId id = process.id();
        if (line.equals("READY=1")) {
            ready(id);
        } else if (line.startsWith("WATCHDOG")) {
            watchdog(id, line);
        } else if (line.startsWith("STATUS=")) {
            workforce.says(id, onOneLine(line.substring("STATUS=".length())));
        } else if (line.startsWith("EXTEND_TIMEOUT_USEC=")) {
            extend(id, line);
        }
    }

    private void watchdog(WorkerId id, String line) {
        if (line.equals("WATCHDOG=1")) {
            alive(id);
        } else if (line.equals("WATCHDOG=trigger")) {
            host.take(new Event.Despaired(id));
        } else if (line.startsWith("WATCHDOG_USEC=") && watchdog(id)) {
            Duration interval = micros(line);
            if (interval != null && interval.isPositive()) {
                host.take(new Event.Retimed(id, interval));
            }
        }
    }

    private void ready(WorkerId id) {
        Worker worker = host.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Notify) {
            host.take(new Event.Acked(id));
        }
    }

    private void extend(WorkerId id, String line) {
        Duration time = micros(line);
        if (time != null) {
            host.take(new Event.Extended(id, time));
        }
    }

    /// The number behind the equals sign; null if it is none.
    private @Nullable Duration micros(String line) {
        try {
            long micros = Long.parseLong(line.substring(line.indexOf('=') + 1).strip());
            return Duration.ofNanos(Math.multiplyExact(micros, 1_000L));
        } catch (ArithmeticException | NumberFormatException e) {
            refused(line + " is no number of microseconds");
            return null;
        }
    }

    @Override
    public void refused(String why) {
        if (complaints.mayBeTold(Clock.now())) {
            String more = complaints.untold();
            host.report(Effect.Severity.WARN, null, "refused: " + onOneLine(why) + more);
        }
    }

    /// What strangers wrote must not look like lines of ours, nor command a terminal.
    private static String onOneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> Character.isISOControl(point) ? ' ' : point)
                .forEach(line::appendCodePoint);
        return line.toString();
    }
}
