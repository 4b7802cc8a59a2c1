// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.manager.channel.Notification;
import org.einhyrningsins.manager.channel.WorkerDoor;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Complaints;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.Peer;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.WorkerId;

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
        WorkerProcess process = workforce.believed(pid, sender);
        if (process == null) {
            refused(sender, "acknowledge", pid);
            return false;
        }
        acked(process.id());
        return true;
    }

    @Override
    public boolean pinged(WorkerMessage.Ping ping, Peer sender) {
        WorkerProcess process = workforce.believed(ping.pid(), sender);
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
                        + (workforce.owns(pid) && Workforce.ended(sender)
                                ? ": it ended before it was known whose it was, and it was of"
                                        + " another user than that worker: let it send an id, and"
                                        + " wait for the answer"
                                : ": it is no worker of '"
                                        + host.name()
                                        + "', or the sender is neither that worker nor a"
                                        + " descendant of it"));
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
        if (text.strip().equals(Notification.BARRIER)) {
            return; // its sender waits until we have heard what it said before, and we have
        }
        WorkerProcess process = workforce.ancestor(sender.pid());
        if (process == null) {
            process = workforce.onlyOne(sender);
        }
        if (process == null) {
            String who = "pid " + sender.pid() + " (uid " + sender.uid() + ") ";
            refused(
                    Processes.exists(sender.pid())
                            ? who + "is no worker of '" + host.name() + "' and may not notify"
                            : who
                                    + "notified and ended before it was known whose it was: let it"
                                    + " wait for the answer to BARRIER=1, as systemd-notify does"
                                    + " without --no-block");
            return;
        }
        for (Notification notification : Notification.read(text)) {
            notified(process.id(), notification);
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

    private void notified(WorkerId id, Notification notification) {
        switch (notification) {
            case Notification.Ready() -> ready(id);
            case Notification.Alive() -> alive(id);
            case Notification.Despaired() -> host.take(new Event.Despaired(id));
            case Notification.Retimed(Duration interval) -> {
                if (watchdog(id)) {
                    host.take(new Event.Retimed(id, interval));
                }
            }
            case Notification.Extended(Duration time) -> host.take(new Event.Extended(id, time));
            case Notification.Status(String words) -> workforce.says(id, words);
            case Notification.Nonsense(String why) -> refused(why);
        }
    }

    private void ready(WorkerId id) {
        Worker worker = host.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Notify) {
            host.take(new Event.Acked(id));
        }
    }

    @Override
    public void refused(String why) {
        if (complaints.mayBeTold(Clock.now())) {
            String more = complaints.untold();
            host.report(
                    Effect.Severity.WARN, null, "refused: " + Notification.onOneLine(why) + more);
        }
    }
}
